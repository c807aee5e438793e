"""Texts without a score in the administration: score them after all, or take them off the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from modelops import serving
from moderation.admin.base import WorkbenchAdmin, excerpt
from moderation.models import UnscoredText
from moderation.people import person
from moderation.services.unscored import dismiss_unscored, score_unscored
from moderation.unscored_texts import problem_text


@admin.register(UnscoredText)
class UnscoredTextAdmin(WorkbenchAdmin):
    list_display = ["id", "excerpt", "why", "source", "row", "state", "created_at", "settled_by"]
    list_filter = ["state", "problem", "source"]
    list_select_related = ["settled_by"]
    search_fields = ["text", "author", "external_id"]
    actions = ["score", "dismiss"]
    fields = readonly_fields = (
        "text", "why", "analysis", "language", "source", "author", "external_id", "row", "state",
        "created_at", "settled_at", "settled_by",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("text"))
    def excerpt(self, text: UnscoredText) -> str:
        return excerpt(text.text)

    @admin.display(description=gettext_lazy("problem"))
    def why(self, text: UnscoredText) -> str:
        return problem_text(text.problem)

    @admin.action(description=gettext_lazy("Score after all"), permissions=["operate"])
    def score(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        try:
            count = self._settle(request, queryset, score_unscored)
        except serving.ModelUnavailable as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        told = ngettext("%(count)s text scored.", "%(count)s texts scored.", count)
        self.message_user(request, told % {"count": count}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Take off the list"), permissions=["operate"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = self._settle(request, queryset, dismiss_unscored)
        told = ngettext("%(count)s text off the list.", "%(count)s texts off the list.", count)
        self.message_user(request, told % {"count": count}, messages.SUCCESS)

    def _settle(
        self, request: HttpRequest, queryset: QuerySet[Any], settle: Callable[..., Any]
    ) -> int:
        def do(text: UnscoredText) -> None:
            settle(text=text, by=person(request))
            self.log_change(request, text, text.get_state_display())

        return len(self.each(request, self.chosen(request, queryset) or [], do))
