"""Why a message did not go out or was not taken, in words for people."""

from __future__ import annotations

from django.utils.translation import gettext as _


def problem_text(code: str, status: int | None = None) -> str:
    """The words for a code of outbound.py or of a delivery; "" for none."""
    if not code:
        return ""
    texts = {
        "address": _("This is not a complete web address without name, password or spaces in it."),
        "plain": _("The address has to begin with https://."),
        "private": _("The address belongs to a private network or to this machine."),
        "unknown_name": _("No server of this name is known."),
        "no_connection": _("The server can't be reached."),
        "tls": _("The server's certificate is not valid for this address."),
        "timeout": _("The server did not answer in time."),
        "not_http": _("The answer was not HTTP."),
        "redirect": _("The server sends elsewhere (status %(status)s); that is not followed."),
        "status": _("The server answered with status %(status)s."),
        "removed": _("The webhook was removed."),
    }
    return texts.get(code, code) % {"status": status}
