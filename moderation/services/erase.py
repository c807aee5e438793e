"""Erase what an analysis says about people, and keep its figures."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from modelops import sources
from moderation.models import Analysis

log = structlog.get_logger(__name__)


def erase_analysis(*, analysis: Analysis, by: User) -> int:
    """Erase one analysis; 0 when somebody else did so before."""
    return erase_analyses(analyses=Analysis.objects.filter(pk=analysis.pk), by=by)


@transaction.atomic
def erase_analyses(*, analyses: QuerySet[Analysis], by: User) -> int:
    """Erase text, author, context, address, ids, digests and explanation. Returns how many.

    Scores, decision and labels stay as figures. Erased analyses are in no list, and their labels
    teach the model nothing more; the texts go from imported datasets as well.
    """
    # The filters of `analyses` may look at what is erased: choose first, by number.
    chosen = Analysis.objects.filter(
        pk__in=analyses.order_by().values("pk"), erased_at__isnull=True
    )
    sources.forget(list(chosen.values_list("text_digest", flat=True)))
    count = chosen.update(
        text="",
        text_digest="",
        normalized_digest="",
        search_text="",
        author="",
        context="",
        url="",
        external_id="",
        spans=[],
        explanation={},
        folded=[],
        rules=[],
        erased_at=timezone.now(),
    )
    log.info("analyses_erased", count=count, by=by.pk)
    return count
