from __future__ import annotations

import time

import structlog
from django.conf import settings
from django.contrib.auth.models import User

from modelops import loading, store
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.models import Backup, Door, LivePointer, Operation

from .changing_rows import changing_rows
from .cleanup_backups import cleanup_backups
from .people_files import people_entries, repair_people_files
from .record_operation import record_operation

logger = structlog.get_logger(__name__)


def create_backup(
    *, by: User | None, reason: str, door: Door = Door.COMMAND, keep: Backup | None = None
) -> Backup:
    """Copy the live version's files to a new, verified backup; drop the oldest unpinned ones.

    `keep` is a backup that must not be dropped now. Raises OperationFailed when there is nothing
    live, its files are bad, or writing fails.
    """
    started = time.monotonic()
    pointer = LivePointer.current()
    if pointer is None:
        raise NoLiveVersion
    version = pointer.version
    repair_people_files(version=version)
    folder = store.version_folder(version.folder)
    manifest = store.read_manifest(folder, digest=version.manifest_digest)
    with store.staging("backup") as staged:
        store.copy_files(folder, staged, manifest["files"] | people_entries(version, manifest))
        digest = store.seal(staged, facts=store.facts_in(manifest))
        loading.try_numeric_form(staged, version=version.version)
        backup = Backup(
            version=version,
            manifest_digest=digest,
            size_bytes=sum(path.stat().st_size for path in staged.iterdir()),
            created_by=by,
            reason=reason[:500],
        )
        with store.locked():
            backup.name = store.publish_backup(staged, taken=backup_name_taken)
            _register(backup, door=door, started=started)
    try:
        cleanup_backups(keep=settings.BACKUPS_KEEP, by=None, door=door, spare=keep)
    except OperationFailed as error:
        # the backup is made; the next one cleans up
        logger.warning("model.backups_not_cleaned", error=str(error))
    return backup


def _register(backup: Backup, *, door: Door, started: float) -> None:
    try:
        with changing_rows():
            backup.save(force_insert=True)
            record_operation(
                kind=Operation.Kind.BACKUP,
                target=backup.name,
                by=backup.created_by,
                door=door,
                reason=backup.reason,
                after={"version": backup.version.version, "size_bytes": backup.size_bytes},
                seconds=round(time.monotonic() - started, 3),
            )
    except OperationFailed:
        store.remove(store.backup_folder(backup.name))
        raise


def backup_name_taken(name: str) -> bool:
    """Whether a backup has this name, or had it: the journal remembers those that were deleted.

    So a name that somebody wrote down never comes to mean another backup, whatever the clock does.
    """
    kinds = (Operation.Kind.BACKUP, Operation.Kind.DELETE_BACKUP)
    return (
        Backup.objects.filter(name=name).exists()
        or Operation.objects.filter(kind__in=kinds, target=name).exists()
    )
