"""OpenAI's moderation endpoint (docs/perspective-migration.md)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.rest.fields import ObjectSerializer, OptionalCharField
from modelops.validators import check_characters
from moderation.api.compat.base import CompatView
from moderation.models import MAX_TEXT_LENGTH, Decision
from moderation.other_services import OPENAI_CATEGORIES, openai_flags, openai_scores
from moderation.people import person
from moderation.services import AnalysisInput, AnalysisOutcome, analyze_texts

MAX_ITEMS = 1000
MAX_LENGTH = 100_000  # characters of one text
SOURCE = "openai"
_PART = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"type": "string", "enum": ["text"]}, "text": {"type": "string"}},
}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": {"type": "string"}},
            {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": _PART},
        ]
    }
)
class InputField(serializers.Field):
    """One text or several, each a string or `{"type": "text", "text": …}`; gives a list."""

    default_error_messages = {
        "form": "A string, a list of strings or a list of text parts is expected.",
        "empty": "The input is empty.",
        "too_many": "At most {limit} inputs are allowed, here are {count}.",
        "too_long": "At most {limit} characters are allowed in one text.",
        "image": "Images can't be moderated here, only parts of the type `text`.",
    }

    def to_internal_value(self, data: Any) -> list[str]:
        entries = [data] if isinstance(data, str) else data
        if not isinstance(entries, list):
            self.fail("form")
        if not entries:
            self.fail("empty")
        if len(entries) > MAX_ITEMS:
            self.fail("too_many", limit=MAX_ITEMS, count=len(entries))
        return [self._text(entry) for entry in entries]

    def _text(self, entry: Any) -> str:
        if isinstance(entry, dict):
            if entry.get("type") == "image_url":
                self.fail("image")
            entry = entry.get("text") if entry.get("type") == "text" else None
        if not isinstance(entry, str):
            self.fail("form")
        if not entry.strip():
            self.fail("empty")
        if len(entry) > MAX_LENGTH:
            self.fail("too_long", limit=MAX_LENGTH)
        try:
            check_characters(entry)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return str(entry)


class ModerationRequest(ObjectSerializer):
    input = InputField()
    model = OptionalCharField(help_text="Accepted; the live version of the site answers.")


def _per_category(child: type[serializers.Field], **kwargs: Any) -> dict[str, serializers.Field]:
    return {name: child(**kwargs) for name in OPENAI_CATEGORIES}


# (the names are no identifiers, hence the classes made from dictionaries)
ModerationCategories = type(
    "ModerationCategories", (serializers.Serializer,), _per_category(serializers.BooleanField)
)
ModerationScores = type(
    "ModerationScores", (serializers.Serializer,), _per_category(serializers.FloatField)
)
ModerationInputTypes = type(
    "ModerationInputTypes",
    (serializers.Serializer,),
    {name: serializers.ListField(child=serializers.CharField()) for name in OPENAI_CATEGORIES},
)


class ModerationResult(serializers.Serializer):
    flagged = serializers.BooleanField(help_text="The decision is not `allow`.")
    categories = ModerationCategories()
    category_scores = ModerationScores()
    category_applied_input_types = ModerationInputTypes()


class ModerationResponse(serializers.Serializer):
    id = serializers.CharField()
    model = serializers.CharField(help_text="Names the version that answered.")
    results = ModerationResult(many=True)


class ModerationsView(CompatView):
    max_body = None  # type: ignore[assignment]  # as a batch: the server's own limit

    @extend_schema(
        operation_id="openai_moderations",
        summary="OpenAI: moderate texts",
        request=ModerationRequest,
        responses={
            200: ModerationResponse,
            503: OpenApiResponse(description="No model is live; nothing was stored."),
        },
        examples=[
            OpenApiExample(
                "texts", {"input": ["Gracias por la ayuda", "You are a clown"]}, request_only=True
            )
        ],
        tags=["openai"],
    )
    def post(self, request: Request) -> Response:
        serializer = ModerationRequest(data=request.data)
        serializer.is_valid(raise_exception=True)
        items = [
            # (the history keeps no longer ones)
            AnalysisInput(text=text, source=SOURCE, store=len(text) <= MAX_TEXT_LENGTH)
            for text in serializer.validated_data["input"]
        ]
        outcomes = analyze_texts(items=items, by=person(request))
        return Response(
            {
                "id": f"modr-{uuid4().hex}",
                "model": f"toxiguard-{outcomes[0].verdict.model_version}",
                "results": [_result(outcome) for outcome in outcomes],
            }
        )


def _result(outcome: AnalysisOutcome) -> dict[str, Any]:
    record = outcome.record
    labels = {*record.labels, *(["toxic"] if record.toxic else [])}
    return {
        "flagged": record.decision != Decision.ALLOW,
        "categories": openai_flags(labels),
        "category_scores": openai_scores(record.categories),
        "category_applied_input_types": {name: ["text"] for name in OPENAI_CATEGORIES},
    }
