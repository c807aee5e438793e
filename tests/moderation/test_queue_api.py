"""The endpoints of the queue: what they answer, and what they refuse in which form."""

from __future__ import annotations

import pytest

from moderation.models import CommunityReport, DecisionBatch, QueueItem, ReviewDecision
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import stored, waiting

pytestmark = pytest.mark.django_db


def at(item: QueueItem, what: str) -> str:
    return f"/api/analyses/{item.analysis_id}/{what}"


def test_the_queue_in_pages(api_as, moderator, integration) -> None:
    for number in range(3):
        waiting(f"malo {number}", score=0.6 + number / 10, owner=integration, author="ana")
    client = api_as(moderator)
    first = client.get("/api/queue?page_size=2").json()
    assert [row["text"] for row in first["results"]] == ["malo 2", "malo 1"]
    assert first["oldest_waiting"] is not None
    rest = client.get(first["next"]).json()
    assert [row["text"] for row in rest["results"]] == ["malo 0"]
    assert first["results"][0] == {
        "id": QueueItem.objects.order_by("-priority")[0].analysis_id,
        "item": QueueItem.objects.order_by("-priority")[0].pk,
        "kind": "review",
        "text": "malo 2",
        "language": "es",
        "score": 0.8,
        "category": "insult",
        "source": "",
        "author": "ana",
        "external_id": "",
        "url": "",
        "opened_at": first["results"][0]["opened_at"],
        "escalated": False,
        "reports": 0,
        "claimed_by": None,
        "claim_expires_at": None,
        "blind": False,
    }
    newest = client.get("/api/queue?order=newest&score_min=0.65").json()["results"]
    assert [row["text"] for row in newest] == ["malo 2", "malo 1"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("order=best", "order"),
        ("cursor=x", "cursor"),
        ("kind=audit", "kind"),
        ("score_min=x", "score_min"),
        ("categori=insult", "categori"),
        ("page_size=0", "page_size"),
    ],
)
def test_the_queue_refuses_what_it_does_not_know(query, field, api_as, moderator) -> None:
    answer = api_as(moderator).get(f"/api/queue?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_an_audit_is_not_told_from_others(api_as, moderator, lead, settings) -> None:
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Gracias", score=0.01)
    (row,) = api_as(moderator).get("/api/queue").json()["results"]
    assert (row["kind"], row["score"], row["category"], row["blind"]) == (
        "review",
        None,
        None,
        True,
    )
    (row,) = api_as(lead).get("/api/queue").json()["results"]
    assert (row["kind"], row["score"]) == ("audit", 0.01)
    decided = api_as(moderator).post(at(audit, "decision"), {"action": "approve"}).json()
    assert decided["mode"] == "single"
    for user, mode in ((moderator, "single"), (lead, "audit")):
        (row,) = api_as(user).get(at(audit, "decisions")).json()["results"]
        assert row["mode"] == mode
    answer = api_as(moderator).post(at(audit, "decision"), {"action": "approve"})
    assert (answer.status_code, answer.json()["decision"]["mode"]) == (409, "single")


def test_claiming_and_giving_back(api_as, moderator, make_user, lead) -> None:
    item = waiting()
    claimed = api_as(moderator).post(at(item, "claim")).json()
    assert claimed["claimed_by"] == "moderator"
    other = api_as(make_user("other", "Moderators"))
    answer = other.post(at(item, "claim"), {})
    assert answer.status_code == 409
    assert answer.json() | {"detail": ""} == answer.json() | {
        "detail": "",
        "code": "claimed",
        "claimed_by": "moderator",
        "claim_expires_at": claimed["claim_expires_at"],
    }
    assert other.post(at(item, "decision"), {"action": "approve"}).json()["code"] == "claimed"
    assert other.post(at(item, "claim"), {"take_over": True}).status_code == 403
    assert other.delete(at(item, "claim")).status_code == 204
    item.refresh_from_db()
    assert item.claimed_by == moderator
    taken = api_as(lead).post(at(item, "claim"), {"take_over": True})
    assert taken.json()["claimed_by"] == "lead"
    assert api_as(lead).delete(at(item, "claim")).status_code == 204
    assert other.post(at(item, "claim")).status_code == 200


def test_deciding_and_undoing(api_as, moderator, lead) -> None:
    item = waiting()
    client = api_as(moderator)
    body = {"action": "reject", "category": "insult", "reason": "Insulta", "note": "Reincide"}
    answer = client.post(at(item, "decision"), body)
    assert answer.status_code == 201
    decision = answer.json()
    expected = {
        "analysis": item.analysis_id, "action": "reject", "mode": "single", "category": "insult",
        "reason": "Insulta", "reply": "", "by": "moderator", "policy": 1, "batch": None,
        "reverses": None, "undone": False,
    }  # fmt: skip
    assert decision == decision | expected
    again = api_as(lead).post(at(item, "decision"), {"action": "approve"})
    assert again.status_code == 409
    assert again.json()["decision"]["id"] == decision["id"]
    undo = f"/api/decisions/{decision['id']}/undo"
    undone = client.post(undo)
    assert (undone.status_code, undone.json()["reverses"]) == (201, decision["id"])
    assert client.post(undo).status_code == 409
    history = client.get(at(item, "decisions")).json()["results"]
    assert [(row["action"], row["undone"]) for row in history] == [
        ("reject", True),
        ("undo", False),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"action": "undo"}, "action"),
        ({"action": ["approve"]}, "action"),
        ({"action": "reject"}, "category"),
        ({"action": "reject", "category": "rude"}, "category"),
        ({"action": "approve", "category": "insult"}, "category"),
        ({"action": "approve", "reason": "x" * 2001}, "reason"),
        ({"action": "approve", "why": ""}, "why"),
        ([], "body"),
    ],
)
def test_bad_decisions(body, field, api_as, moderator) -> None:
    item = waiting()
    answer = api_as(moderator).post(at(item, "decision"), body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field
    assert not ReviewDecision.objects.exists()


def test_what_is_not_in_the_queue(api_as, moderator) -> None:
    allowed = stored("Gracias", score=0.1)
    client = api_as(moderator)
    for door in ("claim", "decision"):
        body = {"action": "approve"} if door == "decision" else {}
        answer = client.post(f"/api/analyses/{allowed.pk}/{door}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_in_queue")
        assert client.post(f"/api/analyses/{allowed.pk + 99}/{door}", body).status_code == 404
    assert client.post("/api/decisions/99/undo").status_code == 404
    assert client.post("/api/batches/99/undo").status_code == 404


def test_a_batch_with_a_dry_run_before(api_as, moderator) -> None:
    items = [waiting(f"malo {number}") for number in range(12)]
    client = api_as(moderator)
    body = {
        "filter": {"score_min": 0.5, "claimed": False},
        "action": "reject",
        "category": "insult",
    }
    preview = client.post("/api/analyses/batch-decision", body | {"dry_run": True})
    assert preview.status_code == 200
    told = preview.json()
    assert (told["count"], len(told["sample"]), told["labels"]) == (12, 10, 12)
    assert not DecisionBatch.objects.exists()
    decided = client.post("/api/analyses/batch-decision", body | {"expected_count": told["count"]})
    assert decided.status_code == 201
    answer = decided.json()
    assert answer == {"batch": answer["batch"], "count": 12, "left_out": 0, "reverses": None}
    (row,) = client.get(at(items[0], "decisions")).json()["results"]
    assert (row["mode"], row["batch"]) == ("batch", answer["batch"])
    undone = client.post(f"/api/batches/{answer['batch']}/undo").json()
    assert (undone["count"], undone["reverses"]) == (12, answer["batch"])
    again = client.post("/api/analyses/batch-decision", {"ids": [1, 2], "action": "approve"})
    assert again.status_code in (201, 409)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"action": "approve"}, 400, "ids"),
        ({"action": "approve", "ids": [1], "same_text_as": 1}, 400, "ids"),
        ({"action": "approve", "ids": []}, 400, "ids"),
        ({"action": "approve", "ids": ["1"]}, 400, "ids[0]"),
        ({"action": "approve", "ids": [True]}, 400, "ids[0]"),
        ({"action": "skip", "ids": [1]}, 400, "action"),
        ({"action": "reject", "ids": [1]}, 400, "category"),
        ({"action": "approve", "filter": {"score": 1}}, 400, "filter.score"),
        ({"action": "approve", "filter": {"score_min": 7}}, 400, "filter.score_min"),
        ({"action": "approve", "filter": {"kind": "audit"}}, 400, "filter.kind"),
        ({"action": "approve", "filter": {"language": ["es"]}}, 400, "filter.language"),
        ({"action": "approve", "filter": []}, 400, "filter"),
        ({"action": "approve", "ids": [10**15]}, 409, None),
    ],
)
def test_bad_batches(body, status, field, api_as, moderator) -> None:
    waiting()
    answer = api_as(moderator).post("/api/analyses/batch-decision", body)
    assert answer.status_code == status
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert not DecisionBatch.objects.exists()


