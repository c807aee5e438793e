"""Filters of the model pages' templates."""

from __future__ import annotations

from django import template

from modelops import words

register = template.Library()

register.filter("points", words.percent)
register.filter("grouped", words.grouped)
register.filter("ago", words.ago)
register.filter("lasted", words.lasted)
register.filter("days_ago", words.days_ago)
