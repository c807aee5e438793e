"""Publishing, promoting, backing up: what a version goes through."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import joblib
import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from modelops import serving
from modelops import store as files
from modelops.errors import DamagedFiles, NoLiveVersion, StoreError, UnusableModel, VersionTaken
from modelops.ml.artifacts import NUMERIC_FILES, PEOPLE_FILES, read_numeric
from modelops.ml.scorer import Scorer
from modelops.models import Backup, Deployment, LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from modelops.services.publish_starter import publish_starter
from modelops.services.publish_version import publish_version
from modelops.services.reload_model import reload_model
from tests.modelops.files import flip_byte, overwrite
from tests.modelops.models import write_small_model

Publish = Callable[..., ModelVersion]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- publish ---


@pytest.mark.children
def test_published_version_is_described_by_its_manifest_and_read_only(
    publish: Publish, store: Path
) -> None:
    version = publish()
    folder = store / "versions" / version.folder
    assert version.folder == f"1.0.0-{version.digest[:12]}"
    assert names(folder) == {*NUMERIC_FILES, *PEOPLE_FILES, "manifest.json"}
    manifest = files.read_manifest(folder, digest=version.manifest_digest)
    assert manifest["version"] == "1.0.0"
    assert manifest["format_version"] == files.FORMAT_VERSION
    assert manifest["libraries"]["scikit-learn"]
    assert set(manifest["files"]) == {*NUMERIC_FILES, *PEOPLE_FILES}
    assert files.damaged_files(folder, manifest["files"]) == []
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o444 for path in folder.iterdir())
    assert list(store.glob(".staging/*")) == []


def test_pickles_for_people_give_the_raw_document_probability(
    publish: Publish, store: Path
) -> None:
    folder = store / "versions" / publish().folder
    model = joblib.load(folder / "toxic_model.pkl")
    vectorizer = joblib.load(folder / "vectorizer.pkl")
    texts = ["Eres un idiota", "Muchas gracias"]
    scorer = Scorer.from_numeric(read_numeric(folder))
    assert model.predict_proba(vectorizer.transform(texts))[:, 1] == pytest.approx(
        scorer.raw_probabilities(texts), abs=1e-9
    )


def test_publishing_the_same_again_returns_the_same_row(publish: Publish) -> None:
    assert publish() == publish()


def test_a_number_is_never_used_twice(publish: Publish, store: Path) -> None:
    first = publish()
    with pytest.raises(VersionTaken):
        publish(strength=5.0)
    assert names(store / "versions") == {first.folder}


def test_an_unreadable_model_is_not_published(db: None, store: Path, tmp_path: Path) -> None:
    numeric = write_small_model(tmp_path / "numeric")
    overwrite(numeric / "model.npz", b"not an archive")
    with pytest.raises(UnusableModel):
        publish_version(
            numeric=numeric, version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
        )
    assert not (store / "versions").exists()


def test_a_model_that_scores_other_than_promised_is_not_published(
    db: None, store: Path, tmp_path: Path
) -> None:
    numeric = write_small_model(tmp_path / "numeric")
    content = json.loads((numeric / "model.json").read_text())
    content["golden"][0]["probabilities"]["toxic"] = 0.123
    (numeric / "model.json").write_text(json.dumps(content))
    with pytest.raises(UnusableModel):
        publish_version(
            numeric=numeric, version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
        )
    assert not (store / "versions").exists()


# --- promote ---


def test_the_version_is_live_even_if_the_copies_for_people_can_not_follow(
    publish: Publish, store: Path
) -> None:
    version = publish()
    (store / "toxic_model.pkl").mkdir()  # in the way
    promote_version(version=version, by=None, reason="test")
    assert LivePointer.current().version == version
    assert Deployment.objects.get().version == version
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"
    assert "toxic_model.pkl" in reload_model(by=None).repaired
    assert files.repair_live_copies(store / "versions" / version.folder) == []


def test_promotion_changes_pointer_history_and_peoples_copies(
    publish: Publish, store: Path, operator: User
) -> None:
    first, second = publish("1.0.0"), publish("1.0.1", strength=6.0)
    promote_version(version=first, by=operator, reason="first")
    promote_version(version=second, by=operator, reason="better")
    pointer = LivePointer.current()
    assert (pointer.version, pointer.generation) == (second, 2)
    newest = Deployment.objects.first()
    assert (newest.version, newest.previous, newest.by) == (second, first, operator)
    assert newest.reason == "better"
    folder = store / "versions" / second.folder
    for name in PEOPLE_FILES:
        assert (store / name).read_bytes() == (folder / name).read_bytes()
        assert stat.S_IMODE((store / name).stat().st_mode) == 0o444


def test_promotion_backs_up_the_live_version_first(publish: Publish) -> None:
    first, second = publish("1.0.0"), publish("1.0.1", strength=6.0)
    promote_version(version=first, by=None, reason="first")
    assert not Backup.objects.exists()
    promote_version(version=second, by=None, reason="better")
    assert Backup.objects.get().version == first


def test_nothing_changes_when_the_backup_fails(publish: Publish, live: ModelVersion) -> None:
    second = publish("1.0.1", strength=6.0)
    flip_byte(files.version_folder(live.folder) / "model.npz")
    with pytest.raises(DamagedFiles):
        promote_version(version=second, by=None, reason="better")
    assert LivePointer.current().version == live


def test_a_damaged_version_is_not_promoted(publish: Publish, live: ModelVersion) -> None:
    second = publish("1.0.1", strength=6.0)
    flip_byte(files.version_folder(second.folder) / "model.npz")
    with pytest.raises(DamagedFiles):
        promote_version(version=second, by=None, reason="better")
    assert LivePointer.current().version == live


def test_this_process_serves_what_was_promoted(publish: Publish, live: ModelVersion) -> None:
    assert serving.analyze(["idiota"])[0].model_version == "1.0.0"
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="better")
    assert serving.analyze(["idiota"])[0].model_version == "1.0.1"


# --- the starter ---


def test_the_starter_goes_live_as_1_0_0_once(db: None, store: Path) -> None:
    first = publish_starter()
    assert (first.version, first.origin) == ("1.0.0", "starter")
    assert publish_starter() == first
    assert LivePointer.current().generation == 1
    assert ModelVersion.objects.count() == Deployment.objects.count() == 1
    assert serving.analyze(["Eres un idiota"])[0].toxic


def test_a_changed_starter_is_refused(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.STARTER_DIR = write_small_model(tmp_path / "starter")
    with pytest.raises(DamagedFiles, match=r"starter/model\.json"):
        publish_starter()
    assert LivePointer.current() is None


# --- backups ---


def test_a_backup_is_an_independent_verified_copy(live: ModelVersion, folder: Path) -> None:
    backup = create_backup(by=None, reason="test")
    copy = files.backup_folder(backup.name)
    assert backup.verified
    assert backup.size_bytes == sum(path.stat().st_size for path in copy.iterdir())
    manifest = files.read_manifest(copy, digest=backup.manifest_digest)
    assert manifest["version"] == "1.0.0"
    assert files.damaged_files(copy, manifest["files"]) == []
    for name in (*NUMERIC_FILES, *PEOPLE_FILES):
        assert (copy / name).read_bytes() == (folder / name).read_bytes()
        assert not (copy / name).samefile(folder / name)


def test_backups_in_one_second_get_names_of_their_own(live: ModelVersion) -> None:
    made = [create_backup(by=None, reason="test").name for _ in range(3)]
    assert len(set(made)) == 3
    assert all(len(name) == len("model_backup_20240115_103000") for name in made)


@pytest.mark.parametrize("missing", ["folder", "row", "both"])
def test_the_name_of_a_backup_is_never_used_again(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Neither after a crash, nor after its deletion when the clock jumps back."""
    now = files.datetime.now(UTC)

    class Clock(files.datetime):
        @classmethod
        def now(cls, zone: object = None) -> object:
            return now

    monkeypatch.setattr(files, "datetime", Clock)
    first = create_backup(by=None, reason="test")
    if missing != "row":
        shutil.rmtree(files.backup_folder(first.name))
    if missing != "folder":
        Backup.objects.all().delete()
    assert create_backup(by=None, reason="test").name != first.name


