"""Analyses in the Django admin: read, search, label in bulk, erase. Services do the writing."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from modelops.words import percent
from moderation.admin.base import CappedPaginator, excerpt
from moderation.filters import validate_search
from moderation.models import Analysis, AnalysisLabel
from moderation.people import person
from moderation.search import search
from moderation.selectors import labelled, visible_analyses
from moderation.services import erase_analyses, erase_analysis, label_analyses


class LabelledFilter(admin.SimpleListFilter):
    title = _("labelled by people")
    parameter_name = "labelled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> QuerySet[Analysis]:
        match self.value():
            case "yes":
                return queryset.filter(labelled())
            case "no":
                return queryset.filter(~labelled())
        return queryset


class LabelInline(admin.TabularInline):
    model = AnalysisLabel
    fields = readonly_fields = ("toxic", "category", "by", "created_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("moderation.view_analysis")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnalysisLabel]:
        return super().get_queryset(request).select_related("by")


@admin.register(Analysis)
class AnalysisAdmin(admin.ModelAdmin):
    list_display = [
        "id",
        "excerpt",
        "decision",
        "percentage",
        "category",
        "language",
        "right_answer",
        "source",
        "owner",
        "created_at",
    ]
    list_filter = ["decision", "toxic", LabelledFilter, "language", "category", "created_at"]
    list_per_page = 50
    ordering = ["-created_at", "-id"]
    search_fields = ["search_text"]  # shows the field; get_search_results does the work
    search_help_text = _("At least 3 characters of the text; case and accents don't matter.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    inlines = [LabelInline]
    actions = ["label_toxic", "label_not_toxic"]
    fields = readonly_fields = (
        "text",
        "context",
        "author",
        "url",
        "source",
        "external_id",
        "owner",
        "created_at",
        "revision_of",
        "decision",
        "score",
        "toxic",
        "category",
        "labels",
        "categories",
        "language",
        "language_certain",
        "threshold_review",
        "threshold_block",
        "model_used",
        "model_version",
        "keywords_found",
        "text_length",
        "response_time_ms",
    )

    # --- who may do what -----------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("moderation.erase")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.review_analysis")

    # --- the list ------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Analysis]:
        analyses = visible_analyses(request.user).order_by(*self.get_ordering(request))
        return analyses.select_related("owner").prefetch_related("given_labels")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Analysis], search_term: str
    ) -> tuple[QuerySet[Analysis], bool]:
        if not search_term.strip():
            return queryset, False
        try:
            validate_search(search_term)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
            return queryset.none(), False
        return search(queryset, search_term), False

    @admin.display(description=_("text"))
    def excerpt(self, analysis: Analysis) -> str:
        return excerpt(analysis.text)

    @admin.display(description=_("toxicity in percent"), ordering="score")
    def percentage(self, analysis: Analysis) -> str:
        return percent(analysis.score)

    @admin.display(description=_("right answer"))
    def right_answer(self, analysis: Analysis) -> str:
        return str(analysis.newest_label or "")

    # --- labels --------------------------------------------------------------------------------

    @admin.action(description=_("Right answer: toxic"), permissions=["review"])
    def label_toxic(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        self._label(request, queryset, toxic=True)

    @admin.action(description=_("Right answer: not toxic"), permissions=["review"])
    def label_not_toxic(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        self._label(request, queryset, toxic=False)

    @transaction.atomic
    def _label(self, request: HttpRequest, queryset: QuerySet[Analysis], *, toxic: bool) -> None:
        chosen = queryset.prefetch_related(None).select_related(None)
        # The journal first: afterwards a filter by label may no longer choose the same rows.
        LogEntry.objects.log_actions(
            user_id=person(request).pk,
            queryset=chosen.only("pk"),
            action_flag=CHANGE,
            change_message=str(AnalysisLabel(toxic=toxic)),
        )
        count = label_analyses(analyses=chosen, toxic=toxic, by=person(request))
        told = ngettext("%(count)s analysis labelled.", "%(count)s analyses labelled.", count)
        self.message_user(request, told % {"count": count}, messages.SUCCESS)

    # --- erasing, which is what deleting means here --------------------------------------------

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[Any, dict[Any, int], set[Any], list[str]]:
        names = [str(analysis) for analysis in objs]
        missing = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return names, {self.opts.verbose_name_plural: len(names)}, missing, []

    def delete_model(self, request: HttpRequest, obj: Analysis) -> None:
        erase_analysis(analysis=obj, by=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        erase_analyses(analyses=queryset, by=person(request))
