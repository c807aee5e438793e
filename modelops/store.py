"""The only module that touches models_store/.

What is published here never changes: files are written into `.staging/`, synced, described by a
manifest that is written last, and moved to their final name by one rename. So a crash leaves the
old state, the new state, or an orphan that nothing points to.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.utils.translation import gettext as _

from modelops.errors import DamagedFiles, StoreError
from modelops.exclusive import Busy, FileLock
from modelops.manifests import FORMAT_VERSION as FORMAT_VERSION
from modelops.manifests import MANIFEST as MANIFEST
from modelops.manifests import Entry, damaged_files, entries_of, entry_of, manifest_text
from modelops.manifests import check_files as check_files
from modelops.manifests import check_numeric_form as check_numeric_form
from modelops.manifests import facts_in as facts_in
from modelops.manifests import read_manifest as read_manifest
from modelops.manifests import self_consistent as self_consistent
from modelops.ml.artifacts import NUMERIC_FILES, PEOPLE_FILES
from modelops.starter_digests import STARTER_DIGESTS
from modelops.words import system_reason

STARTER_VERSION = "1.0.0"

LEFTOVER_AFTER = timedelta(hours=6)  # nobody works that long on a staging folder

_lock = FileLock(patience=60)  # seconds


def version_folder(name: str) -> Path:
    return settings.MODELS_STORE_DIR / "versions" / name


def backup_folder(name: str) -> Path:
    return settings.MODELS_STORE_DIR / "backups" / name


def datasets_folder() -> Path:
    return settings.MODELS_STORE_DIR / "datasets"


def dataset_file(digest: str) -> Path:
    return datasets_folder() / f"{digest[:12]}.csv.gz"


def cache_file(name: str) -> Path:
    """A file that saves work and may be missing at any time, for nobody else's eyes."""
    folder = _made("cache")
    folder.chmod(0o700)
    return folder / name


# --- writing ---------------------------------------------------------------------------------


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time change published files together with their rows.

    Without it `reconcile_store` would take a folder whose row is about to follow for an orphan.
    The kernel frees the lock when its holder dies. Never wait for it inside a transaction.
    Raises StoreError when another process holds it for too long.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_lock.held(settings.MODELS_STORE_DIR / ".lock"))
        except OSError as error:
            raise _unwritable(error, settings.MODELS_STORE_DIR) from error
        except Busy as error:
            raise StoreError(
                _("Another process has been changing the model files for over %(seconds)s seconds.")
                % {"seconds": round(_lock.patience)}
            ) from error
        yield


@contextmanager
def staging(label: str) -> Iterator[Path]:
    """A private folder in the store's own file system, removed unless it was published.

    Raises StoreError for a full disk, a read-only folder and the like.
    """
    folder = None
    try:
        # host and process tell later whether anybody still works on it
        prefix = f"{label}-{_this_host()}-{os.getpid()}-"
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_made(".staging")))
        yield folder
    except OSError as error:
        raise _unwritable(error, folder) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def copy_files(source: Path, target: Path, entries: Mapping[str, Entry]) -> None:
    """Copy what `entries` describes and check the copies. Raises DamagedFiles."""
    for name in entries:
        try:
            shutil.copyfile(source / name, target / name)
        except FileNotFoundError as error:
            raise DamagedFiles([name]) from error
    check_files(target, entries)


def seal(folder: Path, *, facts: Mapping[str, Any]) -> str:
    """Sync every file of a staged folder, write its manifest last; return the manifest's SHA-256.

    `facts` are what the manifest says besides the files: version, origin, base, parent and so on.
    """
    files = {}
    for path in sorted(folder.iterdir()):
        path.chmod(0o444)
        _sync(path)
        files[path.name] = entry_of(path)
    path = folder / MANIFEST
    path.write_text(manifest_text(files, facts), encoding="utf-8")
    path.chmod(0o444)
    _sync(path)
    folder.chmod(0o755)
    _sync(folder)
    return entry_of(path)["sha256"]


