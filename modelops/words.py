"""Numbers, moments and stretches of time as the pages write them, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

# What the system says, in English always, when a file can't be read or written.
SYSTEM_REASONS = (
    gettext_noop("No such file or directory"),
    gettext_noop("Is a directory"),
    gettext_noop("Not a directory"),
    gettext_noop("File exists"),
    gettext_noop("Permission denied"),
    gettext_noop("Operation not permitted"),
    gettext_noop("Read-only file system"),
    gettext_noop("No space left on device"),
    gettext_noop("Disk quota exceeded"),
    gettext_noop("File too large"),
    gettext_noop("File name too long"),
    gettext_noop("Too many open files"),
    gettext_noop("Input/output error"),
    gettext_noop("Connection refused"),
    gettext_noop("Connection reset by peer"),
    gettext_noop("Connection timed out"),
    gettext_noop("Network is unreachable"),
    gettext_noop("No route to host"),
)


def system_reason(error: OSError) -> str:
    """Why the system refused, in the reader's language where it is one of the usual reasons."""
    return _(error.strerror) if error.strerror else str(error)


def grouped(number: int) -> str:
    """A whole number with the language's separators: 10.000 or 10,000."""
    return number_format(number, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """0.634 as "63,4" or "63.4"; one decimal, as the API rounds it."""
    return number_format(round(100 * share, 1), decimal_pos=1, use_l10n=True)


def utc(moment: datetime) -> str:
    """For programs, in every language: "2026-01-31T10:12:43.120345Z"."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def ago(moment: datetime) -> str:
    """How long ago, in few words; from the second day on the date."""
    passed = timezone.now() - moment
    if passed < timedelta(minutes=1):
        return _("just now")
    if passed < timedelta(hours=1):
        minutes = passed // timedelta(minutes=1)
        return ngettext("%(n)s min ago", "%(n)s min ago", minutes) % {"n": minutes}
    if passed < timedelta(hours=24):
        hours = passed // timedelta(hours=1)
        return ngettext("%(n)s h ago", "%(n)s h ago", hours) % {"n": hours}
    local = timezone.localtime(moment)
    if local.year == timezone.localdate().year:
        return f"{local.day} {date_format(local, 'b')}"  # "24 nov": dense lists have little room
    return date_format(local, "SHORT_DATE_FORMAT")


def days_ago(moment: datetime) -> str:
    """How long ago, in days from the second day on."""
    days = (timezone.now() - moment).days
    if days < 1:
        return ago(moment)
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


def lasted(seconds: float) -> str:
    """A stretch of time: "0,4 s", "12 s", "3 min 20 s", "1 h 5 min"."""
    if seconds < 10:
        return f"{number_format(round(seconds, 1), decimal_pos=1, use_l10n=True)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
