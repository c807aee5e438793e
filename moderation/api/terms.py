"""Endpoints of the term lists and of the policy (docs/api.md)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from modelops.rest.bodies import MEBIBYTE, taken
from modelops.rest.parameters import refuse_unknown
from moderation.api.pagination import AnalysisPagination
from moderation.api.permissions import holds
from moderation.api.refusals import REFUSED, refusals_told
from moderation.api.serializers_terms import (
    AddTermSerializer,
    PolicySerializer,
    TermPreviewSerializer,
    TermSerializer,
)
from moderation.filters_terms import TermFilter
from moderation.models import Term
from moderation.people import person
from moderation.policy import current_policy
from moderation.selectors_terms import all_terms, preview_term
from moderation.services import add_term, remove_term
from moderation.services.add_term import check_free, draft_term

EXAMPLE = OpenApiExample(
    "flag",
    {
        "pattern": "te espero fuera",
        "language": "es",
        "action": "flag",
        "category": "threat",
        "match": "variants",
        "expires_at": "2027-01-31",
        "reason": "Amenazas repetidas en el foro de deportes",
    },
    request_only=True,
)


class TermListView(GenericAPIView):
    permission_classes = [holds("moderation.manage_terms")]
    filter_backends = [DjangoFilterBackend]
    filterset_class = TermFilter
    pagination_class = AnalysisPagination
    serializer_class = TermSerializer
    queryset = Term.objects.none()  # for the schema
    max_body = MEBIBYTE

    @extend_schema(
        operation_id="terms",
        summary=_("List terms"),
        filters=True,
        responses=TermSerializer(many=True),
        tags=["terms"],
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, [*TermFilter.base_filters, *AnalysisPagination.names])
        page = self.paginate_queryset(self.filter_queryset(all_terms()))
        return self.get_paginated_response(TermSerializer(page, many=True).data)

    @extend_schema(
        operation_id="term_add",
        summary=_("Add a term, or see what it would change"),
        request=AddTermSerializer,
        responses={201: TermSerializer, 200: TermPreviewSerializer, 409: REFUSED},
        examples=[EXAMPLE],
        tags=["terms"],
    )
    def post(self, request: Request) -> Response:
        wanted = taken(AddTermSerializer, request)
        dry_run = wanted.pop("dry_run")
        with refusals_told():
            if not dry_run:
                term = add_term(**wanted, by=person(request))
                return Response(TermSerializer(term).data, status=status.HTTP_201_CREATED)
            draft = draft_term(**wanted)
            check_free(draft)
            preview = preview_term(draft, reader=person(request))
        shown = {"found_as": draft.normalized, **preview}
        return Response(TermPreviewSerializer(shown).data)


class TermView(APIView):
    permission_classes = [holds("moderation.manage_terms")]

    @extend_schema(
        operation_id="term_remove",
        summary=_("Remove a term"),
        responses={204: None, 409: REFUSED},
        tags=["terms"],
    )
    def delete(self, request: Request, pk: int) -> Response:
        term = get_object_or_404(Term, pk=pk)
        with refusals_told():
            remove_term(term=term, by=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PolicyView(APIView):
    permission_classes = [holds("moderation.review_analysis", "moderation.manage_policy")]

    @extend_schema(
        operation_id="policy",
        summary=_("The policy that is in force"),
        responses=PolicySerializer,
        tags=["terms"],
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, [])
        return Response(PolicySerializer(current_policy()).data)
