"""Asking people at a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Collection

from django.utils.translation import gettext as _


class NobodyAnswers(Exception):
    """The terminal was closed instead of an answer."""


def interactive() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """One line of answer, without blanks around it. Raises NobodyAnswers."""
    try:
        return input(f"{question} ").strip()
    except EOFError as error:
        raise NobodyAnswers from error


def confirmed(question: str) -> bool:
    """Whether the answer is yes, in the site's language or in English; anything else is no."""
    yes, no = _("yes"), _("no")  # (xgettext reads nothing within an f-string)
    answer = _plain(ask(f"{question} [{yes}/{no}]"))
    return answer in {word[:length] for word in ("yes", _plain(yes)) for length in (1, 3)}


def _plain(word: str) -> str:
    """Without case and accents, which people leave out."""
    letters = unicodedata.normalize("NFD", word.strip().lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def choose(question: str, answers: Collection[str]) -> str:
    """One of `answers`; asks again until it is. Raises NobodyAnswers."""
    while True:
        answer = ask(question).lower()
        if answer in answers:
            return answer
        print(_("Possible answers: %(answers)s") % {"answers": ", ".join(answers)})
