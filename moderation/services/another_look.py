"""Ask for another look: appeals, reports of the community, and notes among moderators."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from moderation.errors import AppealOpen, NothingToAppeal
from moderation.models import Analysis, Appeal, CommunityReport, Note, QueueItem
from moderation.rounds import priority_of
from moderation.selectors_decisions import standing_decisions
from moderation.services.guards import lock_rounds
from moderation.services.open_rounds import new_round

log = structlog.get_logger(__name__)


@transaction.atomic
def appeal_analysis(*, analysis: Analysis, text: str, by: User, by_author: bool) -> QueueItem:
    """Open a round that somebody else than before decides. Raises AppealOpen, NothingToAppeal."""
    lock_rounds(analysis_ids=[analysis.pk])
    if analysis.rounds.filter(state=QueueItem.State.OPEN).exists():
        raise AppealOpen
    if not standing_decisions().filter(analysis=analysis).exists() or _erased(analysis):
        raise NothingToAppeal
    item = new_round(
        analysis=analysis, kind=QueueItem.Kind.APPEAL, reports=analysis.reports.count()
    )
    if not _insert(item):
        raise AppealOpen
    Appeal.objects.create(item=item, text=text, by=by, by_author=by_author)
    log.info("appeal_opened", item=item.pk, by=by.pk, by_author=by_author)
    return item


@transaction.atomic
def report_analysis(
    *, analysis: Analysis, reporter: str = "", category: str = "", reason: str = "", by: User
) -> tuple[CommunityReport, bool]:
    """Note that a user of the community flags a text; it goes up in the queue, or into it.

    Returns the report, and whether it is new: the same `reporter` again gives the report of then,
    and changes nothing.
    """
    lock_rounds(analysis_ids=[analysis.pk])
    fields = {"category": category, "reason": reason, "by": by}
    if reporter:
        report, new = CommunityReport.objects.get_or_create(
            analysis=analysis, reporter=reporter, defaults=fields
        )
    else:
        report, new = CommunityReport.objects.create(analysis=analysis, **fields), True
    if new:
        _raise(analysis)
        log.info("analysis_reported", analysis=analysis.pk, report=report.pk, by=by.pk)
    return report, new


def add_note(*, analysis: Analysis, text: str, by: User) -> Note:
    """Add an internal note."""
    note = Note.objects.create(analysis=analysis, text=text, by=by)
    log.info("note_added", note=note.pk, analysis=analysis.pk, by=by.pk)
    return note


def _raise(analysis: Analysis) -> None:
    """Move the open round up, or open one."""
    for _attempt in range(2):
        waiting = QueueItem.objects.filter(analysis=analysis, state=QueueItem.State.OPEN)
        item = waiting.select_for_update().first()
        reports = analysis.reports.count()  # only now: others may have come while this one waited
        if item:
            # by the difference: the place of an audit is not that of its score
            item.priority += priority_of(score=0.0, reports=reports)
            item.priority -= priority_of(score=0.0, reports=item.reports)
            item.reports = reports
            item.save(update_fields=["priority", "reports"])
            return
        new = new_round(analysis=analysis, kind=QueueItem.Kind.REPORTED, reports=reports)
        if _insert(new):
            return


def _insert(item: QueueItem) -> bool:
    """Whether it was the first: the database lets one round of an analysis be open."""
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _erased(analysis: Analysis) -> bool:
    return Analysis.objects.filter(pk=analysis.pk, erased_at__isnull=False).exists()
