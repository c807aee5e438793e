"""Endpoints of the queue: claims, decisions, undoing, appeals and reports (docs/api.md)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE, taken
from modelops.rest.parameters import refuse_unknown
from moderation.api import queue_serializers as forms
from moderation.api.pagination import QueuePagination
from moderation.api.permissions import holds
from moderation.api.refusals import CONFLICT, refusals_told
from moderation.errors import NotInQueue
from moderation.filters_queue import QueueFilter, queue_filter_for
from moderation.models import Analysis, DecisionBatch, QueueItem, ReviewDecision
from moderation.people import person, session_of
from moderation.selectors import known_analyses
from moderation.selectors_decisions import decisions_told, newest_round
from moderation.selectors_queue import oldest_waiting, queue_for, with_people
from moderation.services.another_look import appeal_analysis, report_analysis
from moderation.services.claims import claim_item, release_claim
from moderation.services.decide_batch import decide_batch, preview_batch
from moderation.services.decide_item import decide_item
from moderation.services.undo_decision import undo_batch, undo_decision

REVIEWS = holds("moderation.review_analysis")
SEES_ANALYSES = holds("moderation.analyze_text", "moderation.view_analysis")
TAGS = ["queue"]


def _analysis(request: Request, pk: int) -> Analysis:
    return get_object_or_404(known_analyses(request.user), pk=pk)


def _round(request: Request, pk: int) -> QueueItem:
    """The open round of an analysis, else its last one, of which services say why it is over."""
    item = newest_round(_analysis(request, pk))
    if item is None:
        raise NotInQueue
    return item


def _decision(request: Request, decision: ReviewDecision) -> dict[str, Any]:
    return forms.DecisionSerializer(decision, context={"user": request.user}).data


class QueueView(GenericAPIView):
    permission_classes = [REVIEWS]
    filter_backends = [DjangoFilterBackend]
    filterset_class = QueueFilter
    serializer_class = forms.QueueItemSerializer
    pagination_class = QueuePagination
    queryset = QueueItem.objects.none()  # for the schema

    @extend_schema(
        operation_id="queue",
        summary=_("What waits for you"),
        responses=forms.QueueItemSerializer(many=True),
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        user, session = person(request), session_of(request)
        self.filterset_class = queue_filter_for(user)
        refuse_unknown(request, [*self.filterset_class.base_filters, *QueuePagination.names])
        chosen = self.filter_queryset(with_people(queue_for(user, session)))
        page = self.paginate_queryset(chosen)
        shown = forms.QueueItemSerializer(page, many=True, context={"user": user})
        answer = self.get_paginated_response(shown.data)
        answer.data["oldest_waiting"] = oldest_waiting(user, session)
        return answer

    def get_queryset(self) -> QuerySet[QueueItem]:
        return self.queryset


class ClaimView(APIView):
    permission_classes = [REVIEWS]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="claim",
        summary=_("Claim an item for ten minutes, or renew that"),
        request=forms.ClaimSerializer,
        examples=[OpenApiExample("take over", {"take_over": True}, request_only=True)],
        responses={200: forms.QueueItemSerializer, 409: CONFLICT},
        tags=TAGS,
    )
    def post(self, request: Request, pk: int) -> Response:
        given = taken(forms.ClaimSerializer, request)
        user = person(request)
        with refusals_told(user):
            item = claim_item(item=_round(request, pk), by=user, **given)
        return Response(forms.QueueItemSerializer(item, context={"user": user}).data)

    @extend_schema(
        operation_id="claim_release",
        summary=_("Give an item back"),
        responses={204: None},
        tags=TAGS,
    )
    def delete(self, request: Request, pk: int) -> Response:
        if item := newest_round(_analysis(request, pk)):
            release_claim(item=item, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class DecisionView(APIView):
    permission_classes = [REVIEWS]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="decision",
        summary=_("Decide about an item"),
        description=_("Needs no claim. Of several at once exactly one wins."),
        request=forms.DecideSerializer,
        responses={201: forms.DecisionSerializer, 409: CONFLICT},
        examples=[
            OpenApiExample(
                "reject",
                {"action": "reject", "category": "insult", "reason": "Insulta a quien pregunta"},
                request_only=True,
            ),
            OpenApiExample("approve", {"action": "approve"}, request_only=True),
        ],
        tags=TAGS,
    )
    def post(self, request: Request, pk: int) -> Response:
        given = taken(forms.DecideSerializer, request)
        user = person(request)
        with refusals_told(user):
            decision = decide_item(
                item=_round(request, pk), by=user, session=session_of(request), **given
            )
        return Response(_decision(request, decision), status=status.HTTP_201_CREATED)


class DecisionsView(APIView):
    permission_classes = [SEES_ANALYSES]

    @extend_schema(
        operation_id="decisions",
        summary=_("What was decided about an analysis"),
        description=_("Oldest first, with what was undone. Integrations see what authors see."),
        responses=forms.DecisionsSerializer,
        tags=TAGS,
    )
    def get(self, request: Request, pk: int) -> Response:
        decisions = decisions_told(_analysis(request, pk), person(request))
        return Response({"results": [_decision(request, decision) for decision in decisions]})


class UndoView(APIView):
    permission_classes = [REVIEWS]

    @extend_schema(
        operation_id="decision_undo",
        summary=_("Undo a decision"),
        description=_("Your own; leads undo anybody's. The round opens again."),
        request=None,
        responses={201: forms.DecisionSerializer, 409: CONFLICT},
        tags=TAGS,
    )
    def post(self, request: Request, pk: int) -> Response:
        decision = get_object_or_404(ReviewDecision.objects.all(), pk=pk)
        user = person(request)
        with refusals_told(user):
            reversal = undo_decision(decision=decision, by=user)
        return Response(_decision(request, reversal), status=status.HTTP_201_CREATED)


class BatchDecisionView(APIView):
    permission_classes = [REVIEWS]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="batch_decision",
        summary=_("Decide about many items at once"),
        request=forms.BatchDecideSerializer,
        responses={
            200: forms.BatchPreviewSerializer,
            201: forms.BatchDecidedSerializer,
            409: CONFLICT,
        },
        examples=[
            OpenApiExample(
                "dry_run",
                {"filter": {"score_min": "0.9"}, "action": "reject", "category": "insult",
                 "dry_run": True},
                request_only=True,
            ),
            OpenApiExample("ids", {"ids": [12, 15], "action": "approve"}, request_only=True),
        ],
        tags=TAGS,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        given = taken(forms.BatchDecideSerializer, request)
        user = person(request)
        what = {
            "selection": forms.as_selection(given, session_of(request)),
            "action": given["action"],
            "category": given["category"],
            "by": user,
        }
        with refusals_told(user):
            if given.get("dry_run"):
                preview = preview_batch(**what)
                return Response(forms.BatchPreviewSerializer(preview, context={"user": user}).data)
            batch = decide_batch(
                **what,
                reason=given.get("reason", ""),
                expected_count=given.get("expected_count"),
            )
        answer = forms.BatchDecidedSerializer(batch).data
        return Response(answer, status=status.HTTP_201_CREATED)


class BatchUndoView(APIView):
    permission_classes = [REVIEWS]

    @extend_schema(
        operation_id="batch_undo",
        summary=_("Undo what still stands of a batch"),
        request=None,
        responses={201: forms.BatchDecidedSerializer, 409: CONFLICT},
        tags=TAGS,
    )
    def post(self, request: Request, pk: int) -> Response:
        batch = get_object_or_404(DecisionBatch.objects.all(), pk=pk)
        user = person(request)
        with refusals_told(user):
            reversal = undo_batch(batch=batch, by=user)
        answer = forms.BatchDecidedSerializer(reversal).data
        return Response(answer, status=status.HTTP_201_CREATED)


class AppealView(APIView):
    permission_classes = [SEES_ANALYSES]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="appeal",
        summary=_("Ask for another look at what was decided"),
        description=_("Somebody else decides than before. One at a time."),
        request=forms.AppealedSerializer,
        responses={201: forms.AppealSerializer, 409: CONFLICT},
        examples=[
            OpenApiExample(
                "author", {"text": "Era una cita, no lo digo yo", "by_author": True},
                request_only=True,
            )
        ],
        tags=TAGS,
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        given = taken(forms.AppealedSerializer, request)
        user = person(request)
        given.setdefault("by_author", not user.has_perm("moderation.review_analysis"))
        with refusals_told(user):
            item = appeal_analysis(
                analysis=_analysis(request, pk),
                text=given.get("text", ""),
                by=user,
                by_author=given["by_author"],
            )
        return Response(forms.AppealSerializer(item.appeal).data, status=status.HTTP_201_CREATED)


class ReportView(APIView):
    permission_classes = [SEES_ANALYSES]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="report",
        summary=_("Pass on that a user flags a text"),
        description=_("200 instead of 201: this reporter flagged it before, nothing changed."),
        request=forms.ReportedSerializer,
        responses={200: forms.ReportSerializer, 201: forms.ReportSerializer},
        examples=[
            OpenApiExample(
                "user", {"reporter": "lucia", "category": "threat", "reason": "Da mi dirección"},
                request_only=True,
            )
        ],
        tags=TAGS,
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        given = taken(forms.ReportedSerializer, request)
        report, new = report_analysis(analysis=_analysis(request, pk), by=person(request), **given)
        code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        return Response(forms.ReportSerializer(report).data, status=code)
