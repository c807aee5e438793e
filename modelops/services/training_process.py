"""The child process that learns: started, listened to, ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import structlog

from modelops.models import TrainingRun

from .learning_process import Learner, end_learner, started_learner

logger = structlog.get_logger(__name__)
REPORT = "report.json"
NUMERIC = "numeric"
TICK = 0.2  # seconds between two looks at what may end the process early
LONGEST_LINE = 1_000_000  # bytes


class TrainingFailed(Exception):
    """The process says, or its end shows, that there will be no model: see `run_texts`."""

    def __init__(self, code: str, facts: dict[str, Any]) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


def run_training_process(
    *,
    run: TrainingRun,
    folder: Path,
    say: Callable[[float, str], None],
    keep: Callable[[dict[str, Any]], None],
    check: Callable[[], None],
) -> dict[str, Any]:
    """Learn in a child process, whose memory goes back with it; return its report.

    The child fills `folder` with the numeric form (in NUMERIC) and the report; `say` and `keep`
    get what it tells meanwhile: progress, and what the run shall keep. `check` is called
    several times a second; when it raises, the child is ended. The child ends by itself when this
    process does, since the pipe to its standard input closes then. Raises TrainingFailed.
    """
    process = started_learner(run=run.pk, folder=folder)
    failure: TrainingFailed | None = None
    try:
        for message in _messages(process, check):
            if message.get("event") == "progress":
                say(float(message["share"]), str(message["step"]))
            elif message.get("event") == "result":
                keep(message["result"])
            elif message.get("event") == "failed":
                failure = TrainingFailed(str(message["code"]), dict(message["facts"]))
        _wait(process, check)
    finally:
        end_learner(process)
    if failure:
        raise failure
    if (status := process.wait()) < 0:
        raise TrainingFailed("killed", {"signal": signal.Signals(-status).name})
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        report = None
    if status or report is None:
        raise TrainingFailed("crashed", {"status": status})
    return cast(dict[str, Any], report)


def _messages(process: Learner, check: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that the child writes, one a line, until it closes its output."""
    output = cast(IO[bytes], process.stdout)
    unread = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            check()
            if not selector.select(timeout=TICK):
                continue
            chunk = os.read(output.fileno(), 65536)
            if not chunk:
                return
            *lines, unread = (unread + chunk).split(b"\n")
            if len(unread) > LONGEST_LINE:
                unread = b""
            for line in lines:
                with contextlib.suppress(ValueError):
                    message = json.loads(line)
                    if isinstance(message, dict):
                        yield message


def _wait(process: Learner, check: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(timeout=TICK)
        except subprocess.TimeoutExpired:
            check()
        else:
            return