def test_an_integration_appeals_and_learns_the_outcome(
    api_as, integration, moderator, make_user
) -> None:
    item = waiting(owner=integration, external_id="c-1")
    client = api_as(integration)
    assert client.post(at(item, "appeal"), {"text": "No"}).json()["code"] == "open"
    undo_decision(decision=decide_item(item=item, action="escalate", by=moderator), by=moderator)
    item.refresh_from_db()
    decide_item(item=item, action="reject", category="insult", by=moderator)
    answer = client.post(at(item, "appeal"), {"text": "Era una cita"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["text"], told["by_author"], told["analysis"]) == (
        "Era una cita", True, item.analysis_id,
    )  # fmt: skip
    assert api_as(moderator).get("/api/queue").json()["results"] == []
    refused = api_as(moderator).post(at(item, "decision"), {"action": "approve"})
    assert (refused.status_code, refused.json()["code"]) == (403, "same_person")
    other = api_as(make_user("other", "Moderators"))
    body = {"action": "approve", "reply": "Tienes razón"}
    assert other.post(at(item, "decision"), body).json()["mode"] == "appeal"
    rows = client.get(at(item, "decisions")).json()["results"]
    assert [(row["action"], row["by"], row["reply"]) for row in rows] == [
        ("reject", None, ""), ("approve", None, "Tienes razón"),
    ]  # fmt: skip


def test_reports_of_the_community(api_as, integration, make_user) -> None:
    item = waiting(owner=integration)
    client = api_as(integration)
    body = {"reporter": "lucia", "category": "threat", "reason": "Da mi dirección"}
    answer = client.post(at(item, "report"), body)
    assert answer.status_code == 201
    assert answer.json() == answer.json() | body
    assert client.post(at(item, "report"), body).status_code == 200
    assert CommunityReport.objects.count() == 1
    assert client.post(at(item, "report"), {"reporter": "x" * 201}).status_code == 400
    stranger = api_as(make_user("stranger", "Integrations"))
    for door in ("report", "appeal"):
        assert stranger.post(at(item, door), {}).status_code == 404
    assert stranger.get(at(item, "decisions")).status_code == 404


def test_the_list_takes_few_queries(api_as, moderator, lead, django_assert_max_num_queries) -> None:
    for number in range(40):
        claim_item(item=waiting(f"malo {number}"), by=lead)
    client = api_as(moderator)
    with django_assert_max_num_queries(12):
        assert len(client.get("/api/queue").json()["results"]) == 40
