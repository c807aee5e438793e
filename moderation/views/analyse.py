"""The page to analyse a text: the field and, beside it, the answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap

from modelops import serving
from moderation import presentation
from moderation.access import PageRequest, allowed_to
from moderation.forms import AnalyseForm
from moderation.models import MAX_TEXT_LENGTH
from moderation.services import AnalysisInput, analyze_texts

SOURCE = "web"  # what the history says of texts that were typed into the page


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
