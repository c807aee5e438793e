from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .doors import Door
from .versions import ModelVersion


class LivePointer(models.Model):
    """The only truth about what is live: one row, changed by compare-and-swap of `generation`.

    The generation grows with every promotion and with every reload; workers that see another
    one than theirs load the version that it names.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # (null until the first promotion; `current` never gives a pointer without a version)
    version: models.ForeignKey[ModelVersion, ModelVersion] = models.ForeignKey(  # type: ignore[misc]
        ModelVersion, models.PROTECT, null=True, related_name="+", verbose_name=_("version")
    )
    generation = models.PositiveBigIntegerField(_("generation"), default=0)

    class Meta:
        verbose_name = _("live pointer")
        verbose_name_plural = _("live pointer")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="live_pointer_single_row")
        ]

    def __str__(self) -> str:
        return f"{self.version} #{self.generation}"

    @classmethod
    def current(cls) -> LivePointer | None:
        """The pointer with its version, or None while nothing was ever promoted."""
        return cls.objects.filter(version__isnull=False).select_related("version").first()


class Deployment(models.Model):
    """One change of the live version: who, when, why, from which to which."""

    version = models.ForeignKey(
        ModelVersion, models.PROTECT, related_name="deployments", verbose_name=_("version")
    )
    previous = models.ForeignKey(
        ModelVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("previous version"),
    )
    generation = models.PositiveBigIntegerField(_("generation"), unique=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    door = models.CharField(_("through"), max_length=16, choices=Door, blank=True)
    reason = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        ordering = ["-generation"]

    def __str__(self) -> str:
        return f"{self.previous or '—'} → {self.version}"
