"""Where an item stands in the queue: one place for the formula that everything else uses."""

from __future__ import annotations

import math

RELEASED = {"claimed_by": None, "claim_expires_at": None}  # what a row says that nobody has
REPORTED, ESCALATED, APPEALED = 0.5, 1.0, 0.5  # by how much these lift an item
REPORTS_FULL = 4.0  # doublings of the reports after which more of them change nothing


def priority_of(
    *, score: float, reports: int = 0, escalated: bool = False, appeal: bool = False
) -> float:
    """The greatest comes first: score + ½·min(1, log₂(1 + reports)/4) + 1 if escalated + ½ if
    appealed.

    The score is a probability (0 to 1). 15 reports lift an item as far as they can, by half of
    that range, so that a crowd alone does not outrank everything.
    """
    told = min(1.0, math.log2(1 + reports) / REPORTS_FULL)
    return score + REPORTED * told + ESCALATED * escalated + APPEALED * appeal


def uncertainty_of(*, score: float, threshold: float) -> float:
    """The greatest is nearest to the review threshold."""
    return -abs(score - threshold)
