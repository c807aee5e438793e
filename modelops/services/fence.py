from __future__ import annotations

from django.db.models.functions import Now

from modelops.errors import LostLease
from modelops.models import ModelVersion, TrainingRun


def fence(*, run: TrainingRun, version: ModelVersion) -> None:
    """In a transaction: record what `run` made, if its lease is still this process's own.

    The update holds the run's row until the transaction ends, so nobody can take the run for lost
    in between. Raises LostLease; then the transaction must not be committed.
    """
    ours = TrainingRun.objects.filter(
        pk=run.pk,
        state=TrainingRun.State.RUNNING,
        lease_token=run.lease_token,
        lease_expires_at__gt=Now(),
    ).exclude(lease_token=None)
    if not ours.update(version=version):
        raise LostLease
