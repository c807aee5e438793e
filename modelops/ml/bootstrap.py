"""Paired bootstrap intervals of what one model gains or loses against another.

Both models are measured on the same resamples (Efron and Tibshirani 1993, chapter 13), drawn
within each class, so that no resample lacks one. AUC comes from ranks that are computed once: a
resample only says how often each text counts. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]  # shape (n_resamples, n_texts of a class)
_CELLS = 4_000_000  # of the counts held at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure of both models, their difference, and the ends of its interval."""

    champion: float
    challenger: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2.0

    def to_json(self) -> dict[str, float]:
        return {
            "champion": round(self.champion, 4),
            "challenger": round(self.challenger, 4),
            "delta": round(self.challenger - self.champion, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "half_width": round(self.half_width, 4),
        }


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where a model's scores of toxic texts lie among those of the innocent ones.

    `order` sorts the innocent ones; `below` and `up_to` count for each toxic text how many of
    them score less, and how many no more.
    """

    order: NDArray[np.int64]
    below: NDArray[np.int64]
    up_to: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Flags, scores: Array) -> Ranked:
        innocent = scores[~labels]
        order = np.argsort(innocent, kind="stable")
        ordered = innocent[order]
        return cls(
            order,
            np.searchsorted(ordered, scores[labels], side="left"),
            np.searchsorted(ordered, scores[labels], side="right"),
        )

    def auc(self, toxic: Counts, innocent: Counts) -> Array:
        """Return the AUC of each resample, ties by half."""
        reached = np.zeros((len(innocent), innocent.shape[1] + 1), dtype=np.int64)
        np.cumsum(innocent[:, self.order], axis=1, out=reached[:, 1:])
        wins = (toxic * (reached[:, self.below] + reached[:, self.up_to])).sum(axis=1)
        pairs = toxic.sum(axis=1) * innocent.sum(axis=1)
        return np.asarray(wins / (2.0 * pairs))


def paired_intervals(
    labels: Flags,
    ranked: Sequence[Ranked],
    flags: Sequence[Flags],
    *,
    resamples: int,
    confidence: float,
    rng: np.random.Generator,
) -> dict[str, Interval]:
    """Return the intervals {"auc", "f1"} of challenger less champion, in this order in each list.

    `labels` and each of `flags` have shape (n,); both classes must be there.
    """
    toxic, innocent = int(labels.sum()), int((~labels).sum())
    once = (np.ones((1, toxic), dtype=np.int64), np.ones((1, innocent), dtype=np.int64))
    points = _measures(labels, ranked, flags, *once)
    chunk = max(1, _CELLS // len(labels))
    drawn = [
        _measures(labels, ranked, flags, _draw(rng, size, toxic), _draw(rng, size, innocent))
        for size in _chunks(resamples, chunk)
    ]
    ends = [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0]
    result = {}
    for measure, (champion, challenger) in points.items():
        differences = np.concatenate([one[measure][1] - one[measure][0] for one in drawn])
        low, high = np.quantile(differences, ends)
        result[measure] = Interval(
            float(champion[0]), float(challenger[0]), float(low), float(high)
        )
    return result


def _chunks(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]


def _draw(rng: np.random.Generator, resamples: int, count: int) -> Counts:
    """Draw `count` texts with replacement, some times; return how often each was drawn."""
    drawn = rng.integers(0, count, size=(resamples, count))
    drawn += np.arange(resamples)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count)


def _measures(
    labels: Flags,
    ranked: Sequence[Ranked],
    flags: Sequence[Flags],
    toxic: Counts,
    innocent: Counts,
) -> dict[str, list[Array]]:
    """Return {"auc", "f1"} with one array (n_resamples,) a model."""
    f1 = []
    for one in flags:
        hits = toxic @ one[labels].astype(np.int64)
        misses = innocent @ one[~labels].astype(np.int64)
        f1.append(2.0 * hits / (hits + misses + toxic.sum(axis=1)))
    return {"auc": [one.auc(toxic, innocent) for one in ranked], "f1": f1}
