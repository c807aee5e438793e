"""Make tokens for the API."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from knox.models import get_token_model


def issue_token(*, user: User, days: int | None = None) -> str:
    """A new token for `user`, which ends after `days` or never. Only its digest is stored."""
    expiry = timedelta(days=days) if days else None
    return get_token_model().objects.create(user=user, expiry=expiry)[1]
