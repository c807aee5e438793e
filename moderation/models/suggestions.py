"""What other programs say the scores of a text should be."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.analyses import Category, Language

FULL_WEIGHT = 0.2  # of a suggestion that is sure, against a person's label
EVEN = 0.5  # a suggested score that says nothing


class SuggestedScore(models.Model):
    """A suggestion. It teaches nothing until a lead accepts it; then as a label of low weight."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    text = models.TextField(_("text"))
    text_digest = models.CharField(max_length=64, editable=False)  # SHA-256 of the exact text
    scores = models.JSONField(_("suggested scores"))  # {head: 0 to 1}, `toxic` among the heads
    language = models.CharField(_("language"), max_length=3, choices=Language, blank=True)
    community = models.CharField(_("community"), max_length=100, blank=True)
    suggested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="suggested_scores",
        verbose_name=_("suggested by"),
    )
    created_at = models.DateTimeField(_("suggested at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settled_suggestions",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("suggested score")
        verbose_name_plural = _("suggested scores")
        ordering = ["-created_at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["state", "created_at", "id"], name="suggestion_state"),
            models.Index(fields=["created_at", "id"], name="suggestion_created"),
            models.Index(fields=["text_digest"], name="suggestion_text"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def strongest(self) -> float:
        """The score that decides: of `toxic`, else the greatest of the heads."""
        return float(self.scores.get("toxic", max(self.scores.values())))

    @property
    def toxic(self) -> bool | None:
        """What it says about the text; None: nothing (even, or only what the text is not)."""
        if self.strongest > EVEN:
            return True
        return False if "toxic" in self.scores and self.strongest < EVEN else None

    @property
    def weight(self) -> float:
        """In training: the nearer to even, the less."""
        return FULL_WEIGHT * abs(2 * self.strongest - 1)

    @property
    def categories(self) -> dict[str, bool]:
        """The answer for each head other than `toxic` that the suggestion is about."""
        named = {head: value for head, value in self.scores.items() if head in Category.values}
        return {head: value > EVEN for head, value in named.items() if value != EVEN}
