"""Files of texts, in and out: CSV with a header, or JSON lines. What is wrong is told by row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from modelops.validators import check_text
from modelops.words import system_reason
from moderation.unscored_texts import problem_of

SHOWN = 10  # of the wrong rows


class BadFile(ValueError):
    """The file can't be used; the message names what is wrong, by row where it can."""


@dataclass(frozen=True, slots=True)
class RefusedText:
    """A text that can't be scored, and why (a code of unscored_texts.py)."""

    row: int
    text: str
    problem: str


def read_texts(
    path: Path, *, column: str, refused: list[RefusedText] | None = None
) -> list[dict[str, Any]]:
    """All rows of a file, each with a valid text in `column`. Raises BadFile.

    Rows are counted as a spreadsheet does: in a CSV file the header is row 1. With `refused`,
    rows whose text can't be scored are put there, and are no reason to refuse the file.
    """
    lines = path.suffix in (".jsonl", ".ndjson")
    rows: list[dict[str, Any]] = []
    wrong: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            pairs = _json_lines(handle) if lines else _csv_rows(handle, column)
            for number, row in pairs:
                if refused is not None and (bad := _refused(number, row, column)):
                    refused.append(bad)
                elif problem := _problem(row, column):
                    wrong.append(
                        _("row %(row)s: %(problem)s") % {"row": number, "problem": problem}
                    )
                elif isinstance(row, dict):
                    rows.append(row)
    except UnicodeDecodeError as error:
        raise BadFile(_wrong_encoding(path, error)) from error
    except OSError as error:
        raise BadFile(
            _("%(file)s can't be read: %(reason)s") % {"file": path, "reason": system_reason(error)}
        ) from error
    if wrong:
        more = len(wrong) - SHOWN
        tail = ["…", _("and %(count)s more") % {"count": more}] if more > 0 else []
        raise BadFile(
            "\n".join([_("%(file)s was not used:") % {"file": path}, *wrong[:SHOWN], *tail])
        )
    if not rows and not refused:
        raise BadFile(_("%(file)s has no rows.") % {"file": path})
    return rows


def _csv_rows(handle: Any, column: str) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(2**31 - 1)  # a longer cell is told with its length, by row
    first = handle.readline()
    handle.seek(0)
    delimiter = next(
        (d for d in ";\t" if column in next(csv.reader([first], delimiter=d), [])), ","
    )
    reader = csv.reader(handle, delimiter=delimiter, strict=True)
    number = 1
    try:
        header = next(reader, None)
        if header is None:
            raise BadFile(_("The file is empty."))
        if column not in header:
            raise BadFile(
                _("There is no column “%(column)s”; there are: %(found)s.")
                % {"column": column, "found": ", ".join(header)}
            )
        for number, cells in enumerate(reader, start=2):
            if cells and len(cells) != len(header):
                yield (
                    number,
                    _("%(count)s cells instead of %(expected)s")
                    % {
                        "count": len(cells),
                        "expected": len(header),
                    },
                )
            elif cells:
                yield number, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise BadFile(
            _("After row %(row)s the file is not CSV: %(error)s") % {"row": number, "error": error}
        ) from error


def _json_lines(handle: Any) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(handle, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield number, _("not JSON")
        else:
            yield number, row if isinstance(row, dict) else _("not a JSON object")


def _problem(row: Any, column: str) -> str:
    """What is wrong with a row, "" when nothing is; a row that is no dict is its own problem."""
    if not isinstance(row, dict):
        return str(row)
    text = row.get(column)
    if not isinstance(text, str):
        return _("no text in “%(column)s”") % {"column": column}
    try:
        check_text(text)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _refused(number: int, row: Any, column: str) -> RefusedText | None:
    text = row.get(column) if isinstance(row, dict) else None
    if not isinstance(text, str) or not (problem := problem_of(text)):
        return None
    return RefusedText(row=number, text=text, problem=problem)


def _wrong_encoding(path: Path, error: UnicodeDecodeError) -> str:
    # The decoder counts from the start of its block; count again, from the start of the file.
    data = path.read_bytes()
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as exact:
        row = data.count(b"\n", 0, exact.start) + 1
        byte = data[exact.start]
        return _(
            "%(file)s is not UTF-8: line %(line)s has the byte 0x%(byte)s. Save it as UTF-8."
        ) % {"file": path, "line": row, "byte": f"{byte:02x}"}
    return str(error)


@contextmanager
def written_at_once(path: Path) -> Iterator[TextIO]:
    """A text file that has its name when it is complete, for its owner only; .gz is packed."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as raw:
            packed: Any = raw
            if path.suffix == ".gz":
                packed = gzip.GzipFile(path.stem, "wb", fileobj=raw)
            handle = io.TextIOWrapper(packed, "utf-8", newline="")
            yield handle
            handle.detach()
            if packed is not raw:
                packed.close()
            raw.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
