"""The first ToxiGuard's own calls (docs/api.md). What it said it says here, in Spanish."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from modelops import serving
from modelops.rest.bodies import taken
from modelops.words import utc
from moderation.api.compat import toxiguard1_examples as examples
from moderation.api.compat import toxiguard1_serializers as forms
from moderation.api.compat.base import CompatView, Refused
from moderation.api.compat.forms import UNPROCESSABLE, first_error
from moderation.api.permissions import holds
from moderation.other_services import first_category
from moderation.people import person
from moderation.search import MIN_LENGTH, fold, search
from moderation.selectors import FLAGGED, analysis_stats, visible_analyses
from moderation.services import AnalysisInput, analyze_texts, erase_analyses

SOURCE = "toxiguard1"
SEES_ANALYSES = holds("moderation.analyze_text", "moderation.view_analysis")
_KINDS = {  # of wrong values, as FastAPI names them
    "required": "missing",
    "null": "string_type",
    "blank": "string_too_short",
    "too_long": "string_too_long",
    "max_length": "string_too_long",
    "min_value": "greater_than_equal",
    "max_value": "less_than_equal",
}
WRONG = OpenApiResponse(description="The value is not one that is possible.")


class FirstView(CompatView):
    language = "es"
    values_in = "query"

    def told(self, exc: Exception, response: Response) -> dict[str, Any]:
        """As FastAPI: values that can't be are a 422 which lists them, each with its kind."""
        if isinstance(exc, exceptions.ParseError):
            response.status_code = UNPROCESSABLE
            errors = [{"field": "body", "message": response.data["detail"], "type": "json_invalid"}]
        elif isinstance(exc, exceptions.ValidationError):
            response.status_code = UNPROCESSABLE
            # (of serializers without nested ones)
            told: Any = exc.get_codes()
            codes = [code for field in told.values() for code in field]
            errors = [
                error | {"type": _KINDS.get(code, "value_error")}
                for error, code in zip(response.data["errors"], codes, strict=True)
            ]
        else:
            return super().told(exc, response)
        return first_error(UNPROCESSABLE, "", errors, {"in": self.values_in})


class MayAnalyze(holds("moderation.analyze_text")):  # type: ignore[misc]
    """Whoever may analyse; where the site says so, anybody without a token as well."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if settings.OPEN_V1 and not request.user.is_authenticated:
            return True
        return bool(super().has_permission(request, view))


class AnalyzeView(FirstView):
    permission_classes = [MayAnalyze]
    values_in = "body"

    @extend_schema(
        operation_id="first_analyze",
        summary="First ToxiGuard: analyse a text",
        request=forms.AnalyzeRequest,
        responses={
            200: forms.AnalyzeResponse,
            503: OpenApiResponse(description="No model is live; nothing was stored."),
        },
        examples=[
            OpenApiExample("text", {"text": "Eres un idiota"}, request_only=True),
            *examples.shown(examples.ANALYSED),
        ],
        tags=["toxiguard1"],
    )
    def post(self, request: Request) -> Response:
        text = taken(forms.AnalyzeRequest, request)["text"]
        by = person(request) if request.user.is_authenticated else None
        (outcome,) = analyze_texts(items=[AnalysisInput(text=text, source=SOURCE)], by=by)
        return Response(forms.AnalyzeResponse(outcome.record).data)


# --- the history ------------------------------------------------------------------------------


def _for_people(request: HttpRequest) -> bool:
    """Whether a browser asks for the page whose address is the same but for a slash."""
    page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    return page and "Authorization" not in request.headers


class HistoryPath(FirstView):
    """Programs get JSON, people the page."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if _for_people(request):
            query = request.META.get("QUERY_STRING", "")
            response: HttpResponseBase = HttpResponseRedirect(
                f"{request.path}/?{query}" if query else f"{request.path}/"
            )
        else:
            response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept", "Authorization"])
        return response


