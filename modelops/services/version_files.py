"""Write the folder of a version, at its publication and when it is needed anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from django.utils.translation import gettext as _

from modelops import loading, store
from modelops.errors import UnusableModel
from modelops.ml.artifacts import (
    NUMERIC_FILES,
    PEOPLE_FILES,
    ArtifactError,
    NumericModel,
    content_digest,
    read_numeric,
)
from modelops.models import ModelVersion

from .people_files import people_files_written
from .record_damage import record_intact_version

logger = structlog.get_logger(__name__)


def read_model(folder: Path) -> NumericModel:
    """The numeric form in a folder. Raises UnusableModel."""
    try:
        return read_numeric(folder)
    except ArtifactError as error:
        raise UnusableModel(str(error)) from error


def write_version_files(
    version: ModelVersion, staged: Path, *, source: Path, entries: Mapping[str, store.Entry]
) -> None:
    """Fill a staging folder with the files of a version; seal it and try the model in it.

    `entries` describe the files that come from `source`; files for people that are not among them
    are made anew.
    """
    store.copy_files(source, staged, entries)
    if missing := [name for name in PEOPLE_FILES if name not in entries]:
        with store.staging("people") as made:
            with people_files_written(
                numeric=staged,
                target=made,
                version=version.version,
                created_at=version.created_at,
            ):
                loading.try_numeric_form(staged, version=version.version)
            store.copy_files(made, staged, store.entries_of(made, missing))
    else:
        loading.try_numeric_form(staged, version=version.version)
    store.seal(staged, facts=_facts(version))


def renew_version_files(
    *, version: ModelVersion, source: Path, entries: Mapping[str, store.Entry] | None = None
) -> None:
    """Publish the folder of a version anew; its number, its digest and its row stay.

    `source` holds its numeric form, `entries` those of the files in it that are good (left out:
    the numeric form as it is). What is in the way and bad goes to quarantine. Raises
    UnusableModel when `source` is another model.
    """
    if content_digest(read_model(source)) != version.digest:
        raise UnusableModel(
            _("%(folder)s holds another model than version %(version)s.")
            % {"folder": source.name, "version": version.version}
        )
    entries = entries or store.entries_of(source, NUMERIC_FILES)
    with store.staging(version.folder) as staged:
        write_version_files(version, staged, source=source, entries=entries)
        with store.locked():
            take_folder(version=version, digest=store.publish_version(staged, name=version.folder))
    logger.warning("model.files_renewed", version=version.version, source=source.name)


def take_folder(*, version: ModelVersion, digest: str) -> None:
    """Let the row follow the intact folder of its model, whose manifest has this digest."""
    version.manifest_digest = digest
    version.remade_files = {}
    version.state = ModelVersion.State.READY
    version.save(update_fields=["manifest_digest", "remade_files", "state"])
    record_intact_version(version=version)


def _facts(version: ModelVersion) -> dict[str, Any]:
    """What a version's manifest says besides the files."""
    sources = json.dumps(version.metadata["sources"], sort_keys=True)
    return {
        "version": version.version,
        "digest": version.digest,
        "origin": str(version.origin),
        "created_at": version.created_at.isoformat(),
        "data_fingerprint": hashlib.sha256(sources.encode()).hexdigest(),
        "parent": version.parent.digest if version.parent else None,
        "base": version.base.digest if version.base else None,
        "forced": version.forced,
        "labels_until": version.labels_until.isoformat() if version.labels_until else None,
    }
