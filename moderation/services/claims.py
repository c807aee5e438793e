"""Claims: an item belongs for a while to who has it open, by the database's clock."""

from __future__ import annotations

from django.contrib.auth.models import User

from moderation.models import QueueItem


def claim_item(*, item: QueueItem, by: User, take_over: bool = False) -> QueueItem:
    """Give an open item to `by` for QueueItem.CLAIM; claiming again renews.

    `take_over` takes it from somebody else, too, and needs that permission. Raises ItemClaimed,
    AlreadyDecided, RoundClosed, SamePerson (appeals), TakeOverDenied.
    """
    raise NotImplementedError


def renew_claim(*, item: QueueItem, by: User) -> QueueItem:
    """Keep an item that `by` holds, or that nobody took meanwhile. Raises as `claim_item`."""
    raise NotImplementedError


def release_claim(*, item: QueueItem, by: User) -> bool:
    """Give an item back; False when `by` did not hold it."""
    raise NotImplementedError


def release_claims_of(*, user: User) -> int:
    """Give back all that `user` holds (logged out, deactivated). Returns how many."""
    raise NotImplementedError
