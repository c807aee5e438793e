"""The child process that learns: started, listened to, ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import structlog
from django.conf import settings

from modelops.models import TrainingRun

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
    # its own session: a Ctrl-C in the terminal is for this process, which ends the child in order
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "modelops.train", str(run.pk), str(folder)],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
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
        _end(process)
    if failure:
        raise failure
    if process.returncode < 0:
        raise TrainingFailed("killed", {"signal": signal.Signals(-process.returncode).name})
    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        report = None
    if process.returncode or report is None:
        raise TrainingFailed("crashed", {"status": process.returncode})
    return cast(dict[str, Any], report)


def _environment() -> dict[str, str]:
    """The same site for the child, wherever this process was started."""
    paths = [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]
    return {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }


def _messages(
    process: subprocess.Popen[bytes], check: Callable[[], None]
) -> Iterator[dict[str, Any]]:
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


def _wait(process: subprocess.Popen[bytes], check: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(timeout=TICK)
        except subprocess.TimeoutExpired:
            check()
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the child: neither itself nor what it started. Its files are not its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()
