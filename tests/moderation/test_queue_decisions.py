"""Deciding about one item, and undoing it: who may, what follows, what stays on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from moderation import policy
from moderation.errors import (
    AlreadyDecided,
    AlreadyEscalated,
    AlreadyUndone,
    CategoryOutOfPlace,
    CategoryRequired,
    DecidedSince,
    EscalatedToLeads,
    ItemClaimed,
    NotYours,
    ReasonRequired,
    RoundClosed,
    TextErased,
    UndoesItself,
)
from moderation.models import (
    AnalysisLabel,
    Note,
    QueueItem,
    ReviewDecision,
    Webhook,
    WebhookDelivery,
)
from moderation.selectors import newest_labels
from moderation.selectors_queue import item_detail, open_item, queue_for
from moderation.services import erase_analysis
from moderation.services.another_look import appeal_analysis
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from moderation.services.open_rounds import open_rounds
from moderation.services.tell_leads import mail_escalations
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import draft, stored, waiting

Action, State = ReviewDecision.Action, QueueItem.State


@pytest.fixture
def item(db) -> QueueItem:
    return waiting()


def test_rejecting_ends_the_round_and_teaches(item, moderator) -> None:
    decision = decide_item(item=item, action="reject", category="insult", by=moderator)
    item.refresh_from_db()
    assert (item.state, item.claimed_by) == (State.DECIDED, None)
    assert item.closed_at is not None
    assert (decision.mode, decision.model_version, decision.model_toxic) == (
        "single", "1.0.0", True,
    )  # fmt: skip
    assert decision.policy == policy.current_policy()
    assert decision.waited >= timedelta()
    label = AnalysisLabel.objects.get()
    assert (label.toxic, label.category, label.weight, label.sealed) == (True, "insult", 1.0, False)
    assert label.decision == decision


def test_approving_says_that_it_is_not_toxic(item, moderator) -> None:
    decide_item(item=item, action="approve", by=moderator)
    label = newest_labels().get()
    assert (label.toxic, label.category) == (False, "")


def test_the_map_from_decision_to_label_is_the_policys(item, moderator) -> None:
    agreed = policy.current_policy()
    agreed.content["categories"]["spam"] |= {"label": "none", "reason_required": True}
    agreed.save()
    with pytest.raises(ReasonRequired):
        decide_item(item=item, action="reject", category="spam", reason=" ", by=moderator)
    assert open_item(item.analysis) == item
    decide_item(item=item, action="reject", category="spam", reason="anuncio", by=moderator)
    assert not AnalysisLabel.objects.exists()


def test_what_is_missing_or_out_of_place(item, moderator) -> None:
    with pytest.raises(CategoryRequired):
        decide_item(item=item, action="reject", by=moderator)
    with pytest.raises(CategoryOutOfPlace):
        decide_item(item=item, action="approve", category="insult", by=moderator)
    with pytest.raises(ValueError, match="no such"):
        decide_item(item=item, action="undo", by=moderator)
    assert not ReviewDecision.objects.exists()


def test_a_second_decision_is_told_of_the_first(item, moderator, lead) -> None:
    stale = QueueItem.objects.get(pk=item.pk)
    first = decide_item(item=item, action="approve", by=moderator)
    for action in ("approve", "escalate", "skip"):
        with pytest.raises(AlreadyDecided) as told:
            decide_item(item=stale, action=action, by=lead)
        assert told.value.decision == first
        assert "moderator" in str(told.value)
    assert ReviewDecision.objects.count() == 1


def test_an_item_that_somebody_else_holds(item, moderator, lead) -> None:
    claim_item(item=item, by=lead)
    with pytest.raises(ItemClaimed) as told:
        decide_item(item=item, action="approve", by=moderator)
    assert told.value.holder == lead
    decide_item(item=item, action="skip", by=moderator, session="s")
    QueueItem.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    decide_item(item=item, action="approve", by=moderator)


def test_skipping_hides_it_from_this_session_only(item, moderator, lead) -> None:
    claim_item(item=item, by=moderator)
    skipped = decide_item(item=item, action="skip", by=moderator, session="one")
    assert item not in queue_for(moderator, "one")
    assert item in queue_for(moderator, "two")
    assert item in queue_for(lead, "one")
    item.refresh_from_db()
    assert (item.state, item.claimed_by) == (State.OPEN, None)
    undo_decision(decision=skipped, by=moderator)
    assert item in queue_for(moderator, "one")


def test_escalating_hands_it_to_the_leads(item, moderator, lead, make_user, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PUBLIC_URL = "https://example.org"
    type(lead).objects.filter(pk=lead.pk).update(email="lead@example.org")
    before = item.priority
    claim_item(item=item, by=moderator)
    decision = decide_item(
        item=item, action="escalate", category="threat", note="mira la dirección", by=moderator
    )
    item.refresh_from_db()
    assert item.priority == before + 1
    assert item.claimed_by is None
    assert Note.objects.get().text == "mira la dirección"
    with pytest.raises(EscalatedToLeads):
        decide_item(item=item, action="approve", by=make_user("other", "Moderators"))
    with pytest.raises(AlreadyEscalated):
        decide_item(item=item, action="escalate", by=lead)

    assert mail_escalations(decision_ids=[decision.pk]) == 1
    assert mail.outbox[0].to == ["lead@example.org"]
    assert f"{item.analysis_id}" in mail.outbox[0].body
    assert item.analysis.text not in mail.outbox[0].body

    undo_decision(decision=decision, by=moderator)
    item.refresh_from_db()
    assert (item.escalated_at, item.priority) == (None, before)


def test_mail_about_an_escalation_is_left_to_the_queue_worker(
    item, moderator, settings, django_capture_on_commit_callbacks
) -> None:
    def escalate() -> ReviewDecision:
        with django_capture_on_commit_callbacks(execute=True):
            return decide_item(item=item, action="escalate", by=moderator)

    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # no server
    undo_decision(decision=escalate(), by=moderator)
    assert not DBTaskResult.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    item.refresh_from_db()
    decision = escalate()
    assert DBTaskResult.objects.get().args_kwargs["args"] == [[decision.pk]]
    assert mail.outbox == []


def test_webhooks_are_told_of_decisions_and_of_their_end(moderator, integration) -> None:
    Webhook.objects.create(owner=integration, url="https://example.org", secret="s", by=moderator)
    item = waiting(owner=integration)
    decision = decide_item(item=item, action="approve", by=moderator)
    undone = undo_decision(decision=decision, by=moderator)
    told = WebhookDelivery.objects.order_by("pk").values_list("decision", flat=True)
    assert list(told) == [decision.pk, undone.pk]


# --- undoing ----------------------------------------------------------------------------------


def test_undoing_reverses_and_overwrites_nothing(item, moderator) -> None:
    decision = decide_item(item=item, action="reject", category="insult", by=moderator)
    undone = undo_decision(decision=decision, by=moderator)
    assert (undone.action, undone.reverses) == ("undo", decision)
    decision.refresh_from_db()
    assert (decision.action, decision.category) == ("reject", "insult")
    assert AnalysisLabel.objects.get().withdrawn_at is not None
    assert not newest_labels().exists()
    assert open_item(item.analysis) == item
    again = decide_item(item=item, action="approve", by=moderator)
    shown = item_detail(QueueItem.objects.get(), moderator).decisions
    assert shown == [decision, undone, again]
    assert newest_labels().get().decision == again


def test_undoing_once_and_ones_own(item, moderator, make_user, lead) -> None:
    decision = decide_item(item=item, action="approve", by=moderator)
    with pytest.raises(NotYours):
        undo_decision(decision=decision, by=make_user("other", "Moderators"))
    undone = undo_decision(decision=decision, by=lead)
    with pytest.raises(AlreadyUndone):
        undo_decision(decision=decision, by=moderator)
    with pytest.raises(UndoesItself):
        undo_decision(decision=undone, by=lead)


def test_no_undoing_once_somebody_looks_again_or_the_text_is_gone(item, moderator, lead) -> None:
    decision = decide_item(item=item, action="approve", by=moderator)
    appeal = appeal_analysis(analysis=item.analysis, text="", by=lead, by_author=False)
    with pytest.raises(DecidedSince):
        undo_decision(decision=decision, by=moderator)
    second = decide_item(item=appeal, action="reject", category="insult", by=lead)
    with pytest.raises(DecidedSince):
        undo_decision(decision=decision, by=moderator)
    erase_analysis(analysis=item.analysis, by=lead)
    with pytest.raises(TextErased):
        undo_decision(decision=second, by=lead)


def test_an_escalation_that_was_decided_stays(item, moderator, lead) -> None:
    escalated = decide_item(item=item, action="escalate", by=moderator)
    decide_item(item=item, action="approve", by=lead)
    with pytest.raises(DecidedSince):
        undo_decision(decision=escalated, by=moderator)


def test_undoing_about_a_replaced_text_does_not_bring_it_back(integration, moderator) -> None:
    old = stored("Eres un idiota", owner=integration, external_id="c-1")
    decision = decide_item(item=open_item(old), action="reject", category="insult", by=moderator)
    new = draft("Eres un cretino", owner=integration, external_id="c-1", revision_of=old)
    new.save()
    open_rounds(analyses=[new], replaced=[old.pk])
    undo_decision(decision=decision, by=moderator)
    assert open_item(old) is None
    assert open_item(new) is not None
    assert not newest_labels().exists()


def test_a_closed_round_is_not_decided(item, moderator, lead) -> None:
    erase_analysis(analysis=item.analysis, by=lead)
    with pytest.raises(RoundClosed):
        decide_item(item=item, action="approve", by=moderator)
