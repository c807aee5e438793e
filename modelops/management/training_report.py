"""What a training that ran in a terminal says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.gate_texts import verdict_text
from modelops.models import LivePointer, TrainingRun
from modelops.run_texts import reason_text, why_text
from modelops.selectors_runs import run_progress
from modelops.words import grouped, lasted, percent

ROWS = ("rows_read", "toxic", "not_toxic", "rejected")


def run_lines(run: TrainingRun) -> Iterator[str]:
    """What was learned from, and what came of it."""
    if labels := run.result.get("labels"):
        yield _(
            "Labels of this site: %(read)s read; toxic: %(toxic)s; not toxic: %(not_toxic)s; "
            "new: %(new)s."
        ) % {name: grouped(labels[name]) for name in ("read", "toxic", "not_toxic", "new")}
        yield from left_out_lines(labels)
    yield from outcome_lines(run)


def outcome_lines(run: TrainingRun) -> Iterator[str]:
    """What came of it, what the gate says, versions before and after."""
    result = run.result
    if fallback := result.get("fallback"):
        yield _("An update was not possible, so everything was trained anew: %(reason)s") % {
            "reason": why_text(fallback["code"], fallback["facts"])
        }
    if "features" in result and not result.get("new_terms"):
        yield _("Features: %(features)s") % {"features": grouped(result["features"])}
    elif "features" in result:
        yield _("Features: %(features)s, of them %(new)s from the labels of this site") % {
            "features": grouped(result["features"]),
            "new": grouped(result["new_terms"]),
        }
    if test := result.get("test"):
        yield from _test_lines(test)
    if gate := result.get("gate"):
        yield verdict_text(gate)
    yield versions_line(versions(run))


def versions(run: TrainingRun) -> dict[str, str | None]:
    """The live version before and after a run."""
    before = run.result.get("version_before") or _live()
    return {"version_before": before, "version_after": run.result.get("version_after", before)}


def _live() -> str | None:
    pointer = LivePointer.current()
    return pointer.version.version if pointer else None


def versions_line(named: Mapping[str, str | None]) -> str:
    return _("Version before: %(before)s; after: %(after)s.") % {
        "before": named["version_before"] or "—",
        "after": named["version_after"] or "—",
    }


def done_line(run: TrainingRun) -> str:
    """The summary of a run that got through."""
    if reason := reason_text(run):
        return reason
    return _("%(kind)s done in %(time)s: version %(version)s is live.") % {
        "kind": run.get_kind_display().capitalize(),
        "time": lasted(run.result.get("seconds", {}).get("all", 0.0)),
        "version": run.version.version if run.version else "—",
    }


def run_json(run: TrainingRun) -> dict[str, Any]:
    """A run for scripts, without the queue worker, who has nothing to do with it."""
    return {key: value for key, value in run_progress(run).items() if key != "worker_alive"}


def rows_line(rows: Mapping[str, int]) -> str:
    return _(
        "Rows read: %(rows_read)s; toxic: %(toxic)s; not toxic: %(not_toxic)s; "
        "rejected: %(rejected)s."
    ) % {name: grouped(rows[name]) for name in ROWS}


def label_rows(labels: Mapping[str, int]) -> dict[str, int]:
    """The counts of labels that were read, in the terms of `rows_line`."""
    left_out = ("conflicts", "held", "erased", "sealed", "too_old", "too_many")
    return {
        "rows_read": labels["read"],
        "toxic": labels["toxic"],
        "not_toxic": labels["not_toxic"],
        "rejected": sum(labels[name] for name in left_out),
    }


def left_out_lines(labels: Mapping[str, int]) -> Iterator[str]:
    """Why rows are not among the labels, one line a reason."""
    for name, text in (
        ("repeated", _("repeated texts: %(count)s")),
        ("conflicts", _("texts labelled both ways at once, left out: %(count)s")),
        ("held", _("held back until released: %(count)s")),
        ("erased", _("erased: %(count)s")),
        ("sealed", _("texts of a holdout, which only judge: %(count)s")),
        ("too_old", _("older than --days: %(count)s")),
        ("too_many", _("the oldest, beyond TOXIGUARD_MAX_TRAINING_LABELS: %(count)s")),
    ):
        if labels.get(name):
            yield "  " + text % {"count": grouped(labels[name])}


def _test_lines(test: Mapping[str, Any]) -> Iterator[str]:
    count = test["rows"]
    yield ngettext(
        "Tested with %(count)s comment that was set aside:",
        "Tested with %(count)s comments that were set aside:",
        count,
    ) % {"count": grouped(count)}
    for name, label in (
        ("auc", _("AUC")),
        ("precision", _("precision")),
        ("recall", _("recall")),
    ):
        before, after = (_share(test[when][name]) for when in ("before", "after"))
        yield f"  {label}: {before} → {after}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{percent(value)} %"
