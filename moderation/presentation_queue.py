"""Items of the queue as the pages show them: rows of the list, and all about the open one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.words import grouped, percent
from moderation import policy, presentation
from moderation.models import (
    Analysis,
    Category,
    Decision,
    DecisionBatch,
    Language,
    ModeratorSettings,
    QueueItem,
    ReviewDecision,
)
from moderation.selectors_decisions import ENDINGS
from moderation.selectors_queue import ItemDetail, score_hidden, shown_kind

RENEWAL = timedelta(minutes=1)
LINE = 160  # characters of a text in the list
WEIGHTS = 8  # parts of a text whose contribution is named
SEVERE = {Category.SEVERE_TOXIC, Category.THREAT, Category.IDENTITY_HATE}
BLIND = "blind"  # the shape of an item that keeps its score


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    analysis_id: int
    url: str
    line: str
    shape: str  # "allow", "review", "block" or BLIND
    why: str
    score: str
    category: str
    language: str
    language_name: str
    opened_at: datetime
    holder: str  # who else has it open
    escalated: bool
    reports: int
    veiled: bool
    current: bool
    state: str  # changes with what colleagues do to the item


@dataclass(frozen=True, slots=True)
class Weight:
    text: str
    value: str  # logits, localized
    width: str  # of its bar, "63.20%"


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    code: str
    label: str
    text: str
    reason_required: bool
    suggested: bool  # the category that the item is shown with


@dataclass(slots=True)
class Pane:
    """The open item. What may not be shown before it is decided is not in here."""

    detail: ItemDetail
    item: QueueItem
    analysis: Analysis
    title: str
    word: str
    shape: str
    category: str
    segments: list[presentation.Segment]
    veiled: bool
    muted: bool
    policy: list[PolicyEntry]
    result: dict[str, Any] | None = None
    weights: list[Weight] = field(default_factory=list)
    rules: list[dict[str, str]] = field(default_factory=list)
    rescored: str = ""
    holder: str = ""
    mine: bool = False
    why_not: str = ""  # why this user can't decide it now
    may_take_over: bool = False
    problems: list[str] = field(default_factory=list)
    reason: str = ""
    reason_error: str = ""
    reject_open: bool = False
    chosen: str = ""  # the category that was about to be rejected for
    reply: str = ""
    note: str = ""
    note_error: str = ""
    same_text: int = 0  # other open items with the same text
    list_url: str = ""
    next_url: str = ""

    @property
    def may_decide(self) -> bool:
        return not self.why_not

    @property
    def has_history(self) -> bool:
        found = self.detail
        return bool(found.decisions or found.same_text or found.same_external_id)

    @property
    def appealed(self) -> ReviewDecision | None:
        """The decision that an appeal is about."""
        taken = (one for one in reversed(self.detail.decisions) if one.action in ENDINGS)
        return next((one for one in taken if not is_undone(one)), None)

    @property
    def same_text_url(self) -> str:
        return f"{reverse('moderation:queue_batch')}?same_text_as={self.analysis.pk}"

    @property
    def held_until(self) -> datetime | None:
        return self.item.claim_expires_at

    @property
    def until(self) -> str:
        """Names the user's claim, which a renewal or another claim gives another name."""
        moment = self.item.claim_expires_at
        return moment.isoformat() if self.mine and moment else ""


def row_of(item: QueueItem, user: User, *, url: str, care: ModeratorSettings, current: int) -> Row:
    analysis = item.analysis
    hidden = score_hidden(item, user)
    holder = holder_of(item, user)
    kind = shown_kind(item, user)
    return Row(
        pk=item.pk,
        analysis_id=item.analysis_id,
        url=url,
        line=" ".join(analysis.text[: 4 * LINE].split())[:LINE],
        shape=BLIND if hidden else analysis.decision,
        why=str(QueueItem.Kind(kind).label),
        score="" if hidden else percent(item.score),
        category="" if hidden else category_name(item.category),
        language=item.language,
        language_name=str(Language(item.language).label),
        opened_at=item.opened_at,
        holder=holder,
        escalated=item.escalated_at is not None,
        reports=item.reports,
        veiled=care.blur and (hidden or severe(analysis)),
        current=item.pk == current,
        state=state_of(item, holder),
    )


def state_of(item: QueueItem, holder: str) -> str:
    facts = f"{holder}|{bool(item.escalated_at)}|{item.reports}"
    return f"{crc32(facts.encode()):08x}"


