from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ModelVersion(models.Model):
    """A published version. Its folder is immutable and its row stays for ever."""

    class State(models.TextChoices):
        READY = "ready", _("ready")
        DAMAGED = "damaged", _("damaged")  # the numeric form failed its last check
        REMOVED = "removed", _("files removed")  # the row stays for ever

    class Origin(models.TextChoices):
        STARTER = "starter", _("starter model")
        FULL = "full", _("full retraining")
        FROM_SCRATCH = "from_scratch", _("training from scratch")
        QUICK = "quick", _("quick retraining")
        INCREMENTAL = "incremental", _("incremental update")
        IMPORTED = "imported", _("import")
        SIMULATED = "simulated", _("simulation")

    version = models.CharField(_("version"), max_length=32, unique=True)
    digest = models.CharField(_("digest"), max_length=64, help_text=_("SHA-256 of the contents"))
    folder = models.CharField(_("folder"), max_length=100)
    manifest_digest = models.CharField(_("digest of the manifest"), max_length=64)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.READY)
    origin = models.CharField(_("origin"), max_length=16, choices=Origin)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("made from"),
    )
    base = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="built_on_it",
        verbose_name=_("base"),
    )
    created_at = models.DateTimeField(_("published"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    metadata = models.JSONField(_("metadata"), default=dict)
    pinned = models.BooleanField(_("pinned"), default=False)
    # published without backup and gate, by --force
    forced = models.BooleanField(_("forced"), default=False)
    # labels given up to this moment had their chance to be learned
    labels_until = models.DateTimeField(_("labels until"), null=True, blank=True)
    gate: models.JSONField[Any, Any] = models.JSONField(_("gate"), default=dict, blank=True)
    # People's files that had to be made anew: {name: {"size", "sha256"}}. Another scikit-learn
    # writes other bytes, so these entries stand in for those of the immutable manifest.
    remade_files = models.JSONField(_("files made anew"), default=dict, blank=True)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["-created_at", "-pk"]
        permissions = [("operate_model", _("Can operate the model"))]

    def __str__(self) -> str:
        return self.version
