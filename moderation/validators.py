"""What a text must be before it is analysed, whichever way it comes in."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from moderation.models import MAX_TEXT_LENGTH

_SURROGATE = re.compile("[\ud800-\udfff]")


def check_characters(text: str) -> None:
    """No character that a database or UTF-8 can't hold. Raises ValidationError."""
    if "\0" in text:
        raise ValidationError(_("The character NUL is not allowed."), code="nul")
    if _SURROGATE.search(text):
        raise ValidationError(_("Half of a surrogate pair is not a character."), code="surrogate")


def check_text(text: str) -> None:
    """A text of 1 to MAX_TEXT_LENGTH code points that is not blank. Raises ValidationError."""
    if not text.strip():
        raise ValidationError(_("The text is empty."), code="blank")
    if len(text) > MAX_TEXT_LENGTH:
        raise ValidationError(
            _("The text has %(length)s characters, at most %(limit)s are allowed."),
            code="too_long",
            params={"length": len(text), "limit": MAX_TEXT_LENGTH},
        )
    check_characters(text)
