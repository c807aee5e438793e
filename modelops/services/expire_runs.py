from __future__ import annotations

from django.db.models.functions import Now

from modelops.models import Deployment, TrainingRun

from .finish_run import finish_run

State = TrainingRun.State


def expire_runs() -> int:
    """Mark runs whose lease has passed as lost, raise an alert for them; return how many.

    Only the database's clock counts. Who holds a lease renews it every few seconds, so a lease
    that ends later than any can was given before that clock jumped back; it is cut to a whole
    one, else a dead process would keep its run until the clock has caught up.
    """
    active = TrainingRun.objects.filter(state__in=TrainingRun.ACTIVE)
    active.filter(lease_expires_at__gt=Now() + 2 * TrainingRun.LEASE).update(
        lease_expires_at=Now() + TrainingRun.LEASE
    )
    lost = 0
    for run in active.filter(lease_expires_at__lte=Now()):
        still = active.filter(state=run.state, lease_expires_at__lte=Now())
        if run.version and Deployment.objects.filter(version=run.version).exists():
            # its very last word is missing: what it was to do is done
            finish_run(
                run=run,
                state=State.SUCCEEDED,
                still=still,
                result={"version_after": run.version.version},
            )
            continue
        code = "lost" if run.state == State.RUNNING else "never_started"
        lost += finish_run(run=run, state=State.LOST, still=still, code=code)
    return lost
