from __future__ import annotations

from django.contrib.auth.models import User

from modelops.errors import RunEnded
from modelops.models import Door, Operation, TrainingRun

from .expire_runs import expire_runs
from .finish_run import finish_run
from .record_operation import record_operation

State = TrainingRun.State


def cancel_run(*, run: TrainingRun, by: User | None, door: Door) -> TrainingRun:
    """Cancel a run: at once while it waits; a running one is ended by its process in a moment.

    Once the new version is live there is nothing to cancel any more. Raises RunEnded.
    """
    expire_runs()
    facts = {"by": str(by or ""), "door": str(door)}
    runs = TrainingRun.objects.filter(pk=run.pk)
    while True:
        run.refresh_from_db()
        if not run.active:
            raise RunEnded(run)
        if run.state == State.QUEUED:
            waiting = runs.filter(state=State.QUEUED)
            if finish_run(
                run=run, state=State.CANCELLED, still=waiting, code="cancelled", facts=facts
            ):
                break
        elif runs.filter(state=State.RUNNING).update(
            cancel_requested=True, result={**run.result, "cancel": facts}
        ):
            run.refresh_from_db()
            break
    record_operation(
        kind=Operation.Kind.CANCEL_RUN,
        by=by,
        door=door,
        target=str(run.pk),
        before={"kind": run.kind, "progress": run.progress},
        after={"state": run.state},
    )
    return run
