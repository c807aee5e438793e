"""Decide about many items together: what would happen, then doing it, then undoing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from modelops.words import grouped
from moderation import presentation_queue as shown
from moderation.access import PageRequest, allowed_to
from moderation.errors import InputRefused, ReviewRefused
from moderation.filters_queue import queue_filter_for
from moderation.forms_queue import BatchForm
from moderation.models import DecisionBatch, ReviewDecision
from moderation.sentence_queue import only_known
from moderation.services.decide_batch import Selection, decide_batch, preview_batch
from moderation.services.undo_decision import undo_batch
from moderation.views.common import back, number
from moderation.views.queue import get_item
from moderation.views.queue_deciding import bench_of
from moderation.views.workbench import Workbench

QUERY = 2000  # characters of the list's query
MANY = 2000  # items that somebody may have ticked one by one
CHANGED = "queue-changed"


@allowed_to("review_analysis")
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: PageRequest) -> HttpResponse:
    """Ask with count, sample and consequences; then decide, unless more has come in since."""
    asked = request.POST if request.method == "POST" else request.GET
    bench = Workbench(request, QueryDict(asked.get("query", "")[:QUERY]))
    chosen = _selection(bench, asked)
    form = BatchForm(asked)
    form.is_valid()
    answer = form.cleaned_data
    if request.method == "POST" and not form.errors:
        try:
            done = decide_batch(selection=chosen, by=request.user, **answer)
        except InputRefused as error:
            return _ask(bench, chosen, answer, asked, problem=error)
        except ReviewRefused as error:
            return _ask(bench, chosen, answer, asked, problem=error, status=409)
        return _done(bench, done, answer["action"])
    return _ask(bench, chosen, answer, asked)


def _selection(bench: Workbench, asked: QueryDict) -> Selection:
    typed = map(number, asked.getlist("analysis")[:MANY])
    ticked = [pk for pk in typed if pk is not None]
    if ticked:
        return Selection(ids=ticked)
    if (same := number(asked.get("same_text_as", ""))) is not None:
        return Selection(same_text_as=same)
    known = only_known(asked, queue_filter_for(bench.user))
    filters = {name: str(value) for name, value in known.items() if name != "order"}
    return Selection(filters=filters, session=bench.session)


def _ask(
    bench: Workbench,
    chosen: Selection,
    answer: dict[str, Any],
    asked: QueryDict,
    *,
    problem: ReviewRefused | None = None,
    status: int = 422,
) -> HttpResponse:
    """The question, in the page's dialog for htmx, else on a page of its own."""
    request = bench.request
    action = answer.get("action") or ReviewDecision.Action.APPROVE
    category = answer.get("category", "") if action == ReviewDecision.Action.REJECT else ""
    preview, problems = None, [str(problem)] if problem else []
    try:
        preview = preview_batch(selection=chosen, action=action, category=category, by=request.user)
    except ReviewRefused as error:
        problems = problems or [str(error)]
    context = {
        "preview": preview,
        "sample": bench.rows(preview.sample) if preview else [],
        # of nothing, only why it is nothing
        "left_out": preview.consequences[1:-1] if preview and not preview.count else [],
        "problems": problems,
        "field": getattr(problem, "field", ""),
        "action": action,
        "category": category,
        "reason": answer.get("reason", ""),
        "categories": shown.policy_entries(category),
        "hidden": _hidden(chosen),
        "query": bench.query.urlencode(),
        "heading": "h2" if request.htmx else "h1",
        "list_url": bench.url("queue"),
    }
    template = "batch_form.html" if request.htmx else "batch.html"
    response = render(
        request, f"moderation/queue/{template}", context, status=status if problem else 200
    )
    if request.htmx and request.method == "POST":  # which meant to show the next item
        response = reswap(retarget(response, "#dialog-body"), "innerHTML")
    return response


def _hidden(chosen: Selection) -> list[tuple[str, str]]:
    """The selection as hidden fields."""
    if chosen.ids:
        return [("analysis", str(pk)) for pk in chosen.ids]
    if chosen.same_text_as:
        return [("same_text_as", str(chosen.same_text_as))]
    return list((chosen.filters or {}).items())


def _done(bench: Workbench, done: DecisionBatch, action: str) -> HttpResponse:
    words = {
        "approve": ngettext("%(n)s text approved.", "%(n)s texts approved.", done.count),
        "reject": ngettext("%(n)s text rejected.", "%(n)s texts rejected.", done.count),
    }
    text = words[action] % {"n": grouped(done.count)}
    if done.left_out:
        text += " " + ngettext(
            "%(n)s was left alone: somebody has it open or has decided it meanwhile.",
            "%(n)s were left alone: somebody has them open or has decided them meanwhile.",
            done.left_out,
        ) % {"n": grouped(done.left_out)}
    undo_url = reverse("moderation:queue_undo_batch", args=[done.pk])
    return _tell(bench, text, undo_url=undo_url)


@allowed_to("review_analysis")
@require_POST
def undo(request: PageRequest, pk: int) -> HttpResponse:
    """Reverse what still stands of a batch."""
    found = get_object_or_404(DecisionBatch, pk=pk)
    bench = bench_of(request)
    try:
        reversal = undo_batch(batch=found, by=request.user)
    except ReviewRefused as error:
        return bench.tell(str(error), kind="error", status=409)
    words = ngettext("%(n)s decision undone.", "%(n)s decisions undone.", reversal.count)
    text = words % {"n": grouped(reversal.count)}
    return _tell(bench, text)


def _tell(bench: Workbench, text: str, *, undo_url: str = "") -> HttpResponse:
    """Say it, and bring list and open item up to date."""
    request = bench.request
    if not request.htmx:
        messages.success(request, text)
        return HttpResponseRedirect(back(request, bench.url("queue")))
    pane = None
    if (open_pk := number(request.headers.get("X-Open", ""))) is not None:
        item = get_item(open_pk)
        pane = None if bench.in_the_way(item) else bench.opening(item)
    response = bench.answer(
        pane,
        text=text,
        kind="success",
        undo_url=undo_url,
        undo_target="#item",
        undo_fields={"query": bench.query.urlencode()},
    )
    trigger_client_event(response, CHANGED, after="swap")
    return reswap(retarget(response, "#item"), "outerHTML")
