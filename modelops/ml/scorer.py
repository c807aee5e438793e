"""The scorer that serves: numpy only, equal to scikit-learn on the raw document probability.

A text is scored as a whole and, when it is longer than one window, in windows, in the spelling of
`normalize` and, where a dictionary reads it otherwise, as repaired. The greatest logit counts,
less the handicap of how it was found, so that friendly padding outvotes nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel
from modelops.ml.explain import Explanation, Folding, explain, undone
from modelops.ml.language import UNKNOWN, detect
from modelops.ml.lexicon import Lexicon
from modelops.ml.repair import repair
from modelops.ml.segments import Run, Segments
from modelops.ml.text import Tokens, tokenize
from modelops.ml.vectors import FeatureIndex, Step
from modelops.ml.windows import short_windows, windows

Array = NDArray[np.float64]
Reasons = tuple[Explanation, tuple[Folding, ...]]
GOLDEN_TOLERANCE = 1e-6
_SAME_LOGIT = 1e-9
_WORTHWHILE = 100  # words that need not be read again
_WORDS_AT_ONCE = 500  # in one pass: more do not fit the processor's cache


@dataclass(frozen=True)
class TextScore:
    """Calibrated probabilities of one text. What made the `toxic` one is found when it is asked."""

    language: str
    language_certain: bool
    probabilities: dict[str, float]
    tokens: Tokens  # of the plain reading
    _find_reasons: Callable[[], Reasons] = field(repr=False, compare=False)

    @cached_property
    def _reasons(self) -> Reasons:
        return self._find_reasons()

    @property
    def explanation(self) -> Explanation:
        return self._reasons[0]

    @property
    def folded(self) -> tuple[Folding, ...]:
        """(original, folded, start, end) of each word that was written otherwise."""
        return self._reasons[1]


WHOLE, WINDOW, REPAIRED, REPAIRED_WINDOW, SHORT, REPAIRED_SHORT = range(6)


class Way(NamedTuple):
    """A way to score a text: a reading of it, the segments as words (first, end) and as steps."""

    kind: int  # WHOLE ...
    tokens: Tokens
    cut: Sequence[tuple[int, int]]
    segments: Sequence[tuple[Run, ...]]


class Part(NamedTuple):
    """The parts of one kind that a text has, of which for each head the greatest counts."""

    kind: int  # WHOLE ...
    logits: list[float]  # the greatest of each head, before handicaps
    tokens: Tokens
    # the words of the first one with the greatest logit of `toxic`, and where it is scored
    start: int
    end: int
    segments: Segments
    row: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of some texts by kind: those of text n are rows `owners[n]` to `owners[n + 1]`."""

    rows: list[Part]
    owners: list[int]
    logits: Array  # shape (n_rows, n_heads), before handicaps


def handicap_of_kinds(handicaps: Mapping[str, float]) -> tuple[float, ...]:
    """Return the handicap of each kind of part. A model without one for short windows has none."""
    window, repaired = handicaps["window"], handicaps["repaired"]
    short = handicaps.get("short", math.inf)
    return 0.0, window, repaired, window + repaired, short, short + repaired


