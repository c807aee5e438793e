"""Undo decisions by records that reverse them."""

from __future__ import annotations

from django.contrib.auth.models import User

from moderation.models import DecisionBatch, ReviewDecision


def undo_decision(*, decision: ReviewDecision, by: User) -> ReviewDecision:
    """Reverse one decision: its label is withdrawn, its round opens again.

    One's own, or anybody's with `take_over`; once. Raises NotYours, AlreadyUndone, UndoesItself,
    TextErased, DecidedSince.
    """
    raise NotImplementedError


def undo_batch(*, batch: DecisionBatch, by: User) -> DecisionBatch:
    """Reverse what still stands of a batch; `count` of the result says how many that were.

    Raises NotYours, AlreadyUndone, UndoesItself, NothingToUndo.
    """
    raise NotImplementedError
