"""Erase all that an author wrote, on the author's request."""

from __future__ import annotations

import structlog
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from modelops.words import grouped
from moderation.models import Analysis, CommunityReport
from moderation.selectors_team import analyses_of, unscored_of
from moderation.services.erase import erase_analyses
from moderation.services.forget_unscored import forget_unscored

log = structlog.get_logger(__name__)


@transaction.atomic
def erase_author(
    *, author: str, source: str = "", by: User, reason: str, up_to: int | None = None
) -> int:
    """Erase the analyses of `author` (the exact name), from one `source` or from all.

    `up_to`: the newest number that was shown beforehand; later ones stay. Texts that wait for a
    score go, too, and reports by the same name lose it. Returns the number of analyses; the
    administration's journal keeps it with the reason, without the name.
    """
    analyses = analyses_of(author=author, source=source)
    if up_to is not None:
        analyses = analyses.filter(pk__lte=up_to)
    count = erase_analyses(analyses=analyses, by=by)
    forget_unscored(texts=unscored_of(author=author, source=source), by=by)
    if not source:
        # a reporter is known to the whole community by the same name
        CommunityReport.objects.filter(reporter=author).update(reporter="")
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Analysis),
        object_repr=_("Erased on an author's request: %(count)s") % {"count": grouped(count)},
        action_flag=DELETION,
        change_message=reason,
    )
    log.info("author_erased", count=count, by=by.pk)
    return count
