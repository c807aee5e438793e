"""The current filter as a sentence of chips, each with the address that leaves it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from modelops.words import grouped
from moderation.filters import AnalysisFilter
from moderation.models import Category


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    query: str  # query string, with its "?", of the page without (or with) this condition


def count_words(number: int, more: bool) -> str:
    """A number as far as it was counted: `more` when there are more."""
    return f"{grouped(number)}+" if more else grouped(number)


def kept(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The parameters of these names, without empty ones and what else is in the address."""
    result = QueryDict(mutable=True)
    for name in names:
        if value := query.get(name, "").strip():
            result[name] = value
    return result


def only_filters(query: QueryDict) -> QueryDict:
    """The parameters that filter the history."""
    return kept(query, AnalysisFilter.base_filters)


def address(query: QueryDict, **changes: str) -> str:
    """`query` with `changes` ("" removes) as a query string with its "?", or "?" alone."""
    changed = query.copy()
    for name, value in changes.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    return "?" + changed.urlencode()


def chips_of(
    query: QueryDict,
    cleaned: dict[str, Any],
    *,
    order: Iterable[str],
    words: Callable[[str, Any], str],
) -> list[Chip]:
    """The conditions that hold, in the `order` of a sentence, as `words` says them."""
    return [
        Chip(words=words(name, cleaned[name]), query=address(query, **{name: ""}))
        for name in order
        if cleaned.get(name) not in (None, "") and name in query
    ]


def chips(query: QueryDict, cleaned: dict[str, Any]) -> list[Chip]:
    """The conditions of the history's filter."""
    return chips_of(query, cleaned, order=_ORDER, words=_words)


def suggestions(query: QueryDict) -> list[Chip]:
    """Conditions that are often wanted and not there yet."""
    week = (timezone.localdate() - timedelta(days=6)).isoformat()
    offered: Iterable[tuple[str, str, str]] = (
        ("decision", "review", _words("decision", "review")),
        ("decision", "block", _words("decision", "block")),
        ("labelled", "false", _words("labelled", False)),
        ("created_after", week, pgettext("filter", "last 7 days")),
    )
    return [
        Chip(words=words, query=address(query, **{name: value}))
        for name, value, words in offered
        if name not in query
    ]


_ORDER = (
    "decision",
    "toxic",
    "category",
    "language",
    "labelled",
    "author",
    "source",
    "external_id",
    "model_version",
    "score_min",
    "score_max",
    "created_after",
    "created_before",
    "search",
)


def common_words(name: str, value: Any) -> str:
    """A condition that several filters have, in words; "" for others."""
    languages = {
        "es": pgettext("filter", "in Spanish"),
        "en": pgettext("filter", "in English"),
        "und": pgettext("filter", "in another language"),
    }
    if name == "language":
        return languages[value]
    if name == "category":
        return str(Category(value).label).lower()
    if name in ("score_min", "score_max"):
        points = number_format(round(100 * value, 1).normalize(), use_l10n=True)
        words = _("score from %(points)s") if name == "score_min" else _("score up to %(points)s")
        return words % {"points": points}
    if name == "source":
        return _("from source “%(value)s”") % {"value": value}
    if name == "search":
        return _("with the words “%(value)s”") % {"value": value}
    return ""


def _words(name: str, value: Any) -> str:
    fixed = {
        ("decision", "allow"): pgettext("filter", "allowed"),
        ("decision", "review"): pgettext("filter", "to review"),
        ("decision", "block"): pgettext("filter", "blocked"),
        ("toxic", True): pgettext("filter", "toxic"),
        ("toxic", False): pgettext("filter", "not toxic"),
        ("labelled", True): pgettext("filter", "with an answer"),
        ("labelled", False): pgettext("filter", "without an answer"),
    }
    if words := fixed.get((name, value)) or common_words(name, value):
        return words
    if name in ("created_after", "created_before"):
        return _when(name, value)
    return {
        "author": _("by author “%(value)s”"),
        "external_id": _("with id “%(value)s”"),
        "model_version": _("by model %(value)s"),
    }[name] % {"value": value}


def _when(name: str, moment: Any) -> str:
    local = timezone.localtime(moment)
    midnight = local.time() == local.time().min
    if midnight and name == "created_before":
        local -= timedelta(days=1)  # a day counts to its end
    day = date_format(local, "DATE_FORMAT" if midnight else "DATETIME_FORMAT")
    words = _("from %(day)s on") if name == "created_after" else _("until %(day)s")
    return words % {"day": day}
