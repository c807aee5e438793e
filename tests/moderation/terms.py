"""Terms and lists of them without a database."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils import timezone

from modelops.serving import tokenize
from moderation.models import Term
from moderation.services.add_term import draft_term
from moderation.termlists import Lists

_numbers = count(1)


def term(pattern: str, action: str = "flag", match: str = "word", **fields: Any) -> Term:
    """A term as it would be saved, with a number of its own."""
    draft = draft_term(pattern=pattern, action=action, match=match, reason="test", **fields)
    draft.pk = next(_numbers)
    return draft


def found(text: str, *terms: Term, language: str = "") -> list[str]:
    """The patterns that are found in `text`, each once."""
    hits = Lists(terms).find(tokenize(text), language=language, now=timezone.now())
    return list(dict.fromkeys(hit.entry.pattern for hit in hits))
