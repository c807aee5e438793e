from __future__ import annotations

from django.contrib.auth.models import User

from modelops.models import Door, ThresholdChange

from .set_thresholds import set_thresholds


def clear_thresholds(*, by: User | None, reason: str, door: Door) -> ThresholdChange:
    """Give up the site's own thresholds and base rate; the live version's are in force again."""
    return set_thresholds(thresholds=None, base_rate=None, by=by, reason=reason, door=door)
