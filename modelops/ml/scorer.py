"""The scorer that serves: numpy only, equal to scikit-learn on the raw document probability.

A text is scored as a whole and, when it is longer than one window, in windows, in the spelling of
`normalize` and, where a dictionary reads it otherwise, as repaired. The greatest logit counts,
less the handicap of how it was found, so that friendly padding outvotes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel
from modelops.ml.explain import Explanation, explain, undone, word_contributions
from modelops.ml.language import UNKNOWN, detect
from modelops.ml.repair import Lexicon, repair
from modelops.ml.text import Tokens, tokenize
from modelops.ml.vectors import FeatureIndex, FeatureValues, WordFeatures
from modelops.ml.windows import windows

Array = NDArray[np.float64]
GOLDEN_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class TextScore:
    """Calibrated probabilities of one text, and what made the `toxic` one."""

    language: str
    language_certain: bool
    probabilities: dict[str, float]
    explanation: Explanation
    folded: tuple[tuple[str, str, int, int], ...]  # original, folded, start, end


WHOLE, WINDOW, REPAIRED, REPAIRED_WINDOW = range(4)


@dataclass(frozen=True, slots=True)
class Part:
    """Words `start` to `end` of a reading of a text."""

    kind: int  # WHOLE ...
    tokens: Tokens
    features: WordFeatures
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of some texts: those of text n are rows `owners[n]` to `owners[n + 1]`."""

    rows: list[Part]
    owners: list[int]
    present: FeatureValues
    logits: Array  # shape (n_parts, n_heads), before handicaps

    def final(self, handicaps: Array) -> Array:
        """Return the logits less the handicap of each part's kind."""
        return self.logits - handicaps[[part.kind for part in self.rows]][:, None]


def handicap_of_kinds(handicaps: Mapping[str, float]) -> Array:
    """Return the handicap of each kind of part, shape (4,)."""
    window, repaired = handicaps["window"], handicaps["repaired"]
    return np.array([0.0, window, repaired, window + repaired])


class Scorer:
    """Scores texts with one model. Immutable but for its cache; safe to share between threads."""

    def __init__(self, model: NumericModel) -> None:
        details = model.details
        self.index = FeatureIndex(model)
        self.intercepts = model.intercepts
        self.head_order = model.heads
        self.heads: dict[str, tuple[str, ...]] = {
            head: tuple(values["languages"]) for head, values in details["heads"].items()
        }
        self.thresholds: dict[str, dict[str, float]] = details["thresholds"]
        self.category_thresholds: dict[str, dict[str, float]] = {
            head: {lang: limits["review"] for lang, limits in values["thresholds"].items()}
            for head, values in details["heads"].items()
        }
        self.handicaps = {
            language: handicap_of_kinds(values) for language, values in details["handicaps"].items()
        }
        self.golden: Sequence[Mapping[str, Any]] = details["golden"]
        self._calibration = {
            head: values["calibration"] for head, values in details["heads"].items()
        }
        self.languages = self.heads["toxic"]
        self.lexicon = Lexicon.from_terms(model.terms["word"], model.idf["word"])

    @classmethod
    def from_numeric(cls, model: NumericModel) -> Scorer:
        return cls(model)

    def raw_probabilities(self, texts: Sequence[str], head: str = "toxic") -> Array:
        """Return P(head) of each whole text, uncalibrated: scikit-learn's `predict_proba`."""
        column = self.head_order.index(head)
        readings = [self.index.read(tokenize(text).words) for text in texts]
        present = self.index.values([(reading, 0, len(reading.own)) for reading in readings])
        logits = self.index.logits(present)[:, column] + self.intercepts[column]
        return np.asarray(1.0 / (1.0 + np.exp(-logits)))

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None],
        default_language: str = "es",
    ) -> list[TextScore]:
        """Score texts; `languages` holds the declared language of each, or None to detect it."""
        if not texts:
            return []
        readings = [tokenize(text) for text in texts]
        parts = self.parts(readings)
        final = {language: parts.final(self.handicaps[language]) for language in self.languages}
        results = []
        for number, (text, tokens) in enumerate(zip(texts, readings, strict=True)):
            rows = slice(parts.owners[number], parts.owners[number + 1])
            language = languages[number] or detect(tokens, text, self.languages)
            candidates = (language,) if language in self.languages else self.languages
            said = {
                candidate: self._probabilities(final[candidate][rows].max(axis=0), candidate)
                for candidate in candidates
            }
            # uncertain or unknown: the greater of what the languages say
            loudest = max(said, key=lambda candidate: said[candidate]["toxic"])
            best = rows.start + int(final[loudest][rows, 0].argmax())
            offered = said[language if language in said else default_language]
            offsets = tokens.original_offsets(text)
            results.append(
                TextScore(
                    language=language or default_language,
                    language_certain=language is not None,
                    probabilities={
                        head: max(own[head] for own in said.values() if head in own)
                        for head in offered
                    },
                    explanation=self._explanation(parts, best, offsets),
                    folded=undone(text, parts.rows[rows.stop - 1].tokens, offsets),
                )
            )
        return results

    def parts(self, readings: Sequence[Tokens]) -> Parts:
        """Take the readings apart and score every part."""
        rows: list[Part] = []
        owners = [0]
        for tokens in readings:
            features = self.index.read(tokens.words)
            rows.append(Part(WHOLE, tokens, features, 0, len(tokens.words)))
            rows += [Part(WINDOW, tokens, features, s, e) for s, e in windows(tokens)]
            other = repair(tokens, self.lexicon)
            if other is not None:
                tokens, changed = other
                features = self.index.read(tokens.words)
                # the windows in which nothing changed are scored already
                rows += [
                    Part(REPAIRED_WINDOW, tokens, features, s, e)
                    for s, e in windows(tokens)
                    if any(s <= place < e for place in changed)
                ]
                rows.append(Part(REPAIRED, tokens, features, 0, len(tokens.words)))
            owners.append(len(rows))
        present = self.index.values([(part.features, part.start, part.end) for part in rows])
        return Parts(rows, owners, present, self.index.logits(present) + self.intercepts)

    def _explanation(self, parts: Parts, row: int, offsets: Sequence[int]) -> Explanation:
        part = parts.rows[row]
        contributions = word_contributions(
            parts.present, row, (part.features, part.start, part.end)
        )
        return explain(
            contributions, part.tokens, part.start, part.end,
            offsets=offsets, intercept=float(self.intercepts[0]),
        )  # fmt: skip

    def _probabilities(self, logits: Array, language: str) -> dict[str, float]:
        """Return the calibrated probabilities of the heads that a language has."""
        return {
            head: self._calibrated(head, language, float(logits[column]))
            for column, head in enumerate(self.head_order)
            if language in self.heads[head]
        }

    def _calibrated(self, head: str, language: str, logit: float) -> float:
        slope, intercept = self._calibration[head][language]
        return 1.0 / (1.0 + math.exp(-(slope * logit + intercept)))

    def golden_ok(self) -> bool:
        """Tell whether the golden inputs get the scores that were stored with the model."""
        scores = self.score(
            [case["text"] for case in self.golden],
            languages=[case["language"] for case in self.golden],
        )
        return all(
            abs(score.probabilities[head] - expected) <= GOLDEN_TOLERANCE
            for score, case in zip(scores, self.golden, strict=True)
            for head, expected in case["probabilities"].items()
        )


__all__ = ["UNKNOWN", "Explanation", "Scorer", "TextScore"]
