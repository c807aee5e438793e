"""Groups, opening and closing of members' accounts, and their tokens."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from moderation.errors_team import AboveYou, NothingChanged, NoTokenForModerators, NotYourself
from moderation.services.claims import release_claims_of
from moderation.services.tokens import issue_token
from moderation.team import grantable_groups, manages, may_issue_token

log = structlog.get_logger(__name__)


@transaction.atomic
def assign_groups(*, member: User, groups: Iterable[Group], by: User) -> None:
    """Put `member` into exactly `groups`. Raises NotYourself, AboveYou.

    Neither a group with permissions that `by` does not have is given, nor one taken away.
    """
    _check(member, by)
    wanted = {group.pk for group in groups}
    had = set(member.groups.values_list("pk", flat=True))
    if not wanted ^ had <= {group.pk for group in grantable_groups(by)}:
        raise AboveYou
    member.groups.set(wanted)
    log.info("member.groups", user=member.pk, groups=sorted(wanted), before=sorted(had), by=by.pk)


@transaction.atomic
def deactivate_member(*, member: User, by: User) -> int:
    """Close the account: its sessions and tokens end, what it has claimed is free again.

    Returns how many items became free. Raises NotYourself, AboveYou, NothingChanged.
    """
    _check(member, by)
    if not User.objects.filter(pk=member.pk, is_active=True).update(is_active=False):
        raise NothingChanged
    tokens = AuthToken.objects.filter(user=member).delete()[0]
    sessions = end_sessions(member)
    released = release_claims_of(user=member)
    log.info(
        "member.deactivated",
        user=member.pk,
        tokens=tokens,
        sessions=sessions,
        released=released,
        by=by.pk,
    )
    return released


@transaction.atomic
def reactivate_member(*, member: User, by: User) -> None:
    """Open the account again, with its groups. Raises NotYourself, AboveYou, NothingChanged."""
    _check(member, by)
    if not User.objects.filter(pk=member.pk, is_active=False).update(is_active=True):
        raise NothingChanged
    log.info("member.reactivated", user=member.pk, by=by.pk)


def issue_member_token(*, member: User, days: int | None, by: User) -> str:
    """A token for the API, to be shown once; it ends after `days` or never.

    Raises NoTokenForModerators, AboveYou.
    """
    member.refresh_from_db(fields=["is_active"])  # it may have been closed meanwhile
    if not may_issue_token(by, member):
        raise NoTokenForModerators if manages(by, member) else AboveYou
    token = issue_token(user=member, days=days)
    log.info("member.token_issued", user=member.pk, by=by.pk)
    return token


def revoke_token(*, member: User, key: str, by: User) -> None:
    """End the token that begins with `key`. Raises AboveYou, NothingChanged."""
    if member.pk != by.pk and not manages(by, member):
        raise AboveYou
    found = AuthToken.objects.filter(user=member, token_key=key)
    if not found.delete()[0]:
        raise NothingChanged
    log.info("member.token_revoked", user=member.pk, by=by.pk)


def end_sessions(member: User) -> int:
    """Log `member` out everywhere. Returns how many sessions that were."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    open_sessions = store.get_model_class().objects.filter(expire_date__gt=timezone.now())
    ended = [
        session.pk
        for session in open_sessions.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(member.pk)
    ]
    store.get_model_class().objects.filter(pk__in=ended).delete()
    return len(ended)


def _check(member: User, by: User) -> None:
    if member.pk == by.pk:
        raise NotYourself
    if not manages(by, member):
        raise AboveYou
