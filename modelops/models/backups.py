from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .versions import ModelVersion


class Backup(models.Model):
    """An independent, verified copy of a version's files under `backups/<name>/`."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    version = models.ForeignKey(
        ModelVersion, models.PROTECT, related_name="backups", verbose_name=_("version")
    )
    manifest_digest = models.CharField(_("digest of the manifest"), max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("size in bytes"))
    verified = models.BooleanField(_("verified"), default=True)
    pinned = models.BooleanField(_("pinned"), default=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    reason = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
