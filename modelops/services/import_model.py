from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import DamagedFiles, OperationFailed, UnusableModel
from modelops.foreign_texts import foreign_text
from modelops.ml.artifacts import NUMERIC_FILES, NumericModel, content_digest
from modelops.models import Door, LivePointer, ModelVersion, Operation

from .publish_version import NUMBER, Bump, next_version_number, publish_version
from .record_operation import record_operation
from .version_files import read_model

TIMEOUT = 600  # seconds
FIRST = "1.0.0"
LARGEST = 4_000_000_000  # bytes of the files in an archive


class NotImportable(OperationFailed):
    """What the folder holds can't be made a version of this site."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A model in numeric form, and what its manifest says; no manifest for a foreign one."""

    numeric: Path
    model: NumericModel
    manifest: dict[str, Any]


def import_model(
    *, folder: Path, trust_pickle: bool = False, by: User | None, door: Door = Door.COMMAND
) -> ModelVersion:
    """Make a version of a model that was exported elsewhere; it is not live until promoted.

    `folder` is an exported folder, also of a backup, or the archive that an export gives. Its
    manifest vouches for the numeric form, from which all else is made anew: pickles in it are
    never read. With `trust_pickle` a folder of pickles is read, once, in a child process; then
    nothing vouches for it but the caller. A model that is there already: its version.

    Raises DamagedFiles, UnusableModel, NotImportable, StoreError.
    """
    with store.staging("import") as staged, _unpacked(folder) as source:
        found = _found(source, staged, trust_pickle=trust_pickle)
        digest = content_digest(found.model)
        existing = ModelVersion.objects.filter(digest=digest).first()
        number = existing.version if existing else _number(found)
        until = found.manifest.get("labels_until")
        version = publish_version(
            numeric=found.numeric,
            version=number,
            origin=ModelVersion.Origin.IMPORTED,
            parent=_by_digest(found.manifest.get("parent")),
            base=_by_digest(found.manifest.get("base")),
            labels_until=datetime.fromisoformat(until) if until else None,
            by=by,
            door=door,
        )
    record_operation(
        kind=Operation.Kind.IMPORT_VERSION,
        target=version.version,
        by=by,
        door=door,
        before={"from": folder.name, "version": found.manifest.get("version")},
        after={"version": version.version, "digest": digest, "new": existing is None},
    )
    return version


def _found(source: Path, staged: Path, *, trust_pickle: bool) -> _Found:
    if (source / store.MANIFEST).is_file():
        return _exported(source, staged)
    pickles = source.is_file() or any(source.glob("*.pkl")) or any(source.glob("*.joblib"))
    if not pickles:
        raise NotImportable(
            _("%(folder)s is no exported version: it has no manifest.json.")
            % {"folder": source.name}
        )
    if not trust_pickle:
        raise NotImportable(
            _(
                "%(folder)s holds pickles only. Reading them could carry out whatever their maker "
                "put in; if you trust him, add --trust-pickle."
            )
            % {"folder": source.name}
        )
    return _foreign(source, staged)


def _exported(source: Path, staged: Path) -> _Found:
    """Copy the numeric form and check the copies against the manifest, and that against them."""
    try:
        manifest = json.loads((source / store.MANIFEST).read_bytes())
        entries = {name: manifest["files"][name] for name in NUMERIC_FILES}
        known, digest = manifest["format_version"] == store.FORMAT_VERSION, manifest["digest"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFiles([store.MANIFEST]) from error
    if not known:
        raise NotImportable(
            _("The manifest has format %(found)s; this release reads %(expected)s.")
            % {"found": manifest["format_version"], "expected": store.FORMAT_VERSION}
        )
    store.copy_files(source, staged, entries)
    model = read_model(staged)
    if content_digest(model) != digest:
        raise UnusableModel(_("The manifest belongs to another model."))
    return _Found(staged, model, manifest)


def _foreign(source: Path, staged: Path) -> _Found:
    command = [sys.executable, "-m", "modelops.read_foreign", str(source.resolve()), str(staged)]
    try:
        result = subprocess.run(  # noqa: S603
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        answer = json.loads(result.stdout.splitlines()[-1]) if result.stdout.strip() else None
    except subprocess.TimeoutExpired as error:
        raise NotImportable(
            _("Reading the pickles took over %(seconds)s seconds.") % {"seconds": TIMEOUT}
        ) from error
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        last = (result.stderr.strip() or str(result.returncode)).splitlines()[-1]
        raise NotImportable(_("The pickles can't be read: %(reason)s") % {"reason": last})
    if not answer["ok"]:
        raise NotImportable(foreign_text(answer["code"], answer["facts"]))
    return _Found(staged, read_model(staged), {})


def _number(found: _Found) -> str:
    """The model's own number where that is free, else the next one for its kind."""
    own = str(found.manifest.get("version", ""))
    if NUMBER.fullmatch(own) and not ModelVersion.objects.filter(version=own).exists():
        return own
    pointer = LivePointer.current()
    kept = ModelVersion.objects.exclude(state=ModelVersion.State.REMOVED).order_by("-pk")
    other = pointer.version if pointer else kept.first()
    if other is None:
        return next_version_number(bump="minor", from_version=FIRST)
    bump: Bump = "minor" if _alike(found.model, other) else "major"
    return next_version_number(bump=bump, from_version=other.version)


def _alike(model: NumericModel, version: ModelVersion) -> bool:
    """Whether a model has the features and the heads of a version."""
    try:
        other = read_model(store.version_folder(version.folder))
    except OperationFailed:
        return False
    return model.config == other.config and model.heads == other.heads


def _by_digest(digest: Any) -> ModelVersion | None:
    kept = ModelVersion.objects.exclude(state=ModelVersion.State.REMOVED)
    return kept.filter(digest=digest).first() if isinstance(digest, str) else None


@contextmanager
def _unpacked(folder: Path) -> Iterator[Path]:
    """The folder itself, or what an exported archive holds."""
    if not folder.exists():
        raise NotImportable(_("There is no %(folder)s.") % {"folder": folder})
    if folder.is_dir() or not zipfile.is_zipfile(folder):
        yield folder
        return
    with store.staging("unpacked") as target:
        try:
            with zipfile.ZipFile(folder) as archive:
                _extract(archive, target)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise NotImportable(
                _("%(folder)s is no readable archive.") % {"folder": folder.name}
            ) from error
        yield target


def _extract(archive: zipfile.ZipFile, target: Path) -> None:
    """Take the files that count, by name only, whatever paths the archive gives them."""
    wanted = {store.MANIFEST, *NUMERIC_FILES}
    entries = {Path(entry.filename).name: entry for entry in archive.infolist()}
    chosen = {name: entry for name, entry in entries.items() if name in wanted}
    if sum(entry.file_size for entry in chosen.values()) > LARGEST:
        raise zipfile.BadZipFile
    for name, entry in chosen.items():
        with archive.open(entry) as content, (target / name).open("wb") as handle:
            shutil.copyfileobj(content, handle)
