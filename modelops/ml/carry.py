"""Thresholds that another service's users had, carried over to this model's scores.

Two services put different numbers on the same text, so a threshold can't be taken along as a
number. What can be taken along is how much is flagged: on texts that both have scored, the
threshold here is the one that flags as many of them as the old one did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelops.ml.ranks import mean_ranks

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
DECIMALS = 4  # of a threshold, as a site sets it


@dataclass(frozen=True, slots=True)
class Switch:
    """What a threshold here makes of texts that another service judged by its own."""

    threshold: float
    flagged: int  # texts that reach it
    newly: int  # of them, those that the other service let through
    no_longer: int  # flagged by the other service only
    same: float  # share of texts with the same verdict, 0 to 1
    kappa: float | None  # Cohen's; None where chance alone explains all agreement


@dataclass(frozen=True, slots=True)
class Carried:
    """How two services judge the same texts, and the threshold that keeps the flag rate."""

    texts: int
    correlation: float | None  # Spearman's; None where one side gives all texts the same score
    flagged: int = 0  # by the other service, at its threshold
    same_number: Switch | None = None  # if its number was simply kept
    in_force: Switch | None = None  # by what counts here now
    found: Switch | None = None  # with the same flag rate; None where it flagged all or nothing


def carry_threshold(
    theirs: Array, ours: Array, *, threshold: float | None, in_force: float | None = None
) -> Carried:
    """Compare two services' scores, 0 to 1 and shape (texts,), of the same texts.

    `threshold` is that of the other service: what reaches it was flagged. `in_force` is the one
    here. Without `threshold` only the rank correlation is told. Raises ValueError without texts.
    """
    if not len(theirs) or theirs.shape != ours.shape:
        raise ValueError("as many scores of both services are needed, one at least")
    correlation = rank_correlation(theirs, ours)
    if threshold is None:
        return Carried(len(theirs), correlation)
    flags = theirs >= threshold
    found = same_rate_threshold(ours, int(flags.sum()))
    return Carried(
        texts=len(theirs),
        correlation=correlation,
        flagged=int(flags.sum()),
        same_number=switch_at(flags, ours, threshold),
        in_force=None if in_force is None else switch_at(flags, ours, in_force),
        found=None if found is None else switch_at(flags, ours, found),
    )


def switch_at(flags: Flags, ours: Array, threshold: float) -> Switch:
    """Compare the other service's verdicts with those of a threshold here."""
    here = ours >= threshold
    return Switch(
        threshold=threshold,
        flagged=int(here.sum()),
        newly=int((here & ~flags).sum()),
        no_longer=int((~here & flags).sum()),
        same=float((here == flags).mean()),
        kappa=kappa(flags, here),
    )


def same_rate_threshold(scores: Array, wanted: int) -> float | None:
    """Return the threshold that `wanted` of the scores reach, or as near to it as ties allow.

    It has DECIMALS decimals and lies halfway between two scores where it can; of two that are
    equally near, the higher one. None where no score or every score is to reach it: there the
    scores say nothing about where it lies.
    """
    if not 0 < wanted < len(scores):
        return None
    step = 10.0**-DECIMALS
    descending = np.sort(scores)[::-1]
    cuts = set()
    for last in (wanted - 1, wanted):  # the score that just reaches it, and the one that misses
        score = descending[last]
        above, below = descending[descending > score], descending[descending < score]
        if len(above):
            cuts.add((float(above[-1]) + float(score)) / 2)
        if len(below):
            cuts.add((float(score) + float(below[0])) / 2)
    candidates = {
        round(min(max(number * step, 0.0), 1.0), DECIMALS)
        for cut in cuts
        for number in (math.floor(cut / step), math.ceil(cut / step))
    }
    return min(
        candidates,
        key=lambda one: (abs(int((scores >= one).sum()) - wanted), _off(cuts, one), -one),
        default=None,
    )


def _off(cuts: set[float], candidate: float) -> float:
    return round(min(abs(cut - candidate) for cut in cuts), DECIMALS)


def rank_correlation(first: Array, second: Array) -> float | None:
    """Return Spearman's rank correlation, ties by their mean rank; None without any variation."""
    ranks = [mean_ranks(first), mean_ranks(second)]
    if any(np.ptp(one) == 0 for one in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def kappa(first: Flags, second: Flags) -> float | None:
    """Return Cohen's kappa (Cohen 1960) of two verdicts on the same texts."""
    a, b = float(first.mean()), float(second.mean())
    chance = a * b + (1 - a) * (1 - b)
    if chance == 1.0:
        return None
    return float((first == second).mean() - chance) / (1 - chance)
