"""Bodies of requests: how large one may be, and what is in it."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer

MEBIBYTE = 1024 * 1024


def taken(serializer: type[Serializer], request: Request) -> dict[str, Any]:
    """The validated body. Raises ValidationError."""
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data
