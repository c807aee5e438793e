from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .doors import Door


class ThresholdChange(models.Model):
    """What the site set for itself; the newest row holds all of it, empty when cleared."""

    base_rate = models.FloatField(_("base rate of toxic texts"), null=True, blank=True)
    # {language: {"review": float, "block": float}}; a language that is missing has the version's
    thresholds: models.JSONField[Any, Any] = models.JSONField(
        _("thresholds"), default=dict, blank=True
    )
    reason = models.CharField(_("why"), max_length=500, blank=True)
    door = models.CharField(_("through"), max_length=16, choices=Door)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("change of thresholds")
        verbose_name_plural = _("changes of thresholds")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def current(cls) -> ThresholdChange | None:
        return cls.objects.order_by("-pk").first()


class MustPassSentence(models.Model):
    """A sentence that no new version may judge wrongly where the live one judges it rightly."""

    text = models.CharField(_("sentence"), max_length=500)
    language = models.CharField(
        _("language"), max_length=2, choices=[("es", _("Spanish")), ("en", _("English"))]
    )
    toxic = models.BooleanField(_("toxic"))
    active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("must-pass sentence")
        verbose_name_plural = _("must-pass sentences")
        ordering = ["language", "-pk"]
        constraints = [models.UniqueConstraint(fields=["text", "language"], name="must_pass_once")]

    def __str__(self) -> str:
        return self.text


class LabelHold(models.Model):
    """Labels given in a stretch of time that stay out of training until they are released."""

    after = models.DateTimeField(_("after"))  # exclusive
    until = models.DateTimeField(_("until"))  # inclusive
    reason = models.CharField(_("why"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    class Meta:
        verbose_name = _("hold on labels")
        verbose_name_plural = _("holds on labels")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.after:%Y-%m-%d %H:%M} – {self.until:%Y-%m-%d %H:%M}"


class ErasedText(models.Model):
    """A text that must be forgotten: training leaves it out at once, files lose it at the purge."""

    text_digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the exact text
    erased_at = models.DateTimeField(default=timezone.now)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("erased text")
        verbose_name_plural = _("erased texts")

    def __str__(self) -> str:
        return self.text_digest[:12]
