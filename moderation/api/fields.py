"""Fields that only analyses have; the others are in modelops.rest.fields."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from modelops.rest.fields import OptionalCharField


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
