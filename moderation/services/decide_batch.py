"""Decide about many items at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.words import grouped
from moderation import policy, webhooks
from moderation.errors import (
    NotInBatches,
    SelectionChanged,
    SelectionEmpty,
    SelectionTooLarge,
)
from moderation.models import Analysis, AnalysisLabel, DecisionBatch, QueueItem, ReviewDecision
from moderation.selectors_decisions import decidable_by, is_lead
from moderation.selectors_queue import filtered_queue
from moderation.services.decide_item import (
    changes_of,
    check_answer,
    give_labels,
    label_for,
    new_decision,
)
from moderation.services.guards import free_for
from moderation.services.tell_leads import tell_leads

log = structlog.get_logger(__name__)
Action, Mode = ReviewDecision.Action, ReviewDecision.Mode
ACTIONS = (Action.APPROVE, Action.REJECT, Action.ESCALATE)
MAX_ITEMS = 10_000
SAMPLE = 10
AT_ONCE = 500


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

    def as_json(self) -> dict[str, Any]:
        if self.filters is not None:
            return {"filter": {name: str(value) for name, value in self.filters.items()}}
        if self.same_text_as is not None:
            return {"same_text_as": self.same_text_as}
        return {"ids": list(self.ids)}


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """What a batch would do now."""

    count: int  # items that would be decided
    sample: list[QueueItem] = field(default_factory=list)  # 10 at most, with their analyses
    left_out: dict[str, int] = field(
        default_factory=dict
    )  # {"held", "escalated", "appeals", "gone"}
    labels: int = 0  # that would be added for training
    label: bool | None = None  # what they would say: toxic, not toxic
    weight: float = 0.0  # of each in training
    consequences: list[str] = field(default_factory=list)  # the same as sentences


def preview_batch(
    *, selection: Selection, action: str, category: str = "", by: User
) -> BatchPreview:
    """Say what `decide_batch` would do, and change nothing.

    Raises FilterRefused, SelectionTooLarge, NotInBatches; a selection may be empty.
    """
    if action not in ACTIONS:
        raise NotInBatches
    chosen = _bounded(_chosen(selection, by))
    able = chosen.filter(_able(by, action))
    count = able.count()
    label = policy.label_of(action, category)
    preview = BatchPreview(
        count=count,
        sample=list(able.select_related("analysis").order_by("-priority", "pk")[:SAMPLE]),
        left_out=_left_out(chosen, by, action) | {"gone": _gone(selection, chosen)},
        labels=count if label is not None else 0,
        label=label,
        weight=policy.weight_of(Mode.BATCH),
    )
    preview.consequences.extend(_consequences(preview, action))
    return preview


@transaction.atomic
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

    Appeals are left out: each wants its own look. With `expected_count`, nothing happens when
    there are more than that: SelectionChanged. Raises FilterRefused, SelectionEmpty,
    SelectionTooLarge, NotInBatches, CategoryRequired, CategoryOutOfPlace, ReasonRequired.
    """
    if action not in ACTIONS:
        raise NotInBatches
    agreed = policy.current_policy()
    check_answer(action=action, category=category, reason=reason, agreed=agreed)
    chosen = _bounded(_chosen(selection, by))
    total = len(set(selection.ids)) or chosen.count()
    # by number, so that two batches at once wait for each other instead of blocking each other
    locked = chosen.filter(_able(by, action)).order_by("pk").select_for_update(of=("self",))
    numbers = list(locked.values_list("pk", flat=True))
    if not numbers:
        raise SelectionEmpty
    if expected_count is not None and len(numbers) > expected_count:
        raise SelectionChanged(len(numbers))
    batch = DecisionBatch.objects.create(by=by, selection=selection.as_json(), count=0)
    for part in _parts(numbers):
        items = list(QueueItem.objects.filter(_able(by, action), pk__in=part).order_by("pk"))
        batch.count += _decide(
            items, action=action, category=category, reason=reason, by=by, batch=batch,
            agreed=agreed,
        )  # fmt: skip
    if not batch.count:
        raise SelectionEmpty
    batch.save(update_fields=["count"])
    batch.left_out = max(0, total - batch.count)
    log.info("batch_decided", batch=batch.pk, action=action, count=batch.count, by=by.pk)
    return batch


