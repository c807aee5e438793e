from __future__ import annotations

from collections.abc import Collection
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from modelops.mail import mail_is_configured
from modelops.models import Alert

logger = structlog.get_logger(__name__)
LONGEST_CAUSE = 200  # characters, as the column has them


def raise_alert(
    *, kind: Alert.Kind, cause: str = "", details: dict[str, Any] | None = None
) -> Alert:
    """Open an alert, or bring the open one of the same cause up to date.

    `cause` tells causes of one kind apart; `details` are the facts that `alert_texts` words:
    NEEDS_RETRAINING {"reasons": [{"code", …}], "labels"}, RUN_FAILED {"run", "kind", "reason",
    "why": {"code", "facts"}}, RUN_LOST {"run", "kind"}, LOAD_FAILED {"version", "serves" (None:
    nothing), "error"},
    DAMAGED_FILE {"place": "version"|"backup"|"dataset", "name", "files": […], "repaired"}.
    Mail is sent by a queued task, else with the next check, so that no caller waits for a server.
    """
    cause, details = cause[:LONGEST_CAUSE], details or {}
    still_open = Alert.objects.filter(kind=kind, cause=cause, resolved_at=None)
    # who loses the race to open it finds the winner's in the next round
    while True:
        still_open.update(seen_at=timezone.now(), details=details)
        if alert := still_open.first():
            return alert
        try:
            with transaction.atomic():
                alert = Alert.objects.create(kind=kind, cause=cause, details=details)
        except IntegrityError:
            continue
        if mail_is_configured():
            transaction.on_commit(_have_it_sent, robust=True)
        logger.warning("alert.raised", alert=alert.pk, kind=str(kind), cause=cause, details=details)
        return alert


def _have_it_sent() -> None:
    from modelops.tasks import send_alerts

    send_alerts.enqueue()


def resolve_alert(*, kind: Alert.Kind, cause: str = "") -> int:
    """Close the open alert of this cause, if there is one; return how many were closed."""
    return _resolve(Alert.objects.filter(kind=kind, cause=cause[:LONGEST_CAUSE]))


def resolve_alerts(*, kind: Alert.Kind, except_causes: Collection[str] = ()) -> int:
    """Close all open alerts of a kind but those whose cause is still there."""
    remaining = [cause[:LONGEST_CAUSE] for cause in except_causes]
    return _resolve(Alert.objects.filter(kind=kind).exclude(cause__in=remaining))


def _resolve(alerts: Any) -> int:
    resolved = 0
    for alert in alerts.filter(resolved_at=None):
        if Alert.objects.filter(pk=alert.pk, resolved_at=None).update(resolved_at=timezone.now()):
            resolved += 1
            logger.info("alert.resolved", kind=alert.kind, cause=alert.cause, alert=alert.pk)
    return resolved
