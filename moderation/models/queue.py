"""The queue: rounds of review, and the decisions that moderators take in them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.analyses import Analysis, Category, Language


class QueueItem(models.Model):
    """One round of review of one analysis: why it waits, who has it, how it ended.

    What the list sorts and filters by is copied from the analysis, so that it reads one table.
    """

    CLAIM = timedelta(minutes=10)  # how long an item stays with who opened it

    class Kind(models.TextChoices):
        REVIEW = "review", _("To review")
        BLOCKED = "blocked", _("Blocked")
        REPORTED = "reported", _("Reported")
        APPEAL = "appeal", _("Appealed")
        AUDIT = "audit", _("Audit")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DECIDED = "decided", _("Decided")
        CLOSED = "closed", _("Closed")  # erased, or its text was replaced by a revision

    analysis = models.ForeignKey(
        Analysis,
        on_delete=models.PROTECT,
        related_name="rounds",
        verbose_name=_("analysis"),
    )
    kind = models.CharField(_("reason"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("waiting since"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    # A blind item shows no score before it is decided. Audit items are blind, and so is a share
    # of the others: who sees a blind item cannot tell which it is.
    blind = models.BooleanField(_("score hidden"), default=False)
    reports = models.PositiveIntegerField(_("reports"), default=0)

    priority = models.FloatField(_("priority"))  # the greatest is most likely harmful
    uncertainty = models.FloatField(_("uncertainty"))  # -|score - review threshold|
    # what the version that scored it last says; the analysis keeps what the first one said
    score = models.FloatField(_("score"))
    model_version = models.CharField(_("model version"), max_length=20)
    model_toxic = models.BooleanField(_("toxic for the model"))
    language = models.CharField(_("language"), max_length=3, choices=Language)
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="claimed_items",
        verbose_name=_("claimed by"),
    )
    claim_expires_at = models.DateTimeField(_("claimed until"), null=True, blank=True)

    class Meta:
        verbose_name = _("queue item")
        verbose_name_plural = _("queue")
        ordering = ["-priority", "id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["analysis"], condition=Q(state="open"), name="queue_one_open_round"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-priority", "id"], condition=Q(state="open"), name="queue_harmful"
            ),
            models.Index(
                fields=["-uncertainty", "id"], condition=Q(state="open"), name="queue_uncertain"
            ),
            models.Index(fields=["opened_at", "id"], condition=Q(state="open"), name="queue_age"),
            models.Index(fields=["closed_at"], name="queue_closed"),
            models.Index(
                fields=["analysis"], condition=Q(state="open", blind=True), name="queue_blind"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Analysis %(id)s")) % {"id": self.analysis_id}

    @property
    def claimed(self) -> bool:
        """Whether somebody has it now, by this machine's clock; services ask the database's."""
        return self.claim_expires_at is not None and self.claim_expires_at > timezone.now()


class EarlierAnalyses(models.Model):
    """One row: up to which analysis, from before there was a queue, rounds are still to be opened.

    It falls to 0, since the newest come first; see services/open_earlier.py.
    """

    up_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("state of the earlier analyses")
        verbose_name_plural = _("state of the earlier analyses")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.up_to)


class DecisionBatch(models.Model):
    """Many decisions at once, or the reversal of such a batch. Only added to."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="decision_batches",
        verbose_name=_("decided by"),
    )
    created_at = models.DateTimeField(_("decided at"), default=timezone.now)
    selection = models.JSONField(_("selection"))  # {"ids": [...]} or {"filter": {...}}
    count = models.PositiveIntegerField(_("decisions"))
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversal",
        verbose_name=_("undoes"),
    )

    left_out = 0  # not kept: how many of the selection `decide_batch` did not decide

    class Meta:
        verbose_name = _("batch of decisions")
        verbose_name_plural = _("batches of decisions")
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.pk)


