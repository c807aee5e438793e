"""Files that somebody changed, or put in the place of others."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from modelops import serving
from modelops import store as files
from modelops.manager import ModelManager
from modelops.models import Alert, Backup, LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.export_version import export_version
from modelops.services.import_model import NotImportable, import_model
from modelops.services.maintain_site import maintain_site
from modelops.services.promote_version import promote_version
from modelops.services.reconcile_store import reconcile_store
from modelops.services.reload_model import reload_model
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup
from tests.modelops.files import overwrite

PICKLES = ("toxic_model.pkl", "vectorizer.pkl")


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "carried-out"


@pytest.fixture
def malicious(marker: Path, tmp_path: Path) -> bytes:
    content = pickle.dumps(Payload(marker))
    pickle.loads(content)  # it does work
    assert marker.exists()
    marker.unlink()
    return content


def test_a_malicious_pickle_in_the_store_is_never_carried_out(
    live: ModelVersion,
    publish: Callable[..., ModelVersion],
    store: Path,
    marker: Path,
    malicious: bytes,
) -> None:
    backup = create_backup(by=None, reason="test")
    places = [store, files.version_folder(live.folder), files.backup_folder(backup.name)]

    def swap() -> None:
        for place in places:
            for name in PICKLES:
                overwrite(place / name, malicious)

    other = publish("1.0.1", strength=6.0)
    swap()
    serving.refresh()
    assert serving.analyze(["Eres un idiota"])[0].toxic
    assert set(verify_backup(backup=backup)) == set(PICKLES)
    assert set(reload_model(by=None).repaired) == set(PICKLES)
    assert Alert.objects.filter(kind="damaged_file", resolved_at=None).exists()
    for work in (
        maintain_site,
        lambda: create_backup(by=None, reason="test"),
        lambda: promote_version(version=other, by=None, reason="test"),
        lambda: restore_backup(backup=backup, by=None, reason="test"),
        lambda: export_version(version=live).close(),
        lambda: ModelManager().load_current_model(),
        lambda: reconcile_store(fix=True, by=None),
    ):
        swap()
        work()
        assert not marker.exists(), work
    # and what people find is not the payload
    for place in (store, files.version_folder(live.folder)):
        for name in PICKLES:
            assert (place / name).read_bytes() != malicious
    assert all(path.read_bytes() == malicious for path in store.glob("quarantine/*/*.pkl"))
    assert LivePointer.current().version == live


def test_a_malicious_pickle_is_not_carried_out_even_when_it_is_trusted(
    db: None, tmp_path: Path, marker: Path, malicious: bytes
) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    for name in PICKLES:
        (folder / name).write_bytes(malicious)
    for trust in (False, True):
        with pytest.raises(NotImportable):
            import_model(folder=folder, trust_pickle=trust, by=None)
        assert not marker.exists()


def test_an_imported_folder_is_served_without_its_pickles(
    live: ModelVersion,
    publish: Callable[..., ModelVersion],
    tmp_path: Path,
    marker: Path,
    malicious: bytes,
    store: Path,
) -> None:
    other = publish("1.0.1", strength=6.0)
    folder = Path(shutil.move(files.version_folder(other.folder), tmp_path / "exported"))
    other.delete()
    for name in PICKLES:
        overwrite(folder / name, malicious)
    version = import_model(folder=folder, by=None)
    assert (version.version, version.origin) == ("1.0.1", "imported")
    promote_version(version=version, by=None, reason="test")
    assert not marker.exists()
    assert (store / "toxic_model.pkl").read_bytes() != malicious


def test_the_api_refuses_a_swapped_backup(
    live: ModelVersion,
    publish: Callable[..., ModelVersion],
    operator: User,
    as_operator: APIClient,
) -> None:
    """A folder of another version, whole in itself, under the name of a backup."""
    backup = create_backup(by=None, reason="test")
    other = publish("1.0.1", strength=6.0)
    for path in files.version_folder(other.folder).iterdir():
        overwrite(files.backup_folder(backup.name) / path.name, path.read_bytes())
    path = f"/model/backups/{backup.name}/restore"
    answer = as_operator.post(path, {"reason": "test"}, format="json")
    assert answer.status_code in (409, 503)
    assert "manifest.json" in answer.json()["detail"]
    assert not Backup.objects.get(pk=backup.pk).verified
    assert LivePointer.current().version == live
