"""Reads of suggested scores."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from moderation.models import SuggestedScore
from moderation.selectors import newest_labels

# (those that say nothing about a text can't be accepted, so all accepted ones say something)


def teaching_suggestions() -> QuerySet[SuggestedScore]:
    """Accepted ones about texts that nobody labelled in the history, oldest first."""
    said = newest_labels().order_by().values("analysis__text_digest")
    accepted = SuggestedScore.objects.filter(state=SuggestedScore.State.ACCEPTED)
    return accepted.filter(~Q(text_digest__in=said)).order_by("pk")
