from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from modelops import loading, store
from modelops.errors import DamagedFiles, UnusableModel
from modelops.ml.artifacts import NUMERIC_FILES
from modelops.models import Backup, Door, Operation

from .record_damage import record_damaged_backup, record_intact_backup
from .record_operation import record_operation


def verify_backup(
    *, backup: Backup, by: User | None = None, door: Door = Door.COMMAND
) -> list[str]:
    """Check a backup by hashes and a test load; return the names of its bad files.

    The row says what came out, and an alert is open as long as the backup is bad.
    """
    before = backup.verified
    bad = bad_backup_files(backup)
    record_operation(
        kind=Operation.Kind.VERIFY_BACKUP,
        target=backup.name,
        by=by,
        door=door,
        before={"verified": before},
        after={"verified": not bad, "files": bad},
    )
    return bad


def bad_backup_files(backup: Backup) -> list[str]:
    """The same without an entry in the journal, for checks that nobody asked for."""
    _entries, bad = examine_backup(backup)
    if bad:
        record_damaged_backup(backup=backup, names=bad)
    else:
        record_intact_backup(backup=backup)
    backup.verified = not bad
    return bad


def examine_backup(backup: Backup) -> tuple[dict[str, store.Entry], list[str]]:
    """Entries of a backup's good files, and the names of the bad ones; changes nothing."""
    folder = store.backup_folder(backup.name)
    try:
        manifest: dict[str, Any] = store.read_manifest(folder, digest=backup.manifest_digest)
    except DamagedFiles as error:
        # without it nothing says what the other files should be
        return {}, list(error.names)
    entries = manifest["files"]
    bad = store.damaged_files(folder, entries)
    if not set(bad) & set(NUMERIC_FILES):
        try:
            loading.try_numeric_form(folder, version=backup.version.version)
        except UnusableModel:
            bad += NUMERIC_FILES
    return {name: entry for name, entry in entries.items() if name not in bad}, bad
