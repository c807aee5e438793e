"""Filters of the pages' templates."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation import presentation, sentence

register = template.Library()

register.filter("points", presentation.percent)
register.filter("grouped", sentence.grouped)


@register.filter
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


@register.filter
def is_web(address: str) -> bool:
    """Whether an address may become a link: scripts and files may not."""
    return address.lower().startswith(("http://", "https://"))
