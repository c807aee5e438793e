"""Put into the queue what was flagged before the site had one."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from moderation.models import Analysis, Decision, EarlierAnalyses, QueueItem
from moderation.selectors import labelled
from moderation.services.open_rounds import open_rounds

log = structlog.get_logger(__name__)
CHUNK = 500
MOST = 10_000  # analyses in one go; the others' turn comes with the next


def open_earlier() -> int:
    """Open rounds for flagged analyses of before; a job of the hourly check. Returns how many.

    Newest first, in small transactions: what was cut off goes on where it was. What people have
    labelled, what was replaced by a revision and what was found fine elsewhere is left alone;
    no audits are drawn, since nobody waits for what was allowed then.
    """
    opened = 0
    for _turn in range(MOST // CHUNK):
        done = _open_some()
        if done is None:
            break
        opened += done
    if opened:
        log.info("earlier_rounds_opened", count=opened)
    return opened


@transaction.atomic
def _open_some() -> int | None:
    """The next CHUNK of them; None when nothing is left, or somebody else is at it."""
    state = EarlierAnalyses.objects.filter(pk=1, up_to__gt=0).first()
    if state is None:
        return None
    found = list(_flagged(state.up_to)[:CHUNK])
    left = found[-1].pk - 1 if len(found) == CHUNK else 0
    taken = EarlierAnalyses.objects.filter(pk=1, up_to=state.up_to).update(up_to=left)
    return open_rounds(analyses=found) if taken else None


def _flagged(up_to: int) -> QuerySet[Analysis]:
    """Those that still ask for a person, newest first."""
    flagged = Analysis.objects.filter(
        pk__lte=up_to, erased_at__isnull=True, decision__in=[Decision.REVIEW, Decision.BLOCK]
    )
    rounds = QueueItem.objects.filter(analysis=OuterRef("pk"))
    revised = Analysis.objects.filter(revision_of=OuterRef("pk"))
    alone = flagged.filter(~Exists(rounds), ~Exists(revised), ~labelled())
    return alone.order_by("-pk")