class ReviewDecision(models.Model):
    """What a person decided, or that it was undone. Only added to: nothing is overwritten."""

    class Action(models.TextChoices):
        APPROVE = "approve", _("Approve")
        REJECT = "reject", _("Reject")
        ESCALATE = "escalate", _("Escalate")
        SKIP = "skip", _("Skip")
        UNDO = "undo", _("Undo")

    class Mode(models.TextChoices):
        """How it came about, which says what it weighs in training."""

        SINGLE = "single", _("Single")
        BATCH = "batch", _("Batch")
        AUDIT = "audit", _("Audit")
        APPEAL = "appeal", _("Appeal")

    item = models.ForeignKey(
        QueueItem, on_delete=models.PROTECT, related_name="decisions", verbose_name=_("item")
    )
    analysis = models.ForeignKey(
        Analysis,
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=_("analysis"),
        db_index=False,  # the index below begins with it
    )
    action = models.CharField(_("action"), max_length=8, choices=Action)
    mode = models.CharField(_("mode"), max_length=6, choices=Mode, default=Mode.SINGLE)
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    reply = models.TextField(_("reply to the author"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="review_decisions",
        verbose_name=_("decided by"),
        db_index=False,  # an index below begins with it
    )
    created_at = models.DateTimeField(_("decided at"), default=timezone.now)
    policy = models.ForeignKey(
        "PolicyVersion",
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=_("policy"),
    )
    batch = models.ForeignKey(
        DecisionBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("batch"),
    )
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversal",
        verbose_name=_("undoes"),
    )
    # SHA-256 of the session or token that skipped: for it, the item stays out of sight
    session = models.CharField(max_length=64, blank=True, editable=False)
    # as the model said at that moment, for agreement over time and per version
    model_version = models.CharField(_("model version"), max_length=20, blank=True)
    model_toxic = models.BooleanField(_("toxic for the model"), null=True)
    waited = models.DurationField(_("waited"), null=True, blank=True)  # since the round opened

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["analysis", "-id"], name="decision_of_analysis"),
            models.Index(fields=["created_at"], name="decision_created"),
            models.Index(fields=["by", "-id"], name="decision_by"),
            models.Index(
                fields=["by", "session"], condition=Q(action="skip"), name="decision_skipped"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_action_display())


class Appeal(models.Model):
    """Somebody asks for another look; the round that this opens is decided by another person."""

    item = models.OneToOneField(
        QueueItem, on_delete=models.PROTECT, related_name="appeal", verbose_name=_("item")
    )
    text = models.TextField(_("words of the appeal"), blank=True)
    by_author = models.BooleanField(_("by the author"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="appeals",
        verbose_name=_("brought by"),  # the moderator, or the integration that passed it on
    )
    created_at = models.DateTimeField(_("appealed at"), default=timezone.now)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.item)


class CommunityReport(models.Model):
    """A user of the community flags a text."""

    analysis = models.ForeignKey(
        Analysis, on_delete=models.PROTECT, related_name="reports", verbose_name=_("analysis")
    )
    reporter = models.CharField(_("reporter"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="community_reports",
        verbose_name=_("passed on by"),
    )
    created_at = models.DateTimeField(_("reported at"), default=timezone.now)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "reporter"],
                condition=~Q(reporter=""),
                name="report_once_per_reporter",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Analysis %(id)s")) % {"id": self.analysis_id}


class Note(models.Model):
    """An internal note of a moderator about an analysis."""

    analysis = models.ForeignKey(
        Analysis, on_delete=models.PROTECT, related_name="notes", verbose_name=_("analysis")
    )
    text = models.TextField(_("note"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="analysis_notes",
        verbose_name=_("written by"),
    )
    created_at = models.DateTimeField(_("written at"), default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(_("Analysis %(id)s")) % {"id": self.analysis_id}


class UnscoredText(models.Model):
    """A text that an import or a re-scoring could not score. It waits until a person sees to it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SCORED = "scored", _("Scored later")
        DISMISSED = "dismissed", _("Dismissed")

    text = models.TextField(_("text"))
    problem = models.CharField(_("problem"), max_length=200)  # code, see unscored_texts.py
    analysis = models.ForeignKey(
        Analysis,
        on_delete=models.PROTECT,
        null=True,  # none where an import met it
        blank=True,
        related_name="unscored",
        verbose_name=_("analysis"),
    )
    language = models.CharField(_("language"), max_length=3, choices=Language, blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    row = models.PositiveIntegerField(_("row"), null=True, blank=True)  # of the imported file
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("met at"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settled_unscored",
        verbose_name=_("settled by"),
    )

    class Meta:
        verbose_name = _("text without a score")
        verbose_name_plural = _("texts without a score")
        ordering = ["id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["state", "id"], name="unscored_state")]

    def __str__(self) -> str:
        return str(self.pk)
