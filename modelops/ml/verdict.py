"""From a score to a verdict: labels, decision, and the spans that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelops.ml.scorer import TextScore

DECISIONS = ("allow", "review", "block")  # from the mildest to the strictest
# A category is named when it is more likely than not.
CATEGORY_THRESHOLD = 0.5


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
    default_language: str,
    unknown_language_decision: str,
    model_version: str,
    model_used: str,
) -> Verdict:
    """Judge one score. `thresholds`: {language: {"review": probability, "block": probability}}.

    A text in an unknown language is measured by the default language's thresholds and gets at
    least `unknown_language_decision`.
    """
    known = score.language if score.language in thresholds else default_language
    limits = {name: thresholds[known][name] for name in ("review", "block")}
    toxicity = score.probabilities["toxic"]
    decision = _decision(toxicity, limits)
    if score.language not in thresholds:
        decision = max(decision, unknown_language_decision, key=DECISIONS.index)
    labels = [
        head
        for head, probability in score.probabilities.items()
        if probability >= (limits["review"] if head == "toxic" else CATEGORY_THRESHOLD)
    ]
    named = [head for head in labels if head != "toxic"]
    spans, explanation = _explained(score)
    return Verdict(
        score=toxicity,
        decision=decision,
        language=score.language,
        language_certain=score.language_certain,
        categories=dict(score.probabilities),
        labels=tuple(labels),
        category=max(named, key=score.probabilities.__getitem__, default=None),
        threshold=limits["review"],
        thresholds=limits,
        spans=spans,
        explanation=explanation,
        folded=tuple(Folded(*part) for part in score.folded),
        model_version=model_version,
        model_used=model_used,
    )


def _decision(toxicity: float, limits: Mapping[str, float]) -> str:
    if toxicity >= limits["block"]:
        return "block"
    return "review" if toxicity >= limits["review"] else "allow"


def _explained(score: TextScore) -> tuple[tuple[Span, ...], dict[str, float]]:
    """Keep the spans that speak for toxicity; what speaks against it goes into the rest."""
    explanation = score.explanation
    raising = sorted(span for span in explanation.spans if span[2] > 0)
    calming = sum(span[2] for span in explanation.spans if span[2] <= 0)
    return tuple(Span(*span) for span in raising), {
        "intercept": explanation.intercept,
        "rest": explanation.rest + calming,
        "logit": explanation.logit,
        "start": explanation.start,
        "end": explanation.end,
    }
