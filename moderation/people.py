"""Who asks."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.request import Request


def person(request: HttpRequest | Request) -> User:
    """The user who asks, behind a door that lets nobody through who has not logged in."""
    user = request.user
    assert isinstance(user, User)
    return user
