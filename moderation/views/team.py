"""The team's first page: what waits, what was done in the last month, and how well."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from modelops.words import grouped, lasted
from moderation import charts_team, selectors_team
from moderation.access import PageRequest, allowed_to
from moderation.sentence import count_words
from moderation.views.common import chart_image


@allowed_to("manage_team")
@require_GET
def team(request: PageRequest) -> HttpResponse:
    figures = selectors_team.team_figures()
    waiting = selectors_team.waiting_now()
    context = {
        "tab": "figures",
        "figures": figures,
        "waiting": waiting,
        "median_words": _roughly(figures.median),
        "waiting_words": count_words(waiting.count, waiting.many),
        "window": {
            "days": selectors_team.DAYS,
            "most": grouped(selectors_team.MOST),
            "sample": grouped(selectors_team.SAMPLE),
        },
        "charts": {
            name: {"v": written, "height": charts_team.height_of(name, written)}
            for name, written in _charts(figures).items()
        },
        "categories": _categories(figures),
        "versions": _versions(figures),
        "audits_wrong": figures.audits.decided - figures.audits.agreed,
    }
    return render(request, "moderation/team/figures.html", context)


def _roughly(seconds: float | None) -> str:
    """In whole minutes from the first minute on: at the top of the page, seconds say nothing."""
    if seconds is None:
        return "—"
    return lasted(seconds if seconds < 60 else 60 * round(seconds / 60))


def _charts(figures: selectors_team.Figures) -> dict[str, str]:
    """What the addresses of the charts say."""
    days = figures.days
    last = days[-1].day
    return {
        "throughput": charts_team.written(
            last,
            [day.approved for day in days],
            [day.rejected for day in days],
            [day.escalated for day in days],
        ),
        "waiting": charts_team.written(
            last, [day.median for day in days], [day.ninety for day in days]
        ),
        "agreement": charts_team.written(
            last,
            [1000 * day.agreement.share if day.agreement.decided else None for day in days],
        ),
        "overturns": charts_team.written_shares(
            (row["code"], row["tally"].overturned, row["tally"].decided)
            for row in _categories(figures)
        ),
        "versions": charts_team.written_shares(
            (row["name"], row["agreement"].agreed, row["agreement"].decided)
            for row in _versions(figures)
        ),
    }


def _categories(figures: selectors_team.Figures) -> list[dict[str, Any]]:
    """Approvals, then each category that something was rejected for."""
    names = {"": _("Approved"), **charts_team.named_categories()}
    return [
        {"code": code or charts_team.APPROVED, "name": name, "tally": figures.categories[code]}
        for code, name in names.items()
        if code in figures.categories
    ]


def _versions(figures: selectors_team.Figures) -> list[dict[str, Any]]:
    """The versions that most was decided about, in the order of their numbers."""
    most = sorted(figures.versions.items(), key=lambda item: -item[1].decided)
    shown = sorted(most[: charts_team.MOST_BARS], key=lambda item: _parts(item[0]))
    return [{"name": name, "agreement": agreement} for name, agreement in shown if name]


def _parts(version: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]


@allowed_to("manage_team")
@require_GET
@cache_control(private=True, max_age=86400)
def chart(request: PageRequest, name: str) -> HttpResponse:
    """A chart as an image; its figures and its language are in the address."""
    return chart_image(request, name, charts_team.PAINTERS)
