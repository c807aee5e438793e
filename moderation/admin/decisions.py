"""Decisions, batches and what people said beside them, in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.admin.base import Inquiry, as_json
from moderation.admin.base import WorkbenchAdmin, for_reader, link_to
from moderation.models import (
    Appeal,
    CommunityReport,
    DecisionBatch,
    Note,
    ReviewDecision,
)
from moderation.people import person
from moderation.selectors_decisions import mode_for
from moderation.services.undo_decision import undo_batch, undo_decision


class UndoingAdmin(WorkbenchAdmin):
    """Rows that can be undone, one by one."""

    actions = ["undo"]

    def undo_one(self, request: HttpRequest, row: Any) -> None:
        raise NotImplementedError

    @admin.action(description=gettext_lazy("Undo"), permissions=["operate"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if (rows := self.chosen(request, queryset)) is None:
            return None

        def do(row: Any) -> None:
            self.undo_one(request, row)
            self.log_change(request, row, _("Undone."))

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, rows, do))
            told = ngettext("%(count)s decision undone.", "%(count)s decisions undone.", count)
            return told % {"count": count} if count else ""

        return self.ask(
            request,
            Inquiry(
                title=_("Undo decisions"),
                consequences=[
                    _("Each is reversed by a record of its own; nothing is overwritten."),
                    _("The items are in the queue again, and their labels teach nothing more."),
                ],
                button=_("Undo decisions"),
                perform=perform,
                rows=rows,
            ),
        )


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(UndoingAdmin):
    list_display = [
        "id", "analysis_link", "action", "shown_mode", "category", "by", "created_at", "undone",
    ]  # fmt: skip
    list_filter = ["action", "mode", "category", "created_at"]
    leads_filters = ("mode",)
    list_select_related = ["analysis", "by", "reversal"]
    search_fields = ["by__username", "reason"]
    fields = readonly_fields = (
        "analysis_link", "action", "shown_mode", "category", "reason", "reply", "by",
        "created_at", "policy", "batch", "reverses", "undone", "model_version", "waited",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewDecision]:
        return for_reader(super().get_queryset(request), request)

    @admin.display(description=gettext_lazy("mode"))
    def shown_mode(self, decision: Any) -> str:
        return str(ReviewDecision.Mode(mode_for(decision, lead=decision.lead)).label)

    @admin.display(description=gettext_lazy("undone"), boolean=True)
    def undone(self, decision: ReviewDecision) -> bool:
        return hasattr(decision, "reversal")

    def undo_one(self, request: HttpRequest, row: Any) -> None:
        undo_decision(decision=row, by=person(request))


@admin.register(DecisionBatch)
class DecisionBatchAdmin(UndoingAdmin):
    list_display = ["id", "count", "by", "created_at", "reverses", "undone"]
    list_filter = ["created_at"]
    list_select_related = ["by", "reversal", "reverses"]
    search_fields = ["by__username"]
    fields = readonly_fields = (
        "count", "by", "created_at", "selection_shown", "reverses", "undone",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("selection"))
    def selection_shown(self, batch: DecisionBatch) -> str:
        return as_json(batch.selection)

    @admin.display(description=gettext_lazy("undone"), boolean=True)
    def undone(self, batch: DecisionBatch) -> bool:
        return hasattr(batch, "reversal")

    def undo_one(self, request: HttpRequest, row: Any) -> None:
        undo_batch(batch=row, by=person(request))


@admin.register(Appeal)
class AppealAdmin(WorkbenchAdmin):
    list_display = ["id", "about", "by_author", "by", "created_at", "state"]
    list_filter = ["by_author", "created_at"]
    list_select_related = ["item__analysis", "by"]
    search_fields = ["text"]
    fields = readonly_fields = ("about", "text", "by_author", "by", "created_at", "state")

    @admin.display(description=gettext_lazy("analysis"))
    def about(self, appeal: Appeal) -> str:
        return link_to(appeal.item.analysis)

    @admin.display(description=gettext_lazy("state"))
    def state(self, appeal: Appeal) -> str:
        return appeal.item.get_state_display()


@admin.register(CommunityReport)
class CommunityReportAdmin(WorkbenchAdmin):
    list_display = ["id", "analysis_link", "reporter", "category", "by", "created_at"]
    list_filter = ["category", "created_at"]
    list_select_related = ["analysis", "by"]
    search_fields = ["reporter", "reason"]
    fields = readonly_fields = (
        "analysis_link", "reporter", "category", "reason", "by", "created_at",
    )  # fmt: skip


@admin.register(Note)
class NoteAdmin(WorkbenchAdmin):
    list_display = ["id", "analysis_link", "text", "by", "created_at"]
    list_filter = ["created_at"]
    list_select_related = ["analysis", "by"]
    search_fields = ["text"]
    ordering = ["-pk"]
    fields = readonly_fields = ("analysis_link", "text", "by", "created_at")