def _decide(
    items: Sequence[QueueItem],
    *,
    action: str,
    category: str,
    reason: str,
    by: User,
    batch: DecisionBatch,
    agreed: Any,
) -> int:
    """Decide about locked items. Returns how many."""
    changed = QueueItem.objects.filter(
        pk__in=[item.pk for item in items], state=QueueItem.State.OPEN
    ).update(**changes_of(action))
    if changed != len(items):
        raise SelectionChanged(changed)  # (they are locked: nobody else can have changed them)
    at = timezone.now()
    decisions = ReviewDecision.objects.bulk_create(
        new_decision(
            item=item, action=action, category=category, reason=reason, by=by, agreed=agreed,
            mode=Mode.BATCH, batch=batch, at=at,
        )
        for item in items
    )  # fmt: skip
    labels = [
        label_for(decision, item=item, agreed=agreed)
        for decision, item in zip(decisions, items, strict=True)
    ]
    give_labels(labels, decisions=decisions)
    webhooks.announce_all(decisions=decisions)
    if action == Action.ESCALATE:
        tell_leads(decisions=decisions)
    return changed


def _chosen(selection: Selection, by: User) -> QuerySet[QueueItem]:
    """Open items of the selection, whoever may decide them."""
    if selection.filters is not None:
        return filtered_queue(by, selection.session, filters=selection.filters)
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    if selection.same_text_as is None:
        if len(selection.ids) > MAX_ITEMS:
            raise SelectionTooLarge(MAX_ITEMS)
        return items.filter(analysis__in=[pk for pk in selection.ids if 0 < pk < 2**63])
    digest = Analysis.objects.filter(pk=selection.same_text_as, erased_at__isnull=True).values(
        "normalized_digest"
    )
    return items.filter(analysis__normalized_digest__in=digest, analysis__erased_at__isnull=True)


def _bounded(items: QuerySet[QueueItem]) -> QuerySet[QueueItem]:
    if items.order_by()[: MAX_ITEMS + 1].count() > MAX_ITEMS:
        raise SelectionTooLarge(MAX_ITEMS)
    return items


def _able(by: User, action: str) -> Q:
    """What of a selection can be decided now."""
    able = free_for(by) & decidable_by(by) & ~Q(kind=QueueItem.Kind.APPEAL)
    return able & Q(escalated_at__isnull=True) if action == Action.ESCALATE else able


def _left_out(chosen: QuerySet[QueueItem], by: User, action: str) -> dict[str, int]:
    """Why others of the selection are left out; each is counted once."""
    appeal, escalated = Q(kind=QueueItem.Kind.APPEAL), Q(escalated_at__isnull=False)
    barred = escalated if action == Action.ESCALATE or not is_lead(by) else Q(pk__in=[])
    return {
        "appeals": chosen.filter(appeal).count(),
        "escalated": chosen.filter(barred & ~appeal).count(),
        "held": chosen.filter(~appeal & ~barred).exclude(free_for(by)).count(),
    }


def _gone(selection: Selection, chosen: QuerySet[QueueItem]) -> int:
    """How many that were named are not in the queue (any more)."""
    return len(set(selection.ids)) - chosen.count() if selection.ids else 0


def _consequences(preview: BatchPreview, action: str) -> list[str]:
    """The preview in sentences."""
    count = preview.count
    told = {
        Action.APPROVE: ngettext(
            "%(count)s item is approved.", "%(count)s items are approved.", count
        ),
        Action.REJECT: ngettext(
            "%(count)s item is rejected.", "%(count)s items are rejected.", count
        ),
        Action.ESCALATE: ngettext(
            "%(count)s item is escalated to the leads.",
            "%(count)s items are escalated to the leads.",
            count,
        ),
    }
    sentences = [told[Action(action)] % {"count": grouped(count)}]
    if preview.labels:
        says = str(AnalysisLabel(toxic=bool(preview.label)))
        sentences.append(
            ngettext(
                "The model learns %(count)s label, “%(label)s”, with a weight of %(weight)s.",
                "The model learns %(count)s labels, “%(label)s”, with a weight of %(weight)s each.",
                preview.labels,
            )
            % {
                "count": grouped(preview.labels),
                "label": says,
                "weight": localize(preview.weight),
            }
        )
    sentences.extend(_omissions(preview.left_out))
    sentences.append(_("The whole batch can be undone at any time."))
    return sentences


def _omissions(left_out: Mapping[str, int]) -> Iterator[str]:
    texts = {
        "held": ngettext(
            "%(count)s item that somebody else has open is left out.",
            "%(count)s items that somebody else has open are left out.",
            left_out["held"],
        ),
        "escalated": ngettext(
            "%(count)s escalated item is left out.",
            "%(count)s escalated items are left out.",
            left_out["escalated"],
        ),
        "appeals": ngettext(
            "%(count)s appeal is left out: each is decided on its own.",
            "%(count)s appeals are left out: each is decided on its own.",
            left_out["appeals"],
        ),
        "gone": ngettext(
            "%(count)s item is no longer in the queue.",
            "%(count)s items are no longer in the queue.",
            left_out["gone"],
        ),
    }
    for reason, count in left_out.items():
        if count:
            yield texts[reason] % {"count": grouped(count)}


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]
