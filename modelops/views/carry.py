"""Thresholds of another service, carried over by a file of texts that it has scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from modelops.access import PageRequest, operators_only
from modelops.attributes import PERSPECTIVE
from modelops.carry_texts import named_switches
from modelops.errors import OperationFailed
from modelops.forms import CarryForm
from modelops.ml.carry import Carried, Switch
from modelops.rest.bodies import MEBIBYTE
from modelops.selectors_thresholds import site_thresholds
from modelops.services.carry_thresholds import (
    CarryReport,
    Comparison,
    carry_thresholds,
    with_proposed,
)
from modelops.views.metrics import language_names
from modelops.words import percent

# so much is scored within a request; the command takes more
MAX_ROWS = 10_000
MAX_MEBIBYTES = 10


@operators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def carry(request: PageRequest) -> HttpResponse:
    """Ask for the file and the old thresholds; show what they are worth here. Nothing is kept."""
    names = language_names()
    if request.method != "POST":
        return _page(request, CarryForm(languages=names))
    form = CarryForm(request.POST, request.FILES, languages=names)
    if not form.is_valid():
        return _page(request, form)
    upload = form.cleaned_data["file"]
    if upload.size > MAX_MEBIBYTES * MEBIBYTE:
        told = _("The file is larger than %(limit)s MiB. A random part of it is enough.")
        form.add_error("file", told % {"limit": MAX_MEBIBYTES})
        return _page(request, form)
    try:
        report = carry_thresholds(
            source=upload.file,
            name=upload.name,
            thresholds=form.thresholds(),
            block=form.cleaned_data["block"],
            text_column=form.cleaned_data["text_column"],
            language=form.cleaned_data["language"],
            limit=MAX_ROWS,
        )
    except OperationFailed as error:
        form.add_error(None, str(error).splitlines())
        return _page(request, form)
    return _page(request, form, report)


def _page(request: PageRequest, form: CarryForm, report: CarryReport | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "others": [form[name] for name in (*list(PERSPECTIVE)[1:], "language", "text_column")],
        "limit": MAX_ROWS,
    }
    if report is not None:
        context |= {
            "report": report,
            "comparisons": [_shown(one) for one in report.comparisons],
            "proposals": [_proposal(code, limits) for code, limits in report.proposed.items()],
            "fields": _fields(report.proposed),
        }
    wrong = form.is_bound and report is None
    return render(request, "modelops/carry.html", context, status=422 if wrong else 200)


def _shown(one: Comparison) -> dict[str, Any]:
    """A comparison in words."""
    shown: dict[str, Any] = {
        "name": one.attribute,
        "language": language_names()[one.language],
        "texts": one.texts,
        "lacking": one.carried is None,
        "rough": one.rough,
        "tables": [],
    }
    if one.carried is not None:
        shown["correlation"] = _measure(one.carried.correlation)
        shown["tables"] = [
            _table(words, carried)
            for words, carried in ((_("Review"), one.carried), (_("Block"), one.blocking))
            if carried is not None and carried.same_number is not None
        ]
    return shown


def _table(words: str, carried: Carried) -> dict[str, Any]:
    assert carried.same_number is not None
    return {
        "name": words,
        "threshold": _plain(carried.same_number.threshold),
        "flagged": carried.flagged,
        "rate": percent(carried.flagged / carried.texts),
        "found": carried.found is not None,
        "rows": [_switch(name, one, carried.texts) for name, one in named_switches(carried)],
    }


def _switch(name: str, one: Switch, texts: int) -> dict[str, Any]:
    return {
        "name": name,
        "threshold": _plain(one.threshold),
        "flagged": one.flagged,
        "rate": percent(one.flagged / texts),
        "same": percent(one.same),
        "kappa": _measure(one.kappa),
        "newly": one.newly,
        "no_longer": one.no_longer,
    }


def _plain(threshold: float) -> str:
    return number_format(threshold, use_l10n=True)


def _measure(value: float | None) -> str:
    if value is None:
        return "—"
    return number_format(round(value, 2), decimal_pos=2, use_l10n=True)


def _points(share: float) -> str:
    return number_format(round(100 * share, 2), use_l10n=True)


def _proposal(code: str, limits: Mapping[str, float]) -> str:
    return _("%(language)s: review from %(review)s, block from %(block)s") % {
        "language": language_names()[code],
        "review": _points(limits["review"]),
        "block": _points(limits["block"]),
    }


def _fields(proposed: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """What the form of the thresholds is filled in with: the site's own stay as they are."""
    if not proposed:
        return {}
    fields = {
        f"{kind}_{code}": _points(limits[kind])
        for code, limits in with_proposed(proposed).items()
        for kind in ("review", "block")
    }
    rate = site_thresholds().base_rate
    reason = _("Carried over from another service")
    return fields | {"base_rate": "" if rate is None else _points(rate), "reason": reason}
