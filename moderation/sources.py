"""The history as a source of labelled and of recent texts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from modelops.sources import LabelledText, RecentText
from moderation.models import Analysis, AnalysisLabel, SuggestedScore
from moderation.selectors import newest_labels
from moderation.selectors_suggestions import teaching_suggestions


class LabelledHistory:
    """What people said in the history; erased analyses teach nothing.

    Labels of decisions have the weight that the policy gave them, and say how they came about.
    Those of audits are sealed: they judge versions, and no training learns them.
    """

    name = "history"

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        return self._texts(self._labels(since))

    def count_labels(self, *, since: datetime | None = None) -> int:
        return self._labels(since).count()

    def holdout_texts(self) -> Iterator[LabelledText]:
        return self._texts(newest_labels().filter(sealed=True))

    def holdout_state(self) -> Hashable:
        sealed = newest_labels().filter(sealed=True)
        # a label never changes; one that is taken back, or comes back, changes one of these
        return tuple(sealed.aggregate(Count("pk"), Max("pk"), Max("created_at")).values())

    def _texts(self, labels: QuerySet[AnalysisLabel]) -> Iterator[LabelledText]:
        read = labels.select_related("analysis", "decision")
        for label in read.iterator(chunk_size=2000):
            language = label.analysis.language
            yield LabelledText(
                text=label.analysis.text,
                toxic=label.toxic,
                category=label.category or None,
                language=language if language in ("es", "en") else None,
                weight=label.weight,
                source=self.name,
                provenance=label.decision.mode if label.decision else "",
                at=label.created_at,
            )

    @staticmethod
    def _labels(since: datetime | None) -> QuerySet[AnalysisLabel]:
        labels = newest_labels().filter(sealed=False)
        return labels.filter(created_at__gt=since) if since else labels


class AcceptedSuggestions:
    """Suggested scores that a lead accepted. What people said about the same text goes before."""

    name = "suggestions"

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        for suggestion in self._accepted(since).iterator(chunk_size=2000):
            if (toxic := suggestion.toxic) is not None:
                yield LabelledText(
                    text=suggestion.text,
                    toxic=toxic,
                    categories=suggestion.categories,
                    language=suggestion.language or None,
                    weight=suggestion.weight,
                    source=self.name,
                    provenance="suggested",
                    at=suggestion.settled_at,
                )

    def count_labels(self, *, since: datetime | None = None) -> int:
        return self._accepted(since).count()

    @staticmethod
    def _accepted(since: datetime | None) -> QuerySet[SuggestedScore]:
        accepted = teaching_suggestions()
        return accepted.filter(settled_at__gt=since) if since else accepted


class RecentAnalyses:
    """What was analysed lately, whoever asked; without erased analyses."""

    permission = "moderation.view_analysis"

    def recent_texts(self, *, limit: int) -> Iterator[RecentText]:
        analyses = Analysis.objects.filter(erased_at__isnull=True)
        wanted = ("pk", "text", "language", "language_certain", "score")
        for values in analyses.order_by("-created_at", "-pk").values_list(*wanted)[:limit]:
            yield RecentText(*values)

    def recent_labels(self, *, since: datetime, limit: int) -> Iterator[LabelledText]:
        labels = newest_labels().filter(created_at__gt=since).select_related("analysis")
        for label in labels.order_by("-pk")[:limit]:
            analysis = label.analysis
            sure = analysis.language_certain and analysis.language in ("es", "en")
            yield LabelledText(
                text=analysis.text,
                toxic=label.toxic,
                category=label.category or None,
                language=analysis.language if sure else None,
                at=label.created_at,
            )
