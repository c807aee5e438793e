from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Alert(models.Model):
    """Something an operator should know. Raised once per cause, resolved when the cause is gone."""

    class Kind(models.TextChoices):
        NEEDS_RETRAINING = "needs_retraining", _("needs retraining")
        RUN_FAILED = "run_failed", _("training failed")
        RUN_LOST = "run_lost", _("training lost")
        LOAD_FAILED = "load_failed", _("model does not load")
        DAMAGED_FILE = "damaged_file", _("damaged file")

    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    cause = models.CharField(_("cause"), max_length=200, blank=True)  # tells causes of a kind apart
    # what the text of the kind needs; the text itself is made in the reader's language
    details: models.JSONField[Any, Any] = models.JSONField(_("details"), default=dict)
    raised_at = models.DateTimeField(_("raised"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cause"],
                condition=models.Q(resolved_at__isnull=True),
                name="alert_once_per_cause",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.cause}".strip()


class ModelCheck(models.Model):
    """How the live version did on the labels so far, as the hourly check found it."""

    version = models.ForeignKey(
        "modelops.ModelVersion", models.CASCADE, related_name="checks", verbose_name=_("version")
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    # {language: {"labels", "toxic", "precision" | None, "recall" | None}}
    figures: models.JSONField[Any, Any] = models.JSONField(_("figures"), default=dict)

    class Meta:
        verbose_name = _("check of the model")
        verbose_name_plural = _("checks of the model")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.version} {self.created_at:%Y-%m-%d %H:%M}"
