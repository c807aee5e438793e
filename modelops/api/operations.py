"""/health, /healthz, /readyz for load balancers; /metrics for Prometheus."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from modelops import metrics, serving


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The process can score: database and model are there."""
    try:
        here = serving.ensure_loaded()
    except DatabaseError:
        return _not_ready(_("The database does not answer."))
    except serving.ModelUnavailable as error:
        return _not_ready(str(error))
    return JsonResponse({"status": "ok", "version": here.version, "degraded": bool(here.error)})


def _not_ready(detail: str) -> JsonResponse:
    problem = {
        "type": "about:blank",
        "title": _("Service unavailable"),
        "status": 503,
        "detail": detail,
        "errors": [],
    }
    return JsonResponse(problem, status=503, content_type="application/problem+json")


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


class MayReadMetrics(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.auth == "metrics" or request.user.has_perm("modelops.operate_model")


class MetricsView(APIView):
    permission_classes = [MayReadMetrics]

    def get_authenticators(self) -> list[Any]:
        return [MetricsToken(), *super().get_authenticators()]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
