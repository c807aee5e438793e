"""Reads: training runs, as page, admin, API and commands show them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from modelops.models import QueueWorker, TrainingRun
from modelops.run_texts import reason_text, step_text
from modelops.services.expire_runs import expire_runs

State = TrainingRun.State


def listed_runs() -> QuerySet[TrainingRun]:
    """All runs, newest first, with what `run_progress` needs.

    Before, a run whose lease has passed becomes lost: whoever looks sees the truth, instead of what
    a dead process said last, and need not wait for the next check.
    """
    passed = TrainingRun.objects.filter(state__in=TrainingRun.ACTIVE, lease_expires_at__lte=Now())
    if passed.exists():
        expire_runs()
    return TrainingRun.objects.select_related("version", "requested_by")


def active_run() -> TrainingRun | None:
    """The run that waits or runs, if there is one."""
    return listed_runs().filter(state__in=TrainingRun.ACTIVE).first()


def worker_alive() -> bool:
    """Whether some process works on queued tasks (`run_worker`)."""
    silent = timezone.now() - QueueWorker.SILENT_AFTER
    return QueueWorker.objects.filter(seen_at__gte=silent).exists()


def forsaken(run: TrainingRun) -> bool:
    """Whether a run was left to a queue worker, and there is none to begin with it."""
    return run.state == State.QUEUED and run.lease_expires_at is None and not worker_alive()


def run_progress(run: TrainingRun, *, alive: bool | None = None) -> dict[str, Any]:
    """A run as the API gives it; `step` and `reason` in the reader's language.

    `alive`: what `worker_alive` said, where that was asked for many runs at once.
    """
    return {
        "id": run.pk,
        "kind": run.kind,
        "state": run.state,
        "progress": round(run.progress, 3),
        "step": step_text(run.step),
        "parameters": run.parameters,
        "seed": run.seed,
        "result": run.result,
        "reason": reason_text(run),
        "version": run.version.version if run.version else None,
        "requested_by": run.requested_by.username if run.requested_by else None,
        "door": run.door,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "cancel_requested": run.cancel_requested,
        "worker_alive": worker_alive() if alive is None else alive,
    }


def last_seconds(kind: TrainingRun.Kind) -> float | None:
    """How long the last run of a kind that got through took; None if there was none."""
    done = TrainingRun.objects.filter(
        kind=kind, state__in=(State.SUCCEEDED, State.REFUSED), version__isnull=False
    )
    run = done.exclude(started_at=None).exclude(finished_at=None).first()
    if run is None or run.started_at is None or run.finished_at is None:
        return None
    return max(0.0, (run.finished_at - run.started_at).total_seconds())
