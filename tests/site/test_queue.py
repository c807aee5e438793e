"""The queue's pages as a client without a script meets them, and as htmx does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from moderation.models import (
    Analysis,
    DecisionBatch,
    ModeratorSettings,
    Note,
    QueueItem,
    ReviewDecision,
    SeenToday,
    UnscoredText,
)
from moderation.services.another_look import appeal_analysis
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from tests.moderation.items import stored as put
from tests.moderation.items import waiting

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true", "hx-target": "item"}
Browser = Callable[..., Client]
Person = Callable[[str], User]


@pytest.fixture(autouse=True)
def nothing_at_random(settings: Settings) -> None:
    settings.AUDIT_SHARE = settings.BLIND_SHARE = 0.0


def rows(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li id="row-(\d+)"', page)]


def other(person: Person) -> User:
    """A second moderator."""
    user = User.objects.create_user("colleague")
    user.groups.set(person("moderator").groups.all())
    return user


def test_the_list_is_filtered_ordered_and_counted(browser: Browser) -> None:
    first = waiting("Uno, idiota", score=0.7, source="foro")
    second = waiting("Dos, idiota", score=0.95, source="foro")
    third = waiting("Three, idiot", score=0.8, language="en")
    client = browser("moderator")
    page = client.get("/queue/").content.decode()
    assert rows(page) == [second.pk, third.pk, first.pk]
    assert "3 waiting" in page
    assert rows(client.get("/queue/?source=foro&order=oldest").content.decode()) == [
        first.pk,
        second.pk,
    ]
    assert rows(client.get("/queue/?score_min=0.9").content.decode()) == [second.pk]
    wrong = client.get("/queue/?score_min=x").content.decode()
    assert rows(wrong) == []
    assert "Score from: " in wrong
    assert client.get("/queue/?cursor=x").status_code == 404


def test_opening_reserves_and_another_finds_it_taken(browser: Browser, person: Person) -> None:
    item = waiting()
    page = browser("moderator").get(f"/queue/{item.pk}/").content.decode()
    assert 'id="decide"' in page
    item.refresh_from_db()
    assert item.claimed_by == person("moderator")
    lead = browser("lead").get(f"/queue/{item.pk}/").content.decode()
    assert 'id="decide"' not in lead
    assert "moderator has this item" in lead
    taken = browser("lead").post(f"/queue/{item.pk}/claim/", {"take_over": "true"})
    assert taken.status_code == 200
    late = browser("moderator").post(
        f"/queue/{item.pk}/decide/", {"action": "approve"}, headers=HTMX
    )
    assert late.status_code == 409
    assert "lead has this item" in late.content.decode()
    assert not ReviewDecision.objects.exists()
    stolen = browser("moderator").post(f"/queue/{item.pk}/claim/", {"take_over": "true"})
    assert stolen.status_code == 409


def test_a_decision_goes_on_to_the_next_free_item_of_the_list(
    browser: Browser, person: Person
) -> None:
    first, held, second = (waiting(f"{n} idiota", score=0.9 - n / 100) for n in range(3))
    waiting("Elsewhere, idiota", score=0.85, source="elsewhere")
    claim_item(item=held, by=other(person))
    client = browser("moderator")
    answer = client.post(
        f"/queue/{first.pk}/decide/",
        {"reject": "insult", "reason": "Rude", "query": "order=harmful"},
        headers=HTMX,
    )
    page = answer.content.decode()
    assert answer.headers["HX-Push-Url"].startswith("/queue/")
    assert f'data-gone="{first.pk}"' in page
    assert held.pk not in rows(page)
    decision = ReviewDecision.objects.get()
    assert (decision.action, decision.category, decision.reason) == ("reject", "insult", "Rude")
    plain = client.post(f"/queue/{second.pk}/decide/", {"action": "skip", "query": "source=x"})
    assert plain.headers["location"] == "/queue/?source=x"  # nothing left in that list


def test_what_the_decision_lacks_is_asked_for(browser: Browser) -> None:
    item = waiting()
    client = browser("moderator")
    answer = client.post(f"/queue/{item.pk}/decide/", {"reject": "other"}, headers=HTMX)
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.content.decode()
    without = client.post(f"/queue/{item.pk}/decide/", {"action": "reject"}, headers=HTMX)
    assert without.status_code == 422
    for wrong in ({}, {"action": "undo"}, {"reject": "nonsense"}):
        assert client.post(f"/queue/{item.pk}/decide/", wrong).status_code == 400
    assert not ReviewDecision.objects.exists()


def test_undo_opens_the_item_again_and_only_ones_own(browser: Browser, person: Person) -> None:
    item = waiting()
    decision = decide_item(item=item, action="approve", by=person("lead"))
    address = f"/queue/decisions/{decision.pk}/undo/"
    assert browser("moderator").post(address, headers=HTMX).status_code == 409
    item.refresh_from_db()
    assert item.state == QueueItem.State.DECIDED
    answer = browser("lead").post(address, headers=HTMX)
    assert f'data-item="{item.pk}"' in answer.content.decode()
    assert browser("lead").post(address, headers=HTMX).status_code == 409  # once
    page = browser("lead").get("/queue/decisions/").content.decode()
    assert "undone by lead" in page


def test_a_batch_is_asked_about_decided_and_undone(browser: Browser) -> None:
    items = [waiting(f"{n} idiota", source="wave") for n in range(3)]
    waiting("Elsewhere, idiota")
    client = browser("moderator")
    asked = client.get("/queue/batch/?source=wave&action=reject").content.decode()
    assert "Decide 3 texts together" in asked
    form = {"source": "wave", "action": "reject", "reject": "insult", "expected_count": "3"}
    short = client.post("/queue/batch/", form | {"expected_count": "2"})
    assert short.status_code == 409  # more than were shown
    assert client.post("/queue/batch/", form | {"reject": ""}).status_code == 422
    assert not DecisionBatch.objects.exists()
    done = client.post("/queue/batch/", form, follow=True).content.decode()
    assert "3 texts rejected." in done
    batch = DecisionBatch.objects.get()
    assert {decision.category for decision in batch.decisions.all()} == {"insult"}
    assert "3 texts" in client.get("/queue/decisions/?show=batches").content.decode()
    client.post(f"/queue/batches/{batch.pk}/undo/")
    assert QueueItem.objects.filter(pk__in=[i.pk for i in items], state="open").count() == 3


def test_the_page_hears_only_what_changed(browser: Browser, person: Person) -> None:
    item, gone = waiting("Uno, idiota"), waiting("Dos, idiota")
    client = browser("moderator")
    page = client.get(f"/queue/{item.pk}/").content.decode()
    states = re.findall(r'id="meta-(\d+)" class="item-meta" data-state="(\w+)"', page)
    known = {
        "rows": ",".join(":".join(pair) for pair in states),
        "newest": str(max(item.pk, gone.pk)),
        "open": str(item.pk),
        "used": "true",
    }
    assert client.post("/queue/live/", known).status_code == 204
    decide_item(item=gone, action="approve", by=person("lead"))
    waiting("Tres, idiota")
    news = client.post("/queue/live/", known).content.decode()
    assert f'data-gone="{gone.pk}"' in news
    assert "Show 1 new one" in news
    QueueItem.objects.update(claim_expires_at=timezone.now() + timedelta(minutes=2))
    assert 'id="claim"' in client.post("/queue/live/", known).content.decode()
    item.refresh_from_db()
    assert item.claim_expires_at > timezone.now() + timedelta(minutes=8)
    claim_item(item=item, by=person("lead"), take_over=True)
    lost = client.post("/queue/live/", known).content.decode()
    assert "lead has this item" in lost
    assert f'id="meta-{item.pk}"' in lost
    nonsense = client.post("/queue/live/", {"rows": "x:y,,9e9", "open": "²", "newest": "-1"})
    assert nonsense.status_code == 204


def test_leaving_gives_back_only_the_claim_that_is_named(browser: Browser) -> None:
    item = waiting()
    client = browser("moderator")
    client.get(f"/queue/{item.pk}/")
    item.refresh_from_db()
    client.post(f"/queue/{item.pk}/release/", {"until": "2020-01-01T00:00:00+00:00"})
    assert QueueItem.objects.get().claimed_by_id  # a reload has claimed it anew
    client.post(f"/queue/{item.pk}/release/", {"until": item.claim_expires_at.isoformat()})
    assert QueueItem.objects.get().claimed_by_id is None


def test_a_blind_item_shows_nothing_of_the_model(browser: Browser) -> None:
    spans = [[0, 4, 2.5]]
    item = waiting("Eres un idiota", score=0.97, spans=spans, labels=["insult"], author="eva")
    QueueItem.objects.update(blind=True)
    pages = [browser("moderator").get(f"/queue/{item.pk}/").content.decode()]
    pages.append(browser("moderator").get("/queue/").content.decode())
    for page in pages:
        assert "97.0" not in page
        assert "is-block" not in page
        assert "Blocked ·" not in page
        assert "severe seen" not in page  # the day's count would tell
    assert "<mark" not in pages[0]
    assert "toxic for the model" not in pages[0]
    assert "97.0" in browser("lead").get(f"/queue/{item.pk}/").content.decode()
    browser("moderator").post(f"/queue/{item.pk}/decide/", {"reject": "insult"})
    assert SeenToday.objects.get(user__username="moderator").severe == 1


def test_what_is_blurred_is_not_told_beside_it(browser: Browser) -> None:
    item = waiting("Eres un monstruo y un idiota", score=0.95, author="ana")
    waiting("Otro idiota", score=0.6, author="ana")
    client = browser("moderator")
    answer = client.post(f"/queue/{item.pk}/decide/", {"action": "approve"}, headers=HTMX)
    page = answer.content.decode()
    assert f"Undo: Approved: analysis {item.analysis_id}" in page
    assert "monstruo" not in page.replace('class="veil-line"', "").split('id="deciding"')[1]
    assert 'class="veil-line"' in page  # among the author's texts
    assert 'class="veil-line"' in client.get("/queue/decisions/").content.decode()
    ModeratorSettings.objects.update_or_create(
        user=User.objects.get(username="moderator"), defaults={"blur": False}
    )
    assert 'class="veil-line"' not in client.get("/queue/decisions/").content.decode()
    assert "Undo: Approved: Eres un monstruo" in client.get("/queue/").content.decode()


def test_keys_lead_where_one_may_go(browser: Browser) -> None:
    assert "Go to the model" not in browser("moderator").get("/queue/settings/").content.decode()
    assert "Go to the model" in browser("admin").get("/queue/settings/").content.decode()


def test_severe_items_are_counted_once_and_blurred_as_wanted(browser: Browser) -> None:
    item = waiting("Eres un idiota", score=0.97)
    client = browser("moderator")
    for _look in range(2):
        page = client.get(f"/queue/{item.pk}/").content.decode()
    assert "1 severe seen today" in page
    assert "item-text is-veiled" in page
    assert client.post("/queue/settings/blur/", {"blur": "false"}).status_code == 302
    assert "item-text is-veiled" not in client.get(f"/queue/{item.pk}/").content.decode()


def test_how_one_works_is_kept(browser: Browser, person: Person) -> None:
    client = browser("moderator")
    wrong = client.post("/queue/settings/", {"pause_minutes": "-5"})
    assert wrong.status_code == 422
    client.post("/queue/settings/", {"pause_minutes": "0", "blur": "on"})
    kept = ModeratorSettings.objects.get(user=person("moderator"))
    assert (kept.shortcuts, kept.blur, kept.greyscale, kept.pause_minutes) == (
        False,
        True,
        False,
        0,
    )
    assert 'data-keys="off"' in client.get("/queue/").content.decode()


def test_notes_are_kept_and_empty_ones_refused(browser: Browser) -> None:
    item = waiting()
    client = browser("moderator")
    empty = client.post(f"/queue/{item.pk}/note/", {"text": " "}, headers=HTMX)
    assert empty.status_code == 422
    added = client.post(f"/queue/{item.pk}/note/", {"text": "Ask Eva\r\nfirst"}, headers=HTMX)
    assert "Ask Eva" in added.content.decode()
    assert Note.objects.get().text == "Ask Eva\nfirst"


def test_another_look_is_for_another_person(browser: Browser, person: Person) -> None:
    item = waiting()
    decide_item(item=item, action="reject", category="insult", by=person("moderator"))
    client = browser("moderator")
    page = client.get(f"/history/{item.analysis_id}/").content.decode()
    assert "Ask for another look" in page
    address = f"/history/{item.analysis_id}/appeal/"
    client.post(address, {"text": ""})
    assert QueueItem.objects.count() == 1
    client.post(address, {"text": "It was a quotation", "by_author": "on"})
    round_ = QueueItem.objects.get(kind=QueueItem.Kind.APPEAL)
    assert rows(client.get("/queue/").content.decode()) == []
    mine = client.get(f"/queue/{round_.pk}/").content.decode()
    assert 'id="decide"' not in mine
    lead = browser("lead")
    assert "It was a quotation" in lead.get(f"/queue/{round_.pk}/").content.decode()
    answer = {"action": "approve", "reply": "You are right"}
    lead.post(f"/queue/{round_.pk}/decide/", answer)
    assert ReviewDecision.objects.get(item=round_).reply == "You are right"


def test_texts_without_a_score_wait_until_seen_to(browser: Browser) -> None:
    text = UnscoredText.objects.create(text="", problem="blank", source="import", row=7)
    client = browser("moderator")
    page = client.get("/queue/unscored/").content.decode()
    assert "row 7" in page
    refused = client.post(f"/queue/unscored/{text.pk}/", {"action": "score"}, follow=True)
    assert "toast-error" in refused.content.decode()
    client.post(f"/queue/unscored/{text.pk}/", {"action": "dismiss"})
    assert "Everything has a score" in client.get("/queue/unscored/").content.decode()


def test_erased_texts_open_nothing(browser: Browser) -> None:
    item = waiting()
    Analysis.objects.update(erased_at=timezone.now(), text="")
    assert browser("moderator").get(f"/queue/{item.pk}/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_queue(
    browser: Browser, person: Person, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    items = [waiting(f"{n} idiota", author="eva", external_id="c1") for n in range(45)]
    decided = put("Otro idiota", author="eva").rounds.get()
    decide_item(item=decided, action="reject", category="insult", by=person("lead"))
    appeal_analysis(analysis=decided.analysis, text="No", by=person("lead"), by_author=False)
    client = browser("moderator")
    client.get("/queue/")
    with django_assert_max_num_queries(24):
        assert len(rows(client.get("/queue/").content.decode())) == 40
    open_pk = QueueItem.objects.filter(state="open").first().pk
    with django_assert_max_num_queries(36):
        client.get(f"/queue/{open_pk}/", headers=HTMX)
    assert len(items) == 45