def test_the_newest_unpinned_backups_stay(
    live: ModelVersion, settings: Settings, store: Path
) -> None:
    settings.BACKUPS_KEEP = 2
    pinned = create_backup(by=None, reason="pinned")
    Backup.objects.update(pinned=True)
    made = [create_backup(by=None, reason="test") for _ in range(4)]
    expected = {pinned.name, made[2].name, made[3].name}
    assert set(Backup.objects.values_list("name", flat=True)) == expected
    assert names(store / "backups") == expected


def test_without_a_live_version_there_is_nothing_to_back_up(db: None, store: Path) -> None:
    with pytest.raises(NoLiveVersion):
        create_backup(by=None, reason="test")


@pytest.mark.parametrize("name", ["model.npz", "model.json", "manifest.json"])
def test_a_damaged_live_version_is_not_backed_up(
    live: ModelVersion, folder: Path, store: Path, name: str
) -> None:
    flip_byte(folder / name)
    with pytest.raises(DamagedFiles, match=name):
        create_backup(by=None, reason="test")
    assert not Backup.objects.exists()
    assert not (store / "backups").exists()


def test_a_store_that_cannot_be_written_is_one_clear_sentence(
    live: ModelVersion, store: Path
) -> None:
    shutil.rmtree(store / ".staging")
    (store / ".staging").write_text("a file where a folder belongs")
    with pytest.raises(StoreError, match=str(store)):
        create_backup(by=None, reason="test")
    assert not Backup.objects.exists()
