from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from modelops import store
from modelops.errors import DamagedFiles, OperationFailed
from modelops.ml.artifacts import NUMERIC_FILES
from modelops.models import Backup, ModelVersion

from .changing_rows import changing_rows
from .create_backup import backup_name_taken
from .people_files import people_entries
from .reconciliation import Finding
from .record_damage import forget_backup, record_intact_backup
from .verify_backup import examine_backup
from .version_files import write_version_files

logger = structlog.get_logger(__name__)


def reconcile_backups(*, fix: bool) -> Iterator[Finding]:
    """Compare `backups/` with its rows. Called with the store locked."""
    rows = {row.name: row for row in Backup.objects.select_related("version")}
    for name in store.names_in("backups"):
        if name not in rows:
            if fix:
                store.quarantine(store.backup_folder(name))
            yield Finding("unknown_backup", f"backups/{name}", outcome="quarantined" if fix else "")
    for row in rows.values():
        if not store.backup_folder(row.name).exists():
            if fix:
                _drop_row(row)
            yield Finding("backup_without_folder", row.name, outcome="row_removed" if fix else "")
            continue
        entries, bad = examine_backup(row)
        if bad:
            outcome = _renewed(row, entries, bad) if fix else ""
            yield Finding("damaged_backup", row.name, tuple(bad), outcome)
        elif fix:
            record_intact_backup(backup=row)


def _drop_row(row: Backup) -> None:
    row.delete()
    forget_backup(name=row.name)


def _renewed(row: Backup, entries: dict[str, store.Entry], bad: list[str]) -> str:
    """Put a good copy in the place of a bad one, under a name of its own."""
    if (good := _good_source(row, entries, bad)) is None:
        _drop_row(row)
        store.quarantine(store.backup_folder(row.name))
        return "quarantined"
    source, kept = good
    try:
        with store.staging("backup") as staged:
            write_version_files(row.version, staged, source=source, entries=kept)
            copy = Backup(
                version=row.version,
                manifest_digest=store.entry_of(staged / store.MANIFEST)["sha256"],
                size_bytes=sum(path.stat().st_size for path in staged.iterdir()),
                pinned=row.pinned,
                created_at=row.created_at,
                created_by=row.created_by,
                reason=row.reason,
            )
            copy.name = store.publish_backup(staged, taken=backup_name_taken)
            with changing_rows():
                copy.save(force_insert=True)
                _drop_row(row)
    except OperationFailed as error:
        logger.warning("model.backup_not_renewed", backup=row.name, error=str(error))
        return ""
    store.quarantine(store.backup_folder(row.name))
    return "renewed"


def _good_source(
    row: Backup, entries: dict[str, store.Entry], bad: list[str]
) -> tuple[Path, dict[str, store.Entry]] | None:
    """The version's own folder, else what is good of the backup."""
    version = row.version
    folder = store.version_folder(version.folder)
    if version.state != ModelVersion.State.REMOVED:
        try:
            manifest = store.check_numeric_form(folder, manifest_digest=version.manifest_digest)
        except DamagedFiles:
            pass
        else:
            described = {
                **{name: manifest["files"][name] for name in NUMERIC_FILES},
                **people_entries(version, manifest),
            }
            wrong = store.damaged_files(folder, described)
            return folder, {n: entry for n, entry in described.items() if n not in wrong}
    if entries and not set(bad) & set(NUMERIC_FILES):
        return store.backup_folder(row.name), entries
    return None
