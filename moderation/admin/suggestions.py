"""Suggested scores in the administration: leads accept or reject them, single or many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from moderation.admin.base import WorkbenchAdmin, excerpt
from moderation.models import SuggestedScore
from moderation.people import person
from moderation.selectors_decisions import is_lead
from moderation.services import settle_suggestions
from moderation.suggestion_texts import settled


@admin.register(SuggestedScore)
class SuggestedScoreAdmin(WorkbenchAdmin):
    list_display = ["id", "excerpt", "said", "weight", "community", "state", "created_at"]
    list_filter = ["state", "language"]
    list_select_related = ["suggested_by", "settled_by"]
    search_fields = ["text", "community"]
    actions = ["accept", "reject"]
    fields = readonly_fields = (
        "text", "scores", "said", "weight", "language", "community", "suggested_by", "created_at",
        "state", "settled_at", "settled_by",
    )  # fmt: skip

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return is_lead(request.user)

    @admin.display(description=gettext_lazy("text"))
    def excerpt(self, suggestion: SuggestedScore) -> str:
        return excerpt(suggestion.text)

    @admin.display(description=gettext_lazy("toxic"), boolean=True)
    def said(self, suggestion: SuggestedScore) -> bool | None:
        return suggestion.toxic

    @admin.display(description=gettext_lazy("weight in training"))
    def weight(self, suggestion: SuggestedScore) -> str:
        return f"{suggestion.weight:.2f}"

    @admin.action(description=gettext_lazy("Accept as labels"), permissions=["operate"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, queryset, accept=True)

    @admin.action(description=gettext_lazy("Reject"), permissions=["operate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, queryset, accept=False)

    def _settle(self, request: HttpRequest, queryset: QuerySet[Any], *, accept: bool) -> None:
        if (rows := self.chosen(request, queryset)) is None:
            return
        chosen = SuggestedScore.objects.filter(pk__in=[row.pk for row in rows])
        count = settle_suggestions(suggestions=chosen, accept=accept, by=person(request))
        self.message_user(request, settled(count, accept=accept), messages.SUCCESS)
