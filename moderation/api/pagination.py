"""Pages of analyses for the API, by position."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from modelops.rest.parameters import MAX_PAGE_SIZE, PAGE_SIZE, page_size, wrong_cursor
from moderation.paging import BadCursor, page_of


class AnalysisPagination(BasePagination):
    names = ("cursor", "page_size")  # of the query parameters

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        size = page_size(request)
        try:
            self.page = page_of(queryset, cursor=request.query_params.get("cursor"), size=size)
        except BadCursor:
            raise wrong_cursor() from None
        self.address = request.build_absolute_uri()
        return self.page.items

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
