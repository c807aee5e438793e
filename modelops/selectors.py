"""What is live, how it is, and whether it should be trained again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops import serving, sources
from modelops.alert_texts import reason_texts
from modelops.labels import count_sealed
from modelops.models import (
    Alert,
    Backup,
    LabelHold,
    LivePointer,
    ModelVersion,
    ServerWorker,
    TrainingRun,
)
from modelops.selectors_thresholds import effective_thresholds

# New labels that justify a retraining: at least this many, and more than this share of those
# that the live version learned from.
NEW_LABELS_AT_LEAST = 50
NEW_LABELS_SHARE = 0.2
# So many new labels are looked at for texts that a holdout seals; of more, these are few, and
# reading them would take longer than who asks may wait.
MOST_LOOKED_AT = 5000


@dataclass(frozen=True, slots=True)
class Retraining:
    """Answer to "does it need retraining?". `causes` are codes with their facts."""

    model_age_days: int | None
    causes: tuple[dict[str, Any], ...]

    @property
    def needed(self) -> bool:
        return bool(self.causes)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The causes as sentences in the active language."""
        return tuple(reason_texts(self.causes))


def age_in_days(version: ModelVersion) -> int:
    """Whole days since the version was published on this site."""
    return max(0, (timezone.now() - version.created_at).days)


def retraining(*, max_age_days: int | None = None) -> Retraining:
    """Whether the live version should be trained again; doors and checks all ask here.

    `max_age_days`: another limit than TOXIGUARD_MODEL_MAX_AGE_DAYS.
    """
    pointer = LivePointer.current()
    if pointer is None:
        return Retraining(None, ({"code": "no_model"},))
    version = pointer.version
    limit = settings.MODEL_MAX_AGE_DAYS if max_age_days is None else max_age_days
    age = age_in_days(version)
    causes: list[dict[str, Any]] = []
    if age > limit:
        causes.append({"code": "too_old", "age": age, "limit": limit})
    new = new_labels(version)
    learned = version.metadata.get("site_labels", 0)
    if new >= NEW_LABELS_AT_LEAST and new > NEW_LABELS_SHARE * learned:
        causes.append({"code": "new_labels", "new": new, "learned": learned})
    return Retraining(age, tuple(causes))


def new_labels(version: ModelVersion) -> int:
    """How many labels came after those that the version could learn.

    Without what is held back, and without texts that a holdout seals.
    """
    since = version.labels_until or version.created_at
    if not sources.count_labels(since=since):
        return 0
    since = max(since, _looked_through_until(version) or since)
    count = sources.count_labels(since=since)
    # stretches may overlap; each label counts once
    reached = since
    holds = LabelHold.objects.filter(released_at=None, until__gt=since).order_by("after")
    for after, until in holds.values_list("after", "until"):
        start = max(after, reached)
        if until > start:
            count -= sources.count_labels(since=start) - sources.count_labels(since=until)
            reached = until
    if 0 < count <= MOST_LOOKED_AT:
        count -= count_sealed(since=since)
    return max(0, count)


def _looked_through_until(version: ModelVersion) -> datetime | None:
    """Until when updates of the version looked and found nothing to learn in any label.

    What came before is known to the version, or seals a holdout: no reason to train once more.
    """
    updates = TrainingRun.objects.filter(
        kind=TrainingRun.Kind.INCREMENTAL,
        state=TrainingRun.State.SUCCEEDED,
        version=None,
        result__why__code__in=("no_labels", "nothing_new"),
        result__why__facts__version=version.version,
    )
    for run in updates.order_by("-pk")[:5]:
        labels = run.result.get("labels", {})
        # what was left out for a while may come back
        if not any(labels.get(name) for name in ("held", "too_old", "too_many")):
            return run.started_at
    return None


def needs_retraining() -> dict[str, Any]:
    """The answer of GET /model/needs-retrain."""
    answer = retraining()
    advice = _("Model needs retraining") if answer.needed else _("Model is up to date")
    return {
        "needs_retraining": answer.needed,
        "model_age_days": answer.model_age_days,
        "recommendation": advice,
        "reasons": list(answer.reasons),
    }


def model_status() -> dict[str, Any]:
    """The answer of GET /model/status."""
    pointer = LivePointer.current()
    version = pointer.version if pointer else None
    generation = pointer.generation if pointer else 0
    answer = retraining()
    here = serving.live_version()
    workers = list(ServerWorker.objects.alive())
    loaded_type = (here and here.model_type) or next(
        (worker.model_type for worker in workers if worker.model_type), None
    )
    return {
        "model_exists": version is not None,
        "model_age": age_text(answer.model_age_days),
        "needs_retraining": answer.needed,
        "metadata": _metadata(version),
        "backups_count": Backup.objects.count(),
        "server_model_loaded": version is not None and loaded_type is not None,
        "server_model_type": loaded_type if version else None,
        "version": version.version if version else None,
        "generation": generation,
        "workers": [worker_status(worker, generation=generation) for worker in workers],
        "thresholds": effective_thresholds(version) if version else {},
        "reasons": list(answer.reasons),
        "degraded": version is not None and is_degraded(version),
    }


def worker_status(worker: ServerWorker, *, generation: int) -> dict[str, Any]:
    """One worker as the API shows it; `converged` when it serves what the pointer names."""
    return {
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version or None,
        "generation": worker.generation,
        "converged": worker.generation == generation and not worker.error,
        "error": worker.error or None,
        "seen_at": worker.seen_at,
    }


def is_degraded(version: ModelVersion) -> bool:
    """Whether the live version's files are bad, or some process serves something else."""
    here = serving.live_version()
    return (
        version.state == ModelVersion.State.DAMAGED
        or bool(here and here.error)
        or ServerWorker.objects.alive().exclude(error="").exists()
    )


def live_model_summary() -> dict[str, Any]:
    """What the page header shows: version, age in days, health (ok, degraded, missing)."""
    pointer = LivePointer.current()
    if pointer is None:
        return {"version": None, "age_days": None, "health": "missing"}
    version = pointer.version
    health = "degraded" if is_degraded(version) else "ok"
    return {"version": version.version, "age_days": age_in_days(version), "health": health}


def open_alerts() -> QuerySet[Alert]:
    """Alerts whose cause is still there, newest first."""
    return Alert.objects.filter(resolved_at=None)


def age_text(days: int | None) -> str | None:
    if days is None:
        return None
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def _metadata(version: ModelVersion | None) -> dict[str, Any]:
    if version is None:
        return {}
    wanted = ("training_samples", "model_type", "vectorizer_features")
    return {
        **{name: version.metadata.get(name) for name in wanted},
        "last_updated": f"{version.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
    }
