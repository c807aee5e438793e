from __future__ import annotations

import time

from django.contrib.auth.models import User

from modelops import loading, store
from modelops.errors import DamagedFiles
from modelops.ml.artifacts import NUMERIC_FILES
from modelops.models import Backup, Deployment, Door, LivePointer, ModelVersion, Operation

from .promote_version import go_live, save_live
from .record_damage import record_damaged_backup
from .verify_backup import examine_backup
from .version_files import renew_version_files


def restore_backup(
    *,
    backup: Backup,
    by: User | None,
    reason: str,
    door: Door = Door.COMMAND,
    hold_back: bool = False,
) -> Deployment:
    """Make the version of a backup live again, under its own number.

    The backup is verified first. Where the version's own folder is good it serves again; else it
    is published anew from the backup. What is live is backed up before, unless nothing intact is
    left of it. `hold_back` keeps the labels that came after the version out of training until
    they are released.

    Raises DamagedFiles for a bad backup, Superseded when somebody else changed what is live,
    OperationFailed when writing fails; then what was live still is.
    """
    started = time.monotonic()
    pointer, _created = LivePointer.objects.get_or_create(pk=1)
    entries, bad = examine_backup(backup)
    if bad:
        record_damaged_backup(backup=backup, names=bad)
        # bad files for people are no obstacle: they are made anew from the numeric form
        if not entries or set(bad) & set(NUMERIC_FILES):
            raise DamagedFiles(f"{backup.name}/{name}" for name in bad)
    version = backup.version
    if not _has_good_files(version):
        folder = store.backup_folder(backup.name)
        renew_version_files(version=version, source=folder, entries=entries)
    loading.load_version(version)
    saved = None
    if pointer.version is not None:
        if pointer.version == version:
            pointer.version = version  # as it is now
        saved = save_live(
            pointer=pointer, by=by, reason=reason, door=door, keep=backup, insist=False
        )
    return go_live(
        version=version,
        pointer=pointer,
        saved=saved,
        by=by,
        reason=reason,
        door=door,
        kind=Operation.Kind.RESTORE,
        started=started,
        target=backup.name,
        hold_after=(version.labels_until or version.created_at) if hold_back else None,
    )


def _has_good_files(version: ModelVersion) -> bool:
    if version.state == ModelVersion.State.REMOVED:
        return False
    folder = store.version_folder(version.folder)
    try:
        store.check_numeric_form(folder, manifest_digest=version.manifest_digest)
    except DamagedFiles:
        return False
    return True
