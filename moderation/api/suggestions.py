"""Endpoints of suggested scores, for leads (docs/api.md)."""

from __future__ import annotations

from datetime import UTC

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE
from modelops.rest.fields import (
    BoundedListField,
    ObjectSerializer,
    StrictBooleanField,
    StrictIntegerField,
)
from modelops.rest.parameters import refuse_unknown
from moderation.api.pagination import AnalysisPagination
from moderation.api.permissions import holds
from moderation.models import SuggestedScore
from moderation.people import person
from moderation.services import settle_suggestions

MAX_AT_ONCE = 1000
LEADS = holds("moderation.take_over")


class SuggestionSerializer(serializers.ModelSerializer):
    toxic = serializers.BooleanField(
        allow_null=True, help_text=_("null: it says nothing about the text.")
    )
    weight = serializers.FloatField(help_text=_("In training, once it is accepted."))
    scores = serializers.DictField(child=serializers.FloatField())
    state = serializers.CharField()
    language = serializers.CharField()
    suggested_by = serializers.CharField(source="suggested_by.username")
    settled_by = serializers.CharField(source="settled_by.username", allow_null=True)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    settled_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)

    class Meta:
        model = SuggestedScore
        fields = [
            "id", "text", "scores", "toxic", "weight", "language", "community", "state",
            "suggested_by", "created_at", "settled_by", "settled_at",
        ]  # fmt: skip


class SettleSerializer(ObjectSerializer):
    ids = BoundedListField(limit=MAX_AT_ONCE, child=StrictIntegerField(low=1, high=2**63 - 1))
    accept = StrictBooleanField(help_text=_("true: they become labels; false: they never will."))


class SettledSerializer(serializers.Serializer):
    settled = serializers.IntegerField(help_text=_("How many of them were still waiting."))


class SuggestionListView(GenericAPIView):
    permission_classes = [LEADS]
    pagination_class = AnalysisPagination
    serializer_class = SuggestionSerializer
    queryset = SuggestedScore.objects.none()  # for the schema

    @extend_schema(
        operation_id="suggestions",
        summary=_("List suggested scores"),
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=SuggestedScore.State.values)],
        responses=SuggestionSerializer(many=True),
        tags=["suggestions"],
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ["state", *AnalysisPagination.names])
        suggestions = SuggestedScore.objects.select_related("suggested_by", "settled_by")
        if state := request.query_params.get("state"):
            if state not in SuggestedScore.State.values:
                expected = ", ".join(SuggestedScore.State.values)
                message = _("One of these is expected: {expected}.").format(expected=expected)
                raise ValidationError({"state": [message]})
            suggestions = suggestions.filter(state=state)
        page = self.paginate_queryset(suggestions)
        return self.get_paginated_response(SuggestionSerializer(page, many=True).data)


class SettleView(APIView):
    permission_classes = [LEADS]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="suggestions_settle",
        summary=_("Accept or reject suggested scores"),
        request=SettleSerializer,
        responses=SettledSerializer,
        examples=[OpenApiExample("accept", {"ids": [1, 2], "accept": True}, request_only=True)],
        tags=["suggestions"],
    )
    def post(self, request: Request) -> Response:
        serializer = SettleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        chosen = SuggestedScore.objects.filter(pk__in=asked["ids"])
        count = settle_suggestions(suggestions=chosen, accept=asked["accept"], by=person(request))
        return Response({"settled": count})