class Scorer:
    """Scores texts with one model. Immutable but for its cache; safe to share between threads."""

    def __init__(self, model: NumericModel) -> None:
        details = model.details
        self.intercepts: Array = model.intercepts
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
        self._short = any("short" in values for values in details["handicaps"].values())
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
        self.index = FeatureIndex(model, self.lexicon.costs)

    @classmethod
    def from_numeric(cls, model: NumericModel) -> Scorer:
        return cls(model)

    def raw_probabilities(self, texts: Sequence[str], head: str = "toxic") -> Array:
        """Return P(head) of each whole text, uncalibrated: scikit-learn's `predict_proba`."""
        return self.raw_of_heads(texts)[:, self.head_order.index(head)]

    def raw_of_heads(self, texts: Sequence[str]) -> Array:
        """Return the same of every head, shape (n_texts, n_heads), in the order of the heads."""
        logits = [np.zeros((0, len(self.head_order)))]
        for group in _groups(map(tokenize, texts)):
            steps: list[Step] = []
            segments = [self._whole(tokens, steps).segments[0] for tokens in group]
            logits.append(Segments(self.index, steps, segments).logits + self.intercepts)
        return np.asarray(1.0 / (1.0 + np.exp(-np.concatenate(logits))))

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None],
        default_language: str = "es",
    ) -> list[TextScore]:
        """Score texts; `languages` holds the declared language of each, or None to detect it."""
        groups = _groups(map(tokenize, texts))
        read = (own for group in groups for own in zip(group, self._parts(group), strict=True))
        return [
            self._score(text, tokens, parts, language, default_language)
            for text, language, (tokens, parts) in zip(texts, languages, read, strict=True)
        ]

    def _score(
        self,
        text: str,
        tokens: Tokens,
        parts: Sequence[Part],
        declared: str | None,
        default_language: str,
    ) -> TextScore:
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
        return TextScore(
            language=language or default_language,
            language_certain=language is not None,
            probabilities=offered,
            tokens=tokens,
            _find_reasons=partial(self._reasons, text, tokens, best[loudest], parts[-1].tokens),
        )

    def parts(self, readings: Sequence[Tokens]) -> Parts:
        """Take the readings apart and score every part."""
        rows: list[Part] = []
        owners = [0]
        for group in _groups(readings):
            for parts in self._parts(group):
                rows += parts
                owners.append(len(rows))
        logits = np.array([row.logits for row in rows]).reshape(len(rows), len(self.head_order))
        return Parts(rows, owners, logits)

    def _parts(self, readings: Sequence[Tokens]) -> list[list[Part]]:
        """Return the parts of each text, the plain reading first, the repaired one last."""
        steps: list[Step] = []
        ways = [self._ways(tokens, steps) for tokens in readings]
        segments = Segments(
            self.index, steps, [segment for own in ways for way in own for segment in way.segments]
        )
        logits = segments.logits + self.intercepts
        parts: list[list[Part]] = []
        row = 0
        for own in ways:
            found: list[Part] = []
            for way in own:
                end = row + len(way.cut)
                best, greatest = _loudest(logits[row:end])
                first, last = way.cut[best]
                part = Part(way.kind, greatest, way.tokens, first, last, segments, row + best)
                found.append(part)
                row = end
            parts.append(found)
        return parts

    def _ways(self, tokens: Tokens, steps: list[Step]) -> list[Way]:
        """Return the ways to score a text, whose readings join `steps`.

        The plain reading comes first, the repaired one last.
        """
        first = len(steps) // 2
        ways = [self._whole(tokens, steps)]
        if cut := windows(tokens):
            ways.append(Way(WINDOW, tokens, cut, _steps_of(cut, first)))
        if self._short and (cut := short_windows(tokens)):
            ways.append(Way(SHORT, tokens, cut, _steps_of(cut, first)))
        unknown = [number for number, step in enumerate(steps[2 * first :: 2]) if step[3]]
        if unknown and (other := repair(tokens, self.lexicon, unknown)):
            ways += self._repaired(tokens, first, *other, steps)
        return ways

    def _whole(self, tokens: Tokens, steps: list[Step]) -> Way:
        first, count = len(steps), len(tokens.words)
        steps += self.index.steps(tokens.words)
        return Way(WHOLE, tokens, [(0, count)], [((first, first + max(2 * count - 1, 1)),)])

    def _repaired(
        self, plain: Tokens, first: int, tokens: Tokens, changed: Sequence[int], steps: list[Step]
    ) -> list[Way]:
        """Return the ways to score a repaired reading, of which only what changed joins `steps`.

        `first` is the first word of the plain reading there.
        """
        count, more = len(tokens.words), len(tokens.words) - len(plain.words)
        # the windows in which nothing changed are scored already
        cut = _holding(windows(tokens), changed)
        short = _holding(short_windows(tokens), changed) if self._short else []
        # the words to read again, with those that make a pair with a changed one
        start = min([max(changed[0] - 1, 0), *(window[0] for window in cut + short)])
        end = max([min(changed[-1] + 2, count), *(window[1] for window in cut + short)])
        if count - (end - start) < _WORTHWHILE:
            start, end = 0, count
        again = len(steps) // 2
        steps += self.index.steps(tokens.words[start:end])
        runs = (
            (2 * first, 2 * (first + start)),
            (2 * again, 2 * (again + end - start) - 1),
            (2 * (first + end - more) - 1, 2 * (first + count - more) - 1),
        )
        whole = tuple(run for run in runs if run[0] < run[1])
        ways = [Way(REPAIRED, tokens, [(0, count)], [whole])]
        if cut:
            ways.insert(0, Way(REPAIRED_WINDOW, tokens, cut, _steps_of(cut, again - start)))
        if short:
            ways.insert(0, Way(REPAIRED_SHORT, tokens, short, _steps_of(short, again - start)))
        return ways

    def forget(self) -> None:
        """Forget all words met before, as a process that has just started."""
        self.index.forget()
        self.lexicon.readings.clear()

    def _reasons(self, text: str, tokens: Tokens, part: Part, reading: Tokens) -> Reasons:
        offsets = tokens.original_offsets(text)
        explanation = explain(
            part.segments.contributions(part.row), part.tokens, part.start, part.end,
            offsets=offsets, intercept=float(self.intercepts[0]),
        )  # fmt: skip
        return explanation, undone(text, reading, offsets)

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


def _groups(readings: Iterable[Tokens]) -> Iterator[list[Tokens]]:
    """Yield the texts in groups that are scored in one pass."""
    group: list[Tokens] = []
    words = 0
    for tokens in readings:
        group.append(tokens)
        words += len(tokens.words)
        if words >= _WORDS_AT_ONCE:
            yield group
            group, words = [], 0
    if group:
        yield group


def _steps_of(cut: Sequence[tuple[int, int]], first: int) -> list[tuple[Run, ...]]:
    """Return the steps of segments of a reading that begins with word `first`."""
    return [((2 * (first + start), 2 * (first + end) - 1),) for start, end in cut]


def _loudest(logits: Array) -> tuple[int, list[float]]:
    """Return the first row with the greatest logit of `toxic`, and the greatest of each head."""
    if len(logits) == 1:
        return 0, logits[0].tolist()
    greatest: list[float] = logits.max(axis=0).tolist()
    # those that differ in their last digits only say the same
    return int((logits[:, 0] >= greatest[0] - _SAME_LOGIT).argmax()), greatest


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
