"""The sections of the model page below its first lines, as plain data for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.models import Dataset, Deployment, LabelHold, ModelVersion, Operation, TrainingRun
from modelops.selectors import new_labels
from modelops.selectors_runs import last_seconds, listed_runs
from modelops.selectors_versions import listed_backups
from modelops.words import grouped

FEW = 6  # rows of a list before somebody asks for all
MANY = 200  # rows at most; the administration pages through the rest
LISTS = ("timeline", "backups", "runs", "datasets", "journal")
Kind = TrainingRun.Kind


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a list that are shown, of how many there are."""

    name: str
    rows: Sequence[Any]
    total: int
    everything: bool  # somebody asked for all of them

    @property
    def hidden(self) -> int:
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Button:
    """What can be done to the model: what it will do, and how long that took last time."""

    name: str
    url: str
    label: str
    icon: str
    what: str
    last: float | None  # seconds
    asks: bool = False


def listed(name: str, rows: QuerySet[Any], *, asked: str) -> Listed:
    """The first rows of a list, or up to MANY where `asked` names it."""
    everything = asked == name
    return Listed(name, list(rows[: MANY if everything else FEW]), rows.count(), everything)


def lists(*, asked: str) -> dict[str, Listed]:
    """Every list of the page."""
    datasets = Dataset.objects.select_related("imported_by")
    journal = Operation.objects.select_related("by")
    return {
        "backups": listed("backups", listed_backups(), asked=asked),
        "runs": listed("runs", listed_runs(), asked=asked),
        "datasets": listed("datasets", datasets, asked=asked),
        "journal": listed("journal", journal, asked=asked),
        "timeline": listed("timeline", deployments(), asked=asked),
    }


def deployments() -> QuerySet[Deployment]:
    return Deployment.objects.select_related("version", "previous", "by")


def holds() -> QuerySet[LabelHold]:
    """Labels that are kept out of training now."""
    return LabelHold.objects.filter(released_at=None).select_related("by")


def waiting_versions() -> QuerySet[ModelVersion]:
    """Versions with files that never went live: refused ones, simulations, imports."""
    never = ModelVersion.objects.filter(deployments=None)
    return never.exclude(state=ModelVersion.State.REMOVED).order_by("-pk")


def buttons(version: ModelVersion | None) -> list[Button]:
    """What the page offers, in the order of how often it is wanted; nothing without a model."""
    if version is None:
        return []
    return [
        Button(
            "update",
            reverse("modelops:update"),
            _("Update"),
            "i-learn",
            _update(new_labels(version)),
            last_seconds(Kind.INCREMENTAL),
        ),
        Button(
            "backup",
            reverse("modelops:back_up"),
            _("Back up now"),
            "i-backup",
            _("Copies the live version and checks the copy. Nothing else changes."),
            last_operation_seconds(Operation.Kind.BACKUP),
        ),
        Button(
            "reload",
            reverse("modelops:reload"),
            _("Reload"),
            "i-reload",
            _("Checks the live files, repairs copies, and has every process load them anew."),
            last_operation_seconds(Operation.Kind.RELOAD),
        ),
        Button(
            "quick",
            reverse("modelops:retrain", args=["quick"]),
            _("Retrain, quick"),
            "i-quick",
            _("Same features, only the toxicity itself is learned anew. For trying things out."),
            last_seconds(Kind.QUICK),
            asks=True,
        ),
        Button(
            "full",
            reverse("modelops:retrain", args=["full"]),
            _("Retrain, full"),
            "i-model",
            _("Reads all labels again, chooses features anew, learns every category."),
            last_seconds(Kind.FULL),
            asks=True,
        ),
    ]


def _update(new: int) -> str:
    if not new:
        return _("Learns from new labels. There are none since the live version was made.")
    words = ngettext(
        "Learns from %(count)s new label and all earlier ones. It goes live if the gate agrees.",
        "Learns from %(count)s new labels and all earlier ones. It goes live if the gate agrees.",
        new,
    )
    return words % {"count": grouped(new)}


def last_operation_seconds(kind: Operation.Kind) -> float | None:
    done = Operation.objects.filter(kind=kind, seconds__isnull=False).first()
    return done.seconds if done else None
