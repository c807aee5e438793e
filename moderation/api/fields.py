"""Fields that take what they are given or refuse it; nothing is converted on the quiet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.models import MAX_TEXT_LENGTH
from moderation.validators import check_characters, check_text


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


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": MAX_TEXT_LENGTH})
class TextField(StrictCharField):
    """A text to analyse: not blank, not too long."""

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


class OptionalAddressField(OptionalCharField):
    """An http or https address: it becomes a link in the pages."""

    default_error_messages = {"address": _("An address with http:// or https:// is expected.")}

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        try:
            parts = urlsplit(address)
        except ValueError:
            self.fail("address")
        printable = address.isprintable() and " " not in address
        if parts.scheme not in ("http", "https") or not parts.netloc or not printable:
            self.fail("address")
        return address


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
