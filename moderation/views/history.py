"""The history: figures and charts, the list, its export, erasing what it shows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from modelops.words import grouped
from moderation import sentence
from moderation.access import PageRequest, allowed_to
from moderation.export import csv_response
from moderation.filters import AnalysisFilter
from moderation.forms import EraseShownForm
from moderation.models import Analysis, Category, Decision, Language
from moderation.paging import BadCursor, page_of
from moderation.selectors import (
    analysis_stats,
    capped_count,
    visible_analyses,
    with_people,
    withheld_items,
)
from moderation.services import erase_analyses
from moderation.views.common import chart_image, labelled_errors, rights

PAGE_SIZE = 50
SAMPLE = 5
PEOPLE_ONLY = (Category.SPAM, Category.OTHER)  # categories that the model does not give


class Shown:
    """What the address asks for: the filtered analyses that the user may see."""

    def __init__(self, request: PageRequest) -> None:
        self.query: QueryDict = sentence.only_filters(request.GET)
        self.filter = AnalysisFilter(self.query, queryset=visible_analyses(request.user))
        self.valid = self.filter.is_valid()

    @property
    def analyses(self) -> QuerySet[Analysis]:
        return self.filter.qs if self.valid else Analysis.objects.none()

    def context(self) -> dict[str, Any]:
        cleaned = self.filter.form.cleaned_data if self.valid else {}
        return {
            "query": self.query.urlencode(),
            "values": self.query,
            "filter_errors": labelled_errors(self.filter),
            "chips": sentence.chips(self.query, cleaned),
            "suggestions": sentence.suggestions(self.query) if self.valid else [],
        }


@allowed_to("analyze_text", "view_analysis")
@require_GET
def history(request: PageRequest) -> HttpResponse:
    """Figures and charts, then the list, all for the filter in the address."""
    shown = Shown(request)
    try:
        page = page_of(
            with_people(shown.analyses), cursor=request.GET.get("cursor"), size=PAGE_SIZE
        )
    except BadCursor as error:
        raise Http404 from error
    counted, many = capped_count(shown.analyses)
    withheld, many_withheld = capped_count(withheld_items(request.user))
    context = (
        shown.context()
        | {
            "page": page,
            "older": sentence.address(shown.query, cursor=page.next or ""),
            "newer": sentence.address(shown.query, cursor=page.previous or ""),
            "count": sentence.count_words(counted, many),
            "counted": counted,
            "withheld": withheld,
            "withheld_words": sentence.count_words(withheld, many_withheld),
            # Figures over very many analyses come after the list, so that nobody waits for them.
            "figures_later": many and "figures" not in request.GET,
            "figures_query": sentence.address(shown.query, figures="1"),
            "decisions": Decision.choices,
            "languages": Language.choices,
            "categories": Category.choices,
            "scores": [(f"{points / 100:g}", points) for points in range(0, 101, 10)],
            "place": "row",
        }
        | rights(request)
    )
    if not context["figures_later"]:
        context |= _figures(shown)
    if request.htmx and request.htmx.target == "figures":
        return render(request, "moderation/parts/figures.html", context)
    return render(request, "moderation/history.html", context)


def _figures(shown: Shown) -> dict[str, Any]:
    stats = analysis_stats(shown.analyses)
    # Always the same bars, also the empty ones, so that the eye knows where to look.
    found = stats["categories"]
    categories = [
        (code, name, found.get(code, 0))
        for code, name in Category.choices
        if code in found or code not in PEOPLE_ONLY
    ]
    return {
        "stats": stats,
        "answers_figures": f"{stats['safe_analyses']},{stats['toxic_analyses']}",
        "bands_figures": ",".join(str(band["count"]) for band in stats["bands"]),
        "categories_figures": ",".join(f"{code}:{n}" for code, _name, n in categories),
        "categories_table": [(name, n) for _code, name, n in categories],
    }


@allowed_to("export")
@require_GET
def export(request: PageRequest) -> HttpResponseBase:
    """What the filter shows, as CSV."""
    shown = Shown(request)
    if not shown.valid:
        return redirect(reverse("moderation:history") + "?" + shown.query.urlencode())
    return csv_response(shown.analyses)


@allowed_to("analyze_text", "view_analysis")
@require_GET
@cache_control(private=True, max_age=86400)
def chart(request: PageRequest, name: str) -> HttpResponse:
    """A chart as an image; its figures and its language are in the address."""
    return chart_image(request, name)


@allowed_to("erase")
@require_http_methods(["GET", "HEAD", "POST"])
def erase_shown(request: PageRequest) -> HttpResponse:
    """Erase all that the filter shows, once its number has been typed.

    What arrives between the question and the answer is left alone: the newest number that was
    counted comes back with the form.
    """
    shown = Shown(request)
    if not shown.valid:
        return redirect(reverse("moderation:history") + "?" + shown.query.urlencode())
    newest = request.POST.get("newest", "")
    if not newest.isdecimal():
        newest_row = shown.analyses.order_by("-id").first()
        newest = str(newest_row.pk) if newest_row else "0"
    chosen = shown.analyses.filter(pk__lte=min(int(newest), 2**63 - 1))
    count = chosen.order_by().count()
    form = EraseShownForm(
        request.POST if request.method == "POST" else None,
        count=count,
        initial={"newest": newest},
    )
    if request.method == "POST" and form.is_valid() and count:
        erased = erase_analyses(analyses=chosen, by=request.user)
        words = ngettext("%(count)s analysis deleted.", "%(count)s analyses deleted.", erased)
        messages.success(request, words % {"count": grouped(erased)})
        return redirect("moderation:history")
    context = shown.context() | {
        "form": form,
        "number": count,
        "count": grouped(count),
        "sample": chosen[:SAMPLE],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "moderation/erase_shown.html", context, status=status)
