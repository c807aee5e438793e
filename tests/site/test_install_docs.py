"""The installation guides name every variable that the code reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ_IN_PYTHON = re.compile(
    r"""\benv\.\w+\(\s*["'](\w+)["']|\benviron(?:\.get\(|\[)\s*["'](\w+)["']|\bgetenv\(["'](\w+)["']"""
)
READ_IN_SHELL = re.compile(r"\$\{([A-Z_]+)")
# Not a choice of whoever installs: the system's, or passed on between the project's own processes.
INTERNAL = {"PATH", "PYTHONPATH", "DJANGO_SETTINGS_MODULE", "PROMETHEUS_MULTIPROC_DIR"}
FOR_MAKE_ONLY = {"PYTHON", "ONLY", "CI", "TOXIGUARD_TRAINING_DATA"}


def _read_in_code() -> set[str]:
    found: set[str] = set()
    folders = ["toxiguard_site", "moderation", "modelops", "tools"]
    sources = [
        *ROOT.glob("*.py"),
        *(path for name in folders for path in ROOT.glob(f"{name}/**/*")),
    ]
    for path in sources:
        pattern = {".py": READ_IN_PYTHON, ".sh": READ_IN_SHELL}.get(path.suffix)
        if pattern:
            matches = pattern.findall(path.read_text())
            found |= {
                name for match in matches for name in ([match] if isinstance(match, str) else match)
            }
    # bootstrap has the names of its two in a table
    bootstrap = (ROOT / "toxiguard_site/management/commands/bootstrap.py").read_text()
    found |= set(re.findall(r'"(TOXIGUARD_\w+_PASSWORD)"', bootstrap))
    return found - INTERNAL - {""} | {"TOXIGUARD_TRAINING_DATA"}


@pytest.mark.parametrize("guide", ["install.md", "install.es.md"])
def test_the_guide_lists_every_variable_and_no_other(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text()
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == _read_in_code()


def test_the_example_file_lists_every_setting() -> None:
    text = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#([A-Z0-9_]+)=", text, re.MULTILINE))
    # (a file cannot name itself)
    assert listed == _read_in_code() - FOR_MAKE_ONLY - {"TOXIGUARD_ENV_FILE"}


def test_the_example_file_changes_nothing_as_it_is() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
