"""The team: invitations, and how each moderator likes to work."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Invitation(models.Model):
    """A link by which a new member makes an account. Only the digest of its secret is kept."""

    email = models.EmailField(_("e-mail address"), blank=True)
    groups = models.ManyToManyField(Group, verbose_name=_("groups"))
    secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="invitations",
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("invited at"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="invitation",
        verbose_name=_("account"),
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.email or str(self.pk)


class ModeratorSettings(models.Model):
    """How one moderator likes to work."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderator_settings"
    )
    shortcuts = models.BooleanField(_("keys decide"), default=True)
    blur = models.BooleanField(_("blur texts until looked at"), default=True)
    greyscale = models.BooleanField(_("mute colours of the most severe"), default=True)
    pause_minutes = models.PositiveSmallIntegerField(_("remind of a pause after"), default=50)

    class Meta:
        verbose_name = _("settings of a moderator")
        verbose_name_plural = _("settings of moderators")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)


class SeenToday(models.Model):
    """How many severe items a moderator has opened on a day of the site's time zone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seen_days"
    )
    day = models.DateField(_("day"))
    severe = models.PositiveIntegerField(_("severe items seen"), default=0)

    class Meta:
        verbose_name = _("severe items of a day")
        verbose_name_plural = _("severe items of the days")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="seen_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.severe}"
