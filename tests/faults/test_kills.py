"""Killed after any step, an operation leaves the old state or the new one, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.faults.conftest import copy_site
from tests.faults.operations import OPERATIONS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="each kill gets a copy of the file"),
]


def steps_survived(site: Path, operation: str) -> int:
    result = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_driver", str(site), operation],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
            "TOXIGUARD_LOG_LEVEL": "CRITICAL",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def test_the_first_start(transactional_db: None, store: Path, tmp_path: Path) -> None:
    assert steps_survived(copy_site(tmp_path / "site", store=store), "publish_first") > 40


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "publish_first"])
def test_a_site_with_history(site: Path, operation: str) -> None:
    assert steps_survived(site, operation) > 5
