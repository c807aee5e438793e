"""The queue: the list, the open item, and what colleagues do meanwhile."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from moderation import presentation_queue as shown
from moderation.access import PageRequest, allowed_to
from moderation.errors import ReviewRefused
from moderation.models import QueueItem
from moderation.services.claims import renew_claim
from moderation.services.guards import raise_why_not, refuse_by_role
from moderation.views.common import number
from moderation.views.workbench import Workbench

WATCHED = 500  # rows of a list that are kept up to date
PILL = 100  # new items that are counted


@allowed_to("review_analysis")
@require_GET
@never_cache
def queue(request: PageRequest) -> HttpResponse:
    """The list alone; on the desktop with the way to begin beside it."""
    bench = Workbench(request)
    if request.htmx and request.htmx.target == "queue-list":
        return render(request, "moderation/queue/list.html", bench.list_context())
    if request.htmx and request.htmx.target == "item":
        bench.leave(request.headers.get("X-Left", ""))
        return bench.answer(None)
    return render(
        request, "moderation/queue/queue.html", bench.list_context() | bench.pane_context(None)
    )


@allowed_to("review_analysis")
@require_GET
def rows(request: PageRequest) -> HttpResponse:
    """More rows of the list."""
    return render(request, "moderation/queue/rows.html", Workbench(request).list_context())


@allowed_to("review_analysis")
@require_GET
@never_cache
def item(request: PageRequest, pk: int) -> HttpResponse:
    """Open an item, which reserves it; for htmx only the right side."""
    bench = Workbench(request)
    bench.leave(request.headers.get("X-Left", ""))
    return bench.show(bench.opening(get_item(pk)))


@allowed_to("review_analysis")
@require_GET
@never_cache
def following(request: PageRequest) -> HttpResponse:
    """Open what comes after an item, or first, and is free at this moment."""
    bench = Workbench(request)
    bench.leave(request.headers.get("X-Left", ""))
    after = number(request.GET.get("after", ""))
    found = bench.next_after(bench.place(get_item(after)) if after is not None else "")
    if request.htmx:
        return bench.answer(bench.opening(found) if found else None)
    return HttpResponseRedirect(bench.item_url(found) if found else bench.url("queue"))


@allowed_to("review_analysis")
@require_POST
def live(request: PageRequest) -> HttpResponse:
    """What changed in the rows that are shown, and how long the open item stays reserved.

    Nothing at all (204) where nothing has changed, which is nearly always.
    """
    bench = Workbench(request)
    known = _known_rows(request.POST.get("rows", ""))
    here = {
        found.pk: found for found in bench.items.filter(pk__in=known).select_related("claimed_by")
    }
    opened = number(request.POST.get("open", ""))
    context: dict[str, Any] = _open_item(bench, opened) if opened is not None else {}
    gone = [pk for pk in known if pk not in here and pk != opened]
    changed = [
        found
        for pk, found in here.items()
        if known[pk] != shown.state_of(found, shown.holder_of(found, bench.user))
    ]
    new = _new_items(bench, request)
    if not (gone or changed or new is not None or context):
        return HttpResponse(status=204)
    context |= {"gone_rows": gone, "changed_rows": _changed(bench, changed), "new": new}
    if gone or new is not None:
        context |= bench.figures() | {"figures": True, "here": bench.url("queue")}
    return render(request, "moderation/queue/live.html", context)


def get_item(pk: int) -> QueueItem:
    items = QueueItem.objects.select_related("analysis", "claimed_by")
    return get_object_or_404(items, pk=pk, analysis__erased_at__isnull=True)


def _known_rows(typed: str) -> dict[int, str]:
    """The rows that the page shows: "12:0a1b2c3d,13:…" as {number: state}."""
    pairs = (part.partition(":") for part in typed.split(",")[:WATCHED])
    numbered = ((number(pk), state) for pk, _colon, state in pairs)
    return {pk: state for pk, state in numbered if pk is not None}


def _new_items(bench: Workbench, request: PageRequest) -> int | None:
    """How many came in since the page was made; None where the page says so already."""
    newest, said = number(request.POST.get("newest", "")), request.POST.get("said", "0")
    if newest is None:
        return None
    count = bench.items.filter(pk__gt=newest).order_by()[:PILL].count()
    return None if str(count) == said else count


def _changed(bench: Workbench, items: list[QueueItem]) -> list[shown.Row]:
    fresh = QueueItem.objects.select_related("analysis", "claimed_by")
    return bench.rows(list(fresh.filter(pk__in=[item.pk for item in items])))


def _open_item(bench: Workbench, pk: int) -> dict[str, Any]:
    """What is new about the item that is open; nothing, if nothing is."""
    found = QueueItem.objects.select_related("analysis", "claimed_by").filter(pk=pk).first()
    if found is None:
        return {}
    try:
        if bench.in_the_way(found):
            refuse_by_role(found, bench.user)
            raise_why_not(found, bench.user)
        elif bench.request.POST.get("used") and shown.wants_renewal(found):
            return {"pane": bench.pane(renew_claim(item=found, by=bench.user)), "claim": True}
    except ReviewRefused as error:
        return bench.pane_context(bench.pane(get_item(pk), why_not=str(error))) | {"lost": True}
    return {}
