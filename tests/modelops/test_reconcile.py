"""Rows and files that do not fit together, and how they are brought together."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from modelops import serving
from modelops import store as files
from modelops.errors import StoreError
from modelops.models import Alert, Backup, Dataset, ModelVersion, Operation
from modelops.services.check_model import check_model
from modelops.services.create_backup import create_backup
from modelops.services.import_dataset import import_dataset
from modelops.services.promote_version import promote_version
from modelops.services.reconcile_store import reconcile_store
from tests.modelops.files import flip_byte, overwrite

Publish = Callable[..., ModelVersion]


def reconciled() -> list[tuple[str, str]]:
    """Code and outcome of all findings; afterwards nothing is found any more."""
    expected = [(f.code, f.subject) for f in reconcile_store(fix=False, by=None).findings]
    found = reconcile_store(fix=True, by=None).findings
    assert [(f.code, f.subject) for f in found] == expected
    assert reconcile_store(fix=False, by=None).findings == []
    return [(finding.code, finding.outcome) for finding in found]


@pytest.fixture
def dataset(db: None, tmp_path: Path) -> Dataset:
    path = tmp_path / "rows.csv"
    path.write_text("text,toxic\neres un idiota,1\nmuchas gracias,0\n")
    return import_dataset(path=path, name="first", by=None).dataset


def test_where_all_fits_nothing_is_found(live: ModelVersion, dataset: Dataset) -> None:
    create_backup(by=None, reason="test")
    assert reconciled() == []
    assert not Operation.objects.filter(kind="reconcile").exists()


def test_it_waits_for_whoever_is_between_a_file_and_its_row(
    live: ModelVersion, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files._lock, "patience", 0.1)
    other = os.open(store / ".lock", os.O_RDWR)  # as another process has it
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(StoreError):
        reconcile_store(fix=True, by=None)
    os.close(other)
    assert reconciled() == []


def test_leftovers_of_dead_processes_go_and_work_in_progress_stays(
    live: ModelVersion, store: Path
) -> None:
    host = files._this_host()
    dead = store / ".staging" / f"backup-{host}-{2**22 + 1}-abcdefgh"
    elsewhere = store / ".staging" / "backup-00000000-1-abcdefgh"
    old = store / ".staging" / "1.0.0-0123456789ab-00000000-1-abcdefgh"
    for folder in (dead, elsewhere, old):
        folder.mkdir()
        (folder / "model.npz").write_bytes(b"half")
    long_ago = time.time() - 7 * 3600
    os.utime(old, (long_ago, long_ago))
    with files.staging("run") as mine:
        assert reconciled() == [("leftover", "removed")] * 2
        assert mine.exists()
        assert elsewhere.exists()


def test_a_publication_that_was_cut_off_is_taken_up(publish: Publish, live: ModelVersion) -> None:
    publish("1.0.1", strength=6.0)
    ModelVersion.objects.filter(version="1.0.1").delete()
    assert reconciled() == [("unknown_version", "taken_up")]
    again = ModelVersion.objects.get(version="1.0.1")
    assert (again.origin, again.state) == ("starter", "ready")
    promote_version(version=again, by=None, reason="test")


def test_what_is_no_version_goes_to_quarantine(
    live: ModelVersion, publish: Publish, store: Path
) -> None:
    other = publish("1.0.1", strength=6.0)
    folder = files.version_folder(other.folder)
    ModelVersion.objects.filter(pk=other.pk).delete()
    flip_byte(folder / "model.npz")
    (store / "versions" / "notes.txt").write_text("a note")
    shutil.copytree(files.version_folder(live.folder), store / "versions" / "1.0.0-copy")
    assert reconciled() == [("unknown_version", "quarantined")] * 3
    assert {path.name for path in store.glob("quarantine/*/*")} == {
        "notes.txt",
        "1.0.0-copy",
        other.folder,
    }
    assert [path.name for path in (store / "versions").iterdir()] == [live.folder]


def test_a_deletion_that_was_cut_off_is_finished(publish: Publish, live: ModelVersion) -> None:
    other = publish("1.0.1", strength=6.0)
    ModelVersion.objects.filter(pk=other.pk).update(state="removed")
    assert reconciled() == [("removed_version", "removed")]
    assert not files.version_folder(other.folder).exists()


def test_a_version_without_folder_is_marked_as_deleted(
    publish: Publish, live: ModelVersion
) -> None:
    other = publish("1.0.1", strength=6.0)
    shutil.rmtree(files.version_folder(other.folder))
    assert reconciled() == [("version_without_folder", "marked_removed")]
    assert ModelVersion.objects.get(pk=other.pk).state == "removed"


def test_a_damaged_version_is_made_anew_from_a_backup(live: ModelVersion, folder: Path) -> None:
    create_backup(by=None, reason="test")
    flip_byte(folder / "model.npz")
    assert reconciled() == [("damaged_version", "renewed")]
    assert serving.refresh().error == ""


def test_the_starter_is_made_anew_from_what_the_code_pins(
    live: ModelVersion, folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = folder.parent.parent / "starter"
    starter.mkdir()
    for name in files.NUMERIC_FILES:
        shutil.copyfile(folder / name, starter / name)
    settings.STARTER_DIR = starter
    digests = {name: files.entry_of(starter / name)["sha256"] for name in files.NUMERIC_FILES}
    monkeypatch.setattr(files, "STARTER_DIGESTS", digests)
    shutil.rmtree(folder)
    assert reconciled()[0] == ("version_without_folder", "renewed")


def test_a_restore_that_was_cut_off_before_its_row_is_finished(
    live: ModelVersion, folder: Path
) -> None:
    """The folder is whole and of the right model, but the row has an older manifest's digest."""
    ModelVersion.objects.filter(pk=live.pk).update(manifest_digest="0" * 64, state="damaged")
    assert reconciled() == [("damaged_version", "renewed")]
    assert ModelVersion.objects.get(pk=live.pk).state == "ready"


