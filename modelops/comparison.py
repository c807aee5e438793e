"""Versions side by side: what they are, how they measured, what the gate found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import OperationFailed
from modelops.gate_texts import verdict_text
from modelops.models import ModelVersion
from modelops.words import grouped, percent

NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    values: tuple[str, ...]  # one a version

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    note: str
    rows: tuple[Row, ...]


def comparison(versions: Sequence[ModelVersion]) -> list[Section]:
    """What there is to compare of versions, in the reader's language. Sections without rows go."""
    sections = [
        Section(_("Version"), "", _facts(versions)),
        Section(
            _("Thresholds"), _("The version's own; the site's come on top."), _limits(versions)
        ),
        Section(
            _("When it was trained"),
            _("Measured on texts that the model had not seen."),
            _metrics(versions),
        ),
        Section(
            _("Sealed holdout, at the gate"),
            _("Each version on the holdout of then; compare rows of the same size only."),
            _holdout(versions),
        ),
        Section(_("Gate"), "", _gate(versions)),
    ]
    return [section for section in sections if section.rows]


def files_size(version: ModelVersion) -> int | None:
    """Bytes of a version's files as its manifest has them; None when they are gone or damaged."""
    try:
        folder = store.version_folder(version.folder)
        manifest = store.read_manifest(folder, digest=version.manifest_digest)
    except OperationFailed:
        return None
    return sum(entry["size"] for entry in manifest["files"].values())


def _row(
    name: str, versions: Sequence[ModelVersion], of: Callable[[ModelVersion], str | None]
) -> Row:
    return Row(name, tuple(of(version) or NOTHING for version in versions))


def _rows(
    versions: Sequence[ModelVersion],
    trees: Sequence[Any],
    paths: Sequence[tuple[str, tuple[str, ...], Callable[[Any], str]]],
) -> tuple[Row, ...]:
    """A row for each (name, path, format) that at least one of `trees` has something at."""
    rows = []
    for name, path, form in paths:
        values = [_at(tree, path) for tree in trees]
        if any(value is not None for value in values):
            rows.append(Row(name, tuple(NOTHING if v is None else form(v) for v in values)))
    return tuple(rows)


def _at(tree: Any, path: Sequence[str]) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _facts(versions: Sequence[ModelVersion]) -> tuple[Row, ...]:
    def counted(key: str) -> Callable[[ModelVersion], str | None]:
        return lambda v: grouped(v.metadata[key]) if key in v.metadata else None

    def size(version: ModelVersion) -> str | None:
        found = files_size(version)
        return None if found is None else filesizeformat(found)

    return (
        _row(_("state"), versions, lambda v: v.get_state_display()),
        _row(_("origin"), versions, lambda v: v.get_origin_display()),
        _row(_("published"), versions, lambda v: _moment(v.created_at)),
        _row(_("published by"), versions, lambda v: str(v.created_by or "")),
        _row(_("made from"), versions, lambda v: str(v.parent or "")),
        _row(_("base"), versions, lambda v: str(v.base or "")),
        _row(_("training texts"), versions, counted("training_samples")),
        _row(_("labels of this site"), versions, counted("site_labels")),
        _row(_("features"), versions, counted("vectorizer_features")),
        _row(_("size of the files"), versions, size),
    )


def _limits(versions: Sequence[ModelVersion]) -> tuple[Row, ...]:
    trees = [version.metadata for version in versions]
    languages = sorted({key for tree in trees for key in tree.get("thresholds", {})})
    names = {"review": _("review"), "block": _("block")}
    paths: list[Any] = [
        (f"{language} · {names[kind]}", ("thresholds", language, kind), _number)
        for language in languages
        for kind in names
    ]
    paths.append((_("base rate"), ("base_rate",), _share))
    return _rows(versions, trees, paths)


def _metrics(versions: Sequence[ModelVersion]) -> tuple[Row, ...]:
    trees = [version.metadata.get("metrics") or {} for version in versions]
    heads = dict.fromkeys(head for tree in trees for head in tree)
    paths: list[Any] = [
        (f"{head} · {language} · AUC", (head, language, "auc"), _number)
        for head in heads
        for language in sorted({key for tree in trees for key in tree.get(head, {})})
    ]
    return _rows(versions, trees, paths)


def _holdout(versions: Sequence[ModelVersion]) -> tuple[Row, ...]:
    trees = [_at(version.gate, ("figures", "holdout")) or {} for version in versions]
    measures = (
        (_("texts"), ("rows",), grouped),
        ("AUC", ("auc", "challenger"), _number),
        (_("AUC of the live version then"), ("auc", "champion"), _number),
        ("F1", ("f1", "challenger"), _number),
        (_("F1 of the live version then"), ("f1", "champion"), _number),
    )
    paths: list[Any] = [
        (f"{language} · {name}", (language, *path), form)
        for language in sorted({key for tree in trees for key in tree})
        for name, path, form in measures
    ]
    return _rows(versions, trees, paths)


def _gate(versions: Sequence[ModelVersion]) -> tuple[Row, ...]:
    trees = [_at(version.gate, ("figures",)) or {} for version in versions]
    found = _rows(
        versions,
        trees,
        [
            (_("must-pass sentences"), ("must_pass", "sentences"), grouped),
            (_("of these passed"), ("must_pass", "challenger_passes"), grouped),
            (_("recent texts flagged"), ("recent", "challenger"), _share),
            (_("flagged by the live version then"), ("recent", "champion"), _share),
            (_("milliseconds a text"), ("latency", "challenger_ms"), _number),
        ],
    )
    return (_row(_("verdict"), versions, _verdict), *found)


def _verdict(version: ModelVersion) -> str:
    if version.forced:
        return _("Published without backup and gate (--force).")
    return verdict_text(version.gate)


def _number(value: float) -> str:
    return number_format(round(value, 4), use_l10n=True)


def _share(value: float) -> str:
    return f"{percent(value)} %"


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
