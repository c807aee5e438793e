"""Score waiting items anew, with the version that is live now."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from moderation.models import QueueItem


@dataclass(frozen=True, slots=True)
class Rescored:
    scored: int
    failed: int  # they are on the list of texts without a score now


def rescore_items(*, items: QuerySet[QueueItem], by: User | None) -> Rescored:
    """Bring score and place of open items up to date; their analyses stay as they were.

    Raises serving.ModelUnavailable.
    """
    raise NotImplementedError
