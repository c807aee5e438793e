"""Hold labels back from training, and release them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops.errors import OperationFailed
from modelops.models import Door, LabelHold, Operation

from .changing_rows import changing_rows
from .record_operation import record_operation


def hold_labels(
    *,
    after: datetime,
    until: datetime | None = None,
    reason: str,
    by: User | None,
    door: Door = Door.COMMAND,
) -> LabelHold:
    """Keep labels given after `after`, up to `until` (left out: now), out of training.

    Raises OperationFailed for a stretch of time that is none.
    """
    until = until or max(after, timezone.now())
    if until < after:
        raise OperationFailed(_("The end of a hold can't be before its beginning."))
    hold = LabelHold(after=after, until=until, reason=reason[:500], by=by)
    with changing_rows():
        hold.save(force_insert=True)
        record_operation(
            kind=Operation.Kind.HOLD_LABELS,
            target=str(hold),
            by=by,
            door=door,
            reason=reason,
            after={"after": after.isoformat(), "until": until.isoformat()},
        )
    return hold


def release_labels(*, hold: LabelHold, by: User | None, door: Door = Door.COMMAND) -> bool:
    """Let the next training learn the held labels; False when they were released before."""
    with changing_rows():
        released = LabelHold.objects.filter(pk=hold.pk, released_at=None).update(
            released_at=timezone.now(), released_by=by
        )
        if released:
            record_operation(kind=Operation.Kind.RELEASE_LABELS, target=str(hold), by=by, door=door)
    hold.refresh_from_db()
    return bool(released)
