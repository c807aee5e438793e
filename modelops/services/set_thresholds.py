from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from modelops import serving
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.models import Door, LivePointer, Operation, ThresholdChange

from .record_operation import record_operation

NAMES = ("review", "block")
LEAST_BASE_RATE = 0.001
MOST_BASE_RATE = 0.9


class InvalidThresholds(OperationFailed):
    """Values that can't be; `errors` has a sentence for each field, as "thresholds.es.review"."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(f"{field}: {error}" for field, error in errors.items()))


def set_thresholds(
    *,
    thresholds: Mapping[str, Mapping[str, float]] | None,
    base_rate: float | None,
    by: User | None,
    reason: str,
    door: Door,
) -> ThresholdChange:
    """Set the site's own thresholds and base rate, in place of all that was set before.

    A language that is missing, or no thresholds at all, have the live version's, computed for the
    base rate; no base rate: the version's. They stay over promotions until they are cleared. Every
    worker serves with them from the moment it sees the new generation, a second at most. Raises
    InvalidThresholds, NoLiveVersion; then nothing changes.
    """
    check_thresholds(thresholds=thresholds, base_rate=base_rate)
    with transaction.atomic():
        # first, for its lock: changes take turns, and each sees what it replaces
        bumped = LivePointer.objects.filter(version__isnull=False)
        if not bumped.update(generation=F("generation") + 1):
            raise NoLiveVersion
        before = ThresholdChange.current()
        change = ThresholdChange.objects.create(
            base_rate=base_rate,
            thresholds={
                language: {name: float(limits[name]) for name in NAMES}
                for language, limits in (thresholds or {}).items()
            },
            reason=reason[:500],
            door=door,
            by=by,
        )
        record_operation(
            kind=Operation.Kind.THRESHOLDS,
            by=by,
            door=door,
            reason=reason,
            before=_facts(before),
            after=_facts(change),
        )
    serving.look_again()
    return change


def check_thresholds(
    *, thresholds: Mapping[str, Mapping[str, float]] | None, base_rate: float | None
) -> None:
    """Raise InvalidThresholds for values that a site can't set."""
    errors: dict[str, str] = {}
    if base_rate is not None and not (
        _is_number(base_rate) and LEAST_BASE_RATE <= base_rate <= MOST_BASE_RATE
    ):
        errors["base_rate"] = _("A base rate is a number from %(least)s to %(most)s.") % {
            "least": LEAST_BASE_RATE,
            "most": MOST_BASE_RATE,
        }
    for language, limits in (thresholds or {}).items():
        place = f"thresholds.{language}"
        if language not in serving.LANGUAGES:
            errors[place] = _(
                "“%(language)s” is not a language of the model; it has: %(known)s."
            ) % {"language": language, "known": ", ".join(serving.LANGUAGES)}
        elif not isinstance(limits, Mapping) or set(limits) != set(NAMES):
            errors[place] = _("Both thresholds are needed, review and block, and nothing else.")
        else:
            errors |= _wrong_limits(place, limits)
    if errors:
        raise InvalidThresholds(errors)


def _wrong_limits(place: str, limits: Mapping[str, float]) -> dict[str, str]:
    wrong = {
        f"{place}.{name}": _("A threshold is a number from 0 to 1.")
        for name in NAMES
        if not (_is_number(limits[name]) and 0.0 <= limits[name] <= 1.0)
    }
    if not wrong and limits["review"] > limits["block"]:
        wrong[place] = _("The review threshold can't be higher than the block threshold.")
    return wrong


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _facts(change: ThresholdChange | None) -> dict[str, Any]:
    return {
        "base_rate": change.base_rate if change else None,
        "thresholds": change.thresholds if change else {},
    }
