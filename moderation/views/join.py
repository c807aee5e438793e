"""The page behind an invitation's link: whoever has the link makes an account with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from moderation.errors import InputRefused
from moderation.errors_team import InvitationInvalid
from moderation.forms_team import JoinForm
from moderation.services.invitations import accept_invitation, open_invitation

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """The secret is in the query, which no log keeps, and in a field of the form."""
    secret = (request.POST or request.GET).get("invitation", "")
    try:
        invitation = open_invitation(secret)
    except InvitationInvalid as error:
        context = {"problem": str(error)}
        return render(request, "moderation/team/join.html", context, status=error.status)
    form = JoinForm(request.POST if request.method == "POST" else None)
    page: dict[str, Any] = {"form": form, "secret": secret, "invitation": invitation}
    if request.user.is_authenticated or not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "moderation/team/join.html", page, status=status)
    data = form.cleaned_data
    try:
        user = accept_invitation(
            secret=secret,
            username=data["username"],
            password=data["password"],
            first_name=data["first_name"],
        )
    except InputRefused as error:
        form.add_error(error.field, str(error))
    except ValidationError as error:
        form.add_error("password", error)
    except InvitationInvalid as error:
        context = {"problem": str(error)}
        return render(request, "moderation/team/join.html", context, status=error.status)
    else:
        login(request, user, backend=BACKEND)
        return redirect("start")
    return render(request, "moderation/team/join.html", page, status=422)
