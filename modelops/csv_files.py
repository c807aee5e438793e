"""Reading files of labelled texts row by row, whatever their columns are called.

Nothing is held in memory but the row at hand. What is wrong with a row comes out as a `RowError`
in its place; what is wrong with the file as a whole raises `UnreadableFile`.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.utils.translation import gettext as _

from modelops.datasets import CATEGORIES
from modelops.errors import OperationFailed
from modelops.words import system_reason

MAX_TEXT = 10_000  # code points, as in the API
MAX_CELL = 4_000_000  # characters; more in one cell is a quotation mark that nobody closed
MAX_LINE = 16_000_000  # bytes
LANGUAGES = ("es", "en")
DELIMITERS = (",", "\t", ";")
GZIP_MAGIC = b"\x1f\x8b"
WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 and UTF-32 begin with one of these


class UnreadableFile(OperationFailed):
    """The file is not what it should be; the message says where and what is expected."""


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    toxic: bool
    categories: dict[str, bool]  # those that the file knows
    language: str  # "" where nobody said


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return _("line %(line)s, column “%(field)s”: %(message)s") % {
            "line": self.line,
            "field": self.field,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column says what; names are compared without regard to case."""

    text: str = "text"
    toxic: str = "toxic"
    categories: Mapping[str, str] = field(default_factory=lambda: {c: c for c in CATEGORIES})
    language_columns: tuple[str, ...] = ("language", "lang")
    language: str = ""  # of rows that name none
    labels: Mapping[str, bool] = field(default_factory=lambda: {"0": False, "1": True})


LAYOUTS = {
    "text-toxic": Layout(),
    "jigsaw": Layout(text="comment_text", language="en"),
    "youtoxic": Layout(
        toxic="istoxic",
        categories={
            "threat": "isthreat",
            "obscene": "isobscene",
            "identity_hate": "ishatespeech",
        },
        language="en",
        labels={"0": False, "1": True, "false": False, "true": True},
    ),
}


def read_rows(
    path: Path,
    *,
    layout: str = "auto",
    text_column: str = "",
    label_column: str = "",
    language: str = "",
    progress: Callable[[int], None] | None = None,
) -> Iterator[Row | RowError]:
    """Yield the rows of a CSV or TSV file, gzipped or not.

    `layout` is a key of LAYOUTS or "auto", `language` that of rows that name none; `progress` is
    called with the bytes read so far.
    """
    with opened(path) as (raw, handle), long_cells():
        lines = decoded(handle)
        first = next(lines, "")
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True)
        rows = records(reader)
        _line, names = next(rows, (1, []))
        header = [name.strip().lower() for name in names]
        chosen = _layout(layout, header, text_column, label_column)
        parse = _parser(header, replace(chosen, language=language or chosen.language))
        for line, cells in rows:
            if cells:  # an empty line is no row
                yield parse(line, cells)
            if progress:
                progress(raw.tell())


@contextmanager
def opened(source: Path | BinaryIO, name: str = "") -> Iterator[tuple[BinaryIO, IO[bytes]]]:
    """The file itself and its content; whatever goes wrong while reading becomes one sentence.

    An open file is read from its beginning and left open; `name` is what people call it.
    """
    path = name or source
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as raw:
            raw.seek(0)
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            content = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
            yield raw, content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(
            _("%(path)s is damaged: its gzip data breaks off or is wrong.") % {"path": path}
        ) from error
    except OSError as error:
        raise UnreadableFile(
            _("%(path)s cannot be read: %(reason)s")
            % {"path": path, "reason": system_reason(error)}
        ) from error


@contextmanager
def long_cells() -> Iterator[None]:
    before = csv.field_size_limit(MAX_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def decoded(handle: IO[bytes]) -> Iterator[str]:
    """The lines as text, so that a wrong byte can be told with its line."""
    for number in itertools.count(1):
        raw = handle.readline(MAX_LINE)
        if not raw:
            return
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            if number == 1 and raw.startswith(WIDE_ENCODINGS):
                raise UnicodeDecodeError("utf-8", raw, 0, 1, "UTF-16")
            yield raw.decode()
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                _("Line %(line)s is not UTF-8 (byte %(byte)s). Save the file as UTF-8.")
                % {"line": number, "byte": f"0x{error.object[error.start]:02x}"}
            ) from error


def records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Pairs of first line and cells of each record."""
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(
                _("Line %(line)s is not CSV (%(reason)s). Is a quotation mark missing?")
                % {"line": line, "reason": error}
            ) from error


def _layout(name: str, header: Sequence[str], text_column: str, label_column: str) -> Layout:
    if name == "auto":
        names = {"comment_text": "jigsaw", "istoxic": "youtoxic"}
        name = next((names[column] for column in header if column in names), "text-toxic")
    layout = LAYOUTS[name]
    layout = replace(
        layout,
        text=(text_column or layout.text).strip().lower(),
        toxic=(label_column or layout.toxic).strip().lower(),
    )
    missing = [column for column in (layout.text, layout.toxic) if column not in header]
    if missing:
        raise UnreadableFile(
            _("Missing columns: %(missing)s. The first line has: %(found)s")
            % {"missing": ", ".join(missing), "found": ", ".join(header) or "—"}
        )
    return layout


def _parser(
    header: Sequence[str], layout: Layout
) -> Callable[[int, Sequence[str]], Row | RowError]:
    place = {name: index for index, name in reversed(list(enumerate(header)))}
    categories = {c: place[name] for c, name in layout.categories.items() if name in place}
    languages = [place[name] for name in layout.language_columns if name in place]

    def parse(line: int, cells: Sequence[str]) -> Row | RowError:
        if len(cells) != len(header):
            counts = {"cells": len(cells), "columns": len(header)}
            message = _("%(cells)s cells, but the first line has %(columns)s") % counts
            return RowError(line, layout.text, message)
        text = cells[place[layout.text]]
        if message := _wrong_text(text):
            return RowError(line, layout.text, message)
        toxic = layout.labels.get(cells[place[layout.toxic]].strip().lower())
        if toxic is None:
            return RowError(line, layout.toxic, _wrong_label(cells[place[layout.toxic]]))
        known = {}
        for code, index in categories.items():
            if not (cell := cells[index].strip().lower()):
                continue  # nobody said
            if cell not in layout.labels:
                return RowError(line, header[index], _wrong_label(cell))
            known[code] = layout.labels[cell]
        language = next((cells[index].strip().lower() for index in languages), "")
        if language and language not in LANGUAGES:
            message = _("“%(language)s” is not one of: es, en") % {"language": language[:20]}
            return RowError(line, header[languages[0]], message)
        return Row(text, toxic, known, language or layout.language)

    return parse


def _wrong_text(text: str) -> str:
    if not text.strip():
        return _("the text is empty")
    if len(text) > MAX_TEXT:
        counts = {"length": len(text), "limit": MAX_TEXT}
        return _("the text has %(length)s characters; at most %(limit)s are allowed") % counts
    if "\0" in text:
        return _("the text contains a NUL character")
    return ""


def _wrong_label(cell: str) -> str:
    if not cell.strip():
        return _("the label is empty; 0 or 1 is expected")
    return _("the label is “%(label)s”; 0 or 1 is expected") % {"label": cell.strip()[:20]}
