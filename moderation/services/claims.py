"""Claims: an item belongs for a while to who has it open, by the database's clock."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from moderation.errors import TakeOverDenied
from moderation.models import QueueItem
from moderation.rounds import RELEASED
from moderation.selectors_decisions import is_lead
from moderation.services.guards import free_for, insist, refuse_by_role

log = structlog.get_logger(__name__)
State = QueueItem.State


def claim_item(*, item: QueueItem, by: User, take_over: bool = False) -> QueueItem:
    """Give an open item to `by` for QueueItem.CLAIM; claiming again renews.

    `take_over` takes it from somebody else, too, and needs that permission. Raises ItemClaimed,
    AlreadyDecided, RoundClosed, EscalatedToLeads, SamePerson (appeals), TakeOverDenied.
    """
    if take_over and not is_lead(by):
        raise TakeOverDenied
    refuse_by_role(item, by)
    free = Q() if take_over else free_for(by)
    insist(lambda: _claim(item, free, by), item=item, by=by)
    log.info("item_claimed", item=item.pk, by=by.pk, take_over=take_over)
    return item


def renew_claim(*, item: QueueItem, by: User) -> QueueItem:
    """Keep an item that `by` holds, or that nobody took meanwhile. Raises as `claim_item`."""
    insist(lambda: _claim(item, free_for(by), by), item=item, by=by)
    return item


def release_claim(*, item: QueueItem, by: User) -> bool:
    """Give an item back; False when `by` did not hold it."""
    held = QueueItem.objects.filter(pk=item.pk, claimed_by=by)
    return bool(held.update(**RELEASED))


def release_claims(*, items: QuerySet[QueueItem], by: User) -> int:
    """Give back those of `items` that `by` holds; leads also what others hold. Returns how many."""
    held = items.filter(state=State.OPEN, claimed_by__isnull=False)
    if not is_lead(by):
        held = held.filter(claimed_by=by)
    numbers = list(held.order_by().values_list("pk", flat=True))
    released = QueueItem.objects.filter(pk__in=numbers, state=State.OPEN)
    count = released.update(**RELEASED)
    log.info("claims_released", count=count, by=by.pk)
    return count


def release_claims_of(*, user: User) -> int:
    """Give back all that `user` holds (logged out, deactivated). Returns how many."""
    held = QueueItem.objects.filter(claimed_by=user, state=State.OPEN)
    return held.update(**RELEASED)


def _claim(item: QueueItem, free: Q, by: User) -> int:
    return QueueItem.objects.filter(free, pk=item.pk, state=State.OPEN).update(
        claimed_by=by, claim_expires_at=Now() + QueueItem.CLAIM
    )