def pane_of(detail: ItemDetail, user: User, *, care: ModeratorSettings) -> Pane:
    item, analysis, hidden = detail.item, detail.analysis, detail.hidden
    word = str(QueueItem.Kind(detail.kind).label)
    number = _("analysis %(id)s") % {"id": analysis.pk}
    harsh = severe(analysis)
    pane = Pane(
        detail=detail,
        item=item,
        analysis=analysis,
        title=f"{word}: {number}",
        word=word,
        shape=BLIND if hidden else analysis.decision,
        category=category_name(detail.category),
        segments=presentation.segments(analysis.text, [] if hidden else analysis.spans),
        veiled=care.blur and (hidden or harsh),
        muted=care.greyscale and harsh and not hidden,
        policy=policy_entries(detail.category),
        holder=holder_of(item, user),
        mine=is_held(item) and item.claimed_by_id == user.pk,
    )
    if not hidden:
        pane.result = presentation.result(analysis)
        pane.weights = weights_of(analysis)
        pane.rules = [presentation.rule_words(rule) for rule in analysis.rules]
        if abs(item.score - analysis.score) > 0.0005:
            pane.rescored = percent(item.score)
    return pane


def policy_entries(suggested: str = "") -> list[PolicyEntry]:
    """The categories in their order, with what the newest policy says about them."""
    newest = policy.current_policy()
    return [
        PolicyEntry(
            code=code,
            label=str(label),
            text=policy.text_of(code, policy=newest),
            reason_required=policy.reason_required(code, policy=newest),
            suggested=code == suggested,
        )
        for code, label in Category.choices
    ]


def weights_of(analysis: Analysis) -> list[Weight]:
    """The parts that raised the score most, strongest first."""
    sums: dict[str, float] = {}
    for start, end, contribution in analysis.spans:
        text = analysis.text[int(start) : int(end)]
        sums[text] = sums.get(text, 0.0) + contribution
    strongest = sorted(sums.items(), key=lambda pair: -pair[1])[:WEIGHTS]
    top = max((value for _text, value in strongest), default=1.0)
    return [
        Weight(
            text=text,
            value=number_format(round(value, 2), decimal_pos=2, use_l10n=True),
            width=f"{max(2.0, 100 * value / top):.2f}%",
        )
        for text, value in strongest
        if value > 0
    ]


def category_name(code: str) -> str:
    return str(Category(code).label) if code else ""


def severe(analysis: Analysis) -> bool:
    """Whether a text is of the kind that people should not meet unprepared."""
    return analysis.decision == Decision.BLOCK or not SEVERE.isdisjoint(analysis.labels)


def is_held(item: QueueItem) -> bool:
    expires = item.claim_expires_at
    return item.claimed_by_id is not None and expires is not None and expires > timezone.now()


def wants_renewal(item: QueueItem) -> bool:
    """Whether the claim has run for a minute and more, so that a renewal is worth a write."""
    expires = item.claim_expires_at
    return expires is None or expires < timezone.now() + QueueItem.CLAIM - RENEWAL


def holder_of(item: QueueItem, user: User) -> str:
    """The name of somebody else who has the item open, else ""."""
    if item.claimed_by is None or item.claimed_by_id == user.pk or not is_held(item):
        return ""
    return item.claimed_by.get_username()


def did(decision: ReviewDecision) -> str:
    """What was done, as something past."""
    return {
        "approve": _("Approved"),
        "reject": _("Rejected"),
        "escalate": _("Escalated"),
        "skip": _("Skipped"),
        "undo": _("Undone"),
    }[decision.action]


def is_undone(decision: ReviewDecision | DecisionBatch) -> bool:
    return getattr(decision, "reversal", None) is not None


@dataclass(frozen=True, slots=True)
class Undoable:
    """What "undo" would undo now."""

    undo_url: str
    words: str


def undoable(decision: ReviewDecision, *, care: ModeratorSettings) -> Undoable:
    if decision.batch is not None:
        count = decision.batch.count
        words = ngettext("%(count)s item together", "%(count)s items together", count)
        url = reverse("moderation:queue_undo_batch", args=[decision.batch.pk])
        return Undoable(url, f"{did(decision)}: {words % {'count': grouped(count)}}")
    if care.blur and severe(decision.analysis):  # a button is read without being looked at
        line = _("analysis %(id)s") % {"id": decision.analysis_id}
    else:
        line = Truncator(" ".join(decision.analysis.text[:LINE].split())).chars(40)
    url = reverse("moderation:queue_undo", args=[decision.pk])
    return Undoable(url, f"{did(decision)}: {line}" if line else did(decision))


def waiting(since: datetime) -> str:
    """How long something has waited, in few words: "12 min", "3 h", "4 days"."""
    minutes = max(0, int((timezone.now() - since).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    days = minutes // 1440
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
