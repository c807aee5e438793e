"""What the endpoints of the queue take and give."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from modelops.rest.fields import (
    BoundedListField,
    ObjectSerializer,
    OptionalCharField,
    StrictBooleanField,
    StrictChoiceField,
    StrictIntegerField,
)
from moderation.filters_queue import LeadsQueueFilter
from moderation.models import Appeal, Category, CommunityReport, Language, QueueItem, ReviewDecision
from moderation.selectors_decisions import shown_mode
from moderation.selectors_queue import score_hidden, shown_kind
from moderation.services.decide_batch import MAX_ITEMS, Selection

MAX_WORDS = 2000  # characters of a reason, a reply, a note, an appeal
MAX_ID = 2**63 - 1
Action = ReviewDecision.Action
ACTIONS = [pair for pair in Action.choices if pair[0] != Action.UNDO]
BATCH_ACTIONS = [pair for pair in ACTIONS if pair[0] != Action.SKIP]


def _words(**kwargs: Any) -> OptionalCharField:
    return OptionalCharField(max_length=MAX_WORDS, **kwargs)


def _category(**kwargs: Any) -> StrictChoiceField:
    return StrictChoiceField(Category.choices, required=False, allow_null=True, **kwargs)


# --- what is given ---------------------------------------------------------------------------


class QueueItemSerializer(serializers.ModelSerializer):
    """An item as the caller may see it; the context names `user`."""

    id = serializers.IntegerField(source="analysis_id", help_text=_("Of the analysis."))
    item = serializers.IntegerField(source="pk", help_text=_("Of this round of review."))
    kind = serializers.SerializerMethodField()
    text = serializers.CharField(source="analysis.text")
    language = serializers.ChoiceField(Language.choices)
    score = serializers.SerializerMethodField(help_text=_("null: hidden until it is decided."))
    category = serializers.SerializerMethodField()
    author = serializers.CharField(source="analysis.author")
    external_id = serializers.CharField(source="analysis.external_id")
    url = serializers.CharField(source="analysis.url")
    opened_at = serializers.DateTimeField(default_timezone=UTC)
    escalated = serializers.SerializerMethodField()
    claimed_by = serializers.SerializerMethodField()
    claim_expires_at = serializers.SerializerMethodField()

    class Meta:
        model = QueueItem
        fields = [
            "id", "item", "kind", "text", "language", "score", "category", "source", "author",
            "external_id", "url", "opened_at", "escalated", "reports", "claimed_by",
            "claim_expires_at", "blind",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(QueueItem.Kind.choices))
    def get_kind(self, item: QueueItem) -> str:
        return shown_kind(item, self.context["user"])

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_score(self, item: QueueItem) -> float | None:
        return None if score_hidden(item, self.context["user"]) else item.score

    @extend_schema_field(serializers.ChoiceField(Category.choices, allow_null=True))
    def get_category(self, item: QueueItem) -> str | None:
        return None if score_hidden(item, self.context["user"]) else item.category or None

    @extend_schema_field(serializers.BooleanField())
    def get_escalated(self, item: QueueItem) -> bool:
        return item.escalated_at is not None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_claimed_by(self, item: QueueItem) -> str | None:
        return item.claimed_by.get_username() if item.claimed and item.claimed_by else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_claim_expires_at(self, item: QueueItem) -> str | None:
        if not item.claimed or item.claim_expires_at is None:
            return None
        field = serializers.DateTimeField(default_timezone=UTC)
        return field.to_representation(item.claim_expires_at)


class DecisionSerializer(serializers.ModelSerializer):
    """A decision as the caller may know it; the context names `user`."""

    analysis = serializers.IntegerField(source="analysis_id")
    mode = serializers.SerializerMethodField()
    category = serializers.ChoiceField(Category.choices, allow_null=True)
    by = serializers.SerializerMethodField(help_text=_("null: integrations are not told."))
    created_at = serializers.DateTimeField(default_timezone=UTC)
    policy = serializers.IntegerField(source="policy.number")
    batch = serializers.IntegerField(source="batch_id", allow_null=True)
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True)
    undone = serializers.SerializerMethodField()

    class Meta:
        model = ReviewDecision
        fields = [
            "id", "analysis", "action", "mode", "category", "reason", "reply", "by", "created_at",
            "policy", "batch", "reverses", "undone",
        ]  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(ReviewDecision.Mode.choices))
    def get_mode(self, decision: ReviewDecision) -> str:
        return shown_mode(decision, self.context["user"])

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_by(self, decision: ReviewDecision) -> str | None:
        knows = self.context["user"].has_perm("moderation.view_analysis")
        return decision.by.get_username() if knows else None

    @extend_schema_field(serializers.BooleanField())
    def get_undone(self, decision: ReviewDecision) -> bool:
        return hasattr(decision, "reversal")

    def to_representation(self, instance: ReviewDecision) -> dict[str, Any]:
        return super().to_representation(instance) | {"category": instance.category or None}


class DecisionsSerializer(serializers.Serializer):
    results = DecisionSerializer(many=True)


class BatchPreviewSerializer(serializers.Serializer):
    count = serializers.IntegerField(help_text=_("Items that would be decided."))
    sample = QueueItemSerializer(many=True, help_text=_("Ten of them at most."))
    left_out = serializers.DictField(child=serializers.IntegerField())
    labels = serializers.IntegerField(help_text=_("That the model would learn."))
    consequences = serializers.ListField(child=serializers.CharField())


class BatchDecidedSerializer(serializers.Serializer):
    batch = serializers.IntegerField(source="pk")
    count = serializers.IntegerField(help_text=_("Items that were decided."))
    left_out = serializers.IntegerField(help_text=_("Of the selection, that were not."))
    reverses = serializers.IntegerField(source="reverses_id", allow_null=True)


class AppealSerializer(serializers.ModelSerializer):
    analysis = serializers.IntegerField(source="item.analysis_id")
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Appeal
        fields = ["id", "analysis", "text", "by_author", "created_at"]


class ReportSerializer(serializers.ModelSerializer):
    analysis = serializers.IntegerField(source="analysis_id")
    category = serializers.ChoiceField(Category.choices, allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = CommunityReport
        fields = ["id", "analysis", "reporter", "category", "reason", "created_at"]

    def to_representation(self, instance: CommunityReport) -> dict[str, Any]:
        return super().to_representation(instance) | {"category": instance.category or None}


# --- what is taken ---------------------------------------------------------------------------


class ClaimSerializer(ObjectSerializer):
    take_over = StrictBooleanField(
        required=False, help_text=_("true: also from somebody else; for leads. Default: false.")
    )


class DecideSerializer(ObjectSerializer):
    action = StrictChoiceField(ACTIONS)
    category = _category(help_text=_("What is wrong with the text; needed to reject it."))
    reason = _words(help_text=_("Where the policy demands one with the category."))
    note = _words(help_text=_("For other moderators."))
    reply = _words(help_text=_("For the author, with a decision on an appeal."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {"category": attrs.get("category") or ""}


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class FilterField(serializers.Field):
    """Parameters of `GET /api/queue`, as an object of strings, numbers and booleans."""

    default_error_messages = {
        "invalid": _("A JSON object is expected."),
        "unknown": _("There is no such parameter; there are: {known}."),
        "value": _("A string, a number or true or false is expected."),
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict):
            self.fail("invalid")
        known = LeadsQueueFilter.base_filters
        wrong = {
            name[:100].encode("utf-8", "replace").decode(): [
                self.error_messages["unknown"].format(known=", ".join(known))
            ]
            for name in data
            if name not in known
        }
        for name, value in data.items():
            if not isinstance(value, (str, int, float, bool)):
                wrong[name[:100]] = [str(self.error_messages["value"])]
        if wrong:
            raise serializers.ValidationError(wrong)
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in data.items()
        }


class BatchDecideSerializer(ObjectSerializer):
    """One of `ids`, `filter` and `same_text_as`."""

    action = StrictChoiceField(BATCH_ACTIONS)
    ids = BoundedListField(
        limit=MAX_ITEMS,
        required=False,
        child=StrictIntegerField(low=1, high=MAX_ID),
        help_text=_("Of analyses."),
    )
    filter = FilterField(required=False)
    same_text_as = StrictIntegerField(
        low=1, high=MAX_ID, required=False, help_text=_("Of an analysis; case does not matter.")
    )
    category = _category()
    reason = _words()
    dry_run = StrictBooleanField(
        required=False, help_text=_("true: says what would be done, and does nothing.")
    )
    expected_count = StrictIntegerField(
        low=0, high=MAX_ITEMS, required=False, help_text=_("More than that: 409, nothing is done.")
    )

    default_error_messages = {
        "one": _("One of `ids`, `filter` and `same_text_as` is expected."),
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("ids", "filter", "same_text_as")) != 1:
            raise serializers.ValidationError({"ids": [self.error_messages["one"]]})
        return attrs | {"category": attrs.get("category") or ""}


def as_selection(data: dict[str, Any], session: str) -> Selection:
    return Selection(
        ids=data.get("ids", ()),
        filters=data.get("filter"),
        same_text_as=data.get("same_text_as"),
        session=session,
    )


class AppealedSerializer(ObjectSerializer):
    text = _words(help_text=_("What the author says, or the moderator."))
    by_author = StrictBooleanField(
        required=False,
        help_text=_("Whether the author asks. Default: true for integrations, else false."),
    )


class ReportedSerializer(ObjectSerializer):
    reporter = OptionalCharField(
        max_length=200, help_text=_("Who flags it, in your words: counted once for each.")
    )
    category = _category()
    reason = _words()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {"category": attrs.get("category") or ""}
