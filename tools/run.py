"""What `make run` does: packages, database, first accounts, then web server and worker together.

It runs twice in one process: first with any Python, which makes the virtual environment, then
(`run.py start`) with the environment's own. Ctrl-C, SIGTERM and a closed terminal stop everything.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

from environment import ROOT, SetupError, ensure, run, stop_on_signals

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", "8000"


def env_file() -> Path:
    """The file that the settings read, too."""
    return Path(os.environ.get("TOXIGUARD_ENV_FILE") or ROOT / ".env")


def address() -> tuple[str, int]:
    """HOST and PORT, from the environment (`make run PORT=9000`) or `.env`, checked."""
    host = os.environ.get("HOST") or DEFAULT_HOST
    port = os.environ.get("PORT") or DEFAULT_PORT
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SetupError(f"PORT must be a number from 1 to 65535, not '{port}'.")
    return host, int(port)


def check_workers() -> None:
    """WEB_CONCURRENCY, at which gunicorn would break off without a word that helps."""
    workers = os.environ.get("WEB_CONCURRENCY") or "2"
    if not (workers.isascii() and workers.isdigit() and int(workers)):
        raise SetupError(f"WEB_CONCURRENCY must be a whole number from 1 on, not '{workers}'.")


def check_address(host: str, port: int) -> None:
    """Raises SetupError where no server can listen there."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise SetupError(f"HOST '{host}' is not an address of this machine.") from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sentence = (
                    f"Port {port} on {host} is in use, perhaps by another ToxiGuard; "
                    "stop that one, or choose another port: make run PORT=8001"
                )
            elif error.errno in {errno.EACCES, errno.EPERM}:
                sentence = (
                    f"Port {port} may not be used by this account; choose one above 1023: "
                    "make run PORT=8000"
                )
            else:
                sentence = f"HOST '{host}' is not an address of this machine."
            raise SetupError(sentence) from None


def install() -> Path:
    """Checks the port, as far as it is known yet, then makes the virtual environment."""
    check_workers()
    dotenv = env_file()
    text = dotenv.read_text(errors="replace") if dotenv.is_file() else ""
    if not re.search(r"^\s*(export\s+)?(HOST|PORT)\s*=", text, re.MULTILINE):
        check_address(*address())  # before the minutes that a first installation takes
    return ensure(ROOT / ".venv", ROOT / "requirements.txt")


def prepare() -> None:
    """Settings, data folder and database: checked, migrated, filled with what a start needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "toxiguard_site.settings")
    import django
    from django.conf import settings
    from django.core.management import CommandError, call_command
    from django.db import DatabaseError, OperationalError, connection

    warnings.filterwarnings("ignore", "Engine not recognized", UserWarning)
    try:
        django.setup()
        data_dir = Path(settings.DATA_DIR)
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise SetupError(
            f"The data folder cannot be written ({error.strerror}: {error.filename}); name one "
            "that can be with TOXIGUARD_DATA_DIR=/some/folder."
        ) from None
    except ImportError as error:
        raise SetupError(f"The installation is not complete: {error}") from None
    except Exception as error:
        # (what django-environ and Django make of a scheme that they do not know)
        if isinstance(error, KeyError) or "database backend" in str(error):
            raise SetupError(
                "DATABASE_URL is not right; examples: postgres://user:password@host:5432/name, "
                "sqlite:////some/folder/db.sqlite3"
            ) from None
        reason = " ".join(str(error).split())
        raise SetupError(f"The settings (environment and .env) are not right: {reason}") from None
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise SetupError(f"The database cannot be opened (DATABASE_URL): {reason}") from None
    try:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        call_command("bootstrap")
    except CommandError as error:
        raise SetupError(str(error)) from None
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise SetupError(f"The database could not be brought up to date: {reason}") from None


def start() -> int:
    """Prepares the site, then runs web server and worker until one of them ends or is stopped."""
    prepared = run([sys.executable, __file__, "prepare"], cwd=ROOT)
    if prepared.returncode != 0:
        return prepared.returncode
    import environ

    environ.Env.read_env(env_file())
    check_workers()
    host, port = address()
    check_address(host, port)
    # (the Procfile names `python`, which has to be the environment's own)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    os.environ.update(HOST=host, PORT=str(port), PYTHONUNBUFFERED="1")
    return supervise(host, port)


def supervise(host: str, port: int) -> int:
    """Runs the Procfile through honcho's manager, which this makes safe against two accidents.

    As it comes, honcho loses track of its processes when it is told to stop before all of them have
    started, or when its terminal is gone and a line cannot be printed any more.
    """
    import multiprocessing

    from honcho.environ import parse_procfile
    from honcho.manager import Manager
    from honcho.printer import Message, Printer

    class CalmPrinter(Printer):
        def write(self, message: Message) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().write(message)
                self.output.flush()

    class Supervisor(Manager):
        stopping = False

        def terminate(self) -> None:
            self.stopping = True
            if self._all_started():
                super().terminate()

        def _any_stopped(self) -> bool:
            # True also while stopping: the loop then asks again, and kills after a few seconds.
            return bool(self.stopping or super()._any_stopped())

        def _start(self) -> None:
            super()._start()
            threading.Thread(target=announce, args=(host, port), daemon=True).start()

    multiprocessing.set_start_method("fork")
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    manager = Supervisor(CalmPrinter(sys.stdout))
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=dict(os.environ), cwd=str(ROOT))
    manager.loop()
    return int(manager.returncode or 0)


def announce(host: str, port: int) -> None:
    """Prints the address as soon as the site answers there."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection(shown, port, timeout=10)
            connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
            continue
        named = f"[{shown}]" if ":" in shown else shown
        with contextlib.suppress(OSError):
            print(f"\nToxiGuard is ready: http://{named}:{port}/ (Ctrl-C stops it)\n", flush=True)
        return


def main(stage: str) -> int:
    os.chdir(ROOT)
    stop_on_signals()
    if stage == "install":
        python = install()
        sys.stdout.flush()
        os.execv(python, [str(python), __file__, "start"])
    elif stage == "prepare":
        sys.path.insert(0, str(ROOT))
        prepare()
    else:
        return start()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*(sys.argv[1:] or ["install"])))
    except SetupError as error:
        sys.exit(str(error))
    except (KeyboardInterrupt, subprocess.CalledProcessError):
        sys.exit(130)
