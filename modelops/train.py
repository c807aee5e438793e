"""Child process that learns: `python -m modelops.train RUN FOLDER`, started by `execute_run`.

It fills FOLDER with the numeric form and a report. On its standard output it says one JSON object
a line: how far it is, what the run shall keep, that it failed; whatever else would be printed
there goes to the standard error. It ends at once when its standard input closes, since then its
parent is gone.

A command in a terminal forks it instead (`serve_fork`), which spares it Django's start.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

NICENESS = 5  # the site's answers come first
FIRST_TO_GO = 500  # where memory runs out, rather this process than one that serves
FAILED = 3  # exit status after a failure that was told


class Channel:
    """What the child tells its parent; nothing else in the process can write to it."""

    def __init__(self) -> None:
        self._output = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def progress(self, share: float, step: str) -> None:
        self._tell({"event": "progress", "share": round(share, 4), "step": step})

    def keep(self, result: dict[str, Any]) -> None:
        self._tell({"event": "result", "result": result})

    def failed(self, code: str, facts: dict[str, Any]) -> None:
        self._tell({"event": "failed", "code": code, "facts": facts})

    def _tell(self, message: dict[str, Any]) -> None:
        # a parent that does not listen any more is about to end this process
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(message), file=self._output, flush=True)


def main(run: str, folder: str) -> int:
    channel = Channel()
    _end_with_parent()
    _be_modest()
    import django

    django.setup()

    from modelops.management.logs import log_put_aside

    with log_put_aside():
        return _learn(int(run), Path(folder), channel)


def serve_fork() -> int:
    """Learn in a process that was forked: it has Django, the settings and the log of its parent.

    The order, a JSON list of run and folder, is the first line of the standard input. Without one
    there is nothing to do. Returns the exit status.
    """
    channel = Channel()
    _be_modest()
    import modelops.training_job  # noqa: F401  (while the order is not there yet)

    order = b""
    while not order.endswith(b"\n"):
        # byte by byte, since what comes after it is for the thread that waits for the end
        if not (byte := os.read(0, 1)):
            return 0
        order += byte
    run, folder = json.loads(order)
    _end_with_parent()
    return _learn(int(run), Path(folder), channel)


def _learn(run: int, folder: Path, channel: Channel) -> int:
    import structlog
    from django.db import connections
    from threadpoolctl import threadpool_limits

    from modelops.errors import OperationFailed
    from modelops.ml.labels import NotPossible
    from modelops.services.training_process import REPORT
    from modelops.training_job import do_job

    try:
        # vectors of this size are added up faster than a second thread wakes up
        with threadpool_limits(limits=1):
            report = do_job(run=run, folder=folder, say=channel.progress, keep=channel.keep)
        (folder / REPORT).write_text(json.dumps(report), encoding="utf-8")
    except NotPossible as error:
        channel.failed(error.code, error.facts)
    except OperationFailed as error:
        channel.failed("message", {"message": str(error)})
    except OSError as error:
        channel.failed("system", {"error": error.strerror or type(error).__name__})
    except MemoryError:
        channel.failed("no_memory", {})
    except Exception as error:
        structlog.get_logger(__name__).exception("run.learning_failed", run=run)
        channel.failed("unexpected", {"error": type(error).__name__})
    else:
        return 0
    finally:
        connections.close_all()
    return FAILED


def _end_with_parent() -> None:
    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        # this process leads a group of its own: whatever it started ends, too
        os.killpg(0, signal.SIGKILL)

    if os.getpgrp() == os.getpid():
        threading.Thread(target=wait, name="parent", daemon=True).start()


def _be_modest() -> None:
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(FIRST_TO_GO))


def leave(status: int) -> NoReturn:
    """End the process at once: taking a model apart, term by term, takes longer than it seems."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main(*sys.argv[1:]))
