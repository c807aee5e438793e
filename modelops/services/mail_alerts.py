from __future__ import annotations

from smtplib import SMTPException
from typing import cast

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.access import OPERATE
from modelops.alert_texts import alert_text
from modelops.mail import BACKEND, mail_is_configured
from modelops.models import Alert

logger = structlog.get_logger(__name__)


def mail_alerts() -> int:
    """Send the open alerts that nobody was sent yet, in the site's language; return how many.

    Nothing happens without a mail server or without recipients. What could not be sent is tried
    again the next time.
    """
    if not mail_is_configured() or not (recipients := alert_recipients()):
        return 0
    claimed = [
        alert
        for alert in Alert.objects.filter(resolved_at=None, mailed_at=None).order_by("pk")
        # another process may be at it: each alert is sent by who notes it first
        if Alert.objects.filter(pk=alert.pk, mailed_at=None).update(mailed_at=timezone.now())
    ]
    if not claimed:
        return 0
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = _subject(claimed), _body(claimed)
    # one message for each, so that nobody reads the others' addresses
    messages = [EmailMessage(subject, body, to=[address]) for address in recipients]
    try:
        sent = get_connection().send_messages(messages)
    except (OSError, SMTPException) as error:
        Alert.objects.filter(pk__in=[alert.pk for alert in claimed]).update(mailed_at=None)
        logger.error("alert.mail_failed", alerts=len(claimed), error=type(error).__name__)
        return 0
    logger.info("alert.mailed", alerts=[alert.pk for alert in claimed], messages=sent)
    return len(claimed)


def alert_recipients() -> list[str]:
    """TOXIGUARD_ALERT_EMAILS, else the addresses of those who may operate the model."""
    if settings.ALERT_EMAILS:
        return list(dict.fromkeys(settings.ALERT_EMAILS))
    operators = User.objects.with_perm(OPERATE, backend=BACKEND).exclude(email="")
    return sorted(set(cast("list[str]", operators.values_list("email", flat=True))))


def _subject(alerts: list[Alert]) -> str:
    kinds = ", ".join(dict.fromkeys(alert.get_kind_display() for alert in alerts))
    return f"[ToxiGuard] {kinds}"


def _body(alerts: list[Alert]) -> str:
    heading = ngettext(
        "The model needs attention:", "The model needs attention, for several reasons:", len(alerts)
    )
    parts = [heading, *(f"- {alert_text(alert)}" for alert in alerts)]
    if settings.PUBLIC_URL:
        parts.append(settings.PUBLIC_URL.rstrip("/") + reverse("modelops:model"))
    parts.append(_("“python manage.py check_model” prints the full state."))
    return "\n\n".join(parts) + "\n"
