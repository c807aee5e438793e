"""Real processes of the site, on the test's database and store."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def site_environment(data_dir: Path) -> dict[str, str]:
    """Environment of a process on this test's database (its data must be committed)."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
        "TOXIGUARD_DATA_DIR": str(data_dir),
        "DATABASE_URL": database_url(),
        "PYTHONPATH": str(settings.BASE_DIR),
    }


def database_url() -> str:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user, password = quote(values["USER"], safe=""), quote(values["PASSWORD"], safe="")
    host, port = quote(values["HOST"], safe=""), values["PORT"]
    return f"postgres://{user}:{password}@{host}:{port}/{values['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    arguments: Sequence[str], *, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen]:
    """A Python process with these arguments, ended by SIGTERM at the latest."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(0.05)
