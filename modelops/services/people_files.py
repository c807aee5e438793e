from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import OperationFailed
from modelops.ml.artifacts import PEOPLE_FILES
from modelops.models import ModelVersion

from .record_damage import record_repaired_version

# seconds. It takes three of computing, but a machine that is busy with others gives it few
TIMEOUT = 900
_COMMAND = [sys.executable, "-m", "modelops.write_people_files"]

Writer = subprocess.Popen[str]
_ready: list[Writer] = []  # processes that have their imports behind them, or are at it
_changing = threading.Lock()


class PeopleFilesFailed(OperationFailed):
    pass


def prepare_writer() -> None:
    """Start the process that will write the next files for people.

    Its imports take longer than the writing; whoever knows that there will be a version to publish
    lets them happen beside the work that comes before.
    """
    with suppress(OSError), _changing:
        if not _ready:
            _ready.append(_started())


@contextmanager
def no_writer_left() -> Iterator[None]:
    """At the end no prepared process is left that nobody needed."""
    try:
        yield
    finally:
        while writer := _taken():
            _dismiss(writer)


@contextmanager
def people_files_written(
    *, numeric: Path, target: Path, version: str, created_at: datetime
) -> Iterator[None]:
    """Write the .pkl and text files from a numeric form, in a child process.

    The `with` block may do something else meanwhile; at its end they are there.
    """
    order = json.dumps([str(numeric), str(target), version, created_at.isoformat()])
    try:
        with _taken() or _started() as process:
            try:
                _give(process, order)
                yield
                _output, errors = process.communicate(timeout=TIMEOUT)
            except BaseException:
                process.kill()
                raise
        status = process.returncode
        failure = "" if status == 0 else errors.strip() or f"{status}"
    except subprocess.TimeoutExpired:
        failure = _("it took over %(seconds)s seconds") % {"seconds": TIMEOUT}
    if failure:
        raise PeopleFilesFailed(
            _("The files for people could not be written: %(reason)s")
            % {"reason": failure.splitlines()[-1]}
        )


def _give(process: Writer, order: str) -> None:
    """Let a process begin. One that is gone says why when it is asked how it ended."""
    given, process.stdin = process.stdin, None
    with suppress(BrokenPipeError):
        if given is not None:
            with given:
                given.write(order)


def _started() -> Writer:
    return subprocess.Popen(  # noqa: S603
        _COMMAND,
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _taken() -> Writer | None:
    """A prepared process that is alive, which is the caller's now."""
    while True:
        with _changing:
            if not _ready:
                return None
            writer = _ready.pop()
        if writer.poll() is None:
            return writer
        _dismiss(writer)


def _dismiss(writer: Writer) -> None:
    writer.kill()
    writer.communicate()


def people_entries(version: ModelVersion, manifest: dict) -> dict[str, store.Entry]:
    """What the .pkl and text files of a version must be."""
    return {name: manifest["files"][name] for name in PEOPLE_FILES} | version.remade_files


def repair_people_files(*, version: ModelVersion) -> list[str]:
    """Make bad .pkl and text files of a version anew from its numeric form.

    Returns the names of those that were bad; they are in quarantine now. Nothing is unpickled.
    Raises DamagedFiles when the numeric form itself is bad, OperationFailed when writing fails.
    """
    folder = store.version_folder(version.folder)
    manifest = store.check_numeric_form(folder, manifest_digest=version.manifest_digest)
    bad = store.damaged_files(folder, people_entries(version, manifest))
    if not bad:
        return []
    with store.staging("repair") as staged:
        with people_files_written(
            numeric=folder, target=staged, version=version.version, created_at=version.created_at
        ):
            pass  # nothing else to do
        with store.locked():
            version.refresh_from_db(fields=["remade_files"])
            bad = store.damaged_files(folder, people_entries(version, manifest))
            for name in bad:
                if (folder / name).exists():
                    store.quarantine(folder / name)
            store.replace_files(staged, folder, bad)
            version.remade_files = {**version.remade_files, **store.entries_of(folder, bad)}
            version.save(update_fields=["remade_files"])
    if bad:  # else another process was faster
        record_repaired_version(version=version, names=bad)
    return bad
