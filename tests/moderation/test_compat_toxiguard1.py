"""The first ToxiGuard's calls: its fields, its errors, and the pages beside them."""

from __future__ import annotations

import pytest
from django.test import Client

from moderation.models import Analysis, QueueItem, Term
from moderation.other_services import FIRST_CATEGORIES, first_category, first_labels
from tests.moderation.conftest import KIND, TOXIC
from tests.moderation.items import stored
from tests.moderation.terms import term

ANALYSED = {
    "toxic", "score", "toxicity_percentage", "category", "labels", "text_length",
    "keywords_found", "response_time_ms", "timestamp", "model_used",
}  # fmt: skip
ROW = ANALYSED | {"id", "text", "created_at"}


def detail_of(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert response.json().keys() == {"detail"}
    return response.json()["detail"]


@pytest.fixture
def leads(lead, api_as):
    return api_as(lead)


# --- analyse ----------------------------------------------------------------------------------


def test_a_text_has_the_fields_of_then(live_model, api_as, integration):
    client = api_as(integration)
    response = client.post("/analyze", {"text": TOXIC, "more": 1})  # (more was never looked at)
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer.keys() == ANALYSED
    kept = Analysis.objects.get()
    assert (kept.text, kept.owner, kept.source) == (TOXIC, integration, "toxiguard1")
    assert answer["toxic"] is True
    assert answer["score"] == round(kept.score, 3)
    assert answer["toxicity_percentage"] == round(100 * kept.score, 1)
    assert (answer["category"], answer["labels"]) == ("insulto", ["toxic", "insulto"])
    assert answer["text_length"] == len(TOXIC)
    answer = client.post("/analyze", {"text": KIND}).json()
    assert (answer["toxic"], answer["category"], answer["labels"]) == (False, None, [])


def test_a_keyword_makes_a_text_toxic(live_model, leads):
    leads.post("/keywords/add?keyword=zorrocloco&category=acoso")
    answer = leads.post("/analyze", {"text": "Buenos días, zorrocloco"}).json()
    assert (answer["toxic"], answer["category"]) == (True, "acoso")
    stats = leads.get("/history/stats").json()
    assert (stats["toxic_analyses"], stats["categories"]) == (1, {"acoso": 1})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "missing"),
        ({"text": ""}, "string_too_short"),
        ({"text": 3}, "value_error"),
        ({"text": "x" * 10_001}, "string_too_long"),
        ({"text": None}, "string_type"),
    ],
)
def test_wrong_texts_are_a_422(db, api_as, integration, body, kind):
    ((error),) = detail_of(api_as(integration).post("/analyze", body), 422)
    assert error.keys() == {"loc", "msg", "type"}
    assert (error["loc"], error["type"]) == (["body", "text"], kind)


def test_every_error_has_the_form_of_then(no_model, api_as, integration):
    client = api_as(integration)
    broken = client.generic("POST", "/analyze", "{", content_type="application/json")
    assert detail_of(broken, 422)[0]["type"] == "json_invalid"
    assert detail_of(client.post("/analyze", [1]), 422)[0]["loc"] == ["body"]
    assert isinstance(detail_of(client.post("/analyze", {"text": KIND}), 503), str)
    detail_of(client.put("/analyze", {}), 405)
    detail_of(client.post("/analyze", "x", content_type="text/plain"), 415)
    detail_of(client.get("/keywords/nada"), 404)
    detail_of(Client().post("/analyze", {}, "application/json"), 401)
    headers = {"authorization": "Token wrong"}
    detail_of(Client().get("/history", headers=headers), 401)
    assert detail_of(client.delete("/history"), 403)


def test_anybody_may_analyse_where_the_site_says_so(live_model, settings):
    client, kind = Client(), "application/json"
    detail_of(client.post("/analyze", {"text": KIND}, kind), 401)
    settings.OPEN_V1 = True
    assert client.post("/analyze", {"text": KIND}, kind).status_code == 200
    assert Analysis.objects.get().owner is None
    # all else needs a token as before, and a wrong one is wrong
    detail_of(client.get("/history"), 401)
    detail_of(client.post("/api/analyze", {"text": KIND}, kind) and client.get("/keywords"), 401)
    headers = {"authorization": "Token wrong"}
    detail_of(client.post("/analyze", {"text": KIND}, kind, headers=headers), 401)


