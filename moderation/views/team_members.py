"""Members of the team: invitations, groups, closing and opening accounts, tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from knox.models import AuthToken

from moderation import team
from moderation.access import PageRequest, allowed_to
from moderation.errors import ReviewRefused
from moderation.forms_team import GroupsForm, InviteForm, TokenForm
from moderation.models import Invitation
from moderation.selectors_team import work_of_members
from moderation.services.invitations import VALID, invite_member, withdraw_invitation
from moderation.services.members import (
    assign_groups,
    deactivate_member,
    issue_member_token,
    reactivate_member,
    revoke_token,
)
from moderation.views.team_answers import done, refused

MOST = 100  # members, invitations and tokens that a page shows


@allowed_to("manage_team")
@require_GET
def members(request: PageRequest) -> HttpResponse:
    """Everybody with an account, found by name, and the invitations that nobody accepted yet."""
    search = request.GET.get("name", "").strip()[:150]
    found = team.members()
    if search:
        found = found.filter(
            Q(username__icontains=search)
            | Q(first_name__icontains=search)
            | Q(last_name__icontains=search)
        )
    shown = list(found[: MOST + 1])
    work = work_of_members()
    invitations = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    context = {
        "tab": "members",
        "search": search,
        "more": len(shown) > MOST,
        "members": [
            {"user": member, "work": work.get(member.pk), "you": member.pk == request.user.pk}
            for member in shown[:MOST]
        ],
        "invitations": invitations.select_related("by").prefetch_related("groups")[:MOST],
        "now": timezone.now(),
    }
    return render(request, "moderation/team/members.html", context)


@allowed_to("manage_team")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: PageRequest) -> HttpResponse:
    """Make an invitation; its link is in the answer to the form and nowhere else."""
    offered = team.grantable_groups(request.user)
    form = InviteForm(request.POST if request.method == "POST" else None, offered=offered)
    context: dict[str, Any] = {"tab": "members", "form": form, "days": VALID.days}
    if not form.is_bound or not form.is_valid():
        return render(
            request, "moderation/team/invite.html", context, status=422 if form.is_bound else 200
        )
    try:
        _invitation, secret = invite_member(by=request.user, **form.cleaned_data)
    except ReviewRefused as error:
        return refused(request, error, reverse("moderation:members"))
    link = request.build_absolute_uri(reverse("moderation:join") + f"?invitation={secret}")
    context |= {"link": link, "email": form.cleaned_data["email"]}
    return render(request, "moderation/team/invited.html", context)


@allowed_to("manage_team")
@require_POST
def withdraw(request: PageRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk)
    return done(
        request,
        lambda: withdraw_invitation(invitation=invitation, by=request.user),
        _("The invitation is withdrawn: its link no longer works."),
        reverse("moderation:members"),
    )


@allowed_to("manage_team")
@require_GET
def member(request: PageRequest, pk: int) -> HttpResponse:
    return _member_page(request, _member(pk))


@allowed_to("manage_team")
@require_POST
def groups(request: PageRequest, pk: int) -> HttpResponse:
    found = _member(pk)
    offered = team.grantable_groups(request.user)
    form = GroupsForm(request.POST, offered=offered)
    if not form.is_valid():
        return _member_page(request, found, groups_form=form, status=422)
    # what is not offered stays as it is
    offered_numbers = {group.pk for group in offered}
    kept = [group for group in found.groups.all() if group.pk not in offered_numbers]
    return done(
        request,
        lambda: assign_groups(
            member=found, groups=[*kept, *form.cleaned_data["groups"]], by=request.user
        ),
        _("Groups of %(name)s saved.") % {"name": found.get_username()},
        reverse("moderation:member", args=[pk]),
    )


@allowed_to("manage_team")
@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then close an account."""
    found = _member(pk)
    name = {"name": found.get_username()}
    page = reverse("moderation:member", args=[pk])
    if request.method != "POST":
        question = {
            "heading": _("Close the account of %(name)s?") % name,
            "consequences": [
                _("%(name)s is logged out everywhere, and all tokens of the account end.") % name,
                _("What the account has claimed in the queue is free for others at once."),
                _("Decisions, notes and figures stay. The account can be opened again."),
            ],
            "button": _("Close the account"),
            "back": page,
        }
        return render(request, "moderation/team/ask.html", {"tab": "members", **question})
    try:
        released = deactivate_member(member=found, by=request.user)
    except ReviewRefused as error:
        return refused(request, error, page)
    said = _("The account of %(name)s is closed.") % name
    freed = ngettext("%(count)s item is free again.", "%(count)s items are free again.", released)
    messages.success(request, f"{said} {freed % {'count': released}}" if released else said)
    return redirect(page)


@allowed_to("manage_team")
@require_POST
def reactivate(request: PageRequest, pk: int) -> HttpResponse:
    found = _member(pk)
    return done(
        request,
        lambda: reactivate_member(member=found, by=request.user),
        _("The account of %(name)s is open again.") % {"name": found.get_username()},
        reverse("moderation:member", args=[pk]),
    )


@allowed_to("manage_team")
@never_cache
@require_POST
def issue(request: PageRequest, pk: int) -> HttpResponse:
    """Make a token; it is in the answer to the form and nowhere else."""
    found = _member(pk)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _member_page(request, found, token_form=form, status=422)
    try:
        token = issue_member_token(member=found, days=form.cleaned_data["days"], by=request.user)
    except ReviewRefused as error:
        return refused(request, error, reverse("moderation:member", args=[pk]))
    return _member_page(request, found, token=token)


@allowed_to("manage_team")
@require_POST
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    found = _member(pk)
    key = request.POST.get("key", "")
    return done(
        request,
        lambda: revoke_token(member=found, key=key, by=request.user),
        _("The token %(key)s… no longer works.") % {"key": key},
        reverse("moderation:member", args=[pk]),
    )


def _member(pk: int) -> User:
    return get_object_or_404(team.members(), pk=pk)


def _member_page(
    request: PageRequest,
    found: User,
    *,
    groups_form: GroupsForm | None = None,
    token_form: TokenForm | None = None,
    token: str = "",
    status: int = 200,
) -> HttpResponse:
    offered = team.grantable_groups(request.user)
    numbers = {group.pk for group in offered}
    you = found.pk == request.user.pk
    manages = team.manages(request.user, found)
    context = {
        "tab": "members",
        "member": found,
        "you": you,
        "may_change": manages and not you,
        "may_revoke": manages or you,
        "may_issue": team.may_issue_token(request.user, found),
        "groups_form": groups_form
        or GroupsForm(
            initial={"groups": [group.pk for group in found.groups.all()]}, offered=offered
        ),
        "other_groups": [group for group in found.groups.all() if group.pk not in numbers],
        "token_form": token_form or TokenForm(),
        "token": token,
        "tokens": AuthToken.objects.filter(user=found).order_by("-created")[:MOST],
        "now": timezone.now(),
    }
    return render(request, "moderation/team/member.html", context, status=status)
