"""Members: invitations, groups, closing accounts, tokens – and never more rights than one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from moderation.errors_team import (
    AboveYou,
    InvitationInvalid,
    NameTaken,
    NothingChanged,
    NoTokenForModerators,
    NotYourself,
)
from moderation.models import Invitation, QueueItem
from moderation.services.claims import claim_item
from moderation.services.invitations import (
    accept_invitation,
    invite_member,
    open_invitation,
    withdraw_invitation,
)
from moderation.services.members import (
    assign_groups,
    deactivate_member,
    issue_member_token,
    reactivate_member,
    revoke_token,
)
from moderation.services.tokens import issue_token
from moderation.team import grantable_groups, members
from tests.moderation.items import waiting

PASSWORD = "right horse 9"


def groups(*names: str) -> list[Group]:
    return list(Group.objects.filter(name__in=names))


def test_an_invitation_makes_one_account_in_its_groups(lead) -> None:
    invitation, secret = invite_member(
        groups=groups("Moderators"), email="ana@example.org", by=lead
    )
    assert secret not in str(Invitation.objects.values().get())
    user = accept_invitation(secret=secret, username="ana", password=PASSWORD)
    assert user.check_password(PASSWORD)
    assert user.email == "ana@example.org"
    assert user.has_perm("moderation.review_analysis")
    assert not user.is_staff
    invitation.refresh_from_db()
    assert invitation.user == user
    with pytest.raises(InvitationInvalid):
        accept_invitation(secret=secret, username="eva", password=PASSWORD)
    assert not User.objects.filter(username="eva").exists()


def test_links_end(lead) -> None:
    for change in (
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"accepted_at": timezone.now()},
    ):
        invitation, secret = invite_member(groups=groups("Moderators"), by=lead)
        Invitation.objects.filter(pk=invitation.pk).update(**change)
        with pytest.raises(InvitationInvalid):
            open_invitation(secret)
    invitation, secret = invite_member(groups=groups("Moderators"), by=lead)
    withdraw_invitation(invitation=invitation, by=lead)
    for wrong in (secret, "", "x" * 43):
        with pytest.raises(InvitationInvalid):
            accept_invitation(secret=wrong, username="ana", password=PASSWORD)
    with pytest.raises(NothingChanged):
        withdraw_invitation(invitation=invitation, by=lead)


def test_who_left_invites_nobody_any_more(lead, make_user) -> None:
    _invitation, secret = invite_member(groups=groups("Moderators"), by=lead)
    User.objects.filter(pk=lead.pk).update(is_active=False)
    with pytest.raises(InvitationInvalid):
        open_invitation(secret)


def test_what_who_invited_may_not_give_any_more_is_not_given(lead) -> None:
    _invitation, secret = invite_member(groups=groups("Leads", "Moderators"), by=lead)
    lead.groups.set(groups("Moderators"))
    user = accept_invitation(secret=secret, username="ana", password=PASSWORD)
    assert [group.name for group in user.groups.all()] == ["Moderators"]


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [
        ("Lead", PASSWORD, NameTaken),
        ("ana", "123", ValidationError),
        ("ana ana", PASSWORD, ValidationError),
        ("", PASSWORD, ValidationError),
    ],
)
def test_a_bad_name_or_password_leaves_the_link_good(lead, name, password, error) -> None:
    _invitation, secret = invite_member(groups=groups("Moderators"), by=lead)
    with pytest.raises(error):
        accept_invitation(secret=secret, username=name, password=password)
    assert accept_invitation(secret=secret, username="ana", password=PASSWORD).pk


def test_a_lead_gives_no_more_than_a_lead_has(lead, make_user) -> None:
    assert [group.name for group in grantable_groups(lead)] == [
        "Integrations",
        "Leads",
        "Moderators",
    ]
    with pytest.raises(AboveYou):
        invite_member(groups=groups("Operators"), by=lead)
    member = make_user("ana", "Moderators")
    with pytest.raises(AboveYou):
        assign_groups(member=member, groups=groups("Moderators", "Operators"), by=lead)
    assign_groups(member=member, groups=groups("Leads"), by=lead)
    assert User.objects.get(pk=member.pk).has_perm("moderation.manage_team")
    boss = make_user("boss", is_superuser=True)
    assign_groups(member=member, groups=groups("Operators"), by=boss)


@pytest.mark.parametrize("active", [True, False])
def test_who_has_more_rights_than_a_lead_is_out_of_reach(lead, make_user, active) -> None:
    """Also while the account is closed: then Django itself names no permissions."""
    operator = make_user("operator", "Operators", is_active=active)
    boss = make_user("boss", is_superuser=True, is_active=active)
    staff = make_user("staff", is_staff=True, is_active=active)
    special = make_user("special", is_active=active)
    special.user_permissions.add(Permission.objects.get(codename="operate_model"))
    for member in (operator, boss, staff, special, *members().filter(username="operator")):
        for use in (
            lambda m: assign_groups(member=m, groups=[], by=lead),
            lambda m: deactivate_member(member=m, by=lead),
            lambda m: reactivate_member(member=m, by=lead),
            lambda m: issue_member_token(member=m, days=None, by=lead),
            lambda m: revoke_token(member=m, key="x", by=lead),
        ):
            with pytest.raises((AboveYou, NoTokenForModerators)):
                use(member)
        member.refresh_from_db()
        assert member.is_active == active


def test_nobody_changes_their_own_account(lead) -> None:
    with pytest.raises(NotYourself):
        assign_groups(member=lead, groups=[], by=lead)
    with pytest.raises(NotYourself):
        deactivate_member(member=lead, by=lead)


def test_closing_an_account_ends_all_that_it_had(lead, moderator, live_model) -> None:
    item = waiting()
    claim_item(item=item, by=moderator)
    token = issue_token(user=moderator)
    browser = Client()
    browser.force_login(moderator, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/queue/").status_code == 200
    assert deactivate_member(member=moderator, by=lead) == 1
    assert QueueItem.objects.get(pk=item.pk).claimed_by is None
    assert not AuthToken.objects.filter(user=moderator).exists()
    with pytest.raises(NothingChanged):
        deactivate_member(member=moderator, by=lead)
    reactivate_member(member=moderator, by=lead)
    assert browser.get("/queue/").status_code == 302  # the old session does not come back
    again = Client().get("/api/queue", headers={"authorization": f"Token {token}"})
    assert again.status_code == 401
    assert User.objects.get(pk=moderator.pk).has_perm("moderation.review_analysis")


def test_tokens_are_for_oneself_and_for_integrations(lead, moderator, integration) -> None:
    for member in (lead, integration):
        assert issue_member_token(member=member, days=30, by=lead)
        assert AuthToken.objects.get(user=member).expiry
    with pytest.raises(NoTokenForModerators):
        issue_member_token(member=moderator, days=None, by=lead)
    deactivate_member(member=integration, by=lead)
    with pytest.raises(NoTokenForModerators):
        issue_member_token(member=integration, days=None, by=lead)


def test_a_token_is_revoked(lead, integration, moderator) -> None:
    issue_token(user=integration)
    issue_token(user=integration)
    key = AuthToken.objects.filter(user=integration).first().token_key
    with pytest.raises(NothingChanged):
        revoke_token(member=moderator, key=key, by=lead)  # somebody else's
    for wrong in ("", key[:4]):
        with pytest.raises(NothingChanged):
            revoke_token(member=integration, key=wrong, by=lead)
    revoke_token(member=integration, key=key, by=lead)
    assert AuthToken.objects.filter(user=integration).count() == 1
