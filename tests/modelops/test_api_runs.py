"""Trainings by the API: asked for, looked at, cancelled. Nothing is trained here."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from modelops.models import Dataset, ModelVersion, TrainingRun
from modelops.selectors_runs import active_run
from modelops.services.report_queue_worker import report_queue_worker

RETRAIN = "/model/retrain"
UPDATE = "/model/incremental-update"
LABELS = [
    {"text": "Eres un “zorrocloco”,\r\nde verdad", "toxic": True, "category": "insult"},
    {"text": "Muchas gracias", "toxic": False, "language": "es"},
]


@pytest.fixture
def worker(db: None) -> None:
    """Somebody works on queued tasks."""
    report_queue_worker(host="here", pid=1)


def post(client: APIClient, path: str, language: str = "en", **body: Any) -> Any:
    return client.post(path, body, format="json", HTTP_ACCEPT_LANGUAGE=language)


def test_a_full_retraining_is_the_usual_one(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    answer = post(as_operator, RETRAIN)
    assert answer.status_code == 202
    body = answer.json()
    run = TrainingRun.objects.get()
    assert answer["Location"] == f"/model/runs/{run.pk}"
    assert (body["id"], body["kind"], body["state"]) == (run.pk, "full", "queued")
    assert (body["progress"], body["version"], body["reason"]) == (0, None, "")
    assert (body["requested_by"], body["door"]) == ("operator", "api")
    assert (body["worker_alive"], body["cancel_requested"]) == (True, False)
    assert body["message"] == f"Run {run.pk} (full retraining) has been started."
    assert DBTaskResult.objects.count() == 1
    looked_at = as_operator.get(answer["Location"]).json()
    assert looked_at == {key: value for key, value in body.items() if key != "message"}
    assert as_operator.get("/model/runs").json()["results"] == [looked_at]


def test_without_a_worker_the_answer_says_so_and_names_the_command(
    live: ModelVersion, as_operator: APIClient
) -> None:
    answer = post(as_operator, RETRAIN, "es", kind="quick")
    assert answer.status_code == 202
    body = answer.json()
    assert body["worker_alive"] is False
    assert "python manage.py run_worker" in body["message"]
    assert "espera" in body["message"]


def test_the_same_again_gives_the_same_run(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    first = post(as_operator, RETRAIN, kind="quick")
    again = post(as_operator, RETRAIN, kind="quick", from_scratch=False)
    assert again.status_code == 202
    assert again.json()["id"] == first.json()["id"]
    assert again["Location"] == first["Location"]
    assert "already" in again.json()["message"]
    assert TrainingRun.objects.count() == DBTaskResult.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [(RETRAIN, {"kind": "full"}), (UPDATE, {}), (RETRAIN, {"kind": "force", "force": True})],
)
def test_anything_else_meanwhile_409_with_the_run(
    live: ModelVersion, worker: None, as_operator: APIClient, path: str, body: dict[str, Any]
) -> None:
    first = post(as_operator, RETRAIN, kind="quick").json()
    answer = post(as_operator, path, **body)
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["run"]["id"] == first["id"]
    assert str(first["id"]) in problem["detail"]
    assert TrainingRun.objects.count() == 1


def test_force_has_to_be_said_twice(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    for body in ({"kind": "force"}, {"kind": "force", "force": False}, {"force": True}):
        answer = post(as_operator, RETRAIN, **body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "force"
    assert not TrainingRun.objects.exists()
    assert post(as_operator, RETRAIN, kind="force", force=True).status_code == 202
    assert TrainingRun.objects.get().kind == "force"


def test_parameters_and_seed_are_kept(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    body = post(as_operator, RETRAIN, from_scratch=True, seed=7).json()
    assert body["parameters"] == {"from_scratch": True}
    assert body["seed"] == 7


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (RETRAIN, {"kind": "slow"}, "kind"),
        (RETRAIN, {"kind": 5}, "kind"),
        (RETRAIN, {"from_scratch": "yes"}, "from_scratch"),
        (RETRAIN, {"kind": "quick", "from_scratch": True}, "from_scratch"),
        (RETRAIN, {"seed": "7"}, "seed"),
        (RETRAIN, {"seed": -1}, "seed"),
        (RETRAIN, {"seed": True}, "seed"),
        (UPDATE, {"days": 0}, "days"),
        (UPDATE, {"days": 1.5}, "days"),
        (UPDATE, {"dry_run": 1}, "dry_run"),
        (UPDATE, {"items": []}, "items"),
        (UPDATE, {"items": "a"}, "items"),
        (UPDATE, {"items": [{"text": "a", "toxic": 1}]}, "items[0].toxic"),
        (UPDATE, {"items": [{"text": " ", "toxic": True}]}, "items[0].text"),
        (UPDATE, {"items": [{"text": "a"}]}, "items[0].toxic"),
        (UPDATE, {"items": [{"text": "a", "toxic": True, "language": "fr"}]}, "items[0].language"),
        (
            UPDATE,
            {"items": [{"text": "a", "toxic": False, "category": "insult"}]},
            "items[0].category",
        ),
        (UPDATE, {"items": [{"text": "a", "toxic": True}], "dry_run": True}, "items"),
    ],
)
def test_wrong_fields_are_named(
    live: ModelVersion, as_operator: APIClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = post(as_operator, path, **body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not TrainingRun.objects.exists()
    assert not Dataset.objects.exists()


def test_an_update_with_labels_stores_them_first(
    live: ModelVersion, worker: None, store: Path, as_operator: APIClient
) -> None:
    answer = post(as_operator, UPDATE, items=LABELS, days=30)
    assert answer.status_code == 202
    body = answer.json()
    dataset = Dataset.objects.get()
    shown = {"name": dataset.name, "rows": 2, "created": True, "active": True}
    assert body["labels"] == shown
    assert (body["kind"], body["parameters"]["days"]) == ("incremental", 30)
    assert (dataset.rows, dataset.toxic_rows, dataset.split) == (2, 1, "train")
    assert (dataset.imported_by.username, dataset.active) == ("operator", True)
    kept = gzip.decompress(next((store / "datasets").iterdir()).read_bytes()).decode()
    assert LABELS[0]["text"] in kept
    again = post(as_operator, UPDATE, items=LABELS, days=30).json()
    assert again["id"] == body["id"]
    assert again["labels"]["created"] is False
    assert Dataset.objects.count() == 1


def test_labels_are_stored_even_where_the_update_is_not_possible_now(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    post(as_operator, RETRAIN)
    answer = post(as_operator, UPDATE, items=LABELS)
    assert answer.status_code == 409
    assert answer.json()["labels"]["rows"] == 2
    assert Dataset.objects.get().rows == 2


def test_labels_that_are_sealed_in_a_holdout_409(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    post(as_operator, UPDATE, items=LABELS)
    Dataset.objects.update(split="holdout")
    assert post(as_operator, UPDATE, items=LABELS).status_code == 409


def test_runs_in_pages(live: ModelVersion, worker: None, as_operator: APIClient) -> None:
    for _number in range(2):
        made = post(as_operator, RETRAIN, kind="quick").json()
        as_operator.post(f"/model/runs/{made['id']}/cancel")
    first = as_operator.get("/model/runs?page_size=1").json()
    assert first["results"][0]["id"] == made["id"]
    assert as_operator.get(first["next"]).json()["results"][0]["id"] < made["id"]


@pytest.mark.parametrize("one", [True, False])
def test_a_run_whose_process_died_reads_lost_at_once(
    live: ModelVersion, worker: None, as_operator: APIClient, one: bool
) -> None:
    where = post(as_operator, RETRAIN)["Location"]
    passed = timezone.now() - timedelta(seconds=5)
    TrainingRun.objects.update(state=TrainingRun.State.RUNNING, lease_expires_at=passed)
    answer = as_operator.get(where if one else "/model/runs", HTTP_ACCEPT_LANGUAGE="en").json()
    run = answer if one else answer["results"][0]
    assert run["state"] == "lost"
    assert "ended without a word" in run["reason"]
    assert active_run() is None


def test_cancelling_a_run_that_waits(
    live: ModelVersion, worker: None, as_operator: APIClient
) -> None:
    made = post(as_operator, RETRAIN).json()
    answer = as_operator.post(f"/model/runs/{made['id']}/cancel")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["message"]) == ("cancelled", "El entrenamiento se ha cancelado")
    assert "operator" in body["reason"]
    again = as_operator.post(f"/model/runs/{made['id']}/cancel")
    assert again.status_code == 409
    assert again.json()["run"]["state"] == "cancelled"
    assert post(as_operator, RETRAIN, kind="quick").status_code == 202


def test_a_run_that_there_is_not_404(db: None, as_operator: APIClient) -> None:
    for answer in (as_operator.get("/model/runs/9"), as_operator.post("/model/runs/9/cancel")):
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
