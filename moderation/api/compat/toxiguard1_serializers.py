"""What the first ToxiGuard's calls take and give, by its names."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from modelops.rest.fields import StrictCharField, TextField
from moderation.models import Analysis, Decision
from moderation.other_services import FIRST_CATEGORIES, first_category, first_labels

MAX_LIMIT = 1000
MAX_OFFSET = 10_000_000
CATEGORY = {"type": "string", "nullable": True, "example": "insulto"}


class AnalyzeRequest(serializers.Serializer):
    text = TextField(help_text="1 to 10,000 characters.")


class HistoryQuery(serializers.Serializer):
    limit = serializers.IntegerField(default=50, min_value=1, max_value=MAX_LIMIT)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=MAX_OFFSET)


class SearchQuery(serializers.Serializer):
    q = StrictCharField(allow_blank=True, max_length=200, help_text="At least 3 characters.")
    limit = serializers.IntegerField(default=20, min_value=1, max_value=MAX_LIMIT)


class KeywordQuery(serializers.Serializer):
    keyword = StrictCharField(allow_blank=True)


class AddKeywordQuery(KeywordQuery):
    category = StrictCharField(
        allow_blank=True, default="insulto", help_text=f"One of: {', '.join(FIRST_CATEGORIES)}."
    )


class AnalyzeResponse(serializers.Serializer):
    toxic = serializers.SerializerMethodField(help_text="The decision is not `allow`.")
    score = serializers.SerializerMethodField(help_text="Probability that it is toxic, 0 to 1.")
    toxicity_percentage = serializers.FloatField()
    category = serializers.SerializerMethodField()
    labels = serializers.SerializerMethodField()
    text_length = serializers.IntegerField()
    keywords_found = serializers.IntegerField()
    response_time_ms = serializers.FloatField()
    timestamp = serializers.DateTimeField(source="created_at", default_timezone=UTC)
    model_used = serializers.CharField()

    def get_toxic(self, analysis: Analysis) -> bool:
        return analysis.decision != Decision.ALLOW

    def get_score(self, analysis: Analysis) -> float:
        return round(analysis.score, 3)

    @extend_schema_field(CATEGORY)
    def get_category(self, analysis: Analysis) -> str | None:
        return first_category(analysis.category, analysis.labels)

    def get_labels(self, analysis: Analysis) -> list[str]:
        return first_labels(analysis.labels, toxic=self.get_toxic(analysis))


class HistoryRow(AnalyzeResponse):
    id = serializers.IntegerField(source="pk")
    text = serializers.CharField()
    created_at = serializers.DateTimeField(default_timezone=UTC)


class HistoryResponse(serializers.Serializer):
    history = HistoryRow(many=True)
    total = serializers.IntegerField(help_text="Of all analyses that the caller sees.")
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class SearchResponse(serializers.Serializer):
    results = HistoryRow(many=True)
    query = serializers.CharField()
    total = serializers.IntegerField(help_text="Of all analyses that were found.")
    limit = serializers.IntegerField()


class StatsResponse(serializers.Serializer):
    total_analyses = serializers.IntegerField()
    toxic_analyses = serializers.IntegerField()
    safe_analyses = serializers.IntegerField()
    toxicity_rate = serializers.FloatField(help_text="In percent.")
    average_toxicity = serializers.FloatField(help_text="In percent.")
    categories = serializers.DictField(child=serializers.IntegerField())
    recent_analyses = serializers.IntegerField(help_text="Of the last 24 hours.")


class MessageResponse(serializers.Serializer):
    message = serializers.CharField()


class ClearedResponse(MessageResponse):
    deleted_analyses = serializers.IntegerField()


class RemovedKeywordResponse(MessageResponse):
    total_keywords = serializers.IntegerField()


class AddedKeywordResponse(RemovedKeywordResponse):
    category_keywords = serializers.IntegerField()


class CategoryInfo(serializers.Serializer):
    keywords = serializers.ListField(child=serializers.CharField())
    count = serializers.IntegerField()
    weight = serializers.FloatField()


class KeywordsResponse(serializers.Serializer):
    keywords = serializers.ListField(child=serializers.CharField())
    count = serializers.IntegerField()
    threshold = serializers.FloatField(allow_null=True, help_text="null: no model is live.")
    categories = serializers.DictField(child=CategoryInfo())


class CategoriesResponse(serializers.Serializer):
    categories = serializers.DictField(child=CategoryInfo())
    total_categories = serializers.IntegerField()
    weights = serializers.DictField(child=serializers.FloatField())


class HealthResponse(serializers.Serializer):
    status = serializers.CharField()
    service = serializers.CharField()
    timestamp = serializers.DateTimeField()


class ModelStatusResponse(serializers.Serializer):
    model_loaded = serializers.BooleanField()
    ml_model_available = serializers.BooleanField()
    vectorizer_available = serializers.BooleanField()
    status = serializers.ChoiceField(["ready", "not_ready"])
    message = serializers.CharField()
    fallback_available = serializers.BooleanField(help_text="Without a model nothing is scored.")


class _Number(serializers.Serializer):
    id = serializers.IntegerField(min_value=-(2**63), max_value=2**63 - 1)


def number(given: str) -> int:
    """The number in a path. Raises ValidationError."""
    path = _Number(data={"id": given})
    path.is_valid(raise_exception=True)
    return int(path.validated_data["id"])


def rows(analyses: Any) -> Any:
    return HistoryRow(analyses, many=True).data
