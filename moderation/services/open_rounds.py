"""Put new analyses into the queue, and take out what they replace."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from moderation.models import Analysis, Decision, QueueItem, ReviewDecision
from moderation.rounds import RELEASED, priority_of, uncertainty_of
from moderation.selectors_decisions import standing_decisions

log = structlog.get_logger(__name__)
# Nothing that somebody could guess from the text, or from what was drawn before.
_draw = random.SystemRandom()
KINDS = {
    Decision.REVIEW.value: QueueItem.Kind.REVIEW,
    Decision.BLOCK.value: QueueItem.Kind.BLOCKED,
}
LIKE_OTHERS = 200  # newest items from whose scores an audit's place is drawn
AT_ONCE = 500  # digests in one query


def open_rounds(
    *,
    analyses: Sequence[Analysis],
    again: Iterable[Analysis] = (),
    replaced: Collection[int] = (),
) -> int:
    """Open a round for each new analysis that needs one; return how many were opened.

    To be called in the transaction that stores `analyses`. Flagged and blocked texts are opened,
    and AUDIT_SHARE of the allowed ones; not where people found the same text to be fine. `again`
    are earlier analyses whose text was sent again: one that was replaced and is back waits again.
    `replaced` are numbers of analyses that a later text took the place of: their rounds close.
    """
    if replaced:
        close_rounds(analysis_ids=replaced)
    returned = _returned(again)
    wanted = [
        (analysis, kind)
        for analysis in [*analyses, *returned]
        if analysis.pk not in replaced and (kind := _kind(analysis))
    ]
    fine = _found_fine({analysis.normalized_digest for analysis, _kind in wanted})
    items = [
        _round(analysis, kind)
        for analysis, kind in wanted
        if analysis.normalized_digest not in fine
    ]
    _place_audits(items)
    QueueItem.objects.bulk_create(items, batch_size=500)
    return len(items)


def new_round(*, analysis: Analysis, kind: str, reports: int = 0, blind: bool = False) -> QueueItem:
    """An unsaved round, in its place by the score that the analysis got."""
    return QueueItem(
        analysis=analysis,
        kind=kind,
        blind=blind,
        reports=reports,
        priority=priority_of(
            score=analysis.score, reports=reports, appeal=kind == QueueItem.Kind.APPEAL
        ),
        uncertainty=uncertainty_of(score=analysis.score, threshold=analysis.threshold_review),
        score=analysis.score,
        model_version=analysis.model_version,
        model_toxic=analysis.toxic,
        language=analysis.language,
        category=analysis.category,
        source=analysis.source,
    )


def close_rounds(*, analysis_ids: Collection[int] | QuerySet[Any, Any]) -> int:
    """Close open rounds without a decision. Returns how many."""
    return QueueItem.objects.filter(analysis__in=analysis_ids, state=QueueItem.State.OPEN).update(
        state=QueueItem.State.CLOSED, closed_at=Now(), **RELEASED
    )


def _kind(analysis: Analysis) -> str | None:
    if analysis.decision == Decision.ALLOW:
        return QueueItem.Kind.AUDIT if _draw.random() < settings.AUDIT_SHARE else None
    return KINDS[analysis.decision]


def _round(analysis: Analysis, kind: str) -> QueueItem:
    blind = kind == QueueItem.Kind.AUDIT or _draw.random() < settings.BLIND_SHARE
    return new_round(analysis=analysis, kind=kind, blind=blind)


def _place_audits(items: Sequence[QueueItem]) -> None:
    """Put audits among the others, by scores that others had: a place must not tell."""
    audits = [item for item in items if item.kind == QueueItem.Kind.AUDIT]
    if not audits:
        return
    flagged = QueueItem.objects.filter(kind__in=KINDS.values()).order_by("-pk")
    scores = list(flagged.values_list("score", flat=True)[:LIKE_OTHERS])
    for item in audits:
        threshold = item.analysis.threshold_review
        score = _draw.choice(scores) if scores else _draw.uniform(threshold, 1.0)
        item.priority = priority_of(score=score)
        item.uncertainty = uncertainty_of(score=score, threshold=threshold)


def _found_fine(digests: set[str]) -> set[str]:
    """Those of `digests` whose newest standing decision, on any analysis, is to approve."""
    fine: set[str] = set()
    known = sorted(digests)
    for start in range(0, len(known), AT_ONCE):
        newest = (
            standing_decisions()
            .filter(
                analysis__normalized_digest__in=known[start : start + AT_ONCE],
                analysis__erased_at__isnull=True,
            )
            .order_by()
            .values("analysis__normalized_digest")
            .annotate(newest=Max("pk"))
            .values("newest")
        )
        approved = ReviewDecision.objects.filter(
            pk__in=newest, action=ReviewDecision.Action.APPROVE
        )
        fine.update(approved.values_list("analysis__normalized_digest", flat=True))
    return fine


def _returned(again: Iterable[Analysis]) -> list[Analysis]:
    """Those of `again` whose last round was closed when another text took their place."""
    known = {analysis.pk: analysis for analysis in again}
    if not known:
        return []
    states = dict(
        QueueItem.objects.filter(analysis__in=known)
        .order_by("pk")
        .values_list("analysis_id", "state")
    )
    return [known[pk] for pk, state in states.items() if state == QueueItem.State.CLOSED]
