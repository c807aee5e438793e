"""Analyses (a text with the verdict it got) and what people said was right about them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MAX_TEXT_LENGTH = 10_000  # code points


class Decision(models.TextChoices):
    ALLOW = "allow", _("Allowed")
    REVIEW = "review", _("To review")
    BLOCK = "block", _("Blocked")


class Language(models.TextChoices):
    SPANISH = "es", _("Spanish")
    ENGLISH = "en", _("English")
    OTHER = "und", _("Another language")


class Category(models.TextChoices):
    """What is wrong with a text: the model's heads other than `toxic`, and two more for people."""

    SEVERE_TOXIC = "severe_toxic", _("Severe toxicity")
    OBSCENE = "obscene", _("Obscene language")
    THREAT = "threat", _("Threat")
    INSULT = "insult", _("Insult")
    IDENTITY_HATE = "identity_hate", _("Identity hate")
    SPAM = "spam", _("Spam")
    OTHER = "other", _("Other")


class Analysis(models.Model):
    """One text and the verdict it got, with the version and the thresholds that gave it.

    An erased analysis keeps its figures; its text, author, context, address and ids are gone.
    """

    text = models.TextField(_("text"))
    text_digest = models.CharField(max_length=64, editable=False)  # SHA-256 of the exact text
    normalized_digest = models.CharField(max_length=64, editable=False)  # see same_text.py
    search_text = models.TextField(editable=False)  # text without case and accents, see search.py
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # analysed from the command line
        blank=True,
        related_name="analyses",
        verbose_name=_("asked by"),
        db_index=False,  # the index below begins with it
    )
    external_id = models.CharField(_("external id"), max_length=200, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    context = models.TextField(_("context"), blank=True)
    source = models.CharField(_("source"), max_length=100, blank=True)
    url = models.URLField(_("address"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("analysed at"), default=timezone.now)

    score = models.FloatField(_("score"))  # calibrated probability of `toxic`, 0 to 1
    decision = models.CharField(_("decision"), max_length=6, choices=Decision)
    toxic = models.BooleanField(_("toxic"))  # score >= threshold_review
    language = models.CharField(_("language"), max_length=3, choices=Language)
    language_certain = models.BooleanField(_("language certain"))
    threshold_review = models.FloatField(_("review threshold"))
    threshold_block = models.FloatField(_("block threshold"))
    categories = models.JSONField(_("category scores"))  # {head: probability}
    labels = models.JSONField(_("labels"))  # [code], those over their threshold
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    spans = models.JSONField(_("contributing parts"))  # [[start, end, contribution]]
    # {"intercept", "rest", "logit", "start", "end"} of the scored segment: spans, rest and
    # intercept add up to the logit
    explanation = models.JSONField(_("explanation"), default=dict)
    folded = models.JSONField(_("disguises undone"), default=list)  # [[original, folded]]
    # [{"term", "pattern", "action", "category"}] of the term list's entries that matched
    rules = models.JSONField(_("terms found"), default=list)
    text_length = models.PositiveIntegerField(_("length"))  # code points
    keywords_found = models.PositiveIntegerField(_("contributing parts found"))
    response_time_ms = models.FloatField(_("scoring time in ms"))
    model_used = models.CharField(_("model type"), max_length=50)
    model_version = models.CharField(_("model version"), max_length=20)

    revision_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("revision of"),
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["-created_at", "-id"]
        permissions = [
            ("analyze_text", _("Can analyse texts")),
            ("review_analysis", _("Can say what is right about an analysis")),
            ("export", _("Can export analyses")),
            ("erase", _("Can erase analyses")),
            ("take_over", _("Can take over items, decide escalated ones and undo for others")),
            ("manage_terms", _("Can keep the term lists")),
            ("manage_policy", _("Can edit the policy")),
            ("manage_team", _("Can manage the team")),
        ]
        # No rows are added by hand or removed; erasing is a permission of its own.
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "external_id", "text_digest"],
                condition=~Q(external_id="") & Q(erased_at__isnull=True),
                name="analysis_same_owner_id_text",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="analysis_created"),
            models.Index(fields=["owner", "created_at", "id"], name="analysis_owner"),
            models.Index(fields=["decision", "created_at", "id"], name="analysis_decision"),
            models.Index(fields=["category", "created_at", "id"], name="analysis_category"),
            models.Index(fields=["author", "created_at"], name="analysis_author"),
            models.Index(fields=["external_id"], name="analysis_external"),
            models.Index(
                fields=["created_at"], condition=Q(erased_at__isnull=True), name="analysis_kept"
            ),
            # all that the figures need, so that they read no texts
            models.Index(
                fields=["category", "toxic", "score", "created_at", "owner", "id"],
                condition=Q(erased_at__isnull=True),
                name="analysis_figures",
            ),
            models.Index(
                fields=["normalized_digest", "id"],
                condition=Q(erased_at__isnull=True),
                name="analysis_same_text",
            ),
        ]

    def __str__(self) -> str:
        # Without the text: this line is copied into logs and the admin's journal.
        return str(_("Analysis %(id)s")) % {"id": self.pk}

    @property
    def toxicity_percentage(self) -> float:
        return round(100 * self.score, 1)

    @property
    def thresholds(self) -> dict[str, float]:
        return {"review": self.threshold_review, "block": self.threshold_block}

    @property
    def newest_label(self) -> AnalysisLabel | None:
        """What people said last and did not take back; from prefetched `given_labels`, if any."""
        standing = (label for label in self.given_labels.all() if label.withdrawn_at is None)
        return max(standing, key=lambda label: label.pk, default=None)


class AnalysisLabel(models.Model):
    """The right answer for an analysis, said by a person. Only added to; the newest counts.

    Labels that follow from a decision carry its weight, and are withdrawn when it is undone.
    """

    analysis = models.ForeignKey(
        Analysis,
        on_delete=models.PROTECT,
        related_name="given_labels",
        verbose_name=_("analysis"),
        db_index=False,  # the index below begins with it
    )
    toxic = models.BooleanField(_("toxic"))
    category = models.CharField(_("category"), max_length=13, choices=Category, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="analysis_labels",
        verbose_name=_("said by"),
    )
    created_at = models.DateTimeField(_("said at"), default=timezone.now)
    decision = models.OneToOneField(
        "ReviewDecision",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="label",
        verbose_name=_("decision"),
    )
    weight = models.FloatField(_("weight in training"), default=1.0)
    # labels of audits judge versions and teach none
    sealed = models.BooleanField(_("for judging only"), default=False)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        verbose_name = _("right answer")
        verbose_name_plural = _("right answers")
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["analysis", "-id"], name="label_newest"),
            models.Index(fields=["created_at"], name="label_created"),
        ]

    def __str__(self) -> str:
        return str(_("Toxic") if self.toxic else _("Not toxic"))
