"""Ranks of scores. Not scipy.stats: importing it takes longer than an update learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mean_ranks(scores: Array) -> Array:
    """Return the rank of each score, 1 for the lowest, shape (scores,); equal ones share theirs."""
    _values, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks
