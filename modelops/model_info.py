"""What is live and what it needs, for terminals: as lines and as one object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from modelops import selectors
from modelops.models import Backup, LivePointer
from modelops.run_texts import step_text
from modelops.selectors_runs import active_run, run_progress, worker_alive
from modelops.words import ago, grouped, percent


def model_info() -> dict[str, Any]:
    """The state of the model: that of GET /model/status, with labels, backups, run and worker."""
    pointer = LivePointer.current()
    run = active_run()
    return {
        **selectors.model_status(),
        "origin": pointer.version.origin if pointer else None,
        "labels": label_counts(),
        "newest_backup": backup.name if (backup := _newest_backup()) else None,
        "run": run_progress(run) if run else None,
        "queue_worker_alive": worker_alive(),
    }


def label_counts() -> dict[str, int]:
    """Labels of this site that the live version learned from, and those that came since."""
    pointer = LivePointer.current()
    if pointer is None:
        return {"learned": 0, "new": 0}
    version = pointer.version
    return {
        "learned": version.metadata.get("site_labels", 0),
        "new": selectors.new_labels(version),
    }


def info_lines() -> Iterator[str]:
    """The same for people; the last line is the advice."""
    status = selectors.model_status()
    if pointer := LivePointer.current():
        metadata = status["metadata"]
        origin = pointer.version.get_origin_display()
        yield _("Live version: %(version)s (%(origin)s), %(age)s old") % {
            "version": status["version"],
            "origin": _("%(origin)s, by force") % {"origin": origin}
            if pointer.version.forced
            else origin,
            "age": status["model_age"],
        }
        yield _("Model: %(type)s, %(features)s features, %(samples)s training texts") % {
            "type": metadata["model_type"],
            "features": grouped(metadata["vectorizer_features"]),
            "samples": grouped(metadata["training_samples"]),
        }
        for language, limits in status["thresholds"].items():
            yield _("Thresholds (%(language)s): review %(review)s %%, block %(block)s %%") % {
                "language": language,
                "review": percent(limits["review"]),
                "block": percent(limits["block"]),
            }
    else:
        yield _("Live version: none")
    yield from status_lines()
    yield _backups_line(status["backups_count"])
    yield _run_line()
    yield advice_line()


def status_lines() -> Iterator[str]:
    """Labels, and why the model needs a training, if it does."""
    yield _("Labels of this site: %(learned)s learned, %(new)s new") % {
        name: grouped(count) for name, count in label_counts().items()
    }
    for reason in selectors.retraining().reasons:
        yield f"  {reason}"


def advice_line() -> str:
    return str(selectors.needs_retraining()["recommendation"])


def _backups_line(count: int) -> str:
    newest = _newest_backup()
    if newest is None:
        return _("Backups: none")
    return _("Backups: %(count)s, the newest %(name)s (version %(version)s, %(age)s)") % {
        "count": count,
        "name": newest.name,
        "version": newest.version.version,
        "age": ago(newest.created_at),
    }


def _newest_backup() -> Backup | None:
    return Backup.objects.order_by("-pk").select_related("version").first()


def _run_line() -> str:
    run = active_run()
    if run is None:
        return _("Training: none is under way")
    return _("Training: run %(run)s (%(kind)s), %(state)s, %(share)s %%, %(step)s") % {
        "run": run.pk,
        "kind": run.get_kind_display(),
        "state": run.get_state_display(),
        "share": round(100 * run.progress),
        "step": step_text(run.step) or "—",
    }
