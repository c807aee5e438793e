from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import loading, store
from modelops.errors import UnusableModel, VersionTaken
from modelops.ml.artifacts import NUMERIC_FILES, ArtifactError, content_digest, read_numeric
from modelops.models import ModelVersion

from .people_files import write_people_files

logger = structlog.get_logger(__name__)


def publish_version(
    *,
    numeric: Path,
    version: str,
    origin: ModelVersion.Origin,
    by: User | None,
    parent: ModelVersion | None = None,
    base: ModelVersion | None = None,
) -> ModelVersion:
    """Publish the numeric form in the folder `numeric` as a version; it is not live yet.

    Publishing the same again returns the row that is there. Raises VersionTaken when the number
    belongs to another model, OperationFailed when the model or the disk is no good.
    """
    try:
        model = read_numeric(numeric)
    except ArtifactError as error:
        raise UnusableModel(str(error)) from error
    digest = content_digest(model)
    if existing := _published(version, digest):
        return existing
    name = f"{version}-{digest[:12]}"
    facts = {
        "version": version,
        "digest": digest,
        "origin": str(origin),
        "created_at": timezone.now().isoformat(),
        "data_fingerprint": _fingerprint(model.metadata["sources"]),
        "parent": parent.digest if parent else None,
        "base": base.digest if base else None,
    }
    manifest_digest = _write(numeric, name=name, facts=facts)
    manifest = store.read_manifest(store.version_folder(name), digest=manifest_digest)
    row = ModelVersion(
        version=version,
        digest=digest,
        folder=name,
        manifest_digest=manifest_digest,
        origin=origin,
        parent=parent,
        base=base,
        created_at=datetime.fromisoformat(manifest["created_at"]),
        created_by=by,
        metadata=model.metadata,
    )
    return _registered(row)


def _registered(row: ModelVersion) -> ModelVersion:
    """Insert the row, or find the one that another process inserted for the same model."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if existing := _published(row.version, row.digest):
            return existing
        raise
    logger.info(
        "model.published",
        version=row.version,
        digest=row.digest,
        origin=str(row.origin),
        by=str(row.created_by or ""),
    )
    return row


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


def _write(numeric: Path, *, name: str, facts: dict[str, Any]) -> str:
    """Write the version's folder, try the model in it; return the digest of its manifest."""
    entries = store.entries_of(numeric, NUMERIC_FILES)
    if manifest_digest := store.intact_version(name, entries):
        return manifest_digest
    with store.staging(name) as staged:
        store.copy_files(numeric, staged, entries)
        write_people_files(
            numeric=staged,
            target=staged,
            version=facts["version"],
            created_at=datetime.fromisoformat(facts["created_at"]),
        )
        manifest_digest = store.seal(staged, facts=facts)
        loading.try_numeric_form(staged, version=facts["version"])
        return store.publish_version(staged, name=name)
