from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Dataset(models.Model):
    """Labelled texts that were imported; the texts are in `datasets/<digest12>.csv.gz`."""

    class Split(models.TextChoices):
        TRAIN = "train", _("training")
        HOLDOUT = "holdout", _("holdout")

    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(
        _("digest"), max_length=64, unique=True, help_text=_("SHA-256 of the rows as stored")
    )
    rows = models.PositiveIntegerField(_("rows"))
    toxic_rows = models.PositiveIntegerField(_("toxic rows"))
    split = models.CharField(_("split"), max_length=16, choices=Split, default=Split.TRAIN)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    language_counts = models.JSONField(_("rows per language"), default=dict)
    active = models.BooleanField(_("active"), default=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("imported by"),
    )
    created_at = models.DateTimeField(_("imported"), default=timezone.now)

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
