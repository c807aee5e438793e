from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from modelops import store
from modelops.errors import DamagedFiles
from modelops.ml.artifacts import PEOPLE_FILES
from modelops.models import Door, LivePointer, Operation

from .reconcile_backups import reconcile_backups
from .reconcile_datasets import reconcile_datasets
from .reconcile_versions import reconcile_versions
from .reconciliation import Finding
from .record_damage import record_repaired_copies
from .record_operation import record_operation


@dataclass(frozen=True, slots=True)
class Report:
    """What did not fit together, and what became of it."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def left(self) -> list[Finding]:
        """What still does not fit."""
        return [finding for finding in self.findings if not finding.outcome]


def reconcile_store(*, fix: bool, by: User | None, door: Door = Door.COMMAND) -> Report:
    """Find where rows and files do not fit together; with `fix`, bring them together.

    Nothing that might be wanted is deleted: what nobody knows goes to quarantine, an interrupted
    publication is taken up, damaged files are made anew from what is good.
    """
    # so that nobody is half-way between a file and its row
    with store.locked():
        # versions before backups: a version is made anew from its backup, never from a bad one
        report = Report(
            [
                *_leftovers(fix),
                *reconcile_versions(fix=fix),
                *reconcile_backups(fix=fix),
                *reconcile_datasets(fix=fix),
                *_live_copies(fix),
            ]
        )
    if fix and report.findings:
        record_operation(
            kind=Operation.Kind.RECONCILE,
            by=by,
            door=door,
            before=dict(Counter(finding.code for finding in report.findings)),
            after=dict(Counter(finding.outcome or "left" for finding in report.findings)),
        )
    return report


def _leftovers(fix: bool) -> Iterator[Finding]:
    found = [path.name for path in store.leftovers()]
    cleared = store.clear_leftovers() if fix else []
    for name in found:
        yield Finding("leftover", f".staging/{name}", outcome="removed" if name in cleared else "")


def _live_copies(fix: bool) -> Iterator[Finding]:
    pointer = LivePointer.current()
    if pointer is None:
        return
    folder = store.version_folder(pointer.version.folder)
    try:
        entries = store.entries_of(folder, PEOPLE_FILES)
    except DamagedFiles:
        return  # reported with the version
    top = folder.parent.parent
    if not (bad := store.damaged_files(top, entries)):
        return
    if fix:
        if strange := store.strange_live_copies(folder):
            record_repaired_copies(names=strange)
        store.repair_live_copies(folder)
    yield Finding("live_copies", pointer.version.version, tuple(bad), "repaired" if fix else "")
