"""Reads: what waits for whom, in which order, and everything about one item."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from moderation.models import Analysis, Appeal, CommunityReport, Note, QueueItem, ReviewDecision

ORDERS = ("harmful", "uncertain", "oldest", "newest")
MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True)
class AuthorHistory:
    """Of the newest 1,000 analyses of the author that the same integration sent."""

    analyses: int
    toxic: int
    rejected: int
    capped: bool  # there are more
    last: list[Analysis] = field(default_factory=list)  # 10 at most, without this one


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """What a moderator needs to decide about one item."""

    item: QueueItem
    analysis: Analysis
    kind: str  # as this user may know it: nobody but leads learns of audits
    hidden: bool  # score, categories, spans and verdict are not to be shown
    category: str  # "" where hidden
    policy_text: str  # of the category, in the reader's language
    folded: str  # the text as the model reads it
    may_decide: bool
    author: AuthorHistory | None
    decisions: list[ReviewDecision]  # about this analysis, oldest first, all rounds
    same_text: list[ReviewDecision]  # standing, about others with the same text once normalised
    same_external_id: list[ReviewDecision]  # standing, about earlier texts of the same id
    notes: list[Note]
    reports: list[CommunityReport]
    appeal: Appeal | None
    revision_of: Analysis | None


def open_item(analysis: Analysis) -> QueueItem | None:
    """The open round of an analysis."""
    raise NotImplementedError


def queue_for(user: User, session: str = "") -> QuerySet[QueueItem]:
    """Open items that this user may decide about now, without those skipped in `session`.

    Escalated ones are the leads'; the filter `escalated` shows them to others.
    """
    raise NotImplementedError


def oldest_waiting(user: User, session: str = "") -> datetime | None:
    """Since when the oldest of them waits."""
    raise NotImplementedError


def capped_count(items: QuerySet[Any]) -> tuple[int, bool]:
    """How many, and whether there are more than that (MAX_COUNT)."""
    raise NotImplementedError


def shown_kind(item: QueueItem, user: User) -> str:
    """Why it waits, as this user may know it: an audit reads as something to review."""
    raise NotImplementedError


def shown_mode(decision: ReviewDecision, user: User) -> str:
    """How the decision came about, as this user may know it."""
    raise NotImplementedError


def score_hidden(item: QueueItem, user: User) -> bool:
    """Whether the score is kept from this user until the item is decided."""
    raise NotImplementedError


def item_detail(item: QueueItem, user: User) -> ItemDetail:
    raise NotImplementedError


def decisions_of(analysis: Analysis) -> QuerySet[ReviewDecision]:
    """All that was decided about an analysis, oldest first, undoings included, skips not."""
    raise NotImplementedError
