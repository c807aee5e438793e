"""Reads: webhooks with how they fare, and what became of their messages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from modelops.mail import BACKEND
from moderation.models import Webhook, WebhookDelivery
from moderation.webhook_texts import problem_text

SHOWN = 50  # messages of one webhook on its page
State = WebhookDelivery.State


def possible_owners() -> QuerySet[User]:
    """Accounts whose analyses a webhook may be told about: who may analyse texts."""
    holders = User.objects.with_perm("moderation.analyze_text", backend=BACKEND)
    return holders.filter(is_active=True).order_by("username")


def shown_webhooks() -> list[dict[str, Any]]:
    """The active webhooks, how many messages wait, and how the newest attempt went."""
    tried = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), attempts__gt=0).order_by("-pk")
    webhooks = (
        Webhook.objects.filter(active=True)
        .select_related("owner", "by")
        .annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=State.WAITING)),
            last_state=Subquery(tried.values("state")[:1]),
            last_problem=Subquery(tried.values("problem")[:1]),
            last_status=Subquery(tried.values("status")[:1]),
        )
        .order_by("owner__username", "pk")
    )
    return [
        {
            "webhook": webhook,
            "waiting": webhook.waiting,
            "tried": bool(webhook.last_state),
            "problem": problem_text(webhook.last_problem or "", webhook.last_status),
        }
        for webhook in webhooks
    ]


def deliveries_of(webhook: Webhook) -> list[dict[str, Any]]:
    """The newest messages of a webhook, with what became of them in words."""
    rows = webhook.deliveries.select_related("decision").order_by("-pk")[:SHOWN]
    return [{"delivery": row, "problem": problem_text(row.problem, row.status)} for row in rows]
