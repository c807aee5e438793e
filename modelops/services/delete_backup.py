from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import StillNeeded
from modelops.models import Backup, Door, LivePointer, Operation

from .changing_rows import changing_rows
from .record_damage import forget_backup
from .record_operation import record_operation


def delete_backup(
    *, backup: Backup, by: User | None, door: Door = Door.COMMAND, reason: str = ""
) -> None:
    """Delete a backup, row first. Raises StillNeeded for one that must stay."""
    if backup.pinned:
        raise StillNeeded(
            _("Backup %(name)s is pinned. Release it before it is deleted.") % {"name": backup.name}
        )
    pointer = LivePointer.current()
    if pointer is not None and backup.version == pointer.version and backup.verified:
        others = Backup.objects.filter(version=pointer.version, verified=True)
        if not others.exclude(pk=backup.pk).exists():
            raise StillNeeded(
                _(
                    "Backup %(name)s is the only good one of the live version. Make another one "
                    "before it is deleted."
                )
                % {"name": backup.name}
            )
    remove_backup(backup=backup, by=by, reason=reason, door=door)


def remove_backup(*, backup: Backup, by: User | None, reason: str, door: Door) -> bool:
    """Delete an unpinned backup; False when somebody else did so, or pinned it meanwhile.

    The row goes first: a crash leaves a folder that nothing points to, never a row without files.
    """
    with store.locked():
        with changing_rows():
            deleted, _details = Backup.objects.filter(pk=backup.pk, pinned=False).delete()
            if not deleted:
                return False
            record_operation(
                kind=Operation.Kind.DELETE_BACKUP,
                target=backup.name,
                by=by,
                door=door,
                reason=reason,
                before={"version": backup.version.version},
            )
            forget_backup(name=backup.name)
        store.remove(store.backup_folder(backup.name))
    return True
