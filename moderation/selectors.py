"""Reads: which analyses a user sees, their figures, and the labels that the model learns from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Avg, Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from moderation.models import Analysis, AnalysisLabel, Decision, QueueItem
from moderation.selectors_decisions import is_lead

MANY = 10_000  # above it, a count reads "10,000+"
SCORED_TOXIC = Q(toxic=True)
FLAGGED = ~Q(decision=Decision.ALLOW)  # what somebody should look at, or may not pass
BANDS = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 100))


def visible_analyses(user: User | AnonymousUser) -> QuerySet[Analysis]:
    """What somebody may look up: `known_analyses`, but nothing whose score is to stay hidden.

    A text that is to be decided without its score is not in the history before that, neither
    in lists and filters nor in figures. Whoever sent it has the answer anyway, and leads see all.
    """
    analyses = known_analyses(user)
    if not _decides_unseen(user):
        return analyses
    return analyses.filter(Q(owner=user.pk) | ~Q(pk__in=blind_items().values("analysis")))


def withheld_items(user: User | AnonymousUser) -> QuerySet[QueueItem]:
    """The items whose analyses `visible_analyses` leaves out for this user."""
    blind = blind_items()
    return blind.exclude(analysis__owner=user.pk) if _decides_unseen(user) else blind.none()


def blind_items() -> QuerySet[QueueItem]:
    """Items that wait and whose score is hidden until they are decided."""
    return QueueItem.objects.filter(state=QueueItem.State.OPEN, blind=True)


def _decides_unseen(user: User | AnonymousUser) -> bool:
    return user.has_perm("moderation.view_analysis") and not is_lead(user)


def known_analyses(user: User | AnonymousUser) -> QuerySet[Analysis]:
    """All analyses for a holder of `view_analysis`, else the user's own; never erased ones.

    For doors that say nothing about the verdict: claims, decisions, appeals, reports.
    """
    analyses = Analysis.objects.filter(erased_at__isnull=True)
    if user.has_perm("moderation.view_analysis"):
        return analyses
    if user.has_perm("moderation.analyze_text"):
        return analyses.filter(owner_id=user.pk)
    return analyses.none()


def with_people(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """The same analyses with what a list shows of them: who asked, and people's labels."""
    labels = AnalysisLabel.objects.select_related("by")
    return analyses.select_related("owner").prefetch_related(Prefetch("given_labels", labels))


def capped_count(rows: QuerySet[Any]) -> tuple[int, bool]:
    """How many, and whether there are more than that (MANY): counting a million takes its time."""
    count = rows.order_by()[: MANY + 1].count()
    return min(count, MANY), count > MANY


def analysis_stats(analyses: QuerySet[Analysis], *, toxic: Q = SCORED_TOXIC) -> dict[str, Any]:
    """The figures of `analyses`, in two queries; rates and averages in percent.

    `toxic` says which count as toxic: by the score, or FLAGGED, by the decision. `categories`
    counts these by their category; `recent_analyses` are those of the last 24 hours; the last band
    includes 100.
    """
    analyses = analyses.order_by()
    bands = {f"band_{low}": Count("pk", filter=_in_band(low, high)) for low, high in BANDS}
    figures = analyses.aggregate(
        total=Count("pk"),
        toxic=Count("pk", filter=toxic),
        average=Avg("score"),
        recent=Count("pk", filter=Q(created_at__gte=timezone.now() - timedelta(hours=24))),
        **bands,
    )
    categories = (analyses.filter(toxic).exclude(category="").values_list("category")).annotate(
        count=Count("pk")
    )
    total, found = figures["total"], figures["toxic"]
    return {
        "total_analyses": total,
        "toxic_analyses": found,
        "safe_analyses": total - found,
        "toxicity_rate": round(100 * found / total, 1) if total else 0.0,
        "average_toxicity": round(100 * figures["average"], 1) if total else 0.0,
        "categories": dict(categories.order_by("category")),
        "recent_analyses": figures["recent"],
        "bands": [
            {"from": low, "to": high, "count": figures[f"band_{low}"]} for low, high in BANDS
        ],
    }


def _in_band(low: int, high: int) -> Q:
    band = Q(score__gte=low / 100)
    return band if high == 100 else band & Q(score__lt=high / 100)


def newest_labels() -> QuerySet[AnalysisLabel]:
    """The label that counts, of each labelled analysis that is not erased; oldest first.

    The newest counts that was not withdrawn; sealed ones of audits are among them.
    """
    newer = standing_labels().filter(analysis=OuterRef("analysis"), pk__gt=OuterRef("pk"))
    labels = standing_labels().filter(analysis__erased_at__isnull=True)
    return labels.filter(~Exists(newer)).order_by("pk")


def standing_labels() -> QuerySet[AnalysisLabel]:
    """What people said and did not take back."""
    return AnalysisLabel.objects.filter(withdrawn_at__isnull=True)


def labelled() -> Exists:
    """Whether an analysis has a label that stands, for filters."""
    return Exists(standing_labels().filter(analysis=OuterRef("pk")))
