"""What comes into the queue, in which place, and what leaves it without a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from modelops import serving
from moderation.checks import check_shares
from moderation.errors import FilterRefused
from moderation.models import Analysis, QueueItem
from moderation.paging import BadCursor, page_of
from moderation.rounds import priority_of
from moderation.same_text import same_text_digest
from moderation.selectors_queue import (
    ORDERS,
    filtered_queue,
    item_detail,
    oldest_waiting,
    open_item,
    queue_for,
    score_hidden,
    shown_kind,
)
from moderation.services import AnalysisInput
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from moderation.services.open_rounds import open_rounds
from moderation.services.undo_decision import undo_decision
from tests.moderation.conftest import KIND, TOXIC
from tests.moderation.items import draft, stored, waiting

pytestmark = pytest.mark.django_db
Kind, State = QueueItem.Kind, QueueItem.State


def test_flagged_and_blocked_texts_wait_and_allowed_ones_do_not() -> None:
    assert waiting(score=0.7).kind == Kind.REVIEW
    assert waiting("otro", score=0.95).kind == Kind.BLOCKED
    assert open_item(stored("Gracias", score=0.1)) is None


def test_analysing_puts_into_the_queue(analyses, integration) -> None:
    toxic, kind = analyses(AnalysisInput(text=TOXIC, source="foro"), KIND, by=integration)
    item = open_item(toxic)
    assert (item.source, item.language, item.score) == ("foro", "es", toxic.score)
    assert (item.model_version, item.model_toxic) == (toxic.model_version, True)
    assert open_item(kind) is None


def test_reviewed_and_fine_stays_so_until_the_text_changes(moderator) -> None:
    item = waiting("Menudo  IDIOTA")
    decision = decide_item(item=item, action="approve", by=moderator)
    assert open_item(stored("menudo idiota")) is None
    assert open_item(stored("menudo idiota tú")) is not None
    undo_decision(decision=decision, by=moderator)
    again = stored("menudo idiota")
    decide_item(item=open_item(again), action="reject", category="insult", by=moderator)
    assert open_item(stored("menudo idiota")) is not None


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("Eres IDIOTA", "eres  ídiota", True),
        ("Eres idiota", "eres 1d10ta", True),
        ("Mira https://a.example", "mira  https://a.example", True),
        ("Mira https://a.example", "Mira https://b.example", False),
        ("Vete @ana", "Vete @luis", False),
        ("Te doy 5", "Te doy 6", False),
        ("Qué crack 🙂", "Qué crack 🖕", False),
        ("🙂", "🖕", False),
        ("…", "—", False),
    ],
)
def test_what_counts_as_the_same_text(text, other, same) -> None:
    digests = {same_text_digest(one, serving.tokenize(one).words) for one in (text, other)}
    assert (len(digests) == 1) is same


def test_a_revision_takes_the_place_of_the_older_text(analyses, integration) -> None:
    def send(text: str) -> Analysis:
        return analyses(AnalysisInput(text=text, external_id="c-1"), by=integration)[0]

    first, second = send(TOXIC), send(f"{TOXIC} y un imbécil")
    assert open_item(first) is None
    assert first.rounds.get().state == State.CLOSED
    assert open_item(second) is not None
    # the first text is back, and has to wait again
    assert send(TOXIC) == first
    assert open_item(first) is not None
    assert open_item(second) is None
    send(TOXIC)
    assert first.rounds.count() == 2


def test_many_at_once_take_few_queries(django_assert_max_num_queries, moderator) -> None:
    decide_item(item=waiting("texto 7"), action="approve", by=moderator)
    drafts = Analysis.objects.bulk_create(draft(f"texto {n}") for n in range(600))
    with django_assert_max_num_queries(30):  # SQLite inserts fewer rows at once
        assert open_rounds(analyses=drafts) == 599


# --- audits -----------------------------------------------------------------------------------


def test_a_share_of_allowed_texts_is_audited_and_looks_like_others(
    settings, moderator, lead
) -> None:
    settings.BLIND_SHARE = 1.0
    flagged = [waiting(f"malo {n}", score=0.6 + n / 100) for n in range(3)]
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Gracias", score=0.01)
    assert (audit.kind, audit.blind) == (Kind.AUDIT, True)
    assert audit.priority in {item.priority for item in flagged}
    assert audit.uncertainty in {item.uncertainty for item in flagged}
    assert (shown_kind(audit, moderator), shown_kind(audit, lead)) == ("review", "audit")
    for item in (audit, flagged[0]):
        assert score_hidden(item, moderator)
        detail = item_detail(item, moderator)
        assert (detail.hidden, detail.category, detail.kind) == (True, "", "review")


def test_no_filter_tells_audits_from_others(settings, moderator, lead) -> None:
    settings.BLIND_SHARE = 1.0
    blind = waiting("malo", score=0.7)
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Gracias", score=0.01)

    def chosen(user, **filters):
        return set(filtered_queue(user, filters={k: str(v) for k, v in filters.items()}))

    assert chosen(moderator, kind="review") == {blind, audit}
    with pytest.raises(FilterRefused):
        chosen(moderator, kind="audit")
    assert chosen(lead, kind="audit") == {audit}
    assert chosen(lead, kind="review") == {blind}
    for told in ({"score_min": 0.5}, {"score_max": 0.5}, {"category": "insult"}):
        assert chosen(moderator, **told) == set()
    assert chosen(lead, score_min=0.5) == {blind}
    assert chosen(moderator, language="es") == {blind, audit}


def test_a_site_is_warned_when_audits_stand_out(settings) -> None:
    settings.AUDIT_SHARE, settings.BLIND_SHARE = 0.01, 0.0
    assert [found.id for found in check_shares()] == ["moderation.W001"]
    settings.BLIND_SHARE = 0.05
    assert check_shares() == []


# --- order and filters ------------------------------------------------------------------------


def test_what_lifts_an_item() -> None:
    plain = priority_of(score=0.6)
    assert plain == 0.6
    assert plain < priority_of(score=0.6, reports=1) < priority_of(score=0.6, reports=5)
    assert priority_of(score=0.6, reports=15) == priority_of(score=0.6, reports=10_000) == 1.1
    assert priority_of(score=0.6, escalated=True) == 1.6
    assert priority_of(score=0.6, appeal=True) == 1.1


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("harmful", ["c", "a", "d", "b"]),
        ("uncertain", ["b", "a", "d", "c"]),
        ("oldest", ["a", "b", "c", "d"]),
        ("newest", ["d", "c", "b", "a"]),
    ],
)
def test_orders_in_pages(order, expected, moderator) -> None:
    now = timezone.now()
    for hours, (text, score) in enumerate([("a", 0.7), ("b", 0.5), ("c", 0.9), ("d", 0.7)]):
        item = waiting(text, score=score)
        QueueItem.objects.filter(pk=item.pk).update(opened_at=now - timedelta(hours=9 - hours))
    rows = queue_for(moderator).select_related("analysis")
    seen, cursor = [], None
    while True:
        page = page_of(rows, cursor=cursor, size=1, order=ORDERS[order])
        seen += [item.analysis.text for item in page.items]
        if not (cursor := page.next):
            break
    assert seen == expected
    back = page_of(rows, cursor=page.previous, size=1, order=ORDERS[order])
    assert back.items[0].analysis.text == expected[-2]
    other = "oldest" if order == "harmful" else "harmful"
    with pytest.raises(BadCursor):
        page_of(rows, cursor=page.previous, order=ORDERS[other])
    assert oldest_waiting(moderator) == now - timedelta(hours=9)


def test_filters(moderator, lead) -> None:
    old = waiting("Viejo insulto", score=0.95, source="foro", language="en")
    QueueItem.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(hours=5))
    new = waiting("Nuevo", score=0.6, category="threat")
    claim_item(item=new, by=lead)
    far = waiting("Lejos", score=0.7, category="obscene")
    decide_item(item=far, action="escalate", by=lead)

    def chosen(user, **filters):
        return set(filtered_queue(user, filters=filters))

    assert chosen(moderator) == {old, new}
    assert chosen(lead) == {old, new, far}
    assert chosen(moderator, escalated="true") == {far}
    assert chosen(lead, escalated="false") == {old, new}
    assert chosen(moderator, kind="blocked") == {old}
    assert chosen(moderator, language="en", source="foro") == {old}
    assert chosen(moderator, category="threat") == {new}
    assert chosen(moderator, score_max="0.8") == {new}
    assert chosen(moderator, older_than="4.5") == {old}
    assert chosen(moderator, older_than="6") == set()
    assert chosen(moderator, claimed="true") == {new}
    assert chosen(moderator, claimed="false") == {old}
    assert chosen(moderator, search="INSULTO") == {old}


@pytest.mark.parametrize(
    ("name", "value"),
    [("score_min", "2"), ("older_than", "x"), ("kind", "all"), ("claimed", "1"), ("search", "a")],
)
def test_filters_refuse_what_they_do_not_know(name, value, moderator) -> None:
    with pytest.raises(FilterRefused) as told:
        filtered_queue(moderator, filters={name: value})
    assert list(told.value.errors) == [name]


def test_the_queue_is_nobodys_who_does_not_review(integration, make_user) -> None:
    waiting()
    assert not queue_for(integration).exists()
    assert not queue_for(make_user("operator", "Operators")).exists()


def test_everything_about_one_item(
    moderator, lead, integration, django_assert_max_num_queries
) -> None:
    mine = {"owner": integration, "author": "ana", "external_id": "c-1"}
    first = stored("Eres un idiota", **mine)
    rejected = decide_item(item=open_item(first), action="reject", category="insult", by=lead)
    item = waiting("eres un IDIOTA", **mine)
    waiting("Otra cosa", author="ana")  # of another integration: another person
    QueueItem.objects.update(category="insult")
    with django_assert_max_num_queries(20):
        detail = item_detail(open_item(item.analysis), moderator)
    assert detail.same_text == detail.same_external_id == [rejected]
    assert (detail.author.analyses, detail.author.rejected) == (2, 1)
    assert detail.author.last == [first]
    assert detail.policy_text
    assert detail.folded == "eres un idiota"
    assert detail.may_decide
