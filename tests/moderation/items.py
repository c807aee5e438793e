"""Analyses and their rounds as a model would have made them, without one."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from moderation.models import Analysis, Decision, QueueItem
from moderation.search import fold
from moderation.services.open_rounds import open_rounds

REVIEW, BLOCK = 0.5, 0.9  # thresholds


def draft(text: str = "Eres un idiota", *, score: float = 0.7, **fields: Any) -> Analysis:
    """An unsaved analysis; `score` decides between allow, review and block."""
    decision = Decision.BLOCK if score >= BLOCK else Decision.REVIEW
    normalized = " ".join(text.lower().split())
    return Analysis(
        text=text,
        text_digest=sha256(text.encode()).hexdigest(),
        normalized_digest=sha256(normalized.encode()).hexdigest(),
        search_text=fold(text),
        score=score,
        text_length=len(text),
        **{
            "decision": decision if score >= REVIEW else Decision.ALLOW,
            "toxic": score >= REVIEW,
            "language": "es",
            "language_certain": True,
            "threshold_review": REVIEW,
            "threshold_block": BLOCK,
            "categories": {"toxic": score},
            "labels": [],
            "category": "insult" if score >= REVIEW else "",
            "spans": [],
            "keywords_found": 0,
            "response_time_ms": 1.0,
            "model_used": "LogisticRegression",
            "model_version": "1.0.0",
        }
        | fields,
    )


def stored(text: str = "Eres un idiota", **fields: Any) -> Analysis:
    """An analysis in the history, and in the queue if it is flagged."""
    analysis = draft(text, **fields)
    analysis.save()
    open_rounds(analyses=[analysis])
    return analysis


def waiting(text: str = "Eres un idiota", **fields: Any) -> QueueItem:
    """Its open round."""
    return stored(text, **fields).rounds.get(state=QueueItem.State.OPEN)
