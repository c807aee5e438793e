"""What the queue's pages share: the list that the address asks for, and the item that is open."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import push_url, reswap

from moderation import presentation_queue as shown
from moderation import sentence_queue as sentence
from moderation.access import PageRequest
from moderation.errors import ReviewRefused
from moderation.filters_queue import queue_filter_for
from moderation.models import Category, Language, QueueItem, UnscoredText
from moderation.paging import BadCursor, Page, cursor_after, page_of
from moderation.people import session_of
from moderation.selectors import capped_count
from moderation.selectors_care import care_of, decided_today, last_decision, severe_today
from moderation.selectors_decisions import is_lead
from moderation.selectors_queue import (
    ORDERS,
    item_detail,
    oldest_waiting,
    queue_for,
)
from moderation.sentence import address, count_words
from moderation.services.care import count_severe
from moderation.services.claims import claim_item, release_claim
from moderation.services.guards import free_for
from moderation.views.common import back, labelled_errors, number

PAGE_SIZE = 40
SEEN = 500  # severe items that a session remembers
SAME_TEXT = 1000  # items of the same text that are counted
HEAVY = [
    f"analysis__{name}"
    for name in ("spans", "explanation", "context", "search_text", "folded", "categories")
]


class Workbench:
    """The queue as one request asks for it: filter and order are in its query."""

    def __init__(self, request: PageRequest, query: QueryDict | None = None) -> None:
        self.request, self.user = request, request.user
        self.session = session_of(request)
        filter_class = queue_filter_for(self.user)
        self.query = sentence.only_known(request.GET if query is None else query, filter_class)
        self.order = ORDERS[self.query.get("order") or sentence.FIRST]
        self.care = care_of(self.user)
        self.filter = filter_class(self.query, queryset=queue_for(self.user, self.session))
        self.valid = self.filter.is_valid()

    @property
    def items(self) -> QuerySet[QueueItem]:
        return self.filter.qs if self.valid else QueueItem.objects.none()

    @cached_property
    def waiting(self) -> tuple[int, bool]:
        """How many items there are, as far as they are counted, and whether there are more.

        Counted once in a request; so ask for it after what changes the queue.
        """
        return capped_count(self.items)

    def url(self, name: str, *args: Any, **extra: str) -> str:
        query = address(self.query, **extra)
        return reverse(f"moderation:{name}", args=args) + (query if len(query) > 1 else "")

    def page(self, cursor: str | None) -> Page:
        with_texts = self.items.select_related("analysis", "claimed_by").defer(*HEAVY)
        try:
            return page_of(with_texts, cursor=cursor, size=PAGE_SIZE, order=self.order)
        except BadCursor as error:
            raise Http404 from error

    def place(self, item: QueueItem) -> str:
        """Where an item is in the order, for `next_after`; to be asked before it is decided."""
        return cursor_after(item, self.order)

    def next_after(self, place: str) -> QueueItem | None:
        """The next item after a place that nobody else has; from the top where there is none."""
        free = self.items.select_related("analysis", "claimed_by").filter(free_for(self.user))
        for cursor in dict.fromkeys((place or None, None)):
            page = page_of(free, cursor=cursor, size=1, order=self.order)
            if page.items:
                return page.items[0]
        return None

    def opening(self, item: QueueItem, *, take_over: bool = False) -> shown.Pane:
        """The item, claimed for the user where that is possible; else it says why not."""
        refused = ""
        try:
            item = claim_item(item=item, by=self.user, take_over=take_over)
        except ReviewRefused as error:
            refused = str(error)
        pane = self.pane(item, why_not=refused)
        if not refused and not pane.detail.hidden:
            self.see(pane.item)
        return pane

    def see(self, item: QueueItem) -> None:
        """Count a severe text among those of the day, once in a session."""
        seen = self.request.session.get("severe", [])
        if shown.severe(item.analysis) and item.pk not in seen:
            self.request.session["severe"] = [*seen, item.pk][-SEEN:]
            count_severe(by=self.user)

    def pane(self, item: QueueItem, *, why_not: str = "") -> shown.Pane:
        """The item as it is, without claiming it."""
        pane = shown.pane_of(item_detail(item, self.user), self.user, care=self.care)
        pane.why_not = why_not
        pane.may_take_over = bool(pane.holder) and is_lead(self.user)
        pane.list_url = self.url("queue")
        pane.same_text = self._same_text(item) if not why_not else 0
        pane.next_url = self.url("queue_next", after=str(item.pk))
        return pane

    def _same_text(self, item: QueueItem) -> int:
        """How many other open items have the same text once normalised."""
        others = queue_for(self.user, self.session).exclude(pk=item.pk)
        same = others.filter(
            analysis__normalized_digest=item.analysis.normalized_digest,
            analysis__erased_at__isnull=True,
        )
        return same.order_by()[:SAME_TEXT].count()

    def in_the_way(self, item: QueueItem) -> bool:
        """Whether the user can't decide about the item (any more), as far as its row says."""
        ended = item.state != QueueItem.State.OPEN
        leads_only = item.escalated_at is not None and not is_lead(self.user)
        return ended or leads_only or bool(shown.holder_of(item, self.user))

    def item_url(self, item: QueueItem) -> str:
        return self.url("queue_item", item.pk)

    def leave(self, pk: str) -> None:
        """Give back what was open before, if it is named."""
        for item in QueueItem.objects.filter(pk=number(pk) or 0, claimed_by=self.user):
            release_claim(item=item, by=self.user)

    def rows(self, items: list[QueueItem], current: int = 0) -> list[shown.Row]:
        return [
            shown.row_of(item, self.user, url=self.item_url(item), care=self.care, current=current)
            for item in items
        ]

    def figures(self) -> dict[str, Any]:
        total, more = self.waiting
        return {
            "total": total,
            "total_words": count_words(total, more),
            "oldest": oldest_waiting(self.user, self.session),
            "severe_today": severe_today(self.user),
            "filtered": any(name != "order" for name in self.query),
            "care": self.care,
        }

    def list_context(self, current: int = 0) -> dict[str, Any]:
        cursor = self.request.GET.get("cursor")
        page = self.page(cursor)
        chips = sentence.chips(self.query, self.filter.form.cleaned_data) if self.valid else []
        return self.figures() | {
            "rows": self.rows(page.items, current),
            "next": self.url("queue", cursor=page.next) if page.next else "",
            "next_rows": self.url("queue_rows", cursor=page.next) if page.next else "",
            "previous": self.url("queue") if page.previous else "",
            "here": self.url("queue"),
            "query": self.query.urlencode(),
            "values": self.query,
            "chips": chips,
            "filter_errors": labelled_errors(self.filter),
            "order": self.query.get("order", sentence.FIRST),
            "orders": sentence.ORDER_NAMES.items(),
            "newest": QueueItem.objects.aggregate(newest=Max("pk"))["newest"] or 0,
            "unscored": UnscoredText.objects.filter(state=UnscoredText.State.WAITING).count(),
            "is_lead": is_lead(self.user),
            "kinds": [pair for pair in self.filter.form.fields["kind"].choices if pair[0]],
            "languages": Language.choices,
            "categories": Category.choices,
            "scores": [(f"{points / 100:g}", points) for points in range(0, 101, 10)],
            "ages": [(str(age), sentence.hours(age)) for age in sentence.AGES],
        }

    def pane_context(self, pane: shown.Pane | None) -> dict[str, Any]:
        """What the right side needs, with an item or without."""
        last = last_decision(self.user)
        context: dict[str, Any] = {
            "pane": pane,
            "query": self.query.urlencode(),
            "last": shown.undoable(last, care=self.care) if last else None,
        }
        if pane is None:
            total, more = self.waiting
            context |= {
                "first_url": self.url("queue_next") if self.next_after("") else "",
                "total": total,
                "total_words": count_words(total, more),
                "decided_today": decided_today(self.user),
            }
        return context

    def answer(
        self,
        pane: shown.Pane | None,
        *,
        gone: list[int] | None = None,
        status: int = 200,
        **extra: Any,
    ) -> HttpResponse:
        """The right side anew, for htmx, with the figures above the list."""
        context = self.pane_context(pane) | self.figures() | extra
        context["gone"] = " ".join(map(str, gone or []))
        template = "moderation/queue/answer.html"
        response = render(self.request, template, context, status=status)
        return push_url(response, self.item_url(pane.item) if pane else self.url("queue"))

    def show(
        self, pane: shown.Pane, *, status: int = 200, gone: list[int] | None = None
    ) -> HttpResponse:
        """The item: its part of the page for htmx, else the whole page."""
        if self.request.htmx:
            return self.answer(pane, status=status, gone=gone)
        context = self.list_context(pane.item.pk) | self.pane_context(pane)
        return render(self.request, "moderation/queue/queue.html", context, status=status)

    def tell(self, text: str, *, kind: str, status: int = 200) -> HttpResponse:
        """One sentence: a toast for htmx, else on the queue's page."""
        if not self.request.htmx:
            (messages.success if kind == "success" else messages.error)(self.request, text)
            return HttpResponseRedirect(back(self.request, self.url("queue")))
        context = {"text": text, "kind": kind}
        response = render(self.request, "moderation/parts/toast.html", context, status=status)
        return reswap(response, "none")  # whatever asked stays as it is
