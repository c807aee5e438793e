"""Logs without what people write: no query strings, no texts quoted by error messages."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from django.db import DataError, IntegrityError
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware as StructlogRequestMiddleware

# Messages of these quote the value that caused them, and that may be a text or a secret.
_QUOTING = (ValueError, LookupError, TypeError, DataError, IntegrityError)


class RequestMiddleware(StructlogRequestMiddleware):
    """Logs method and path of a request; its query string may hold a key or a searched text."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


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
