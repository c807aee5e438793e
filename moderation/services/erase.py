"""Erase what an analysis says about people, and keep its figures."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from modelops import sources
from moderation.models import (
    Analysis,
    Appeal,
    CommunityReport,
    Note,
    QueueItem,
    ReviewDecision,
    UnscoredText,
)
from moderation.services.forget_unscored import forget_unscored
from moderation.services.guards import lock_rounds
from moderation.services.open_rounds import close_rounds
from moderation.services.suggestions import forget_suggestions

log = structlog.get_logger(__name__)


def erase_analysis(*, analysis: Analysis, by: User) -> int:
    """Erase one analysis; 0 when somebody else did so before."""
    return erase_analyses(analyses=Analysis.objects.filter(pk=analysis.pk), by=by)


@transaction.atomic
def erase_analyses(*, analyses: QuerySet[Analysis], by: User | None) -> int:
    """Erase text, author, context, address, ids, digests and explanation. Returns how many.

    With them goes what people wrote about the text: appeals, reports, notes, and the words beside
    decisions. Scores, decisions and labels stay as figures. Erased analyses are in no list and
    wait for nobody, and their labels teach the model nothing more. The texts go from imported
    datasets as well, unless `by` is None: then nobody asked for it, only their time is up.
    """
    # The filters of `analyses` may look at what is erased: choose first, by number.
    chosen = Analysis.objects.filter(
        pk__in=analyses.order_by().values("pk"), erased_at__isnull=True
    )
    lock_rounds(analysis_ids=chosen.order_by().values("pk"))
    close_rounds(analysis_ids=chosen.order_by().values("pk"))
    _forget_words(chosen, by)
    forget_suggestions(digests=chosen.values("text_digest"))
    if by:
        sources.forget(list(chosen.values_list("text_digest", flat=True)))
    else:
        labelled = chosen.filter(given_labels__isnull=False)
        sources.expire(list(labelled.values_list("text_digest", flat=True)))
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
    log.info("analyses_erased", count=count, by=by.pk if by else None)
    return count


def _forget_words(analyses: QuerySet[Analysis], by: User | None) -> None:
    """Empty what people wrote about texts that are erased."""
    about = {"analysis__in": analyses.order_by().values("pk")}
    rounds = QueueItem.objects.filter(**about).values("pk")
    Appeal.objects.filter(item__in=rounds).exclude(text="").update(text="")
    CommunityReport.objects.filter(**about).update(reporter="", reason="")
    Note.objects.filter(**about).exclude(text="").update(text="")
    ReviewDecision.objects.filter(**about).exclude(reason="", reply="").update(reason="", reply="")
    forget_unscored(texts=UnscoredText.objects.filter(**about), by=by)
