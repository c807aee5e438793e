"""What people are told about suggested scores."""

from __future__ import annotations

from django.utils.translation import ngettext

from modelops.words import grouped


def settled(count: int, *, accept: bool) -> str:
    """How many were accepted, or rejected."""
    told = (
        ngettext("%(count)s suggestion accepted.", "%(count)s suggestions accepted.", count)
        if accept
        else ngettext("%(count)s suggestion rejected.", "%(count)s suggestions rejected.", count)
    )
    return told % {"count": grouped(count)}
