"""One analysis: everything about it, the right answer, erasing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from moderation import presentation
from moderation.access import PageRequest, allowed_to
from moderation.forms import LabelForm
from moderation.models import Analysis, Category
from moderation.selectors import (
    blind_items,
    known_analyses,
    visible_analyses,
    with_people,
)
from moderation.services import erase_analysis, label_analysis
from moderation.views.common import back, rights
from moderation.views.queue_more import rounds_of


def _in_the_queue(request: PageRequest, pk: int) -> HttpResponse:
    """To the item, for those who may decide about what the history does not show them yet."""
    if not request.user.has_perm("moderation.review_analysis"):
        raise Http404
    hidden = blind_items().filter(analysis__in=known_analyses(request.user))
    return redirect("moderation:queue_item", get_object_or_404(hidden, analysis=pk).pk)


def _analysis(request: PageRequest, pk: int) -> Analysis:
    """The analysis, if this user may see it; else 404, as if there were none."""
    return get_object_or_404(with_people(visible_analyses(request.user)), pk=pk)


@allowed_to("analyze_text", "view_analysis")
@require_GET
def analysis(request: PageRequest, pk: int) -> HttpResponse:
    """Everything about one analysis; one that is to be decided unseen is shown in the queue."""
    visible = visible_analyses(request.user)
    found = with_people(visible).filter(pk=pk).first()
    if found is None:
        return _in_the_queue(request, pk)
    context = {
        "analysis": found,
        "result": presentation.result(found),
        "earlier": visible.filter(pk=found.revision_of_id or 0).first(),
        "later": visible.filter(revision_of=found).order_by("id"),
        "raw": presentation.raw(found),
        "categories": Category.choices,
        "detail": True,
    }
    return render(
        request, "moderation/analysis.html", context | rights(request) | rounds_of(found, request)
    )


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
        return HttpResponseRedirect(back(request, reverse("moderation:analysis", args=[pk])))
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
    } | rights(request)
    return render(request, f"moderation/parts/labelled_{place}.html", context)


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
    return HttpResponseRedirect(back(request, reverse("moderation:history")))
