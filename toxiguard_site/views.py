"""The theme switch and the pages for errors."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from toxiguard_site.context_processors import THEME_COOKIE, THEMES, sections, theme_of

A_YEAR = 60 * 60 * 24 * 365


@login_required
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Go to the first section that this account may open; those who moderate go to the queue."""
    found = {section["name"]: section["url"] for section in sections(request)}
    if "moderation:queue" in found and not request.user.is_superuser:
        return HttpResponseRedirect(found["moderation:queue"])
    if found:
        return HttpResponseRedirect(next(iter(found.values())))
    return error_page(
        request,
        status=403,
        heading=_("Nothing to open yet"),
        what=_("You are logged in as %(name)s, but this account has no permission so far.")
        % {"name": request.user.get_username()},
        next_step=_(
            "An administrator puts it into a group: Moderators, Leads, Operators or Integrations."
        ),
        may_log_out=True,
        home="",
    )


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme in a cookie and go back to the page."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = reverse("start")
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme", "auto")
    response.set_cookie(
        THEME_COOKIE,
        theme if theme in THEMES else "auto",
        max_age=A_YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def error_page(
    request: HttpRequest,
    *,
    status: int,
    heading: str,
    what: str,
    next_step: str = "",
    may_log_out: bool = False,
    home: str | None = None,
) -> HttpResponse:
    """One page for all errors. It asks nothing of the database, which may be what is broken."""
    context = {
        "theme": theme_of(request),
        "code": status,
        "heading": heading,
        "what": what,
        "next_step": next_step,
        "may_log_out": may_log_out,
        "home": reverse("start") if home is None else home,
    }
    return render(request, "site/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        status=400,
        heading=_("The request could not be understood"),
        what=_("Something in the address or in the form is not valid. Nothing was changed."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.method == "GET" and request.path == reverse("moderation:analyse"):
        # the address that everybody types; who has no business there goes to the own first section
        return HttpResponseRedirect(reverse("start"))
    return error_page(
        request,
        status=403,
        heading=_("Not permitted"),
        what=_("This account does not have the permission for this page. Nothing was changed."),
        next_step=_("Permissions are given by an administrator, through the groups."),
        may_log_out=hasattr(request, "user") and request.user.is_authenticated,
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        status=404,
        heading=_("Nothing here"),
        what=_("The address is wrong, or what was here has been deleted."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        status=500,
        heading=_("Something failed on the server"),
        what=_("What was saved before is safe. The error is in the server's log."),
        next_step=_("Trying again in a moment is fine."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        status=403,
        heading=_("The form has expired"),
        what=_("The page was open for too long, or cookies are blocked. Nothing was changed."),
        next_step=_("Go back, load the page again and send the form once more."),
    )
