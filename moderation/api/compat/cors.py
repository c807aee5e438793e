"""Scripts on the pages of other sites may call the Perspective paths, where the site says so."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from moderation.api.compat.forms import form_of, google_error

# what a script may read besides the body
EXPOSED = (
    "X-Request-ID, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "RateLimit-Policy"
)
MAX_AGE = 3600  # seconds that a browser remembers the answer


def allow_origins(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: CORS headers for TOXIGUARD_CORS_ORIGINS, without cookies.

    Errors carry them as well, or a script could not read what was wrong.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if form_of(request.path) is not google_error:
            return get_response(request)
        asked = request.headers.get("Access-Control-Request-Method")
        preflight = request.method == "OPTIONS" and bool(asked)
        response = HttpResponse(status=204) if preflight else get_response(request)
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin")
        if origin and origin in settings.CORS_ORIGINS:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = EXPOSED
            if preflight:
                response["Access-Control-Allow-Methods"] = "GET, POST"
                wanted = "Authorization, Content-Type, X-Goog-Api-Key, X-Goog-Api-Client"
                response["Access-Control-Allow-Headers"] = wanted
                response["Access-Control-Max-Age"] = str(MAX_AGE)
        return response

    return answer
