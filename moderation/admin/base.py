"""What the lists of the workbench share in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modelops.admin.base import OperatorAdmin
from moderation.filters import validate_search
from moderation.models import Analysis
from moderation.search import search
from moderation.selectors import capped_count
from moderation.selectors_decisions import is_lead

EXCERPT = 100  # characters of a text in a list
AT_ONCE = 500  # rows that one action takes; the queue's own page takes more


class CappedPaginator(Paginator):
    """Counts no further than `capped_count`: a page shows some rows, not a million."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return capped_count(rows)[0]


def for_reader(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows with `lead`: whether who looks may know the audits. Columns are not told who."""
    return rows.annotate(lead=Value(is_lead(request.user)))


def excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


class WorkbenchAdmin(OperatorAdmin):
    """Reviewers look, and ask for what `actions` name; nothing is typed into the rows.

    `leads_filters` are filters that would tell others which items are audits.
    """

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    leads_filters: tuple[str, ...] = ()
    text_path = ""  # from a row to the analysis by whose text it is found

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.review_analysis")

    def get_list_filter(self, request: HttpRequest) -> Any:
        known = super().get_list_filter(request)
        if is_lead(request.user):
            return known
        return [one for one in known if one not in self.leads_filters]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # what is not offered as a filter can't be asked for by its address either
        offered = self.get_list_filter(request) if request else ()
        names = {one if isinstance(one, str) else one.parameter_name for one in offered}
        return lookup.split("__")[0] in names

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip() or not self.text_path:
            return super().get_search_results(request, queryset, search_term)
        try:
            validate_search(search_term)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
            return queryset.none(), False
        found = search(Analysis.objects.filter(erased_at__isnull=True), search_term)
        return queryset.filter(**{f"{self.text_path}__in": found.order_by().values("pk")}), False

    def chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any] | None:
        """The selected rows; None, and a message, when they are too many for this page."""
        rows = list(queryset[: AT_ONCE + 1])
        if len(rows) <= AT_ONCE:
            return rows
        told = _("Select at most %(limit)s rows here; the queue's own page takes more.")
        self.message_user(request, told % {"limit": AT_ONCE}, messages.WARNING)
        return None

    @admin.display(description=gettext_lazy("analysis"))
    def analysis_link(self, row: Any) -> SafeString:
        return link_to(row.analysis)


def link_to(analysis: Model) -> SafeString:
    place = reverse("admin:moderation_analysis_change", args=[analysis.pk])
    return format_html('<a href="{}">{}</a>', place, analysis)
