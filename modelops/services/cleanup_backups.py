from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops.models import Backup, Door, LivePointer

from .delete_backup import remove_backup


def cleanup_backups(
    *, keep: int, by: User | None, door: Door = Door.COMMAND, spare: Backup | None = None
) -> list[Backup]:
    """Delete all unpinned backups but the newest `keep` and `spare`; return the deleted ones.

    One good backup of the live version always stays.
    """
    if keep < 0:
        raise ValueError("keep must be 0 or more")
    # by number of the row, since clocks may jump back
    backups = list(Backup.objects.order_by("-pk").select_related("version"))
    unpinned = [backup for backup in backups if not backup.pinned]
    stay = {backup.pk for backup in [*unpinned[:keep], *(b for b in backups if b.pinned)]}
    if spare is not None:
        stay.add(spare.pk)
    if pointer := LivePointer.current():
        good = [b.pk for b in backups if b.verified and b.version_id == pointer.version.pk]
        if good and stay.isdisjoint(good):
            stay.add(good[0])
    reason = _("More than the newest %(keep)s") % {"keep": keep}
    return [
        backup
        for backup in unpinned
        if backup.pk not in stay and remove_backup(backup=backup, by=by, reason=reason, door=door)
    ]
