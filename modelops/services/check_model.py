from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.utils import timezone

from modelops import loading, selectors, store
from modelops.errors import DamagedFiles, OperationFailed
from modelops.models import Alert, Backup, LivePointer, ModelCheck, ModelVersion, ServerWorker
from modelops.quality import measure_live
from modelops.selectors_thresholds import site_thresholds

from .expire_runs import expire_runs
from .mail_alerts import mail_alerts
from .raise_alert import raise_alert, resolve_alerts
from .record_damage import forget_repairs, forget_version, record_intact_version
from .reload_model import verify_live_files
from .settle_retraining import settle_retraining
from .verify_backup import bad_backup_files

logger = structlog.get_logger(__name__)
Kind = Alert.Kind
CHECKS_KEPT = timedelta(days=90)
REPAIRS_TOLD = timedelta(minutes=30)  # how long an alert of a repair stays at least


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `status` is that of GET /model/status, `figures` that of the new
    `ModelCheck` (empty without a model that loads), `error` says why the live files are no good.
    """

    status: dict[str, Any]
    alerts: list[Alert]
    figures: dict[str, Any]
    repaired: list[str]
    error: str
    mailed: int


def check_model(*, mail: bool) -> CheckReport:
    """Look at all that an operator should know; raise and resolve alerts; store a `ModelCheck`.

    The live files are verified and what is derived from them repaired, backups verified, the
    live version loaded and measured on the labels that came after it. `mail`: send new alerts.
    """
    expire_runs()
    pointer = LivePointer.current()
    version = pointer.version if pointer else None
    repaired, error, figures = [], "", {}
    if version is not None:
        try:
            repaired = verify_live_files(version=version)
        except OperationFailed as failure:
            error = str(failure)
        loaded, load_error = _loaded(version)
        _settle_loads(version, load_error)
        if loaded is not None:
            figures = measure_live(version, loaded.under(site_thresholds()))
            _store(version, figures)
    else:
        resolve_alerts(kind=Kind.LOAD_FAILED)
    _verify_others(version)
    settle_retraining()
    return CheckReport(
        status=selectors.model_status(),
        alerts=list(selectors.open_alerts()),
        figures=figures,
        repaired=repaired,
        error=error,
        mailed=mail_alerts() if mail else 0,
    )


def _loaded(version: ModelVersion) -> tuple[loading.LoadedModel | None, str]:
    """The live version as a starting process would load it, or why it would not.

    Damaged files are no such reason: they have an alert of their own.
    """
    try:
        return loading.load_version(version), ""
    except DamagedFiles:
        return None, ""
    except OperationFailed as failure:
        return None, str(failure)


def _settle_loads(version: ModelVersion, error: str) -> None:
    serves = None
    worker = ServerWorker.objects.alive().exclude(error="").first()
    if worker is not None:
        error, serves = worker.error, worker.version or None
    if error:
        details = {"version": version.version, "serves": serves, "error": error}
        raise_alert(kind=Kind.LOAD_FAILED, cause=version.version, details=details)
    resolve_alerts(kind=Kind.LOAD_FAILED, except_causes=[version.version] if error else [])


def _verify_others(live: ModelVersion | None) -> None:
    """Verify backups, and versions whose damage is on record; the live one was verified before."""
    forget_repairs(before=timezone.now() - REPAIRS_TOLD)
    for backup in Backup.objects.select_related("version"):
        bad_backup_files(backup)
    for version in ModelVersion.objects.filter(state=ModelVersion.State.DAMAGED):
        if version == live:
            continue
        try:
            store.check_numeric_form(
                store.version_folder(version.folder), manifest_digest=version.manifest_digest
            )
        except OperationFailed:
            continue
        record_intact_version(version=version)
    open_alerts = Alert.objects.filter(kind=Kind.DAMAGED_FILE, resolved_at=None)
    told = {cause.partition(":")[2] for cause in open_alerts.values_list("cause", flat=True)}
    for version in ModelVersion.objects.filter(version__in=told, state=ModelVersion.State.REMOVED):
        forget_version(version=version)


def _store(version: ModelVersion, figures: dict[str, Any]) -> None:
    ModelCheck.objects.create(version=version, figures=figures)
    ModelCheck.objects.filter(created_at__lt=timezone.now() - CHECKS_KEPT).delete()
    logger.info("model.checked", version=version.version, figures=figures)
