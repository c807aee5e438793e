"""The filter that the queue's page, API and batches share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters as filters
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from moderation.filters import OneOfFilter, YesNoFilter, validate_search
from moderation.models import Analysis, Category, Language, QueueItem
from moderation.search import search
from moderation.selectors_decisions import is_lead

MAX_HOURS = 24 * 365 * 10
# What only the model says: a filter by it would tell blind items from others.
OF_THE_MODEL = ("category", "score_min", "score_max")


class QueueFilter(filters.FilterSet):
    """For those who don't learn which items are audits: one reads as something to review."""

    sees_audits = False

    search = filters.CharFilter(
        label=_("Search"), method="filter_search", max_length=200, validators=[validate_search]
    )
    kind = OneOfFilter(
        label=_("Reason"),
        choices=[pair for pair in QueueItem.Kind.choices if pair[0] != QueueItem.Kind.AUDIT],
        method="filter_kind",
    )
    language = OneOfFilter(label=_("Language"), choices=Language)
    category = OneOfFilter(label=_("Category"), choices=Category)
    source = filters.CharFilter(label=_("Source"), max_length=100)
    score_min = filters.NumberFilter(
        "score", "gte", label=_("Score from"), min_value=0, max_value=1
    )
    score_max = filters.NumberFilter("score", "lte", label=_("Score to"), min_value=0, max_value=1)
    older_than = filters.NumberFilter(
        label=_("Waiting for at least (hours)"),
        method="filter_older_than",
        min_value=0,
        max_value=MAX_HOURS,
    )
    claimed = YesNoFilter(label=_("Claimed"), method="filter_claimed")
    escalated = YesNoFilter(label=_("Escalated"), method="filter_escalated")

    class Meta:
        model = QueueItem
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[QueueItem]) -> QuerySet[QueueItem]:
        given = self.form.cleaned_data
        if not self.sees_audits:
            if any(given.get(name) not in (None, "") for name in OF_THE_MODEL):
                queryset = queryset.filter(blind=False)
            # escalated items are the leads'; others see them where they ask for them
            if given.get("escalated") is None:
                queryset = queryset.filter(escalated_at__isnull=True)
        return super().filter_queryset(queryset)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        found = search(Analysis.objects.filter(erased_at__isnull=True), value)
        return queryset.filter(analysis__in=found.order_by().values("pk"))

    def filter_kind(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        kinds = QueueItem.Kind
        blind_blocked = Q(kind=kinds.BLOCKED, blind=True)  # they read as something to review
        if value == kinds.REVIEW and not self.sees_audits:
            return queryset.filter(Q(kind__in=[kinds.REVIEW, kinds.AUDIT]) | blind_blocked)
        if value == kinds.BLOCKED and not self.sees_audits:
            return queryset.filter(kind=value).exclude(blind_blocked)
        return queryset.filter(kind=value)

    def filter_older_than(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return queryset.filter(opened_at__lte=Now() - timedelta(hours=float(value)))

    def filter_claimed(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        claimed = Q(claimed_by__isnull=False, claim_expires_at__gt=Now())
        return queryset.filter(claimed if value else ~claimed)

    def filter_escalated(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        return queryset.filter(escalated_at__isnull=not value)


class LeadsQueueFilter(QueueFilter):
    sees_audits = True

    kind = OneOfFilter(label=_("Reason"), choices=QueueItem.Kind, method="filter_kind")


def queue_filter_for(user: User | AnonymousUser) -> type[QueueFilter]:
    return LeadsQueueFilter if is_lead(user) else QueueFilter
