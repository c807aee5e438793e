"""What Perspective's calls take and give, by its names: views and discovery are made from these."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from modelops.rest.fields import (
    ObjectSerializer,
    OptionalCharField,
    StrictBooleanField,
    StrictCharField,
    StrictChoiceField,
)

TEXT_TYPES = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")
SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY")
_SNAKE = re.compile("[a-z]+(?:_[a-z]+)+")


def plain(data: Any) -> Any:
    """A request as its fields are named here: null is left out, `snake_case` is `camelCase`.

    Google reads both, since both are valid JSON of its messages.
    """
    if isinstance(data, list):
        return [plain(entry) for entry in data]
    if not isinstance(data, dict):
        return data
    return {_camel(name): plain(value) for name, value in data.items() if value is not None}


def _camel(name: str) -> str:
    if not _SNAKE.fullmatch(name):
        return name
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


@extend_schema_field({"type": "number", "format": "float", "minimum": 0, "maximum": 1})
class ProbabilityField(serializers.FloatField):
    default_error_messages = {"invalid": "A number from 0 to 1 is expected."}

    def to_internal_value(self, data: Any) -> float:
        number = isinstance(data, (int, float)) and not isinstance(data, bool)
        if not number or not 0 <= data <= 1:
            self.fail("invalid")
        return float(data)


class TextEntry(ObjectSerializer):
    """A text and its type."""

    text = OptionalCharField(help_text="UTF-8 encoded text.")
    type = StrictChoiceField(TEXT_TYPES, required=False, help_text="Type of the text field.")


class ArticleAndParentComment(ObjectSerializer):
    """What a comment is about."""

    article = TextEntry(required=False, help_text="The article.")
    parentComment = TextEntry(required=False, help_text="The comment that this one answers.")


class Context(ObjectSerializer):
    """What a comment belongs to; it is kept with it and not scored."""

    entries = TextEntry(many=True, required=False, help_text="Earlier texts.")
    articleAndParentComment = ArticleAndParentComment(
        required=False, help_text="Article and parent comment."
    )


class AttributeParameters(ObjectSerializer):
    """How one attribute is asked for."""

    scoreType = StrictChoiceField(SCORE_TYPES, required=False, help_text="What to return.")
    scoreThreshold = ProbabilityField(
        required=False, help_text="Scores below it are left out. Default: all are returned."
    )


class Score(ObjectSerializer):
    """A score of a text or of a part of it."""

    value = ProbabilityField(help_text="Score value.")
    type = StrictChoiceField(SCORE_TYPES, required=False, help_text="The type of the value.")


class SpanScore(ObjectSerializer):
    """The score of a part, from `begin` to before `end`, in UTF-16 code units."""

    begin = serializers.IntegerField(required=False, help_text="Where the part begins.")
    end = serializers.IntegerField(required=False, help_text="One after its last code unit.")
    score = Score(help_text="The score of the part.")


class AttributeScores(ObjectSerializer):
    """The scores of one attribute."""

    summaryScore = Score(required=False, help_text="Of the whole text.")
    spanScores = SpanScore(many=True, required=False, help_text="Of its parts.")


class _Request(ObjectSerializer):
    comment = TextEntry(required=False, help_text="The comment.")
    context = Context(required=False, help_text="What the comment belongs to.")  # type: ignore[assignment]
    languages = serializers.ListField(
        child=StrictCharField(max_length=35),
        required=False,
        max_length=20,
        help_text="ISO or BCP-47 codes of the comment's languages; without them, it is detected.",
    )
    clientToken = OptionalCharField(help_text="Echoed in the answer.")
    sessionId = OptionalCharField(help_text="Accepted, and not kept.")
    communityId = OptionalCharField(help_text="Kept as the source of the text.")


class AnalyzeCommentRequest(_Request):
    """The comment analysis request message."""

    requestedAttributes = serializers.DictField(
        child=AttributeParameters(), required=False, help_text="The attributes wanted, by name."
    )
    spanAnnotations = StrictBooleanField(
        required=False, help_text="true: each sentence has a score of its own."
    )
    doNotStore = StrictBooleanField(
        required=False, help_text="true: no trace of the comment is kept."
    )
    dropUnsupportedAttributes = StrictBooleanField(
        required=False,
        help_text="true: attributes that a language lacks are left out instead of refused.",
    )


class AnalyzeCommentResponse(serializers.Serializer):
    """The comment analysis response message."""

    attributeScores = serializers.DictField(
        child=AttributeScores(), help_text="Scores by the attribute's name."
    )
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="The languages by which it was scored."
    )
    detectedLanguages = serializers.ListField(
        child=serializers.CharField(), help_text="What was detected; empty where it is uncertain."
    )
    clientToken = serializers.CharField(required=False, help_text="The request's.")


class SuggestCommentScoreRequest(_Request):
    """A suggestion what the scores of a comment should be."""

    attributeScores = serializers.DictField(
        child=AttributeScores(), required=False, help_text="The right scores, by attribute."
    )


class SuggestCommentScoreResponse(serializers.Serializer):
    """The suggestion was stored."""

    clientToken = serializers.CharField(required=False, help_text="The request's.")
    requestedLanguages = serializers.ListField(
        child=serializers.CharField(), help_text="The languages that the request named."
    )
    detectedLanguages = serializers.ListField(
        child=serializers.CharField(), help_text="What was detected; empty where it is uncertain."
    )
