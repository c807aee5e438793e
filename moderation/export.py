"""Analyses as CSV, streamed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

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
    name = f"analyses_{timezone.now():%Y%m%d_%H%M%S}.csv"
    return StreamingHttpResponse(
        csv_lines(analyses),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_lines(analyses: QuerySet[Analysis]) -> Iterator[str]:
    """The header and a line for each analysis; memory holds a part of them at a time."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    rows = with_people(analyses).order_by("-created_at", "-id").iterator(chunk_size=1000)
    for analysis in rows:
        yield writer.writerow([safe_cell(cell) for cell in _cells(analysis)])


def safe_cell(cell: Any) -> Any:
    """A string that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.lstrip()[:1] in tuple("=+-@＝＋－＠"):
        return f"'{cell}"
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("\t", "\r", "\n") else cell


def _cells(analysis: Analysis) -> tuple[Any, ...]:
    label = analysis.newest_label
    return (
        analysis.pk,
        _moment(analysis.created_at),
        analysis.text,
        _truth(analysis.toxic),
        analysis.score,
        analysis.decision,
        analysis.category,
        " ".join(analysis.labels),
        analysis.language,
        _truth(analysis.language_certain),
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
                _truth(label.toxic),
                label.category,
                label.by.get_username(),
                _moment(label.created_at),
            )
            if label
            else ("", "", "", "")
        ),
    )


def _truth(value: bool) -> int:
    return int(value)  # 0 and 1, as in the files of labelled texts


def _moment(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
