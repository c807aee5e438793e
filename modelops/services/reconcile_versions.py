from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from modelops import store
from modelops.errors import DamagedFiles, OperationFailed
from modelops.ml.artifacts import ArtifactError, content_digest, read_numeric
from modelops.models import Backup, LivePointer, ModelVersion

from .people_files import people_entries, repair_people_files
from .publish_version import NUMBER, publish_version
from .reconciliation import Finding
from .record_damage import forget_version, mark_ready, record_damaged_version
from .verify_backup import examine_backup
from .version_files import renew_version_files, take_folder

logger = structlog.get_logger(__name__)
State = ModelVersion.State


def reconcile_versions(*, fix: bool) -> Iterator[Finding]:
    """Compare `versions/` with its rows. Called with the store locked."""
    rows = {row.folder: row for row in ModelVersion.objects.all()}
    unknown = [name for name in store.names_in("versions") if name not in rows]
    for name in sorted(unknown, key=_number):  # a base before what builds on it
        yield _unknown(store.version_folder(name), fix=fix)
    for row in rows.values():
        folder = store.version_folder(row.folder)
        if row.state != State.REMOVED:
            yield from _version(row, folder, fix=fix)
        elif folder.exists():
            if fix:
                store.remove(folder)
            yield Finding("removed_version", row.version, outcome="removed" if fix else "")


def _number(name: str) -> tuple[int, ...]:
    match = NUMBER.match(name)
    return tuple(map(int, match.groups())) if match else ()


def _unknown(folder: Path, *, fix: bool) -> Finding:
    """A folder that no row names: a publication that was cut off, or anything else."""
    name = f"versions/{folder.name}"
    if not fix:
        return Finding("unknown_version", name)
    if (manifest := _takable(folder)) is not None:
        try:
            _take_up(folder, manifest)
        except OperationFailed as error:
            logger.warning("model.not_taken_up", folder=folder.name, error=str(error))
        else:
            return Finding("unknown_version", name, outcome="taken_up")
    if folder.exists():
        store.quarantine(folder)
    return Finding("unknown_version", name, outcome="quarantined")


def _takable(folder: Path) -> dict[str, Any] | None:
    """The manifest of a whole version whose number is free."""
    manifest = store.self_consistent(folder)
    try:
        if manifest is None or content_digest(read_numeric(folder)) != manifest["digest"]:
            return None
    except (ArtifactError, KeyError):
        return None
    version = str(manifest.get("version"))
    named = NUMBER.fullmatch(version) and folder.name == f"{version}-{manifest['digest'][:12]}"
    free = not ModelVersion.objects.filter(version=version).exists()
    return manifest if named and free else None


def _take_up(folder: Path, manifest: dict[str, Any]) -> None:
    origin, until = str(manifest.get("origin")), manifest.get("labels_until")
    known = origin in ModelVersion.Origin.values
    publish_version(
        numeric=folder,
        version=manifest["version"],
        origin=ModelVersion.Origin(origin) if known else ModelVersion.Origin.IMPORTED,
        by=None,
        parent=_by_digest(manifest.get("parent")),
        base=_by_digest(manifest.get("base")),
        forced=bool(manifest.get("forced")),
        labels_until=datetime.fromisoformat(until) if until else None,
    )


def _by_digest(digest: str | None) -> ModelVersion | None:
    rows = ModelVersion.objects.exclude(state=State.REMOVED)
    return rows.filter(digest=digest).first() if digest else None


def _version(row: ModelVersion, folder: Path, *, fix: bool) -> Iterator[Finding]:
    try:
        manifest = store.check_numeric_form(folder, manifest_digest=row.manifest_digest)
    except DamagedFiles as error:
        code = "damaged_version" if folder.exists() else "version_without_folder"
        outcome = _mended(row, folder, error.names) if fix else ""
        yield Finding(code, row.version, error.names, outcome)
        return
    if fix:
        mark_ready(version=row)
    if bad := store.damaged_files(folder, people_entries(row, manifest)):
        if fix:
            repair_people_files(version=row)
        yield Finding("people_files", row.version, tuple(bad), "repaired" if fix else "")


def _mended(row: ModelVersion, folder: Path, bad: tuple[str, ...]) -> str:
    """Make a version's folder good again, or say in its row that the files are gone."""
    manifest = store.self_consistent(folder)
    if manifest is not None and _is_model(folder, row):
        # whole, but not the row's: a restore was cut off before its row followed
        take_folder(version=row, digest=store.entry_of(folder / store.MANIFEST)["sha256"])
        return "renewed"
    for source, entries in _sources(row):
        try:
            renew_version_files(version=row, source=source, entries=entries)
        except OperationFailed as error:
            logger.warning("model.not_renewed", version=row.version, error=str(error))
        else:
            return "renewed"
    if LivePointer.objects.filter(version=row).exists():
        record_damaged_version(version=row, names=bad)
        return ""
    ModelVersion.objects.filter(pk=row.pk).update(state=State.REMOVED)
    forget_version(version=row)
    if not folder.exists():
        return "marked_removed"
    store.quarantine(folder)
    return "quarantined"


def _sources(row: ModelVersion) -> Iterator[tuple[Path, dict[str, store.Entry] | None]]:
    """Folders that may hold the numeric form of a version."""
    try:
        if _is_model(starter := store.check_starter(), row):
            yield starter, None
    except DamagedFiles:
        pass
    for backup in Backup.objects.filter(version=row).order_by("-pk"):
        entries, bad = examine_backup(backup)
        if entries and not set(bad) & set(store.NUMERIC_FILES):
            yield store.backup_folder(backup.name), entries


def _is_model(folder: Path, row: ModelVersion) -> bool:
    try:
        return content_digest(read_numeric(folder)) == row.digest
    except ArtifactError:
        return False
