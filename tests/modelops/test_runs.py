"""Training runs: asked for, waiting, at work, cancelled, lost; one at a time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from modelops.errors import RunBusy, RunEnded
from modelops.models import Alert, Door, ModelVersion, Operation, QueueWorker, TrainingRun
from modelops.selectors_runs import active_run, run_progress, worker_alive
from modelops.services.cancel_run import cancel_run
from modelops.services.enqueue_run import enqueue_run, enqueue_waiting_runs
from modelops.services.execute_run import execute_run
from modelops.services.expire_runs import expire_runs
from modelops.services.report_queue_worker import drop_silent_queue_workers, report_queue_worker
from modelops.services.start_run import SEED, start_run
from tests.modelops.test_races import at_once
from tests.modelops.training import State, begin

Kind = TrainingRun.Kind
SOON = timedelta(seconds=30)
START = """
from modelops.errors import RunBusy
from modelops.models import Door, TrainingRun
from modelops.services.start_run import start_run
try:
    run, created = start_run(
        kind=TrainingRun.Kind.FULL, parameters={"n": sys.argv[1]}, by=None, door=Door.COMMAND
    )
    print("created" if created else "shared", run.pk)
except RunBusy as error:
    print("busy", error.run.pk)
"""


def let_lease_pass(run: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - SOON)


def working(run: TrainingRun) -> TrainingRun:
    """As if some process worked on it."""
    TrainingRun.objects.filter(pk=run.pk).update(
        state=State.RUNNING,
        lease_token="0b4b35a9-7a52-4a0c-8a4d-4f9e8e3a3a55",
        lease_expires_at=timezone.now() + SOON,
        started_at=timezone.now(),
    )
    run.refresh_from_db()
    return run


def test_asking_again_gives_the_same_run_and_anything_else_has_to_wait(operator: User) -> None:
    asked = {"kind": Kind.FULL, "by": operator, "door": Door.API}
    run, created = start_run(parameters={"from_scratch": False}, **asked)
    assert (created, run.state, run.seed, run.requested_by) == (True, State.QUEUED, SEED, operator)
    again, created = start_run(parameters={"from_scratch": False}, **asked)
    assert (created, again) == (False, run)
    for kind, parameters in ((Kind.FULL, {"from_scratch": True}), (Kind.QUICK, {})):
        with pytest.raises(RunBusy) as raised:
            start_run(kind=kind, parameters=parameters, by=None, door=Door.COMMAND)
        assert raised.value.run == run
    assert active_run() == run
    entry = Operation.objects.get(kind=Operation.Kind.START_RUN)
    assert (entry.by, entry.door, entry.target) == (operator, Door.API, str(run.pk))


def test_a_run_that_waits_is_cancelled_at_once(operator: User) -> None:
    run = begin()
    cancelled = cancel_run(run=run, by=operator, door=Door.ADMIN)
    assert cancelled.state == State.CANCELLED
    assert cancelled.finished_at is not None
    with translation.override("en"):
        assert run_progress(cancelled)["reason"] == "Cancelled by operator."
    assert Operation.objects.get(kind=Operation.Kind.CANCEL_RUN).by == operator
    with pytest.raises(RunEnded):
        cancel_run(run=run, by=operator, door=Door.ADMIN)
    assert execute_run(run=run).state == State.CANCELLED  # (its task comes too late)
    assert begin().pk != run.pk


@pytest.mark.django_db
def test_cancelling_asks_the_process_that_works() -> None:
    run = working(begin())
    cancel_run(run=run, by=None, door=Door.COMMAND)
    run.refresh_from_db()
    assert (run.state, run.cancel_requested) == (State.RUNNING, True)


@pytest.mark.django_db
def test_a_lease_that_passed_makes_a_run_lost_and_the_next_can_start() -> None:
    run = working(begin())
    assert expire_runs() == 0
    let_lease_pass(run)
    assert begin(Kind.FULL).pk != run.pk
    run.refresh_from_db()
    assert (run.state, run.lease_token) == (State.LOST, None)
    with translation.override("en"):
        assert "ended without a word" in run_progress(run)["reason"]
    alert = Alert.objects.get(kind=Alert.Kind.RUN_LOST)
    assert (alert.details["run"], alert.resolved_at) == (run.pk, None)


@pytest.mark.django_db
def test_a_run_that_nobody_takes_up_is_lost_unless_it_waits_for_a_worker() -> None:
    run = begin()
    let_lease_pass(run)
    assert expire_runs() == 1
    run.refresh_from_db()
    assert run.state == State.LOST
    waiting = begin()
    enqueue_run(run=waiting)
    waiting.refresh_from_db()
    assert waiting.lease_expires_at is None
    assert expire_runs() == 0
    assert enqueue_waiting_runs() == 1  # a worker that starts makes sure


@pytest.mark.django_db
def test_a_clock_that_jumped_back_keeps_no_dead_run_alive() -> None:
    run = working(begin())
    TrainingRun.objects.filter(pk=run.pk).update(
        lease_expires_at=timezone.now() + timedelta(days=365)
    )
    expire_runs()
    run.refresh_from_db()
    assert run.state == State.RUNNING
    assert run.lease_expires_at <= timezone.now() + TrainingRun.LEASE + SOON


def test_a_process_that_died_right_after_the_promotion_has_succeeded(live: ModelVersion) -> None:
    run = working(begin())
    TrainingRun.objects.filter(pk=run.pk).update(version=live)
    let_lease_pass(run)
    assert expire_runs() == 0
    run.refresh_from_db()
    assert (run.state, run.result["version_after"]) == (State.SUCCEEDED, "1.0.0")


@pytest.mark.django_db(transaction=True)
def test_of_starts_at_once_exactly_one_makes_a_run(tmp_path: Path) -> None:
    numbers = at_once(START, "a", "b", "c", data_dir=tmp_path)
    run = TrainingRun.objects.get()
    assert Counter(numbers) == {str(run.pk): 3}


@pytest.mark.django_db
def test_workers_count_while_they_report() -> None:
    assert not worker_alive()
    report_queue_worker(host="far", pid=1)
    assert worker_alive()
    QueueWorker.objects.update(seen_at=timezone.now() - QueueWorker.SILENT_AFTER)
    assert not worker_alive()
    report_queue_worker(host="here", pid=2**22 + 1)  # (no process has such a number)
    assert drop_silent_queue_workers(host="here") == 2
