from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import IO

from django.contrib.auth.models import User

from modelops import store
from modelops.errors import VersionRemoved
from modelops.models import Door, ModelVersion, Operation

from .people_files import people_entries, repair_people_files
from .record_operation import record_operation


def export_version(
    *, version: ModelVersion, by: User | None = None, door: Door = Door.COMMAND
) -> IO[bytes]:
    """A zip archive of a version's folder, open for reading; whoever closes it deletes it.

    The files are checked first. Raises DamagedFiles, VersionRemoved, OperationFailed.
    """
    if version.state == ModelVersion.State.REMOVED:
        raise VersionRemoved(version.version)
    repair_people_files(version=version)
    folder = store.version_folder(version.folder)
    manifest = store.read_manifest(folder, digest=version.manifest_digest)
    if version.remade_files:
        # the manifest speaks of files that are no more; a copy gets one of its own
        with store.staging("export") as staged:
            store.copy_files(folder, staged, manifest["files"] | people_entries(version, manifest))
            store.seal(staged, facts=store.facts_in(manifest))
            archive = _archive(staged, version.folder)
    else:
        archive = _archive(folder, version.folder)
    record_operation(kind=Operation.Kind.EXPORT_VERSION, target=version.version, by=by, door=door)
    return archive


def _archive(folder: Path, name: str) -> IO[bytes]:
    target = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    # the large files are compressed already
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{name}/{path.name}")
    target.seek(0)
    return target
