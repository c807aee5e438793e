from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.utils.translation import gettext as _

from modelops import loading, store
from modelops.errors import LostLease, OperationFailed, VersionTaken
from modelops.models import Door, LivePointer, ModelVersion, TrainingRun
from modelops.run_texts import step_text

from .expire_runs import expire_runs
from .finish_run import finish_run
from .people_files import no_writer_left, prepare_writer
from .promote_version import promote_version
from .publish_version import next_version_number, publish_version
from .run_lease import RunCancelled, RunLease, claim
from .training_process import NUMERIC, TrainingFailed, run_training_process

logger = structlog.get_logger(__name__)
Kind = TrainingRun.Kind
State = TrainingRun.State
Report = Callable[[float, str], None]  # share done (0 to 1), the step in words
LEARNED = 0.85  # share of the child process
ATTEMPTS = 5  # at a version number that somebody else may take as well


class Stopped(Exception):
    """This process is to end."""


def execute_run(
    *, run: TrainingRun, report: Report | None = None, stop: threading.Event | None = None
) -> TrainingRun:
    """Work on a waiting run until it ends, and return it as it is then.

    Learning happens in a child process; this one holds the run's lease, publishes what was
    learned, and promotes it if the gate lets it pass. Nothing that goes wrong with the run is
    raised: its state and reason say so. `stop` ends it early. A run that somebody else took up
    comes back as it is.
    """
    lease = claim(run)
    if lease is None:
        return run
    logger.info("run.started", run=run.pk, kind=run.kind, by=str(run.requested_by or ""))
    work = _Work(run, lease, report, stop)
    end, interrupt = None, None
    try:
        with lease, no_writer_left(), loading.remembered():
            end = work.end()
    except BaseException as told:  # Ctrl-C, or a worker told twice to end
        if end is not None or isinstance(told, Exception):
            raise
        end, interrupt = work.stopped(), told
    try:
        if not finish_run(run=run, still=lease.ours(), **end):
            expire_runs()
    finally:
        run.refresh_from_db()
    if interrupt:
        raise interrupt
    return run


class _Work:
    """One execution of one run."""

    def __init__(
        self,
        run: TrainingRun,
        lease: RunLease,
        report: Report | None,
        stop: threading.Event | None,
    ) -> None:
        self._run, self._lease, self._report, self._stop = run, lease, report, stop
        self._result: dict[str, Any] = {}
        self._version: ModelVersion | None = None
        self._started = time.monotonic()

    def end(self) -> dict[str, Any]:
        """Do the work; return how the run ends, as `finish_run` takes it."""
        try:
            state, code, facts = self._outcome()
        except RunCancelled:
            self._run.refresh_from_db(fields=["result"])
            state, code, facts = State.CANCELLED, "cancelled", self._run.result.get("cancel", {})
        except Stopped:
            return self.stopped()
        except TrainingFailed as failure:
            state, code, facts = State.FAILED, failure.code, failure.facts
        except LostLease:
            state, code, facts = State.LOST, "lost", {}  # what `finish_run` won't be able to say
        except OperationFailed as error:
            state, code, facts = State.FAILED, "message", {"message": str(error)}
        except Exception as error:
            logger.exception("run.failed", run=self._run.pk)
            state, code, facts = State.FAILED, "unexpected", {"error": type(error).__name__}
        return self._ended(state, code, facts)

    def stopped(self) -> dict[str, Any]:
        """Return how a run ends that was interrupted, whatever it was about."""
        return self._ended(State.CANCELLED, "stopped", {})

    def _ended(self, state: TrainingRun.State, code: str, facts: dict[str, Any]) -> dict[str, Any]:
        self._result["seconds"] = {
            **self._result.get("seconds", {}),
            "all": round(time.monotonic() - self._started, 3),
        }
        return {
            "state": state,
            "code": code,
            "facts": facts,
            "result": self._result,
            "version": self._version,
        }

    def _outcome(self) -> tuple[TrainingRun.State, str, dict[str, Any]]:
        with store.staging("run") as folder:
            report = run_training_process(
                run=self._run,
                folder=folder,
                say=self._heard,
                keep=self._result.update,
                check=self._check,
            )
            if code := report.get("nothing"):
                return State.SUCCEEDED, code, {"version": self._result["version_before"]}
            gate = self._result.get("gate")
            refusals = gate["refusals"] if gate and not gate["passed"] else []
            if self._run.parameters.get("dry_run"):
                if refusals:
                    return State.REFUSED, "refused", {"refusals": refusals}
                return State.SUCCEEDED, "dry_run", {}
            live = self._live_as_judged(report["live"])
            self._say(LEARNED, "publish")
            self._version = self._publish(folder / NUMERIC, report["version"], live)
        if refusals:
            return State.REFUSED, "refused", {"refusals": refusals}
        if self._run.kind == Kind.SIMULATE:
            return State.SUCCEEDED, "simulated", {"version": self._version.version}
        self._say(0.95, "promote")
        self._lease.check_now()
        self._live_as_judged(report["live"])
        promote_version(
            version=self._version,
            by=self._run.requested_by,
            reason=_("%(kind)s, run %(run)s")
            % {"kind": self._run.get_kind_display(), "run": self._run.pk},
            door=Door(self._run.door),
            run=self._run,
            backup=self._run.kind != Kind.FORCE,
        )
        self._result["version_after"] = self._version.version
        return State.SUCCEEDED, "", {}

    def _heard(self, share: float, step: str) -> None:
        """What the child says of its share."""
        near_the_end = step.partition(":")[0] in ("read", "solve", "write")
        if near_the_end and not self._run.parameters.get("dry_run"):
            prepare_writer()
        self._say(LEARNED * share, step)

    def _say(self, share: float, step: str) -> None:
        self._lease.say(share, step)
        if self._report:
            self._report(share, step_text(step))

    def _check(self) -> None:
        """Raise what ends the work early."""
        self._lease.check()
        if self._stop and self._stop.is_set():
            raise Stopped

    def _live_as_judged(self, judged: int) -> ModelVersion:
        """The live version, if it is still the one that was learned from and compared with."""
        pointer = LivePointer.current()
        if pointer is None or pointer.version.pk != judged:
            before = ModelVersion.objects.get(pk=judged).version
            now = pointer.version.version if pointer else "—"
            raise TrainingFailed("superseded", {"before": before, "now": now})
        return pointer.version

    def _publish(self, numeric: Path, facts: dict[str, Any], live: ModelVersion) -> ModelVersion:
        """Publish under the next number. `facts`: {"origin", "bump", "base", "labels_until"}."""
        base = ModelVersion.objects.filter(pk=facts["base"]).first()
        until = facts["labels_until"]
        for attempt in range(ATTEMPTS):
            self._lease.check_now()
            try:
                return publish_version(
                    numeric=numeric,
                    version=next_version_number(bump=facts["bump"], from_version=live.version),
                    origin=ModelVersion.Origin(facts["origin"]),
                    by=self._run.requested_by,
                    parent=live,
                    base=base,
                    gate=self._result.get("gate") or {},
                    forced=self._run.kind == Kind.FORCE,
                    labels_until=datetime.fromisoformat(until) if until else None,
                    run=self._run,
                    door=Door(self._run.door),
                )
            except VersionTaken:
                # somebody else published under this number a moment ago
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")
