"""Decide about many items at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from moderation.models import DecisionBatch, QueueItem

MAX_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which open items: one of the three is given.

    `ids` are numbers of analyses, `filters` query parameters of the queue's filter, and
    `same_text_as` is an analysis with whose text others agree once normalised.
    """

    ids: Sequence[int] = ()
    filters: Mapping[str, str] | None = None
    same_text_as: int | None = None
    session: str = ""  # what was skipped in it is left out of `filters`


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """What a batch would do now."""

    count: int  # items that would be decided
    sample: list[QueueItem] = field(default_factory=list)  # 10 at most, with their analyses
    left_out: dict[str, int] = field(default_factory=dict)  # {"held", "escalated", "appeals", …}
    labels: int = 0  # that would be added for training
    label: bool | None = None  # what they would say: toxic, not toxic
    weight: float = 0.0  # of each in training
    consequences: list[str] = field(default_factory=list)  # the same as sentences


def preview_batch(
    *, selection: Selection, action: str, category: str = "", by: User
) -> BatchPreview:
    """Say what `decide_batch` would do, and change nothing. Raises as that does."""
    raise NotImplementedError


def decide_batch(
    *,
    selection: Selection,
    action: str,
    category: str = "",
    reason: str = "",
    by: User,
    expected_count: int | None = None,
) -> DecisionBatch:
    """Approve, reject or escalate what is selected and free; `left_out` of the result says how
    many were not, since somebody holds them, decided them meanwhile, or they are not for `by`.

    With `expected_count`, nothing happens when there are more than that: SelectionChanged. Raises
    SelectionEmpty, SelectionTooLarge, NotInBatches, CategoryRequired, CategoryOutOfPlace,
    ReasonRequired.
    """
    raise NotImplementedError
