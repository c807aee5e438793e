"""Reads: what waits for whom, in which order, and everything about one item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, QuerySet

from modelops import serving
from moderation import policy
from moderation.errors import FilterRefused
from moderation.filters_queue import queue_filter_for
from moderation.models import Analysis, Appeal, CommunityReport, Note, QueueItem, ReviewDecision
from moderation.paging import Order
from moderation.selectors import blind_items
from moderation.selectors_decisions import (
    barred_by_own_decision,
    decidable_by,
    decisions_of,
    is_lead,
    standing_decisions,
)

# Each has an index over open items.
ORDERS = {
    "harmful": Order("priority", id_descending=False, moment=False, code="h"),
    "uncertain": Order("uncertainty", id_descending=False, moment=False, code="u"),
    "oldest": Order("opened_at", descending=False, id_descending=False, code="o"),
    "newest": Order("opened_at", code="w"),
}
MAX_OF_AUTHOR = 1_000
LAST = 10  # of an author, or of decisions about the same text


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
    reader: User
    hidden: bool  # score, categories, spans and verdict are not to be shown
    author: AuthorHistory | None
    decisions: list[ReviewDecision]  # about this analysis, oldest first, all rounds
    same_text: list[ReviewDecision]  # standing, about others with the same text once normalised
    same_external_id: list[ReviewDecision]  # standing, about other texts of the same id
    notes: list[Note]
    reports: list[CommunityReport]
    appeal: Appeal | None

    @property
    def analysis(self) -> Analysis:
        return self.item.analysis

    @property
    def kind(self) -> str:
        """As this user may know it: nobody but leads learns of audits."""
        return shown_kind(self.item, self.reader)

    @property
    def category(self) -> str:
        """ "" where hidden."""
        return "" if self.hidden else self.item.category

    @property
    def policy_text(self) -> str:
        """Of the category, in the reader's language."""
        return policy.text_of(self.category) if self.category else ""

    @property
    def folded(self) -> str:
        """The text as the model reads it."""
        return serving.normalize(self.analysis.text)

    @property
    def may_decide(self) -> bool:
        decidable = QueueItem.objects.filter(decidable_by(self.reader), pk=self.item.pk)
        return decidable.filter(state=QueueItem.State.OPEN).exists()


# --- the list --------------------------------------------------------------------------------


def open_item(analysis: Analysis) -> QueueItem | None:
    """The open round of an analysis."""
    items = QueueItem.objects.filter(analysis=analysis, state=QueueItem.State.OPEN)
    return items.select_related("claimed_by", "analysis").first()


def queue_for(user: User | AnonymousUser, session: str = "") -> QuerySet[QueueItem]:
    """Open items for this user: no appeals of own decisions, nothing skipped in `session`.

    Escalated ones are the leads'; `filtered_queue` shows them to others where they ask for them.
    """
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    if not user.has_perm("moderation.review_analysis") or not isinstance(user, User):
        return items.none()
    items = items.exclude(barred_by_own_decision(user))
    if session:
        skipped = ReviewDecision.objects.filter(
            action=ReviewDecision.Action.SKIP, by=user, session=session, item=OuterRef("pk")
        )
        items = items.filter(~Exists(skipped.filter(reversal__isnull=True)))
    return items


def filtered_queue(
    user: User | AnonymousUser, session: str = "", *, filters: Mapping[str, Any]
) -> QuerySet[QueueItem]:
    """The same through the filter, given as query parameters. Raises FilterRefused."""
    chosen = queue_filter_for(user)(filters, queue_for(user, session))
    if not chosen.form.is_valid():
        raise FilterRefused({name: list(told) for name, told in chosen.form.errors.items()})
    return chosen.qs


def with_people(items: QuerySet[QueueItem]) -> QuerySet[QueueItem]:
    """The same items with what a list shows of them."""
    return items.select_related("analysis__owner", "claimed_by")


def oldest_waiting(user: User | AnonymousUser, session: str = "") -> datetime | None:
    """Since when the oldest of them waits."""
    items = filtered_queue(user, session, filters={}).order_by("opened_at", "pk")
    return items.values_list("opened_at", flat=True).first()


# --- what is kept from whom ------------------------------------------------------------------


def shown_kind(item: QueueItem, user: User | AnonymousUser) -> str:
    """Why it waits, as this user may know it: an audit reads as something to review.

    So does what is blocked while its score is hidden: else one could tell it from an audit.
    """
    return kind_for(item, lead=is_lead(user))


def score_hidden(item: QueueItem, user: User | AnonymousUser) -> bool:
    """Whether what the model says is kept from this user until the item is decided."""
    return hidden_for(item, lead=is_lead(user))


def kind_for(item: QueueItem, *, lead: bool) -> str:
    audit = item.kind == QueueItem.Kind.AUDIT and not lead
    if audit or (item.kind == QueueItem.Kind.BLOCKED and hidden_for(item, lead=lead)):
        return QueueItem.Kind.REVIEW.value
    return item.kind


def hidden_for(item: QueueItem, *, lead: bool) -> bool:
    return item.blind and item.state == QueueItem.State.OPEN and not lead


# --- one item --------------------------------------------------------------------------------


def item_detail(item: QueueItem, user: User) -> ItemDetail:
    """Everything about one item, in a bounded number of queries."""
    analysis = item.analysis
    others = standing_decisions().exclude(analysis=analysis).select_related("by", "analysis")
    return ItemDetail(
        item=item,
        reader=user,
        hidden=score_hidden(item, user),
        author=_author(analysis, user),
        decisions=list(decisions_of(analysis)),
        same_text=_about(
            others,
            analysis__normalized_digest=analysis.normalized_digest,
            analysis__erased_at__isnull=True,
        ),
        same_external_id=_about(
            others, analysis__external_id=analysis.external_id, analysis__owner=analysis.owner_id
        )
        if analysis.external_id
        else [],
        notes=list(analysis.notes.select_related("by")),
        reports=list(analysis.reports.all()[:MAX_OF_AUTHOR]),
        appeal=Appeal.objects.filter(item=item).select_related("by").first(),
    )


def _about(decisions: QuerySet[ReviewDecision], **which: Any) -> list[ReviewDecision]:
    return list(decisions.filter(**which).order_by("-pk")[:LAST])


def _author(analysis: Analysis, user: User) -> AuthorHistory | None:
    if not analysis.author:
        return None
    theirs = Analysis.objects.filter(
        author=analysis.author, owner=analysis.owner_id, erased_at__isnull=True
    )
    newest = theirs.order_by("-created_at", "-pk")
    numbers = list(newest.values_list("pk", "toxic")[: MAX_OF_AUTHOR + 1])
    hidden: set[int] = set()
    if not is_lead(user):
        waiting = blind_items().filter(analysis__in=[pk for pk, _toxic in numbers])
        hidden = set(waiting.values_list("analysis", flat=True))
    rejected = standing_decisions().filter(
        action=ReviewDecision.Action.REJECT,
        analysis__in=[pk for pk, _toxic in numbers[:MAX_OF_AUTHOR]],
    )
    return AuthorHistory(
        analyses=min(len(numbers), MAX_OF_AUTHOR),
        toxic=sum(toxic for pk, toxic in numbers[:MAX_OF_AUTHOR] if pk not in hidden),
        rejected=rejected.values("analysis").distinct().count(),
        capped=len(numbers) > MAX_OF_AUTHOR,
        last=list(newest.exclude(pk__in=[analysis.pk, *hidden])[:LAST]),
    )
