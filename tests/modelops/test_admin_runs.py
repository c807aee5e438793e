"""Training runs in the admin: live progress, and cancelling."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import CHANGE
from django.test import Client

from modelops.models import Door, ModelVersion, TrainingRun
from modelops.services.finish_run import finish_run
from modelops.services.report_queue_worker import report_queue_worker
from modelops.services.request_run import request_run
from tests.modelops.admin_pages import choose, confirm, history, press, told, words

LIST = "/admin/modelops/trainingrun/"
State = TrainingRun.State


@pytest.fixture
def run(live: ModelVersion) -> TrainingRun:
    """A quick retraining that waits; somebody works on queued tasks."""
    report_queue_worker(host="here", pid=1)
    return request_run(
        kind=TrainingRun.Kind.QUICK, parameters={"from_scratch": False}, by=None, door=Door.PAGE
    ).run


def end(run: TrainingRun) -> None:
    rows = TrainingRun.objects.filter(pk=run.pk)
    assert finish_run(run=run, state=State.FAILED, still=rows, code="no_memory", facts={})


@pytest.mark.parametrize("page", ["", "change/"])
def test_what_runs_asks_for_its_progress_again_and_again(
    run: TrainingRun, admin: Client, page: str
) -> None:
    TrainingRun.objects.update(state=State.RUNNING, progress=0.42, step="solve:insult")
    answer = admin.get(f"{LIST}{run.pk}/{page}" if page else LIST)
    content = answer.content.decode()
    assert f'hx-get="{LIST}{run.pk}/progress/"' in content
    assert 'hx-trigger="every 2s"' in content
    assert "htmx" in content
    assert '"allowEval":false' in content
    assert "42 % · learning (insult)" in words(answer)
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_progress_as_it_goes_on(run: TrainingRun, admin: Client) -> None:
    path = f"{LIST}{run.pk}/progress/"
    answer = admin.get(path)
    assert "waiting" in words(answer)
    assert "HX-Refresh" not in answer
    TrainingRun.objects.update(state=State.RUNNING, progress=0.5)
    answer = admin.get(path)
    assert '<progress max="100" value="50"' in answer.content.decode()
    end(run)
    answer = admin.get(path)
    assert "failed" in words(answer)
    assert "hx-get" not in answer.content.decode()
    assert answer["HX-Refresh"] == "true"


def test_progress_is_for_operators(run: TrainingRun, stranger: Client) -> None:
    assert stranger.get(f"{LIST}{run.pk}/progress/").status_code == 403
    assert stranger.get(LIST).status_code == 403


def test_progress_of_what_there_is_not(admin: Client) -> None:
    assert admin.get(f"{LIST}9/progress/").status_code == 404


def test_the_list_is_quick(
    run: TrainingRun, admin: Client, django_assert_max_num_queries: object
) -> None:
    end(run)
    rows = [TrainingRun(kind="quick", state=State.FAILED, seed=1, door="page") for _ in range(30)]
    TrainingRun.objects.bulk_create(rows)
    with django_assert_max_num_queries(16):
        assert admin.get(LIST).status_code == 200


def test_what_waits_for_no_worker_says_so(live: ModelVersion, admin: Client) -> None:
    press(admin, "modelversion/retrain-quick")
    assert "python manage.py run_worker" in words(admin.get(LIST))


def test_why_a_run_ended(run: TrainingRun, admin: Client) -> None:
    end(run)
    assert "not enough memory" in words(admin.get(f"{LIST}{run.pk}/change/"))


@pytest.mark.parametrize("by_action", [True, False])
def test_cancelling(run: TrainingRun, admin: Client, by_action: bool) -> None:
    if by_action:
        question = choose(admin, "trainingrun", "cancel", run)
    else:
        question = admin.get(f"{LIST}{run.pk}/cancel/")
    assert "nothing of it is published" in words(question)
    run.refresh_from_db()
    assert run.active
    if by_action:
        answer = confirm(admin, "trainingrun", "cancel", run)
    else:
        answer = press(admin, f"trainingrun/{run.pk}/cancel")
    assert told(answer) == ["1 run is being cancelled."]
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert run.result["why"]["facts"] == {"by": "operator", "door": "admin"}
    assert [entry[:2] for entry in history()] == [("trainingrun", CHANGE)]


def test_cancelling_one_that_has_ended(run: TrainingRun, admin: Client) -> None:
    end(run)
    answer = confirm(admin, "trainingrun", "cancel", run)
    assert "has ended already" in told(answer)[0]
    assert not history()
    page = admin.get(f"{LIST}{run.pk}/change/").content.decode()
    assert f"{LIST}{run.pk}/cancel/" not in page


def test_cancelling_needs_the_permission(run: TrainingRun, stranger: Client) -> None:
    assert confirm(stranger, "trainingrun", "cancel", run).status_code == 403
    assert press(stranger, f"trainingrun/{run.pk}/cancel").status_code == 403
    run.refresh_from_db()
    assert run.active


def test_runs_are_not_changed_by_hand(run: TrainingRun, admin: Client) -> None:
    for path in ("add/", f"{run.pk}/delete/"):
        assert admin.get(f"{LIST}{path}").status_code == 403
    assert admin.post(f"{LIST}{run.pk}/change/", {"state": "lost"}).status_code == 403
