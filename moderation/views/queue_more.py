"""Beside the queue: what was decided, texts without a score, how one works, another look."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from modelops import serving
from moderation.access import PageRequest, allowed_to
from moderation.errors import ReviewRefused
from moderation.forms_queue import AppealForm, CareForm
from moderation.models import Analysis, DecisionBatch, ReviewDecision, UnscoredText
from moderation.presentation_queue import is_undone
from moderation.selectors import known_analyses
from moderation.selectors_care import care_of
from moderation.selectors_decisions import ENDINGS, decisions_of, is_lead
from moderation.selectors_queue import open_item
from moderation.services.another_look import appeal_analysis
from moderation.services.care import set_care
from moderation.services.unscored import dismiss_unscored, score_unscored
from moderation.unscored_texts import problem_text
from moderation.views.common import back, number

PAGE_SIZE = 50
Action = ReviewDecision.Action


@allowed_to("review_analysis")
@require_GET
def decisions(request: PageRequest) -> HttpResponse:
    """One's own decisions, newest first, or everybody's; batches as one. Each can be undone."""
    everybody = request.GET.get("whose") == "all" and is_lead(request.user)
    batches = request.GET.get("show") == "batches"
    found: QuerySet[Any]
    if batches:
        found = DecisionBatch.objects.filter(reverses__isnull=True)
        found = found.select_related("by", "reversal__by").prefetch_related("decisions")
    else:
        found = ReviewDecision.objects.filter(batch__isnull=True).exclude(action=Action.UNDO)
        found = found.select_related("by", "reversal__by", "analysis")
    if not everybody:
        found = found.filter(by=request.user)
    if (before := number(request.GET.get("before", ""))) is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: PAGE_SIZE + 1])
    context = {
        "decisions": page[:PAGE_SIZE],
        "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
        "everybody": everybody,
        "batches": batches,
        "is_lead": is_lead(request.user),
        "care": care_of(request.user),
    }
    return render(request, "moderation/queue/decisions.html", context)


@allowed_to("review_analysis")
@require_GET
def unscored(request: PageRequest) -> HttpResponse:
    """Texts that no model has judged: an import or a new scoring stumbled over them."""
    waiting = UnscoredText.objects.filter(state=UnscoredText.State.WAITING)
    if (after := number(request.GET.get("after", ""))) is not None:
        waiting = waiting.filter(pk__gt=after)
    page = list(waiting.order_by("pk")[: PAGE_SIZE + 1])
    context = {
        "texts": [(text, problem_text(text.problem)) for text in page[:PAGE_SIZE]],
        "more": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
    }
    return render(request, "moderation/queue/unscored.html", context)


@allowed_to("review_analysis")
@require_POST
def settle_unscored(request: PageRequest, pk: int) -> HttpResponse:
    """Score a text after all, or take it off the list."""
    text = get_object_or_404(UnscoredText, pk=pk)
    try:
        if request.POST.get("action") == "score":
            analysis = score_unscored(text=text, by=request.user)
            number = {"id": analysis.pk}
            messages.success(request, _("Scored: it is analysis %(id)s now.") % number)
        else:
            dismiss_unscored(text=text, by=request.user)
            messages.success(request, _("Taken off the list. The text is kept in the records."))
    except ReviewRefused as error:
        messages.error(request, str(error))
    except serving.ModelUnavailable:
        messages.error(request, _("There is no model to score with. Nothing was changed."))
    return redirect("moderation:queue_unscored")


@allowed_to("review_analysis")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: PageRequest) -> HttpResponse:
    """How one likes to work: keys, blur, colours, pauses."""
    form = CareForm(
        request.POST if request.method == "POST" else None, instance=care_of(request.user)
    )
    if form.is_valid():
        set_care(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("moderation:queue_settings")
    status = 422 if form.is_bound else 200
    return render(request, "moderation/queue/settings.html", {"form": form}, status=status)


@allowed_to("review_analysis")
@require_POST
def blur(request: PageRequest) -> HttpResponse:
    """Switch the blur on or off, and stay where one is."""
    care = care_of(request.user)
    set_care(
        by=request.user,
        shortcuts=care.shortcuts,
        blur=request.POST.get("blur") == "true",
        greyscale=care.greyscale,
        pause_minutes=care.pause_minutes,
    )
    return HttpResponseRedirect(back(request, reverse("moderation:queue")))


@allowed_to("review_analysis")
@require_POST
def appeal(request: PageRequest, pk: int) -> HttpResponse:
    """Ask for another look at an analysis that was decided."""
    analysis = get_object_or_404(known_analyses(request.user), pk=pk)
    form = AppealForm(request.POST)
    if form.is_valid():
        try:
            appeal_analysis(analysis=analysis, by=request.user, **form.cleaned_data)
            messages.success(request, _("Another person will look at it."))
        except ReviewRefused as error:
            messages.error(request, str(error))
    else:
        messages.error(request, _("Say what speaks for another look. Nothing was changed."))
    return HttpResponseRedirect(reverse("moderation:analysis", args=[pk]))


def rounds_of(analysis: Analysis, request: PageRequest) -> dict[str, Any]:
    """What the page of an analysis says about its rounds of review."""
    if not request.user.has_perm("moderation.review_analysis"):
        return {}
    taken = list(decisions_of(analysis))
    waiting = open_item(analysis)
    standing = any(one.action in ENDINGS and not is_undone(one) for one in taken)
    return {
        "rounds": True,
        "decisions": taken,
        "waiting_item": waiting,
        "appeal_form": AppealForm() if standing and not waiting else None,
    }
