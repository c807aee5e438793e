"""Endpoints of webhooks, of exports, and of erasing an author (docs/api.md)."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE, taken
from modelops.rest.parameters import refuse_unknown
from moderation.api.permissions import holds
from moderation.api.refusals import REFUSED, refusals_told
from moderation.api.serializers_team import (
    AddWebhookSerializer,
    EraseAuthorSerializer,
    ErasedSerializer,
    NewWebhookSerializer,
    TrialSerializer,
    WebhookSerializer,
)
from moderation.export_tables import NAMES, table_response
from moderation.models import Webhook
from moderation.people import person
from moderation.selectors_team import analyses_of
from moderation.services.erase_author import erase_author
from moderation.services.keep_webhooks import (
    add_webhook,
    remove_webhook,
    rotate_secret,
    try_webhook,
)
from moderation.webhook_texts import problem_text

ADD = OpenApiExample(
    "add",
    {"owner": "foro", "url": "https://foro.example.org/hooks/toxiguard"},
    request_only=True,
)
ERASE = OpenApiExample(
    "erase",
    {"author": "ana", "source": "foro", "reason": "Solicitud 2026-114", "dry_run": False},
    request_only=True,
)


class WebhookListView(APIView):
    permission_classes = [holds("moderation.manage_team")]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="webhooks",
        summary=_("List webhooks"),
        responses=WebhookSerializer(many=True),
        tags=["webhooks"],
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, [])
        rows = Webhook.objects.filter(active=True).select_related("owner", "by")
        return Response(WebhookSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="webhook_add",
        summary=_("Add a webhook"),
        description=_("Private addresses, and such without https, are refused."),
        request=AddWebhookSerializer,
        responses={201: NewWebhookSerializer, 409: REFUSED},
        examples=[ADD],
        tags=["webhooks"],
    )
    def post(self, request: Request) -> Response:
        wanted = taken(AddWebhookSerializer, request)
        with refusals_told():
            webhook = add_webhook(**wanted, by=person(request))
        return Response(NewWebhookSerializer(webhook).data, status=status.HTTP_201_CREATED)


class WebhookView(APIView):
    permission_classes = [holds("moderation.manage_team")]

    @extend_schema(
        operation_id="webhook_remove",
        summary=_("Remove a webhook"),
        responses={204: None, 409: REFUSED},
        tags=["webhooks"],
    )
    def delete(self, request: Request, pk: int) -> Response:
        with refusals_told():
            remove_webhook(webhook=get_object_or_404(Webhook, pk=pk), by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecretView(APIView):
    permission_classes = [holds("moderation.manage_team")]

    @extend_schema(
        operation_id="webhook_secret",
        summary=_("Make a new secret"),
        request=None,
        responses={200: NewWebhookSerializer, 409: REFUSED},
        tags=["webhooks"],
    )
    def post(self, request: Request, pk: int) -> Response:
        webhook = get_object_or_404(Webhook.objects.select_related("owner", "by"), pk=pk)
        with refusals_told():
            webhook.secret = rotate_secret(webhook=webhook, by=person(request))
        return Response(NewWebhookSerializer(webhook).data)


class WebhookTestView(APIView):
    permission_classes = [holds("moderation.manage_team")]

    @extend_schema(
        operation_id="webhook_test",
        summary=_("Send a test message"),
        description=_("At once, and waits up to 10 seconds for the answer."),
        request=None,
        responses={200: TrialSerializer, 409: REFUSED},
        tags=["webhooks"],
    )
    def post(self, request: Request, pk: int) -> Response:
        with refusals_told():
            answer = try_webhook(webhook=get_object_or_404(Webhook, pk=pk), by=person(request))
        return Response(
            {
                "taken": not answer.problem,
                "status": answer.status,
                "problem": answer.problem,
                "detail": problem_text(answer.problem, answer.status),
            }
        )


class ExportView(APIView):
    permission_classes = [holds("moderation.export")]

    @extend_schema(
        operation_id="export_table",
        summary=_("Everything of one kind as CSV"),
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH, enum=NAMES)],
        responses={(200, "text/csv"): OpenApiTypes.STR},
        tags=["exports"],
    )
    def get(self, request: Request, name: str) -> StreamingHttpResponse:
        refuse_unknown(request, [])
        if name not in NAMES:
            raise NotFound
        return table_response(name)


class EraseAuthorView(APIView):
    permission_classes = [holds("moderation.erase")]
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="author_erase",
        summary=_("Erase everything of an author"),
        description=_("Texts, name and contexts go, scores and decisions stay as figures."),
        request=EraseAuthorSerializer,
        responses=ErasedSerializer,
        examples=[ERASE],
        tags=["exports"],
    )
    def post(self, request: Request) -> Response:
        wanted = taken(EraseAuthorSerializer, request)
        who = {"author": wanted["author"], "source": wanted.get("source", "")}
        if wanted.get("dry_run"):
            return Response({"count": analyses_of(**who).count(), "dry_run": True})
        count = erase_author(**who, reason=wanted["reason"], by=person(request))
        return Response({"count": count, "dry_run": False})
