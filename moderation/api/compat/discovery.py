"""Google's discovery document for the Perspective paths, made from their serializers."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.rest.fields import StrictBooleanField
from moderation.api.compat.base import CompatView
from moderation.api.compat.perspective_serializers import (
    AnalyzeCommentRequest,
    AnalyzeCommentResponse,
    SuggestCommentScoreRequest,
    SuggestCommentScoreResponse,
)

VERSION = "v1alpha1"
REVISION = "20261101"
METHODS = {
    "analyze": (
        "Analyzes the provided text and returns scores for requested attributes.",
        AnalyzeCommentRequest,
        AnalyzeCommentResponse,
    ),
    "suggestscore": (
        "Suggest comment scores as training data.",
        SuggestCommentScoreRequest,
        SuggestCommentScoreResponse,
    ),
}
# what Google's clients may add to any call; all of it is accepted
PARAMETERS: dict[str, dict[str, Any]] = {
    "$.xgafv": {"type": "string", "description": "V1 error format.", "enum": ["1", "2"]},
    "alt": {"type": "string", "description": "Data format.", "enum": ["json"], "default": "json"},
    "key": {"type": "string", "description": "API key: a token of the site."},
    "prettyPrint": {"type": "boolean", "description": "Accepted.", "default": "true"},
    "fields": {"type": "string", "description": "Accepted; all fields are returned."},
    "quotaUser": {"type": "string", "description": "Accepted."},
}
_QUERY = [
    OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY)
    for name in ("version", "key", "alt", "prettyPrint", "$.xgafv")
]


class DiscoveryView(CompatView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="discovery",
        summary="Perspective: the discovery document of Google's client libraries",
        parameters=_QUERY,
        responses={200: OpenApiTypes.OBJECT, 404: None},
        auth=[],
        tags=["perspective"],
    )
    def get(self, request: Request) -> Response:
        if request.query_params.get("version", VERSION) != VERSION:
            raise exceptions.NotFound(f"The only version is {VERSION}.")
        return Response(document(settings.PUBLIC_URL or request.build_absolute_uri("/")))


def document(root: str) -> dict[str, Any]:
    """The document of a site at the address `root`."""
    root = root.rstrip("/") + "/"
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"commentanalyzer:{VERSION}",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": VERSION,
        "revision": REVISION,
        "title": "Perspective Comment Analyzer API",
        "description": "Toxicity scores for comments, answered by ToxiGuard.",
        "documentationLink": f"{root}api/docs",
        "ownerDomain": "google.com",
        "ownerName": "Google",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": True,
        "parameters": {
            name: {"location": "query"} | described for name, described in PARAMETERS.items()
        },
        "schemas": schemas(),
        "resources": {"comments": {"methods": _methods()}},
    }


def _methods() -> dict[str, Any]:
    return {
        name: {
            "id": f"commentanalyzer.comments.{name}",
            "path": f"{VERSION}/comments:{name}",
            "flatPath": f"{VERSION}/comments:{name}",
            "httpMethod": "POST",
            "description": description,
            "parameters": {},
            "parameterOrder": [],
            "request": {"$ref": asks.__name__},
            "response": {"$ref": answers.__name__},
        }
        for name, (description, asks, answers) in METHODS.items()
    }


@cache
def schemas() -> dict[str, Any]:
    """Every message that the methods' requests and responses are made of, by name."""
    found: dict[str, Any] = {}
    for _description, asks, answers in METHODS.values():
        _add(asks(), found)
        _add(answers(), found)
    return dict(sorted(found.items()))


def _add(message: serializers.Serializer, found: dict[str, Any]) -> None:
    name = type(message).__name__
    if name in found:
        return
    description = inspect.getdoc(type(message))
    schema: dict[str, Any] = {"id": name, "type": "object", "description": description}
    found[name] = schema
    schema["properties"] = {
        field: _described(value, found) for field, value in message.fields.items()
    }


def _described(field: Any, found: dict[str, Any]) -> dict[str, Any]:
    told = {"description": str(field.help_text)} if field.help_text else {}
    match field:
        case serializers.ListSerializer() | serializers.ListField():
            return {"type": "array", "items": _described(field.child, found)} | told
        case serializers.Serializer():
            _add(field, found)
            return {"$ref": type(field).__name__} | told
        case serializers.DictField():
            of = _described(field.child, found)
            return {"type": "object", "additionalProperties": of} | told
        case serializers.ChoiceField():
            names = [str(choice) for choice in field.choices]
            # (one description for each, as Google's generators expect)
            return {"type": "string", "enum": names, "enumDescriptions": names} | told
        case StrictBooleanField():
            return {"type": "boolean"} | told
        case serializers.FloatField():
            return {"type": "number", "format": "float"} | told
        case serializers.IntegerField():
            return {"type": "integer", "format": "int32"} | told
        case _:
            return {"type": "string"} | told
