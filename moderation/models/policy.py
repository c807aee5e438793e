"""What the team has agreed upon: the policy, in versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """One version of the policy. Editing makes a new one; decisions keep theirs.

    `content` is {"categories": {code: {"texts": {language: text}, "reason_required": bool,
    "label": "toxic" | "not_toxic" | "none"}}, "approve_label": the same, "weights": {mode: float}}.
    """

    number = models.PositiveIntegerField(_("number"), unique=True)
    content = models.JSONField(_("content"))
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # the project's own first version
        blank=True,
        related_name="policy_versions",
        verbose_name=_("edited by"),
    )
    created_at = models.DateTimeField(_("edited at"), default=timezone.now)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("versions of the policy")
        ordering = ["-number"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(_("Policy %(number)s")) % {"number": self.number}