class HistoryView(HistoryPath):
    def get_permissions(self) -> list[Any]:
        erases = self.request.method == "DELETE"
        return [holds("moderation.erase")() if erases else SEES_ANALYSES()]

    @extend_schema(
        operation_id="first_history",
        summary="First ToxiGuard: the history",
        parameters=[forms.HistoryQuery],
        responses=forms.HistoryResponse,
        examples=examples.shown(examples.HISTORY),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        query = asked(forms.HistoryQuery, request)
        analyses = visible_analyses(request.user)
        page = analyses[query["offset"] : query["offset"] + query["limit"]]
        return Response({"history": forms.rows(page), "total": analyses.count(), **query})

    @extend_schema(
        operation_id="first_history_clear",
        summary="First ToxiGuard: erase all analyses that the caller sees",
        responses={200: forms.ClearedResponse},
        examples=examples.shown(examples.CLEARED),
        tags=["toxiguard1"],
    )
    def delete(self, request: Request) -> Response:
        count = erase_analyses(analyses=visible_analyses(request.user), by=person(request))
        return Response({"message": "Historial limpiado exitosamente", "deleted_analyses": count})


class HistoryStatsView(HistoryPath):
    permission_classes = [SEES_ANALYSES]

    @extend_schema(
        operation_id="first_history_stats",
        summary="First ToxiGuard: figures of the history",
        responses=forms.StatsResponse,
        examples=examples.shown(examples.STATS),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        stats = analysis_stats(visible_analyses(request.user), toxic=FLAGGED)
        stats["categories"] = {
            name: count
            for code, count in stats["categories"].items()
            if (name := first_category(code, ()))
        }
        return Response(forms.StatsResponse(stats).data)


class HistorySearchView(HistoryPath):
    permission_classes = [SEES_ANALYSES]

    @extend_schema(
        operation_id="first_history_search",
        summary="First ToxiGuard: search the history",
        parameters=[forms.SearchQuery],
        responses={200: forms.SearchResponse, 400: WRONG},
        examples=examples.shown(examples.SEARCH),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        query = asked(forms.SearchQuery, request)
        if not query["q"].strip():
            raise Refused("El parámetro de búsqueda 'q' no puede estar vacío")
        if len(fold(query["q"])) < MIN_LENGTH:
            raise Refused(_("Search for at least %(count)s characters.") % {"count": MIN_LENGTH})
        found = search(visible_analyses(request.user), query["q"])
        answer = {
            "results": forms.rows(found[: query["limit"]]),
            "query": query["q"],
            "total": found.count(),
            "limit": query["limit"],
        }
        return Response(answer)


class HistoryRowView(HistoryPath):
    permission_classes = [holds("moderation.erase")]
    values_in = "path"

    @extend_schema(
        operation_id="first_history_delete",
        summary="First ToxiGuard: erase one analysis",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        responses={200: forms.MessageResponse, 422: WRONG},
        examples=examples.shown(examples.DELETED),
        tags=["toxiguard1"],
    )
    def delete(self, request: Request, pk: str) -> Response:
        number = forms.number(pk)
        chosen = visible_analyses(request.user).filter(pk=number)
        if not erase_analyses(analyses=chosen, by=person(request)):
            raise exceptions.NotFound(f"Análisis {number} no encontrado")
        return Response({"message": f"Análisis {number} eliminado exitosamente"})


# --- how it is --------------------------------------------------------------------------------


class HealthView(FirstView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []

    @extend_schema(
        operation_id="first_health",
        summary="First ToxiGuard: the process answers",
        responses=forms.HealthResponse,
        auth=[],
        examples=examples.shown(examples.HEALTH),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        now = utc(timezone.now())
        return Response({"status": "ok", "service": "ToxiGuard", "timestamp": now})


class ModelStatusView(FirstView):
    permission_classes = [holds("moderation.analyze_text", "modelops.operate_model")]

    @extend_schema(
        operation_id="first_ml_status",
        summary="First ToxiGuard: whether a model is there",
        responses=forms.ModelStatusResponse,
        examples=examples.shown(examples.MODEL_STATUS),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        try:
            serving.ensure_loaded()
            ready, message = True, "Modelo ML cargado y listo"
        except serving.ModelUnavailable as error:
            ready, message = False, str(error)
        answer = {
            "model_loaded": ready,
            "ml_model_available": ready,
            "vectorizer_available": ready,
            "status": "ready" if ready else "not_ready",
            "message": message,
            "fallback_available": False,
        }
        return Response(answer)


def asked(serializer: type[Serializer], request: Request) -> dict[str, Any]:
    """The validated query parameters; unknown ones are not looked at, as there. Raises
    ValidationError."""
    given = serializer(data=request.query_params)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
