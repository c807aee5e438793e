"""Whose item it is, and what happens when several want it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from moderation.errors import (
    AlreadyDecided,
    AlreadyUndone,
    ItemClaimed,
    ReviewRefused,
    SelectionEmpty,
    TakeOverDenied,
)
from moderation.models import AnalysisLabel, CommunityReport, QueueItem, ReviewDecision
from moderation.selectors_queue import open_item
from moderation.services.another_look import appeal_analysis, report_analysis
from moderation.services.claims import (
    claim_item,
    release_claim,
    release_claims_of,
    renew_claim,
)
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import stored, waiting
from tests.moderation.test_races import at_once


@pytest.fixture
def other(make_user) -> User:
    return make_user("other", "Moderators")


def test_a_claim_lasts_ten_minutes_and_is_renewed(moderator, other) -> None:
    item = claim_item(item=waiting(), by=moderator)
    left = item.claim_expires_at - timezone.now()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert item.claimed
    for take in (claim_item, renew_claim):
        with pytest.raises(ItemClaimed) as told:
            take(item=QueueItem.objects.get(), by=other)
        assert (told.value.holder, told.value.until) == (moderator, item.claim_expires_at)
    QueueItem.objects.update(claim_expires_at=timezone.now() + timedelta(minutes=1))
    assert renew_claim(item=item, by=moderator).claim_expires_at > timezone.now() + left / 2
    QueueItem.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert claim_item(item=item, by=other).claimed_by == other


def test_giving_back(moderator, other) -> None:
    item = claim_item(item=waiting(), by=moderator)
    assert not release_claim(item=item, by=other)
    assert release_claim(item=item, by=moderator)
    claim_item(item=item, by=other)
    claim_item(item=waiting("otro"), by=other)
    assert release_claims_of(user=other) == 2
    assert not QueueItem.objects.exclude(claimed_by=None).exists()


def test_logging_out_gives_back(client, moderator) -> None:
    client.force_login(moderator)
    claim_item(item=waiting(), by=moderator)
    client.post("/logout/")
    assert QueueItem.objects.get().claimed_by is None


def test_leads_take_over(moderator, other, lead) -> None:
    item = claim_item(item=waiting(), by=moderator)
    with pytest.raises(TakeOverDenied):
        claim_item(item=item, by=other, take_over=True)
    assert claim_item(item=item, by=lead, take_over=True).claimed_by == lead
    with pytest.raises(ItemClaimed):
        decide_item(item=item, action="approve", by=moderator)


def test_no_claim_on_what_is_decided(moderator, other) -> None:
    item = waiting()
    decide_item(item=item, action="approve", by=moderator)
    with pytest.raises(AlreadyDecided):
        claim_item(item=item, by=other)


# --- two at once ------------------------------------------------------------------------------


def outcome(call: Callable[[], Any]) -> Callable[[], Any]:
    """The call, with what it refuses as a result."""

    def done() -> Any:
        try:
            return call()
        except ReviewRefused as error:
            return error

    return done


def deciding(item: QueueItem, user: User, action: str = "approve") -> Callable[[], Any]:
    category = "insult" if action == "reject" else ""
    own = QueueItem.objects.get(pk=item.pk)
    return outcome(lambda: decide_item(item=own, action=action, category=category, by=user))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins(moderator, other) -> None:
    for number in range(5):
        item = waiting(f"malo {number}")
        results = at_once(deciding(item, moderator), deciding(item, other, "reject"))
        (winner,) = [one for one in results if isinstance(one, ReviewDecision)]
        (loser,) = [one for one in results if isinstance(one, AlreadyDecided)]
        assert loser.decision == winner
        assert item.decisions.get() == winner
        assert AnalysisLabel.objects.filter(analysis=item.analysis).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_wins(moderator, other) -> None:
    item = waiting()
    results = at_once(
        *[
            outcome(lambda user=user: claim_item(item=QueueItem.objects.get(), by=user))
            for user in (moderator, other)
        ]
    )
    (lost,) = [one for one in results if isinstance(one, ItemClaimed)]
    item.refresh_from_db()
    assert item.claimed_by == lost.holder


@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_at_once_one_wins(moderator, lead) -> None:
    decision = decide_item(item=waiting(), action="approve", by=moderator)
    results = at_once(
        *[
            outcome(lambda user=user: undo_decision(decision=decision, by=user))
            for user in (moderator, lead)
        ]
    )
    assert sum(isinstance(one, AlreadyUndone) for one in results) == 1
    assert ReviewDecision.objects.filter(action="undo").count() == 1


@pytest.mark.django_db(transaction=True)
def test_batches_at_once_decide_each_item_once(moderator, other) -> None:
    items = [waiting(f"malo {number}") for number in range(30)]
    ids = [item.analysis_id for item in items]
    results = at_once(
        *[
            outcome(
                lambda user=user, order=order: decide_batch(
                    selection=Selection(ids=order), action="approve", by=user
                )
            )
            for user, order in ((moderator, ids), (other, ids[::-1]))
        ],
        deciding(items[10], moderator, "reject"),
    )
    assert ReviewDecision.objects.count() == 30
    counts = [one.count for one in results[:2] if not isinstance(one, SelectionEmpty)]
    assert sum(counts) + isinstance(results[2], ReviewDecision) == 30


@pytest.mark.django_db(transaction=True)
def test_reports_and_appeals_at_once_open_one_round(moderator, integration) -> None:
    analysis = stored("Gracias", score=0.1)
    report = {"analysis": analysis, "by": integration}
    at_once(*[lambda n=n: report_analysis(reporter=f"vecina {n}", **report) for n in range(4)])
    assert CommunityReport.objects.count() == 4
    item = open_item(analysis)
    assert (item.kind, item.reports) == ("reported", 4)
    decide_item(item=item, action="approve", by=moderator)
    appeal = outcome(
        lambda: appeal_analysis(analysis=analysis, text="", by=integration, by_author=True)
    )
    results = at_once(appeal, appeal, lambda: report_analysis(reporter="otra", **report))
    assert CommunityReport.objects.count() == 5
    assert sum(isinstance(one, ReviewRefused) for one in results[:2]) >= 1
    assert analysis.rounds.filter(state="open").count() == 1
