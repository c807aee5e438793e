"""Status and "needs retraining?" as section 6 of the design words them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation
from pytest_django import Settings

from modelops import selectors, serving, sources
from modelops.models import ModelVersion, ServerWorker, TrainingRun
from modelops.services.create_backup import create_backup
from modelops.services.report_worker import drop_silent_workers, report_worker
from modelops.sources import LabelledText
from tests.modelops.training import give_labels


class Labels:
    """A source with labels of given age in days."""

    name = "test"

    def __init__(self, *ages: float) -> None:
        self.moments = [timezone.now() - timedelta(days=age) for age in ages]

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        for at in self.moments:
            if since is None or at > since:
                yield LabelledText("hola", False, at=at, source=self.name)

    def count_labels(self, *, since: datetime | None = None) -> int:
        return len(list(self.labelled_texts(since=since)))


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registration that ends with the test."""
    monkeypatch.setattr(sources, "_sources", {})


@pytest.fixture(autouse=True)
def _in_spanish() -> Iterator[None]:
    with translation.override("es"):
        yield


def age(version: ModelVersion, **ago: float) -> None:
    version.created_at = timezone.now() - timedelta(**ago)
    version.save()


def report(**changes: object) -> None:
    report_worker(
        **{
            "host": "one",
            "pid": 7,
            "version": "1.0.0",
            "model_type": "LogisticRegression",
            "generation": 1,
            "error": "",
            **changes,
        }
    )


def test_status_without_a_model(db: None) -> None:
    status = selectors.model_status()
    assert status["model_exists"] is False
    assert status["model_age"] is None
    assert status["needs_retraining"] is True
    assert status["server_model_loaded"] is False
    assert status["server_model_type"] is None
    assert status["reasons"] == ["No hay ningún modelo."]
    assert status["degraded"] is False
    assert selectors.live_model_summary() == {
        "version": None,
        "age_days": None,
        "health": "missing",
    }


def test_status_of_a_healthy_model(live: ModelVersion) -> None:
    live.created_at = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    live.save()
    create_backup(by=None, reason="test")
    serving.analyze(["hola"])
    status = selectors.model_status()
    assert status["model_exists"] is True
    assert status["metadata"] == {
        "training_samples": 7,
        "model_type": "LogisticRegression",
        "vectorizer_features": 11,
        "last_updated": "2024-01-15T10:30:00",
    }
    assert status["backups_count"] == 1
    assert status["server_model_loaded"] is True
    assert status["server_model_type"] == "LogisticRegression"
    assert (status["version"], status["generation"]) == ("1.0.0", 1)
    assert status["thresholds"]["es"] == {"review": 0.4, "block": 0.9}
    assert status["degraded"] is False


@pytest.mark.parametrize(
    ("hours", "spanish", "english"),
    [(0, "0 días", "0 days"), (23.9, "0 días", "0 days"), (24.1, "1 día", "1 day"),
     (73, "3 días", "3 days")],
)  # fmt: skip
def test_age_counts_whole_days(
    live: ModelVersion, hours: float, spanish: str, english: str
) -> None:
    age(live, hours=hours)
    assert selectors.model_status()["model_age"] == spanish
    with translation.override("en"):
        assert selectors.model_status()["model_age"] == english


def test_a_fresh_model_is_up_to_date(live: ModelVersion) -> None:
    assert selectors.needs_retraining() == {
        "needs_retraining": False,
        "model_age_days": 0,
        "recommendation": "Modelo está actualizado",
        "reasons": [],
    }


def test_an_old_model_needs_retraining(live: ModelVersion, settings: Settings) -> None:
    settings.MODEL_MAX_AGE_DAYS = 30
    age(live, days=30)
    assert selectors.needs_retraining()["needs_retraining"] is False
    age(live, days=31)
    answer = selectors.needs_retraining()
    assert answer["needs_retraining"] is True
    assert answer["recommendation"] == "Modelo requiere reentrenamiento"
    assert answer["reasons"] == ["El modelo tiene 31 días; el límite es 30 días."]
    assert selectors.model_status()["needs_retraining"] is True


