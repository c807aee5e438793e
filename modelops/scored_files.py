"""Reading files of texts with the scores that another service gave them.

CSV with a column for each attribute, or JSON lines, of which each may be an answer of Perspective
with the text beside it. Only the row at hand is in memory. What is wrong with a row comes out as a
`RowError` in its place; what is wrong with the file as a whole raises `UnreadableFile`.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from modelops.attributes import PERSPECTIVE, attribute_named
from modelops.csv_files import (
    DELIMITERS,
    RowError,
    UnreadableFile,
    decoded,
    long_cells,
    opened,
    records,
)
from modelops.validators import check_text

FORMATS = ("auto", "csv", "jsonl")
LANGUAGE_COLUMNS = ("language", "lang")


@dataclass(frozen=True, slots=True)
class ScoredRow:
    text: str
    scores: dict[str, float]  # attribute -> 0 to 1; those that the other service gave
    language: str  # its primary code ("es", "de"); "" where nobody said


def read_scored(
    source: Path | BinaryIO,
    *,
    name: str = "",
    layout: str = "auto",
    text_column: str = "",
    progress: Callable[[int], None] | None = None,
) -> Iterator[ScoredRow | RowError]:
    """Yield the rows of a file, gzipped or not. `layout` is one of FORMATS.

    `text_column` is where the text is, by default "text"; `progress` is called with the bytes
    read so far.
    """
    column = text_column.strip() or "text"
    with opened(source, name) as (raw, handle), long_cells():
        lines = decoded(handle)
        first = next(lines, "")
        if layout == "auto":
            layout = "jsonl" if first.lstrip().startswith(("{", "[")) else "csv"
        read = _json_lines if layout == "jsonl" else _table
        for row in read(itertools.chain([first], lines), column):
            yield row
            if progress:
                progress(raw.tell())


# --- CSV ---------------------------------------------------------------------------------------


def _table(lines: Iterator[str], column: str) -> Iterator[ScoredRow | RowError]:
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    rows = records(csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True))
    _line, header = next(rows, (1, []))
    parse = _row_parser([name.strip() for name in header], column)
    for line, cells in rows:
        if cells:  # an empty line is no row
            yield parse(line, cells)


def _row_parser(
    header: Sequence[str], column: str
) -> Callable[[int, Sequence[str]], ScoredRow | RowError]:
    place = {name.lower(): index for index, name in reversed(list(enumerate(header)))}
    if column.lower() not in place:
        raise UnreadableFile(
            _("Missing columns: %(missing)s. The first line has: %(found)s")
            % {"missing": column, "found": ", ".join(header) or "—"}
        )
    text_place = place[column.lower()]
    attributes = _attribute_columns(header, text_place)
    languages = [place[name] for name in LANGUAGE_COLUMNS if name in place]

    def parse(line: int, cells: Sequence[str]) -> ScoredRow | RowError:
        if len(cells) != len(header):
            counts = {"cells": len(cells), "columns": len(header)}
            message = _("%(cells)s cells, but the first line has %(columns)s") % counts
            return RowError(line, column, message)
        given = {name: cells[index].strip() for name, index in attributes.items()}
        scores: dict[str, float | str] = {}
        for name, cell in given.items():
            if cell:  # an empty one: the service had no score for it
                scores[name] = _number(cell)
        language = next((cells[index] for index in languages if cells[index].strip()), "")
        return _row(line, column, cells[text_place], scores, language)

    return parse


def _attribute_columns(header: Sequence[str], text_place: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, name in enumerate(header):
        if index == text_place or (attribute := attribute_named(name)) is None:
            continue
        if attribute in found:
            both = {"first": header[found[attribute]], "second": name}
            raise UnreadableFile(
                _("The columns %(first)s and %(second)s hold the same attribute; leave one.") % both
            )
        found[attribute] = index
    if not found:
        raise UnreadableFile(
            _("No column holds scores; one of these is expected: %(known)s. There are: %(found)s.")
            % {"known": ", ".join(PERSPECTIVE), "found": ", ".join(header)}
        )
    return found


def _number(cell: str) -> float | str:
    try:
        return float(cell.replace(",", "."))  # as spreadsheets of many countries write it
    except ValueError:
        return cell


# --- JSON lines --------------------------------------------------------------------------------


def _json_lines(lines: Iterator[str], column: str) -> Iterator[ScoredRow | RowError]:
    for line, written in enumerate(lines, start=1):
        if not written.strip():
            continue
        try:
            entry = json.loads(written)
        except (ValueError, RecursionError):
            entry = None
        if isinstance(entry, dict):
            yield _of_entry(line, column, entry)
        elif line == 1:
            raise UnreadableFile(
                _("The first line is not a JSON object. JSON lines have one object in each line.")
            )
        else:
            yield RowError(line, column, _("not a JSON object"))


def _of_entry(line: int, column: str, entry: Mapping[str, Any]) -> ScoredRow | RowError:
    """A stored answer of Perspective, a request merged with it, or plain numbers by name."""
    text = entry.get(column)
    if text is None and isinstance(comment := entry.get("comment"), dict):
        text = comment.get("text")
    answered = entry.get("attributeScores")
    given = answered if isinstance(answered, dict) else entry
    scores: dict[str, Any] = {}
    for name, value in given.items():
        if name == column or value is None or (attribute := attribute_named(name)) is None:
            continue
        if attribute not in scores or name == attribute:  # its plain name goes before others
            scores[attribute] = _summary(value)
    return _row(line, column, text, scores, _language_of(entry))


def _summary(value: Any) -> Any:
    """The number within {"summaryScore": {"value": 0.9}}, or what stands there instead."""
    for key in ("summaryScore", "value"):
        if isinstance(value, dict) and key in value:
            value = value[key]
    return value


def _language_of(entry: Mapping[str, Any]) -> str:
    for key in (*LANGUAGE_COLUMNS, "languages", "detectedLanguages"):
        said = entry.get(key)
        if isinstance(said, list) and len(said) == 1:
            (said,) = said
        if said and isinstance(said, str):
            return said
    return ""


# --- what both have in common ------------------------------------------------------------------


def _row(
    line: int, column: str, text: Any, scores: Mapping[str, Any], language: str
) -> ScoredRow | RowError:
    if not isinstance(text, str):
        return RowError(line, column, _("no text in “%(column)s”") % {"column": column})
    try:
        check_text(text)
    except ValidationError as error:
        return RowError(line, column, " ".join(error.messages))
    if not scores:
        return RowError(line, "TOXICITY", _("no score"))
    for name, value in scores.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1:
            shown = str(value)[:20]
            message = _("a score from 0 to 1 is expected, not “%(value)s”") % {"value": shown}
            return RowError(line, name, message)
    primary = language.strip().replace("_", "-").partition("-")[0].lower()
    return ScoredRow(text, {name: float(value) for name, value in scores.items()}, primary)
