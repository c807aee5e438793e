from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops import store
from modelops.csv_files import Row, RowError, UnreadableFile, read_rows
from modelops.dataset_files import written_dataset
from modelops.datasets import CATEGORIES
from modelops.errors import OperationFailed
from modelops.ml.labels import text_digest
from modelops.models import Dataset, Door, ErasedText, Operation

from .changing_rows import changing_rows
from .record_damage import forget_dataset
from .record_operation import record_operation

ERRORS_SHOWN = 20


@dataclass(slots=True)
class ImportReport:
    """What was in the file. `dataset` is None after a dry run; `created` False if it was there."""

    rows_read: int = 0
    toxic: int = 0
    rejected: int = 0
    erased: int = 0  # texts that this site was told to forget; they don't come back
    duplicates: int = 0  # rows whose text came before
    conflicts: int = 0  # texts that are labelled both ways
    language_counts: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)  # the first of them
    digest: str = ""
    dataset: Dataset | None = None
    created: bool = False

    @property
    def accepted(self) -> int:
        return self.rows_read - self.rejected - self.erased

    @property
    def not_toxic(self) -> int:
        return self.accepted - self.toxic


class InvalidRows(OperationFailed):
    """Rows of the file are wrong, so nothing was imported; `report` tells which."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        head = ngettext(
            "%(count)s of %(rows)s rows is wrong; nothing was imported.",
            "%(count)s of %(rows)s rows are wrong; nothing was imported.",
            report.rejected,
        ) % {"count": report.rejected, "rows": report.rows_read}
        lines = [head, *(f"  {error}" for error in report.errors)]
        if report.rejected > len(report.errors):
            lines.append("  …")
        super().__init__("\n".join(lines))


class DatasetTaken(OperationFailed):
    """The same rows are registered for another purpose."""


def import_dataset(
    *,
    path: Path,
    name: str,
    by: User | None,
    layout: str = "auto",
    text_column: str = "",
    label_column: str = "",
    language: str = "",
    split: str = Dataset.Split.TRAIN,
    licence: str = "",
    source: str = "",
    dry_run: bool = False,
    skip_invalid: bool = False,
    door: Door = Door.COMMAND,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Register a file of labelled texts; its rows are kept under `datasets/`.

    All or nothing unless `skip_invalid`. The same rows again: the dataset that is there.
    Raises UnreadableFile, InvalidRows, DatasetTaken, StoreError.
    """
    started = timezone.now()
    rows = read_rows(
        path,
        layout=layout,
        text_column=text_column,
        label_column=label_column,
        language=language,
        progress=progress,
    )
    with store.staging("dataset") as folder:
        staged = folder / "rows.csv.gz"
        report = _keep(rows, staged)
        if report.rejected and not (skip_invalid and report.accepted):
            raise InvalidRows(report)
        if not report.accepted:
            raise UnreadableFile(_("There are no labelled texts in %(path)s.") % {"path": path})
        if dry_run:
            return report
        with store.locked():
            _check_purpose(report.digest, split)
            store.publish_dataset(staged, digest=report.digest)
            _register(
                report,
                name=name,
                by=by,
                door=door,
                split=split,
                licence=licence,
                source=source,
                started=started,
            )
    return report


def _keep(rows: Iterator[Row | RowError], target: Path) -> ImportReport:
    """Write the good rows to `target`, count everything."""
    report = ImportReport()
    texts, labels = array("Q"), array("B")  # 9 bytes a row tell duplicates and conflicts
    erased = ErasedText.objects.values_list("text_digest", flat=True)
    forgotten = {bytes.fromhex(digest) for digest in erased.iterator()}
    with written_dataset(target) as writer:
        for row in rows:
            report.rows_read += 1
            if isinstance(row, RowError):
                report.rejected += 1
                if len(report.errors) < ERRORS_SHOWN:
                    report.errors.append(row)
                continue
            if forgotten and bytes.fromhex(text_digest(row.text)) in forgotten:
                report.erased += 1
                continue
            writer.add(_cells(row))
            short_digest = hashlib.blake2b(row.text.encode(), digest_size=8).digest()
            texts.append(int.from_bytes(short_digest, "little"))
            labels.append(row.toxic)
    report.digest = writer.digest
    report.toxic = writer.toxic
    report.language_counts = writer.language_counts
    report.duplicates, report.conflicts = _repeats(texts, labels)
    return report


def _cells(row: Row) -> tuple[str, ...]:
    def label(value: bool | None) -> str:
        return "" if value is None else str(int(value))

    categories = (label(row.categories.get(code)) for code in CATEGORIES)
    return (row.text, label(row.toxic), *categories, row.language)


def _repeats(texts: array[int], labels: array[int]) -> tuple[int, int]:
    _unique, places, counts = np.unique(
        np.frombuffer(texts, dtype=np.uint64), return_inverse=True, return_counts=True
    )
    toxic = np.bincount(places, weights=np.frombuffer(labels, dtype=np.uint8))
    return len(texts) - len(counts), int(((toxic > 0) & (toxic < counts)).sum())


def _check_purpose(digest: str, split: str) -> None:
    existing = Dataset.objects.filter(digest=digest).first()
    if existing and existing.split != split:
        raise DatasetTaken(
            _("These rows are registered as “%(name)s” for another purpose: %(split)s.")
            % {"name": existing.name, "split": existing.get_split_display()}
        )


def _register(
    report: ImportReport,
    *,
    name: str,
    by: User | None,
    door: Door,
    split: str,
    licence: str,
    source: str,
    started: datetime,
) -> None:
    """Find or make the row. Called with the store locked; without a row the file does not stay."""
    try:
        with changing_rows():
            report.dataset, report.created = Dataset.objects.get_or_create(
                digest=report.digest,
                defaults={
                    "name": name,
                    "rows": report.accepted,
                    "toxic_rows": report.toxic,
                    "split": split,
                    "licence": licence,
                    "source": source,
                    "language_counts": dict(report.language_counts),
                    "imported_by": by,
                },
            )
            # whoever erased a text since the rows were read did not know of this file
            ErasedText.objects.filter(erased_at__gte=started).update(purged_at=None)
            forget_dataset(pk=report.dataset.pk)
            if report.created:
                record_operation(
                    kind=Operation.Kind.IMPORT_DATASET,
                    target=name,
                    by=by,
                    door=door,
                    after={"digest": report.digest, "rows": report.accepted, "split": split},
                )
    except OperationFailed:
        with suppress(OperationFailed, DatabaseError):
            if not Dataset.objects.filter(digest=report.digest).exists():
                store.remove_dataset(report.digest)
        raise
