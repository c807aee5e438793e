"""What a text must be, whichever way it comes in."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from modelops.csv_files import MAX_TEXT

_SURROGATE = re.compile("[\ud800-\udfff]")


def check_characters(text: str) -> None:
    """No character that a database or UTF-8 can't hold. Raises ValidationError."""
    if "\0" in text:
        raise ValidationError(_("The character NUL is not allowed."), code="nul")
    if _SURROGATE.search(text):
        raise ValidationError(_("Half of a surrogate pair is not a character."), code="surrogate")


def is_blank(text: str) -> bool:
    """Tell whether there is nothing to see in a text: only space and characters without shape."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in text)


def check_text(text: str) -> None:
    """A text of 1 to MAX_TEXT code points that is not blank. Raises ValidationError."""
    if is_blank(text):
        raise ValidationError(_("The text is empty."), code="blank")
    if len(text) > MAX_TEXT:
        raise ValidationError(
            _("The text has %(length)s characters, at most %(limit)s are allowed."),
            code="too_long",
            params={"length": len(text), "limit": MAX_TEXT},
        )
    check_characters(text)
