"""/model/retrain and /model/incremental-update start runs; /model/runs shows and cancels them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.models import Door, TrainingRun
from modelops.rest.bodies import taken
from modelops.selectors_runs import listed_runs, worker_alive
from modelops.services.cancel_run import cancel_run
from modelops.services.register_labels import Label, register_labels
from modelops.services.request_run import Requested, request_run

from . import serializers
from .common import (
    CONFLICT,
    PROBLEM,
    ListView,
    OperatorView,
    asker,
    failures_told,
    shown_run,
)

BUSY = OpenApiResponse(description="Problem details, with the run that is under way as `run`.")
LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, description="Of the run.", response=[202]
)


def _accepted(asked: Requested, **more: Any) -> Response:
    return Response(
        {**shown_run(asked.run), "message": asked.message, **more},
        status=202,
        headers={"Location": reverse("modelops-api:run", args=[asked.run.pk])},
    )


class RetrainView(OperatorView):
    @extend_schema(
        operation_id="model_retrain",
        tags=["model"],
        parameters=[LOCATION],
        request=serializers.RetrainSerializer,
        examples=[OpenApiExample("full", {"kind": "full"}, request_only=True)],
        responses={202: serializers.RunAskedSerializer, 409: BUSY, 503: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        """Train the model anew. The same while it runs: that run."""
        given = taken(serializers.RetrainSerializer, request)
        with failures_told(_("Error starting the training")):
            asked = request_run(
                kind=TrainingRun.Kind(given["kind"]),
                parameters={"from_scratch": given["from_scratch"]},
                by=asker(request),
                door=Door.API,
                seed=given.get("seed"),
            )
        return _accepted(asked)


class IncrementalUpdateView(OperatorView):
    max_body = 64 * 1024 * 1024  # labels come along

    @extend_schema(
        operation_id="model_incremental_update",
        tags=["model"],
        parameters=[LOCATION],
        request=serializers.IncrementalUpdateSerializer,
        examples=[
            OpenApiExample(
                "labels",
                {"items": [{"text": "Eres un payaso", "toxic": True}], "dry_run": True},
                request_only=True,
            )
        ],
        responses={202: serializers.UpdateAskedSerializer, 409: BUSY, 503: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        """Learn from new labels. Those that come along are stored first, whatever happens then."""
        given = taken(serializers.IncrementalUpdateSerializer, request)
        with failures_told(_("Error storing the labels")):
            labels = _stored(given.get("items"), by=asker(request))
        with failures_told(_("Error starting the training"), labels=labels):
            asked = request_run(
                kind=TrainingRun.Kind.INCREMENTAL,
                parameters={"days": given.get("days"), "dry_run": given["dry_run"]},
                by=asker(request),
                door=Door.API,
            )
        return _accepted(asked, labels=labels)


def _stored(items: list[dict[str, Any]] | None, *, by: User) -> dict[str, Any] | None:
    """Keep the labels of a request as a dataset; what to tell of it."""
    if not items:
        return None
    labels = [
        Label(
            text=item["text"],
            toxic=item["toxic"],
            language=item.get("language") or "",
            category=item.get("category") or "",
        )
        for item in items
    ]
    name = f"API {timezone.now():%Y-%m-%d %H:%M:%S}"
    report = register_labels(labels=labels, name=name, source=str(by), by=by)
    dataset = report.dataset
    assert dataset is not None  # (it was no dry run)
    return {
        "name": dataset.name,
        "rows": dataset.rows,
        "created": report.created,
        "active": dataset.active,
    }


class RunListView(ListView):
    serializer_class = serializers.RunSerializer

    def rows(self) -> QuerySet[Any]:
        return listed_runs()

    def shown(self, page: Sequence[Any]) -> Any:
        alive = worker_alive()
        return [shown_run(run, alive=alive) for run in page]

    @extend_schema(
        operation_id="model_runs", tags=["model"], responses=serializers.RunSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """The trainings that were asked for, newest first."""
        return self.listed(request)


class RunView(OperatorView):
    @extend_schema(operation_id="model_run", tags=["model"], responses=serializers.RunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One run: how far it is, or how it ended."""
        return Response(shown_run(get_object_or_404(listed_runs(), pk=pk)))


class CancelRunView(OperatorView):
    @extend_schema(
        operation_id="model_run_cancel",
        tags=["model"],
        request=None,
        responses={200: serializers.RunAskedSerializer, 409: CONFLICT, 503: PROBLEM},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a run: at once while it waits, else within moments."""
        run = get_object_or_404(listed_runs(), pk=pk)
        with failures_told(_("Error cancelling the run")):
            run = cancel_run(run=run, by=asker(request), door=Door.API)
        ended = run.state == TrainingRun.State.CANCELLED
        message = _("The run was cancelled") if ended else _("The run is being cancelled")
        return Response({**shown_run(run), "message": message})