def test_a_live_version_that_is_lost_stays_a_finding(live: ModelVersion, folder: Path) -> None:
    shutil.rmtree(folder)
    report = reconcile_store(fix=True, by=None)
    assert [(f.code, f.outcome) for f in report.left] == [("version_without_folder", "")]
    assert ModelVersion.objects.get(pk=live.pk).state == "damaged"
    assert Alert.objects.get(resolved_at=None).cause == "version:1.0.0"
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile_store", "--fix", stdout=out)
    assert "1.0.0" in out.getvalue()


def test_files_for_people_are_repaired(live: ModelVersion, folder: Path, store: Path) -> None:
    overwrite(folder / "toxic_model.pkl", b"bad")
    overwrite(store / "vectorizer.pkl", b"strange")
    assert reconciled() == [("people_files", "repaired"), ("live_copies", "repaired")]
    assert {path.name for path in store.glob("quarantine/*/*")} == {
        "toxic_model.pkl",
        "vectorizer.pkl",
    }


def test_the_alert_of_a_repair_goes_with_a_later_check(
    live: ModelVersion, publish: Publish
) -> None:
    other = publish("1.0.1", strength=6.0)
    overwrite(files.version_folder(other.folder) / "toxic_model.pkl", b"bad")
    reconcile_store(fix=True, by=None)
    check_model(mail=False)
    assert Alert.objects.get(kind="damaged_file", resolved_at=None).details["repaired"]
    Alert.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    check_model(mail=False)
    assert not Alert.objects.filter(kind="damaged_file", resolved_at=None).exists()


def test_outdated_copies_at_the_top_are_no_alarm(
    live: ModelVersion, publish: Publish, store: Path
) -> None:
    """As after a crash between the swap of the pointer and the copies."""
    old = {name: (store / name).read_bytes() for name in files.PEOPLE_FILES}
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="test")
    for name, content in old.items():
        overwrite(store / name, content)
    assert reconciled() == [("live_copies", "repaired")]
    assert not (store / "quarantine").exists()
    assert not Alert.objects.exists()


def test_backups_and_their_folders(live: ModelVersion, store: Path) -> None:
    gone, unknown, damaged, good = (create_backup(by=None, reason="test") for _ in range(4))
    Backup.objects.filter(pk=damaged.pk).update(pinned=True, reason="before the fair")
    shutil.rmtree(files.backup_folder(gone.name))
    Backup.objects.filter(pk=unknown.pk).delete()
    flip_byte(files.backup_folder(damaged.name) / "model.npz")
    assert sorted(reconciled()) == [
        ("backup_without_folder", "row_removed"),
        ("damaged_backup", "renewed"),
        ("unknown_backup", "quarantined"),
    ]
    renewed = Backup.objects.exclude(pk=good.pk).get()
    assert (renewed.pinned, renewed.reason) == (True, "before the fair")
    assert {path.name for path in store.glob("quarantine/*/*")} == {unknown.name, damaged.name}


def test_a_damaged_backup_of_a_lost_version_is_put_aside(
    live: ModelVersion, publish: Publish, store: Path
) -> None:
    backup = create_backup(by=None, reason="test")
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="test")
    Backup.objects.exclude(pk=backup.pk).delete()
    for folder in store.glob("backups/*"):
        if folder.name != backup.name:
            shutil.rmtree(folder)
    shutil.rmtree(files.version_folder(live.folder))
    flip_byte(files.backup_folder(backup.name) / "model.npz")
    assert sorted(reconciled()) == [
        ("damaged_backup", "quarantined"),
        ("version_without_folder", "marked_removed"),
    ]


def test_datasets_and_their_files(live: ModelVersion, dataset: Dataset, store: Path) -> None:
    (store / "datasets" / "0123456789ab.csv.gz").write_bytes(b"cut off")
    flip_byte(files.dataset_file(dataset.digest), place=15)
    report = reconcile_store(fix=True, by=None)
    assert sorted((f.code, f.outcome) for f in report.findings) == [
        ("damaged_dataset", "deactivated"),
        ("unknown_dataset", "quarantined"),
    ]
    dataset.refresh_from_db()
    assert not dataset.active
    assert Alert.objects.get(resolved_at=None).details["place"] == "dataset"
    # its texts are lost, which only a person can settle
    left = reconcile_store(fix=True, by=None).left
    assert [finding.code for finding in left] == ["dataset_without_file"]


def test_the_command_says_what_it_found_and_did(
    live: ModelVersion, store: Path, settings: Settings
) -> None:
    out = StringIO()
    call_command("reconcile_store", stdout=out)
    assert len(out.getvalue().splitlines()) == 1
    (store / "versions" / "stray").mkdir()
    with pytest.raises(CommandError, match=r"reconcile_store --fix"):
        call_command("reconcile_store", stdout=out)
    assert "versions/stray" in out.getvalue()
    assert (store / "versions" / "stray").exists()
    out = StringIO()
    call_command("reconcile_store", "--fix", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["consistent"]
    assert [finding["outcome"] for finding in answer["findings"]] == ["quarantined"]
    assert Operation.objects.get(kind="reconcile").after == {"quarantined": 1}
