"""GET /model/versions, GET /model/versions/{version}, POST …/promote, GET /model/deployments."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.models import Door, ModelVersion
from modelops.rest.bodies import taken
from modelops.selectors_versions import listed_deployments, listed_versions
from modelops.services.promote_version import promote_version

from . import serializers
from .common import CONFLICT, PROBLEM, ListView, OperatorView, asker, failures_told


class VersionListView(ListView):
    serializer_class = serializers.VersionSerializer
    queryset = ModelVersion.objects.none()  # for the schema

    def rows(self) -> QuerySet[Any]:
        return listed_versions()

    @extend_schema(
        operation_id="model_versions",
        tags=["model"],
        responses=serializers.VersionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """All versions that were ever published, newest first."""
        return self.listed(request)


class VersionView(OperatorView):
    @extend_schema(
        operation_id="model_version", tags=["model"], responses=serializers.VersionSerializer
    )
    def get(self, request: Request, semver: str) -> Response:
        """One version."""
        version = get_object_or_404(listed_versions(), version=semver)
        return Response(serializers.VersionSerializer(version).data)


class PromoteView(OperatorView):
    @extend_schema(
        operation_id="model_promote",
        tags=["model"],
        request=serializers.PromoteSerializer,
        examples=[
            OpenApiExample("promote", {"reason": "Better on the new labels"}, request_only=True)
        ],
        responses={200: serializers.DeployedSerializer, 409: CONFLICT, 503: PROBLEM},
    )
    def post(self, request: Request, semver: str) -> Response:
        """Make a version live, after a backup of the one that is."""
        version = get_object_or_404(ModelVersion, version=semver)
        given = taken(serializers.PromoteSerializer, request)
        with failures_told(_("Error promoting the version")):
            deployment = promote_version(
                version=version,
                by=asker(request),
                reason=given["reason"] or _("Asked for by the API"),
                door=Door.API,
                backup=not given["force"],
            )
        message = _("Version %(version)s is live") % {"version": version.version}
        answer = {"message": message, "deployment": deployment}
        return Response(serializers.DeployedSerializer(answer).data)


class DeploymentListView(ListView):
    serializer_class = serializers.DeploymentSerializer

    def rows(self) -> QuerySet[Any]:
        return listed_deployments()

    @extend_schema(
        operation_id="model_deployments",
        tags=["model"],
        responses=serializers.DeploymentSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What was live when, since when, why and by whom, newest first."""
        return self.listed(request)
