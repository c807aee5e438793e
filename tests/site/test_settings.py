"""What the environment may say, and what the settings make of it, in processes of their own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a site whose environment holds nothing but `variables` and a data folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TOXIGUARD_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        cwd=ROOT,
        env=kept
        | {
            "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
            "TOXIGUARD_DATA_DIR": str(folder),
            "TOXIGUARD_ENV_FILE": os.devnull,
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TOXIGUARD_UNKNOWN_LANGUAGE_DECISION", "reveiw", "allow, review, block"),
        ("TOXIGUARD_DEFAULT_TEXT_LANGUAGE", "fr", "es, en"),
        ("TOXIGUARD_LANGUAGE", "fr", "es, en"),
        ("TOXIGUARD_CORS_ORIGINS", "*", "https://example.org"),
        ("TOXIGUARD_BACKUPS_KEEP", "five", "'five'"),
    ],
)
def test_a_wrong_value_is_told_at_the_start(
    tmp_path: Path, name: str, value: str, told: str
) -> None:
    result = python("", tmp_path, **{name: value})
    assert result.returncode != 0
    last = result.stderr.splitlines()[-1]
    assert name in last
    assert told in last


def test_only_its_user_reads_a_new_database(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    code = """
import os
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
connection.ensure_connection()
print(*sorted(name for name in os.listdir(os.environ["TOXIGUARD_DATA_DIR"]) if "sqlite" in name))
for name in os.listdir(os.environ["TOXIGUARD_DATA_DIR"]):
    if "sqlite" in name:
        print(oct(os.stat(os.path.join(os.environ["TOXIGUARD_DATA_DIR"], name)).st_mode & 0o777))
"""
    result = python(f"import os; os.umask(0o022)\n{code}", folder, TOXIGUARD_SECRET_KEY="s" * 50)
    assert result.returncode == 0, result.stderr
    names, *modes = result.stdout.splitlines()
    assert names == "db.sqlite3 db.sqlite3-shm db.sqlite3-wal"
    assert set(modes) == {"0o600"}


def test_a_database_keeps_the_permissions_that_it_was_given(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    database.touch(mode=0o640)
    database.chmod(0o640)
    assert python("", tmp_path).returncode == 0
    assert stat.S_IMODE(database.stat().st_mode) == 0o640


def test_load_balancers_are_not_sent_to_https(tmp_path: Path) -> None:
    code = """
from django.test import Client
for path in ("/health", "/healthz", "/readyz", "/healthy", "/login/"):
    print(Client().get(path, headers={"host": "localhost"}).status_code)
"""
    result = python(code, tmp_path, TOXIGUARD_HTTPS="true")
    # (there is no model, so the site is not ready)
    assert result.stdout.split() == ["200", "200", "503", "301", "301"], result.stderr
