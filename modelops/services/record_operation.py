from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.models import User

from modelops.models import Door, Operation

logger = structlog.get_logger(__name__)


def record_operation(
    *,
    kind: Operation.Kind,
    by: User | None,
    door: Door,
    target: str = "",
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    seconds: float | None = None,
) -> Operation:
    """Write one operation into the journal and the log: who, when, where, what, from, to, why.

    `target` names what it was done to, `seconds` how long it took by a monotonic clock.
    """
    row = Operation.objects.create(
        kind=kind,
        target=target[:200],
        by=by,
        door=door,
        reason=reason[:500],
        before=before or {},
        after=after or {},
        seconds=seconds,
    )
    logger.info(
        "model.operation",
        operation=str(kind),
        target=target,
        by=str(by or ""),
        door=str(door),
        reason=reason,
        before=before or {},
        after=after or {},
        seconds=seconds,
    )
    return row