def publish_version(staged: Path, *, name: str) -> str:
    """Move a sealed folder to `versions/<name>`; return the digest of the manifest there.

    If another process published the same in the meantime, its folder stays; anything else of
    that name goes to quarantine.
    """
    numeric = entries_of(staged, NUMERIC_FILES)
    _made("versions")
    while not _moved(staged, version_folder(name)):
        if digest := intact_version(name, numeric):
            return digest
        quarantine(version_folder(name))
    return entry_of(version_folder(name) / MANIFEST)["sha256"]


def intact_version(name: str, numeric: Mapping[str, Entry]) -> str | None:
    """Digest of the manifest of `versions/<name>` if that is intact and holds this numeric form.

    So a publication that a crash cut off before its row was written is taken up again.
    """
    folder = version_folder(name)
    try:
        content = (folder / MANIFEST).read_bytes()
        files = json.loads(content)["files"]
        same = all(files[name] == entry for name, entry in numeric.items())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    intact = same and not damaged_files(folder, files)
    return hashlib.sha256(content).hexdigest() if intact else None


def publish_backup(staged: Path, *, taken: Callable[[str], bool]) -> str:
    """Move a sealed folder to `backups/`; return its name, the first free one from now on.

    A name is free when there is no folder of it and it is not `taken`, as the rows say.
    """
    _made("backups")
    moment = datetime.now(UTC)
    while True:
        name = f"model_backup_{moment:%Y%m%d_%H%M%S}"
        if not taken(name) and _moved(staged, backup_folder(name)):
            return name
        moment += timedelta(seconds=1)


def publish_dataset(staged: Path, *, digest: str) -> None:
    """Move a file of labelled texts to `datasets/`, for nobody else's eyes."""
    folder = _made("datasets")
    folder.chmod(0o700)
    staged.chmod(0o600)
    _sync(staged)
    staged.rename(dataset_file(digest))
    _sync(folder)


def remove_dataset(digest: str) -> None:
    """Delete a file of labelled texts, whether it is there or not."""
    remove_text_file(dataset_file(digest))


def remove_text_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync(path.parent)
    except OSError as error:
        raise _unwritable(error, path) from error


def replace_files(source: Path, target: Path, names: Sequence[str]) -> None:
    """Put read-only copies of files in `source` in the place of those in `target`, by renames."""
    with staging("copies") as folder:
        for name in names:
            shutil.copyfile(source / name, folder / name)
            (folder / name).chmod(0o444)
            _sync(folder / name)
        for name in names:
            (folder / name).replace(target / name)
        _sync(target)


def replace_live_copies(folder: Path) -> None:
    """Let people's copies at the top follow `folder`."""
    replace_files(folder, settings.MODELS_STORE_DIR, PEOPLE_FILES)


def repair_live_copies(folder: Path) -> list[str]:
    """Replace those copies at the top that are not `folder`'s; strange ones go to quarantine."""
    top = settings.MODELS_STORE_DIR
    bad = damaged_files(top, entries_of(folder, PEOPLE_FILES))
    for name in strange_live_copies(folder):
        quarantine(top / name)
    replace_files(folder, top, bad)
    return bad


def strange_live_copies(folder: Path) -> list[str]:
    """Names of those copies at the top that come from no version; others are only out of date."""
    top = settings.MODELS_STORE_DIR
    bad = damaged_files(top, entries_of(folder, PEOPLE_FILES))
    return [name for name in bad if (top / name).exists() and not _is_a_versions(top / name)]


def _is_a_versions(path: Path) -> bool:
    if not path.is_file():
        return False
    own = {path.name: entry_of(path)}
    versions = settings.MODELS_STORE_DIR.glob("versions/*/")
    return any(not damaged_files(folder, own) for folder in versions)


