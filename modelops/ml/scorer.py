"""The scorer that serves: numpy only, equal to scikit-learn on the raw document probability.

A text is scored as a whole and, when it is longer than one window, in windows, in the spelling of
`normalize` and, where a dictionary reads it otherwise, as repaired. The greatest logit counts,
less the handicap of how it was found, so that friendly padding outvotes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel
from modelops.ml.explain import Explanation, explain, undone
from modelops.ml.language import UNKNOWN, detect
from modelops.ml.repair import Lexicon, repair
from modelops.ml.text import Tokens, tokenize
from modelops.ml.vectors import FeatureIndex
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


@dataclass(slots=True)
class _Segment:
    """Words `start` to `end` of a reading of a text, with what their logit is lowered by."""

    tokens: Tokens
    start: int
    end: int
    handicap: float


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
        self.handicaps: Mapping[str, float] = details["handicaps"]
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
        logits = self.raw_logits([tokenize(text) for text in texts])[:, column]
        return np.asarray(1.0 / (1.0 + np.exp(-logits)))

    def raw_logits(self, readings: Sequence[Tokens]) -> Array:
        """Return the logits of whole readings, shape (n_texts, n_heads)."""
        return self.index.logits([r.words for r in readings]) + self.intercepts

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None],
        default_language: str = "es",
    ) -> list[TextScore]:
        """Score texts; `languages` holds the declared language of each, or None to detect it."""
        readings = [tokenize(text) for text in texts]
        segments, owners = self.segments(readings)
        logits = self.index.logits([s.tokens.words[s.start : s.end] for s in segments])
        logits = logits + self.intercepts
        final = logits - np.array([s.handicap for s in segments])[:, None]
        results = []
        for number, text in enumerate(texts):
            rows = slice(owners[number], owners[number + 1])
            best = rows.start + int(final[rows, 0].argmax())
            results.append(
                self._result(
                    text,
                    readings[number],
                    segments[best],
                    repaired=next(
                        (s.tokens for s in segments[rows] if s.tokens is not readings[number]), None
                    ),
                    maxima=final[rows].max(axis=0),
                    language=detect(readings[number], text, self.languages)
                    if languages[number] is None
                    else languages[number],
                    default_language=default_language,
                )
            )
        return results

    def segments(self, readings: Sequence[Tokens]) -> tuple[list[_Segment], list[int]]:
        """Return the segments to score and, per text, where its own begin (one more at the end)."""
        segments: list[_Segment] = []
        owners = [0]
        window, repaired = self.handicaps["window"], self.handicaps["repaired"]
        for tokens in readings:
            segments.append(_Segment(tokens, 0, len(tokens.words), 0.0))
            segments += [_Segment(tokens, s, e, window) for s, e in windows(tokens)]
            other = repair(tokens, self.lexicon)
            if other is not None:
                reading, changed = other
                segments.append(_Segment(reading, 0, len(reading.words), repaired))
                segments += [
                    _Segment(reading, s, e, window + repaired)
                    for s, e in windows(reading)
                    if any(s <= place < e for place in changed)
                ]
            owners.append(len(segments))
        return segments, owners

    def final_logits(self, texts: Sequence[str]) -> Array:
        """Return the uncalibrated final scores of `texts` as logits, shape (n_texts, n_heads)."""
        segments, owners = self.segments([tokenize(text) for text in texts])
        logits = self.index.logits([s.tokens.words[s.start : s.end] for s in segments])
        logits += self.intercepts - np.array([s.handicap for s in segments])[:, None]
        return np.maximum.reduceat(logits, owners[:-1], axis=0)

    def _result(
        self,
        text: str,
        tokens: Tokens,
        segment: _Segment,
        *,
        repaired: Tokens | None,
        maxima: Array,
        language: str | None,
        default_language: str,
    ) -> TextScore:
        candidates = (language,) if language in self.languages else self.languages
        shown = language or default_language
        offered = candidates if language else (default_language,)
        probabilities = {
            head: max(
                self._calibrated(head, candidate, float(maxima[column]))
                for candidate in candidates
                if candidate in self.heads[head]
            )
            for column, head in enumerate(self.head_order)
            if any(candidate in self.heads[head] for candidate in offered)
        }
        reading = segment.tokens
        offsets = reading.original_offsets(text)
        return TextScore(
            language=shown,
            language_certain=language is not None,
            probabilities=probabilities,
            explanation=explain(
                self.index, reading, segment.start, segment.end,
                offsets=offsets, intercept=float(self.intercepts[0]),
            ),
            folded=undone(text, tokens, repaired, offsets),
        )  # fmt: skip

    def _calibrated(self, head: str, language: str, logit: float) -> float:
        slope, intercept = self._calibration[head][language]
        return float(1.0 / (1.0 + np.exp(-(slope * logit + intercept))))

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
