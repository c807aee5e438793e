"""Undo decisions by records that reverse them."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from moderation import policy, webhooks
from moderation.errors import (
    AlreadyUndone,
    DecidedSince,
    NothingToUndo,
    NotYours,
    TextErased,
    UndoesItself,
)
from moderation.models import Analysis, AnalysisLabel, DecisionBatch, QueueItem, ReviewDecision
from moderation.rounds import ESCALATED
from moderation.selectors_decisions import ENDINGS, is_lead
from moderation.services.guards import lock_rounds

log = structlog.get_logger(__name__)
Action, State = ReviewDecision.Action, QueueItem.State
AT_ONCE = 500


@transaction.atomic
def undo_decision(*, decision: ReviewDecision, by: User) -> ReviewDecision:
    """Reverse one decision: its label is withdrawn, its round opens again.

    One's own, or anybody's with `take_over`; once. The round of a text that a newer one replaced
    is closed instead. Raises NotYours, AlreadyUndone, UndoesItself, TextErased, DecidedSince.
    """
    # who undoes the same at once takes turns here, and finds it done
    decision = ReviewDecision.objects.select_for_update().get(pk=decision.pk)
    if decision.action == Action.UNDO:
        raise UndoesItself
    if decision.by_id != by.pk and not is_lead(by):
        raise NotYours
    if ReviewDecision.objects.filter(reverses=decision).exists():
        raise AlreadyUndone
    lock_rounds(analysis_ids=[decision.analysis_id])
    if Analysis.objects.filter(pk=decision.analysis_id, erased_at__isnull=False).exists():
        raise TextErased
    if not undoable(ReviewDecision.objects.filter(pk=decision.pk)).exists():
        raise DecidedSince
    (reversal,) = _reverse([decision], by=by, batch=None)
    log.info("decision_undone", decision=decision.pk, reversal=reversal.pk, by=by.pk)
    return reversal


@transaction.atomic
def undo_batch(*, batch: DecisionBatch, by: User) -> DecisionBatch:
    """Reverse what still stands of a batch; `count` of the result says how many that were.

    Raises NotYours, AlreadyUndone, UndoesItself, NothingToUndo.
    """
    batch = DecisionBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.reverses_id:
        raise UndoesItself
    if batch.by_id != by.pk and not is_lead(by):
        raise NotYours
    if DecisionBatch.objects.filter(reverses=batch).exists():
        raise AlreadyUndone
    own = ReviewDecision.objects.filter(batch=batch, reversal__isnull=True)
    list(own.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    lock_rounds(analysis_ids=own.values("analysis"))
    decisions = list(undoable(own).order_by("pk"))
    if not decisions:
        raise NothingToUndo
    reversal = DecisionBatch.objects.create(
        by=by, selection={"batch": batch.pk}, count=len(decisions), reverses=batch
    )
    reversal.left_out = batch.count - len(decisions)
    for start in range(0, len(decisions), AT_ONCE):
        _reverse(decisions[start : start + AT_ONCE], by=by, batch=reversal)
    log.info("batch_undone", batch=batch.pk, reversal=reversal.pk, count=reversal.count, by=by.pk)
    return reversal


def undoable(decisions: QuerySet[ReviewDecision]) -> QuerySet[ReviewDecision]:
    """Those whose round is as they left it, with nothing since then, and whose text is there."""
    later = QueueItem.objects.filter(
        analysis=OuterRef("analysis"), pk__gt=OuterRef("item_id")
    ).exclude(state=State.CLOSED)
    as_left = (
        Q(action__in=ENDINGS, item__state=State.DECIDED) & ~Exists(later)
        | Q(action=Action.ESCALATE, item__state=State.OPEN, item__escalated_at__isnull=False)
        | Q(action=Action.SKIP)
    )
    return decisions.filter(as_left, reversal__isnull=True, analysis__erased_at__isnull=True)


def _reverse(
    decisions: Sequence[ReviewDecision], *, by: User, batch: DecisionBatch | None
) -> list[ReviewDecision]:
    """Write the reversals of locked, undoable decisions, and bring rounds and labels after."""
    now = timezone.now()
    agreed = policy.current_policy()
    reversals = ReviewDecision.objects.bulk_create(
        ReviewDecision(
            item_id=decision.item_id,
            analysis_id=decision.analysis_id,
            action=Action.UNDO,
            mode=decision.mode,
            by=by,
            created_at=now,
            policy=agreed,
            batch=batch,
            reverses=decision,
            model_version=decision.model_version,
            model_toxic=decision.model_toxic,
        )
        for decision in decisions
    )
    ended = [d.item_id for d in decisions if d.action in ENDINGS]
    escalated = [d.item_id for d in decisions if d.action == Action.ESCALATE]
    AnalysisLabel.objects.filter(decision__in=decisions, withdrawn_at__isnull=True).update(
        withdrawn_at=now
    )
    _restore_labels(decisions)
    rounds = QueueItem.objects.filter(pk__in=ended, state=State.DECIDED)
    replaced = Exists(Analysis.objects.filter(revision_of=OuterRef("analysis")))
    rounds.filter(replaced).update(state=State.CLOSED)
    rounds.filter(~replaced).update(state=State.OPEN, closed_at=None)
    QueueItem.objects.filter(pk__in=escalated, escalated_at__isnull=False).update(
        escalated_at=None, priority=F("priority") - ESCALATED
    )
    webhooks.announce_all(decisions=reversals)
    return reversals


def _restore_labels(decisions: Sequence[ReviewDecision]) -> None:
    """Let labels stand again that `give_labels` withdrew at the moment of these decisions."""
    then = ReviewDecision.objects.filter(
        pk__in=[decision.pk for decision in decisions],
        analysis=OuterRef("analysis"),
        created_at=OuterRef("withdrawn_at"),
    )
    AnalysisLabel.objects.filter(
        Exists(then), analysis__in=[decision.analysis_id for decision in decisions]
    ).update(withdrawn_at=None)
