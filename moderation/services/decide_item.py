"""Decide about one item of the queue."""

from __future__ import annotations

from django.contrib.auth.models import User

from moderation.models import DecisionBatch, QueueItem, ReviewDecision


def decide_item(
    *,
    item: QueueItem,
    action: str,
    category: str = "",
    reason: str = "",
    note: str = "",
    reply: str = "",
    by: User,
    session: str = "",
    mode: str | None = None,
    batch: DecisionBatch | None = None,
) -> ReviewDecision:
    """Take one decision; exactly one of several at once wins. `session`: people.session_of.

    approve and reject end the round, release the claim and give the label that the policy says.
    escalate hands it to the leads, skip hides it from `by` in this session. Raises ItemClaimed,
    AlreadyDecided, RoundClosed, AlreadyEscalated, EscalatedToLeads, SamePerson, CategoryRequired,
    CategoryOutOfPlace, ReasonRequired.
    """
    raise NotImplementedError
