"""Endpoints of the analyses (docs/api.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE, taken
from modelops.rest.parameters import refuse_unknown
from moderation.api.pagination import AnalysisPagination
from moderation.api.permissions import holds
from moderation.api.serializers import (
    AddLabelSerializer,
    AnalysisSerializer,
    AnalyzeSerializer,
    BatchAnswerSerializer,
    BatchSerializer,
    LabelSerializer,
    StatsSerializer,
    VerdictSerializer,
    as_input,
)
from moderation.export import csv_response
from moderation.filters import AnalysisFilter
from moderation.models import Analysis
from moderation.people import person
from moderation.selectors import analysis_stats, visible_analyses, with_people
from moderation.services import analyze_texts, erase_analysis, label_analysis

NO_MODEL = OpenApiResponse(description=_("No model is live; nothing was stored."))
SEES_ANALYSES = holds("moderation.analyze_text", "moderation.view_analysis")


def _answers(request: Request, items: Sequence[dict[str, Any]]) -> tuple[list[Any], str]:
    """Analyse validated items; their answers, and the version that scored them."""
    inputs, explain = zip(*map(as_input, items), strict=True)
    outcomes = analyze_texts(items=inputs, by=person(request))
    as_answer = VerdictSerializer().to_representation
    answers = [
        as_answer(outcome.record) | ({} if explained else {"spans": [], "explanation": None})
        for outcome, explained in zip(outcomes, explain, strict=True)
    ]
    return answers, outcomes[0].verdict.model_version


class AnalyzeView(APIView):
    permission_classes = [holds("moderation.analyze_text")]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="analyze",
        summary=_("Analyse one text"),
        request=AnalyzeSerializer,
        responses={200: VerdictSerializer, 503: NO_MODEL},
        examples=[
            OpenApiExample("es", {"text": "Eres un inútil", "language": "es"}, request_only=True),
            OpenApiExample(
                "thresholds",
                {"text": "Eres un inútil", "thresholds": {"review": 0.3, "block": 0.8}},
                request_only=True,
            ),
        ],
        tags=["analyses"],
    )
    def post(self, request: Request) -> Response:
        answers, _version = _answers(request, [taken(AnalyzeSerializer, request)])
        return Response(answers[0])


class AnalyzeBatchView(APIView):
    permission_classes = [holds("moderation.analyze_text")]

    @extend_schema(
        operation_id="analyze_batch",
        summary=_("Analyse up to 1,000 texts, all or none"),
        request=BatchSerializer,
        responses={200: BatchAnswerSerializer, 503: NO_MODEL},
        examples=[
            OpenApiExample(
                "texts",
                {"texts": ["Gracias por la ayuda", "You are a clown"], "store": False},
                request_only=True,
            )
        ],
        tags=["analyses"],
    )
    def post(self, request: Request) -> Response:
        answers, version = _answers(request, taken(BatchSerializer, request)["items"])
        return Response({"results": answers, "model_version": version})


class FilteredView(GenericAPIView):
    """The analyses that the caller sees, through the filters of the query string."""

    permission_classes = [SEES_ANALYSES]
    filter_backends = [DjangoFilterBackend]
    filterset_class = AnalysisFilter
    serializer_class = AnalysisSerializer
    pagination_class: type[AnalysisPagination] | None = None
    queryset = Analysis.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Analysis]:
        return visible_analyses(self.request.user)

    def chosen(self) -> QuerySet[Analysis]:
        """What the filters choose."""
        pages = getattr(self.pagination_class, "names", ())
        refuse_unknown(self.request, [*self.filterset_class.base_filters, *pages])
        return self.filter_queryset(self.get_queryset())


class AnalysisListView(FilteredView):
    pagination_class = AnalysisPagination

    @extend_schema(
        operation_id="analyses",
        summary=_("List analyses"),
        responses=AnalysisSerializer(many=True),
        tags=["analyses"],
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(with_people(self.chosen()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class AnalysisStatsView(FilteredView):
    @extend_schema(
        operation_id="analyses_stats",
        summary=_("Figures of the analyses"),
        responses=StatsSerializer,
        filters=True,
        tags=["analyses"],
    )
    def get(self, request: Request) -> Response:
        return Response(analysis_stats(self.chosen()))


class AnalysisExportView(FilteredView):
    permission_classes = [holds("moderation.export")]

    @extend_schema(
        operation_id="analyses_export",
        summary=_("Export analyses as CSV"),
        responses={(200, "text/csv"): OpenApiTypes.STR},
        filters=True,
        tags=["analyses"],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return csv_response(self.chosen())


class AnalysisView(APIView):
    def get_permissions(self) -> list[Any]:
        erases = self.request.method == "DELETE"
        return [holds("moderation.erase")() if erases else SEES_ANALYSES()]

    @extend_schema(
        operation_id="analysis",
        summary=_("One analysis"),
        responses=AnalysisSerializer,
        tags=["analyses"],
    )
    def get(self, request: Request, pk: int) -> Response:
        analysis = get_object_or_404(with_people(visible_analyses(request.user)), pk=pk)
        return Response(AnalysisSerializer(analysis).data)

    @extend_schema(
        operation_id="analysis_erase",
        summary=_("Erase one analysis"),
        description=_("Text, author and context go, scores stay as figures."),
        responses={204: None},
        tags=["analyses"],
    )
    def delete(self, request: Request, pk: int) -> Response:
        analysis = get_object_or_404(visible_analyses(request.user), pk=pk)
        erase_analysis(analysis=analysis, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AnalysisLabelView(APIView):
    permission_classes = [holds("moderation.review_analysis")]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="analysis_label",
        summary=_("Say what is right"),
        request=AddLabelSerializer,
        examples=[
            OpenApiExample("label", {"toxic": True, "category": "insult"}, request_only=True)
        ],
        responses={201: LabelSerializer},
        tags=["analyses"],
    )
    def post(self, request: Request, pk: int) -> Response:
        analysis = get_object_or_404(visible_analyses(request.user), pk=pk)
        given = taken(AddLabelSerializer, request)
        label = label_analysis(analysis=analysis, by=person(request), **given)
        return Response(LabelSerializer(label).data, status=status.HTTP_201_CREATED)
