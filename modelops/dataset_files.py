"""The form of a stored dataset: CSV with fixed columns, gzipped; the same rows, the same bytes."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelops.datasets import COLUMNS

TEXT, TOXIC, LANGUAGE = COLUMNS.index("text"), COLUMNS.index("toxic"), COLUMNS.index("language")


class DatasetWriter:
    """Writes rows and keeps the figures that the row of the table holds."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        self._packed = packed
        self._digest = hashlib.sha256()
        self.rows = 0
        self.toxic = 0
        self.language_counts: Counter[str] = Counter()
        self._write(COLUMNS)

    def add(self, cells: Sequence[str]) -> None:
        """Add a row with its cells in the order of COLUMNS."""
        self._write(cells)
        self.rows += 1
        self.toxic += cells[TOXIC] == "1"
        self.language_counts[cells[LANGUAGE] or "und"] += 1

    @property
    def digest(self) -> str:
        """SHA-256 of the rows as stored, before they are packed."""
        return self._digest.hexdigest()

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        content = line.getvalue().encode()
        self._digest.update(content)
        self._packed.write(content)


@contextmanager
def written_dataset(target: Path) -> Iterator[DatasetWriter]:
    # without name and time the same rows give the same file
    with (
        target.open("xb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed,
    ):
        yield DatasetWriter(packed)
