"""The pages: analyse, history, one analysis. They read, and call the services to write."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, trigger_client_event

from modelops import serving
from modelops.words import grouped
from moderation import charts, presentation, sentence
from moderation.access import PageRequest, allowed_to
from moderation.export import csv_response
from moderation.filters import AnalysisFilter
from moderation.forms import AnalyseForm, EraseShownForm, LabelForm
from moderation.models import MAX_TEXT_LENGTH, Analysis, Category, Decision, Language
from moderation.paging import BadCursor, page_of
from moderation.selectors import analysis_stats, visible_analyses, with_people
from moderation.services import (
    AnalysisInput,
    analyze_texts,
    erase_analyses,
    erase_analysis,
    label_analysis,
)

SOURCE = "web"  # what the history says of texts that were typed into the page
PAGE_SIZE = 50
SAMPLE = 5
PEOPLE_ONLY = (Category.SPAM, Category.OTHER)  # categories that the model does not give


def examples() -> list[str]:
    """Sentences to try, in the language of the page."""
    return [
        _("Thank you for the patient explanation, now it works for me too."),
        _("You are an 1d10t and nobody here wants to read you."),
        _("Keep talking like that and I will come to your house."),
    ]


@allowed_to("analyze_text")
@require_http_methods(["GET", "HEAD", "POST"])
def analyse(request: PageRequest) -> HttpResponse:
    """The field and, beside it, the answer; a part of the page for htmx, else the whole."""
    if request.method == "POST":
        return _analyse(request)
    chosen = request.GET.get("example", "")
    offered = examples()
    text = offered[int(chosen)] if chosen in ("0", "1", "2") else ""
    return _analyse_page(request, {"form": AnalyseForm(initial={"text": text})})


def _analyse(request: PageRequest) -> HttpResponse:
    form = AnalyseForm(request.POST)
    if not form.is_valid():
        return _analyse_page(request, {"form": form, "errors": _all_errors(form)}, status=422)
    data = form.cleaned_data
    item = AnalysisInput(
        text=data["text"],
        language=data["language"] or None,
        source=SOURCE,
        store=not data["private"],
    )
    try:
        [outcome] = analyze_texts(items=[item], by=request.user)
    except serving.ModelUnavailable:
        problem = _(
            "There is no model to analyse with, so nothing was stored. An administrator gets one "
            "with the command “python manage.py bootstrap”."
        )
        return _analyse_page(request, {"form": form, "errors": [problem]}, status=503)
    shown = presentation.result(outcome.record)
    return _analyse_page(request, {"form": form, "result": shown})


def _all_errors(form: AnalyseForm) -> list[str]:
    return [str(message) for messages_ in form.errors.values() for message in messages_]


def _analyse_page(
    request: PageRequest, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context |= {
        "limit": MAX_TEXT_LENGTH,
        "examples": examples(),
        "place": "answer",
        "may_label": request.user.has_perm("moderation.review_analysis"),
    }
    if not request.htmx:
        return render(request, "moderation/analyse.html", context, status=status)
    response = render(request, "moderation/parts/answer_response.html", context, status=status)
    return reswap(response, "none") if context.get("errors") else response


class Shown:
    """What the address asks for: the filtered analyses that the user may see."""

    def __init__(self, request: PageRequest) -> None:
        self.query: QueryDict = sentence.only_filters(request.GET)
        self.filter = AnalysisFilter(self.query, queryset=visible_analyses(request.user))
        self.valid = self.filter.is_valid()

    @property
    def analyses(self) -> QuerySet[Analysis]:
        return self.filter.qs if self.valid else Analysis.objects.none()

    @property
    def errors(self) -> list[str]:
        names = self.filter.form.fields
        return [
            f"{names[name].label}: {message}"
            for name, found in self.filter.form.errors.items()
            for message in found
        ]

    def context(self) -> dict[str, Any]:
        cleaned = self.filter.form.cleaned_data if self.valid else {}
        return {
            "query": self.query.urlencode(),
            "values": self.query,
            "filter_errors": self.errors,
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
    counted = shown.analyses.order_by()[: sentence.MANY + 1].count()
    many = counted > sentence.MANY
    context = (
        shown.context()
        | {
            "page": page,
            "older": sentence.address(shown.query, cursor=page.next or ""),
            "newer": sentence.address(shown.query, cursor=page.previous or ""),
            "count": sentence.count_words(counted),
            "counted": counted,
            # Figures over very many analyses come after the list, so that nobody waits for them.
            "figures_later": many and "figures" not in request.GET,
            "figures_query": sentence.address(shown.query, figures="1"),
            "decisions": Decision.choices,
            "languages": Language.choices,
            "categories": Category.choices,
            "scores": [(f"{points / 100:g}", points) for points in range(0, 101, 10)],
            "place": "row",
        }
        | _rights(request)
    )
    if not context["figures_later"]:
        context |= _figures(shown)
    if request.htmx and request.htmx.target == "figures":
        return render(request, "moderation/parts/figures.html", context)
    return render(request, "moderation/history.html", context)


def _rights(request: PageRequest) -> dict[str, bool]:
    user = request.user
    return {
        "may_label": user.has_perm("moderation.review_analysis"),
        "may_erase": user.has_perm("moderation.erase"),
        "may_export": user.has_perm("moderation.export"),
    }


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
    try:
        drawn = charts.draw(name, request.GET.get("v", ""), request.GET.get("theme", "light"))
    except charts.BadChart as error:
        raise Http404 from error
    return HttpResponse(
        drawn.svg,
        content_type="image/svg+xml",
        headers={"Content-Security-Policy": drawn.policy},
    )


def _analysis(request: PageRequest, pk: int) -> Analysis:
    """The analysis, if this user may see it; else 404, as if there were none."""
    return get_object_or_404(with_people(visible_analyses(request.user)), pk=pk)


@allowed_to("analyze_text", "view_analysis")
@require_GET
def analysis(request: PageRequest, pk: int) -> HttpResponse:
    """Everything about one analysis."""
    found = _analysis(request, pk)
    visible = visible_analyses(request.user)
    context = {
        "analysis": found,
        "result": presentation.result(found),
        "earlier": visible.filter(pk=found.revision_of_id or 0).first(),
        "later": visible.filter(revision_of=found).order_by("id"),
        "raw": presentation.raw(found),
        "categories": Category.choices,
        "detail": True,
    }
    return render(request, "moderation/analysis.html", context | _rights(request))


@allowed_to("review_analysis")
@require_POST
def label(request: PageRequest, pk: int) -> HttpResponse:
    """Take the right answer; answer with the row or the buttons that it belongs to."""
    found = _analysis(request, pk)
    form = LabelForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    before = found.newest_label
    toxic, category = form.cleaned_data["toxic"], form.cleaned_data["category"]
    label_analysis(analysis=found, toxic=toxic, category=category, by=request.user)
    text = _("Right answer stored: toxic.") if toxic else _("Right answer stored: not toxic.")
    place = form.cleaned_data["place"]
    if not request.htmx or not place:
        messages.success(request, text)
        return HttpResponseRedirect(_back(request, reverse("moderation:analysis", args=[pk])))
    undo = {}
    if before and before.toxic != toxic:
        undo = {
            "toxic": "true" if before.toxic else "false",
            "category": before.category,
            "place": place,
        }
    context = {
        "analysis": _analysis(request, pk),
        "place": place,
        "changed": True,
        "text": text,
        "kind": "success",
        "undo_url": reverse("moderation:label", args=[pk]) if undo else "",
        "undo_target": f"#{place}-{pk}",
        "undo_fields": undo,
    } | _rights(request)
    return render(request, f"moderation/parts/labelled_{place}.html", context)


def _back(request: PageRequest, otherwise: str) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else otherwise


@allowed_to("erase")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then erase one analysis; in a dialog for htmx, else on a page of its own."""
    found = _analysis(request, pk)
    if request.method != "POST":
        template = "parts/erase_dialog.html" if request.htmx else "erase.html"
        context = {"analysis": found, "next": request.GET.get("next", "")}
        return render(request, f"moderation/{template}", context)
    erase_analysis(analysis=found, by=request.user)
    text = _("Analysis deleted.")
    if request.htmx:
        context = {"text": text, "kind": "success"}
        response = render(request, "moderation/parts/toast.html", context)
        return trigger_client_event(response, "history-changed")
    messages.success(request, text)
    return HttpResponseRedirect(_back(request, reverse("moderation:history")))


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
