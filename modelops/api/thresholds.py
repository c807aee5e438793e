"""GET and PUT /model/thresholds: what is in force, and what the site sets for itself."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from modelops import serving
from modelops.ml.thresholds import SiteThresholds
from modelops.models import Door
from modelops.rest.bodies import taken
from modelops.rest.fields import ObjectSerializer, OptionalCharField, StrictBooleanField
from modelops.selectors_thresholds import preview_thresholds, site_thresholds, threshold_state
from modelops.services.set_thresholds import (
    LEAST_BASE_RATE,
    MOST_BASE_RATE,
    InvalidThresholds,
    check_thresholds,
    set_thresholds,
)

from .common import PROBLEM, OperatorView, asker, failures_told
from .serializers import ModelThresholdsSerializer

LIMITS = {
    "type": "object",
    "required": ["review", "block"],
    "additionalProperties": False,
    "properties": {
        name: {"type": "number", "minimum": 0, "maximum": 1} for name in ("review", "block")
    },
}


# (what these take is looked at by the service, which names every value that can't be)
@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "additionalProperties": False,
        "properties": dict.fromkeys(serving.LANGUAGES, LIMITS),
    }
)
class GivenThresholdsField(serializers.JSONField):
    default_error_messages = {"invalid": gettext_lazy("A JSON object or null is expected.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "number",
        "nullable": True,
        "minimum": LEAST_BASE_RATE,
        "maximum": MOST_BASE_RATE,
    }
)
class GivenBaseRateField(serializers.JSONField):
    pass


class ThresholdsToSetSerializer(ObjectSerializer):
    thresholds = GivenThresholdsField(
        required=False,
        allow_null=True,
        help_text="Per language; null: the version's. Left out: as they are.",
    )
    base_rate = GivenBaseRateField(
        required=False,
        allow_null=True,
        help_text="Share of toxic texts; null: the version's. Left out: as it is.",
    )
    reason = OptionalCharField(max_length=500)
    dry_run = StrictBooleanField(default=False, help_text="Only say what would change.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "thresholds" not in attrs and "base_rate" not in attrs:
            message = _("“thresholds” or “base_rate” is needed; null gives one up.")
            raise ValidationError({"thresholds": [message]})
        return attrs


class SiteThresholdsSerializer(serializers.Serializer):
    base_rate = serializers.FloatField(allow_null=True)
    thresholds = serializers.DictField(child=ModelThresholdsSerializer())


class ExampleSerializer(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the analysis.")
    text = serializers.CharField(
        allow_null=True, help_text="Its first 200 characters, for those who may view analyses."
    )
    score = serializers.FloatField()
    before = serializers.CharField()
    after = serializers.CharField()


class PreviewSerializer(serializers.Serializer):
    checked = serializers.IntegerField(help_text="The newest analyses, at most 1,000.")
    changed = serializers.IntegerField(help_text="Those that would be decided otherwise.")
    by_change = serializers.DictField(
        child=serializers.IntegerField(), help_text="“allow→review” and so on."
    )
    examples = ExampleSerializer(many=True)


class ThresholdsStateSerializer(serializers.Serializer):
    thresholds = serializers.DictField(
        child=ModelThresholdsSerializer(), help_text="In force, per language."
    )
    base_rate = serializers.FloatField(allow_null=True, help_text="In force.")
    thresholds_of_version = serializers.DictField(child=ModelThresholdsSerializer())
    base_rate_of_version = serializers.FloatField(allow_null=True)
    site = SiteThresholdsSerializer(allow_null=True, help_text="What the site set; null: nothing.")
    by = serializers.CharField(allow_null=True, help_text="Who made the last change.")
    at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class ThresholdsSetSerializer(ThresholdsStateSerializer):
    message = serializers.CharField()
    dry_run = serializers.BooleanField()
    preview = PreviewSerializer(
        allow_null=True, help_text="With `dry_run`: what would change for the newest analyses."
    )


class ThresholdsView(OperatorView):
    @extend_schema(
        operation_id="model_thresholds", tags=["model"], responses=ThresholdsStateSerializer
    )
    def get(self, request: Request) -> Response:
        """The thresholds in force, those of the live version, and what the site set."""
        return Response(ThresholdsStateSerializer(threshold_state()).data)

    @extend_schema(
        operation_id="model_set_thresholds",
        tags=["model"],
        request=ThresholdsToSetSerializer,
        examples=[
            OpenApiExample(
                "Spanish",
                {"thresholds": {"es": {"review": 0.3, "block": 0.85}}, "dry_run": True},
                request_only=True,
            )
        ],
        responses={200: ThresholdsSetSerializer, 503: PROBLEM},
    )
    def put(self, request: Request) -> Response:
        """Set the site's own thresholds and base rate; they stay over promotions until cleared."""
        given = taken(ThresholdsToSetSerializer, request)
        site = site_thresholds()
        wanted = {
            "thresholds": given.get("thresholds", site.thresholds),
            "base_rate": given.get("base_rate", site.base_rate),
        }
        try:
            check_thresholds(**wanted)
        except InvalidThresholds as error:
            raise ValidationError(
                {field: [text] for field, text in error.errors.items()}
            ) from error
        preview = None
        if given["dry_run"]:
            preview = preview_thresholds(**wanted, reader=asker(request))
            proposed = SiteThresholds(wanted["base_rate"], wanted["thresholds"] or {})
            state = threshold_state(proposed=proposed)
            message = _("Nothing was changed: this is what it would be")
        else:
            with failures_told(_("Error setting the thresholds")):
                set_thresholds(
                    **wanted, by=asker(request), reason=given.get("reason", ""), door=Door.API
                )
            state = threshold_state()
            message = _("Thresholds saved")
        answer = {**state, "message": message, "dry_run": given["dry_run"], "preview": preview}
        return Response(ThresholdsSetSerializer(answer).data)
