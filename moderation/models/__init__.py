"""What the history, the workbench and the team keep."""

from __future__ import annotations

from moderation.models.analyses import (
    MAX_TEXT_LENGTH,
    Analysis,
    AnalysisLabel,
    Category,
    Decision,
    Language,
)
from moderation.models.policy import PolicyVersion
from moderation.models.queue import (
    Appeal,
    CommunityReport,
    DecisionBatch,
    EarlierAnalyses,
    Note,
    QueueItem,
    ReviewDecision,
    UnscoredText,
)
from moderation.models.suggestions import SuggestedScore
from moderation.models.team import Invitation, ModeratorSettings, SeenToday
from moderation.models.terms import Term, TermLists
from moderation.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "MAX_TEXT_LENGTH",
    "Analysis",
    "AnalysisLabel",
    "Appeal",
    "Category",
    "CommunityReport",
    "Decision",
    "DecisionBatch",
    "EarlierAnalyses",
    "Invitation",
    "Language",
    "ModeratorSettings",
    "Note",
    "PolicyVersion",
    "QueueItem",
    "ReviewDecision",
    "SeenToday",
    "SuggestedScore",
    "Term",
    "TermLists",
    "UnscoredText",
    "Webhook",
    "WebhookDelivery",
]
