"""Thresholds and base rate of the site: shown, tried on recent analyses, saved, cleared."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from modelops.access import PageRequest, operators_only
from modelops.forms import ThresholdsForm
from modelops.models import Door
from modelops.selectors_thresholds import preview_thresholds, threshold_state
from modelops.services.clear_thresholds import clear_thresholds
from modelops.services.set_thresholds import set_thresholds
from modelops.views.doing import Question, ask, carry_out, reason_of
from modelops.views.metrics import language_names
from modelops.words import percent

CHANGED = "thresholds-changed"


def threshold_context(data: Any = None) -> dict[str, Any]:
    """The form and what it starts from; empty where no model is live."""
    state = threshold_state()
    if not state["thresholds"]:
        return {"threshold_state": None}
    names = {code: name for code, name in language_names().items() if code in state["thresholds"]}
    form = ThresholdsForm(data, languages=names, initial=_initial(state))
    return {
        "threshold_state": state,
        "form": form,
        "rows": [_row(form, code, name, state) for code, name in names.items()],
        "base_rate_of_version": _short(state["base_rate_of_version"]),
    }


def _initial(state: dict[str, Any]) -> dict[str, Any]:
    site = state["site"] or {}
    initial = {
        f"{kind}_{code}": _plain(value)
        for code, limits in (site.get("thresholds") or {}).items()
        for kind, value in limits.items()
    }
    if site.get("base_rate") is not None:
        initial["base_rate"] = _plain(site["base_rate"])
    return initial


def _row(form: ThresholdsForm, code: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    limits, own = state["thresholds"][code], state["thresholds_of_version"][code]
    fields = []
    for kind, words in (("review", _("Review from")), ("block", _("Block from"))):
        bound = form[f"{kind}_{code}"]
        bound.field.widget.attrs["placeholder"] = _short(own[kind])
        fields.append({"field": bound, "label": words, "own": percent(own[kind])})
    return {
        "code": code,
        "name": name,
        "fields": fields,
        "review": _place(limits["review"]),
        "review_width": _place(limits["block"] - limits["review"]),
        "block": _place(limits["block"]),
        "block_width": _place(1 - limits["block"]),
        "words": _("review from %(review)s, block from %(block)s")
        % {"review": percent(limits["review"]), "block": percent(limits["block"])},
        "set_here": code in ((state["site"] or {}).get("thresholds") or {}),
    }


def _place(share: float) -> str:
    return f"{100 * max(0.0, share):.2f}%"


def _plain(share: float) -> float:
    return round(100 * share, 4)


def _short(share: float) -> str:
    return number_format(round(100 * share, 2), use_l10n=True)


@operators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thresholds(request: PageRequest) -> HttpResponse:
    """Try what was typed on recent analyses; save it once it has been seen."""
    context = threshold_context(request.POST if request.method == "POST" else None)
    form = context.get("form")
    status = 200
    if request.method == "POST" and form is not None:
        if not form.is_valid():
            status = 422
        elif "save" in request.POST:
            return carry_out(request, lambda: _save(request, form), event=CHANGED, place="limits")
        else:
            context["preview"] = _preview(request, form)
    template = "parts/thresholds.html" if request.htmx else "thresholds.html"
    return render(request, f"modelops/{template}", context, status=status)


def _preview(request: PageRequest, form: ThresholdsForm) -> dict[str, Any]:
    """What would change, with the decisions in words."""
    found = preview_thresholds(
        thresholds=form.thresholds(), base_rate=form.base_rate(), reader=request.user
    )
    words = {"allow": _("allow"), "review": _("review"), "block": _("block")}
    found["changes"] = [
        {"before": words[before], "after": words[after], "count": count}
        for change, count in found["by_change"].items()
        for before, after in [change.split("→")]
    ]
    for example in found["examples"]:
        example["before_words"] = words[example["before"]]
        example["after_words"] = words[example["after"]]
    return found


def _save(request: PageRequest, form: ThresholdsForm) -> str:
    set_thresholds(
        thresholds=form.thresholds(),
        base_rate=form.base_rate(),
        by=request.user,
        reason=reason_of(form),
        door=Door.PAGE,
    )
    return _("Thresholds saved. Every process uses them within two seconds.")


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def clear(request: PageRequest) -> HttpResponse:
    """Ask, then go back to the thresholds that the version brings."""

    def action() -> str:
        clear_thresholds(by=request.user, reason=_("Asked for on the model page"), door=Door.PAGE)
        return _("The thresholds are those of the version again.")

    if request.method == "POST":
        return carry_out(request, action, event=CHANGED, place="limits")
    return ask(
        request,
        Question(
            heading=_("Go back to the thresholds of the version?"),
            consequences=[
                _("The site's own thresholds and base rate no longer count."),
                _("Analyses that are stored keep the decisions they have."),
            ],
            button=_("Go back"),
        ),
    )
