from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import loading, store
from modelops.errors import OperationFailed, UnusableModel, VersionRemoved, VersionTaken
from modelops.ml.artifacts import (
    NUMERIC_FILES,
    PEOPLE_FILES,
    ArtifactError,
    content_digest,
    read_numeric,
)
from modelops.models import Door, ModelVersion, TrainingRun

from .fence import fence
from .people_files import write_people_files

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

    Publishing the same again returns the row that is there. Raises VersionTaken when the number
    belongs to another model, LostLease when `run` is no longer ours, OperationFailed when the
    model or the disk is no good.
    """
    try:
        model = read_numeric(numeric)
    except ArtifactError as error:
        raise UnusableModel(str(error)) from error
    digest = content_digest(model)
    if existing := _published(version, digest):
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
    return row


def facts_of(version: ModelVersion) -> dict[str, Any]:
    """What a version's manifest says besides the files."""
    return {
        "version": version.version,
        "digest": version.digest,
        "origin": str(version.origin),
        "created_at": version.created_at.isoformat(),
        "data_fingerprint": _fingerprint(version.metadata["sources"]),
        "parent": version.parent.digest if version.parent else None,
        "base": version.base.digest if version.base else None,
    }


def _fingerprint(sources: Any) -> str:
    """Digest of what the model says about its training data."""
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


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


def write_version_files(
    row: ModelVersion, staged: Path, *, source: Path, entries: dict[str, store.Entry]
) -> None:
    """Fill a staging folder with a version's files, sealed and tried.

    `entries` describe which files come from `source`; files for people that are not among them are
    written anew.
    """
    store.copy_files(source, staged, entries)
    if missing := [name for name in PEOPLE_FILES if name not in entries]:
        with store.staging("people") as made:
            write_people_files(
                numeric=staged, target=made, version=row.version, created_at=row.created_at
            )
            store.copy_files(made, staged, store.entries_of(made, missing))
    store.seal(staged, facts=facts_of(row))
    loading.try_numeric_form(staged, version=row.version)


def _registered(row: ModelVersion, manifest_digest: str, run: TrainingRun | None) -> ModelVersion:
    """Insert the row, or find the one that another process inserted for the same model.

    Called with the store locked. When the row can't be, the folder does not stay either.
    """
    manifest = store.read_manifest(store.version_folder(row.folder), digest=manifest_digest)
    row.manifest_digest = manifest_digest
    row.created_at = datetime.fromisoformat(manifest["created_at"])
    try:
        with transaction.atomic():
            _check_kept(base for base in (row.base, row.parent) if base)
            row.save(force_insert=True)
            if run is not None:
                fence(run=run, version=row)
    except IntegrityError:
        if existing := _published(row.version, row.digest):
            return existing
        raise
    except (DatabaseError, OperationFailed):
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
