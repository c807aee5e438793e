from __future__ import annotations

from django.db import transaction

from modelops.models import TrainingRun
from modelops.tasks import train

State = TrainingRun.State


def enqueue_run(*, run: TrainingRun) -> None:
    """Leave a run that was just started to the queue worker, however long that takes."""
    with transaction.atomic():
        # without a lease: it is no one's fault if no worker runs now
        waiting = TrainingRun.objects.filter(pk=run.pk, state=State.QUEUED)
        waiting.update(lease_expires_at=None)
        train.enqueue(run.pk)


def enqueue_waiting_runs() -> int:
    """Enqueue again what waits for a worker, when one starts; return how many runs.

    A worker that was killed between taking the task and beginning with the run has left a run
    that waits for nobody. A task too many does no harm: only one can begin with a run.
    """
    waiting = TrainingRun.objects.filter(state=State.QUEUED, lease_expires_at=None)
    for run in waiting:
        train.enqueue(run.pk)
    return len(waiting)
