from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .doors import Door
from .versions import ModelVersion


class TrainingRun(models.Model):
    """One training, from the request to its end. At most one is queued or running at a time.

    Who works on it holds a lease: a token and a moment, by the database's clock, until which it
    is his. A heartbeat moves the moment on; whoever lets it pass has lost the run, and what he
    still does to it changes nothing.
    """

    LEASE = timedelta(seconds=60)
    HEARTBEAT = timedelta(seconds=5)

    class Kind(models.TextChoices):
        FULL = "full", _("full retraining")
        QUICK = "quick", _("quick retraining")
        FORCE = "force", _("forced retraining")
        INCREMENTAL = "incremental", _("incremental update")
        SIMULATE = "simulate", _("simulation")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("done")
        REFUSED = "refused", _("refused by the gate")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        LOST = "lost", _("lost")

    ACTIVE = (State.QUEUED, State.RUNNING)

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    parameters: models.JSONField[Any, Any] = models.JSONField(_("parameters"), default=dict)
    seed = models.PositiveBigIntegerField(_("seed"))
    progress = models.FloatField(_("progress"), default=0.0)  # 0 to 1
    step = models.CharField(_("step"), max_length=200, blank=True)
    log = models.TextField(_("log"), blank=True)  # one line a step, with its moment
    cancel_requested = models.BooleanField(_("to be cancelled"), default=False)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(_("lease until"), null=True, blank=True)
    # numbers of the training and of the gate; what the commands and the API show
    result: models.JSONField[Any, Any] = models.JSONField(_("result"), default=dict)
    reason = models.TextField(_("why it ended so"), blank=True)
    version = models.ForeignKey(
        ModelVersion,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("version made"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    door = models.CharField(_("through"), max_length=16, choices=Door)
    created_at = models.DateTimeField(_("asked at"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # constant: the constraint below needs a column to be unique in
    slot = models.PositiveSmallIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(state__in=["queued", "running"]),
                name="training_run_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def active(self) -> bool:
        return self.state in self.ACTIVE


class QueueWorker(models.Model):
    """A process that works on queued tasks, as it last reported itself."""

    SILENT_AFTER = timedelta(seconds=90)

    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("queue worker")
        verbose_name_plural = _("queue workers")
        constraints = [
            models.UniqueConstraint(fields=["host", "pid"], name="queue_worker_host_pid")
        ]

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}"
