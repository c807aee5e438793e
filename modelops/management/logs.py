"""The log of commands that somebody runs in a terminal."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

LARGEST = 2_000_000  # bytes; then it is put aside, and the one that was put aside before goes
NAME = "commands.log"


@contextmanager
def log_put_aside() -> Iterator[None]:
    """While people read what a command says, keep the log's routine lines in a file of their own.

    On the terminal warnings are left. Nothing changes where the standard error is no terminal, or
    where the file can't be written.
    """
    root = logging.getLogger()
    shown = [one for one in root.handlers if getattr(one, "stream", None) is sys.stderr]
    if not shown or not sys.stderr.isatty() or (aside := _file(shown[0].formatter)) is None:
        yield
        return
    levels = [handler.level for handler in shown]
    for handler in shown:
        handler.setLevel(max(handler.level, logging.WARNING))
    root.addHandler(aside)
    try:
        yield
    finally:
        root.removeHandler(aside)
        aside.close()
        for handler, level in zip(shown, levels, strict=True):
            handler.setLevel(level)


def _file(formatter: logging.Formatter | None) -> logging.Handler | None:
    folder = settings.DATA_DIR / "logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / NAME, maxBytes=LARGEST, backupCount=1, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setFormatter(formatter)
    return handler
