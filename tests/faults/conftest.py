"""The small versions of tests/modelops, and copies of a site that faults are tried on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from modelops.ml.labels import text_digest
from modelops.models import ModelVersion
from modelops.services.delete_version import delete_version
from modelops.services.forget_texts import forget_texts
from modelops.services.import_dataset import import_dataset
from modelops.services.promote_version import promote_version
from tests.faults.operations import ERASED, MORE_ROWS, NEW_ROWS, ROWS
from tests.modelops.conftest import (
    as_operator,
    first_store,
    first_version,
    live,
    operator,
    people_files,
    publish,
    published_before,
    store,
)
from tests.modelops.models import write_small_model

__all__ = [
    "as_operator",
    "first_store",
    "first_version",
    "live",
    "operator",
    "people_files",
    "publish",
    "published_before",
    "store",
]


def copy_site(target: Path, *, store: Path) -> Path:
    """Copy this test's database and store into a data folder, and what operations read."""
    write_small_model(target / "numeric", strength=7.0)
    (target / "new.csv").write_text(NEW_ROWS)
    if store.exists():
        shutil.copytree(store, target / "models_store")
    source = sqlite3.connect(connection.settings_dict["NAME"])
    copy = sqlite3.connect(target / "db.sqlite3")
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sites")


@pytest.fixture
def site(request: pytest.FixtureRequest, sites: Path, tmp_path: Path) -> Path:
    """Data folder of a site with all there can be: 1.0.1 live, 1.0.3 deleted but backed up."""
    if not (sites / "site").exists():
        request.getfixturevalue("transactional_db")
        settings = request.getfixturevalue("settings")
        publish = request.getfixturevalue("publish")
        make_history(publish, settings, tmp_path)
        copy_site(sites / "site", store=settings.MODELS_STORE_DIR)
    return shutil.copytree(sites / "site", tmp_path / "site")


def make_history(publish: Callable[..., ModelVersion], settings: Settings, tmp_path: Path) -> None:
    settings.BACKUPS_KEEP = 20
    for number, strength in enumerate((8.0, 6.0, 5.0, 4.0)):
        publish(f"1.0.{number}", strength=strength)
    for number in (0, 1, 3, 1):  # leaves a backup of 1.0.0, of 1.0.1 and of 1.0.3
        version = ModelVersion.objects.get(version=f"1.0.{number}")
        promote_version(version=version, by=None, reason="test")
    ModelVersion.objects.exclude(version="1.0.0").update(
        base=ModelVersion.objects.get(version="1.0.0")
    )
    delete_version(version=ModelVersion.objects.get(version="1.0.3"), by=None)
    for name, rows in (("first", ROWS), ("second", MORE_ROWS)):
        path = tmp_path / f"{name}.csv"
        path.write_text(rows)
        import_dataset(path=path, name=name, by=None)
    forget_texts(digests=[text_digest(ERASED)])
