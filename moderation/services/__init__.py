"""Writes: one file per use case."""

from __future__ import annotations

from moderation.services.analyze import AnalysisInput, AnalysisOutcome, analyze_texts
from moderation.services.erase import erase_analyses, erase_analysis
from moderation.services.groups import create_groups
from moderation.services.label import label_analyses, label_analysis
from moderation.services.tokens import issue_token

__all__ = [
    "AnalysisInput",
    "AnalysisOutcome",
    "analyze_texts",
    "create_groups",
    "erase_analyses",
    "erase_analysis",
    "issue_token",
    "label_analyses",
    "label_analysis",
]
