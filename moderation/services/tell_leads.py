"""Tell the leads of what was escalated to them, by mail where a server is configured.

The pages show it as well; no text leaves the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.mail import BACKEND, mail_is_configured
from moderation.models import ReviewDecision
from moderation.selectors_decisions import TAKE_OVER

log = structlog.get_logger(__name__)
NAMED = 20  # items in a message


def tell_leads(*, decisions: Sequence[ReviewDecision]) -> None:
    """Have mail sent by the queue worker, so that nobody waits for a server."""
    if decisions and mail_is_configured():
        ids = [decision.pk for decision in decisions]
        transaction.on_commit(partial(_have_it_sent, ids), robust=True)


def _have_it_sent(ids: list[int]) -> None:
    from moderation.tasks import mail_leads

    mail_leads.enqueue(ids)


def mail_escalations(*, decision_ids: Sequence[int]) -> int:
    """Send one message to each lead who has an address, but not to who escalated.

    What was undone meanwhile is left out. Returns how many messages were taken by the server.
    """
    standing = ReviewDecision.objects.filter(pk__in=decision_ids, reversal__isnull=True)
    decisions = list(standing.select_related("by").order_by("pk"))
    if not decisions or not mail_is_configured():
        return 0
    leads = User.objects.with_perm(TAKE_OVER, backend=BACKEND).exclude(email="")
    others = leads.exclude(pk__in={decision.by_id for decision in decisions})
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = _subject(decisions), _body(decisions)
    messages = [
        EmailMessage(subject, body, to=[address])
        for address in sorted(set(others.values_list("email", flat=True)))
    ]
    try:
        return get_connection().send_messages(messages) or 0
    except (OSError, SMTPException) as error:
        log.error("escalation_mail_failed", decisions=len(decisions), error=type(error).__name__)
        return 0


def _subject(decisions: Sequence[ReviewDecision]) -> str:
    count = len(decisions)
    told = ngettext("%(count)s item escalated", "%(count)s items escalated", count)
    return f"[ToxiGuard] {told % {'count': count}}"


def _body(decisions: Sequence[ReviewDecision]) -> str:
    parts = [
        _("Moderators ask the leads to decide. Without texts, which stay on the site:"),
        *(
            _("- Analysis %(analysis)s, escalated by %(name)s")
            % {"analysis": decision.analysis_id, "name": decision.by.get_username()}
            for decision in decisions[:NAMED]
        ),
    ]
    if (more := len(decisions) - NAMED) > 0:
        parts.append(_("and %(count)s more") % {"count": more})
    if settings.PUBLIC_URL:
        address = settings.PUBLIC_URL.rstrip("/") + reverse("moderation:queue")
        parts.append(f"{address}?escalated=true")
    return "\n\n".join(parts) + "\n"
