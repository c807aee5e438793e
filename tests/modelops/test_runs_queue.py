"""Runs that the web doors leave to the queue worker, a real `run_worker`."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from modelops.models import Door, LivePointer, ModelVersion, QueueWorker, TrainingRun
from modelops.selectors_runs import worker_alive
from modelops.services.cancel_run import cancel_run
from modelops.services.enqueue_run import enqueue_run
from tests.modelops.processes import running, wait_until
from tests.modelops.training import (
    State,
    begin,
    children_use,
    give_labels,
    learning_processes,
    signalled_children,
)

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = ["manage.py", "run_worker"]
PATIENCE = 240  # seconds


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children_use(monkeypatch, tmp_path)


def ended(run: TrainingRun) -> bool:
    run.refresh_from_db()
    return not run.active


def test_a_worker_does_what_waits_and_says_that_it_is_there(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_labels(tmp_path)
    hold = signalled_children(monkeypatch, tmp_path)
    run = begin()
    enqueue_run(run=run)
    assert not worker_alive()
    with running(WORKER, environment=dict(os.environ), log=tmp_path / "worker.log") as worker:
        wait_until(worker_alive, seconds=PATIENCE)
        wait_until(lambda: ended(run), seconds=PATIENCE)
        assert run.state == State.SUCCEEDED
        assert LivePointer.current().version.version == "1.0.1"

        hold.touch()
        cancelled = begin(TrainingRun.Kind.FULL)
        enqueue_run(run=cancelled)
        wait_until(lambda: learning_processes(worker.pid), seconds=PATIENCE)
        cancel_run(run=cancelled, by=None, door=Door.PAGE)
        wait_until(lambda: ended(cancelled), seconds=PATIENCE)
        assert cancelled.state == State.CANCELLED
        assert not learning_processes(worker.pid)

        stopped = begin(TrainingRun.Kind.QUICK)
        enqueue_run(run=stopped)
        wait_until(lambda: learning_processes(worker.pid), seconds=PATIENCE)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=PATIENCE) == 0
        assert ended(stopped)
        assert (stopped.state, stopped.result["why"]["code"]) == (State.CANCELLED, "stopped")
        assert not learning_processes(worker.pid)
    assert not QueueWorker.objects.exists()


def test_a_run_whose_worker_was_killed_before_it_began_is_taken_up_by_the_next(
    live: ModelVersion, tmp_path: Path
) -> None:
    run = begin()
    # as a worker leaves it that took the task and was killed
    TrainingRun.objects.filter(pk=run.pk).update(lease_expires_at=None)
    with running(WORKER, environment=dict(os.environ), log=tmp_path / "worker.log"):
        wait_until(lambda: ended(run), seconds=PATIENCE)
    assert (run.state, run.result["why"]["code"]) == (State.SUCCEEDED, "no_labels")
