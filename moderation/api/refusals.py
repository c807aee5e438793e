"""What the services of the workbench refuse, as problem details."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import APIException, ValidationError

from modelops.words import utc
from moderation.errors import (
    AlreadyDecided,
    FilterRefused,
    InputRefused,
    ItemClaimed,
    ReviewRefused,
    SelectionChanged,
)
from moderation.selectors_decisions import shown_mode

REFUSED = OpenApiResponse(description=_("Problem details: what stands in the way."))
CONFLICT = OpenApiResponse(
    description="Problem details; `code` says what is in the way: `claimed` (with `claimed_by` and "
    "`claim_expires_at`), `decided` (with `decision`), `closed`, `not_in_queue`, …"
)


class Refusal(APIException):
    """A problem with the `code` of what was refused, and what a program may want to know of it."""

    def __init__(self, error: ReviewRefused, **extra: Any) -> None:
        super().__init__(str(error))
        self.status_code = error.status
        self.extra = {"code": error.code, **extra}
        if isinstance(error, InputRefused):
            self.field = error.field


@contextmanager
def refusals_told(user: User | None = None) -> Iterator[None]:
    """Turn what services raise into problems, as `user` may know them."""
    try:
        yield
    except FilterRefused as error:
        raise ValidationError({"filter": error.errors}) from error
    except ItemClaimed as error:
        raise Refusal(
            error,
            claimed_by=error.holder.get_username(),
            claim_expires_at=utc(error.until),
        ) from error
    except AlreadyDecided as error:
        decision = error.decision
        told = {
            "id": decision.pk,
            "action": decision.action,
            "mode": shown_mode(decision, user or AnonymousUser()),
            "category": decision.category or None,
            "by": decision.by.get_username(),
            "created_at": utc(decision.created_at),
        }
        raise Refusal(error, decision=told) from error
    except SelectionChanged as error:
        raise Refusal(error, count=error.count) from error
    except ReviewRefused as error:
        raise Refusal(error) from error
