"""Commands in a real terminal, with somebody who answers."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Sequence

from django.conf import settings

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def converse(
    arguments: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    environment: dict[str, str],
    seconds: float = 240,
) -> tuple[int, str]:
    """Run `manage.py` with these arguments in a terminal; return exit status and what it showed.

    `answers`: pairs of a question's end and what to type then, in this order.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**environment, "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, asked = "", 0
    waiting = list(answers)
    deadline = time.monotonic() + seconds
    try:
        while True:
            assert time.monotonic() < deadline, shown
            if not select.select([ours], [], [], 0.2)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not chunk:
                break
            shown += CONTROL.sub("", chunk.decode(errors="replace"))
            if waiting and waiting[0][0] in shown[asked:]:
                asked = len(shown)
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
        return process.wait(timeout=30), shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)
