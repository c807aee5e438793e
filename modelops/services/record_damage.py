"""Put on record which files are bad, and that they are good again.

Each is one open alert per version, backup or dataset. Doors and checks call these, whoever finds
the damage first.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from modelops.models import Alert, Backup, Dataset, ModelVersion

from .raise_alert import raise_alert, resolve_alert

logger = structlog.get_logger(__name__)
State = ModelVersion.State
DAMAGED = Alert.Kind.DAMAGED_FILE


def record_damaged_version(*, version: ModelVersion, names: Sequence[str]) -> None:
    """The numeric form of a version is bad."""
    ModelVersion.objects.filter(pk=version.pk, state=State.READY).update(state=State.DAMAGED)
    logger.error("model.damaged", version=version.version, files=list(names))
    _raise("version", version.version, names)


def record_intact_version(*, version: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=version.pk, state=State.DAMAGED).update(state=State.READY)
    forget_version(version=version)


def forget_version(*, version: ModelVersion) -> None:
    """The files of the version are gone on purpose."""
    resolve_alert(kind=DAMAGED, cause=f"version:{version.version}")


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


def _raise(place: str, name: str, names: Sequence[str], *, cause: str = "") -> None:
    raise_alert(
        kind=DAMAGED,
        cause=cause or f"{place}:{name}",
        details={"place": place, "name": name, "files": list(names), "repaired": False},
    )
