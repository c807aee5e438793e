"""Makes a virtual environment with pinned packages, once per state of the requirements.

    python tools/environment.py .venv-test requirements-dev.txt

Needs nothing but Python itself. A stamp inside the environment tells whether it is complete; where
it matches, nothing is done. Whatever goes wrong ends in one sentence.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STAMP = "toxiguard-stamp"
OLDEST = (3, 11)

# What pip's output says -> what it means for the person who reads it. The first match counts.
PIP_FAILURES = (
    (
        r"No space left on device",
        "The disk is full: free some space (about 1 GB is needed) and start again.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "A downloaded package is not the one that {requirements} names (its SHA-256 differs); "
        "nothing of it was installed. Start again, and check the package index if it stays so.",
    ),
    (
        r"(Temporary failure in name resolution|Name or service not known|nodename nor servname"
        r"|getaddrinfo failed|Failed to resolve|NewConnectionError|Network is unreachable"
        r"|Connection refused|ConnectTimeout|ReadTimeout|timed out|Connection reset"
        r"|ProxyError|Cannot connect to proxy|RemoteDisconnected|SSLError)",
        "The packages cannot be downloaded: the package index does not answer. Check the network "
        "(behind a proxy: HTTPS_PROXY) and start again; what is there already is kept.",
    ),
    (
        r"(?i)(unable to find (a )?compiler|no such file or directory: '?(gcc|cc|c\+\+|g\+\+|clang)"
        r"|command '[^']*(gcc|cc|g\+\+|clang)' failed|unknown compiler|no acceptable C compiler"
        r"|cargo.{0,80}not (installed|found)|rust compiler|requires Rust)",
        "A package has no ready-made build for this machine, and there is no compiler to build it: "
        "install one (on Debian and Ubuntu: apt install build-essential python3-dev) or use "
        "another Python with PYTHON=/path/to/python3.",
    ),
    (
        r"(Failed building wheel|Failed to build|metadata-generation-failed"
        r"|subprocess-exited-with-error)",
        "A package could not be built on this machine.",
    ),
    (
        r"(No matching distribution found|Could not find a version)",
        "The package index has no build of a package for this Python ({version}); another Python "
        "can be chosen with PYTHON=/path/to/python3.",
    ),
    (r"Permission denied|Read-only file system", "The folder {venv} cannot be written."),
)


class SetupError(Exception):
    """An expected failure; its text is the sentence to show."""


def stop_on_signals() -> None:
    """Turns SIGTERM and SIGHUP into an orderly exit, so that `run` can end what it started."""

    def leave(signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + signum)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def run(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    """Like subprocess.run, but whatever ends this process ends the command and its children."""
    process: subprocess.Popen[str] = subprocess.Popen(
        [str(part) for part in command], start_new_session=True, text=True, **options
    )
    try:
        out, err = process.communicate()
    except BaseException:
        end_group(process)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def end_group(process: subprocess.Popen[Any], patience: float = 5) -> None:
    """Ends a process that leads its own session, and everything in it."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signum)
        except ProcessLookupError:
            return
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def interpreter(venv: Path) -> Path:
    return venv / "bin" / "python"


def _version_of(python: Path) -> str | None:
    """The version of the Python behind `python` as "3.11", or None where it is of no use."""
    code = "import pip, sys; print('%d.%d' % sys.version_info[:2], sys.prefix)"
    try:
        result = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, prefix = result.stdout.strip().partition(" ")
    return version if Path(prefix).resolve() == python.parent.parent.resolve() else None


def _as_tuple(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _expected_stamp(venv: Path, requirements: Path, version: str) -> str:
    # The place belongs to it: the scripts of a virtual environment hold its absolute path.
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{digest}\nPython {version}\n{venv}\n"


def _stamp(venv: Path) -> str:
    try:
        return (venv / STAMP).read_text()
    except OSError:
        return ""


def _check_writable(venv: Path) -> None:
    folder = venv if venv.exists() else venv.parent
    # (os.access says yes to root on a read-only mount in some containers: try it)
    probe = folder / f".toxiguard-write-test-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"This folder cannot be written ({error.strerror}): {folder}. Clone ToxiGuard into a "
            "folder of your own; its data can live elsewhere with TOXIGUARD_DATA_DIR=/some/folder."
        ) from None


def _create(venv: Path, why: str) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            f"This Python ({sys.executable}) cannot make virtual environments: its venv or "
            "ensurepip module is missing; install it (on Debian and Ubuntu: "
            f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv) or choose "
            "another Python with PYTHON=/path/to/python3."
        )
    print(f"{why} {venv.name} with Python {sys.version.split()[0]} …", flush=True)
    if venv.is_symlink() or venv.is_file():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)
    command = [sys.executable, "-m", "venv", str(venv)]
    try:
        result = run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except BaseException:
        shutil.rmtree(venv, ignore_errors=True)  # half of one would look like a whole one
        raise
    if result.returncode != 0:
        last = (result.stdout.strip().splitlines() or ["no output"])[-1]
        shutil.rmtree(venv, ignore_errors=True)
        raise SetupError(f"The virtual environment {venv} could not be made: {last}")


def _install(venv: Path, requirements: Path, version: str) -> None:
    print(f"Installing the packages of {requirements.name} (once, some minutes) …", flush=True)
    log = venv / "install.log"
    command = [
        *(str(interpreter(venv)), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"),
        *("--log", str(log), "install", "--no-user", "--require-hashes", "--quiet"),
        *("-r", str(requirements)),
    ]
    log.unlink(missing_ok=True)
    result = run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        text = (log.read_text(errors="replace") if log.exists() else "") + result.stdout
        sentence = next(
            (meaning for pattern, meaning in PIP_FAILURES if re.search(pattern, text)),
            "The packages could not be installed.",
        )
        sentence = sentence.format(requirements=requirements.name, version=version, venv=venv)
        raise SetupError(f"{sentence} Details: {log}")


def ensure(venv: Path, requirements: Path) -> Path:
    """Makes `venv` hold exactly what `requirements` pins, and returns its interpreter.

    Raises SetupError with one sentence where it cannot be done.
    """
    python = interpreter(venv)
    version = _version_of(python)
    chosen = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wrong_choice = bool(os.environ.get("PYTHON")) and version != chosen
    moved = bool(_stamp(venv)) and _stamp(venv).splitlines()[-1] != str(venv)
    if version and _as_tuple(version) >= OLDEST and not moved and not wrong_choice:
        if _stamp(venv) == _expected_stamp(venv, requirements, version):
            return python
        _check_writable(venv)
    else:
        _check_writable(venv)
        _create(venv, "Making anew" if venv.exists() else "Making")
        version = _version_of(python)
        if version is None:
            raise SetupError(f"The virtual environment {venv} was made but does not run.")
    (venv / STAMP).unlink(missing_ok=True)
    _install(venv, requirements, version)
    (venv / STAMP).write_text(_expected_stamp(venv, requirements, version))
    return python


def main(arguments: Sequence[str]) -> None:
    stop_on_signals()
    venv, requirements = arguments
    try:
        ensure(ROOT / venv, ROOT / requirements)
    except SetupError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
