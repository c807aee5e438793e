"""Put on record which files are bad, and that they are good again.

Each is one open alert per version, backup or dataset. Doors and checks call these, whoever finds
the damage first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from modelops.models import Alert, Backup, Dataset, LivePointer, ModelVersion

from .raise_alert import raise_alert, resolve_alert

logger = structlog.get_logger(__name__)
State = ModelVersion.State
DAMAGED = Alert.Kind.DAMAGED_FILE
COPIES = "copies"


def record_damaged_version(*, version: ModelVersion, names: Sequence[str]) -> None:
    """The numeric form of a version is bad."""
    ModelVersion.objects.filter(pk=version.pk, state=State.READY).update(state=State.DAMAGED)
    logger.error("model.damaged", version=version.version, files=list(names))
    _raise("version", version.version, names)


def record_intact_version(*, version: ModelVersion) -> None:
    """Nothing is wrong with a version; when it is the live one, nor with the copies of it."""
    mark_ready(version=version)
    forget_version(version=version)
    if LivePointer.objects.filter(version=version).exists():
        resolve_alert(kind=DAMAGED, cause=COPIES)


def mark_ready(*, version: ModelVersion) -> None:
    """The numeric form of a version is good."""
    ModelVersion.objects.filter(pk=version.pk, state=State.DAMAGED).update(state=State.READY)


def forget_version(*, version: ModelVersion) -> None:
    """The files of the version are gone on purpose."""
    resolve_alert(kind=DAMAGED, cause=f"version:{version.version}")


def record_repaired_version(*, version: ModelVersion, names: Sequence[str]) -> None:
    """Files for people were bad; they are in quarantine, and made anew."""
    _raise("version", version.version, names, repaired=True)


def record_repaired_copies(*, names: Sequence[str]) -> None:
    """The same for the copies at the top of models_store/."""
    _raise("version", "models_store", names, cause=COPIES, repaired=True)


def forget_repairs(*, before: datetime) -> None:
    """Close the alerts of what was repaired then or earlier: they have been seen by now."""
    for alert in Alert.objects.filter(kind=DAMAGED, resolved_at=None, seen_at__lte=before):
        if alert.details.get("repaired"):
            resolve_alert(kind=DAMAGED, cause=alert.cause)


def record_damaged_backup(*, backup: Backup, names: Sequence[str]) -> None:
    Backup.objects.filter(pk=backup.pk).update(verified=False)
    logger.error("model.backup_damaged", backup=backup.name, files=list(names))
    _raise("backup", backup.name, names)


def record_intact_backup(*, backup: Backup) -> None:
    Backup.objects.filter(pk=backup.pk).update(verified=True)
    forget_backup(name=backup.name)


def forget_backup(*, name: str) -> None:
    """The backup is gone, and with it the reason for an alert."""
    resolve_alert(kind=DAMAGED, cause=f"backup:{name}")


def record_damaged_dataset(*, dataset: Dataset, names: Sequence[str]) -> None:
    logger.error("dataset.damaged", dataset=dataset.name, files=list(names))
    _raise("dataset", dataset.name, names, cause=f"dataset:{dataset.pk}")


def forget_dataset(*, pk: int) -> None:
    resolve_alert(kind=DAMAGED, cause=f"dataset:{pk}")


def _raise(
    place: str, name: str, names: Sequence[str], *, cause: str = "", repaired: bool = False
) -> None:
    raise_alert(
        kind=DAMAGED,
        cause=cause or f"{place}:{name}",
        details={"place": place, "name": name, "files": list(names), "repaired": repaired},
    )
