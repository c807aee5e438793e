"""From a score to a verdict: labels, decision, and the spans that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from modelops.ml.scorer import TextScore
from modelops.ml.text import Tokens

DECISIONS = ("allow", "review", "block")  # from the mildest to the strictest


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the original text that raised the score. Code points, `end` exclusive."""

    start: int
    end: int
    contribution: float  # logits


@dataclass(frozen=True, slots=True)
class Folded:
    """What normalisation undid, and where: "1d10t" -> "idiot"."""

    original: str
    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model says about one text."""

    score: float  # calibrated probability of `toxic`
    decision: str  # one of DECISIONS
    language: str  # "es", "en" or "und"
    language_certain: bool
    categories: dict[str, float]  # every head served for the language, `toxic` included
    labels: tuple[str, ...]  # codes over their threshold
    category: str | None  # the strongest label other than `toxic`
    threshold: float  # the review threshold
    thresholds: dict[str, float]  # {"review", "block"}
    spans: tuple[Span, ...]  # what raised the score, by start
    # {"intercept", "rest", "logit", "start", "end"} of the scored segment, in logits: spans, rest
    # and intercept add up to the logit
    explanation: dict[str, float]
    folded: tuple[Folded, ...]
    tokens: Tokens  # the text as it was read
    model_version: str
    model_used: str

    @property
    def toxic(self) -> bool:
        return self.score >= self.threshold

    @property
    def keywords_found(self) -> int:
        return len(self.spans)


def compose(
    score: TextScore,
    *,
    thresholds: Mapping[str, Mapping[str, float]],
    category_thresholds: Mapping[str, Mapping[str, float]],
    default_language: str,
    unknown_language_decision: str,
    model_version: str,
    model_used: str,
) -> Verdict:
    """Judge one score.

    `thresholds` are {language: {"review": probability, "block": probability}},
    `category_thresholds` {head: {language: probability}} of the heads other than `toxic`.
    A text in an unknown language is measured by the default language's thresholds and gets at
    least `unknown_language_decision`.
    """
    known = score.language if score.language in thresholds else default_language
    limits = {name: thresholds[known][name] for name in ("review", "block")}
    toxicity = score.probabilities["toxic"]
    decision = decision_of(
        toxicity,
        score.language,
        thresholds=thresholds,
        default_language=default_language,
        unknown_language_decision=unknown_language_decision,
    )
    named = [
        head
        for head, probability in score.probabilities.items()
        if head != "toxic" and probability >= category_thresholds[head].get(known, inf)
    ]
    explanation = score.explanation
    return Verdict(
        score=toxicity,
        decision=decision,
        language=score.language,
        language_certain=score.language_certain,
        categories=dict(score.probabilities),
        labels=("toxic", *named) if toxicity >= limits["review"] else tuple(named),
        category=max(named, key=score.probabilities.__getitem__, default=None),
        threshold=limits["review"],
        thresholds=limits,
        spans=tuple(Span(*span) for span in explanation.spans),
        explanation={
            name: getattr(explanation, name)
            for name in ("intercept", "rest", "logit", "start", "end")
        },
        folded=tuple(Folded(*part) for part in score.folded),
        tokens=score.tokens,
        model_version=model_version,
        model_used=model_used,
    )


def decision_of(
    toxicity: float,
    language: str,
    *,
    thresholds: Mapping[str, Mapping[str, float]],
    default_language: str,
    unknown_language_decision: str,
) -> str:
    """Return what is done with a text of this score and language, as `compose` describes it."""
    limits = thresholds.get(language) or thresholds[default_language]
    if toxicity >= limits["block"]:
        decision = "block"
    else:
        decision = "review" if toxicity >= limits["review"] else "allow"
    if language in thresholds:
        return decision
    return max(decision, unknown_language_decision, key=DECISIONS.index)
