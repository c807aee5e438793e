"""Who may open the pages of this app."""

from __future__ import annotations

from collections.abc import Callable

from modelops.access import PageRequest, View, holders_of

__all__ = ["PageRequest", "allowed_to"]


def allowed_to(*permissions: str) -> Callable[[View], View]:
    """Let a user with any of `permissions` of this app through, send anonymous ones to log in."""
    return holders_of(*(f"moderation.{name}" for name in permissions))
