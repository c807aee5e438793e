"""Killed at any moment, or without room on the disk: the old state or the new one, no third."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from modelops.models import ModelVersion
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import publish_version
from tests.modelops.models import write_small_model

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="each crash gets a copy of the file"),
]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A site's data folder with the test's database as it is when `copy_database` is called."""
    folder = tmp_path / "template"
    write_small_model(folder / "numeric")
    return folder


def copy_database(template: Path) -> None:
    source = sqlite3.connect(connection.settings_dict["NAME"])
    target = sqlite3.connect(template / "db.sqlite3")
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def run(code: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *code],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
            "TOXIGUARD_LOG_LEVEL": "CRITICAL",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_publishing_and_promoting(template: Path) -> None:
    copy_database(template)
    result = run(["-m", "tests.modelops.crash_driver", str(template), "publish"])
    assert result.returncode == 0, result.stderr
    steps, kills = map(int, result.stdout.split())
    assert steps > 30
    assert kills == 5


def test_backing_up(template: Path, store: Path, publish: Callable[..., ModelVersion]) -> None:
    promote_version(version=publish(), by=None, reason="test")
    shutil.copytree(store, template / "models_store")
    copy_database(template)
    result = run(["-m", "tests.modelops.crash_driver", str(template), "backup"])
    assert result.returncode == 0, result.stderr
    steps, kills = map(int, result.stdout.split())
    assert steps > 15
    assert kills == 2


FULL_DISK = """
import resource, sys
from pathlib import Path
import tests.modelops.crash_driver as driver
from modelops.errors import OperationFailed
driver.use(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))  # no file may grow beyond
try:
    driver.OPERATIONS[sys.argv[2]]()
except OperationFailed as error:
    print(error)
driver.check()
"""


def fill_up(numeric: Path) -> None:
    """Make the model larger than a file may be."""
    content = json.loads((numeric / "model.json").read_text())
    content["metrics"] = {"padding": "x" * 4_000_000}
    (numeric / "model.json").write_text(json.dumps(content))


def test_publishing_on_a_full_disk(template: Path) -> None:
    fill_up(template / "numeric")
    copy_database(template)
    result = run(["-c", FULL_DISK, str(template), "publish"], TOXIGUARD_LANGUAGE="en")
    assert result.returncode == 0, result.stderr
    assert "The model files cannot be written" in result.stdout
    assert not any((template / "models_store" / ".staging").iterdir())
    assert not (template / "models_store" / "versions").exists()


def test_backing_up_on_a_full_disk(template: Path, store: Path, db: None, tmp_path: Path) -> None:
    fill_up(template / "numeric")
    version = publish_version(
        numeric=template / "numeric", version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
    )
    promote_version(version=version, by=None, reason="test")
    shutil.copytree(store, template / "models_store")
    copy_database(template)
    result = run(["-c", FULL_DISK, str(template), "backup"], TOXIGUARD_LANGUAGE="en")
    assert result.returncode == 0, result.stderr
    assert "The model files cannot be written" in result.stdout
    assert not (template / "models_store" / "backups").exists()
