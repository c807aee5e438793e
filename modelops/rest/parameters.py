"""Query parameters of lists: known ones only, and pages of a bounded size."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGE_SIZE, MAX_PAGE_SIZE = 50, 500


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """A name that is no parameter's must not choose everything. Raises ValidationError."""
    message = _("There is no such parameter; there are: %(known)s.")
    if unknown := [name for name in request.query_params if name not in known]:
        told = [message % {"known": ", ".join(known)}]
        raise ValidationError({name[:100]: told for name in unknown})


def page_size(request: Request) -> int:
    """`page_size`, or what is usual. Raises ValidationError."""
    given = request.query_params.get("page_size", str(PAGE_SIZE))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MAX_PAGE_SIZE):
        message = _("A number from 1 to %(limit)s is expected.") % {"limit": MAX_PAGE_SIZE}
        raise ValidationError({"page_size": [message]})
    return int(given)


def wrong_cursor() -> ValidationError:
    return ValidationError({"cursor": [_("This cursor is not one that the API gave.")]})
