"""What the endpoints of the term lists and of the policy take and give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from modelops.rest.fields import (
    ObjectSerializer,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
)
from modelops.words import utc
from moderation.filters import UntilField
from moderation.models import Category, PolicyVersion, Term
from moderation.policy import LABELS
from moderation.services.add_term import MAX_PATTERN, MAX_REASON

TERM_LANGUAGES = [code for code in Term.Language.values if code]


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentToField(serializers.Field):
    """A moment in ISO 8601, or a day, which then counts to its end."""

    default_error_messages = {"invalid": UntilField.default_error_messages["invalid"]}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = UntilField().to_python(data) if isinstance(data, str) else None
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        if moment is None:
            self.fail("invalid")
        return moment

    def to_representation(self, value: datetime) -> str:
        return utc(value)


class AddTermSerializer(ObjectSerializer):
    """A term to add."""

    pattern = StrictCharField(
        max_length=MAX_PATTERN, help_text=_("A word, several words in a row, or an emoji.")
    )
    action = StrictChoiceField(Term.Action.choices)
    reason = StrictCharField(max_length=MAX_REASON)
    language = StrictChoiceField(
        TERM_LANGUAGES,
        required=False,
        allow_null=True,
        help_text=_("Without it, the term counts in every language."),
    )
    category = StrictChoiceField(
        Category.choices,
        required=False,
        allow_null=True,
        help_text=_("What a text is counted as where the term is found; not for “allow”."),
    )
    match = StrictChoiceField(
        Term.Match.choices,
        required=False,
        help_text=_(
            "“word”: as it is written, without regard to case and accents. “variants”: also in "
            "disguise, like 1d10t or i d i o t. Default: word."
        ),
    )
    expires_at = MomentToField(required=False, allow_null=True)
    dry_run = StrictBooleanField(
        required=False,
        help_text=_(
            "true: nothing is stored; the answer says how many of the newest 1,000 analyses the "
            "term would change. Default: false."
        ),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return attrs | {
            "language": attrs.get("language") or "",
            "category": attrs.get("category") or "",
            "match": attrs.get("match", Term.Match.WORD.value),
            "expires_at": attrs.get("expires_at"),
            "dry_run": attrs.get("dry_run", False),
        }


class TermSerializer(serializers.ModelSerializer):
    found_as = serializers.CharField(
        source="normalized", help_text=_("The words that the term is found by.")
    )
    language = serializers.ChoiceField(TERM_LANGUAGES, allow_null=True)
    category = serializers.ChoiceField(Category.choices, allow_null=True)
    by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    expires_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    removed_by = serializers.CharField(source="removed_by.username", allow_null=True, default=None)
    removed_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = Term
        fields = [
            "id",
            "pattern",
            "found_as",
            "language",
            "action",
            "category",
            "match",
            "expires_at",
            "reason",
            "starter",
            "by",
            "created_at",
            "removed_by",
            "removed_at",
        ]

    def to_representation(self, instance: Term) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {
            "language": instance.language or None,
            "category": instance.category or None,
        }


class TermChangeSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text=_("Of the analysis."))
    text = serializers.CharField(
        allow_null=True, help_text=_("Its beginning; null for who may not read analyses.")
    )
    score = serializers.FloatField()
    before = serializers.CharField()
    after = serializers.CharField()


class TermPreviewSerializer(serializers.Serializer):
    """What a term would do to the newest analyses."""

    found_as = serializers.CharField()
    checked = serializers.IntegerField()
    changed = serializers.IntegerField()
    by_change = serializers.DictField(
        child=serializers.IntegerField(), help_text=_("By decision before and after.")
    )
    examples = TermChangeSerializer(many=True)


class PolicyCategorySerializer(serializers.Serializer):
    texts = serializers.DictField(child=serializers.CharField(), help_text=_("By language."))
    reason_required = serializers.BooleanField()
    label = serializers.ChoiceField(  # type: ignore[assignment]
        list(LABELS), help_text=_("What rejecting for this category says about the text.")
    )


class PolicySerializer(serializers.ModelSerializer):
    version = serializers.IntegerField(source="number")
    by = serializers.CharField(source="by.username", allow_null=True, default=None)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    approve_label = serializers.ChoiceField(
        list(LABELS), source="content.approve_label", help_text=_("What approving says.")
    )
    weights = serializers.DictField(
        child=serializers.FloatField(),
        source="content.weights",
        help_text=_("What the label of a decision weighs in training, by how it came about."),
    )
    categories = serializers.DictField(
        child=PolicyCategorySerializer(), source="content.categories"
    )

    class Meta:
        model = PolicyVersion
        fields = [
            "version",
            "created_at",
            "by",
            "reason",
            "approve_label",
            "weights",
            "categories",
        ]
