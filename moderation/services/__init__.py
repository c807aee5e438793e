"""Writes: one file per use case."""

from __future__ import annotations

from moderation.services.add_term import add_term
from moderation.services.analyze import AnalysisInput, AnalysisOutcome, analyze_texts
from moderation.services.edit_policy import edit_policy
from moderation.services.erase import erase_analyses, erase_analysis
from moderation.services.groups import create_groups
from moderation.services.label import label_analyses, label_analysis
from moderation.services.remove_term import remove_term
from moderation.services.starter_terms import ensure_starter_terms
from moderation.services.suggestions import settle_suggestions, suggest_scores
from moderation.services.tokens import issue_token

__all__ = [
    "AnalysisInput",
    "AnalysisOutcome",
    "add_term",
    "analyze_texts",
    "create_groups",
    "edit_policy",
    "ensure_starter_terms",
    "erase_analyses",
    "erase_analysis",
    "issue_token",
    "label_analyses",
    "label_analysis",
    "remove_term",
    "settle_suggestions",
    "suggest_scores",
]
