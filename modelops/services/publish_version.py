from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import OperationFailed, VersionRemoved, VersionTaken
from modelops.ml.artifacts import NUMERIC_FILES, content_digest
from modelops.models import Door, ModelVersion, TrainingRun

from .changing_rows import changing_rows
from .cleanup_versions import cleanup_versions
from .fence import fence
from .version_files import read_model, renew_version_files, write_version_files

logger = structlog.get_logger(__name__)
Bump = Literal["major", "minor", "patch"]
NUMBER = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


def next_version_number(*, bump: Bump, from_version: str) -> str:
    """The number of the next version made from `from_version`; one that was never used.

    It is above all numbers of the same major version, since that says which features a model has;
    a new major number is above all there are.
    """
    numbers = {_parsed(number) for number in ModelVersion.objects.values_list("version", flat=True)}
    numbers.add(_parsed(from_version))
    if bump == "major":
        return f"{max(numbers)[0] + 1}.0.0"
    major = _parsed(from_version)[0]
    _major, minor, patch = max(number for number in numbers if number[0] == major)
    return f"{major}.{minor + 1}.0" if bump == "minor" else f"{major}.{minor}.{patch + 1}"


def _parsed(version: str) -> tuple[int, int, int]:
    match = NUMBER.fullmatch(version)
    if match is None:
        raise ValueError(f"{version!r} is not a version number")
    major, minor, patch = map(int, match.groups())
    return major, minor, patch


def publish_version(
    *,
    numeric: Path,
    version: str,
    origin: ModelVersion.Origin,
    by: User | None,
    parent: ModelVersion | None = None,
    base: ModelVersion | None = None,
    gate: dict[str, Any] | None = None,
    forced: bool = False,
    labels_until: datetime | None = None,
    run: TrainingRun | None = None,
    door: Door = Door.COMMAND,
) -> ModelVersion:
    """Publish the numeric form in the folder `numeric` as a version; it is not live yet.

    Publishing the same again returns the row that is there, with its files. Raises VersionTaken
    when the number belongs to another model, LostLease when `run` is no longer ours,
    OperationFailed when the model or the disk is no good.
    """
    model = read_model(numeric)
    digest = content_digest(model)
    if existing := _published(version, digest):
        if existing.state != ModelVersion.State.READY:
            renew_version_files(version=existing, source=numeric)
        return existing
    row = ModelVersion(
        version=version,
        digest=digest,
        folder=f"{version}-{digest[:12]}",
        origin=origin,
        parent=parent,
        base=base,
        created_at=timezone.now(),
        created_by=by,
        metadata=model.metadata,
        gate=gate or {},
        forced=forced,
        labels_until=labels_until,
    )
    row = _written(row, numeric, run)
    logger.info(
        "model.published",
        version=row.version,
        digest=row.digest,
        origin=str(row.origin),
        parent=parent.version if parent else None,
        forced=forced,
        door=str(door),
        by=str(by or ""),
    )
    try:
        cleanup_versions(door=door)
    except OperationFailed as error:
        # the version is published; the next one cleans up
        logger.warning("model.versions_not_cleaned", error=str(error))
    return row


def _published(version: str, digest: str) -> ModelVersion | None:
    existing = ModelVersion.objects.filter(version=version).first()
    if existing and existing.digest != digest:
        raise VersionTaken(
            _("Version %(version)s is another model already.") % {"version": version}
        )
    return existing


def _written(row: ModelVersion, numeric: Path, run: TrainingRun | None) -> ModelVersion:
    """Write the version's folder and try the model in it; then the row."""
    entries = store.entries_of(numeric, NUMERIC_FILES)
    if store.intact_version(row.folder, entries):
        # a crash cut off an earlier attempt before its row, or another process does the same
        with store.locked():
            if manifest_digest := store.intact_version(row.folder, entries):
                return _registered(row, manifest_digest, run)
    with store.staging(row.folder) as staged:
        write_version_files(row, staged, source=numeric, entries=entries)
        with store.locked():
            manifest_digest = store.publish_version(staged, name=row.folder)
            return _registered(row, manifest_digest, run)


def _registered(row: ModelVersion, manifest_digest: str, run: TrainingRun | None) -> ModelVersion:
    """Insert the row, or find the one that another process inserted for the same model.

    Called with the store locked. When the row can't be, the folder does not stay either.
    """
    manifest = store.read_manifest(store.version_folder(row.folder), digest=manifest_digest)
    row.manifest_digest = manifest_digest
    row.created_at = datetime.fromisoformat(manifest["created_at"])
    try:
        with changing_rows():
            _check_kept(base for base in (row.base, row.parent) if base)
            row.save(force_insert=True)
            if run is not None:
                fence(run=run, version=row)
    except IntegrityError:
        if existing := _published(row.version, row.digest):
            return existing
        raise
    except OperationFailed:
        with suppress(DatabaseError, OperationFailed):
            if not ModelVersion.objects.filter(folder=row.folder).exists():
                store.remove(store.version_folder(row.folder))
        raise
    return row


def _check_kept(needed: Iterable[ModelVersion]) -> None:
    """In a transaction: nobody deletes the files of these meanwhile."""
    keys = {version.pk for version in needed}
    rows = ModelVersion.objects.select_for_update().filter(pk__in=keys)
    for version in rows.filter(state=ModelVersion.State.REMOVED):
        raise VersionRemoved(version.version)
