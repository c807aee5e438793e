"""A throw-away PostgreSQL cluster for tests: own folder, free port, unprivileged user.

    with cluster() as url: ...      # postgres://toxiguard:…@127.0.0.1:PORT/toxiguard

PostgreSQL refuses to run as root; there the account `postgres` (else `nobody`) runs it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Nothing here has to survive a crash, so nothing waits for the disk.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl (Debian keeps it off the PATH), or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return found[-1] if found else None


def _unprivileged() -> str | None:
    """The account that must run PostgreSQL, or None where this process may."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Starts a cluster, yields its DATABASE_URL, and removes every trace of it afterwards."""
    folder = binaries()
    if folder is None:
        raise RuntimeError("PostgreSQL is not installed: make system-deps")
    account = _unprivileged()
    as_account: dict[str, Any] = {"cwd": "/", "check": True, "stdout": subprocess.DEVNULL}
    if account:
        entry = pwd.getpwnam(account)
        as_account |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    # (a short path: the name of a Unix socket may have about 100 characters)
    base = Path(tempfile.mkdtemp(prefix="toxiguard-pg-", dir="/tmp"))
    password = secrets.token_hex(16)
    secret = base / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account:
        for path in (base, secret):
            shutil.chown(path, account)
    data, port = base / "data", _free_port()
    options = (
        f"{FAST} -c listen_addresses=127.0.0.1 -c port={port} -c max_connections=60 "
        f"-c unix_socket_directories='{base}'"
    )
    control = [str(folder / "pg_ctl"), "--pgdata", str(data), "--wait", "--silent"]
    initialise = [
        *(str(folder / "initdb"), "--pgdata", str(data), "--username", "toxiguard"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        *("--auth", "scram-sha-256", "--pwfile", str(secret)),
    ]
    start = [*control, "--log", str(base / "server.log"), "--options", options, "start"]
    stop = [*control, "--mode", "immediate", "stop"]
    started = False
    try:
        subprocess.run(initialise, **as_account)
        subprocess.run(start, **as_account)
        started = True
        yield f"postgres://toxiguard:{password}@127.0.0.1:{port}/postgres"
    finally:
        if started:
            subprocess.run(stop, **as_account | {"check": False})
        shutil.rmtree(base, ignore_errors=True)
