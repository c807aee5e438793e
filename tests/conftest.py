"""What a test run leaves out and why, and the fixtures that all tests share."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings
from django.core.signals import request_started
from django.utils import translation

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
# Importable only where requirements-dev.txt is installed.
DEVELOPMENT_MODULES = {
    "axe_playwright_python",
    "factory",
    "googleapiclient",
    "hypothesis",
    "openai",
    "playwright",
    "schemathesis",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = pytest.StashKey[dict[str, list[Path]]]()


def chromium() -> str | None:
    """The browser that drives the tests of the pages, as Debian installs it."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def training_data() -> Path:
    """Where labelled data lies, if at all: TOXIGUARD_TRAINING_DATA, else ../shared/data."""
    return Path(os.environ.get("TOXIGUARD_TRAINING_DATA") or ROOT.parent / "shared" / "data")


def _imports(path: Path, seen: set[Path]) -> set[str]:
    """The modules that a test file imports, by way of other files of the tests, too."""
    if path in seen or not path.is_file():
        return set()
    seen.add(path)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    for name in [name for name in found if name.startswith("tests.")]:
        found |= _imports(ROOT / (name.replace(".", "/") + ".py"), seen)
    return {name.partition(".")[0] for name in found}


def _find_left_out() -> dict[str, list[Path]]:
    """What is missing -> the files and folders that cannot run without it."""
    absent = {name for name in DEVELOPMENT_MODULES if importlib.util.find_spec(name) is None}
    left_out: dict[str, list[Path]] = {}
    for path in [*TESTS.rglob("conftest.py"), *TESTS.rglob("test_*.py")]:
        if path.parent == TESTS and path.name == "conftest.py":
            continue
        place = path.parent if path.name == "conftest.py" else path
        needs = sorted(_imports(path, set()) & absent)
        if not needs and TESTS / "e2e" in path.parents and chromium() is None:
            needs = ["Chromium"]
        if needs and not any(place.is_relative_to(out) for out in chain(*left_out.values())):
            left_out.setdefault(", ".join(needs), []).append(place)
    return left_out


@pytest.fixture(autouse=True)
def fresh_start() -> None:
    """What a process knows of the term lists must not outlive the transaction of a test, nor the
    language of a request the request."""
    from moderation import termlists

    termlists.look_again()
    translation.deactivate()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = left_out = _find_left_out()
    if left_out and "TOXIGUARD_STEP" in os.environ and os.environ.get("CI") == "true":
        raise pytest.UsageError(f"On a CI machine nothing may be left out: {left_out}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path in chain(*config.stash[LEFT_OUT].values()) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In the pass on PostgreSQL run what touches the database; the rest ran in the one before."""
    if os.environ.get("TOXIGUARD_STEP") != "postgres":
        return
    kept, rest = [], []
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        marked = item.get_closest_marker("django_db") is not None
        (kept if marked or names & {"db", "transactional_db"} else rest).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=rest)


def _left_out_lines(config: pytest.Config) -> list[str]:
    lines = [
        f"left out, for want of {needs}: {', '.join(str(p.relative_to(ROOT)) for p in places)}"
        for needs, places in config.stash[LEFT_OUT].items()
    ]
    if "TOXIGUARD_STEP" not in os.environ and "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        lines.append("left out: the same tests on PostgreSQL (DATABASE_URL decides)")
    if lines:
        lines.append("`make test` runs all of it")
    return lines


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in _left_out_lines(config):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def _nobody_follows() -> None:
    """No thread with a connection of its own beside the tests' transactions."""
    request_started.disconnect(dispatch_uid="modelops.follower")


@pytest.fixture(scope="session")
def labelled_data() -> Path:
    """The folder with labelled data sets; skips where it does not exist."""
    folder = training_data()
    if not folder.is_dir():
        pytest.skip(f"no labelled data at {folder} (TOXIGUARD_TRAINING_DATA)")
    return folder
