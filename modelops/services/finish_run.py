from __future__ import annotations

from typing import Any

import structlog
from django.db.models import QuerySet
from django.db.models.functions import Now

from modelops.models import Alert, ModelVersion, TrainingRun
from modelops.run_texts import why_text

from .raise_alert import raise_alert, resolve_alerts

logger = structlog.get_logger(__name__)
State = TrainingRun.State


def finish_run(
    *,
    run: TrainingRun,
    state: TrainingRun.State,
    still: QuerySet[TrainingRun],
    code: str = "",
    facts: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
    version: ModelVersion | None = None,
) -> bool:
    """End a run that is `still` as the caller last saw it; False when somebody else was faster.

    `code` and `facts` say why (run_texts). Failed and lost runs raise an alert unless they were
    a trial, a success clears the alerts of earlier ones.
    """
    why = {"why": {"code": code, "facts": facts or {}}} if code else {}
    reason = why_text(code, facts or {}) if code else ""
    run.refresh_from_db(fields=["result"])
    more: dict[str, Any] = {"version": version} if version else {}
    if state == State.SUCCEEDED:
        more |= {"progress": 1.0, "step": "done"}
    won = still.filter(pk=run.pk).update(
        **more,
        state=state,
        result={**run.result, **(result or {}), **why},
        reason=reason,
        lease_token=None,
        lease_expires_at=None,
        finished_at=Now(),
    )
    if not won:
        return False
    run.refresh_from_db()
    _tell(run)
    trial = run.kind == TrainingRun.Kind.SIMULATE or run.parameters.get("dry_run")
    if trial:
        return True
    if state in (State.FAILED, State.LOST):
        kind = Alert.Kind.RUN_FAILED if state == State.FAILED else Alert.Kind.RUN_LOST
        details = {"run": run.pk, "kind": run.kind, "reason": reason, **why}
        raise_alert(kind=kind, cause=run.kind, details=details)
    elif state in (State.SUCCEEDED, State.REFUSED):
        # a refusal is the work of a training that got through
        resolve_alerts(kind=Alert.Kind.RUN_FAILED)
        resolve_alerts(kind=Alert.Kind.RUN_LOST)
    return True


def _tell(run: TrainingRun) -> None:
    logger.info(
        "run.ended",
        run=run.pk,
        kind=run.kind,
        state=run.state,
        version_before=run.result.get("version_before"),
        version_made=run.version.version if run.version else None,
        fallback=(run.result.get("fallback") or {}).get("code"),
        by=str(run.requested_by or ""),
        door=run.door,
        reason=run.reason,
    )
