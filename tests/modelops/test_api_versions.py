"""Versions and deployments by the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from modelops.models import Backup, Deployment, Door, LivePointer, ModelVersion
from modelops.services.delete_version import delete_version
from tests.modelops.files import flip_byte

Publish = Callable[..., ModelVersion]


@pytest.fixture
def other(live: ModelVersion, publish: Publish) -> ModelVersion:
    """Version 1.1.0, published and not live."""
    return publish("1.1.0", strength=6.0)


def test_versions_newest_first(other: ModelVersion, as_operator: APIClient) -> None:
    body = as_operator.get("/model/versions").json()
    assert [(row["version"], row["live"]) for row in body["results"]] == [
        ("1.1.0", False),
        ("1.0.0", True),
    ]
    newest = body["results"][0]
    assert (newest["state"], newest["origin"]) == ("ready", "starter")
    assert (newest["parent"], newest["base"], newest["created_by"]) == (None, None, None)
    assert (newest["pinned"], newest["forced"], newest["gate"]) == (False, False, {})
    assert newest["digest"] == other.digest
    assert newest["metadata"]["vectorizer_features"] == 11


def test_versions_in_pages(other: ModelVersion, as_operator: APIClient) -> None:
    first = as_operator.get("/model/versions?page_size=1").json()
    assert [row["version"] for row in first["results"]] == ["1.1.0"]
    assert first["previous"] is None
    second = as_operator.get(first["next"]).json()
    assert [row["version"] for row in second["results"]] == ["1.0.0"]
    assert second["next"] is None
    assert as_operator.get(second["previous"]).json()["results"] == first["results"]


def test_one_version(live: ModelVersion, as_operator: APIClient) -> None:
    body = as_operator.get("/model/versions/1.0.0").json()
    assert (body["version"], body["live"]) == ("1.0.0", True)
    assert body == as_operator.get("/model/versions").json()["results"][0]
    missing = as_operator.get("/model/versions/9.9.9")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"


def test_promoting(other: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.post(
        "/model/versions/1.1.0/promote", {"reason": "better on insults"}, format="json"
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "La versión 1.1.0 está en servicio"
    deployment = body["deployment"]
    assert (deployment["version"], deployment["previous"]) == ("1.1.0", "1.0.0")
    assert (deployment["by"], deployment["door"]) == ("operator", "api")
    assert deployment["reason"] == "better on insults"
    assert LivePointer.current().version == other
    assert Backup.objects.get().version.version == "1.0.0"
    assert as_operator.get("/model/deployments").json()["results"][0] == deployment


def test_promoting_in_english_needs_no_reason(other: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.post("/model/versions/1.1.0/promote", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["message"] == "Version 1.1.0 is live"
    assert Deployment.objects.first().reason == "Asked for by the API"


@pytest.mark.parametrize(("reason", "told"), [(5, "string"), ("x" * 501, "500"), (["a"], "string")])
def test_a_reason_that_is_none(
    other: ModelVersion, as_operator: APIClient, reason: object, told: str
) -> None:
    answer = as_operator.post(
        "/model/versions/1.1.0/promote",
        {"reason": reason},
        format="json",
        HTTP_ACCEPT_LANGUAGE="en",
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "reason"
    assert told in answer.json()["detail"]
    assert LivePointer.current().version.version == "1.0.0"


def test_promoting_what_is_damaged_changes_nothing(
    other: ModelVersion, store: Path, as_operator: APIClient
) -> None:
    flip_byte(store / "versions" / other.folder / "model.npz")
    answer = as_operator.post("/model/versions/1.1.0/promote")
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert "model.npz" in answer.json()["detail"]
    assert LivePointer.current().version.version == "1.0.0"


def test_promoting_what_was_deleted_409(other: ModelVersion, as_operator: APIClient) -> None:
    delete_version(version=other, by=None)
    assert as_operator.get("/model/versions/1.1.0").json()["state"] == "removed"
    answer = as_operator.post("/model/versions/1.1.0/promote")
    assert answer.status_code == 409
    assert LivePointer.current().version.version == "1.0.0"


def test_promoting_what_is_live_409(live: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.post("/model/versions/1.0.0/promote", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Version 1.0.0 is live already; nothing changed."
    assert Deployment.objects.count() == 1


def test_only_force_replaces_a_damaged_live_version(
    other: ModelVersion, folder: Path, as_operator: APIClient
) -> None:
    flip_byte(folder / "model.npz")
    answer = as_operator.post("/model/versions/1.1.0/promote", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 503
    assert "reconcile_store --fix" in answer.json()["detail"]
    assert LivePointer.current().version.version == "1.0.0"
    answer = as_operator.post("/model/versions/1.1.0/promote", {"force": True}, format="json")
    assert answer.status_code == 200
    assert LivePointer.current().version == other
    assert not Backup.objects.exists()


def test_promoting_what_there_is_not_404(live: ModelVersion, as_operator: APIClient) -> None:
    assert as_operator.post("/model/versions/9.9.9/promote").status_code == 404


def test_deployments(live: ModelVersion, as_operator: APIClient) -> None:
    [deployment] = as_operator.get("/model/deployments").json()["results"]
    assert (deployment["version"], deployment["previous"]) == ("1.0.0", None)
    assert (deployment["generation"], deployment["by"]) == (1, None)
    assert (deployment["door"], deployment["reason"]) == (Door.COMMAND, "test")
