"""Suggested scores: keep them, accept or reject them, forget them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation.models import SuggestedScore

log = structlog.get_logger(__name__)
State = SuggestedScore.State


def suggest_scores(
    *, text: str, scores: Mapping[str, float], language: str, community: str, by: User
) -> SuggestedScore:
    """Keep a suggestion of {head: 0 to 1} for a text; it waits for a lead.

    The same suggestion again, while it waits, is not kept twice.
    """
    said = {
        "text_digest": sha256(text.encode()).hexdigest(),
        "scores": dict(scores),
        "language": language,
        "community": community,
        "suggested_by": by,
    }
    for waiting in SuggestedScore.objects.filter(
        state=State.WAITING, suggested_by=by, text_digest=said["text_digest"]
    ):
        if waiting.scores == said["scores"] and waiting.community == community:
            return waiting
    suggestion = SuggestedScore.objects.create(text=text, **said)
    log.info("scores_suggested", suggestion=suggestion.pk, by=by.pk)
    return suggestion


@transaction.atomic
def settle_suggestions(*, suggestions: QuerySet[SuggestedScore], accept: bool, by: User) -> int:
    """Accept or reject those of `suggestions` that wait; return how many.

    One that says nothing about its text (an even score, or only what the text is not) is not
    accepted and goes on waiting.
    """
    waiting = suggestions.order_by().filter(state=State.WAITING)
    numbers = [one.pk for one in waiting if not accept or one.toxic is not None]
    count = SuggestedScore.objects.filter(pk__in=numbers, state=State.WAITING).update(
        state=State.ACCEPTED if accept else State.REJECTED,
        settled_at=timezone.now(),
        settled_by=by,
    )
    log.info("suggestions_settled", count=count, accepted=accept, by=by.pk)
    return count


def forget_suggestions(*, digests: Any) -> int:
    """Delete the suggestions about texts that are erased, by their SHA-256 (a list or query)."""
    gone = SuggestedScore.objects.filter(text_digest__in=digests)
    return gone.delete()[0]
