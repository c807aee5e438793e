"""Reads: how a moderator likes to work, and what the day has brought so far."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from moderation.models import ModeratorSettings, QueueItem, ReviewDecision, SeenToday

Action = ReviewDecision.Action


def care_of(user: User) -> ModeratorSettings:
    """The user's settings; unsaved ones with the usual values where nothing was chosen yet."""
    return ModeratorSettings.objects.filter(user=user).first() or ModeratorSettings(user=user)


def severe_today(user: User) -> int:
    """How many severe items the user has opened today."""
    found = SeenToday.objects.filter(user=user, day=timezone.localdate()).first()
    return found.severe if found else 0


def decided_today(user: User) -> int:
    """How many decisions of the user's today stand; of skipped items nothing was decided."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    decisions = ReviewDecision.objects.filter(by=user, created_at__gte=midnight)
    return decisions.filter(reversal__isnull=True).exclude(
        action__in=[Action.SKIP, Action.UNDO]
    ).count()  # fmt: skip


def escalated_items() -> QuerySet[QueueItem]:
    """What was escalated to the leads and waits for them."""
    return QueueItem.objects.filter(state=QueueItem.State.OPEN, escalated_at__isnull=False)


def last_decision(user: User) -> ReviewDecision | None:
    """What the user did last that nobody has undone."""
    decisions = ReviewDecision.objects.filter(by=user, reversal__isnull=True)
    return decisions.exclude(action=Action.UNDO).select_related("batch", "analysis").first()
