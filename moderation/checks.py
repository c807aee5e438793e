"""Django system checks of what the queue needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.utils.translation import gettext as _


@register("toxiguard")
def check_shares(**kwargs: Any) -> list[CheckMessage]:
    """Where nothing else hides its score, whatever does is an audit."""
    if settings.BLIND_SHARE or not settings.AUDIT_SHARE:
        return []
    return [
        Warning(
            _("Moderators can tell audits from other items, since only audits hide the score."),
            hint=_("Set TOXIGUARD_BLIND_SHARE above 0, or TOXIGUARD_AUDIT_SHARE to 0."),
            id="moderation.W001",
        )
    ]
