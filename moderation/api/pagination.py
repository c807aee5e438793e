"""Pages of analyses and of the queue for the API, by position."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from modelops.rest.parameters import MAX_PAGE_SIZE, PAGE_SIZE, page_size, wrong_cursor
from moderation.paging import NEWEST, BadCursor, Order, page_of
from moderation.selectors_queue import ORDERS


class AnalysisPagination(BasePagination):
    names: tuple[str, ...] = ("cursor", "page_size")  # of the query parameters

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        size = page_size(request)
        try:
            self.page = page_of(
                queryset,
                cursor=request.query_params.get("cursor"),
                size=size,
                order=self.order(request),
            )
        except BadCursor:
            raise wrong_cursor() from None
        self.address = request.build_absolute_uri()
        return self.page.items

    def order(self, request: Request) -> Order:
        return NEWEST

    def get_paginated_response(self, data: list[dict[str, Any]]) -> Response:
        return Response(
            {
                "next": self._address(self.page.next),
                "previous": self._address(self.page.previous),
                "results": data,
            }
        )

    def _address(self, cursor: str | None) -> str | None:
        return replace_query_param(self.address, "cursor", cursor) if cursor else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "schema": size},
        ]


class QueuePagination(AnalysisPagination):
    """Pages of the queue, in one of its orders."""

    names = ("order", "cursor", "page_size")

    def order(self, request: Request) -> Order:
        name = request.query_params.get("order", "harmful")
        if name not in ORDERS:
            message = _("One of these is expected: {expected}.").format(expected=", ".join(ORDERS))
            raise ValidationError({"order": [message]})
        return ORDERS[name]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        oldest = {"type": "string", "format": "date-time", "nullable": True}
        page["properties"]["oldest_waiting"] = oldest
        return page | {"required": [*page["required"], "oldest_waiting"]}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        orders = {"type": "string", "enum": [*ORDERS], "default": "harmful"}
        return [
            {"name": "order", "in": "query", "schema": orders},
            *super().get_schema_operation_parameters(view),
        ]
