"""Backups by the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from modelops.models import Backup, Deployment, LabelHold, LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from tests.modelops.files import flip_byte


@pytest.fixture
def backup(live: ModelVersion) -> Backup:
    return create_backup(by=None, reason="test")


@pytest.fixture
def newer(backup: Backup, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Version 1.1.0, live, after the backup of 1.0.0."""
    version = publish("1.1.0", strength=6.0)
    promote_version(version=version, by=None, reason="test")
    return version


def test_backups_are_listed(backup: Backup, as_operator: APIClient) -> None:
    [row] = as_operator.get("/model/backups").json()["results"]
    assert row == {
        "name": backup.name,
        "version": "1.0.0",
        "created_at": row["created_at"],
        "size_bytes": backup.size_bytes,
        "verified": True,
        "pinned": False,
        "created_by": None,
        "reason": "test",
    }
    assert row["created_at"].endswith("Z")
    assert as_operator.get(f"/model/backups/{backup.name}").json() == row


@pytest.mark.parametrize("end", ["", "/restore", "/verify", "/pin"])
def test_a_backup_that_there_is_not_404(
    live: ModelVersion, as_operator: APIClient, end: str
) -> None:
    path = f"/model/backups/model_backup_19990101_000000{end}"
    answer = as_operator.post(path) if end else as_operator.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_restoring(newer: ModelVersion, backup: Backup, as_operator: APIClient) -> None:
    answer = as_operator.post(f"/model/backups/{backup.name}/restore")
    assert answer.status_code == 200
    body = answer.json()
    told = f"La versión 1.0.0 vuelve a estar en servicio, desde la copia {backup.name}"
    assert body["message"] == told
    assert (body["deployment"]["version"], body["deployment"]["previous"]) == ("1.0.0", "1.1.0")
    assert (body["deployment"]["by"], body["deployment"]["door"]) == ("operator", "api")
    assert LivePointer.current().version.version == "1.0.0"
    assert Backup.objects.filter(version=newer).count() == 1
    assert not LabelHold.objects.exists()


def test_restoring_can_hold_labels_back(
    newer: ModelVersion, backup: Backup, as_operator: APIClient
) -> None:
    answer = as_operator.post(
        f"/model/backups/{backup.name}/restore",
        {"hold_back": True, "reason": "wrong labels"},
        format="json",
    )
    assert answer.status_code == 200
    hold = LabelHold.objects.get()
    assert hold.released_at is None
    assert hold.by.username == "operator"
    assert Deployment.objects.first().reason == "wrong labels"


@pytest.mark.parametrize("hold_back", ["true", 1, None])
def test_hold_back_is_a_boolean(
    newer: ModelVersion, backup: Backup, as_operator: APIClient, hold_back: object
) -> None:
    answer = as_operator.post(
        f"/model/backups/{backup.name}/restore", {"hold_back": hold_back}, format="json"
    )
    assert answer.status_code == 400
    assert LivePointer.current().version == newer


def test_restoring_a_damaged_backup_changes_nothing(
    newer: ModelVersion, backup: Backup, store: Path, as_operator: APIClient
) -> None:
    flip_byte(store / "backups" / backup.name / "model.npz")
    answer = as_operator.post(f"/model/backups/{backup.name}/restore", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 503
    body = answer.json()
    assert body["title"] == "Error restoring the backup"
    assert "model.npz" in body["detail"]
    assert LivePointer.current().version == newer
    assert as_operator.get(f"/model/backups/{backup.name}").json()["verified"] is False


def test_verifying(backup: Backup, store: Path, as_operator: APIClient) -> None:
    path = f"/model/backups/{backup.name}/verify"
    body = as_operator.post(path).json()
    assert (body["message"], body["damaged"]) == ("La copia está intacta", [])
    assert body["backup"]["verified"] is True
    flip_byte(store / "backups" / backup.name / "vectorizer.pkl")
    body = as_operator.post(path, HTTP_ACCEPT_LANGUAGE="en").json()
    assert (body["message"], body["damaged"]) == ("The backup is damaged", ["vectorizer.pkl"])
    assert body["backup"]["verified"] is False


def test_pinning_and_unpinning(backup: Backup, as_operator: APIClient) -> None:
    path = f"/model/backups/{backup.name}/pin"
    assert as_operator.post(path).json()["pinned"] is True
    assert as_operator.post(path, {"pinned": False}, format="json").json()["pinned"] is False
    assert as_operator.post(path, {"pinned": "no"}, format="json").status_code == 400
    backup.refresh_from_db()
    assert backup.pinned is False


def test_deleting(backup: Backup, store: Path, as_operator: APIClient) -> None:
    create_backup(by=None, reason="another")
    answer = as_operator.delete(f"/model/backups/{backup.name}")
    assert answer.status_code == 204
    assert not (store / "backups" / backup.name).exists()
    assert as_operator.delete(f"/model/backups/{backup.name}").status_code == 404


def test_the_only_good_backup_of_the_live_version_stays(
    backup: Backup, store: Path, as_operator: APIClient
) -> None:
    answer = as_operator.delete(f"/model/backups/{backup.name}")
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert (store / "backups" / backup.name).exists()
    assert Backup.objects.count() == 1
