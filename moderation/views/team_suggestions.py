"""Suggested scores: leads accept them as labels, or reject them, one or many at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from moderation.access import PageRequest, allowed_to
from moderation.models import SuggestedScore
from moderation.selectors import capped_count
from moderation.sentence import count_words
from moderation.services import settle_suggestions
from moderation.suggestion_texts import settled
from moderation.views.common import number

SHOWN = 50  # the oldest ones; those that are settled make room for others


@allowed_to("take_over")
@require_http_methods(["GET", "HEAD", "POST"])
def suggestions(request: PageRequest) -> HttpResponse:
    """What waits; with a choice of them, settle it."""
    waiting = SuggestedScore.objects.filter(state=SuggestedScore.State.WAITING)
    error = ""
    if request.method == "POST":
        accept = "accept" in request.POST
        given = request.POST.getlist("shown" if "all" in request.POST else "ids")[:SHOWN]
        chosen = [pk for pk in map(number, given) if pk is not None]
        if chosen and (accept or "reject" in request.POST):
            count = settle_suggestions(
                suggestions=waiting.filter(pk__in=chosen), accept=accept, by=request.user
            )
            messages.success(request, settled(count, accept=accept))
            return redirect("moderation:team_suggestions")
        error = _("Choose at least one suggestion.")
    count, many = capped_count(waiting)
    context = {
        "tab": "suggestions",
        "rows": waiting.select_related("suggested_by").order_by("created_at", "pk")[:SHOWN],
        "count": count,
        "count_words": count_words(count, many),
        "error": error,
    }
    status = 422 if error else 200
    return render(request, "moderation/team/suggestions.html", context, status=status)
