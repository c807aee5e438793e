"""Many decisions at once, and undoing them."""

from __future__ import annotations

import pytest

from moderation.errors import (
    AlreadyUndone,
    CategoryRequired,
    NothingToUndo,
    NotInBatches,
    NotYours,
    SelectionChanged,
    SelectionEmpty,
    SelectionTooLarge,
    UndoesItself,
)
from moderation.models import Analysis, AnalysisLabel, QueueItem, ReviewDecision
from moderation.selectors import newest_labels
from moderation.services import decide_batch as batches
from moderation.services.another_look import appeal_analysis
from moderation.services.claims import claim_item
from moderation.services.decide_batch import Selection, decide_batch, preview_batch
from moderation.services.decide_item import decide_item
from moderation.services.open_rounds import open_rounds
from moderation.services.undo_decision import undo_batch, undo_decision
from tests.moderation.items import draft, waiting

pytestmark = pytest.mark.django_db
ALL = Selection(filters={})
State = QueueItem.State


def open_items() -> int:
    return QueueItem.objects.filter(state=State.OPEN).count()


def test_preview_says_what_will_happen_and_changes_nothing(moderator, lead) -> None:
    items = [waiting(f"malo {n}") for n in range(13)]
    claim_item(item=items[0], by=lead)
    decide_item(item=items[1], action="escalate", by=moderator)
    decided = decide_item(item=items[2], action="approve", by=lead)
    appeal_analysis(analysis=decided.analysis, text="", by=lead, by_author=False)
    before = list(QueueItem.objects.order_by("pk").values())
    preview = preview_batch(selection=ALL, action="reject", category="insult", by=moderator)
    assert preview.count == 10
    assert len(preview.sample) == 10
    # (escalated items are not among those that a moderator is shown)
    assert preview.left_out == {"appeals": 1, "escalated": 0, "held": 1, "gone": 0}
    assert (preview.labels, preview.label, preview.weight) == (10, True, 0.3)
    assert "10" in preview.consequences[0]
    named = Selection(ids=[items[1].analysis_id, 10**9])
    preview = preview_batch(selection=named, action="approve", by=moderator)
    assert preview.left_out == {"appeals": 0, "escalated": 1, "held": 0, "gone": 1}
    assert list(QueueItem.objects.order_by("pk").values()) == before


def test_a_batch_is_decided_and_undone_as_a_whole(moderator, django_assert_max_num_queries) -> None:
    drafts = Analysis.objects.bulk_create(draft(f"malo {n}") for n in range(600))
    open_rounds(analyses=drafts)
    selection = Selection(filters={"score_min": "0.6"})
    with django_assert_max_num_queries(80):  # SQLite inserts fewer rows at once
        batch = decide_batch(
            selection=selection, action="reject", category="insult", by=moderator,
            expected_count=600,
        )  # fmt: skip
    assert (batch.count, batch.left_out, open_items()) == (600, 0, 0)
    assert batch.selection == {"filter": {"score_min": "0.6"}}
    assert set(batch.decisions.values_list("mode", "action", "category")) == {
        ("batch", "reject", "insult")
    }
    assert set(AnalysisLabel.objects.values_list("weight", "toxic")) == {(0.3, True)}

    one = batch.decisions.order_by("pk")[0]
    undo_decision(decision=one, by=moderator)
    reversal = undo_batch(batch=batch, by=moderator)
    assert (reversal.reverses, reversal.count, reversal.left_out) == (batch, 599, 1)
    assert open_items() == 600
    assert not newest_labels().exists()
    assert ReviewDecision.objects.filter(action="undo").count() == 600
    with pytest.raises(AlreadyUndone):
        undo_batch(batch=batch, by=moderator)
    with pytest.raises(UndoesItself):
        undo_batch(batch=reversal, by=moderator)


def test_what_others_hold_or_decided_is_left_out(moderator, lead) -> None:
    items = [waiting(f"malo {n}") for n in range(4)]
    ids = [item.analysis_id for item in items]
    claim_item(item=items[0], by=lead)
    decide_item(item=items[1], action="approve", by=lead)
    batch = decide_batch(
        selection=Selection(ids=ids), action="reject", category="insult", by=moderator
    )
    assert (batch.count, batch.left_out) == (2, 2)
    assert items[0].decisions.count() == 0
    with pytest.raises(SelectionEmpty):
        decide_batch(selection=Selection(ids=ids), action="approve", by=moderator)


def test_the_same_text_wherever_it_is(moderator) -> None:
    same = [waiting(text) for text in ("Eres idiota", "eres  IDIOTA", "Eres idiota")]
    other = waiting("Otra cosa")
    selection = Selection(same_text_as=same[1].analysis_id)
    batch = decide_batch(selection=selection, action="approve", by=moderator)
    assert set(batch.decisions.values_list("item", flat=True)) == {item.pk for item in same}
    other.refresh_from_db()
    assert other.state == State.OPEN


def test_escalating_many_and_taking_it_back(moderator) -> None:
    items = [waiting(f"malo {n}") for n in range(3)]
    before = items[0].priority
    batch = decide_batch(selection=ALL, action="escalate", by=moderator)
    assert set(QueueItem.objects.values_list("priority", flat=True)) == {before + 1}
    undo_batch(batch=batch, by=moderator)
    assert not QueueItem.objects.filter(escalated_at__isnull=False).exists()
    assert set(QueueItem.objects.values_list("priority", flat=True)) == {before}


def test_an_audit_in_a_batch_judges_and_does_not_teach(settings, moderator) -> None:
    settings.AUDIT_SHARE = 1.0
    waiting("Gracias", score=0.1)
    decide_batch(selection=ALL, action="approve", by=moderator)
    assert AnalysisLabel.objects.get().sealed


def test_what_batches_refuse(moderator, make_user, monkeypatch) -> None:
    first, _second = waiting("uno"), waiting("dos")
    with pytest.raises(NotInBatches):
        decide_batch(selection=ALL, action="skip", by=moderator)
    with pytest.raises(CategoryRequired):
        decide_batch(selection=ALL, action="reject", by=moderator)
    with pytest.raises(SelectionChanged) as told:
        decide_batch(selection=ALL, action="approve", by=moderator, expected_count=1)
    assert told.value.count == 2
    monkeypatch.setattr(batches, "MAX_ITEMS", 1)
    for selection in (ALL, Selection(ids=[1, 2])):
        with pytest.raises(SelectionTooLarge):
            preview_batch(selection=selection, action="approve", by=moderator)
    assert not ReviewDecision.objects.exists()

    batch = decide_batch(
        selection=Selection(ids=[first.analysis_id]), action="approve", by=moderator
    )
    with pytest.raises(NotYours):
        undo_batch(batch=batch, by=make_user("other", "Moderators"))
    undo_decision(decision=batch.decisions.get(), by=moderator)
    with pytest.raises(NothingToUndo):
        undo_batch(batch=batch, by=moderator)
