"""GET /model/status, GET /model/needs-retrain, POST /model/reload."""

from __future__ import annotations

import contextlib
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from modelops import selectors, serving
from modelops.errors import OperationFailed
from modelops.models import Door
from modelops.services.reload_model import reload_model

from . import serializers
from .common import PROBLEM, OperatorView, Unavailable, asker


class StatusView(OperatorView):
    @extend_schema(tags=["model"], responses=serializers.ModelStatusSerializer)
    def get(self, request: Request) -> Response:
        """What is live, since when, and how the workers are."""
        _have_model_loaded()
        return Response(serializers.ModelStatusSerializer(selectors.model_status()).data)


class NeedsRetrainView(OperatorView):
    @extend_schema(tags=["model"], responses=serializers.NeedsRetrainSerializer)
    def get(self, request: Request) -> Response:
        """Whether the model should be trained again, and why."""
        return Response(serializers.NeedsRetrainSerializer(selectors.needs_retraining()).data)


class ReloadView(OperatorView):
    @extend_schema(
        tags=["model"],
        request=None,
        responses={200: serializers.ReloadedSerializer, 503: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        """Verify the live files, repair what is derived, and have every worker load them anew."""
        try:
            reloaded = reload_model(by=asker(request), door=Door.API)
        except OperationFailed as error:
            raise Unavailable(
                str(error), title=_("Error reloading the model"), **_still_serves()
            ) from error
        answer = {
            "message": _("Model reloaded successfully"),
            "model_loaded": True,
            "model_type": reloaded.model_type,
            "version": reloaded.version,
            "generation": reloaded.generation,
            "workers": reloaded.workers,
            "repaired": reloaded.repaired,
        }
        return Response(serializers.ReloadedSerializer(answer).data)


def _have_model_loaded() -> None:
    """A server that nobody asked anything yet loads its model now; without one it says so."""
    with contextlib.suppress(serving.ModelUnavailable):
        serving.ensure_loaded()


def _still_serves() -> dict[str, Any]:
    status = serializers.ModelStatusSerializer(selectors.model_status()).data
    return {
        "model_loaded": status["server_model_loaded"],
        "model_type": status["server_model_type"],
        "version": (here := serving.live_version()) and here.version,
        "generation": status["generation"],
        "workers": status["workers"],
    }
