"""The labelled history as a source of training texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from modelops.sources import LabelledText
from moderation.models import AnalysisLabel
from moderation.selectors import newest_labels


class LabelledHistory:
    """What people said in the history; erased analyses teach nothing."""

    name = "history"

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        for label in self._labels(since).select_related("analysis").iterator(chunk_size=2000):
            language = label.analysis.language
            yield LabelledText(
                text=label.analysis.text,
                toxic=label.toxic,
                category=label.category or None,
                language=language if language in ("es", "en") else None,
                source=self.name,
                at=label.created_at,
            )

    def count_labels(self, *, since: datetime | None = None) -> int:
        return self._labels(since).count()

    @staticmethod
    def _labels(since: datetime | None) -> QuerySet[AnalysisLabel]:
        labels = newest_labels()
        return labels.filter(created_at__gt=since) if since else labels
