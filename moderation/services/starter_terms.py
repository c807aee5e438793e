"""The project's own term lists, which a site starts with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from moderation import termlists
from moderation.models import Term
from moderation.services.add_term import change_lists, draft_term

STARTER = Path(__file__).resolve().parent.parent / "starter_terms.json"


def starter_terms() -> Iterator[Term]:
    """The project's own terms, not saved: they flag, with variants, and give a category."""
    lists = json.loads(STARTER.read_text(encoding="utf-8"))
    for language, categories in lists.items():
        for category, patterns in categories.items():
            for pattern in patterns:
                yield draft_term(
                    pattern=pattern,
                    action=Term.Action.FLAG,
                    match=Term.Match.VARIANTS,
                    language=language,
                    category=category,
                    reason=_("The project's own list"),
                )


@transaction.atomic
def ensure_starter_terms() -> int:
    """Add those of the project's own terms that the site never had. Returns how many.

    What somebody removed stays removed, and an entry of the site for the same words stands.
    """
    change_lists()  # first, for its lock
    known = set(Term.objects.filter(starter=True).values_list("normalized", "language", "match"))
    known |= set(
        Term.objects.filter(removed_at__isnull=True).values_list("normalized", "language", "match")
    )
    missing = []
    for term in starter_terms():
        key = (term.normalized, term.language, term.match)
        if key not in known:
            known.add(key)
            term.starter = True
            missing.append(term)
    Term.objects.bulk_create(missing)
    termlists.look_again()
    return len(missing)
