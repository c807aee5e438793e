"""From logits to probabilities and thresholds, on scores that the model did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from modelops.ml.artifacts import HEADS
from modelops.ml.corpus import UNKNOWN, Corpus
from modelops.ml.evaluation import (
    auc,
    base_rate_weights,
    fit_calibration,
    precision_threshold,
    score_distribution,
)
from modelops.ml.scorer import Scorer
from modelops.ml.text import tokenize
from modelops.ml.windows import LONG_WORDS

Array = NDArray[np.float64]
REVIEW_PRECISION = 0.5
BLOCK_PRECISION = 0.9
# Of the project's own innocent sentences no larger share is flagged out of fold. They are made to
# be hard, harder than what people write, and a fold has seen none of their template.
INNOCENT_SHARES = {"en": 0.08, "es": 0.09}
# How much more clearly than another window a short one must speak, in logits. Chosen, with the
# shares above, by the padded insults that stay flagged and the rank quality that short windows cost
# on the files that measure the model (docs/benchmarks.md).
SHORT_MARGINS = {"en": 1.3, "es": 0.9}
# How much more clearly windows and other readings of words must speak at least, in logits: with
# less they cost rank quality on the files that measure the model.
LEAST_HANDICAPS = {
    "en": {"window": 1.3, "repaired": 0.2},
    "es": {"window": 1.2, "repaired": 0.0},
}
VERY_LONG_WORDS = 60
_HANDICAPS = np.round(np.arange(0.0, 4.01, 0.1), 1)


@dataclass(frozen=True, slots=True)
class SegmentLogits:
    """Per text the best logit of each way of reading it, shape (n, n_heads); -inf for none."""

    whole: Array
    window: Array
    repaired: Array
    repaired_window: Array
    short: Array
    repaired_short: Array
    words: NDArray[np.int64]

    def final(self, *, window: float, repaired: float, short: float) -> Array:
        """Return the final logits for these handicaps."""
        readings = [
            self.whole,
            self.window - window,
            self.repaired - repaired,
            self.repaired_window - window - repaired,
            self.short - short,
            self.repaired_short - short - repaired,
        ]
        best: Array = np.max(readings, axis=0)
        return best

    @classmethod
    def merged(
        cls, parts: Sequence[tuple[NDArray[np.int64], SegmentLogits]], count: int
    ) -> SegmentLogits:
        """Return the logits of `count` texts, of which each part holds some (row numbers first)."""
        heads = parts[0][1].whole.shape[1]
        arrays = [np.full((count, heads), -np.inf) for _ in range(6)]
        words = np.zeros(count, dtype=np.int64)
        for rows, part in parts:
            found = (
                part.whole, part.window, part.repaired, part.repaired_window,
                part.short, part.repaired_short,
            )  # fmt: skip
            for array, values in zip(arrays, found, strict=True):
                array[rows] = values
            words[rows] = part.words
        return cls(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], words)


def segment_logits(scorer: Scorer, texts: list[str], *, batch: int = 500) -> SegmentLogits:
    """Score every segment of `texts` with `scorer`, whose handicaps do not matter here."""
    heads = len(scorer.head_order)
    parts = np.full((6, len(texts), heads), -np.inf)
    words = np.zeros(len(texts), dtype=np.int64)
    for start in range(0, len(texts), batch):
        readings = [tokenize(text) for text in texts[start : start + batch]]
        taken = scorer.parts(readings)
        for number, reading in enumerate(readings):
            words[start + number] = len(reading.words)
            for row in range(taken.owners[number], taken.owners[number + 1]):
                place = parts[taken.rows[row].kind, start + number]
                np.maximum(place, taken.logits[row], out=place)
    return SegmentLogits(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], words)


def choose_handicaps(
    logits: SegmentLogits,
    corpus: Corpus,
    chosen: NDArray[np.int64],
    innocent: NDArray[np.int64],
    base_rate: float,
    language: str,
) -> dict[str, float]:
    """Choose one language's least handicaps with which innocence pays nothing for a close look.

    Window: what people wrote innocently in over 60 words is flagged no more often than the
    project's own innocent sentences, short and made to be hard. Short windows have `SHORT_MARGINS`
    more.
    Repair: reading words otherwise flags at most one innocent text in a thousand more.
    Neither is less than `LEAST_HANDICAPS`.
    `chosen` are the numbers of the language's calibration texts, `innocent` those of more texts
    that are all innocent.
    """
    labels = corpus.labels[chosen, 0] == 1
    own = np.char.startswith(corpus.sources[chosen], "own_")
    weights = base_rate_weights(labels, base_rate, corpus.shares[chosen])
    harmless = np.concatenate([chosen[~labels], innocent])
    words = logits.words[harmless]
    made = np.char.startswith(corpus.sources[harmless], "own_")
    margin = SHORT_MARGINS[language]
    long, short = ~made & (words > VERY_LONG_WORDS), made & (words <= LONG_WORDS)

    def flagged(window: float, repaired: float) -> NDArray[np.bool_]:
        final = logits.final(window=window, repaired=repaired, short=window + margin)[:, 0]
        limit = review_threshold(final[chosen], labels, weights, own, language)
        return np.asarray(final[harmless] >= limit)

    def long_are_safe(window: float) -> bool:
        if not long.any():
            return False  # nothing to show it by: the greatest handicap
        flags = flagged(window, np.inf)
        return bool(flags[long].mean() <= flags[short].mean())

    def repair_is_safe(window: float, repaired: float) -> bool:
        return bool(flagged(window, repaired).mean() <= flagged(window, np.inf).mean() + 0.001)

    def tried(kind: str) -> list[float]:
        return [float(h) for h in _HANDICAPS if h >= LEAST_HANDICAPS[language][kind]]

    last = float(_HANDICAPS[-1])
    window = next((h for h in tried("window") if long_are_safe(h)), last)
    repaired = next((h for h in tried("repaired") if repair_is_safe(window, h)), last)
    return {"window": window, "repaired": repaired, "short": round(window + margin, 1)}


def innocent_floor(
    scores: Array, labels: NDArray[np.bool_], own: NDArray[np.bool_], language: str
) -> float:
    """Return the score that the language's share of own innocent sentences reaches."""
    return float(np.quantile(scores[own & ~labels], 1 - INNOCENT_SHARES[language]))


