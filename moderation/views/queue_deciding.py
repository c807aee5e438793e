"""Decide about the open item, undo, reserve it, give it back, write a note."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from moderation import presentation_queue as shown
from moderation.access import PageRequest, allowed_to
from moderation.errors import InputRefused, ReasonRequired, ReviewRefused
from moderation.forms_queue import DecideForm, NoteForm
from moderation.models import QueueItem, ReviewDecision
from moderation.services.another_look import add_note
from moderation.services.claims import release_claim
from moderation.services.decide_item import decide_item
from moderation.services.undo_decision import undo_decision
from moderation.views.common import back
from moderation.views.queue import get_item
from moderation.views.workbench import Workbench


def bench_of(request: PageRequest) -> Workbench:
    """The list that the form was in, which says what comes next."""
    return Workbench(request, QueryDict(request.POST.get("query", "")[:2000]))


@allowed_to("review_analysis")
@require_POST
def decide(request: PageRequest, pk: int) -> HttpResponse:
    """Take the decision and go on to the next item; or say what was in the way."""
    item, bench = get_item(pk), bench_of(request)
    place = bench.place(item)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    answer = form.cleaned_data
    try:
        decision = decide_item(item=item, by=request.user, session=bench.session, **answer)
    except InputRefused as error:
        return _ask_again(bench, get_item(pk), answer, error)
    except ReviewRefused as error:
        return _refused(bench, get_item(pk), str(error))
    if item.blind and decision.action != ReviewDecision.Action.SKIP:
        bench.see(item)  # only now: the count must not tell before what the page does not show
    following = bench.next_after(place)
    if not request.htmx:
        messages.success(request, f"{shown.did(decision)}.")
        return HttpResponseRedirect(bench.item_url(following) if following else bench.url("queue"))
    pane = bench.opening(following) if following else None
    return bench.answer(pane, gone=[pk], said=f"{shown.did(decision)}.")


def _ask_again(
    bench: Workbench, item: QueueItem, answer: dict[str, Any], error: InputRefused
) -> HttpResponse:
    """The item again, with what was typed and what is missing."""
    pane = bench.opening(item)
    pane.reason, pane.reply = answer["reason"], answer["reply"]
    pane.reject_open = True
    pane.chosen = answer["category"]
    if isinstance(error, ReasonRequired):
        pane.reason_error = str(error)
    else:
        pane.problems.append(str(error))
    return bench.show(pane, status=422)


def _refused(bench: Workbench, item: QueueItem, words: str) -> HttpResponse:
    """The item as it is now, and what happened to it meanwhile."""
    gone = [item.pk] if item.state != QueueItem.State.OPEN else []
    return bench.show(bench.pane(item, why_not=words), status=409, gone=gone)


@allowed_to("review_analysis")
@require_POST
def undo(request: PageRequest, pk: int) -> HttpResponse:
    """Reverse a decision and open its item again."""
    decision = get_object_or_404(ReviewDecision.objects.select_related("item"), pk=pk)
    bench = bench_of(request)
    try:
        undo_decision(decision=decision, by=request.user)
    except ReviewRefused as error:
        return bench.tell(str(error), kind="error", status=409)
    text = _("Undone: %(what)s.") % {"what": shown.did(decision).lower()}
    if not request.htmx:
        messages.success(request, text)
        return HttpResponseRedirect(back(request, bench.item_url(decision.item)))
    pane = bench.opening(get_item(decision.item_id))
    again = bench.rows([pane.item], current=pane.item.pk)
    beside = request.headers.get("X-Beside", "")
    return bench.answer(
        pane, again=again, beside=beside if beside.isdecimal() else "", text=text, kind="success"
    )


@allowed_to("review_analysis")
@require_POST
def claim(request: PageRequest, pk: int) -> HttpResponse:
    """Reserve an item, also one that somebody else has, where the user may."""
    bench = bench_of(request)
    item = get_item(pk)
    pane = bench.opening(item, take_over=request.POST.get("take_over") == "true")
    return bench.show(pane, status=409 if pane.why_not else 200)


@allowed_to("review_analysis")
@require_POST
def release(request: PageRequest, pk: int) -> HttpResponse:
    """Give an item back, if the claim is still the one that is named."""
    item = get_item(pk)
    until = item.claim_expires_at
    if until and request.POST.get("until") in ("", until.isoformat()):
        release_claim(item=item, by=request.user)
    return HttpResponse(status=204)


@allowed_to("review_analysis")
@require_POST
def note(request: PageRequest, pk: int) -> HttpResponse:
    """Add a note; the notes anew for htmx, else the item's page."""
    item, bench, form = get_item(pk), bench_of(request), NoteForm(request.POST)
    if form.is_valid():
        add_note(analysis=item.analysis, text=form.cleaned_data["text"], by=request.user)
    if not request.htmx:
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors["text"])))
        return HttpResponseRedirect(bench.item_url(item) + "#notes")
    pane = bench.pane(get_item(pk))
    if not form.is_valid():
        pane.note, pane.note_error = (
            request.POST.get("text", ""),
            " ".join(map(str, form.errors["text"])),
        )
    context = {"pane": pane, "query": bench.query.urlencode()}
    status = 422 if pane.note_error else 200
    return render(request, "moderation/queue/notes.html", context, status=status)
