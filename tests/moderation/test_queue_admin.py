"""The workbench in the administration: who sees what, and acting in bulk by the same services."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from moderation.models import QueueItem, ReviewDecision, UnscoredText
from moderation.services.another_look import add_note, appeal_analysis, report_analysis
from moderation.services.claims import claim_item
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from tests.moderation.conftest import TOXIC
from tests.moderation.items import waiting

pytestmark = pytest.mark.django_db
QUEUE = "/admin/moderation/queueitem/"
DECISIONS = "/admin/moderation/reviewdecision/"
LISTS = (
    "queueitem", "reviewdecision", "decisionbatch", "appeal", "communityreport", "note",
    "unscoredtext",
)  # fmt: skip


def browser(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def act(client: Client, address: str, action: str, rows: list[Any], **data: Any) -> Any:
    """Choose an action and, where it asks, confirm it."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0}
    return client.post(address, chosen | data, follow=True)


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_pages_open_for_reviewers_only(name, moderator, integration, lead) -> None:
    item = waiting()
    decision = decide_item(item=item, action="approve", by=lead)
    appeal_analysis(analysis=item.analysis, text="Era una cita", by=lead, by_author=True)
    report_analysis(analysis=item.analysis, reporter="lucia", by=lead)
    add_note(analysis=item.analysis, text="hola", by=lead)
    other = waiting("otro")
    decide_batch(selection=Selection(ids=[other.analysis_id]), action="approve", by=lead)
    UnscoredText.objects.create(text="hola", problem="failed")
    assert decision.pk
    client = browser(moderator)
    listed = client.get(f"/admin/moderation/{name}/?q=hola")
    assert listed.status_code == 200
    listed = client.get(f"/admin/moderation/{name}/")
    pk = listed.context["cl"].result_list[0].pk
    assert client.get(f"/admin/moderation/{name}/{pk}/change/").status_code == 200
    assert client.get(f"/admin/moderation/{name}/add/").status_code == 403
    assert client.get(f"/admin/moderation/{name}/{pk}/delete/").status_code == 403
    stranger = browser(integration)
    assert stranger.get(f"/admin/moderation/{name}/").status_code == 403
    assert stranger.get(f"/admin/moderation/{name}/{pk}/change/").status_code == 403


def test_rejecting_many_asks_first(moderator, lead) -> None:
    items = [waiting(f"malo {number}") for number in range(3)]
    claim_item(item=items[0], by=lead)
    client = browser(moderator)
    asked = act(client, QUEUE, "reject", items)
    assert "2 items are rejected." in asked.content.decode()
    assert not ReviewDecision.objects.exists()
    without = act(client, QUEUE, "reject", items, confirm="yes")
    assert without.context["form"].errors["category"]
    done = act(client, QUEUE, "reject", items, confirm="yes", category="insult", reason="Insulta")
    assert "2 items decided." in done.content.decode()
    assert set(ReviewDecision.objects.values_list("mode", "category", "reason", "by")) == {
        ("batch", "insult", "Insulta", moderator.pk)
    }
    assert LogEntry.objects.filter(user=moderator).count() == 2
    again = act(client, QUEUE, "approve", items[1:], confirm="yes")
    assert "can be decided now" in again.content.decode()


def test_approving_escalating_and_giving_back(moderator, lead) -> None:
    first, second = waiting("uno"), waiting("dos")
    client = browser(moderator)
    act(client, QUEUE, "approve", [first], confirm="yes")
    act(client, QUEUE, "escalate", [second], confirm="yes")
    assert list(ReviewDecision.objects.order_by("pk").values_list("action", flat=True)) == [
        "approve", "escalate",
    ]  # fmt: skip
    claim_item(item=second, by=lead)
    assert "0 items given back." in act(client, QUEUE, "release", [second]).content.decode()
    assert "1 item given back." in act(browser(lead), QUEUE, "release", [second]).content.decode()


def test_undoing(moderator, make_user, lead) -> None:
    decision = decide_item(item=waiting(), action="approve", by=moderator)
    other = browser(make_user("other", "Moderators"))
    told = act(other, DECISIONS, "undo", [decision], confirm="yes").content.decode()
    assert "Only leads undo" in told
    assert (
        "1 decision undone."
        in act(browser(moderator), DECISIONS, "undo", [decision], confirm="yes").content.decode()
    )
    batch = decide_batch(selection=Selection(filters={}), action="approve", by=moderator)
    act(browser(lead), "/admin/moderation/decisionbatch/", "undo", [batch], confirm="yes")
    assert QueueItem.objects.get().state == "open"


def test_an_audit_is_not_told_from_others(settings, moderator, lead) -> None:
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Gracias", score=0.01)
    mine, theirs = browser(moderator), browser(lead)
    address = f"{QUEUE}{audit.pk}/change/"
    for client, seen in ((mine, False), (theirs, True)):
        for page in (QUEUE, address):
            words = client.get(page).content.decode()
            assert ("Audit" in words) is seen
            assert (">1.0<" in words or "1.0</" in words) is seen
    for lookup in ("kind__exact=audit", "score__lt=0.2", "blind__exact=1", "category__exact="):
        # (a filter that does not exist leads back to the list, as Django has it)
        assert mine.get(f"{QUEUE}?{lookup}").status_code in (302, 400)
    assert theirs.get(f"{QUEUE}?kind__exact=audit").status_code == 200
    decision = decide_item(item=audit, action="approve", by=moderator)
    assert "Audit" not in mine.get(DECISIONS).content.decode()
    assert "Audit" not in mine.get(f"{DECISIONS}{decision.pk}/change/").content.decode()
    assert "Audit" not in mine.get(address).content.decode()
    assert mine.get(f"{DECISIONS}?mode__exact=audit").status_code in (302, 400)
    assert "Audit" in theirs.get(DECISIONS).content.decode()


def test_texts_without_a_score(live_model, moderator) -> None:
    rows = [
        UnscoredText.objects.create(text=TOXIC, problem="failed"),
        UnscoredText.objects.create(text=" ", problem="blank"),
    ]
    client = browser(moderator)
    address = "/admin/moderation/unscoredtext/"
    told = act(client, address, "score", rows).content.decode()
    assert "1 text scored." in told
    assert "The text is empty." in told
    assert "1 text off the list." in act(client, address, "dismiss", rows).content.decode()
    assert set(UnscoredText.objects.values_list("state", flat=True)) == {"scored", "dismissed"}


def test_scoring_anew(live_model, moderator) -> None:
    item = waiting(TOXIC, score=0.55, model_version="0.9.0")
    told = act(browser(moderator), QUEUE, "rescore", [item]).content.decode()
    assert "1 item scored anew." in told
    item.refresh_from_db()
    assert item.model_version != "0.9.0"


def test_spanish_lists_speak_as_the_pages_do(moderator) -> None:
    item = waiting(score=0.97)
    client = browser(moderator)
    spanish = {"accept-language": "es"}
    page = client.get(QUEUE, headers=spanish).content.decode()
    assert "97,0" in page
    assert "Origen" in page
    assert "Pk</" not in page
    page = client.get("/admin/moderation/analysis/", headers=spanish).content.decode()
    assert "97,0" in page
    address = f"/admin/moderation/analysis/{item.analysis_id}/change/"
    page = client.get(address, headers=spanish).content.decode()
    assert "<label>Tóxico:</label>" in page
    assert ">tóxicos<" in client.get("/history/", headers=spanish).content.decode()
