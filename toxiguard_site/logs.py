"""Logs without what people write: no query strings, no texts quoted by error messages."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any
from uuid import uuid4

import structlog
from django.db import DataError, IntegrityError
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware as StructlogRequestMiddleware

REQUEST_ID = "X-Request-ID"
# what a caller may name a request: it goes into logs and headers as it is
_SAFE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")

# Messages of these quote the value that caused them, and that may be a text or a secret.
_QUOTING = (ValueError, LookupError, TypeError, DataError, IntegrityError)


class RequestMiddleware(StructlogRequestMiddleware):
    """Logs method and path of a request; its query string may hold a key or a searched text."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


def name_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost: each request has an id, the caller's or one of its own.

    The id is in the answer, in problem details and in all log lines (RequestMiddleware takes it
    from the header).
    """

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(REQUEST_ID, "")
        name = given if _SAFE_ID.fullmatch(given) else str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = name
        # (the headers were read above, and keep what they had then)
        request.__dict__.pop("headers", None)
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
        response[REQUEST_ID] = name
        return response

    return answer


def request_id() -> str | None:
    """The id of the request that this thread works on."""
    return structlog.contextvars.get_contextvars().get("request_id")


def add_request_id(
    logger: Any, name: str, event_dict: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Processor for what Django logs about a request after it has left the middleware."""
    request = getattr(event_dict.get("_record"), "request", None)
    if "request_id" not in event_dict and isinstance(request, HttpRequest):
        event_dict["request_id"] = request.META.get("HTTP_X_REQUEST_ID")
    return event_dict


class WithoutQueryString(logging.Filter):
    """For the development server, which logs the request line as its first argument."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and record.args and isinstance(record.args[0], str):
            method, _, rest = record.args[0].partition(" ")
            path, question, _ = rest.partition("?")
            if question:
                record.args = (f"{method} {path}", *record.args[1:])
        return True


def format_exception(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """For structlog's ExceptionRenderer: all frames, but no message that may quote a value."""
    chain: list[BaseException] = []
    error: BaseException | None = exc_info[1]
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = []
    for link in reversed(chain):
        lines += traceback.format_tb(link.__traceback__)
        # the driver's own error, below Django's, says the same in classes of its own
        driver = type(link).__module__.partition(".")[0] in ("psycopg", "sqlite3")
        message = "(message left out)" if driver or isinstance(link, _QUOTING) else link
        lines.append(f"{type(link).__qualname__}: {message}\n")
    return "".join(lines)
