"""Invite new members by a link, and let them make their account."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

import structlog
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from moderation.errors_team import AboveYou, InvitationInvalid, NameTaken, NothingChanged
from moderation.models import Invitation
from moderation.team import grantable_groups

log = structlog.get_logger(__name__)
VALID = timedelta(days=7)


@transaction.atomic
def invite_member(*, groups: Iterable[Group], by: User, email: str = "") -> tuple[Invitation, str]:
    """An invitation into `groups`, and the secret of its link; only the secret's digest is kept.

    `email` becomes the account's address. Raises AboveYou.
    """
    chosen = _checked(groups, by)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email, secret_digest=digest(secret), by=by, expires_at=timezone.now() + VALID
    )
    invitation.groups.set(chosen)
    log.info("invitation.made", invitation=invitation.pk, groups=_numbers(chosen), by=by.pk)
    return invitation, secret


def open_invitation(secret: str) -> Invitation:
    """The invitation of a link, while it can be accepted. Raises InvitationInvalid."""
    found = Invitation.objects.filter(
        secret_digest=digest(secret),
        accepted_at=None,
        withdrawn_at=None,
        expires_at__gt=Now(),
        by__is_active=True,
    ).first()
    if found is None:
        raise InvitationInvalid
    return found


@transaction.atomic
def accept_invitation(
    *, secret: str, username: str, password: str, first_name: str = "", last_name: str = ""
) -> User:
    """Make the account that the link is for. Each link makes one.

    What who invited may no longer give, is not given. Raises InvitationInvalid, NameTaken, and
    django.core.exceptions.ValidationError for a weak password.
    """
    invitation = open_invitation(secret)
    user = User(
        username=User.normalize_username(username),
        first_name=first_name,
        last_name=last_name,
        email=invitation.email,
    )
    user.clean_fields(exclude={"password"})
    validate_password(password, user)
    if User.objects.filter(username__iexact=user.username).exists():
        raise NameTaken
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise NameTaken from error
    mine = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not mine.update(accepted_at=timezone.now(), user=user):
        raise InvitationInvalid
    allowed = {group.pk for group in grantable_groups(invitation.by)}
    user.groups.set([group for group in invitation.groups.all() if group.pk in allowed])
    log.info("invitation.accepted", invitation=invitation.pk, user=user.pk)
    return user


def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    """The link no longer works. Raises NothingChanged when it was used or withdrawn already."""
    open_ = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not open_.update(withdrawn_at=timezone.now()):
        raise NothingChanged
    log.info("invitation.withdrawn", invitation=invitation.pk, by=by.pk)


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _checked(groups: Iterable[Group], by: User) -> list[Group]:
    chosen = list(groups)
    allowed = {group.pk for group in grantable_groups(by)}
    if any(group.pk not in allowed for group in chosen):
        raise AboveYou
    return chosen


def _numbers(groups: Iterable[Group]) -> list[int]:
    return sorted(group.pk for group in groups)
