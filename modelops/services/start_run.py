from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from modelops.errors import RunBusy
from modelops.models import Door, Operation, TrainingRun
from modelops.selectors_runs import forsaken

from .expire_runs import expire_runs
from .record_operation import record_operation

# The same labels give the same verdict whenever and wherever they are learned, so the seed is the
# same too unless somebody asks for another; every run stores the one that it used.
SEED = 20261124


def start_run(
    *,
    kind: TrainingRun.Kind,
    parameters: dict[str, Any],
    by: User | None,
    door: Door,
    seed: int | None = None,
) -> tuple[TrainingRun, bool]:
    """Ask for a training; return its run and whether it is a new one.

    The caller either executes the run or enqueues it, within the time of a lease; a run that
    nobody takes up counts as lost after that. Asking again for what is under way gives the run
    that there is. Raises RunBusy when another training is.
    """
    while True:
        expire_runs()
        try:
            with transaction.atomic():
                run = TrainingRun.objects.create(
                    kind=kind,
                    parameters=parameters,
                    seed=SEED if seed is None else seed,
                    requested_by=by,
                    door=door,
                    lease_expires_at=Now() + TrainingRun.LEASE,
                )
        except IntegrityError:
            # at most one is active: somebody else's
            active = TrainingRun.objects.filter(state__in=TrainingRun.ACTIVE).first()
            if active is None:
                continue  # and it has just ended
            if (active.kind, active.parameters) != (kind, parameters):
                raise RunBusy(active, forsaken=forsaken(active)) from None
            return active, False
        run.refresh_from_db()
        record_operation(
            kind=Operation.Kind.START_RUN,
            by=by,
            door=door,
            target=str(run.pk),
            after={"kind": str(kind), "parameters": parameters, "seed": run.seed},
        )
        return run, True
