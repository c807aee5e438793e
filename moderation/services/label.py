"""Say what the right answer for an analysis is."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from moderation.models import Analysis, AnalysisLabel


def label_analysis(
    *, analysis: Analysis, toxic: bool, category: str = "", by: User
) -> AnalysisLabel:
    """Add a label; earlier ones stay as they are. Raises ValueError on a contradiction."""
    _check(toxic=toxic, category=category)
    return AnalysisLabel.objects.create(analysis=analysis, toxic=toxic, category=category, by=by)


@transaction.atomic
def label_analyses(
    *, analyses: QuerySet[Analysis], toxic: bool, category: str = "", by: User
) -> int:
    """Add the same label to each of `analyses`, erased ones excepted. Returns their number."""
    _check(toxic=toxic, category=category)
    ids = analyses.filter(erased_at__isnull=True).order_by().values_list("pk", flat=True)
    labels = (
        AnalysisLabel(analysis_id=pk, toxic=toxic, category=category, by=by)
        for pk in ids.iterator()
    )
    return len(AnalysisLabel.objects.bulk_create(labels, batch_size=1000))


def _check(*, toxic: bool, category: str) -> None:
    if category and not toxic:
        raise ValueError("a text that is not toxic has no category")
