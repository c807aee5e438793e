"""What the views of the drop-in paths share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE
from moderation.api.compat.forms import form_of
from moderation.api.permissions import holds

# without the session: these paths are for programs, on other origins, too
_DEFAULT: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
HEADER_AUTHENTICATION: list[type[BaseAuthentication]] = [
    one for one in _DEFAULT if not issubclass(one, SessionAuthentication)
]


class ApiKeyAuthentication(BaseAuthentication):
    """A token as Google's clients send keys: `?key=…` or `X-Goog-Api-Key: …`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        key = request.headers.get("X-Goog-Api-Key") or request.query_params.get("key")
        if not key:
            return None
        if not (key.isascii() and key.isalnum()):  # (no token is otherwise)
            raise exceptions.AuthenticationFailed("Invalid token.")
        return TokenAuthentication().authenticate_credentials(key.encode())

    def authenticate_header(self, request: Request) -> str:
        # (with a realm: httplib2, below Google's client, fails at a scheme alone)
        return 'Bearer realm="ToxiGuard"'


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "query",
            "name": "key",
            "description": "A token, as `?key=…` or in the header `X-Goog-Api-Key`",
        }


class Refused(exceptions.APIException):
    """A request that the original would refuse, too; `extra` are fields of its error form."""

    status_code = 400

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.extra = extra


class CompatView(APIView):
    """Answers errors in the original's form and in the original's language."""

    language = "en"
    authentication_classes = HEADER_AUTHENTICATION
    permission_classes = [holds("moderation.analyze_text")]
    max_body = MEBIBYTE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # (before anything that may be refused)
        translation.activate(self.language)
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        as_problem = super().get_exception_handler()

        def handle(exc: Exception, context: dict[str, Any]) -> Response:
            response = as_problem(exc, context)
            response.data = self.told(exc, response)
            response.content_type = "application/json"
            return response

        return handle

    def told(self, exc: Exception, response: Response) -> dict[str, Any]:
        """The error in the original's form, made of the problem in `response`."""
        form = form_of(self.request.path)
        assert form is not None
        problem = response.data
        extra = exc.extra if isinstance(exc, Refused) else {}
        return form(response.status_code, problem["detail"], problem["errors"], extra)
