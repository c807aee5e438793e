"""Suggested scores: leads accept them as labels, or reject them, one or many at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from modelops.words import grouped
from moderation.access import PageRequest, allowed_to
from moderation.models import SuggestedScore
from moderation.services import settle_suggestions

SHOWN = 50  # the oldest ones; those that are settled make room for others
MOST = 10_000  # is counted


@allowed_to("take_over")
@require_http_methods(["GET", "HEAD", "POST"])
def suggestions(request: PageRequest) -> HttpResponse:
    """What waits; with a choice of them, settle it."""
    waiting = SuggestedScore.objects.filter(state=SuggestedScore.State.WAITING)
    error = ""
    if request.method == "POST":
        accept = "accept" in request.POST
        chosen = _numbers(request.POST.getlist("shown" if "all" in request.POST else "ids"))
        if chosen and (accept or "reject" in request.POST):
            count = settle_suggestions(
                suggestions=waiting.filter(pk__in=chosen), accept=accept, by=request.user
            )
            messages.success(request, _told(count, accept=accept))
            return redirect("moderation:team_suggestions")
        error = _("Choose at least one suggestion.")
    context = {
        "tab": "suggestions",
        "rows": waiting.select_related("suggested_by").order_by("created_at", "pk")[:SHOWN],
        "count": waiting.order_by()[:MOST].count(),
        "error": error,
    }
    status = 422 if error else 200
    return render(request, "moderation/team/suggestions.html", context, status=status)


def _numbers(given: list[str]) -> list[int]:
    plain = (one for one in given[:SHOWN] if one.isascii() and one.isdecimal() and len(one) < 19)
    return [int(one) for one in plain]


def _told(count: int, *, accept: bool) -> str:
    told = (
        ngettext("%(count)s suggestion accepted.", "%(count)s suggestions accepted.", count)
        if accept
        else ngettext("%(count)s suggestion rejected.", "%(count)s suggestions rejected.", count)
    )
    return told % {"count": grouped(count)}