# --- history ----------------------------------------------------------------------------------


def test_the_history_in_pages_newest_first(leads):
    first, second = stored("Uno de tantos", score=0.1, category=""), stored("Otro", score=0.95)
    answer = leads.get("/history").json()
    assert answer | {"history": None} == {"history": None, "total": 2, "limit": 50, "offset": 0}
    assert [row["id"] for row in answer["history"]] == [second.pk, first.pk]
    assert all(row.keys() == ROW for row in answer["history"])
    page = leads.get("/history?limit=1&offset=1").json()
    assert ([row["id"] for row in page["history"]], page["total"]) == ([first.pk], 2)
    for wrong in ("limit=0", "limit=1001", "limit=x", "offset=-1"):
        (error,) = detail_of(leads.get(f"/history?{wrong}"), 422)
        assert error["loc"] == ["query", wrong.partition("=")[0]]


def test_who_may_not_see_all_sees_their_own(integration, api_as):
    stored("De otra persona")
    mine = stored("Mío", owner=integration)
    client = api_as(integration)
    assert [row["id"] for row in client.get("/history").json()["history"]] == [mine.pk]
    assert client.get("/history/search?q=persona").json()["total"] == 0
    assert client.get("/history/stats").json()["total_analyses"] == 1


def test_figures_of_the_history(leads):
    stored("Uno", score=0.9)
    stored("Otro", score=0.7, category="obscene")
    stored("Nada", score=0.1, category="")
    answer = leads.get("/history/stats").json()
    assert answer == {
        "total_analyses": 3,
        "toxic_analyses": 2,
        "safe_analyses": 1,
        "toxicity_rate": 66.7,
        "average_toxicity": 56.7,
        "categories": {"insulto": 1},  # there was no name for the other
        "recent_analyses": 3,
    }


def test_search(leads):
    found = stored("Qué CANCIÓN tan bonita")
    stored("Otra cosa")
    answer = leads.get("/history/search?q=canción&limit=5").json()
    assert [row["id"] for row in answer["results"]] == [found.pk]
    assert (answer["query"], answer["total"], answer["limit"]) == ("canción", 1, 5)
    assert "vacío" in detail_of(leads.get("/history/search?q=%20"), 400)
    assert "3" in detail_of(leads.get("/history/search?q=ca"), 400)
    assert detail_of(leads.get("/history/search"), 422)[0]["type"] == "missing"
    detail_of(leads.get("/history/search?q=abc%00"), 422)


def test_deleting_erases(leads, moderator, api_as):
    analysis = stored("Se va")
    path = f"/history/{analysis.pk}"
    detail_of(api_as(moderator).delete(path), 403)
    message = f"Análisis {analysis.pk} eliminado exitosamente"
    assert leads.delete(path).json() == {"message": message}
    analysis.refresh_from_db()
    assert analysis.text == ""
    assert analysis.erased_at
    for gone in (path, "/history/0", "/history/99999999999"):
        detail_of(leads.delete(gone), 404)
    assert detail_of(leads.delete("/history/x"), 422)[0]["loc"] == ["path", "id"]


def test_clearing_erases_what_the_caller_sees(leads):
    stored("Uno")
    stored("Dos")
    answer = leads.delete("/history").json()
    assert answer == {"message": "Historial limpiado exitosamente", "deleted_analyses": 2}
    assert not Analysis.objects.exclude(text="").exists()
    assert not QueueItem.objects.filter(state=QueueItem.State.OPEN).exists()
    assert leads.delete("/history").json()["deleted_analyses"] == 0


@pytest.mark.parametrize("path", ["/history", "/history/7"])
def test_people_get_the_page_and_programs_the_call(db, path, leads):
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = Client().get(f"{path}?search=hola", headers=browser)
    assert (response.status_code, response["Location"]) == (302, f"{path}/?search=hola")
    assert "Accept" in response["Vary"]
    assert Client().get(path).status_code == 401
    with_token = leads.get(path, headers=browser)
    assert with_token["Content-Type"] == "application/json"
    assert Client().get(f"{path}/").url.startswith("/login/")


# --- keywords ---------------------------------------------------------------------------------


