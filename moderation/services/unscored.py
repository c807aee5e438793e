"""Texts that could not be scored wait in a list of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import structlog
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from modelops import serving
from modelops.validators import check_text
from moderation.errors import AlreadySettled, NotScorable
from moderation.models import MAX_TEXT_LENGTH, Analysis, UnscoredText
from moderation.services.analyze import AnalysisInput, analyze_texts

log = structlog.get_logger(__name__)
State = UnscoredText.State
MAX_KEPT = 2 * MAX_TEXT_LENGTH  # characters of a text; the file that it came from has the rest
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and halves of surrogate pairs


def keep_unscored(*, texts: Sequence[UnscoredText]) -> int:
    """Put unsaved rows on the list, with what a database can't hold shown as �. Returns how many.

    A text of an analysis that waits already is not put there twice.
    """
    waiting = set(
        UnscoredText.objects.filter(
            state=State.WAITING, analysis__in=[t.analysis_id for t in texts if t.analysis_id]
        ).values_list("analysis_id", flat=True)
    )
    new = [text for text in texts if text.analysis_id is None or text.analysis_id not in waiting]
    for text in new:
        text.text = _UNSTORABLE.sub("�", text.text[:MAX_KEPT])
    UnscoredText.objects.bulk_create(new, batch_size=100)
    log.info("unscored_kept", count=len(new))
    return len(new)


@transaction.atomic
def score_unscored(*, text: UnscoredText, by: User) -> Analysis:
    """Try again; the analysis joins history and queue. Raises AlreadySettled, NotScorable and
    serving.ModelUnavailable."""
    _settle(text, State.SCORED, by)
    try:
        check_text(text.text)
    except ValidationError as error:
        raise NotScorable(" ".join(error.messages)) from error
    item = AnalysisInput(
        text=text.text,
        language=text.language if text.language in serving.LANGUAGES else None,
        external_id=text.external_id,
        author=text.author,
        source=text.source,
    )
    owner = text.analysis.owner if text.analysis else None
    (outcome,) = analyze_texts(items=[item], by=owner)
    UnscoredText.objects.filter(pk=text.pk).update(analysis=outcome.record)
    log.info("unscored_scored", text=text.pk, analysis=outcome.record.pk, by=by.pk)
    text.refresh_from_db()
    return outcome.record


def dismiss_unscored(*, text: UnscoredText, by: User) -> UnscoredText:
    """Take a text off the list without a score. Raises AlreadySettled."""
    _settle(text, State.DISMISSED, by)
    log.info("unscored_dismissed", text=text.pk, by=by.pk)
    text.refresh_from_db()
    return text


def _settle(text: UnscoredText, state: str, by: User) -> None:
    waiting = UnscoredText.objects.filter(pk=text.pk, state=State.WAITING)
    if not waiting.update(state=state, settled_at=timezone.now(), settled_by=by):
        raise AlreadySettled
