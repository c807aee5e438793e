"""What the administration shows of the moderation: one file for each list."""

from __future__ import annotations

from moderation.admin import analyses, decisions, queue, suggestions, team, terms, unscored

__all__ = ["analyses", "decisions", "queue", "suggestions", "team", "terms", "unscored"]
