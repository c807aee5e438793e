"""Term lists and policy through the API and the administration; no model is needed for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.test import Client
from django.utils import timezone

from moderation.models import PolicyVersion, Term
from moderation.policy import current_policy
from moderation.services import add_term, remove_term
from tests.moderation.items import stored

TYPED = {"pattern": "Oferta", "action": "flag", "reason": "anuncios"}


@pytest.fixture
def as_lead(api_as, lead):
    return api_as(lead)


def add(pattern: str = "oferta", **fields: object) -> Term:
    wanted = {"action": "flag", "match": "word", "reason": "anuncios", "by": None}
    return add_term(pattern=pattern, **(wanted | fields))


# --- adding ---------------------------------------------------------------------------------------


def test_a_term_is_added_with_what_is_usual(as_lead, lead) -> None:
    answer = as_lead.post("/api/terms", TYPED)
    assert answer.status_code == 201
    term = Term.objects.get()
    said = answer.json()
    assert said.pop("created_at").endswith("Z")
    assert said == {
        "id": term.pk,
        "pattern": "Oferta",
        "found_as": "oferta",
        "language": None,
        "action": "flag",
        "category": None,
        "match": "word",
        "expires_at": None,
        "reason": "anuncios",
        "starter": False,
        "by": "lead",
        "removed_by": None,
        "removed_at": None,
    }
    assert term.created_by == lead


def test_a_term_is_added_with_everything(as_lead) -> None:
    given = TYPED | {
        "language": "es",
        "category": "spam",
        "match": "variants",
        "expires_at": "2087-01-31",
    }
    answer = as_lead.post("/api/terms", given).json()
    assert {name: answer[name] for name in given} == given | {"expires_at": "2087-02-01T00:00:00Z"}
    moment = as_lead.post(
        "/api/terms", TYPED | {"language": "en", "expires_at": "2087-01-31T12:00:00+02:00"}
    )
    assert moment.json()["expires_at"] == "2087-01-31T10:00:00Z"
    nulls = {"language": None, "category": None, "expires_at": None}
    assert as_lead.post("/api/terms", TYPED | nulls).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"pattern": "…"}, "pattern", "nothing can be found"),
        ({"pattern": 7}, "pattern", "A string is expected."),
        ({"pattern": ""}, "pattern", "blank"),
        ({"pattern": "x" * 201}, "pattern", "At most 200"),
        ({"pattern": "a\x00b"}, "pattern", ""),
        ({"reason": "  "}, "reason", "Say why"),
        ({"action": "hide"}, "action", "block, flag, allow"),
        ({"match": "regex"}, "match", "word, variants"),
        ({"language": ""}, "language", "es, en"),
        ({"category": "toxic"}, "category", "One of these"),
        ({"action": "allow", "category": "spam"}, "category", "allow"),
        ({"expires_at": "2001-01-01"}, "expires_at", "passed already"),
        ({"expires_at": "soon"}, "expires_at", "ISO 8601"),
        ({"expires_at": 7}, "expires_at", "ISO 8601"),
        ({"dry_run": "yes"}, "dry_run", "true or false"),
        ({"regex": ".*"}, "regex", "no such field"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_wrong_fields_are_told(as_lead, wrong, field: str, says: str, dry_run: bool) -> None:
    answer = as_lead.post("/api/terms", TYPED | {"dry_run": dry_run} | wrong)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert says in error["message"]
    assert not Term.objects.exists()


def test_the_same_words_twice_are_a_conflict(as_lead) -> None:
    add()
    for dry_run in (False, True):
        answer = as_lead.post("/api/terms", TYPED | {"action": "block", "dry_run": dry_run})
        assert (answer.status_code, answer.json()["code"]) == (409, "exists")
        assert "“oferta”" in answer.json()["detail"]
    assert Term.objects.count() == 1


def test_too_many_terms_are_a_conflict(as_lead, monkeypatch) -> None:
    add()
    monkeypatch.setattr(import_module("moderation.services.add_term"), "MAX_TERMS", 1)
    answer = as_lead.post("/api/terms", TYPED | {"pattern": "gratis"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")


def test_a_dry_run_says_what_would_change(as_lead, moderator) -> None:
    for text in ("Una oferta de empleo", "La OFERTA y la demanda", "Buenos días"):
        stored(text, owner=moderator, score=0.1)
    answer = as_lead.post("/api/terms", TYPED | {"dry_run": True})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["found_as"], found["checked"], found["changed"]) == ("oferta", 3, 2)
    assert found["by_change"] == {"allow→review": 2}
    assert [example["text"] for example in found["examples"]] == [
        "La OFERTA y la demanda",
        "Una oferta de empleo",
    ]
    assert not Term.objects.exists()


# --- listing and removing -------------------------------------------------------------------------


def test_terms_are_listed_by_state(as_lead, lead) -> None:
    add("uno", language="es", category="spam")
    add("dos", action="block", match="variants")
    old = add("tres", expires_at=timezone.now() + timedelta(days=1))
    Term.objects.filter(pk=old.pk).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    remove_term(term=add("cuatro"), by=lead)

    def listed(query: str) -> list[str]:
        answer = as_lead.get(f"/api/terms?{query}")
        assert answer.status_code == 200, answer.content
        return [term["pattern"] for term in answer.json()["results"]]

    assert listed("") == listed("state=standing") == ["dos", "uno"]
    assert listed("state=expired") == ["tres"]
    assert listed("state=removed") == ["cuatro"]
    assert listed("state=all") == ["cuatro", "tres", "dos", "uno"]
    assert listed("action=block") == listed("match=variants") == listed("search=DO") == ["dos"]
    assert listed("language=es") == listed("category=spam") == ["uno"]
    assert listed("search=nada") == []
    page = as_lead.get("/api/terms?state=all&page_size=3").json()
    assert len(page["results"]) == 3
    assert [term["pattern"] for term in as_lead.get(page["next"]).json()["results"]] == ["uno"]


@pytest.mark.parametrize("query", ["state=gone", "language=fr", "sort=new", "cursor=x"])
def test_wrong_parameters_are_told(as_lead, query: str) -> None:
    assert as_lead.get(f"/api/terms?{query}").status_code == 400


def test_a_term_is_removed_once(as_lead, lead) -> None:
    term = add()
    assert as_lead.delete(f"/api/terms/{term.pk}").status_code == 204
    term.refresh_from_db()
    assert term.removed_by == lead
    answer = as_lead.delete(f"/api/terms/{term.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "removed")
    assert as_lead.delete(f"/api/terms/{term.pk + 1}").status_code == 404


def test_the_policy_is_read(api_as, moderator) -> None:
    answer = api_as(moderator).get("/api/policy")
    assert answer.status_code == 200
    said = answer.json()
    assert (said["version"], said["by"], said["approve_label"]) == (1, None, "not_toxic")
    assert said["weights"] == {"single": 1.0, "batch": 0.3, "audit": 1.0, "appeal": 1.5}
    assert said["categories"]["spam"]["label"] == "none"
    assert set(said["categories"]["insult"]["texts"]) == {"es", "en"}
    assert api_as(moderator).get("/api/policy?version=1").status_code == 400


# --- the administration ---------------------------------------------------------------------------


@pytest.fixture
def admin(make_user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        make_user("boss", is_staff=True, is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def typed(**fields: str) -> dict[str, str]:
    empty = {"language": "", "category": "", "expires_at_0": "", "expires_at_1": "", "seen": ""}
    return {**TYPED, "match": "word", **empty, **fields}


def test_the_administration_shows_what_would_change_and_then_adds(admin, moderator) -> None:
    stored("Una oferta", owner=moderator, score=0.1)
    first = admin.post("/admin/moderation/term/add/", typed())
    assert first.status_code == 200
    page = first.content.decode()
    assert "Of the last 1 analyses 1 would change. It is found as “oferta”." in page
    assert not Term.objects.exists()
    seen = first.context["adminform"].form["seen"].value()
    assert admin.post("/admin/moderation/term/add/", typed(seen=seen)).status_code == 302
    assert Term.objects.get().created_by.username == "boss"


def test_the_administration_refuses_what_the_services_refuse(admin) -> None:
    add()
    page = admin.post("/admin/moderation/term/add/", typed()).content.decode()
    assert "found by the same words" in page
    page = admin.post("/admin/moderation/term/add/", typed(pattern="…")).content.decode()
    assert "nothing can be found" in page
    assert Term.objects.count() == 1


def test_the_administration_lists_and_removes(admin) -> None:
    terms = [add("uno"), add("dos")]
    address = "/admin/moderation/term/"
    assert "uno" not in admin.get(f"{address}?q=dos").content.decode().partition("result_list")[2]
    chosen = {"action": "remove", "_selected_action": [term.pk for term in terms]}
    page = admin.post(f"{address}?state=standing", chosen, follow=True).content.decode()
    assert "2 terms removed." in page
    assert not Term.objects.filter(removed_at=None).exists()
    assert "dos" in admin.get(f"{address}?state=removed").content.decode()
    assert admin.get(f"{address}{terms[0].pk}/change/").status_code == 200
    assert admin.post(f"{address}{terms[0].pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_administration_is_for_those_who_keep_the_lists(make_user) -> None:
    term, current = add(), current_policy()
    for group, status in (("Moderators", 403), ("Leads", 200)):
        client = Client()
        client.force_login(
            make_user(f"staff-{group}", group, is_staff=True),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        for address in ("", "add/", f"{term.pk}/change/"):
            assert client.get(f"/admin/moderation/term/{address}").status_code == status
        for address in ("", f"{current.pk}/change/"):
            assert client.get(f"/admin/moderation/policyversion/{address}").status_code == status
        assert client.get("/admin/moderation/policyversion/add/").status_code == 403
    assert PolicyVersion.objects.count() == 1
