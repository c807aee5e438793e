"""The forms of errors on the drop-in paths, for views, middleware and unknown paths alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

GOOGLE_PREFIXES = ("/v1alpha1", "/$discovery")
OPENAI_PREFIXES = ("/v1",)
# the first ToxiGuard's; with a slash at the end they are pages
FIRST_PATHS = re.compile(
    r"/(analyze|history(/[^/]+)?|keywords(/[^/]+)?|categories|api/health|ml/[^/]+)"
)
INVALID, UNPROCESSABLE = 400, 422
ERROR_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
INVALID_REQUEST = "INVALID_REQUEST"
_CANONICAL = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_OPENAI_CODES = {
    401: "invalid_api_key",
    403: "insufficient_permissions",
    404: "unknown_url",
    405: "method_not_supported",
    429: "rate_limit_exceeded",
}

Form = Callable[[int, str, Sequence[Mapping[str, str]], Mapping[str, Any]], dict[str, Any]]


def google_error(
    status: int,
    message: str,
    errors: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`extra` goes into the detail, whose `errorType` is INVALID_REQUEST unless it says so."""
    details = []
    if status < 500 and status not in (401, 403, 429):
        details = [{"@type": ERROR_TYPE, "errorType": INVALID_REQUEST} | dict(extra or {})]
    return {
        "error": {
            "code": status,
            "message": message,
            "status": _CANONICAL.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT"),
            "details": details,
        }
    }


def openai_error(
    status: int,
    message: str,
    errors: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`param` names the first field that is wrong."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": "requests" if status == 429 else kind,
            "param": errors[0]["field"] if errors else None,
            "code": _OPENAI_CODES.get(status),
        }
        | dict(extra or {})
    }


def first_error(
    status: int,
    message: str,
    errors: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """As FastAPI tells it; `extra["in"]` says where wrong values came from: body, query or path."""
    if status != UNPROCESSABLE:
        return {"detail": message}
    place = (extra or {}).get("in", "body")
    return {
        "detail": [
            {
                "loc": [place] if error["field"] == "body" else [place, error["field"]],
                "msg": error["message"],
                "type": error.get("type", "value_error"),
            }
            for error in errors
        ]
    }


def form_of(path: str) -> Form | None:
    """The error form of a drop-in path, None for every other path."""
    if FIRST_PATHS.fullmatch(path):
        return first_error
    for prefixes, form in ((GOOGLE_PREFIXES, google_error), (OPENAI_PREFIXES, openai_error)):
        if any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes):
            return form
    return None


_GOOGLE_SCHEMA = {
    "type": "object",
    "description": "An error as Google's services tell it.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "status", "details"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "status": {"type": "string", "example": "INVALID_ARGUMENT"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
_OPENAI_SCHEMA = {
    "type": "object",
    "description": "An error as OpenAI tells it.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string", "example": "invalid_request_error"},
                "param": {"type": "string", "nullable": True},
                "code": {"type": "string", "nullable": True},
            },
        }
    },
}
_FIRST_SCHEMA = {
    "type": "object",
    "description": "An error as the first ToxiGuard tells it; a 422 lists what is wrong.",
    "required": ["detail"],
    "properties": {
        "detail": {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["loc", "msg", "type"],
                        "properties": {
                            "loc": {"type": "array", "items": {"type": "string"}},
                            "msg": {"type": "string"},
                            "type": {"type": "string", "example": "missing"},
                        },
                    },
                },
            ]
        }
    },
}
# name in the OpenAPI schema -> what it is
SCHEMAS = {
    "GoogleError": _GOOGLE_SCHEMA,
    "OpenAIError": _OPENAI_SCHEMA,
    "FirstToxiGuardError": _FIRST_SCHEMA,
}
_NAMES = dict(zip((google_error, openai_error, first_error), SCHEMAS, strict=True))


def schema_of(path: str) -> str | None:
    """The name in SCHEMAS of a path's error form, None where errors are problem details."""
    form = form_of(path)
    return _NAMES[form] if form else None  # type: ignore[index]


def invalid_status_of(path: str) -> int:
    """The status of a request whose values are wrong."""
    return UNPROCESSABLE if form_of(path) is first_error else INVALID
