"""Backups in the admin: what each button and action asks, does, records, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.test import Client

from modelops.models import Alert, Backup, Deployment, Door, LabelHold, LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from tests.modelops.admin_pages import choose, confirm, history, press, told, words
from tests.modelops.files import flip_byte

LIST = "/admin/modelops/backup/"
ACTIONS = ["restore", "verify", "pin", "unpin", "delete_selected"]


@pytest.fixture
def backup(live: ModelVersion) -> Backup:
    return create_backup(by=None, reason="test")


@pytest.fixture
def newer(backup: Backup, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Version 1.1.0, live, after the backup of 1.0.0."""
    version = publish("1.1.0", strength=6.0)
    promote_version(version=version, by=None, reason="test", backup=False)
    return version


def test_the_list_offers_every_action(backup: Backup, admin: Client) -> None:
    page = admin.get(LIST).content.decode()
    for action in ACTIONS:
        assert f'<option value="{action}">' in page
    assert f'href="{LIST}back-up/"' in page


@pytest.mark.parametrize("action", ACTIONS)
def test_without_the_permission_no_action(backup: Backup, stranger: Client, action: str) -> None:
    assert confirm(stranger, "backup", action, backup).status_code == 403
    assert Backup.objects.get().pinned is False
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("button", ["back-up", "1/restore", "1/verify", "1/delete"])
def test_without_the_permission_no_button(backup: Backup, stranger: Client, button: str) -> None:
    assert press(stranger, f"backup/{button}").status_code == 403
    assert Backup.objects.count() == 1


def test_backing_up_now(live: ModelVersion, admin: Client) -> None:
    press(admin, "backup/back-up")
    backup = Backup.objects.get()
    assert history()[0][:3] == ("backup", ADDITION, backup.name)


def test_restoring_asks_first_and_offers_to_hold_labels_back(
    newer: ModelVersion, backup: Backup, admin: Client
) -> None:
    page = choose(admin, "backup", "restore", backup)
    assert "Version 1.0.0 becomes live again; version 1.1.0 is live now." in words(page)
    assert "hold_back" in page.context["form"].fields
    assert LivePointer.current().version == newer


@pytest.mark.parametrize("by_action", [True, False])
def test_restoring(newer: ModelVersion, backup: Backup, admin: Client, by_action: bool) -> None:
    if by_action:
        answer = confirm(admin, "backup", "restore", backup, reason="worse")
    else:
        answer = press(admin, f"backup/{backup.pk}/restore", reason="worse")
    message = f"Version 1.0.0 is live again, from backup {backup.name}."
    assert told(answer) == [message]
    assert LivePointer.current().version.version == "1.0.0"
    deployment = Deployment.objects.first()
    assert (deployment.by.username, deployment.door) == ("operator", Door.ADMIN)
    assert deployment.reason == "worse"
    assert not LabelHold.objects.exists()
    assert history() == [("backup", CHANGE, backup.name, message)]


def test_restoring_with_labels_held_back(
    newer: ModelVersion, backup: Backup, admin: Client
) -> None:
    answer = confirm(admin, "backup", "restore", backup, hold_back="on")
    assert "held back" in told(answer)[0]
    assert LabelHold.objects.get().by.username == "operator"


def test_restoring_needs_exactly_one(newer: ModelVersion, backup: Backup, admin: Client) -> None:
    another = create_backup(by=None, reason="another")
    answer = confirm(admin, "backup", "restore", backup, another)
    assert told(answer) == ["Select exactly one."]
    assert LivePointer.current().version == newer


def test_restoring_a_damaged_one_changes_nothing(
    newer: ModelVersion, backup: Backup, store: Path, admin: Client
) -> None:
    flip_byte(store / "backups" / backup.name / "model.npz")
    answer = confirm(admin, "backup", "restore", backup)
    assert "model.npz" in told(answer)[0]
    assert LivePointer.current().version == newer
    assert not history()
    assert "did not pass" in words(choose(admin, "backup", "restore", backup))


def test_verifying_tells_the_good_from_the_bad(backup: Backup, store: Path, admin: Client) -> None:
    bad = create_backup(by=None, reason="another")
    flip_byte(store / "backups" / bad.name / "vectorizer.pkl")
    answer = confirm(admin, "backup", "verify", backup, bad)
    assert told(answer) == [f"{bad.name}: Damaged: vectorizer.pkl", "1 backup is intact."]
    assert {entry[2]: entry[3] for entry in history()} == {
        backup.name: "Verified: intact.",
        bad.name: "Damaged: vectorizer.pkl",
    }
    assert Alert.objects.get().kind == Alert.Kind.DAMAGED_FILE


def test_pinning_and_unpinning(backup: Backup, admin: Client) -> None:
    assert "They stay" in words(choose(admin, "backup", "pin", backup))
    confirm(admin, "backup", "pin", backup)
    backup.refresh_from_db()
    assert backup.pinned
    confirm(admin, "backup", "unpin", backup)
    backup.refresh_from_db()
    assert not backup.pinned
    assert [entry[3] for entry in history()] == ["Pinned.", "Unpinned."]


@pytest.mark.parametrize("by_action", [True, False])
def test_deleting(backup: Backup, store: Path, admin: Client, by_action: bool) -> None:
    create_backup(by=None, reason="another")
    if by_action:
        answer = confirm(admin, "backup", "delete_selected", backup)
    else:
        answer = press(admin, f"backup/{backup.pk}/delete")
    assert told(answer) == ["1 backup deleted."]
    assert not (store / "backups" / backup.name).exists()
    assert history() == [("backup", DELETION, backup.name, "")]


def test_what_is_needed_stays(backup: Backup, store: Path, admin: Client) -> None:
    pinned = create_backup(by=None, reason="another")
    confirm(admin, "backup", "pin", pinned)
    Backup.objects.filter(pk=pinned.pk).update(verified=False)
    answer = confirm(admin, "backup", "delete_selected", backup, pinned)
    assert len(told(answer)) == 2  # each says why
    assert Backup.objects.count() == 2
    assert all(entry[1] != DELETION for entry in history())


def test_django_s_own_forms_change_nothing(backup: Backup, admin: Client) -> None:
    assert admin.get(f"{LIST}{backup.pk}/change/").status_code == 200
    assert admin.post(f"{LIST}{backup.pk}/change/", {"name": "x"}).status_code == 403
    assert admin.post(f"{LIST}{backup.pk}/delete/", {"post": "yes"}).status_code == 200
    assert admin.get(f"{LIST}add/").status_code == 403
    assert Backup.objects.get().name == backup.name