@pytest.mark.parametrize(
    ("new", "learned", "needed"),
    [(49, 0, False), (50, 0, True), (50, 250, False), (51, 250, True), (50, 249, True)],
)
def test_many_new_labels_need_retraining(
    live: ModelVersion, labels: None, new: int, learned: int, needed: bool
) -> None:
    live.metadata["site_labels"] = learned
    age(live, days=2)
    sources.register(Labels(*[1] * new, *[3] * 400))
    assert selectors.needs_retraining()["needs_retraining"] is needed


@pytest.mark.parametrize(("left_out", "new"), [({}, 1), ({"sealed": 60}, 1), ({"held": 1}, 61)])
def test_labels_in_which_an_update_found_nothing_are_no_reason(
    live: ModelVersion, labels: None, left_out: dict[str, int], new: int
) -> None:
    age(live, days=9)
    sources.register(Labels(*[5] * 60, 1))
    assert selectors.new_labels(live) == 61
    run = TrainingRun.objects.create(
        kind=TrainingRun.Kind.INCREMENTAL,
        state=TrainingRun.State.SUCCEEDED,
        seed=1,
        started_at=timezone.now() - timedelta(days=3),
        result={
            "labels": left_out,
            "why": {"code": "nothing_new", "facts": {"version": live.version}},
        },
    )
    assert selectors.new_labels(live) == new
    assert selectors.retraining().needed is (new > 50)
    run.result["why"]["facts"]["version"] = "0.9.0"  # said of another version
    run.save()
    assert selectors.new_labels(live) == 61


def test_labels_of_sealed_texts_are_no_reason(
    live: ModelVersion, labels: None, tmp_path: Path
) -> None:
    age(live, days=9)
    sources.register(Labels(*[5] * 60))  # all of one text
    assert selectors.new_labels(live) == 60
    give_labels(tmp_path, [("hola", False)], name="sealed", split="holdout")
    assert selectors.new_labels(live) == 0
    assert not selectors.retraining().needed


def test_reasons_add_up(live: ModelVersion, labels: None) -> None:
    age(live, days=40)
    sources.register(Labels(*[1] * 60))
    assert len(selectors.needs_retraining()["reasons"]) == 2


# --- workers ---


def test_workers_show_who_has_converged(live: ModelVersion) -> None:
    report(pid=1)
    report(pid=2, generation=0)
    report(pid=3, error="no such file")
    workers = {worker["pid"]: worker for worker in selectors.model_status()["workers"]}
    assert {pid: worker["converged"] for pid, worker in workers.items()} == {
        1: True,
        2: False,
        3: False,
    }
    assert workers[3]["error"] == "no such file"


def test_a_worker_that_cannot_load_degrades_the_site(live: ModelVersion) -> None:
    report(error="no such file")
    assert selectors.model_status()["degraded"] is True
    assert selectors.live_model_summary()["health"] == "degraded"


def test_a_damaged_live_version_degrades_the_site(live: ModelVersion) -> None:
    ModelVersion.objects.update(state=ModelVersion.State.DAMAGED)
    assert selectors.model_status()["degraded"] is True


def test_what_other_workers_have_loaded_counts(live: ModelVersion) -> None:
    assert selectors.model_status()["server_model_loaded"] is False
    report()
    assert selectors.model_status()["server_model_loaded"] is True


def test_silent_workers_and_dead_ones_of_this_host_disappear(live: ModelVersion) -> None:
    report(host="elsewhere", pid=1)
    report(host="elsewhere", pid=2)
    ServerWorker.objects.filter(pid=2).update(seen_at=timezone.now() - timedelta(minutes=2))
    report(host="here", pid=2**22 + 1)  # no process has such a number
    assert [worker["pid"] for worker in selectors.model_status()["workers"]] == [1, 2**22 + 1]
    assert drop_silent_workers(host="here") == 2
    assert list(ServerWorker.objects.values_list("pid", flat=True)) == [1]
