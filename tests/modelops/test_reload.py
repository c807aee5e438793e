"""Reloading: verify again, repair what is derived, refuse what is damaged."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from modelops import serving
from modelops import store as files
from modelops.errors import DamagedFiles, NoLiveVersion, OperationFailed
from modelops.ml.artifacts import PEOPLE_FILES
from modelops.models import LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.maintain_site import maintain_site
from modelops.services.people_files import people_entries
from modelops.services.reload_model import reload_model
from tests.modelops.files import flip_byte, overwrite


class Malicious:
    """Leaves a trace when somebody unpickles it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable, tuple]:
        return (Path.write_text, (self.trace, "executed"))


def quarantined(store: Path) -> list[str]:
    return sorted(path.name for path in store.glob("quarantine/*/*"))


def test_reload_of_a_good_model_repairs_nothing_and_moves_the_generation(
    live: ModelVersion,
) -> None:
    serving.analyze(["hola"])
    reloaded = reload_model(by=None)
    assert (reloaded.version, reloaded.model_type) == ("1.0.0", "LogisticRegression")
    assert reloaded.generation == LivePointer.current().generation == 2
    assert serving.live_version().generation == 2
    assert reloaded.repaired == []


@pytest.mark.parametrize("name", PEOPLE_FILES)
def test_a_damaged_derived_file_is_quarantined_and_made_anew(
    live: ModelVersion, folder: Path, store: Path, name: str
) -> None:
    good = (folder / name).read_bytes()
    flip_byte(folder / name, 10)
    bad = (folder / name).read_bytes()
    assert reload_model(by=None).repaired == [name]
    assert (folder / name).read_bytes() == good
    assert quarantined(store) == [name]
    assert next(store.glob(f"quarantine/*/{name}")).read_bytes() == bad
    assert reload_model(by=None).repaired == []


@pytest.mark.children
def test_a_missing_derived_file_is_made_anew(live: ModelVersion, folder: Path) -> None:
    (folder / "model_info.txt").unlink()
    assert reload_model(by=None).repaired == ["model_info.txt"]
    assert (folder / "model_info.txt").is_file()


def test_a_bad_copy_at_the_top_is_quarantined_and_replaced(
    live: ModelVersion, folder: Path, store: Path
) -> None:
    flip_byte(store / "vectorizer.pkl")
    assert reload_model(by=None).repaired == ["vectorizer.pkl"]
    assert (store / "vectorizer.pkl").read_bytes() == (folder / "vectorizer.pkl").read_bytes()
    assert quarantined(store) == ["vectorizer.pkl"]


def test_a_malicious_pickle_is_never_executed(
    live: ModelVersion, folder: Path, store: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    payload = pickle.dumps(Malicious(trace))
    for place in (folder, store):
        overwrite(place / "toxic_model.pkl", payload)
    serving.analyze(["hola"])
    reload_model(by=None)
    create_backup(by=None, reason="test")
    maintain_site()
    assert not trace.exists()
    assert (folder / "toxic_model.pkl").read_bytes() != payload
    pickle.loads(payload)  # the trap itself works
    assert trace.exists()


def test_files_of_another_library_version_stand_in_for_those_of_the_manifest(
    live: ModelVersion, folder: Path
) -> None:
    """As after an upgrade of scikit-learn, which writes other bytes for the same model."""
    manifest = files.read_manifest(folder, digest=live.manifest_digest)
    overwrite(folder / "toxic_model.pkl", b"other bytes, the same model")
    live.remade_files = files.entries_of(folder, ["toxic_model.pkl"])
    live.save()
    assert files.damaged_files(folder, people_entries(live, manifest)) == []
    backup = create_backup(by=None, reason="test")
    copy = files.backup_folder(backup.name)
    assert (copy / "toxic_model.pkl").read_bytes() == b"other bytes, the same model"
    own = files.read_manifest(copy, digest=backup.manifest_digest)
    assert files.damaged_files(copy, own["files"]) == []


@pytest.mark.parametrize("name", ["model.npz", "model.json", "manifest.json"])
def test_a_damaged_numeric_form_leaves_the_old_model_serving(
    live: ModelVersion, folder: Path, name: str
) -> None:
    before = serving.analyze(["Eres un idiota"])[0]
    flip_byte(folder / name)
    with pytest.raises(DamagedFiles, match=name):
        reload_model(by=None)
    assert LivePointer.current().generation == 1
    live.refresh_from_db()
    assert live.state == ModelVersion.State.DAMAGED
    assert serving.analyze(["Eres un idiota"])[0] == before


def test_a_repaired_numeric_form_makes_the_version_ready_again(
    live: ModelVersion, folder: Path
) -> None:
    flip_byte(folder / "model.npz")
    with pytest.raises(OperationFailed):
        reload_model(by=None)
    flip_byte(folder / "model.npz")
    reload_model(by=None)
    live.refresh_from_db()
    assert live.state == ModelVersion.State.READY


def test_without_a_live_version_there_is_nothing_to_reload(db: None) -> None:
    with pytest.raises(NoLiveVersion):
        reload_model(by=None)


def test_the_hourly_check_repairs_and_reports(live: ModelVersion, folder: Path) -> None:
    flip_byte(folder / "vectorizer.pkl")
    assert maintain_site()["repaired"] == ["vectorizer.pkl"]
    flip_byte(folder / "model.npz")
    assert "model.npz" in maintain_site()["error"]
    live.refresh_from_db()
    assert live.state == ModelVersion.State.DAMAGED
