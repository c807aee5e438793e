"""Put a term on a list."""

from __future__ import annotations

import re
from datetime import datetime

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import termlists
from moderation.errors_terms import TermExists, TermInvalid, TooManyTerms, too_long
from moderation.models import Category, Term, TermLists

log = structlog.get_logger(__name__)
MAX_TERMS = 10_000
MAX_PATTERN = 200  # characters
MAX_REASON = 2000

# a letter or digit with a symbol behind it, which no whole word has: "a$$"
_SYMBOL = re.compile(r"[^\W_][@$€£|+*#%&=~^]")


def add_term(
    *,
    pattern: str,
    action: str,
    match: str,
    reason: str,
    language: str = "",
    category: str = "",
    expires_at: datetime | None = None,
    by: User | None,
) -> Term:
    """Add a term; every worker counts it within a second.

    `by` is None for the project's own list. Raises TermInvalid, TermExists, TooManyTerms.
    """
    draft = draft_term(
        pattern=pattern,
        action=action,
        match=match,
        reason=reason,
        language=language,
        category=category,
        expires_at=expires_at,
    )
    draft.created_by, draft.starter = by, by is None
    with transaction.atomic():
        change_lists()  # first, for its lock: changes take turns
        check_free(draft)
        # what has expired counts no more, but still takes the place of a new one
        _same_words(draft).update(removed_at=timezone.now())
        draft.save()
        log.info("term_added", term=draft.pk, action=action, match=match, by=by.pk if by else None)
    termlists.look_again()
    return draft


def draft_term(
    *,
    pattern: str,
    action: str,
    match: str,
    reason: str,
    language: str = "",
    category: str = "",
    expires_at: datetime | None = None,
) -> Term:
    """The term that these words make, not saved. Raises TermInvalid."""
    for field, value, known in (
        ("action", action, Term.Action.values),
        ("match", match, Term.Match.values),
        ("language", language, Term.Language.values),
        ("category", category, ["", *Category.values]),
    ):
        if value not in known:
            raise TermInvalid(
                field,
                _("One of these is expected: %(known)s.")
                % {"known": ", ".join(one for one in known if one)},
            )
    pattern, reason = " ".join(pattern.split()), reason.strip()
    if category and action == Term.Action.ALLOW:
        raise TermInvalid("category", _("Terms that allow have no category."))
    if not reason:
        raise TermInvalid("reason", _("Say why: others will want to know later."))
    if len(reason) > MAX_REASON:
        raise TermInvalid("reason", too_long(MAX_REASON))
    if expires_at is not None and expires_at <= timezone.now():
        raise TermInvalid("expires_at", _("This moment has passed already."))
    return Term(
        pattern=pattern,
        normalized=" ".join(_words(pattern, match)),
        language=language,
        action=action,
        category=category,
        match=match,
        expires_at=expires_at,
        reason=reason,
    )


def _words(pattern: str, match: str) -> list[str]:
    """The words that the term is found by. Raises TermInvalid where they say something else."""
    if not pattern:
        raise TermInvalid("pattern", _("Type a word or several."))
    if len(pattern) > MAX_PATTERN:
        raise TermInvalid("pattern", too_long(MAX_PATTERN))
    words = termlists.words_of(pattern, match)
    whole = match == Term.Match.WORD
    if not words:
        # pictures have no variants
        told = (
            _("There is no letter, digit or emoji in it, so nothing can be found.")
            if whole or not termlists.words_of(pattern, Term.Match.WORD)
            else _("It has no variants. Choose “whole word”.")
        )
        raise TermInvalid("pattern", told)
    if not whole and not termlists.PLACEHOLDERS.isdisjoint(words):
        raise TermInvalid(
            "pattern",
            _(
                "With variants, all addresses, mentions and figures are read alike, so others "
                "would be found as well. Choose “whole word”."
            ),
        )
    if not whole and len("".join(words)) == 1 < len(pattern):
        raise TermInvalid(
            "pattern",
            _("With variants, it is read as “%(letter)s”. Write it with all its letters.")
            % {"letter": words[0]},
        )
    if whole and (symbol := _SYMBOL.search(pattern)):
        raise TermInvalid(
            "pattern",
            _("Whole words have no “%(symbol)s”. Choose “with variants”, or leave it out.")
            % {"symbol": symbol.group()[-1]},
        )
    if _pictures_read_as_letters(pattern):
        raise TermInvalid(
            "pattern",
            _("These pictures are read as the letters “%(letters)s”. Type the letters instead.")
            % {"letters": " ".join(words)},
        )
    if len(words) > termlists.MAX_WORDS:
        raise TermInvalid(
            "pattern", _("At most %(limit)s words are possible.") % {"limit": termlists.MAX_WORDS}
        )
    return words


def _pictures_read_as_letters(pattern: str) -> bool:
    """Whether there are flags and the like, which are pairs of letters to a program."""
    return not any(c.isalnum() for c in pattern) and any(
        c.isalnum() for word in termlists.words_of(pattern, Term.Match.WORD) for c in word
    )


def check_free(draft: Term) -> None:
    """Raise TermExists or TooManyTerms where the lists have no place for `draft`."""
    if known := _same_words(draft).filter(termlists.standing_terms()).first():
        raise TermExists(known)
    if Term.objects.filter(removed_at__isnull=True).count() >= MAX_TERMS:
        raise TooManyTerms(MAX_TERMS)


def change_lists() -> None:
    """Tell all workers that the lists are other ones, once the transaction is through."""
    TermLists.objects.get_or_create(pk=1)
    TermLists.objects.filter(pk=1).update(generation=F("generation") + 1)


def _same_words(draft: Term) -> QuerySet[Term]:
    return Term.objects.filter(
        normalized=draft.normalized,
        language=draft.language,
        match=draft.match,
        removed_at__isnull=True,
    )
