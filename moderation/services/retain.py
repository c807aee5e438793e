"""Erase texts that were kept as long as the site keeps texts."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from modelops import sources
from moderation.models import Analysis, SuggestedScore, UnscoredText
from moderation.services.erase import erase_analyses
from moderation.services.forget_unscored import forget_unscored

log = structlog.get_logger(__name__)
CHUNK = 500
MOST = 50_000  # analyses in one go; the rest has to wait for the next hour


def erase_expired() -> int:
    """Erase what is older than TOXIGUARD_RETENTION_DAYS. Returns how many analyses that were.

    In small transactions, oldest first, so that nobody waits for it. Figures, decisions and the
    counts of labels stay.
    """
    days = settings.RETENTION_DAYS
    if not days:
        return 0
    before = timezone.now() - timedelta(days=days)
    erased = 0
    expired = Analysis.objects.filter(erased_at=None, created_at__lt=before)
    while erased < MOST:
        numbers = list(expired.order_by("created_at").values_list("pk", flat=True)[:CHUNK])
        if not numbers:
            break
        erased += erase_analyses(analyses=Analysis.objects.filter(pk__in=numbers), by=None)
    unscored = UnscoredText.objects.filter(created_at__lt=before).exclude(text="")
    forgotten = forget_unscored(texts=unscored, by=None)
    suggestions = SuggestedScore.objects.filter(created_at__lt=before)
    if digests := list(suggestions.values_list("text_digest", flat=True)):
        sources.expire(digests)
        suggestions.delete()
    log.info("texts_expired", analyses=erased, unscored=forgotten, days=days)
    return erased
