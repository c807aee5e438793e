"""The filter that API, history page and export share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_filters.fields import IsoDateTimeField

from moderation.models import Analysis, Category, Decision, Language
from moderation.search import MIN_LENGTH, fold, search
from moderation.selectors import labelled


def validate_search(text: str) -> None:
    if len(fold(text)) < MIN_LENGTH:
        raise ValidationError(
            _("Search for at least %(count)s characters.") % {"count": MIN_LENGTH}
        )


class OneOfFilter(filters.ChoiceFilter):
    """One of a few codes; the error names them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pairs = getattr(kwargs["choices"], "choices", kwargs["choices"])
        codes = [code for code, _label in pairs]
        super().__init__(*args, **kwargs, error_messages=_one_of(codes))


class YesNoFilter(filters.TypedChoiceFilter):
    """`true` or `false`; anything else is an error, not "no filter"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {
            "choices": [("true", _("Yes")), ("false", _("No"))],
            "coerce": lambda value: value == "true",
            "empty_value": None,
            "error_messages": _one_of(["true", "false"]),
        }
        super().__init__(*args, **kwargs)


def _one_of(codes: Sequence[str]) -> dict[str, Any]:
    message = format_lazy(_("One of these is expected: {expected}."), expected=", ".join(codes))
    return {"invalid_choice": message}


class MomentField(IsoDateTimeField):
    """A moment, or a day, in years that can be reckoned with in every time zone."""

    default_error_messages = {
        "invalid": _("A date or a time in ISO 8601 is expected, like 2026-01-31."),
        "year": _("A year from 2 to 9998 is expected."),
    }

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment and not 2 <= moment.year <= 9998:
            raise ValidationError(self.error_messages["year"], code="year")
        return moment


class UntilField(MomentField):
    """A moment, or a day, which then counts to its end."""

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment and len(str(value).strip()) == len("2026-01-31"):
            moment += timedelta(days=1)
        return moment


class MomentFilter(filters.IsoDateTimeFilter):
    field_class = MomentField


class UntilFilter(filters.IsoDateTimeFilter):
    field_class = UntilField


class AnalysisFilter(filters.FilterSet):
    search = filters.CharFilter(
        label=_("Search"), method="filter_search", max_length=200, validators=[validate_search]
    )
    toxic = YesNoFilter(label=_("Toxic"))
    decision = OneOfFilter(label=_("Decision"), choices=Decision)
    language = OneOfFilter(label=_("Language"), choices=Language)
    category = OneOfFilter(label=_("Category"), choices=Category)
    labelled = YesNoFilter(label=_("Labelled by people"), method="filter_labelled")
    source = filters.CharFilter(label=_("Source"))
    author = filters.CharFilter(label=_("Author"))
    external_id = filters.CharFilter(label=_("External id"))
    model_version = filters.CharFilter(label=_("Model version"))
    score_min = filters.NumberFilter(
        "score", "gte", label=_("Score from"), min_value=0, max_value=1
    )
    score_max = filters.NumberFilter("score", "lte", label=_("Score to"), min_value=0, max_value=1)
    created_after = MomentFilter("created_at", "gte", label=_("From"))
    created_before = UntilFilter("created_at", "lt", label=_("Until"))

    class Meta:
        model = Analysis
        fields: list[str] = []

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return search(queryset, value)

    def filter_labelled(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        return queryset.filter(labelled() if value else ~labelled())
