"""The operators' endpoints and what operations look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from modelops import serving
from modelops.models import Backup, LivePointer, ModelVersion
from tests.modelops.files import flip_byte

ENDPOINTS = [
    ("get", "/model/status"),
    ("get", "/model/needs-retrain"),
    ("post", "/model/backup"),
    ("post", "/model/reload"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_credentials_401(db: None, method: str, path: str) -> None:
    answer = getattr(APIClient(), method)(path)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_the_permission_403(as_somebody: APIClient, method: str, path: str) -> None:
    answer = getattr(as_somebody, method)(path)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert "modelops.operate_model" in answer.json()["detail"]
    assert not Backup.objects.exists()


@pytest.mark.parametrize("client", ["as_somebody", None])
def test_refused_backups_say_that_none_was_made(
    db: None, client: str | None, request: pytest.FixtureRequest
) -> None:
    caller = request.getfixturevalue(client) if client else APIClient()
    assert caller.post("/model/backup").json()["backup_created"] is False


def test_status(live: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.get("/model/status")
    assert answer.status_code == 200
    body = answer.json()
    assert body["model_exists"] is True
    assert body["model_age"] == "0 días"
    assert body["needs_retraining"] is False
    assert body["metadata"]["model_type"] == "LogisticRegression"
    assert body["backups_count"] == 0
    assert body["server_model_loaded"] is True  # loaded by this very request
    assert body["server_model_type"] == "LogisticRegression"
    assert {"version", "generation", "workers", "thresholds", "reasons", "degraded"} <= set(body)


def test_status_without_a_model(as_operator: APIClient) -> None:
    answer = as_operator.get("/model/status")
    assert answer.status_code == 200
    body = answer.json()
    assert body["model_exists"] is False
    assert body["model_age"] is None
    assert body["needs_retraining"] is True
    assert body["server_model_type"] is None


def test_needs_retrain_in_both_languages(live: ModelVersion, as_operator: APIClient) -> None:
    body = as_operator.get("/model/needs-retrain").json()
    assert body == {
        "needs_retraining": False,
        "model_age_days": 0,
        "recommendation": "Modelo está actualizado",
        "reasons": [],
    }
    english = as_operator.get("/model/needs-retrain", HTTP_ACCEPT_LANGUAGE="en")
    assert english.json()["recommendation"] == "Model is up to date"


def test_backup(live: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.post("/model/backup")
    assert answer.status_code == 200
    body = answer.json()
    made = Backup.objects.get()
    assert body["message"] == "Backup creado exitosamente"
    assert body["backup_created"] is True
    assert body["backup"]["name"] == made.name
    assert body["backup"]["version"] == "1.0.0"
    assert body["backup"]["size_bytes"] == made.size_bytes
    assert body["backup"]["verified"] is True
    assert made.created_by.username == "operator"


def test_backup_of_a_damaged_model(
    live: ModelVersion, folder: Path, as_operator: APIClient
) -> None:
    flip_byte(folder / "model.npz")
    answer = as_operator.post("/model/backup", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["backup_created"] is False
    assert body["title"] == "Error creating the backup"
    assert "model.npz" in body["detail"]


def test_reload(live: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.post("/model/reload")
    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Modelo recargado exitosamente"
    assert body["model_loaded"] is True
    assert body["model_type"] == "LogisticRegression"
    assert (body["version"], body["generation"], body["repaired"]) == ("1.0.0", 2, [])
    assert body["workers"] == []


def test_reload_repairs_a_damaged_pickle(
    live: ModelVersion, folder: Path, as_operator: APIClient
) -> None:
    flip_byte(folder / "toxic_model.pkl")
    assert as_operator.post("/model/reload").json()["repaired"] == ["toxic_model.pkl"]


def test_reload_of_a_damaged_model_says_what_still_serves(
    live: ModelVersion, folder: Path, as_operator: APIClient
) -> None:
    serving.analyze(["hola"])
    flip_byte(folder / "model.npz")
    answer = as_operator.post("/model/reload")
    assert answer.status_code == 503
    body = answer.json()
    assert body["title"] == "Error recargando modelo"
    assert "model.npz" in body["detail"]
    assert (body["model_loaded"], body["model_type"]) == (True, "LogisticRegression")
    assert (body["version"], body["generation"]) == ("1.0.0", 1)
    assert LivePointer.current().generation == 1
    assert as_operator.get("/model/status").json()["degraded"] is True


def test_reload_without_a_model(as_operator: APIClient) -> None:
    answer = as_operator.post("/model/reload", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 503
    assert "manage.py bootstrap" in answer.json()["detail"]
    assert answer.json()["model_loaded"] is False


def test_only_the_documented_methods_are_allowed(as_operator: APIClient) -> None:
    assert as_operator.get("/model/backup").status_code == 405
    assert as_operator.post("/model/status").status_code == 405


# --- for load balancers and collectors ---


@pytest.mark.parametrize("path", ["/health", "/healthz"])
def test_health_needs_neither_login_nor_model(db: None, path: str) -> None:
    answer = APIClient().get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz", "/metrics"])
def test_what_operations_ask_wrongly_is_answered_in_json(
    live: ModelVersion, settings: Settings, path: str
) -> None:
    settings.METRICS_TOKEN = "collector"
    client = APIClient(enforce_csrf_checks=True, headers={"authorization": "Bearer collector"})
    for method, headers in (("post", {}), ("put", {}), ("get", {"host": "evil.example"})):
        answer = getattr(client, method)(path, headers=headers)
        assert answer.status_code == (400 if headers else 405)
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/health", "/healthz"])
def test_health_asks_nothing_of_the_database(path: str) -> None:  # (which would be an error here)
    answer = APIClient().get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_ready_with_a_model(live: ModelVersion) -> None:
    answer = APIClient().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": "1.0.0", "degraded": False}


def test_not_ready_without_a_model(db: None) -> None:
    answer = APIClient().get("/readyz")
    assert answer.status_code == 503
    assert "bootstrap" in answer.json()["detail"]


def test_metrics_are_never_open(
    live: ModelVersion, settings: Settings, as_somebody: APIClient
) -> None:
    settings.METRICS_TOKEN = ""
    assert APIClient().get("/metrics").status_code == 401
    assert APIClient().get("/metrics", HTTP_AUTHORIZATION="Bearer ").status_code == 401
    assert as_somebody.get("/metrics").status_code == 403
    settings.METRICS_TOKEN = "collector"
    assert APIClient().get("/metrics", HTTP_AUTHORIZATION="Bearer guess").status_code == 401


def test_metrics_tell_of_analyses_and_model(
    live: ModelVersion, settings: Settings, as_operator: APIClient
) -> None:
    serving.analyze(["Eres un idiota"], languages=["es"])
    settings.METRICS_TOKEN = "collector"
    answer = APIClient().get(
        "/metrics",
        HTTP_AUTHORIZATION="Bearer collector",
        HTTP_ACCEPT="application/openmetrics-text;version=1.0.0",
    )
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'toxiguard_analyses_total{decision="block",language="es"}' in text
    assert "toxiguard_scoring_seconds_bucket" in text
    assert 'toxiguard_live_version_info{version="1.0.0"} 1.0' in text
    assert "toxiguard_generation 1.0" in text
    assert as_operator.get("/metrics").status_code == 200


def test_the_metrics_token_opens_nothing_else(live: ModelVersion, settings: Settings) -> None:
    settings.METRICS_TOKEN = "collector"
    answer = APIClient().get("/model/status", HTTP_AUTHORIZATION="Bearer collector")
    assert answer.status_code == 401


def test_the_schema_has_the_endpoints(db: None, tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yml"))
    schema = (tmp_path / "schema.yml").read_text()
    assert all(f"{path}:" in schema for _method, path in ENDPOINTS)