def quarantine(path: Path) -> Path:
    """Move a bad file or folder out of the way, for a person to look at."""
    stem = f"{datetime.now(UTC):%Y%m%d_%H%M%S}-{path.parent.name}-{path.name}"
    try:
        folder = _made("quarantine")
        folder.chmod(0o700)  # there may be labelled texts among it
        target = Path(tempfile.mkdtemp(prefix=f"{stem}-", dir=folder))
        moved = path.rename(target / path.name)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(error, path) from error
    return moved


def remove(folder: Path) -> None:
    """Delete a published folder: out of its place by one rename, then file by file."""
    with staging("removed") as rubbish:
        try:
            folder.rename(rubbish / folder.name)
        except FileNotFoundError:
            return
        _sync(folder.parent)


def leftovers() -> list[Path]:
    """Staging folders of processes that are gone, and those that are too old to be worked on."""
    folder = settings.MODELS_STORE_DIR / ".staging"
    return sorted(path for path in folder.glob("*") if _is_left_over(path))


def clear_leftovers() -> list[str]:
    """Delete leftovers; return the names of those that are gone now."""
    cleared = []
    for path in leftovers():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        if not path.exists():
            cleared.append(path.name)
    return cleared


# --- checking --------------------------------------------------------------------------------


def check_starter() -> Path:
    """The folder of the starter, checked against the digests that the code pins."""
    folder = settings.STARTER_DIR
    bad = [
        name
        for name in NUMERIC_FILES
        if not (folder / name).is_file()
        or entry_of(folder / name)["sha256"] != STARTER_DIGESTS.get(name)
    ]
    if bad:
        raise DamagedFiles(f"starter/{name}" for name in bad)
    return folder


@contextmanager
def open_dataset(digest: str) -> Iterator[TextIO]:
    """The rows of an imported dataset as CSV. Raises DamagedFiles if the file is gone."""
    with open_texts(dataset_file(digest)) as handle:
        yield handle


@contextmanager
def open_texts(path: Path) -> Iterator[TextIO]:
    """The rows in a file of labelled texts as CSV. Raises DamagedFiles if the file is gone."""
    if not path.is_file():
        raise DamagedFiles([path.name])
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        yield handle


def files_of_texts() -> list[Path]:
    """Every file of labelled texts, those in quarantine, too."""
    top = settings.MODELS_STORE_DIR
    return sorted([*top.glob("datasets/*.csv.gz"), *top.glob("quarantine/*/*.csv.gz")])


def rows_digest(path: Path) -> str:
    """SHA-256 of the rows in a file of labelled texts. Raises DamagedFiles."""
    try:
        with gzip.open(path, "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedFiles([path.name]) from error


def names_in(kind: str) -> list[str]:
    """What is in `versions`, `backups` or `datasets`, whatever it is."""
    folder = settings.MODELS_STORE_DIR / kind
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def cache_files() -> list[Path]:
    return sorted((settings.MODELS_STORE_DIR / "cache").glob("*"))


# --- details ---------------------------------------------------------------------------------


def _is_left_over(path: Path) -> bool:
    try:
        age = time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return False
    _label, host, process, _random = ("", "", "", *path.name.rsplit("-", 3))[-4:]
    here = host == _this_host() and process.isdecimal()
    return age > LEFTOVER_AFTER.total_seconds() or (here and not _runs(int(process)))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _unwritable(error: OSError, path: Path | str | None) -> StoreError:
    return StoreError(
        _("The model files cannot be written (%(reason)s): %(path)s")
        % {"reason": system_reason(error), "path": error.filename2 or error.filename or path}
    )


def _this_host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _made(name: str) -> Path:
    folder = settings.MODELS_STORE_DIR / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _moved(staged: Path, target: Path) -> bool:
    """Rename a folder to a name that must be free; False when it is not."""
    try:
        staged.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    _sync(target.parent)
    return True


def _sync(path: Path) -> None:
    """Make a file's contents, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