def test_keywords_are_the_terms_that_speak_against_a_text(leads):
    for draft in (
        term("zorrocloco", category="insult"),
        term("te espero fuera", action="block", category="threat"),
        term("Madrid", action="allow"),
        term("cosa rara", category="obscene"),
    ):
        draft.pk = None
        draft.save()
    answer = leads.get("/keywords").json()
    assert answer.keys() == {"keywords", "count", "threshold", "categories"}
    assert answer["keywords"] == ["cosa rara", "te espero fuera", "zorrocloco"]
    assert answer["count"] == 3
    assert answer["categories"].keys() == FIRST_CATEGORIES.keys()
    assert answer["categories"]["acoso"] == {
        "keywords": ["te espero fuera"],
        "count": 1,
        "weight": 1.0,
    }


def test_keywords_are_added_and_removed(leads, lead):
    answer = leads.post("/keywords/add?keyword=%20Zorrocloco%20").json()
    message = "Palabra clave 'Zorrocloco' añadida exitosamente a la categoría 'insulto'"
    assert answer == {"message": message, "total_keywords": 1, "category_keywords": 1}
    added = Term.objects.get()
    assert (added.pattern, added.action, added.category) == ("Zorrocloco", "flag", "insult")
    assert (added.language, added.created_by) == ("", lead)
    # the same again is no error, as it was none
    assert leads.post("/keywords/add?keyword=zorrocloco").json()["total_keywords"] == 1
    assert (
        "zorrocloco"
        in detail_of(leads.post("/keywords/add?keyword=zorrocloco&category=spam"), 400).lower()
    )
    answer = leads.delete("/keywords/remove?keyword=ZORROCLOCO").json()
    message = "Palabra clave 'ZORROCLOCO' removida exitosamente"
    assert answer == {"message": message, "total_keywords": 0}
    added.refresh_from_db()
    assert added.removed_by == lead
    detail_of(leads.delete("/keywords/remove?keyword=zorrocloco"), 404)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("keyword=", 400),
        ("keyword=%20", 400),
        ("keyword=hola&category=obscene", 400),
        ("keyword=%2B%2B", 400),  # nothing in it can be found
        (f"keyword={'x' * 201}", 400),
        ("", 422),
        ("keyword=a%00", 422),
    ],
)
def test_what_is_no_keyword(leads, query, status):
    detail_of(leads.post(f"/keywords/add?{query}"), status)
    assert not Term.objects.exists()


def test_categories_and_the_words_for_those_who_keep_them(leads, integration, api_as):
    leads.post("/keywords/add?keyword=zorrocloco")
    answer = leads.get("/categories").json()
    assert answer["categories"]["insulto"]["keywords"] == ["zorrocloco"]
    assert answer["total_categories"] == 4
    assert answer["weights"] == dict.fromkeys(FIRST_CATEGORIES, 1.0)
    shown = api_as(integration).get("/categories").json()["categories"]["insulto"]
    assert (shown["keywords"], shown["count"]) == ([], 1)


def test_categories_in_both_directions():
    assert FIRST_CATEGORIES == {
        "insulto": "insult",
        "acoso": "threat",
        "discriminacion": "identity_hate",
        "spam": "spam",
    }
    for name, code in FIRST_CATEGORIES.items():
        assert first_category(code, ()) == name
    assert first_category("", ()) is None
    assert first_category("obscene", ["toxic", "obscene"]) is None
    assert first_category("obscene", ["obscene", "insult"]) == "insulto"
    assert first_labels(["toxic", "obscene", "threat"], toxic=True) == ["toxic", "acoso"]


# --- how it is --------------------------------------------------------------------------------


def test_health_is_open(db):
    assert Client().get("/health").json() == {"status": "ok"}
    answer = Client().get("/api/health").json()
    assert answer.keys() == {"status", "service", "timestamp"}
    assert (answer["status"], answer["service"]) == ("ok", "ToxiGuard")
    detail_of(Client().post("/api/health"), 405)


def test_the_model_is_there_or_not(no_model, api_as, integration, request):
    client = api_as(integration)
    answer = client.get("/ml/status").json()
    assert answer | {"message": ""} == {
        "model_loaded": False,
        "ml_model_available": False,
        "vectorizer_available": False,
        "status": "not_ready",
        "message": "",
        "fallback_available": False,
    }
    request.getfixturevalue("live_model")
    answer = client.get("/ml/status").json()
    assert (answer["model_loaded"], answer["status"]) == (True, "ready")
