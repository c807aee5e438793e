"""Fields that take what they are given or refuse it; nothing is converted on the quiet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from modelops.csv_files import MAX_TEXT
from modelops.validators import check_characters, check_text

UNKNOWN_TOLD = 10  # of the fields in one object that there are not


class StrictCharField(serializers.CharField):
    """A string: no number, no list, no character that can't be stored."""

    default_error_messages = {
        "invalid": _("A string is expected."),
        "max_length": _("At most {max_length} characters are allowed."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"trim_whitespace": False} | kwargs))
        lengths = [check for check in self.validators if isinstance(check, MaxLengthValidator)]
        self.validators = [*lengths, check_characters]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": MAX_TEXT})
class TextField(StrictCharField):
    """A text to analyse or to learn from: not blank, not too long."""

    default_error_messages = {"blank": _("The text is empty.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [check_text]


class OptionalCharField(StrictCharField):
    """A string that may be left out; null and "" say the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "allow_blank": True, "allow_null": True} | kwargs))

    def run_validation(self, data: Any = serializers.empty) -> str:
        return super().run_validation(data) or ""


class StrictChoiceField(serializers.ChoiceField):
    """One of a few strings. The message names them and does not repeat the input."""

    default_error_messages = {"invalid_choice": _("One of these is expected: {expected}.")}

    def __init__(self, choices: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", expected=", ".join(self.choices))
        return data


@extend_schema_field({"type": "boolean"})
class StrictBooleanField(serializers.Field):
    default_error_messages = {"invalid": _("true or false is expected.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data

    def to_representation(self, value: bool) -> bool:
        return value


class StrictIntegerField(serializers.IntegerField):
    """A whole number within limits: no string, no fraction, no boolean."""

    default_error_messages = {"invalid": _("A whole number from {low} to {high} is expected.")}

    def __init__(self, *, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(min_value=low, max_value=high, **kwargs)
        self.validators = []

    def to_internal_value(self, data: Any) -> int:
        whole = isinstance(data, int) and not isinstance(data, bool)
        if not whole or not self.min_value <= data <= self.max_value:
            self.fail("invalid", low=self.min_value, high=self.max_value)
        return data


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 1})
class StrictShareField(serializers.Field):
    """A number from 0 to 1: no string, no boolean."""

    default_error_messages = {"invalid": _("A number from 0 to 1 is expected.")}

    def to_internal_value(self, data: Any) -> float:
        number = isinstance(data, (int, float)) and not isinstance(data, bool)
        if not number or not 0 <= data <= 1:
            self.fail("invalid")
        return float(data)

    def to_representation(self, value: float) -> float:
        return value


class BoundedListField(serializers.ListField):
    """A list whose length is looked at before its items are."""

    default_error_messages = {
        "not_a_list": _("A list is expected."),
        "empty": _("The list is empty."),
        "too_long": _("At most {limit} items are allowed, here are {count}."),
    }

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(allow_empty=False, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > self.limit:
            self.fail("too_long", limit=self.limit, count=len(data))
        return super().to_internal_value(data)


class ObjectSerializer(serializers.Serializer):
    """A JSON object with the fields that the serializer has and no other."""

    default_error_messages = {
        "invalid": _("A JSON object is expected."),
        "unknown": _("There is no such field; there are: {known}."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            value, wrong = {}, dict(error.detail)  # type: ignore[arg-type]
        unknown = [name for name in data if name not in self.fields]
        message = self.error_messages["unknown"].format(known=", ".join(self.fields))
        for name in unknown[:UNKNOWN_TOLD]:
            # (lone surrogates could not be sent back)
            wrong[name[:100].encode("utf-8", "replace").decode()] = [message]
        if wrong:
            raise serializers.ValidationError(wrong)
        return value
