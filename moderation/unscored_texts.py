"""Why a text could not be scored: codes, and their words."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from modelops.validators import check_text

FAILED = "failed"  # the model stumbled over it; the log says more
CODES = ("blank", "too_long", "nul", "surrogate", FAILED)


def problem_of(text: str) -> str:
    """The code of what is wrong with a text before any model sees it; "" when nothing is."""
    try:
        check_text(text)
    except ValidationError as error:
        return error.code or FAILED
    return ""


def problem_text(code: str) -> str:
    """A code in words."""
    texts = {
        "blank": _("The text is empty."),
        "too_long": _("The text is too long."),
        "nul": _("It has a character that can't be stored (NUL); it is shown as �."),
        "surrogate": _("It has half a character; it is shown as �."),
        FAILED: _("The model could not score it."),
    }
    return texts.get(code, code)
