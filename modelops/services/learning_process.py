"""Processes to learn in: started anew, or forked by a command that does nothing else meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn, cast

from django.conf import settings
from django.db import connections

FORKABLE = sys.platform == "linux"  # elsewhere the system's own libraries may not survive it
PATIENCE = 1.0  # seconds for a thread that is about to end
LOOK_EVERY = 0.005  # seconds


class Forked:
    """A forked child that waits for its order; as much of `subprocess.Popen` as is needed."""

    def __init__(self, pid: int, stdin: int, stdout: int) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = os.fdopen(stdin, "wb", buffering=0)
        self.stdout: IO[bytes] | None = os.fdopen(stdout, "rb", buffering=0)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else asked how it ended
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + timeout if timeout is not None else None
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", cast(float, timeout))
            time.sleep(LOOK_EVERY)
        return status


Learner = subprocess.Popen[bytes] | Forked
_ready: list[Forked] = []


def prepare_learner() -> None:
    """Fork the process that will learn next, where that is safe.

    It has what this process has: Django, the settings, the tables of languages. So the command
    spares the time that these take to start again. Whoever calls this does so before any thread
    begins, and `no_learner_left` afterwards. Where it is not safe nothing happens, and a process
    is started when it is needed.
    """
    if not _ready and _forkable():
        # (here: few processes that import this module learn)
        from modelops.ml.language import warm_up

        warm_up()
        connections.close_all()  # no connection is for two processes
        _ready.append(_forked())


@contextmanager
def no_learner_left() -> Iterator[None]:
    """At the end no prepared process is left that nobody needed."""
    try:
        yield
    finally:
        while _ready:
            end_learner(_ready.pop())


def started_learner(*, run: int, folder: Path) -> Learner:
    """A process that learns for a run: the prepared one, else a new one."""
    while _ready:
        learner = _ready.pop()
        order = json.dumps([run, str(folder)]).encode() + b"\n"
        with contextlib.suppress(OSError):
            if learner.poll() is None:
                cast(IO[bytes], learner.stdin).write(order)
                return learner
        end_learner(learner)
    # its own session: a Ctrl-C in the terminal is for this process, which ends the child in order
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "modelops.train", str(run), str(folder)],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def end_learner(learner: Learner) -> None:
    """Leave nothing of the child: neither itself nor what it started. Its files are not its own."""
    try:
        os.killpg(learner.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if learner.poll() is None:  # forked a moment ago, it has no session of its own yet
            with contextlib.suppress(ProcessLookupError):
                os.kill(learner.pid, signal.SIGKILL)
    learner.wait()
    for pipe in (learner.stdin, learner.stdout):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def _forkable() -> bool:
    """Whether nothing else is under way here: no thread that may hold a lock, no transaction."""
    if not FORKABLE or any(one.in_atomic_block for one in connections.all(initialized_only=True)):
        return False
    until = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(max(until - time.monotonic(), 0.0))
    return threading.active_count() == 1


def _forked() -> Forked:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()  # else both would write what is left in it
    orders, output = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        _serve(stdin=orders[0], stdout=output[1], others=(orders[1], output[0]))
    os.close(orders[0])
    os.close(output[1])
    return Forked(pid, stdin=orders[1], stdout=output[0])


def _serve(*, stdin: int, stdout: int, others: tuple[int, ...]) -> NoReturn:
    """In the child: nothing of what the parent was about goes on here."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.dup2(stdin, 0)
        os.dup2(stdout, 1)
        for pipe in (stdin, stdout, *others):
            os.close(pipe)
        from modelops.train import serve_fork

        status = serve_fork()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _environment() -> dict[str, str]:
    """The same site for the child, wherever this process was started."""
    paths = [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]
    return {
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
    }
