"""What `make test`, `make lint` and the other development commands do.

    python tools/check.py                   # every step of `make test`
    python tools/check.py lint types        # only these steps (make test ONLY="lint types")
    python tools/check.py --do reformat     # one of the other commands

Packages come from requirements-dev.txt, in their own environment `.venv-test`. A failing step lets
the others run, so that one look shows everything, and fails the whole.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import postgres
from environment import ROOT, SetupError, end_group, ensure, run, stop_on_signals

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
CODE = ("toxiguard_site", "moderation", "modelops", "tests", "tools", "manage.py")
TYPED = ("toxiguard_site", "moderation", "modelops", "tools", "manage.py")
STEP_LIMIT = 20 * 60  # seconds; a step that hangs must not take the whole with it
CLOSING_LINE = re.compile(r"^=+ (?P<counts>.*\b(passed|failed|error|skipped|no tests).*) =+$")


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    needs: str = ""  # "postgresql", "chromium" or "gettext"
    early: bool = False  # its one command works from the start, beside the steps before it


@dataclass(slots=True)
class Outcome:
    step: Step
    ok: bool
    seconds: float = 0.0
    note: str = ""
    left_out: bool = False


def _python(*arguments: str) -> tuple[str, ...]:
    return ("python", *arguments)


def _pytest(*arguments: str) -> tuple[str, ...]:
    # (who has nothing left to do takes from the other: the slow tests are not spread evenly)
    return _python("-m", "pytest", "-n", "2", "--dist", "worksteal", *arguments)


STEPS = (
    Step("lint", "Style (ruff check)", (("ruff", "check", "."),)),
    Step("format", "Format (ruff format)", (("ruff", "format", "--check", "."),)),
    Step("imports", "Import contracts (import-linter)", (("lint-imports", "--no-logo"),)),
    Step(
        "migrations",
        "System checks and missing migrations",
        (
            _python("manage.py", "check"),
            _python("manage.py", "makemigrations", "--check", "--dry-run"),
        ),
    ),
    Step(
        "translations",
        "Untranslated strings",
        (_python("tools/translations.py"),),
        needs="gettext",
    ),
    Step("types", "Types (mypy)", (_python("-m", "mypy", *TYPED),), early=True),
    Step("sqlite", "Tests on SQLite", (_pytest("--ignore=tests/e2e"),)),
    Step(
        "postgres",
        "Tests on PostgreSQL",
        # (what never touches a database has run in the pass before)
        (_pytest("--ignore=tests/e2e", "--ignore=tests/ml", "--ignore=tests/bench"),),
        needs="postgresql",
    ),
    Step("browser", "Browser tests", (_pytest("tests/e2e"),), needs="chromium"),
)

OTHER = {
    "reformat": (("ruff", "check", "--fix-only", "."), ("ruff", "format", ".")),
    "bench": (_python("-m", "tests.bench"),),
    "messages": (
        _python(
            *("manage.py", "makemessages", "--locale", "es", "--locale", "en"),
            *("--no-obsolete", "--no-location", "--extension", "html,txt,py"),
            *("--ignore", ".venv*", "--ignore", "tests", "--ignore", "static"),
        ),
        _python("manage.py", "compilemessages", "--ignore", ".venv*"),
    ),
    "requirements": tuple(
        (
            *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-header", "--no-emit-index-url"),
            *(f"{name}.in", "--output-file", f"{name}.txt"),
        )
        for name in ("requirements", "requirements-dev")
    ),
}

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing() -> dict[str, str]:
    """What of the machine's own software is not there -> what that leaves out."""
    found = {
        "postgresql": postgres.binaries() is not None,
        "chromium": any(shutil.which(name) for name in BROWSERS),
        "gettext": all(shutil.which(name) for name in ("xgettext", "msgfmt", "msgattrib")),
    }
    without = {
        "postgresql": "the tests on PostgreSQL",
        "chromium": "the browser tests",
        "gettext": "the check for untranslated strings",
    }
    return {name: without[name] for name, there in found.items() if not there}


def ensure_system() -> dict[str, str]:
    """Installs what is missing on a CI machine; elsewhere only says it, in one line."""
    lacking = missing()
    if lacking and CI and os.geteuid() == 0:
        print(f"Installing {', '.join(lacking)} …", flush=True)
        run(["sh", ROOT / "tools" / "system-deps.sh"], stdin=subprocess.DEVNULL)
        lacking = missing()
    if lacking and not CI:
        names, parts = ", ".join(lacking), " and ".join(lacking.values())
        print(f"Not installed: {names}; this leaves out {parts} (make system-deps).", flush=True)
    return lacking


def _read(descriptor: int, limit: float) -> bytes:
    ready, _, _ = select.select([descriptor], [], [], max(0.0, limit - time.monotonic()))
    if not ready:
        raise TimeoutError
    return os.read(descriptor, 65536)


