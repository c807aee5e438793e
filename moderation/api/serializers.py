"""What the endpoints of the analyses take and give."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from modelops import serving
from modelops.rest.fields import (
    BoundedListField,
    ObjectSerializer,
    OptionalCharField,
    StrictBooleanField,
    StrictChoiceField,
    StrictShareField,
    TextField,
)
from moderation.api.fields import OptionalAddressField
from moderation.models import (
    MAX_TEXT_LENGTH,
    Analysis,
    AnalysisLabel,
    Category,
    Decision,
    Language,
    Term,
)
from moderation.services import AnalysisInput

MAX_ITEMS = 1000


class OwnThresholdsSerializer(ObjectSerializer):
    """Thresholds of `toxic` for one request."""

    review = StrictShareField()
    block = StrictShareField()

    default_error_messages = {"order": _("`review` may not be above `block`.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["review"] > attrs["block"]:
            raise serializers.ValidationError({"review": [self.error_messages["order"]]})
        return attrs


class OptionsSerializer(ObjectSerializer):
    """What may be said once for a whole batch, and for a single text."""

    language = StrictChoiceField(
        serving.LANGUAGES,
        required=False,
        allow_null=True,
        help_text=_("The text's language; without it, the language is detected."),
    )
    store = StrictBooleanField(
        required=False,
        help_text=_("false: the text is scored and no trace of it is kept. Default: true."),
    )
    source = OptionalCharField(max_length=100, help_text=_("Where the text comes from."))  # type: ignore[assignment]
    explain = StrictBooleanField(
        required=False,
        help_text=_(
            "true: `spans` and `explanation` say what the score is made of. Default: false."
        ),
    )
    thresholds = OwnThresholdsSerializer(
        required=False,
        allow_null=True,
        help_text=_("From which scores on to review and to block; default: the site's."),
    )


class AnalyzeSerializer(OptionsSerializer):
    text = TextField(help_text=_("1 to 10,000 characters."))
    external_id = OptionalCharField(
        max_length=200, help_text=_("Your id of the text: it is then analysed once only.")
    )
    author = OptionalCharField(max_length=200)
    context = OptionalCharField(  # type: ignore[assignment]
        max_length=MAX_TEXT_LENGTH, help_text=_("What it answers to.")
    )
    url = OptionalAddressField(max_length=2000, help_text=_("Where the original is."))


class BatchSerializer(OptionsSerializer):
    """Either `texts` or `items`; the options hold for each item that says nothing else."""

    texts = BoundedListField(limit=MAX_ITEMS, required=False, child=TextField())
    items = BoundedListField(limit=MAX_ITEMS, required=False, child=AnalyzeSerializer())

    default_error_messages = {"either": _("Either `texts` or `items` is expected.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("texts" in attrs) == ("items" in attrs):
            raise serializers.ValidationError({"texts": [self.error_messages["either"]]})
        texts, items = attrs.pop("texts", None), attrs.pop("items", None)
        return {"items": [{**attrs, **item} for item in items or [{"text": t} for t in texts]]}


def as_input(data: dict[str, Any]) -> tuple[AnalysisInput, bool]:
    """A validated item, and whether it asks for an explanation."""
    fields = dict(data)
    explain = fields.pop("explain", False)
    return AnalysisInput(**fields), explain


class SpanSerializer(serializers.Serializer):
    start = serializers.IntegerField(help_text=_("First character, in code points."))
    end = serializers.IntegerField(help_text=_("One after the last."))
    contribution = serializers.FloatField(help_text=_("What it adds to the logit."))


class ExplanationSerializer(serializers.Serializer):
    """Of the segment that was scored; spans, rest and intercept add up to the logit."""

    intercept = serializers.FloatField()
    rest = serializers.FloatField(help_text=_("What all other words add to the logit."))
    logit = serializers.FloatField(help_text=_("Before handicap and calibration."))
    start = serializers.IntegerField(help_text=_("First character, in code points."))
    end = serializers.IntegerField(help_text=_("One after the last."))

    def get_attribute(self, instance: Analysis) -> dict[str, Any] | None:
        return instance.explanation or None  # (what was imported has none)


class AnalysisThresholdsSerializer(serializers.Serializer):
    review = serializers.FloatField()
    block = serializers.FloatField()


class RuleSerializer(serializers.Serializer):
    """A term of the lists that had a say."""

    term = serializers.IntegerField()
    pattern = serializers.CharField()
    action = serializers.ChoiceField(Term.Action.choices)
    category = serializers.ChoiceField(Category.choices, allow_null=True)


class VerdictSerializer(serializers.Serializer):
    """The answer for one text, from an analysis that need not be stored."""

    id = serializers.IntegerField(source="pk", allow_null=True, help_text=_("null: not stored."))
    toxic = serializers.BooleanField()
    score = serializers.FloatField(min_value=0, max_value=1)
    toxicity_percentage = serializers.FloatField()
    category = serializers.ChoiceField(Category.choices, allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    text_length = serializers.IntegerField()
    keywords_found = serializers.IntegerField()
    response_time_ms = serializers.FloatField()
    timestamp = serializers.DateTimeField(source="created_at", default_timezone=UTC)
    model_used = serializers.CharField()
    model_version = serializers.CharField()
    language = serializers.ChoiceField(Language.choices)
    language_certain = serializers.BooleanField()
    threshold = serializers.FloatField(source="threshold_review")
    thresholds = AnalysisThresholdsSerializer()
    decision = serializers.ChoiceField(Decision.choices)
    categories = serializers.DictField(child=serializers.FloatField())
    rules = RuleSerializer(many=True)
    spans = serializers.SerializerMethodField()
    explanation = ExplanationSerializer(allow_null=True, help_text=_("null: not asked for."))

    @extend_schema_field(SpanSerializer(many=True))
    def get_spans(self, analysis: Analysis) -> list[dict[str, Any]]:
        return [
            {"start": start, "end": end, "contribution": contribution}
            for start, end, contribution in analysis.spans
        ]

    def to_representation(self, instance: Analysis) -> dict[str, Any]:
        return super().to_representation(instance) | {"category": instance.category or None}


class BatchAnswerSerializer(serializers.Serializer):
    results = VerdictSerializer(many=True)
    model_version = serializers.CharField()


class LabelSerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="by.username")
    created_at = serializers.DateTimeField(default_timezone=UTC)
    category = serializers.CharField(allow_null=True)

    class Meta:
        model = AnalysisLabel
        fields = ["toxic", "category", "by", "created_at"]

    def to_representation(self, instance: AnalysisLabel) -> dict[str, Any]:
        return super().to_representation(instance) | {"category": instance.category or None}


class AnalysisSerializer(VerdictSerializer):
    """A stored analysis: the answer of then, with the text and what was said about it."""

    text = serializers.CharField()
    external_id = serializers.CharField()
    author = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]
    source = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    owner = serializers.CharField(source="owner.username", allow_null=True)
    revision_of = serializers.IntegerField(source="revision_of_id", allow_null=True)
    label = LabelSerializer(source="newest_label", allow_null=True)  # type: ignore[assignment]


class AddLabelSerializer(ObjectSerializer):
    toxic = StrictBooleanField()
    category = StrictChoiceField(Category.choices, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("category") and not attrs["toxic"]:
            message = _("A text that is not toxic has no category.")
            raise serializers.ValidationError({"category": [message]})
        return attrs | {"category": attrs.get("category") or ""}


class BandSerializer(serializers.Serializer):
    # "from" is a word of Python's, hence the names given as a dictionary
    vars().update({"from": serializers.IntegerField(), "to": serializers.IntegerField()})
    count = serializers.IntegerField()


@extend_schema_serializer(component_name="Stats")
class StatsSerializer(serializers.Serializer):
    total_analyses = serializers.IntegerField()
    toxic_analyses = serializers.IntegerField()
    safe_analyses = serializers.IntegerField()
    toxicity_rate = serializers.FloatField(help_text=_("Share of toxic ones in percent."))
    average_toxicity = serializers.FloatField(help_text=_("Mean score in percent."))
    categories = serializers.DictField(child=serializers.IntegerField())
    recent_analyses = serializers.IntegerField(help_text=_("Of the last 24 hours."))
    bands = BandSerializer(many=True, help_text=_("By score in percent."))
