"""How a button of the team's pages answers: it goes back to its page, which says how it went."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from moderation.access import PageRequest
from moderation.errors import ReviewRefused


def done(request: PageRequest, action: Callable[[], object], said: str, page: str) -> HttpResponse:
    """Do it and say `said`; what the service refuses is told in its own words."""
    try:
        action()
    except ReviewRefused as error:
        return refused(request, error, page)
    messages.success(request, said)
    return redirect(page)


def refused(request: PageRequest, error: ReviewRefused, page: str) -> HttpResponse:
    messages.error(request, str(error))
    return redirect(page)
