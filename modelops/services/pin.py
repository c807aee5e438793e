"""Pin what cleaning up must leave alone."""

from __future__ import annotations

from django.contrib.auth.models import User

from modelops.models import Backup, Door, ModelVersion, Operation

from .changing_rows import changing_rows
from .record_operation import record_operation


def pin_backup(*, backup: Backup, pinned: bool, by: User | None, door: Door = Door.COMMAND) -> bool:
    """Pin a backup or release it; False when it was so before, or is gone."""
    return _pin(backup, backup.name, Operation.Kind.PIN_BACKUP, pinned, by, door)


def pin_version(
    *, version: ModelVersion, pinned: bool, by: User | None, door: Door = Door.COMMAND
) -> bool:
    """Pin a version's files or release them; False when it was so before."""
    return _pin(version, version.version, Operation.Kind.PIN_VERSION, pinned, by, door)


def _pin(
    row: Backup | ModelVersion,
    target: str,
    kind: Operation.Kind,
    pinned: bool,
    by: User | None,
    door: Door,
) -> bool:
    with changing_rows():
        rows = type(row)._default_manager.filter(pk=row.pk, pinned=not pinned)
        changed = rows.update(pinned=pinned)
        if changed:
            record_operation(
                kind=kind,
                target=target,
                by=by,
                door=door,
                before={"pinned": not pinned},
                after={"pinned": pinned},
            )
    row.pinned = pinned
    return bool(changed)
