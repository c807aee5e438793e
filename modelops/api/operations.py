"""/health, /healthz, /readyz for load balancers; /metrics for Prometheus."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops import metrics, serving

from .common import MayOperateModel, Unavailable

OK = ("ok",)  # what a status may be


class OpenView(APIView):
    """For load balancers: no account, and no session that would need a database."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []


class HealthSerializer(serializers.Serializer):
    status = serializers.ChoiceField(OK)


class ReadySerializer(HealthSerializer):
    version = serializers.CharField()
    degraded = serializers.BooleanField(help_text=_("It scores, but not with what is live."))


@method_decorator(never_cache, name="dispatch")
class HealthView(OpenView):
    @extend_schema(
        operation_id="health",
        summary=_("Whether the process answers"),
        responses=HealthSerializer,
        tags=["operations"],
    )
    def get(self, request: Request) -> Response:
        """The process answers."""
        return Response({"status": "ok"})


@method_decorator(never_cache, name="dispatch")
class HealthzView(HealthView):
    """The same at another usual address."""

    @extend_schema(
        operation_id="healthz",
        summary=_("The same as /health"),
        responses=HealthSerializer,
        tags=["operations"],
    )
    def get(self, request: Request) -> Response:
        return super().get(request)


@method_decorator(never_cache, name="dispatch")
class ReadyView(OpenView):
    @extend_schema(
        operation_id="ready",
        summary=_("Whether the process can score"),
        responses={
            200: ReadySerializer,
            503: OpenApiResponse(
                description=_("The database does not answer, or no model is live.")
            ),
        },
        tags=["operations"],
    )
    def get(self, request: Request) -> Response:
        """The process can score: database and model are there."""
        try:
            here = serving.ensure_loaded()
        except DatabaseError as error:
            raise Unavailable(gettext("The database does not answer.")) from error
        except serving.ModelUnavailable as error:
            raise Unavailable(str(error)) from error
        return Response({"status": "ok", "version": here.version, "degraded": bool(here.error)})


class MetricsToken(BaseAuthentication):
    """`Authorization: Bearer …` with TOXIGUARD_METRICS_TOKEN, which opens /metrics only."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, str] | None:
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        given = get_authorization_header(request)
        if settings.METRICS_TOKEN and hmac.compare_digest(given, expected):
            return AnonymousUser(), "metrics"
        return None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayReadMetrics(MayOperateModel):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.auth == "metrics" or super().has_permission(request, view)


class MetricsView(APIView):
    permission_classes = [MayReadMetrics]
    throttle_classes: list[Any] = []

    def get_authenticators(self) -> list[Any]:
        return [MetricsToken(), *super().get_authenticators()]

    @extend_schema(
        operation_id="metrics",
        summary=_("Figures for Prometheus"),
        responses={(200, "text/plain"): OpenApiTypes.STR},
        auth=[{"token": []}, {"bearer": []}],  # type: ignore[list-item]
        tags=["operations"],
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
