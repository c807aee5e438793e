"""What all endpoints share: authentication, parsing, negotiation, and the schema's common parts."""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONDecodeError
from typing import IO, Any

import knox.auth
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions, negotiation, parsers
from rest_framework.authentication import get_authorization_header
from rest_framework.metadata import BaseMetadata
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from moderation.api.compat.forms import SCHEMAS, invalid_status_of, schema_of
from toxiguard_site.problems import BadBody, PayloadTooLarge, exception_handler

__all__ = [
    "BearerAuthentication",
    "JSONParser",
    "Methods",
    "Negotiation",
    "TokenAuthentication",
    "describe_problems",
    "exception_handler",
]


class TokenAuthentication(knox.auth.TokenAuthentication):
    """`Authorization: Token …`"""

    prefix = "Token"

    def authenticate_header(self, request: Request) -> str:
        return self.prefix

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        words = get_authorization_header(request).split()
        if len(words) == 1 and words[0].lower() not in (b"token", b"bearer"):
            raise exceptions.AuthenticationFailed(
                _("The header has to be “Authorization: Token …”, with the token after the word.")
            )
        return super().authenticate(request)

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        try:
            token.decode()
        except UnicodeDecodeError as error:
            raise exceptions.AuthenticationFailed from error
        return super().authenticate_credentials(token)


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer …`, with the same tokens."""

    prefix = "Bearer"


class JSONParser(parsers.JSONParser):
    """JSON of a bounded size and depth; what can't be read is told in the caller's language."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = parser_context or {}
        request, view = context.get("request"), context.get("view")
        limit = getattr(view, "max_body", None) or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") if request else None
        if length and int(length) > limit:
            raise PayloadTooLarge(
                _("The request has %(size)s bytes, at most %(limit)s are read.")
                % {"size": length, "limit": limit}
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except (exceptions.ParseError, RecursionError) as error:
            raise BadBody(
                _("The body is not JSON in UTF-8: %(error)s") % {"error": _reason(error)}
            ) from None


def _reason(error: Exception) -> str:
    cause = error.__context__
    if isinstance(cause, JSONDecodeError):
        place = {"line": cause.lineno, "column": cause.colno}
        return _("line %(line)s, column %(column)s.") % place
    if isinstance(cause, UnicodeDecodeError):
        return _("byte %(position)s.") % {"position": cause.start}
    if isinstance(error, RecursionError):
        return _("too deeply nested.")
    return _("a number or a constant that JSON does not have.")


class Negotiation(negotiation.DefaultContentNegotiation):
    """An endpoint with one form answers in it, whatever `Accept` says."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if len(renderers) == 1:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class Methods(BaseMetadata):
    """OPTIONS: the header `Allow` says it all."""

    def determine_metadata(self, request: Request, view: Any) -> None:
        return None


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, made by `python manage.py issue_token USER`",
        }


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


_PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "example": "items[3].text"},
                    "message": {"type": "string"},
                },
            },
        },
        "request_id": {
            "type": "string",
            "nullable": True,
            "description": "As in the header X-Request-ID and in the site's log.",
        },
    },
}
_DESCRIPTIONS = {
    "400": "The request is wrong; `errors` names the fields.",
    "401": "Credentials are missing or wrong.",
    "403": "The permission is missing.",
    "404": "There is no such thing, or it is erased, or not yours.",
    "413": "The request is too large.",
    "411": "The body has no Content-Length.",
    "415": "The content type is not application/json.",
    "422": "The request is wrong; `detail` names the fields.",
    "429": "Too many requests; `Retry-After` says when the next one is possible.",
}


def describe_problems(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Add the error answers, which are the same everywhere, to every operation of the schema."""
    known = result.setdefault("components", {}).setdefault("schemas", {})
    known |= {"Problem": _PROBLEM} | SCHEMAS
    with_dollar = reverse("compat:discovery")  # which the generator takes for the end of a regex
    if operations := result["paths"].pop(with_dollar.replace("$", ""), None):
        result["paths"][with_dollar] = operations
    for path, operations in result["paths"].items():
        invalid = str(invalid_status_of(path))
        for operation in operations.values():
            codes = ["429"]
            if any(operation.get("security", [])):
                codes += ["401", "403"]
            if "{" in path:
                codes.append("404")
            if "requestBody" in operation:
                codes += [invalid, "411", "413", "415"]
            elif operation.get("parameters") and "{" not in path:
                codes.append(invalid)
            responses = operation["responses"]
            for code in codes:
                responses.setdefault(code, {"description": _DESCRIPTIONS[code]})
            for code, response in responses.items():
                if code >= "400":
                    name = schema_of(path)
                    schema = {"$ref": f"#/components/schemas/{name or 'Problem'}"}
                    kind = "application/json" if name else "application/problem+json"
                    response["content"] = {kind: {"schema": schema}}
            operation["responses"] = dict(sorted(responses.items()))
    return result
