"""Decide about one item of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from moderation import policy, webhooks
from moderation.errors import (
    AlreadyEscalated,
    CategoryOutOfPlace,
    CategoryRequired,
    NotInQueue,
    ReasonRequired,
)
from moderation.models import (
    AnalysisLabel,
    Category,
    DecisionBatch,
    Note,
    PolicyVersion,
    QueueItem,
    ReviewDecision,
)
from moderation.rounds import ESCALATED, RELEASED
from moderation.selectors_decisions import ENDINGS, decidable_by
from moderation.services.guards import free_for, insist, raise_why_not, refuse_by_role
from moderation.services.tell_leads import tell_leads

log = structlog.get_logger(__name__)
Action, Mode = ReviewDecision.Action, ReviewDecision.Mode
ACTIONS = (Action.APPROVE, Action.REJECT, Action.ESCALATE, Action.SKIP)
MODES = {QueueItem.Kind.AUDIT.value: Mode.AUDIT, QueueItem.Kind.APPEAL.value: Mode.APPEAL}


@transaction.atomic
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
) -> ReviewDecision:
    """Take one decision; exactly one of several at once wins. `session`: people.session_of.

    approve and reject end the round, release the claim and give the label that the policy says.
    escalate hands it to the leads, skip hides it from `by` in this session. Raises ItemClaimed,
    AlreadyDecided, RoundClosed, AlreadyEscalated, EscalatedToLeads, SamePerson, CategoryRequired,
    CategoryOutOfPlace, ReasonRequired.
    """
    agreed = policy.current_policy()
    check_answer(action=action, category=category, reason=reason, agreed=agreed)
    _change(item, action, by)
    decision = new_decision(
        item=item, action=action, category=category, reason=reason, by=by, agreed=agreed,
        mode=MODES.get(item.kind, Mode.SINGLE), at=timezone.now(),
    )  # fmt: skip
    decision.reply = reply
    decision.session = session if action == Action.SKIP else ""
    decision.save(force_insert=True)
    give_labels([label_for(decision, item=item, agreed=agreed)], decisions=[decision])
    if note.strip():
        Note.objects.create(analysis_id=item.analysis_id, text=note, by=by)
    webhooks.announce(decision=decision)
    if action == Action.ESCALATE:
        tell_leads(decisions=[decision])
    log.info(
        "item_decided", decision=decision.pk, item=item.pk, action=action,
        mode=decision.mode, by=by.pk,
    )  # fmt: skip
    return decision


def check_answer(*, action: str, category: str, reason: str, agreed: PolicyVersion) -> None:
    """Raise CategoryRequired, CategoryOutOfPlace, ReasonRequired; ValueError for no such code."""
    if action not in ACTIONS or (category and category not in Category):
        raise ValueError(f"no such action or category: {action!r}, {category!r}")
    if action == Action.REJECT:
        if not category:
            raise CategoryRequired
        if not reason.strip() and policy.reason_required(category, policy=agreed):
            raise ReasonRequired
    elif category and action != Action.ESCALATE:
        raise CategoryOutOfPlace


def changes_of(action: str) -> dict[str, object]:
    """What an action does to the row of an item."""
    match action:
        case Action.APPROVE | Action.REJECT:
            return {"state": QueueItem.State.DECIDED, "closed_at": Now(), **RELEASED}
        case Action.ESCALATE:
            return {"escalated_at": Now(), "priority": F("priority") + ESCALATED, **RELEASED}
    return {}


def _change(item: QueueItem, action: str, by: User) -> None:
    """The guarded update of the round. Raises what was in the way."""
    open_item = QueueItem.objects.filter(pk=item.pk, state=QueueItem.State.OPEN)
    if action == Action.SKIP:
        # who skips it gives it back, and takes it from nobody
        open_item.filter(claimed_by=by).update(**RELEASED)
        item.refresh_from_db()
        if item.state != QueueItem.State.OPEN:
            raise_why_not(item, by)
            raise NotInQueue
        return
    refuse_by_role(item, by)
    allowed = open_item.filter(free_for(by) & decidable_by(by))
    if action == Action.ESCALATE:
        allowed = allowed.filter(escalated_at__isnull=True)
    try:
        insist(lambda: allowed.update(**changes_of(action)), item=item, by=by)
    except NotInQueue:
        if item.escalated_at:
            raise AlreadyEscalated from None
        raise


def new_decision(
    *,
    item: QueueItem,
    action: str,
    category: str,
    reason: str,
    by: User,
    agreed: PolicyVersion,
    mode: str,
    at: datetime,
    batch: DecisionBatch | None = None,
) -> ReviewDecision:
    """An unsaved decision about `item`, with what the model said then."""
    return ReviewDecision(
        item=item,
        analysis_id=item.analysis_id,
        action=action,
        mode=mode,
        category=category,
        reason=reason,
        by=by,
        created_at=at,
        policy=agreed,
        batch=batch,
        model_version=item.model_version,
        model_toxic=item.model_toxic,
        waited=max(at - item.opened_at, timedelta()),
    )


def label_for(
    decision: ReviewDecision, *, item: QueueItem, agreed: PolicyVersion
) -> AnalysisLabel | None:
    """The unsaved label that follows from a decision by the policy; None where none does.

    What a model lets pass is measured by audits: their labels judge versions and teach none.
    """
    toxic = policy.label_of(decision.action, decision.category, policy=agreed)
    if toxic is None:
        return None
    return AnalysisLabel(
        analysis_id=decision.analysis_id,
        toxic=toxic,
        category=decision.category if toxic else "",
        by=decision.by,
        created_at=decision.created_at,
        decision=decision,
        weight=policy.weight_of(decision.mode, policy=agreed),
        sealed=item.kind == QueueItem.Kind.AUDIT,
    )


def give_labels(
    labels: Sequence[AnalysisLabel | None], *, decisions: Sequence[ReviewDecision]
) -> None:
    """Save what follows from decisions of one moment.

    One that says nothing about the text leaves nothing of what earlier decisions about it said:
    their labels are withdrawn at its moment, by which `undo_decision` finds them again.
    """
    AnalysisLabel.objects.bulk_create(label for label in labels if label)
    silent = [
        decision.analysis_id
        for decision, label in zip(decisions, labels, strict=True)
        if label is None and decision.action in ENDINGS
    ]
    if silent:
        AnalysisLabel.objects.filter(
            analysis__in=silent, decision__isnull=False, withdrawn_at__isnull=True
        ).update(withdrawn_at=decisions[0].created_at)