def review_threshold(
    scores: Array, labels: NDArray[np.bool_], weights: Array, own: NDArray[np.bool_], language: str
) -> float:
    """Return the lowest score with the precision of *review*, but not less than the floor."""
    return max(
        precision_threshold(scores, labels, weights, REVIEW_PRECISION),
        innocent_floor(scores, labels, own, language),
    )


def calibrate(
    final: Array, corpus: Corpus, rows: Mapping[str, NDArray[np.int64]], head: str, base_rate: float
) -> dict[str, Any]:
    """Return calibration, thresholds, distributions and measures of one head per language.

    The base rate of a category is that of toxic texts times its share among them. A threshold
    lies at the stated precision, but never below its floor: the score that at most
    `INNOCENT_SHARES` of the project's own innocent sentences reach.
    """
    result: dict[str, Any] = {
        "calibration": {}, "thresholds": {}, "floors": {}, "distributions": {}, "metrics": {},
    }  # fmt: skip
    column = HEADS.index(head)
    for language, chosen in rows.items():
        known = chosen[corpus.labels[chosen, column] != UNKNOWN]
        labels = corpus.labels[known, column] == 1
        toxic = corpus.labels[known, 0] == 1
        rate = (
            base_rate
            * float(corpus.shares[known][labels].sum())
            / float(corpus.shares[known][toxic].sum())
        )
        weights = base_rate_weights(labels, rate, corpus.shares[known])
        slope, intercept = fit_calibration(labels, final[known], weights)
        slope, intercept = round(slope, 6), round(intercept, 6)
        scores = special.expit(slope * final[known] + intercept)
        own = np.char.startswith(corpus.sources[known], "own_")
        floor = innocent_floor(scores, toxic, own, language)
        review = max(precision_threshold(scores, labels, weights, REVIEW_PRECISION), floor)
        block = max(precision_threshold(scores, labels, weights, BLOCK_PRECISION), review)
        result["calibration"][language] = [slope, intercept]
        result["thresholds"][language] = {"review": round(review, 4), "block": round(block, 4)}
        result["floors"][language] = round(floor, 4)
        result["distributions"][language] = {
            "toxic": score_distribution(scores[labels]),
            "innocent": score_distribution(scores[~labels]),
            "base_rate": round(rate, 6),
        }
        people = ~own
        if 0 < labels[people].sum() < people.sum():
            result["metrics"][language] = {
                "auc": round(auc(labels[people], scores[people]), 4),
                "texts": int(people.sum()),
                "positives": int(labels[people].sum()),
            }
    return result
