"""The queue's filter as chips, each with the address that leaves it out."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from moderation.filters_queue import QueueFilter
from moderation.models import QueueItem
from moderation.sentence import Chip, chips_of, common_words, kept

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
    known = kept(query, filter_class.base_filters)
    order = query.get("order", "")
    if order in ORDER_NAMES and order != FIRST:
        known["order"] = order
    return known


def chips(query: QueryDict, cleaned: dict[str, Any]) -> list[Chip]:
    """The conditions of the queue's filter."""
    return chips_of(query, cleaned, order=_SEQUENCE, words=words_of)


def hours(number: Any) -> str:
    """How long something has waited at least: "4 h"."""
    return f"{number_format(number, use_l10n=True)} h"


def words_of(name: str, value: Any) -> str:
    fixed = {
        ("claimed", True): pgettext("filter", "open at somebody's"),
        ("claimed", False): pgettext("filter", "free"),
        ("escalated", True): pgettext("filter", "escalated"),
        ("escalated", False): pgettext("filter", "not escalated"),
    }
    if words := fixed.get((name, value)) or common_words(name, value):
        return words
    if name == "kind":
        return str(QueueItem.Kind(value).label).lower()
    return _("waiting for at least %(time)s") % {"time": hours(value)}
