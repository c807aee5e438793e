from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops.models import Door, TrainingRun
from modelops.selectors_runs import worker_alive

from .enqueue_run import enqueue_run
from .start_run import start_run


@dataclass(frozen=True, slots=True)
class Requested:
    run: TrainingRun
    created: bool  # False: it was under way already
    worker_alive: bool

    @property
    def message(self) -> str:
        """What to tell who asked: that it is under way, or what it waits for."""
        names = {"kind": self.run.get_kind_display(), "run": self.run.pk}
        if not self.worker_alive and self.run.state == TrainingRun.State.QUEUED:
            return (
                _(
                    "Run %(run)s (%(kind)s) waits, since no worker is running. "
                    "Start one with “python manage.py run_worker”."
                )
                % names
            )
        if not self.created:
            return _("The same is under way already: run %(run)s (%(kind)s).") % names
        return _("Run %(run)s (%(kind)s) has been started.") % names


def request_run(
    *,
    kind: TrainingRun.Kind,
    parameters: dict[str, Any],
    by: User | None,
    door: Door,
    seed: int | None = None,
) -> Requested:
    """Ask for a training that the queue worker will do, as the web doors do. Raises RunBusy."""
    run, created = start_run(kind=kind, parameters=parameters, by=by, door=door, seed=seed)
    if created:
        enqueue_run(run=run)
    return Requested(run, created, worker_alive())
