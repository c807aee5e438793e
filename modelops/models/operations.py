from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .doors import Door


class Operation(models.Model):
    """The journal: one row for each thing that somebody did to the model. Only added to.

    What has more to tell has a row of its own as well: backups, deployments, training runs,
    changes of thresholds, holds on labels.
    """

    class Kind(models.TextChoices):
        BACKUP = "backup", _("backup made")
        VERIFY_BACKUP = "verify_backup", _("backup verified")
        PIN_BACKUP = "pin_backup", _("backup pinned or released")
        DELETE_BACKUP = "delete_backup", _("backup deleted")
        PROMOTE = "promote", _("version put into use")
        RESTORE = "restore", _("backup restored")
        RELOAD = "reload", _("model reloaded")
        PIN_VERSION = "pin_version", _("version pinned or released")
        DELETE_VERSION = "delete_version", _("version deleted")
        IMPORT_VERSION = "import_version", _("version imported")
        EXPORT_VERSION = "export_version", _("version exported")
        IMPORT_DATASET = "import_dataset", _("dataset imported")
        ACTIVATE_DATASET = "activate_dataset", _("dataset activated or deactivated")
        DELETE_DATASET = "delete_dataset", _("dataset deleted")
        THRESHOLDS = "thresholds", _("thresholds changed")
        HOLD_LABELS = "hold_labels", _("labels held back")
        RELEASE_LABELS = "release_labels", _("labels released")
        START_RUN = "start_run", _("training asked for")
        CANCEL_RUN = "cancel_run", _("training cancelled")
        RECONCILE = "reconcile", _("store reconciled")

    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    target = models.CharField(_("to what"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    door = models.CharField(_("through"), max_length=16, choices=Door)
    reason = models.CharField(_("why"), max_length=500, blank=True)
    before: models.JSONField[Any, Any] = models.JSONField(_("before"), default=dict, blank=True)
    after: models.JSONField[Any, Any] = models.JSONField(_("after"), default=dict, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "-id"], name="operation_newest_of_kind")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}".strip()
