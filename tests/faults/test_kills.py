"""Killed after any step, an operation leaves the old state or the new one, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from tests.faults.conftest import copy_site
from tests.faults.operations import OPERATIONS
from tests.faults.processes import run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="each kill gets a copy of the file"),
]


def steps_survived(site: Path, operation: str) -> int:
    result = run(["-m", "tests.faults.kill_driver", str(site), operation])
    assert result.returncode == 0, result.stderr
    steps, outcomes = map(int, result.stdout.split())
    assert outcomes > 1
    return steps


def test_the_first_start(transactional_db: None, store: Path, tmp_path: Path) -> None:
    assert steps_survived(copy_site(tmp_path / "site", store=store), "publish_first") > 40


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "publish_first"])
def test_a_site_with_history(site: Path, operation: str) -> None:
    assert steps_survived(site, operation) > 5
