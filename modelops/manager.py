"""The life of the model from Python: for `manage.py shell`, scripts and notebooks.

    from modelops.manager import ModelManager

    manager = ModelManager()
    manager.get_model_status()
    manager.incremental_training(pandas.DataFrame({"text": [...], "toxic": [...]}))

Everything goes through the same services as commands, admin and API, with the same backups, gate
and journal. docs/operations.md has the cell that a notebook begins with.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import selectors, store
from modelops.datasets import CATEGORIES
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.manifests import check_numeric_form
from modelops.ml.artifacts import read_numeric, to_scikit_learn
from modelops.models import Backup, Door, LivePointer, ModelVersion, TrainingRun
from modelops.run_texts import reason_text
from modelops.selectors_runs import run_progress
from modelops.services.cleanup_backups import cleanup_backups
from modelops.services.create_backup import create_backup
from modelops.services.execute_run import execute_run
from modelops.services.import_dataset import import_dataset
from modelops.services.start_run import start_run

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

Given = ParamSpec("Given")
Result = TypeVar("Result")


def _also_in_notebooks(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """Run in a thread of its own where an event loop runs, as in every notebook.

    Django's database is not for use beside an event loop.
    """

    @functools.wraps(method)
    def called(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return method(*args, **kwargs)

        def in_thread() -> Result:
            try:
                return method(*args, **kwargs)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(in_thread).result()

    return called


class ModelManager:
    """The model of this site. Methods raise OperationFailed, with the reason in words."""

    @_also_in_notebooks
    def get_model_status(self) -> dict[str, Any]:
        """The state of the model, as GET /model/status answers."""
        return selectors.model_status()

    @_also_in_notebooks
    def get_model_metadata(self) -> dict[str, Any]:
        """What is known of the live version: samples, features, thresholds, convergence, sources.

        Empty where nothing is live.
        """
        version = _live()
        if version is None:
            return {}
        return {
            "version": version.version,
            "origin": version.origin,
            "last_updated": version.created_at.isoformat(),
            **version.metadata,
        }

    @_also_in_notebooks
    def is_model_trained(self) -> bool:
        """Whether there is a live model."""
        return _live() is not None

    @_also_in_notebooks
    def get_model_age(self) -> timedelta | None:
        """Time since the live version was published on this site; None without one."""
        version = _live()
        return max(timedelta(0), timezone.now() - version.created_at) if version else None

    @_also_in_notebooks
    def needs_retraining(self, max_age_days: int = 30) -> bool:
        """Whether the model should be trained again: none, too old, or enough new labels."""
        return selectors.retraining(max_age_days=max_age_days).needed

    @_also_in_notebooks
    def backup_current_model(self) -> str:
        """Back up the live version, verified; return the backup's name."""
        reason = _("Asked for from Python")
        return create_backup(by=None, reason=reason, door=Door.PYTHON).name

    @_also_in_notebooks
    def incremental_training(self, df: pd.DataFrame) -> dict[str, Any]:
        """Learn from a frame with the columns `text` and `toxic` (0/1 or bool); return the run.

        The rows are kept as a dataset first, so that no later update forgets them. Columns
        `language` ("es", "en") and those of the categories are taken, too; others are not. The
        answer has what GET /model/runs/{id} has, and `rows_read`, `toxic`, `not_toxic`,
        `rejected`, `version_before` and `version_after`. Raises OperationFailed for rows that are
        wrong (nothing is kept then) and for a run that did not get through.
        """
        report = _registered(df)
        run, created = start_run(
            kind=TrainingRun.Kind.INCREMENTAL,
            parameters={"days": None, "dry_run": False},
            by=None,
            door=Door.PYTHON,
        )
        if created or run.state == TrainingRun.State.QUEUED:
            run = execute_run(run=run)
        if run.state != TrainingRun.State.SUCCEEDED:
            raise OperationFailed(reason_text(run) or run.get_state_display())
        before = run.result.get("version_before")
        return {
            **run_progress(run),
            "rows_read": report.rows_read,
            "toxic": report.toxic,
            "not_toxic": report.not_toxic,
            "rejected": report.rejected,
            "version_before": before,
            "version_after": run.result.get("version_after", before),
        }

    @_also_in_notebooks
    def load_current_model(self, head: str = "toxic") -> tuple[LogisticRegression, FeatureUnion]:
        """The live version's fitted (model, vectorizer) of one head, made from the numeric form.

        `model.predict_proba(vectorizer.transform([text]))[:, 1]` is the raw document probability.
        Nothing is unpickled.
        """
        version = _live()
        if version is None:
            raise NoLiveVersion
        folder = store.version_folder(version.folder)
        check_numeric_form(folder, manifest_digest=version.manifest_digest)
        model = read_numeric(folder)
        if head not in model.heads:
            raise OperationFailed(
                _("“%(head)s” is not a head of the model; it has: %(known)s.")
                % {"head": head, "known": ", ".join(model.heads)}
            )
        return to_scikit_learn(model, head)

    @_also_in_notebooks
    def cleanup_old_backups(self, keep_last: int = 5) -> list[str]:
        """Delete unpinned backups but the newest `keep_last`; return the names of the deleted.

        One good backup of the live version always stays.
        """
        deleted: list[Backup] = cleanup_backups(keep=keep_last, by=None, door=Door.PYTHON)
        return [backup.name for backup in deleted]


def _live() -> ModelVersion | None:
    pointer = LivePointer.current()
    return pointer.version if pointer else None


def _registered(df: pd.DataFrame) -> Any:
    """Keep the rows as a dataset; all or nothing."""
    missing = [name for name in ("text", "toxic") if name not in df.columns]
    if missing:
        raise OperationFailed(_("Columns are missing: %(names)s") % {"names": ", ".join(missing)})
    taken = [name for name in ("text", "toxic", *CATEGORIES, "language") if name in df.columns]
    rows = df[taken].copy()
    for name in taken:
        if name not in ("text", "language"):
            rows[name] = [_cell(value) for value in rows[name]]
    with store.staging("frame") as folder:
        path = folder / "rows.csv"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as handle:
            rows.to_csv(handle, index=False)
        return import_dataset(
            path=path,
            name=f"Python {timezone.now():%Y-%m-%d %H:%M:%S}",
            by=None,
            layout="text-toxic",
            source=_("from Python"),
            door=Door.PYTHON,
        )


def _cell(value: Any) -> str:
    """A label as a file has it: 1, 1.0 and True alike; what is no label is told by its line."""
    import pandas as pd

    if pd.isna(value):
        return ""
    return str(int(value)) if value in (0, 1) else str(value)
