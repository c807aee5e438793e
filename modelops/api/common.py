"""What the endpoints of the model share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import APIException, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.errors import (
    AlreadyLive,
    OperationFailed,
    RunBusy,
    RunEnded,
    StillNeeded,
    Superseded,
    VersionRemoved,
)
from modelops.models import TrainingRun
from modelops.rest.bodies import MEBIBYTE
from modelops.rest.parameters import (
    MAX_PAGE_SIZE,
    PAGE_SIZE,
    page_size,
    refuse_unknown,
    wrong_cursor,
)
from modelops.selectors_runs import run_progress
from modelops.services.import_dataset import DatasetTaken

from .serializers import RunSerializer

PERMISSION = "modelops.operate_model"
PROBLEM = OpenApiResponse(description="Problem details: what failed, and what still serves.")
CONFLICTS = (AlreadyLive, DatasetTaken, StillNeeded, Superseded, VersionRemoved)
CONFLICT = OpenApiResponse(description="Problem details: what stands in the way.")


class MayOperateModel(BasePermission):
    @property
    def message(self) -> str:
        return _("This needs the permission %(permission)s.") % {"permission": PERMISSION}

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm(PERMISSION)


class OperatorView(APIView):
    permission_classes = [IsAuthenticated, MayOperateModel]
    max_body = MEBIBYTE


def asker(request: Request) -> User:
    return cast(User, request.user)  # (OperatorView lets nobody else through)


class Unavailable(APIException):
    """503. `extra` are members of the problem besides the standard ones."""

    status_code = 503

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.extra = extra


class Conflict(Unavailable):
    """409: something else happened meanwhile, or goes on."""

    status_code = 409


@contextmanager
def failures_told(title: str, **more: Any) -> Iterator[None]:
    """What services refuse or fail at, as problems with the members `more`."""
    try:
        yield
    except (RunBusy, RunEnded) as error:
        raise Conflict(str(error), run=shown_run(error.run), **more) from error
    except CONFLICTS as error:
        raise Conflict(str(error), **more) from error
    except OperationFailed as error:
        raise Unavailable(str(error), title=title, **more) from error


def shown_run(run: TrainingRun, *, alive: bool | None = None) -> dict[str, Any]:
    return RunSerializer(run_progress(run, alive=alive)).data


# --- lists -----------------------------------------------------------------------------------


class RowPagination(CursorPagination):
    """Newest first, by the order in which the rows came: clocks may jump back."""

    ordering = "-id"
    page_size = PAGE_SIZE
    max_page_size = MAX_PAGE_SIZE
    page_size_query_param = "page_size"
    names = ("cursor", "page_size")

    def get_page_size(self, request: Request) -> int:
        return page_size(request)

    def decode_cursor(self, request: Request) -> Any:
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise wrong_cursor() from error
        position = str(cursor.position or "0") if cursor else "0"
        if not (position.isascii() and position.isdigit() and len(position) < 19):
            raise wrong_cursor()
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "schema": size},
        ]


class ListView(OperatorView, GenericAPIView):
    """A list in pages. Subclasses say which rows, and what they look like."""

    pagination_class = RowPagination

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def listed(self, request: Request) -> Response:
        refuse_unknown(request, RowPagination.names)
        page = self.paginate_queryset(self.rows()) or []
        return self.get_paginated_response(self.shown(page))

    def shown(self, page: Sequence[Any]) -> Any:
        return self.get_serializer(page, many=True).data
