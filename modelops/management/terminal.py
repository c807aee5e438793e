"""Asking people at a terminal."""

from __future__ import annotations

import sys
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
    words = {"y", "yes", _("yes").lower(), _("yes")[:1].lower()}
    return ask(f"{question} [{_('yes')}/{_('no')}]").lower() in words


def choose(question: str, answers: Collection[str]) -> str:
    """One of `answers`; asks again until it is. Raises NobodyAnswers."""
    while True:
        answer = ask(question).lower()
        if answer in answers:
            return answer
        print(_("Possible answers: %(answers)s") % {"answers": ", ".join(answers)})
