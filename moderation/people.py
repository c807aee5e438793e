"""Who asks."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth.models import User
from django.http import HttpRequest
from knox.models import AuthToken
from rest_framework.request import Request


def person(request: HttpRequest | Request) -> User:
    """The user who asks, behind a door that lets nobody through who has not logged in."""
    user = request.user
    assert isinstance(user, User)
    return user


def session_of(request: HttpRequest | Request) -> str:
    """What tells this session or token from others, for what was skipped in it; SHA-256, hex."""
    token = getattr(request, "auth", None)
    if isinstance(token, AuthToken):
        return sha256(token.digest.encode()).hexdigest()
    key = request.session.session_key
    return sha256(key.encode()).hexdigest() if key else ""
