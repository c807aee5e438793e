"""Ask for another look: appeals, reports of the community, and notes among moderators."""

from __future__ import annotations

from django.contrib.auth.models import User

from moderation.models import Analysis, CommunityReport, Note, QueueItem


def appeal_analysis(*, analysis: Analysis, text: str, by: User, by_author: bool) -> QueueItem:
    """Open a round that somebody else than before decides. Raises AppealOpen, NothingToAppeal."""
    raise NotImplementedError


def report_analysis(
    *, analysis: Analysis, reporter: str = "", category: str = "", reason: str = "", by: User
) -> CommunityReport:
    """Note that a user of the community flags a text; it goes up in the queue, or into it.

    The same `reporter` again gives the report of then, and changes nothing.
    """
    raise NotImplementedError


def add_note(*, analysis: Analysis, text: str, by: User) -> Note:
    """Add an internal note."""
    raise NotImplementedError
