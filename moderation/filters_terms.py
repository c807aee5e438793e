"""The filter that the page of the term lists and the API share."""

from __future__ import annotations

import django_filters as filters
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.filters import OneOfFilter
from moderation.models import Category, Term
from moderation.termlists import standing_terms


class TermState(models.TextChoices):
    STANDING = "standing", _("In force")
    EXPIRED = "expired", _("Expired")
    REMOVED = "removed", _("Removed")
    ALL = "all", _("All")


class TermFilter(filters.FilterSet):
    search = filters.CharFilter(label=_("Search"), method="filter_search", max_length=200)
    action = OneOfFilter(label=_("Action"), choices=Term.Action)
    language = OneOfFilter(
        label=_("Language"), choices=[(code, name) for code, name in Term.Language.choices if code]
    )
    category = OneOfFilter(label=_("Category"), choices=Category)
    match = OneOfFilter(label=_("Found as"), choices=Term.Match)
    state = OneOfFilter(label=_("State"), choices=TermState, method="filter_state")

    class Meta:
        model = Term
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        chosen = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("state"):
            return chosen
        return self.filter_state(chosen, "state", TermState.STANDING)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        found = Q(pattern__icontains=value) | Q(normalized__icontains=value)
        return queryset.filter(found)

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        match value:
            case TermState.STANDING:
                return queryset.filter(standing_terms())
            case TermState.EXPIRED:
                return queryset.filter(removed_at__isnull=True, expires_at__lte=timezone.now())
            case TermState.REMOVED:
                return queryset.filter(removed_at__isnull=False)
        return queryset
