"""Score waiting items anew, with the version that is live now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from modelops import serving
from moderation.models import QueueItem, UnscoredText
from moderation.rounds import uncertainty_of
from moderation.services.unscored import keep_unscored
from moderation.unscored_texts import FAILED

log = structlog.get_logger(__name__)
AT_ONCE = 200
MOST = 5_000  # items in one hour; the others' turn comes with the next


@dataclass(frozen=True, slots=True)
class Rescored:
    scored: int
    failed: int  # they are on the list of texts without a score now


def rescore_items(*, items: QuerySet[QueueItem], by: User | None) -> Rescored:
    """Bring score and place of open items up to date; their analyses stay as they were.

    The place of an audit stays, for it must not tell. Raises serving.ModelUnavailable.
    """
    numbers = items.filter(state=QueueItem.State.OPEN).order_by().values_list("pk", flat=True)
    scored = failed = 0
    known = list(numbers)
    for start in range(0, len(known), AT_ONCE):
        part = known[start : start + AT_ONCE]
        done, lost = _rescore(part)
        scored, failed = scored + done, failed + lost
    log.info("items_rescored", scored=scored, failed=failed, by=by.pk if by else None)
    return Rescored(scored=scored, failed=failed)


def rescore_waiting() -> int:
    """Score anew what waits with the score of an earlier version; a job of the hourly check."""
    waiting = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    if not waiting.exists():
        return 0
    version = serving.ensure_loaded().version
    stale = waiting.exclude(model_version=version).order_by("-priority", "pk")
    numbers = list(stale.values_list("pk", flat=True)[:MOST])
    if not numbers:
        return 0
    return rescore_items(items=QueueItem.objects.filter(pk__in=numbers), by=None).scored


def _rescore(numbers: Sequence[int]) -> tuple[int, int]:
    items = list(
        QueueItem.objects.filter(pk__in=numbers, analysis__erased_at__isnull=True).select_related(
            "analysis"
        )
    )
    verdicts = _verdicts(items)
    changed, lost = [], []
    with transaction.atomic():
        # decided, erased or reported meanwhile: what counts is the row as it is now
        now = QueueItem.objects.select_for_update().filter(
            pk__in=numbers, state=QueueItem.State.OPEN
        )
        current = {item.pk: item for item in now.order_by("pk")}
        for item, verdict in zip(items, verdicts, strict=True):
            if (row := current.get(item.pk)) is None:
                continue
            if verdict is None:
                lost.append(item)
            else:
                changed.append(_updated(row, verdict))
        QueueItem.objects.bulk_update(
            changed, ["score", "priority", "uncertainty", "model_version", "model_toxic"]
        )
        keep_unscored(texts=[_unscored(item) for item in lost])
    return len(changed), len(lost)


def _updated(item: QueueItem, verdict: serving.Verdict) -> QueueItem:
    if item.kind != QueueItem.Kind.AUDIT:
        item.priority += verdict.score - item.score
        item.uncertainty = uncertainty_of(
            score=verdict.score, threshold=verdict.thresholds["review"]
        )
    item.score = verdict.score
    item.model_version = verdict.model_version
    item.model_toxic = verdict.toxic
    return item


def _verdicts(items: Sequence[QueueItem]) -> list[serving.Verdict | None]:
    """One for each item; None where the model stumbles over its text."""
    if not items:
        return []
    try:
        return list(_analyze(items))
    except serving.ModelUnavailable:
        raise
    except Exception:
        if len(items) == 1:
            log.exception("rescoring_failed", item=items[0].pk)
            return [None]
    half = len(items) // 2
    return [*_verdicts(items[:half]), *_verdicts(items[half:])]


def _analyze(items: Sequence[QueueItem]) -> list[serving.Verdict]:
    languages = [
        item.analysis.language
        if item.analysis.language_certain and item.analysis.language in serving.LANGUAGES
        else None
        for item in items
    ]
    return serving.analyze([item.analysis.text for item in items], languages=languages)


def _unscored(item: QueueItem) -> UnscoredText:
    analysis = item.analysis
    return UnscoredText(
        text=analysis.text,
        problem=FAILED,
        analysis=analysis,
        language=analysis.language,
        source=analysis.source,
        author=analysis.author,
        external_id=analysis.external_id,
    )
