"""Manifests: what a folder of model files holds, with size and SHA-256 of each file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelops.errors import DamagedFiles
from modelops.ml.artifacts import NUMERIC_FILES

# Version of the manifest's form. 1: people's four files, model.json and model.npz.
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "joblib", "pandas")

Entry = dict[str, Any]  # {"size": bytes, "sha256": hex}


def manifest_text(files: Mapping[str, Entry], facts: Mapping[str, Any]) -> str:
    """A manifest of `files`; `facts` are what it says besides: version, origin, base and so on."""
    manifest = {
        **facts,
        "format_version": FORMAT_VERSION,
        "libraries": _library_versions(),
        "files": files,
    }
    return json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)


def entry_of(path: Path) -> Entry:
    """Size and SHA-256 of a file, as a manifest holds them."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}


def entries_of(folder: Path, names: Iterable[str]) -> dict[str, Entry]:
    """Entries of files that no manifest describes yet. Raises DamagedFiles if one is missing."""
    try:
        return {name: entry_of(folder / name) for name in names}
    except FileNotFoundError as error:
        raise DamagedFiles([Path(error.filename).name]) from error


def read_manifest(folder: Path, *, digest: str) -> dict[str, Any]:
    """The manifest of a published folder, checked against its row's digest."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise DamagedFiles([MANIFEST]) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DamagedFiles([MANIFEST])
    return json.loads(content)


def facts_in(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a manifest was made with."""
    own = ("files", "libraries", "format_version")
    return {key: value for key, value in manifest.items() if key not in own}


def damaged_files(folder: Path, entries: Mapping[str, Entry]) -> list[str]:
    """Names of the files that are missing, unreadable or other than `entries` say."""
    bad = []
    for name, entry in entries.items():
        path = folder / name
        try:
            intact = path.stat().st_size == entry["size"] and entry_of(path) == entry
        except OSError:
            intact = False
        if not intact:
            bad.append(name)
    return bad


def check_files(folder: Path, entries: Mapping[str, Entry]) -> None:
    if bad := damaged_files(folder, entries):
        raise DamagedFiles(bad)


def check_numeric_form(folder: Path, *, manifest_digest: str) -> dict[str, Any]:
    """Check what serving depends on; return the manifest. Raises DamagedFiles."""
    manifest = read_manifest(folder, digest=manifest_digest)
    check_files(folder, {name: manifest["files"][name] for name in NUMERIC_FILES})
    return manifest


def self_consistent(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder that no row vouches for, if all files are as it says."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        good = (
            manifest["format_version"] == FORMAT_VERSION
            and set(NUMERIC_FILES) <= set(manifest["files"])
            and all(Path(name).name == name for name in manifest["files"])
            and not damaged_files(folder, manifest["files"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if good else None


def _library_versions() -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **versions}
