"""Who may open a page: logged in, and holding one of the page's permissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

OPERATE = "modelops.operate_model"
KEEP_SENTENCES = "modelops.change_mustpasssentence"
View = Callable[..., HttpResponseBase]


class PageRequest(HttpRequest):
    """What a view behind `holders_of` gets, as far as types go: somebody is logged in."""

    user: User
    htmx: HtmxDetails


def holders_of(*permissions: str) -> Callable[[View], View]:
    """Let a user with any of `permissions` ("app.codename") through, send anonymous ones to log in.

    A part of a page that is asked for after the session ended makes the whole page go to log in,
    instead of showing the log-in form inside it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                htmx = cast(PageRequest, request).htmx
                if htmx:
                    here = htmx.current_url_abs_path or request.get_full_path()
                    return HttpResponseClientRedirect(redirect_to_login(here).url)
                return redirect_to_login(request.get_full_path())
            if not any(request.user.has_perm(name) for name in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


operators_only = holders_of(OPERATE)
