from __future__ import annotations

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError

from modelops import loading, store
from modelops.errors import NoLiveVersion
from modelops.models import Backup, LivePointer, ModelVersion

from .people_files import people_entries, repair_people_files

logger = structlog.get_logger(__name__)


def create_backup(*, by: User | None, reason: str) -> Backup:
    """Copy the live version's files to a new, verified backup; drop the oldest unpinned ones.

    Raises OperationFailed when there is nothing live, its files are bad, or writing fails.
    """
    pointer = LivePointer.current()
    if pointer is None:
        raise NoLiveVersion
    version = pointer.version
    repair_people_files(version=version)
    name, manifest_digest = _copy(version)
    folder = store.backup_folder(name)
    try:
        backup = Backup.objects.create(
            name=name,
            version=version,
            manifest_digest=manifest_digest,
            size_bytes=sum(path.stat().st_size for path in folder.iterdir()),
            created_by=by,
            reason=reason,
        )
    except DatabaseError:
        store.remove(folder)
        raise
    logger.info("model.backed_up", backup=name, version=version.version, by=str(by or ""))
    _drop_oldest()
    return backup


def _copy(version: ModelVersion) -> tuple[str, str]:
    """Copy, verify by hashes and a test load, publish; return name and manifest's digest."""
    folder = store.version_folder(version.folder)
    manifest = store.read_manifest(folder, digest=version.manifest_digest)
    facts = {
        key: value
        for key, value in manifest.items()
        if key not in ("files", "libraries", "format_version")
    }
    with store.staging("backup") as staged:
        store.copy_files(folder, staged, manifest["files"] | people_entries(version, manifest))
        manifest_digest = store.seal(staged, facts=facts)
        loading.try_numeric_form(staged, version=version.version)
        return store.publish_backup(staged), manifest_digest


def _drop_oldest() -> None:
    # The newest is a good one of the live version, just made, and always stays. By age of the
    # rows, since clocks may jump back.
    keep = max(1, settings.BACKUPS_KEEP)
    for backup in Backup.objects.filter(pinned=False).order_by("-pk")[keep:]:
        # the row first: a crash leaves an orphaned folder, never a row without its files
        deleted, _details = Backup.objects.filter(pk=backup.pk, pinned=False).delete()
        if deleted:
            store.remove(store.backup_folder(backup.name))
            logger.info("model.backup_dropped", backup=backup.name)
