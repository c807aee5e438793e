"""What several pages need."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django_filters import FilterSet

from moderation import charts
from moderation.access import PageRequest


def rights(request: PageRequest) -> dict[str, bool]:
    """Which buttons this user gets beside an analysis."""
    user = request.user
    return {
        "may_label": user.has_perm("moderation.review_analysis"),
        "may_erase": user.has_perm("moderation.erase"),
        "may_export": user.has_perm("moderation.export"),
    }


def back(request: PageRequest, otherwise: str) -> str:
    """Where the form says that it came from, if that is on this site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else otherwise


def number(typed: str) -> int | None:
    """A number that the database can hold, else None."""
    return int(typed) if typed.isdecimal() and len(typed) < 19 else None


def labelled_errors(chosen: FilterSet) -> list[str]:
    """What is wrong with a filter, each behind the name of its field."""
    fields = chosen.form.fields
    return [
        f"{fields[name].label}: {message}"
        for name, found in chosen.form.errors.items()
        for message in found
    ]


def chart_image(
    request: PageRequest, name: str, painters: Mapping[str, charts.Painter] = charts.PAINTERS
) -> HttpResponse:
    """A chart; its figures are in the address. Raises Http404 for what makes none."""
    figures, theme = request.GET.get("v", ""), request.GET.get("theme", "light")
    try:
        drawn = charts.draw(name, figures, theme, painters=painters)
    except charts.BadChart as error:
        raise Http404 from error
    return HttpResponse(
        drawn.svg,
        content_type="image/svg+xml",
        headers={"Content-Security-Policy": drawn.policy},
    )
