"""Problem details (RFC 9457): the form of every error of the API, for every cause."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from modelops import serving
from moderation.api.compat.forms import form_of
from toxiguard_site import views as pages
from toxiguard_site.logs import request_id

API_PREFIXES = ("/api/", "/model/")
OPERATIONS = ("/health", "/healthz", "/readyz", "/metrics")
CONTENT_TYPE = "application/problem+json"
BODY = "body"  # named as the field when the request as a whole is wrong

_TITLES = {
    400: gettext_lazy("Bad request"),
    401: gettext_lazy("Not authenticated"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    409: gettext_lazy("Conflict"),
    411: gettext_lazy("Length required"),
    413: gettext_lazy("Request too large"),
    415: gettext_lazy("Unsupported content type"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Server error"),
    503: gettext_lazy("Service unavailable"),
}

log = structlog.get_logger(__name__)


def problem(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": str(_TITLES.get(status, HTTPStatus(status).phrase)),
        "status": status,
        "detail": detail,
        "errors": errors or [],
        "request_id": request_id(),
    }


def flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    """DRF's nested messages as `[{"field": "items[3].text", "message": …}]`."""
    if isinstance(detail, dict):
        pairs = [
            (path if key == api_settings.NON_FIELD_ERRORS_KEY else _join(path, key), value)
            for key, value in detail.items()
        ]
    elif isinstance(detail, list) and any(isinstance(entry, (dict, list)) for entry in detail):
        pairs = [(_join(path, index), value) for index, value in enumerate(detail)]
    else:
        messages = detail if isinstance(detail, list) else [detail]
        return [{"field": path or BODY, "message": force_str(message)} for message in messages]
    return [error for where, value in pairs for error in flatten(value, where)]


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Whatever a view raises becomes a problem; what nobody expected is logged and is a 500."""
    error = _as_api_exception(exc)
    headers = {}
    if header := getattr(error, "auth_header", None) or getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        errors = flatten(error.detail)
        detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:3])
    else:
        detail = force_str(error.detail)
        errors = [{"field": error.field, "message": detail}] if hasattr(error, "field") else []
    body = problem(error.status_code, detail, errors) | getattr(exc, "extra", {})
    return Response(body, error.status_code, headers=headers, content_type=CONTENT_TYPE)


class PayloadTooLarge(exceptions.APIException):
    status_code = 413
    default_detail = gettext_lazy("The request is too large.")
    field = BODY


class UnsupportedContentType(exceptions.APIException):
    status_code = 415
    default_detail = gettext_lazy(
        "The body has to be JSON, with the header “Content-Type: application/json”."
    )


class BadBody(exceptions.ParseError):
    """The body as a whole can't be read."""

    field = BODY


class ServiceUnavailable(exceptions.APIException):
    status_code = 503


def _as_api_exception(exc: Exception) -> exceptions.APIException:
    match exc:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case exceptions.UnsupportedMediaType():
            return UnsupportedContentType()
        case RequestDataTooBig():
            return PayloadTooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError()
        case serving.ModelUnavailable():
            nothing = _("Nothing was stored.")
            return ServiceUnavailable(f"{exc} {nothing}")
        case exceptions.Throttled():
            return _try_later(exc)
        case exceptions.APIException():
            return exc
    log.error("api_error", exc_info=exc)
    return exceptions.APIException(_("Something went wrong here. The log of the site says more."))


def _try_later(exc: exceptions.Throttled) -> exceptions.Throttled:
    seconds = getattr(exc, "wait", None) or 1
    told = ngettext(
        "Too many requests. Nothing was done; try again in %(count)s second.",
        "Too many requests. Nothing was done; try again in %(count)s seconds.",
        seconds,
    )
    exc.detail = exceptions.ErrorDetail(told % {"count": seconds}, exc.default_code)
    return exc


# Views for what never reaches a view of the API: unknown paths, and errors in the middleware.


def is_api(request: HttpRequest) -> bool:
    ours = request.path.startswith(API_PREFIXES) or request.path in OPERATIONS
    return ours or form_of(request.path) is not None


def _answer(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Problem details; on the drop-in paths the original's form."""
    if form := form_of(request.path):
        return JsonResponse(form(status, detail, (), {}), status=status)
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)


@csrf_exempt
def api_not_found(request: HttpRequest, rest: str = "") -> JsonResponse:
    return _answer(request, 404, _("There is nothing at %(path)s.") % {"path": request.path})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return _answer(request, 400, _("The request can't be read."))
    return pages.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return _answer(request, 403, _("You are not allowed to do this."))
    return pages.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return api_not_found(request) if is_api(request) else pages.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return _answer(request, 500, _("Something went wrong here. The log of the site says more."))
    return pages.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        return _answer(request, 403, _("The CSRF token is missing or wrong."))
    return pages.csrf_failure(request, reason)


def require_length(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: refuse a body without a length, which Django would take for an empty one."""

    def refuse_or_answer(request: HttpRequest) -> HttpResponse:
        if not request.headers.get("Transfer-Encoding") or request.headers.get("Content-Length"):
            return get_response(request)
        if is_api(request):
            return _answer(
                request, 411, _("The body needs a Content-Length; a chunked one is not read.")
            )
        return pages.bad_request(request)

    return refuse_or_answer
