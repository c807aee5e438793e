"""Analyses as CSV, streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from modelops.words import utc
from moderation.models import Analysis
from moderation.selectors import with_people

COLUMNS = (
    "id",
    "timestamp",
    "text",
    "toxic",
    "score",
    "decision",
    "category",
    "labels",
    "language",
    "language_certain",
    "threshold_review",
    "threshold_block",
    "model_version",
    "external_id",
    "author",
    "context",
    "source",
    "url",
    "owner",
    "revision_of",
    "label_toxic",
    "label_category",
    "label_by",
    "label_at",
)


def csv_response(analyses: QuerySet[Analysis]) -> StreamingHttpResponse:
    """The analyses, newest first, as a file to download (UTF-8)."""
    return download("analyses", csv_lines(analyses))


def download(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Lines of CSV as a file to download, while they are made."""
    file = f"{name}_{timezone.now():%Y%m%d_%H%M%S}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def csv_lines(analyses: QuerySet[Analysis]) -> Iterator[str]:
    """The header and a line for each analysis; memory holds a part of them at a time."""
    rows = with_people(analyses).order_by("-created_at", "-id").iterator(chunk_size=1000)
    return lines_of(COLUMNS, map(_cells, rows))


def lines_of(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The header, then a line for each row, safe to open in a spreadsheet."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


def safe_cell(cell: Any) -> Any:
    """A string that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.lstrip()[:1] in tuple("=+-@＝＋－＠"):
        return f"'{cell}"
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("\t", "\r", "\n") else cell


def _cells(analysis: Analysis) -> tuple[Any, ...]:
    label = analysis.newest_label
    return (
        analysis.pk,
        moment(analysis.created_at),
        analysis.text,
        truth(analysis.toxic),
        analysis.score,
        analysis.decision,
        analysis.category,
        " ".join(analysis.labels),
        analysis.language,
        truth(analysis.language_certain),
        analysis.threshold_review,
        analysis.threshold_block,
        analysis.model_version,
        analysis.external_id,
        analysis.author,
        analysis.context,
        analysis.source,
        analysis.url,
        analysis.owner.get_username() if analysis.owner else "",
        analysis.revision_of_id or "",
        *(
            (
                truth(label.toxic),
                label.category,
                label.by.get_username(),
                moment(label.created_at),
            )
            if label
            else ("", "", "", "")
        ),
    )


def truth(value: bool) -> int:
    return int(value)  # 0 and 1, as in the files of labelled texts


def moment(value: datetime | None) -> str:
    return utc(value) if value else ""


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
