"""Filters of the pages' templates."""

from __future__ import annotations

from django import template

from modelops import words
from moderation import presentation_queue, team

register = template.Library()

register.filter("points", words.percent)
register.filter("grouped", words.grouped)
register.filter("ago", words.ago)
register.filter("waiting", presentation_queue.waiting)
register.filter("did", presentation_queue.did)
register.filter("is_undone", presentation_queue.is_undone)
register.filter("severe", presentation_queue.severe)
register.filter("group_name", team.group_name)


@register.filter
def is_web(address: str) -> bool:
    """Whether an address may become a link: scripts and files may not."""
    return address.lower().startswith(("http://", "https://"))
