"""Restoring a backup, and what becomes of backups and versions that nobody needs any more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from modelops import serving
from modelops import store as files
from modelops.errors import (
    AlreadyLive,
    DamagedFiles,
    LiveVersionDamaged,
    LostLease,
    StillNeeded,
    Superseded,
    VersionRemoved,
)
from modelops.models import (
    Alert,
    Backup,
    Deployment,
    Door,
    LabelHold,
    LivePointer,
    ModelVersion,
    Operation,
    TrainingRun,
)
from modelops.services import restore_backup as restoring
from modelops.services.cleanup_backups import cleanup_backups
from modelops.services.cleanup_versions import cleanup_versions
from modelops.services.create_backup import create_backup
from modelops.services.delete_backup import delete_backup
from modelops.services.delete_version import delete_version
from modelops.services.label_holds import hold_labels, release_labels
from modelops.services.pin import pin_backup, pin_version
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import next_version_number, publish_version
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup
from tests.modelops.files import flip_byte, overwrite
from tests.modelops.models import write_small_model

Publish = Callable[..., ModelVersion]
DAMAGED = Alert.Kind.DAMAGED_FILE


def promote(version: ModelVersion) -> Deployment:
    return promote_version(version=version, by=None, reason="test")


def restore(backup: Backup, *, by: User | None = None, hold_back: bool = False) -> Deployment:
    return restore_backup(
        backup=backup, by=by, reason="test", door=Door.PYTHON, hold_back=hold_back
    )


@pytest.fixture
def second(publish: Publish, live: ModelVersion) -> ModelVersion:
    """Version 1.0.1, live, with a backup of 1.0.0."""
    version = publish("1.0.1", strength=6.0)
    promote(version)
    return version


# --- restore ---


def test_a_restored_version_is_live_again_under_its_own_number(
    live: ModelVersion, second: ModelVersion, operator: User
) -> None:
    deployment = restore(Backup.objects.get(version=live), by=operator)
    assert LivePointer.current().version == live
    assert (deployment.version, deployment.previous) == (live, second)
    assert (deployment.by, deployment.door, deployment.reason) == (operator, "python", "test")
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"
    assert Backup.objects.filter(version=second).exists()  # of what was live before
    journal = Operation.objects.get(kind="restore")
    assert (journal.before["version"], journal.after["version"]) == ("1.0.1", "1.0.0")


def test_a_version_whose_folder_is_gone_is_published_anew(
    live: ModelVersion, second: ModelVersion, store: Path
) -> None:
    folder = store / "versions" / live.folder
    shutil.rmtree(folder)
    restore(Backup.objects.get(version=live))
    live.refresh_from_db()
    manifest = files.check_numeric_form(folder, manifest_digest=live.manifest_digest)
    assert (manifest["version"], manifest["digest"]) == ("1.0.0", live.digest)
    assert files.damaged_files(folder, manifest["files"]) == []
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"


def test_a_deleted_version_comes_back_from_its_backup(
    live: ModelVersion, second: ModelVersion
) -> None:
    delete_version(version=live, by=None)
    live.refresh_from_db()
    assert live.state == "removed"
    with pytest.raises(VersionRemoved):
        promote(live)
    restore(Backup.objects.get(version__version="1.0.0"))
    live.refresh_from_db()
    assert live.state == "ready"


def test_damaged_live_files_are_not_copied_over_but_put_aside(
    live: ModelVersion, folder: Path, store: Path
) -> None:
    backup = create_backup(by=None, reason="test")
    flip_byte(folder / "model.npz")
    bad = (folder / "model.npz").read_bytes()
    restore(backup)
    quarantined = list(store.glob("quarantine/*/*/model.npz"))
    assert [path.read_bytes() for path in quarantined] == [bad]
    assert LivePointer.current().generation == 2
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"


def test_with_nothing_left_of_the_live_version_an_earlier_one_is_restored(
    live: ModelVersion, second: ModelVersion, store: Path
) -> None:
    shutil.rmtree(store / "versions" / second.folder)
    restore(Backup.objects.get(version=live))
    assert LivePointer.current().version == live
    assert Alert.objects.get(kind=DAMAGED, resolved_at=None).cause == "version:1.0.1"


@pytest.mark.parametrize("name", ["model.npz", "model.json", "manifest.json"])
def test_a_damaged_backup_is_refused_and_the_champion_serves(
    live: ModelVersion, second: ModelVersion, name: str
) -> None:
    backup = Backup.objects.get(version=live)
    flip_byte(files.backup_folder(backup.name) / name)
    with pytest.raises(DamagedFiles, match=name):
        restore(backup)
    backup.refresh_from_db()
    assert not backup.verified
    assert LivePointer.current().version == second
    assert serving.analyze(["hola"])[0].model_version == "1.0.1"
    assert Alert.objects.get(kind=DAMAGED, resolved_at=None).details["place"] == "backup"


def test_a_foreign_manifest_is_refused(live: ModelVersion, second: ModelVersion) -> None:
    """Files and manifest of another model, in themselves without fault."""
    backup = Backup.objects.get(version=live)
    folder = files.backup_folder(backup.name)
    for path in files.version_folder(second.folder).iterdir():
        overwrite(folder / path.name, path.read_bytes())
    with pytest.raises(DamagedFiles, match=r"manifest\.json"):
        restore(backup)
    assert LivePointer.current().version == second


def test_bad_files_for_people_are_made_anew(
    live: ModelVersion, second: ModelVersion, store: Path
) -> None:
    backup = Backup.objects.get(version=live)
    good = (store / "versions" / live.folder / "toxic_model.pkl").read_bytes()
    overwrite(files.backup_folder(backup.name) / "toxic_model.pkl", b"something else")
    shutil.rmtree(store / "versions" / live.folder)
    restore(backup)
    assert (store / "versions" / live.folder / "toxic_model.pkl").read_bytes() == good
    assert (store / "toxic_model.pkl").read_bytes() == good


def test_of_two_restores_at_once_the_slower_one_is_told(
    live: ModelVersion, second: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = Backup.objects.get(version=live)
    really = restoring.save_live

    def slow(**arguments: object) -> object:
        monkeypatch.setattr(restoring, "save_live", really)
        restore(backup)
        return really(**arguments)

    monkeypatch.setattr(restoring, "save_live", slow)
    with pytest.raises(Superseded):
        restore(backup)
    assert LivePointer.current().version == live
    assert Deployment.objects.count() == 3


def test_the_backup_being_restored_is_not_dropped_for_the_new_one(
    live: ModelVersion, second: ModelVersion, settings: object
) -> None:
    settings.BACKUPS_KEEP = 1
    backup = Backup.objects.get(version=live)
    restore(backup)
    assert Backup.objects.filter(pk=backup.pk).exists()


def test_labels_after_the_version_are_held_back_until_released(
    live: ModelVersion, second: ModelVersion, operator: User
) -> None:
    restore(Backup.objects.get(version=live), by=operator, hold_back=True)
    hold = LabelHold.objects.get()
    assert hold.after == live.created_at
    assert hold.after < hold.until <= timezone.now()
    assert release_labels(hold=hold, by=operator)
    assert hold.released_by == operator
    assert not release_labels(hold=hold, by=operator)


def test_a_hold_begins_where_the_version_stopped_learning(
    live: ModelVersion, second: ModelVersion
) -> None:
    learned = live.created_at - timedelta(days=2)
    ModelVersion.objects.filter(pk=live.pk).update(labels_until=learned)
    restore(Backup.objects.get(version=live), hold_back=True)
    assert LabelHold.objects.get().after == learned


def test_a_hold_is_a_stretch_of_time(db: None) -> None:
    now = timezone.now()
    ahead = hold_labels(after=now + timedelta(hours=1), reason="the clock went back", by=None)
    assert ahead.until == ahead.after  # of nothing, rather than an error in the middle of a restore


# --- the live version is damaged ---


def test_a_damaged_live_version_stays_until_repaired_or_replaced_by_force(
    live: ModelVersion, folder: Path, publish: Publish
) -> None:
    other = publish("1.0.1", strength=6.0)
    good = (folder / "model.npz").read_bytes()
    flip_byte(folder / "model.npz")
    for _attempt in range(2):
        with pytest.raises(LiveVersionDamaged, match=r"1\.0\.0"):
            promote(other)
    assert LivePointer.current().version.state == "damaged"
    assert Alert.objects.filter(kind=DAMAGED, resolved_at=None).exists()
    promote_version(version=other, by=None, reason="test", backup=False)
    assert LivePointer.current().version == other
    assert Operation.objects.filter(kind="promote").first().after["backup"] is None
    overwrite(folder / "model.npz", good)
    promote(live)
    assert LivePointer.current().version == live


def test_what_is_live_is_not_promoted_again(live: ModelVersion) -> None:
    with pytest.raises(AlreadyLive, match=r"1\.0\.0"):
        promote(live)
    assert LivePointer.current().generation == 1
    assert not Backup.objects.exists()


# --- verify, pin, delete ---


def test_verifying_finds_damage_and_that_it_is_gone(live: ModelVersion, operator: User) -> None:
    backup = create_backup(by=None, reason="test")
    path = files.backup_folder(backup.name) / "model_info.txt"
    good = path.read_bytes()
    overwrite(path, b"changed")
    assert verify_backup(backup=backup, by=operator) == ["model_info.txt"]
    assert not Backup.objects.get().verified
    assert Alert.objects.get().cause == f"backup:{backup.name}"
    overwrite(path, good)
    assert verify_backup(backup=backup, by=operator) == []
    assert Backup.objects.get().verified
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert Operation.objects.filter(kind="verify_backup", by=operator).count() == 2


def test_a_backup_without_folder_is_bad(live: ModelVersion) -> None:
    backup = create_backup(by=None, reason="test")
    shutil.rmtree(files.backup_folder(backup.name))
    assert verify_backup(backup=backup) == ["manifest.json"]


def test_pinned_backups_and_the_last_good_one_are_not_deleted(
    live: ModelVersion, operator: User
) -> None:
    first, second = (create_backup(by=None, reason="test") for _ in range(2))
    assert pin_backup(backup=first, pinned=True, by=operator)
    assert not pin_backup(backup=first, pinned=True, by=operator)
    with pytest.raises(StillNeeded, match=first.name):
        delete_backup(backup=first, by=operator)
    pin_backup(backup=first, pinned=False, by=operator)
    delete_backup(backup=first, by=operator)
    assert not files.backup_folder(first.name).exists()
    with pytest.raises(StillNeeded, match=second.name):
        delete_backup(backup=second, by=operator)
    assert files.backup_folder(second.name).exists()


def test_cleaning_up_leaves_a_good_backup_of_the_live_version(
    live: ModelVersion, second: ModelVersion
) -> None:
    oldest = create_backup(by=None, reason="of 1.0.1")
    promote(live)  # of 1.0.1 again
    Backup.objects.filter(version=second).exclude(pk=oldest.pk).update(verified=False)
    promote(second)
    gone = cleanup_backups(keep=0, by=None)
    assert Backup.objects.get() == oldest
    assert len(gone) == 3
    with pytest.raises(ValueError, match="keep"):
        cleanup_backups(keep=-1, by=None)


def test_backups_go_by_their_row_when_the_clock_jumps_back(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    made = []
    for hours in (0, -3, -2):

        class Clock(files.datetime):
            @classmethod
            def now(cls, zone: object = None, hours: int = hours) -> object:
                return now + timedelta(hours=hours)

        monkeypatch.setattr(files, "datetime", Clock)
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        made.append(create_backup(by=None, reason="test"))
    assert len({backup.name for backup in made}) == 3
    cleanup_backups(keep=1, by=None)
    assert Backup.objects.get() == made[-1]


# --- versions ---


def test_versions_that_are_needed_are_not_deleted(
    live: ModelVersion, second: ModelVersion, publish: Publish, operator: User
) -> None:
    third = publish("1.0.2", strength=5.0)
    ModelVersion.objects.filter(pk=third.pk).update(base=live)
    for version, reason in ((second, r"1\.0\.1"), (live, r"1\.0\.2")):
        with pytest.raises(StillNeeded, match=reason):
            delete_version(version=version, by=operator)
    pin_version(version=third, pinned=True, by=operator)
    with pytest.raises(StillNeeded, match=r"1\.0\.2"):
        delete_version(version=third, by=operator)
    pin_version(version=third, pinned=False, by=operator)
    assert delete_version(version=third, by=operator)
    assert not delete_version(version=third, by=operator)
    assert not files.version_folder(third.folder).exists()
    assert ModelVersion.objects.get(pk=third.pk).state == "removed"
    assert delete_version(version=live, by=operator)  # nothing builds on it any more


def test_cleaning_up_keeps_live_predecessor_pinned_newest_and_their_bases(
    publish: Publish,
) -> None:
    versions = [publish(f"1.0.{n}", strength=8.0 - n / 2) for n in range(6)]
    for version in (versions[1], versions[2]):
        promote(version)
    ModelVersion.objects.filter(pk=versions[5].pk).update(base=versions[0])
    ModelVersion.objects.filter(pk=versions[3].pk).update(pinned=True)
    assert cleanup_versions(keep=1) == [versions[4]]
    assert cleanup_versions(keep=1) == []
    ModelVersion.objects.filter(pk=versions[3].pk).update(pinned=False)
    assert cleanup_versions(keep=1) == [versions[3]]


@pytest.mark.children
def test_publishing_a_deleted_version_again_brings_its_files_back(
    live: ModelVersion, second: ModelVersion, tmp_path: Path
) -> None:
    delete_version(version=live, by=None)
    numeric = write_small_model(tmp_path / "again")
    again = publish_version(
        numeric=numeric, version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
    )
    assert (again.pk, again.state) == (live.pk, "ready")
    promote(again)


@pytest.mark.parametrize(
    ("existing", "source", "bump", "expected"),
    [
        (["1.0.0"], "1.0.0", "patch", "1.0.1"),
        (["1.0.0", "1.2.3"], "1.0.0", "patch", "1.2.4"),  # after a rollback
        (["1.0.0", "1.2.3"], "1.0.0", "minor", "1.3.0"),
        (["1.0.0", "3.1.0"], "1.0.0", "minor", "1.1.0"),
        (["1.0.0", "3.1.0"], "1.0.0", "major", "4.0.0"),
        (["1.9.9"], "1.9.9", "patch", "1.9.10"),
    ],
)
def test_numbers_are_new_and_say_which_features_there_are(
    db: None, existing: list[str], source: str, bump: str, expected: str
) -> None:
    for number in existing:
        ModelVersion.objects.create(version=number, digest=number, folder=number)
    assert next_version_number(bump=bump, from_version=source) == expected


# --- fences ---


@pytest.fixture
def lost_run(db: None) -> TrainingRun:
    """A run that this process thinks it works on, and whose lease is over."""
    return TrainingRun.objects.create(
        kind=TrainingRun.Kind.FULL,
        state=TrainingRun.State.RUNNING,
        seed=1,
        door=Door.TASK,
        lease_token="2b1c8a52-52a8-4c0e-a3a5-3f2b7dd2f7a1",
        lease_expires_at=timezone.now() - timedelta(seconds=1),
    )


def test_who_lost_the_lease_can_neither_publish_nor_promote(
    live: ModelVersion, publish: Publish, lost_run: TrainingRun, tmp_path: Path, store: Path
) -> None:
    numeric = write_small_model(tmp_path / "late", strength=3.0)
    with pytest.raises(LostLease):
        publish_version(
            numeric=numeric,
            version="1.1.0",
            origin=ModelVersion.Origin.FULL,
            by=None,
            run=lost_run,
        )
    assert not ModelVersion.objects.filter(version="1.1.0").exists()
    assert [path.name for path in (store / "versions").iterdir()] == [live.folder]
    other = publish("1.0.1", strength=6.0)
    with pytest.raises(LostLease):
        promote_version(version=other, by=None, reason="test", run=lost_run)
    assert LivePointer.current().version == live


def test_who_holds_the_lease_does(
    live: ModelVersion, publish: Publish, lost_run: TrainingRun
) -> None:
    TrainingRun.objects.update(lease_expires_at=timezone.now() + timedelta(minutes=1))
    other = publish("1.0.1", strength=6.0)
    promote_version(version=other, by=None, reason="test", run=lost_run, backup=False)
    assert LivePointer.current().version == other
    assert TrainingRun.objects.get().version == other
    assert not Backup.objects.exists()


@pytest.mark.parametrize("hours", [-5, 5])
def test_leases_go_by_the_databases_clock(
    live: ModelVersion,
    publish: Publish,
    lost_run: TrainingRun,
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
) -> None:
    """This host's clock jumps; who lost the lease still has, who holds it still does."""
    other = publish("1.0.1", strength=6.0)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=hours))
    with pytest.raises(LostLease):
        promote_version(version=other, by=None, reason="test", run=lost_run)
    TrainingRun.objects.update(lease_expires_at=now + timedelta(minutes=1))
    promote_version(version=other, by=None, reason="test", run=lost_run)
    assert LivePointer.current().version == other
