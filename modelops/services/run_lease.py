"""The lease of a run: who holds it works on the run, as long as he renews it."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime

import structlog
from django.db import DatabaseError, close_old_connections, connections
from django.db.models import QuerySet, TextField, Value
from django.db.models.functions import Concat, Now

from modelops.errors import LostLease
from modelops.models import TrainingRun
from modelops.run_texts import step_text

logger = structlog.get_logger(__name__)
State = TrainingRun.State
LOOK_EVERY = 1.0  # seconds between two looks at the row: whether to cancel, whether still ours
HEARTBEAT = TrainingRun.HEARTBEAT.total_seconds()
LEASE = TrainingRun.LEASE.total_seconds()


class RunCancelled(Exception):
    """Somebody asked for the run to be cancelled."""


def claim(run: TrainingRun) -> RunLease | None:
    """Begin with a queued run, as the only one; None when it does not wait any more."""
    token = uuid.uuid4()
    won = TrainingRun.objects.filter(pk=run.pk, state=State.QUEUED).update(
        state=State.RUNNING,
        step="start",
        lease_token=token,
        lease_expires_at=Now() + TrainingRun.LEASE,
        started_at=Now(),
    )
    run.refresh_from_db()
    return RunLease(run) if won else None


class RunLease:
    """Renews the lease of a run from a thread of its own while the `with` block lasts.

    The thread writes progress, step and log as well. It stops, and `check` raises, once somebody
    wants to cancel the run or the lease is lost.
    """

    def __init__(self, run: TrainingRun) -> None:
        self._run = run
        self._changing = threading.Lock()
        self._progress, self._step = run.progress, run.step
        self._unsaved = ""  # lines for the log
        self._over = threading.Event()
        self._cancelled = self._lost = False
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run.pk}", daemon=True)

    def __enter__(self) -> RunLease:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def ours(self) -> QuerySet[TrainingRun]:
        """The run, as long as the lease is ours by the database's clock."""
        return TrainingRun.objects.filter(
            pk=self._run.pk,
            state=State.RUNNING,
            lease_token=self._run.lease_token,
            lease_expires_at__gt=Now(),
        )

    def say(self, share: float, step: str) -> None:
        """Set progress (0 to 1) and step; the row follows within a second."""
        with self._changing:
            self._progress = max(self._progress, min(share, 1.0))
            if step != self._step:
                self._step = step[:200]
                self._unsaved += f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}  {step_text(step)}\n"

    def check(self) -> None:
        """Raise RunCancelled or LostLease when the work is to stop."""
        if self._lost:
            raise LostLease
        if self._cancelled:
            raise RunCancelled

    def check_now(self) -> None:
        """The same after a look at the row, before a step that can't be undone."""
        self._look()
        self.check()

    def _keep(self) -> None:
        renewed = time.monotonic()
        saved = (self._progress, self._step)
        last = False
        while not (self._cancelled or self._lost):
            try:
                close_old_connections()
                now = (self._progress, self._step)
                if last or now != saved or time.monotonic() - renewed >= HEARTBEAT:
                    self._renew()
                    renewed, saved = time.monotonic(), now
                self._look()
            except DatabaseError:
                # as long as the lease holds the database may come back
                logger.exception("run.heartbeat_failed", run=self._run.pk)
                self._lost = time.monotonic() - renewed >= LEASE
            if last:
                break
            last = self._over.wait(LOOK_EVERY)
        connections.close_all()

    def _renew(self) -> None:
        with self._changing:
            progress, step, lines = self._progress, self._step, self._unsaved
        renewed = self.ours().update(
            lease_expires_at=Now() + TrainingRun.LEASE,
            progress=progress,
            step=step,
            log=Concat("log", Value(lines), output_field=TextField()),
        )
        self._lost = not renewed
        with self._changing:
            self._unsaved = self._unsaved[len(lines) :]

    def _look(self) -> None:
        row = TrainingRun.objects.filter(pk=self._run.pk)
        found = row.values_list("state", "lease_token", "cancel_requested").first()
        if found is None or found[:2] != (State.RUNNING, self._run.lease_token):
            self._lost = True
        elif found[2]:
            self._cancelled = True
