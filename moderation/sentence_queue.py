"""The queue's filter as chips, each with the address that leaves it out."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from modelops.words import grouped
from moderation.filters_queue import QueueFilter
from moderation.models import Category, QueueItem
from moderation.sentence import Chip, address

FIRST = "harmful"  # the order where none is chosen
AGES = (1, 4, 24, 72)  # hours that the filter offers
ORDER_NAMES = {
    "harmful": pgettext_lazy("order", "Most harmful"),
    "uncertain": pgettext_lazy("order", "Most uncertain"),
    "oldest": pgettext_lazy("order", "Oldest"),
    "newest": pgettext_lazy("order", "Newest"),
}
_SEQUENCE = (
    "kind",
    "escalated",
    "claimed",
    "category",
    "language",
    "source",
    "score_min",
    "score_max",
    "older_than",
    "search",
)


def only_known(query: QueryDict, filter_class: type[QueueFilter]) -> QueryDict:
    """The parameters that filter or order, without empty ones and what else is in the address."""
    kept = QueryDict(mutable=True)
    for name in filter_class.base_filters:
        if value := query.get(name, "").strip():
            kept[name] = value
    order = query.get("order", "")
    if order in ORDER_NAMES and order != FIRST:
        kept["order"] = order
    return kept


def chips(query: QueryDict, cleaned: dict[str, Any]) -> list[Chip]:
    """The conditions that hold, in the order of a sentence."""
    return [
        Chip(words=words_of(name, cleaned[name]), query=address(query, **{name: ""}))
        for name in _SEQUENCE
        if cleaned.get(name) not in (None, "") and name in query
    ]


def count_words(number: int, more: bool) -> str:
    return f"{grouped(number)}+" if more else grouped(number)


def hours(number: Any) -> str:
    """How long something has waited at least: "4 h"."""
    return f"{number_format(number, use_l10n=True)} h"


def words_of(name: str, value: Any) -> str:
    fixed = {
        ("language", "es"): pgettext("filter", "in Spanish"),
        ("language", "en"): pgettext("filter", "in English"),
        ("language", "und"): pgettext("filter", "in another language"),
        ("claimed", True): pgettext("filter", "open at somebody's"),
        ("claimed", False): pgettext("filter", "free"),
        ("escalated", True): pgettext("filter", "escalated"),
        ("escalated", False): pgettext("filter", "not escalated"),
    }
    if words := fixed.get((name, value)):
        return words
    if name == "kind":
        return str(QueueItem.Kind(value).label).lower()
    if name == "category":
        return str(Category(value).label).lower()
    if name in ("score_min", "score_max"):
        points = number_format(round(100 * value, 1).normalize(), use_l10n=True)
        words = _("score from %(points)s") if name == "score_min" else _("score up to %(points)s")
        return words % {"points": points}
    if name == "older_than":
        return _("waiting for at least %(time)s") % {"time": hours(value)}
    return {
        "source": _("from source “%(value)s”"),
        "search": _("with the words “%(value)s”"),
    }[name] % {"value": value}
