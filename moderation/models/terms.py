"""Term lists: what is blocked, allowed or flagged whatever the model says."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.analyses import Category


class Term(models.Model):
    """One entry. Added and removed, never changed: what counted when stays known."""

    class Action(models.TextChoices):
        BLOCK = "block", _("Block")
        FLAG = "flag", _("Flag")
        ALLOW = "allow", _("Allow")

    class Match(models.TextChoices):
        WORD = "word", _("Whole word")
        VARIANTS = "variants", _("With variants")

    class Language(models.TextChoices):
        ANY = "", _("Every language")
        SPANISH = "es", _("Spanish")
        ENGLISH = "en", _("English")

    pattern = models.CharField(_("term"), max_length=200)
    normalized = models.CharField(max_length=400, editable=False)  # the words it is found by
    language = models.CharField(_("language"), max_length=3, choices=Language, blank=True)
    action = models.CharField(_("action"), max_length=5, choices=Action)
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    match = models.CharField(_("match"), max_length=8, choices=Match, default=Match.WORD)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    starter = models.BooleanField(_("of the project's own list"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="terms_added",
        verbose_name=_("added by"),
    )
    created_at = models.DateTimeField(_("added at"), default=timezone.now)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="terms_removed",
        verbose_name=_("removed by"),
    )
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["pattern", "id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["normalized", "language", "match"],
                condition=Q(removed_at__isnull=True),
                name="term_once",
            ),
        ]

    def __str__(self) -> str:
        return self.pattern


class TermLists(models.Model):
    """One row: its generation tells the workers that the lists changed."""

    generation = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("state of the term lists")
        verbose_name_plural = _("state of the term lists")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.generation)
