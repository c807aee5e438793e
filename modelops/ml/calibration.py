"""From logits to probabilities and thresholds, on scores that the model did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
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
from modelops.ml.windows import WINDOW_WORDS

Array = NDArray[np.float64]
REVIEW_PRECISION = 0.5
BLOCK_PRECISION = 0.9
LONG_WORDS = 60
_HANDICAPS = np.arange(0.0, 4.01, 0.25)


@dataclass(frozen=True, slots=True)
class SegmentLogits:
    """Per text the best logit of each way of reading it, shape (n, n_heads); -inf for none."""

    whole: Array
    window: Array
    repaired: Array
    repaired_window: Array
    words: NDArray[np.int64]

    def final(self, *, window: float, repaired: float) -> Array:
        """Return the final logits for these handicaps."""
        readings = [
            self.whole,
            self.window - window,
            self.repaired - repaired,
            self.repaired_window - window - repaired,
        ]
        best: Array = np.max(readings, axis=0)
        return best


def segment_logits(scorer: Scorer, texts: list[str], *, batch: int = 500) -> SegmentLogits:
    """Score every segment of `texts` with `scorer`, whose handicaps do not matter here."""
    heads = len(scorer.head_order)
    parts = np.full((4, len(texts), heads), -np.inf)
    words = np.zeros(len(texts), dtype=np.int64)
    for start in range(0, len(texts), batch):
        readings = [tokenize(text) for text in texts[start : start + batch]]
        taken = scorer.parts(readings)
        for number, reading in enumerate(readings):
            words[start + number] = len(reading.words)
            for row in range(taken.owners[number], taken.owners[number + 1]):
                piece = taken.rows[row]
                other = piece.tokens is not reading
                kind = 2 * other + (piece.end - piece.start < len(piece.tokens.words))
                place = parts[kind, start + number]
                np.maximum(place, taken.logits[row], out=place)
    return SegmentLogits(parts[0], parts[1], parts[2], parts[3], words)


def choose_handicaps(
    logits: SegmentLogits, corpus: Corpus, rows: Mapping[str, NDArray[np.int64]], base_rate: float
) -> dict[str, float]:
    """Choose the least handicaps with which innocent texts pay nothing for being read closely.

    Window: innocent texts over 60 words are flagged no more often than those of one window.
    Repair: reading words otherwise flags at most one innocent text in a thousand more.
    `rows` holds per language the numbers of the calibration texts.
    """

    def flagged(language: str, window: float, repaired: float) -> NDArray[np.bool_]:
        chosen = rows[language]
        final = logits.final(window=window, repaired=repaired)[chosen, 0]
        labels = corpus.labels[chosen, 0] == 1
        weights = base_rate_weights(labels, base_rate, corpus.shares[chosen])
        over: NDArray[np.bool_] = final >= precision_threshold(
            final, labels, weights, REVIEW_PRECISION
        )
        return over

    def long_are_safe(language: str, window: float) -> bool:
        chosen = rows[language]
        people = ~np.char.startswith(corpus.sources[chosen], "own_")
        innocent = (corpus.labels[chosen, 0] == 0) & people
        flags, words = flagged(language, window, np.inf), logits.words[chosen]
        long = flags[innocent & (words > LONG_WORDS)].mean()
        return bool(long <= flags[innocent & (words <= WINDOW_WORDS)].mean())

    def repair_is_safe(language: str, window: float, repaired: float) -> bool:
        innocent = corpus.labels[rows[language], 0] == 0
        before = flagged(language, window, np.inf)[innocent].mean()
        return bool(flagged(language, window, repaired)[innocent].mean() <= before + 0.001)

    window = next(
        (float(h) for h in _HANDICAPS if all(long_are_safe(language, h) for language in rows)),
        float(_HANDICAPS[-1]),
    )
    repaired = next(
        (
            float(h)
            for h in _HANDICAPS
            if all(repair_is_safe(language, window, h) for language in rows)
        ),
        float(_HANDICAPS[-1]),
    )
    return {"window": window, "repaired": repaired}


def calibrate(
    final: Array, corpus: Corpus, rows: Mapping[str, NDArray[np.int64]], head: str, base_rate: float
) -> dict[str, Any]:
    """Return calibration, thresholds, distributions and measures of one head per language.

    The base rate of a category is that of toxic texts times its share among them.
    """
    result: dict[str, Any] = {
        "calibration": {}, "thresholds": {}, "distributions": {}, "metrics": {},
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
        result["calibration"][language] = [slope, intercept]
        result["thresholds"][language] = {
            "review": round(precision_threshold(scores, labels, weights, REVIEW_PRECISION), 4),
            "block": round(precision_threshold(scores, labels, weights, BLOCK_PRECISION), 4),
        }
        result["distributions"][language] = {
            "toxic": score_distribution(scores[labels]),
            "innocent": score_distribution(scores[~labels]),
            "base_rate": round(rate, 6),
        }
        people = ~np.char.startswith(corpus.sources[known], "own_")
        result["metrics"][language] = {
            "auc": round(auc(labels[people], scores[people]), 4),
            "texts": int(people.sum()),
            "positives": int(labels[people].sum()),
        }
    return result
