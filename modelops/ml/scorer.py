"""The scorer that serves: numpy only, equal to scikit-learn on the raw document probability.

A text is scored as a whole and, when it is longer than one window, in windows, in the spelling of
`normalize` and, where a dictionary reads it otherwise, as repaired. The greatest logit counts,
less the handicap of how it was found, so that friendly padding outvotes nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel
from modelops.ml.explain import Explanation, explain, undone
from modelops.ml.language import UNKNOWN, detect
from modelops.ml.repair import Lexicon, repair
from modelops.ml.segments import Reading
from modelops.ml.text import Tokens, tokenize
from modelops.ml.vectors import FeatureIndex
from modelops.ml.windows import windows

Array = NDArray[np.float64]
GOLDEN_TOLERANCE = 1e-6
_SAME_LOGIT = 1e-9


@dataclass(frozen=True, slots=True)
class TextScore:
    """Calibrated probabilities of one text, and what made the `toxic` one."""

    language: str
    language_certain: bool
    probabilities: dict[str, float]
    explanation: Explanation
    folded: tuple[tuple[str, str, int, int], ...]  # original, folded, start, end
    tokens: Tokens  # of the plain reading


WHOLE, WINDOW, REPAIRED, REPAIRED_WINDOW = range(4)


class Part(NamedTuple):
    """The parts of one kind that a text has, of which for each head the greatest counts.

    `start` and `end` are the words of the first one with the greatest logit of `toxic`.
    """

    kind: int  # WHOLE ...
    logits: list[float]  # the greatest of each head, before handicaps
    tokens: Tokens
    reading: Reading
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of some texts by kind: those of text n are rows `owners[n]` to `owners[n + 1]`."""

    rows: list[Part]
    owners: list[int]
    logits: Array  # shape (n_rows, n_heads), before handicaps


def handicap_of_kinds(handicaps: Mapping[str, float]) -> tuple[float, float, float, float]:
    """Return the handicap of each kind of part."""
    window, repaired = handicaps["window"], handicaps["repaired"]
    return 0.0, window, repaired, window + repaired


