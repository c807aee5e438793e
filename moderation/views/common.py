"""What several pages need."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme

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
