"""Whose turn it is at an item, and why somebody was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from moderation.errors import (
    AlreadyDecided,
    EscalatedToLeads,
    ItemClaimed,
    NotInQueue,
    RoundClosed,
    SamePerson,
)
from moderation.models import QueueItem
from moderation.selectors_decisions import barred_by_own_decision, ending_of, is_lead

ATTEMPTS = 5  # at an update whose obstacle was gone when somebody looked for it


def free_for(user: User) -> Q:
    """Items that nobody else has, by the database's clock."""
    return (
        Q(claimed_by__isnull=True)
        | Q(claimed_by=user)
        | Q(claim_expires_at__isnull=True)
        | Q(claim_expires_at__lte=Now())
    )


def refuse_by_role(item: QueueItem, by: User) -> None:
    """Raise what speaks against `by` deciding about an open item; nothing, if nothing does."""
    if item.escalated_at and not is_lead(by):
        raise EscalatedToLeads
    if item.kind != QueueItem.Kind.APPEAL:
        return
    if QueueItem.objects.filter(barred_by_own_decision(by), pk=item.pk).exists():
        raise SamePerson


def insist(update: Callable[[], int], *, item: QueueItem, by: User) -> None:
    """Do a guarded update of an open item, or raise what is in the way."""
    for _attempt in range(ATTEMPTS):
        if update():
            item.refresh_from_db()
            return
        raise_why_not(item, by)
        refuse_by_role(item, by)
    raise NotInQueue


def raise_why_not(item: QueueItem, by: User) -> None:
    """Raise what was in the way of a guarded update, from the item as it is now.

    Nothing is raised where nothing is in the way any more: then it may be tried again.
    """
    item.refresh_from_db()
    if item.state == QueueItem.State.CLOSED:
        raise RoundClosed
    if item.state == QueueItem.State.DECIDED:
        if decision := ending_of(item):
            raise AlreadyDecided(decision)
        return
    held = QueueItem.objects.filter(pk=item.pk).exclude(free_for(by))
    holding = held.select_related("claimed_by").first()
    if holding and holding.claimed_by and holding.claim_expires_at:
        raise ItemClaimed(holding.claimed_by, holding.claim_expires_at)


def lock_rounds(*, analysis_ids: Iterable[int] | QuerySet[Any, Any]) -> None:
    """Keep the rounds of some analyses as they are until the transaction ends.

    Who opens, re-opens or closes rounds for a reason that lies outside of them begins with this.
    """
    rounds = QueueItem.objects.filter(analysis__in=analysis_ids).order_by("pk")
    list(rounds.select_for_update(of=("self",)).values_list("pk"))