class Scorer:
    """Scores texts with one model. Immutable but for its cache; safe to share between threads."""

    def __init__(self, model: NumericModel) -> None:
        details = model.details
        self.index = FeatureIndex(model)
        self.intercepts: list[float] = model.intercepts.tolist()
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
        self.languages = self.heads["toxic"]
        self._calibration: dict[str, list[tuple[str, int, float, float]]] = {
            language: [
                (head, column, *details["heads"][head]["calibration"][language])
                for column, head in enumerate(self.head_order)
                if language in self.heads[head]
            ]
            for language in self.languages
        }
        self.lexicon = Lexicon.from_terms(model.terms["word"], model.idf["word"])

    @classmethod
    def from_numeric(cls, model: NumericModel) -> Scorer:
        return cls(model)

    def raw_probabilities(self, texts: Sequence[str], head: str = "toxic") -> Array:
        """Return P(head) of each whole text, uncalibrated: scikit-learn's `predict_proba`."""
        return self.raw_of_heads(texts)[:, self.head_order.index(head)]

    def raw_of_heads(self, texts: Sequence[str]) -> Array:
        """Return the same of every head, shape (n_texts, n_heads), in the order of the heads."""
        logits = [self._read(tokenize(text)).logits() for text in texts]
        shaped = np.array(logits).reshape(len(texts), len(self.head_order))
        return np.asarray(1.0 / (1.0 + np.exp(-(shaped + self.intercepts))))

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None],
        default_language: str = "es",
    ) -> list[TextScore]:
        """Score texts; `languages` holds the declared language of each, or None to detect it."""
        return [
            self._score(text, language, default_language)
            for text, language in zip(texts, languages, strict=True)
        ]

    def _score(self, text: str, declared: str | None, default_language: str) -> TextScore:
        tokens = tokenize(text)
        parts = self._parts(tokens)
        language = declared or detect(tokens, text, self.languages)
        candidates = (language,) if language in self.languages else self.languages
        best: dict[str, Part] = {}
        said: dict[str, dict[str, float]] = {}
        for name in candidates:
            best[name], logits = _greatest(parts, self.handicaps[name])
            said[name] = self._probabilities(logits, name)
        # uncertain or unknown: the greater of what the languages say
        loudest = max(candidates, key=lambda name: said[name]["toxic"])
        offered = said[language if language in said else default_language]
        if len(said) > 1:
            offered = {
                head: max(own[head] for own in said.values() if head in own) for head in offered
            }
        offsets = tokens.original_offsets(text)
        return TextScore(
            language=language or default_language,
            language_certain=language is not None,
            probabilities=offered,
            explanation=self._explanation(best[loudest], offsets),
            folded=undone(text, parts[-1].tokens, offsets),
            tokens=tokens,
        )

    def parts(self, readings: Sequence[Tokens]) -> Parts:
        """Take the readings apart and score every part."""
        rows: list[Part] = []
        owners = [0]
        for tokens in readings:
            rows += self._parts(tokens)
            owners.append(len(rows))
        logits = np.array([row.logits for row in rows]).reshape(len(rows), len(self.head_order))
        return Parts(rows, owners, logits)

    def _parts(self, tokens: Tokens) -> list[Part]:
        """Return the parts of one text, the plain reading first, the repaired one last."""
        reading = self._read(tokens)
        parts = [self._whole(WHOLE, tokens, reading)]
        if cut := windows(tokens):
            parts.append(self._windows(WINDOW, tokens, reading, cut))
        other = repair(tokens, self.lexicon)
        if other is not None:
            tokens, changed = other
            reading = self._read(tokens)
            # the windows in which nothing changed are scored already
            if cut := _holding(windows(tokens), changed):
                parts.append(self._windows(REPAIRED_WINDOW, tokens, reading, cut))
            parts.append(self._whole(REPAIRED, tokens, reading))
        return parts

    def _read(self, tokens: Tokens) -> Reading:
        return Reading(self.index, self.index.steps(tokens.words))

    def _whole(self, kind: int, tokens: Tokens, reading: Reading) -> Part:
        return Part(kind, self._shifted(reading.logits()), tokens, reading, 0, len(tokens.words))

    def _windows(
        self, kind: int, tokens: Tokens, reading: Reading, cut: Sequence[tuple[int, int]]
    ) -> Part:
        logits = reading.parts(cut)
        greatest: list[float] = np.maximum.reduce(logits).tolist()
        # those that differ in their last digits only say the same
        start, end = cut[int((logits[:, 0] >= greatest[0] - _SAME_LOGIT).argmax())]
        return Part(kind, self._shifted(greatest), tokens, reading, start, end)

    def _shifted(self, logits: Sequence[float]) -> list[float]:
        return [a + b for a, b in zip(logits, self.intercepts, strict=True)]

    def forget(self) -> None:
        """Forget all words met before, as a process that has just started."""
        self.index.forget()
        self.lexicon.readings.clear()

    def _explanation(self, part: Part, offsets: Sequence[int]) -> Explanation:
        reading = part.reading
        if part.kind in (WINDOW, REPAIRED_WINDOW):
            reading = reading.part(part.start, part.end)
        return explain(
            reading.contributions(), part.tokens, part.start, part.end,
            offsets=offsets, intercept=self.intercepts[0],
        )  # fmt: skip

    def _probabilities(self, logits: Sequence[float], language: str) -> dict[str, float]:
        """Return the calibrated probabilities of the heads that a language has."""
        return {
            head: 1.0 / (1.0 + math.exp(-(slope * logits[column] + intercept)))
            for head, column, slope, intercept in self._calibration[language]
        }

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


def _holding(segments: Sequence[tuple[int, int]], changed: Sequence[int]) -> list[tuple[int, int]]:
    """Return the segments that hold one of the `changed` words, which are in order."""
    return [(s, e) for s, e in segments if bisect_left(changed, e) > bisect_left(changed, s)]


def _greatest(parts: Sequence[Part], handicaps: Sequence[float]) -> tuple[Part, list[float]]:
    """Return the part with the greatest logit of `toxic`, and the greatest logit of each head."""
    if len(parts) == 1:
        return parts[0], parts[0].logits  # whole, as it stands
    final = [[logit - handicaps[part.kind] for logit in part.logits] for part in parts]
    greatest = list(map(max, *final))
    best = next(n for n, own in enumerate(final) if own[0] >= greatest[0] - _SAME_LOGIT)
    return parts[best], greatest


__all__ = ["UNKNOWN", "Explanation", "Scorer", "TextScore"]
