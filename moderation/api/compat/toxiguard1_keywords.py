"""Keywords and categories of the first ToxiGuard: here they are the term lists."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.selectors_thresholds import threshold_state
from moderation.api.compat import toxiguard1_examples as examples
from moderation.api.compat import toxiguard1_serializers as forms
from moderation.api.compat.base import Refused
from moderation.api.compat.toxiguard1 import WRONG, FirstView, asked
from moderation.api.permissions import holds
from moderation.errors import ReviewRefused
from moderation.errors_terms import TermExists, TermRemoved
from moderation.models import Term
from moderation.other_services import FIRST_CATEGORIES
from moderation.people import person
from moderation.selectors_terms import keyword_terms, terms_named
from moderation.services import add_term, remove_term

WEIGHT = 1.0  # of each category: here every term counts alike
KEEPS_TERMS = holds("moderation.manage_terms")


def _words(terms: list[Term]) -> list[str]:
    return sorted({term.pattern.lower() for term in terms})


def _categories(terms: list[Term]) -> dict[str, dict[str, Any]]:
    found = {}
    for name, code in FIRST_CATEGORIES.items():
        words = _words([term for term in terms if term.category == code])
        found[name] = {"keywords": words, "count": len(words), "weight": WEIGHT}
    return found


class KeywordsView(FirstView):
    permission_classes = [KEEPS_TERMS]

    @extend_schema(
        operation_id="first_keywords",
        summary="First ToxiGuard: the keywords, which are the terms that block or flag",
        responses=forms.KeywordsResponse,
        examples=examples.shown(examples.KEYWORDS),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        terms = list(keyword_terms())
        words = _words(terms)
        limits = threshold_state()["thresholds"].get(settings.DEFAULT_TEXT_LANGUAGE, {})
        answer = {
            "keywords": words,
            "count": len(words),
            "threshold": limits.get("review"),
            "categories": _categories(terms),
        }
        return Response(answer)


class AddKeywordView(FirstView):
    permission_classes = [KEEPS_TERMS]

    @extend_schema(
        operation_id="first_keyword_add",
        summary="First ToxiGuard: add a keyword, a term that flags",
        request=None,
        parameters=[forms.AddKeywordQuery],
        responses={200: forms.AddedKeywordResponse, 400: WRONG},
        examples=examples.shown(examples.ADDED),
        tags=["toxiguard1"],
    )
    def post(self, request: Request) -> Response:
        given = asked(forms.AddKeywordQuery, request)
        keyword, name = given["keyword"].strip(), given["category"]
        if not keyword:
            raise Refused("La palabra clave no puede estar vacía")
        if name not in FIRST_CATEGORIES:
            known = ", ".join(FIRST_CATEGORIES)
            raise Refused(f"Categoría '{name}' no válida. Categorías disponibles: {known}")
        code = FIRST_CATEGORIES[name]
        with translation.override(settings.LANGUAGE_CODE):
            reason = _("Added through the paths of the first ToxiGuard")
        try:
            add_term(
                pattern=keyword,
                action=Term.Action.FLAG,
                match=Term.Match.WORD,
                category=code,
                reason=reason,
                by=person(request),
            )
        except TermExists as error:
            # the same keyword twice was no error there
            if error.term.action == Term.Action.ALLOW or error.term.category != code:
                raise Refused(str(error)) from error
        except ReviewRefused as error:
            raise Refused(str(error)) from error
        terms = list(keyword_terms())
        answer = {
            "message": f"Palabra clave '{keyword}' añadida exitosamente a la categoría '{name}'",
            "total_keywords": len(_words(terms)),
            "category_keywords": _categories(terms)[name]["count"],
        }
        return Response(answer)


class RemoveKeywordView(FirstView):
    permission_classes = [KEEPS_TERMS]

    @extend_schema(
        operation_id="first_keyword_remove",
        summary="First ToxiGuard: remove a keyword",
        parameters=[forms.KeywordQuery],
        responses={200: forms.RemovedKeywordResponse, 404: WRONG},
        examples=examples.shown(examples.REMOVED),
        tags=["toxiguard1"],
    )
    def delete(self, request: Request) -> Response:
        keyword = asked(forms.KeywordQuery, request)["keyword"].strip()
        removed = 0
        for term in terms_named(keyword):
            with suppress(TermRemoved):  # somebody else was faster
                remove_term(term=term, by=person(request))
                removed += 1
        if not removed:
            raise exceptions.NotFound(f"Palabra clave '{keyword}' no encontrada")
        answer = {
            "message": f"Palabra clave '{keyword}' removida exitosamente",
            "total_keywords": len(_words(list(keyword_terms()))),
        }
        return Response(answer)


class CategoriesView(FirstView):
    permission_classes = [holds("moderation.analyze_text", "moderation.manage_terms")]

    @extend_schema(
        operation_id="first_categories",
        summary="First ToxiGuard: its categories; keywords for holders of `manage_terms` only",
        responses=forms.CategoriesResponse,
        examples=examples.shown(examples.CATEGORIES),
        tags=["toxiguard1"],
    )
    def get(self, request: Request) -> Response:
        found = _categories(list(keyword_terms()))
        if not request.user.has_perm("moderation.manage_terms"):
            found = {name: about | {"keywords": []} for name, about in found.items()}
        answer = {
            "categories": found,
            "total_categories": len(found),
            "weights": dict.fromkeys(found, WEIGHT),
        }
        return Response(answer)
