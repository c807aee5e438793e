"""Take a term off its list."""

from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation import termlists
from moderation.errors_terms import TermRemoved
from moderation.models import Term
from moderation.services.add_term import change_lists

log = structlog.get_logger(__name__)


def remove_term(*, term: Term, by: User) -> Term:
    """Remove a term; no worker counts it after a second. The row stays, with who and when.

    Raises TermRemoved when somebody else did so before.
    """
    with transaction.atomic():
        standing = Term.objects.filter(pk=term.pk, removed_at__isnull=True)
        if not standing.update(removed_at=timezone.now(), removed_by=by):
            raise TermRemoved
        change_lists()
        log.info("term_removed", term=term.pk, by=by.pk)
    termlists.look_again()
    term.refresh_from_db()
    return term
