from __future__ import annotations

import structlog
from django.db import DatabaseError

from modelops import selectors, sources
from modelops.models import Alert

from .raise_alert import raise_alert, resolve_alert

logger = structlog.get_logger(__name__)
KIND = Alert.Kind.NEEDS_RETRAINING


def settle_retraining() -> None:
    """Raise the alert that the model needs retraining, or resolve it."""
    answer = selectors.retraining()
    if answer.needed:
        raise_alert(
            kind=KIND, details={"reasons": list(answer.causes), "labels": sources.count_labels()}
        )
    else:
        resolve_alert(kind=KIND)


def settle_retraining_after_promotion() -> None:
    """Resolve the alert if the new version needs none; what goes wrong here is only logged."""
    try:
        if Alert.objects.filter(kind=KIND, resolved_at=None).exists():
            settle_retraining()
    except DatabaseError:
        # the promotion has happened; the hourly check will look again
        logger.exception("alert.not_settled")
