"""Texts that could not be scored wait in a list of their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User

from moderation.models import Analysis, UnscoredText


def keep_unscored(*, texts: Sequence[UnscoredText]) -> int:
    """Put unsaved rows on the list, with what a database can't hold replaced. Returns how many."""
    raise NotImplementedError


def score_unscored(*, text: UnscoredText, by: User) -> Analysis:
    """Try again; the analysis joins history and queue. Raises AlreadySettled, NotScorable and
    serving.ModelUnavailable."""
    raise NotImplementedError


def dismiss_unscored(*, text: UnscoredText, by: User) -> UnscoredText:
    """Take a text off the list without a score. Raises AlreadySettled."""
    raise NotImplementedError
