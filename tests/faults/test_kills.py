"""Killed after any step, an operation leaves the old state or the new one, and nothing is lost."""

from __future__ import annotations

from itertools import chain
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


# operations that share a process, since starting one takes long
TOGETHER = [
    ["publish", "import_dataset", "purge"],
    ["promote", "backup"],
    ["restore"],
    ["delete_version", "delete_backup", "cleanup", "delete_dataset"],
]


def check_kills(site: Path, operations: list[str]) -> None:
    result = run(["-m", "tests.faults.kill_driver", str(site), *operations])
    assert result.returncode == 0, result.stderr
    for line, operation in zip(result.stdout.splitlines(), operations, strict=True):
        name, steps, outcomes = line.split()
        assert name == operation
        assert int(steps) > 5
        assert int(outcomes) > 1


def test_the_first_start(transactional_db: None, store: Path, tmp_path: Path) -> None:
    check_kills(copy_site(tmp_path / "site", store=store), ["publish_first"])


@pytest.mark.parametrize("operations", TOGETHER, ids="-".join)
def test_a_site_with_history(site: Path, operations: list[str]) -> None:
    check_kills(site, operations)


def test_no_operation_is_left_out() -> None:
    assert {*OPERATIONS} == {"publish_first", *chain.from_iterable(TOGETHER)}
