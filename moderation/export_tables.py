"""What people did, as CSV: one file for each kind of row, streamed, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import StreamingHttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moderation.export import csv_response, download, lines_of, moment, truth
from moderation.models import (
    Analysis,
    AnalysisLabel,
    Appeal,
    CommunityReport,
    Note,
    ReviewDecision,
    Term,
)
from moderation.selectors_decisions import standing_decisions

CHUNK = 1000  # rows that are in memory at a time


@dataclass(frozen=True, slots=True)
class Table:
    label: Promise
    columns: tuple[str, ...]
    rows: Callable[[], QuerySet[Any]]
    cells: Callable[[Any], Sequence[Any]]


def table_response(name: str) -> StreamingHttpResponse:
    """The table `name` of NAMES as a file to download. Raises KeyError."""
    if name == "analyses":
        return csv_response(Analysis.objects.filter(erased_at__isnull=True))
    return download(name, table_lines(name))


def table_lines(name: str) -> Iterator[str]:
    """Header and rows of one of TABLES. Erased texts are empty in it, their figures stay."""
    table = TABLES[name]
    rows = table.rows().order_by("pk").iterator(chunk_size=CHUNK)
    return lines_of(table.columns, map(table.cells, rows))


def _figure(row: Analysis) -> Sequence[Any]:
    return (
        row.pk,
        moment(row.created_at),
        truth(row.toxic),
        row.score,
        row.decision,
        row.category,
        " ".join(row.labels),
        row.language,
        row.source,
        row.text_length,
        row.threshold_review,
        row.threshold_block,
        row.model_version,
        moment(row.erased_at),
    )


def _decisions() -> QuerySet[ReviewDecision]:
    people = ReviewDecision.objects.select_related("by", "policy", "reversal", "item")
    return people.annotate(external_id=Subquery(_external_id()))


def _decision(row: Any) -> Sequence[Any]:
    return (
        row.pk,
        row.analysis_id,
        row.external_id,
        row.item_id,
        row.item.kind,
        row.action,
        row.mode,
        row.category,
        row.reason,
        row.reply,
        row.by.get_username(),
        moment(row.created_at),
        row.policy.number,
        row.batch_id or "",
        row.reverses_id or "",
        truth(hasattr(row, "reversal")),
        row.model_version,
        "" if row.model_toxic is None else truth(row.model_toxic),
        "" if row.waited is None else round(row.waited.total_seconds(), 1),
    )


def _label(row: AnalysisLabel) -> Sequence[Any]:
    return (
        row.pk,
        row.analysis_id,
        truth(row.toxic),
        row.category,
        row.by.get_username(),
        moment(row.created_at),
        row.weight,
        truth(row.sealed),
        row.decision_id or "",
        moment(row.withdrawn_at),
    )


def _appeals() -> QuerySet[Appeal]:
    verdict = standing_decisions().filter(item=OuterRef("item")).order_by("-pk")
    return Appeal.objects.select_related("by", "item").annotate(
        outcome=Subquery(verdict.values("action")[:1])
    )


def _appeal(row: Any) -> Sequence[Any]:
    return (
        row.pk,
        row.item.analysis_id,
        row.item_id,
        row.text,
        truth(row.by_author),
        row.by.get_username(),
        moment(row.created_at),
        row.item.state,
        row.outcome or "",
    )


def _report(row: CommunityReport) -> Sequence[Any]:
    return (
        row.pk,
        row.analysis_id,
        row.reporter,
        row.category,
        row.reason,
        row.by.get_username(),
        moment(row.created_at),
    )


def _note(row: Note) -> Sequence[Any]:
    return (row.pk, row.analysis_id, row.text, row.by.get_username(), moment(row.created_at))


def _term(row: Term) -> Sequence[Any]:
    return (
        row.pk,
        row.pattern,
        row.language,
        row.action,
        row.category,
        row.match,
        row.reason,
        truth(row.starter),
        row.created_by.get_username() if row.created_by else "",
        moment(row.created_at),
        moment(row.expires_at),
        row.removed_by.get_username() if row.removed_by else "",
        moment(row.removed_at),
    )


def _external_id() -> QuerySet[Analysis, Any]:
    return Analysis.objects.filter(pk=OuterRef("analysis")).values("external_id")


def _with(model: type[Model], *names: str) -> Callable[[], QuerySet[Any]]:
    return lambda: model._default_manager.select_related(*names)


_FIGURES = (
    "id",
    "created_at",
    "toxic",
    "score",
    "decision",
    "category",
    "labels",
    "language",
    "source",
    "text_length",
    "threshold_review",
    "threshold_block",
    "model_version",
    "erased_at",
)
TABLES = {
    "figures": Table(
        _("figures of all analyses, erased ones too"),
        _FIGURES,
        lambda: Analysis.objects.only(*_FIGURES),
        _figure,
    ),
    "decisions": Table(
        _("decisions"),
        (
            "id",
            "analysis",
            "external_id",
            "item",
            "kind",
            "action",
            "mode",
            "category",
            "reason",
            "reply",
            "by",
            "created_at",
            "policy",
            "batch",
            "reverses",
            "undone",
            "model_version",
            "model_toxic",
            "waited_seconds",
        ),
        _decisions,
        _decision,
    ),
    "labels": Table(
        _("right answers"),
        (
            "id",
            "analysis",
            "toxic",
            "category",
            "by",
            "created_at",
            "weight",
            "sealed",
            "decision",
            "withdrawn_at",
        ),
        _with(AnalysisLabel, "by"),
        _label,
    ),
    "appeals": Table(
        _("appeals"),
        (
            "id",
            "analysis",
            "item",
            "text",
            "by_author",
            "by",
            "created_at",
            "state",
            "outcome",
        ),
        _appeals,
        _appeal,
    ),
    "reports": Table(
        _("reports"),
        ("id", "analysis", "reporter", "category", "reason", "by", "created_at"),
        _with(CommunityReport, "by"),
        _report,
    ),
    "notes": Table(
        _("notes"),
        ("id", "analysis", "text", "by", "created_at"),
        _with(Note, "by"),
        _note,
    ),
    "terms": Table(
        _("terms"),
        (
            "id",
            "pattern",
            "language",
            "action",
            "category",
            "match",
            "reason",
            "starter",
            "created_by",
            "created_at",
            "expires_at",
            "removed_by",
            "removed_at",
        ),
        _with(Term, "created_by", "removed_by"),
        _term,
    ),
}
NAMES = ("analyses", *TABLES)
