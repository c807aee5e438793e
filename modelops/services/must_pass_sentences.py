"""The sentences that a site adds to those that no new version may get wrong."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User

from modelops.models import Door, MustPassSentence

logger = structlog.get_logger(__name__)


def save_sentence(*, sentence: MustPassSentence, by: User | None, door: Door) -> MustPassSentence:
    """Add a sentence, or keep what was changed about one. The next gate asks for it."""
    new = sentence.pk is None
    if new:
        sentence.created_by = by
    sentence.save()
    _tell("must_pass.added" if new else "must_pass.changed", sentence, by, door)
    return sentence


def delete_sentence(*, sentence: MustPassSentence, by: User | None, door: Door) -> None:
    _tell("must_pass.deleted", sentence, by, door)
    sentence.delete()


def _tell(event: str, sentence: MustPassSentence, by: User | None, door: Door) -> None:
    logger.info(
        event,
        sentence=sentence.pk,
        language=sentence.language,
        toxic=sentence.toxic,
        active=sentence.active,
        by=str(by or ""),
        door=str(door),
    )