def start(command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stream(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Shows a process's output as it comes; returns its status and pytest's closing counts."""
    assert process.stdout is not None
    tail, limit = b"", time.monotonic() + STEP_LIMIT
    try:
        while chunk := _read(process.stdout.fileno(), limit):
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            tail = (tail + chunk)[-20_000:]
        status = process.wait()
    except TimeoutError:
        end_group(process)
        print(f"\nStopped after {STEP_LIMIT // 60} minutes.", flush=True)
        return 124, ""
    except BaseException:
        end_group(process)
        raise
    counts = ""
    for line in tail.decode(errors="replace").splitlines():
        if match := CLOSING_LINE.match(line):
            counts = match["counts"]
    return status, counts


@contextlib.contextmanager
def started_early(
    steps: Sequence[Step], environment: dict[str, str]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The processes of steps that need not wait for their turn, by name; the turn shows them."""
    processes = {
        step.name: start(step.commands[0], environment | {"TOXIGUARD_STEP": step.name})
        for step in steps
        if step.early
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            if process.poll() is None:
                end_group(process)


@contextlib.contextmanager
def surroundings(python: Path) -> Iterator[dict[str, str]]:
    """The environment of every step: the programs of `.venv-test`, a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="toxiguard-check-") as folder:
        data, scratch = Path(folder) / "data", Path(folder) / "tmp"
        scratch.mkdir()
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TOXIGUARD_") or name == "TOXIGUARD_TRAINING_DATA"
        }
        kept.pop("DATABASE_URL", None)
        # the tests start hundreds of Pythons, which would compile all that they import each time
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        yield kept | {
            "PATH": path,
            "VIRTUAL_ENV": str(python.parent.parent),
            "TOXIGUARD_DATA_DIR": str(data),
            "TMPDIR": str(scratch),  # so that nothing stays, even of a step that was killed
            "TOXIGUARD_ENV_FILE": os.devnull,
            "PYTHONUNBUFFERED": "1",
        }


def perform(
    step: Step,
    environment: dict[str, str],
    lacking: dict[str, str],
    early: dict[str, subprocess.Popen[bytes]],
) -> Outcome:
    print(f"\n── {step.title} ──", flush=True)
    if step.needs in lacking:
        print(f"Left out: {step.needs} is not installed.", flush=True)
        # On a CI machine nothing may be left out unseen.
        return Outcome(step, ok=not CI, note=f"{step.needs} is not installed", left_out=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        if step.name == "postgres":
            url = stack.enter_context(postgres.cluster())
            environment = environment | {"DATABASE_URL": url}
        counts = ""
        for command in step.commands:
            process = early.get(step.name) or start(
                command, environment | {"TOXIGUARD_STEP": step.name}
            )
            status, closing = stream(process)
            counts = closing or counts
            if status != 0:
                note = counts or f"{command[0]} ended with {status}"
                return Outcome(step, ok=False, seconds=time.monotonic() - began, note=note)
    return Outcome(step, ok=True, seconds=time.monotonic() - began, note=counts)


def summary(outcomes: Sequence[Outcome]) -> None:
    print("\n── Summary ──")
    for outcome in outcomes:
        word = "FAILED" if not outcome.ok else "left out" if outcome.left_out else "ok"
        print(f"{outcome.step.title:<40} {word:<9}{outcome.seconds:5.0f} s  {outcome.note}")
    total = sum(outcome.seconds for outcome in outcomes)
    failed = [outcome.step.name for outcome in outcomes if not outcome.ok]
    if failed:
        names = " ".join(failed)
        print(f'Failed after {total:.0f} s. Only these again: make test ONLY="{names}"')
    else:
        left_out = [outcome.step.name for outcome in outcomes if outcome.left_out]
        but = f", but left out: {', '.join(left_out)}" if left_out else ""
        print(f"All green in {total:.0f} s{but}.", flush=True)


def check(names: Sequence[str]) -> int:
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        known = ", ".join(step.name for step in STEPS)
        raise SetupError(f"No such step: {', '.join(sorted(unknown))}; there are {known}.")
    steps = [step for step in STEPS if not names or step.name in names]
    needed = {step.needs for step in steps} - {""}
    lacking = ensure_system() if needed else {}
    python = ensure(ROOT / ".venv-test", ROOT / "requirements-dev.txt")
    with (
        surroundings(python) as environment,
        started_early(steps, environment) as early,
    ):
        outcomes = [perform(step, environment, lacking, early) for step in steps]
    summary(outcomes)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def other(name: str) -> int:
    """One of the commands that change files or measure; stops at the first failure."""
    python = ensure(ROOT / ".venv-test", ROOT / "requirements-dev.txt")
    with surroundings(python) as environment:
        for command in OTHER[name]:
            if (status := stream(start(command, environment))[0]) != 0:
                return status
    return 0


def main(arguments: Sequence[str]) -> int:
    os.chdir(ROOT)
    stop_on_signals()
    if arguments and arguments[0] == "--do":
        return other(arguments[1])
    return check(arguments or os.environ.get("ONLY", "").split())


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
