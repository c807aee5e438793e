"""POST /api/analyze and /api/analyze/batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from moderation.models import Analysis
from moderation.services import issue_token
from tests.moderation.conftest import KIND, TOXIC

FIELDS = [
    "id",
    "toxic",
    "score",
    "toxicity_percentage",
    "category",
    "labels",
    "text_length",
    "keywords_found",
    "response_time_ms",
    "timestamp",
    "model_used",
    "model_version",
    "language",
    "language_certain",
    "threshold",
    "thresholds",
    "decision",
    "categories",
    "rules",
    "spans",
    "explanation",
]


@pytest.fixture
def client(api_as, integration, live_model):
    return api_as(integration)


def test_analyze_answers_every_field_and_stores(client, integration):
    response = client.post(
        "/api/analyze",
        {
            "text": TOXIC,
            "language": "es",
            "external_id": "c-1",
            "author": "ana",
            "context": "Hola",
            "source": "forum",
            "url": "https://forum.example/c/1",
            "explain": True,
        },
    )
    assert response.status_code == 200
    answer = response.json()
    assert sorted(answer) == sorted(FIELDS)
    assert answer["toxic"] is True
    assert answer["toxic"] == (answer["score"] >= answer["threshold"])
    assert answer["toxicity_percentage"] == round(100 * answer["score"], 1)
    assert answer["decision"] in ("review", "block")
    assert answer["threshold"] == answer["thresholds"]["review"]
    assert answer["categories"]["toxic"] == answer["score"]
    assert answer["text_length"] == len(TOXIC)
    assert answer["keywords_found"] == len(answer["spans"]) > 0
    assert any(TOXIC[s["start"] : s["end"]] == "idiota" for s in answer["spans"])
    parts = answer["explanation"]
    assert sorted(parts) == ["end", "intercept", "logit", "rest", "start"]
    named = sum(span["contribution"] for span in answer["spans"])
    assert named + parts["rest"] + parts["intercept"] == pytest.approx(parts["logit"], abs=1e-9)
    assert (parts["start"], parts["end"]) == (0, len(TOXIC))
    assert answer["timestamp"].endswith("Z")
    age = datetime.now(UTC) - datetime.fromisoformat(answer["timestamp"])
    assert abs(age.total_seconds()) < 60
    stored = Analysis.objects.get(pk=answer["id"])
    assert stored.text == TOXIC
    assert stored.owner == integration
    assert (stored.external_id, stored.author, stored.context) == ("c-1", "ana", "Hola")
    assert (stored.source, stored.url) == ("forum", "https://forum.example/c/1")
    assert stored.score == answer["score"]


def test_safe_text_has_no_category_and_no_spans_unless_asked(client):
    answer = client.post("/api/analyze", {"text": KIND}).json()
    assert answer["toxic"] is False
    assert answer["decision"] == "allow"
    assert answer["category"] is None
    assert answer["spans"] == []
    assert answer["explanation"] is None


def test_optional_fields_may_be_null(client):
    response = client.post("/api/analyze", {"text": KIND, "language": None, "author": None})
    assert response.status_code == 200


def test_longest_text_counts_code_points(client):
    text = "😀" * 10_000
    answer = client.post("/api/analyze", {"text": text}).json()
    assert answer["text_length"] == 10_000


def test_batch_keeps_the_order(client):
    response = client.post("/api/analyze/batch", {"texts": [KIND, TOXIC, KIND]})
    assert response.status_code == 200
    answer = response.json()
    assert [result["toxic"] for result in answer["results"]] == [False, True, False]
    assert answer["model_version"] == answer["results"][0]["model_version"]
    assert [sorted(result) for result in answer["results"]] == [sorted(FIELDS)] * 3
    assert Analysis.objects.count() == 3


def test_batch_options_hold_for_items_that_say_nothing_else(client):
    items = [
        {"text": KIND, "language": "en", "store": True, "source": "own"},
        {"text": TOXIC, "explain": True},
    ]
    response = client.post(
        "/api/analyze/batch", {"items": items, "language": "es", "store": False, "source": "all"}
    )
    first, second = response.json()["results"]
    assert first["language"] == "en"
    assert second["language"] == "es"
    assert second["id"] is None
    assert second["spans"]
    assert Analysis.objects.get().source == "own"


def test_batch_of_a_thousand(client, django_assert_max_num_queries):
    items = [{"text": f"{KIND} {n}", "external_id": f"c-{n}"} for n in range(1000)]
    with django_assert_max_num_queries(50):  # SQLite takes 30 rows per statement
        response = client.post("/api/analyze/batch", {"items": items})
    assert response.status_code == 200
    results = response.json()["results"]
    assert len({result["id"] for result in results}) == 1000
    stored = dict(Analysis.objects.values_list("pk", "external_id"))
    assert [stored[result["id"]] for result in results] == [item["external_id"] for item in items]


def test_one_analysis_takes_few_queries(client, django_assert_max_num_queries):
    client.post("/api/analyze", {"text": KIND})
    with django_assert_max_num_queries(12):
        client.post("/api/analyze", {"text": KIND, "external_id": "c-1"})


@pytest.mark.parametrize("prefix", ["Token", "Bearer", "token", "bearer"])
def test_both_prefixes(api_as, integration, live_model, prefix):
    response = api_as(integration, prefix=prefix).post("/api/analyze", {"text": KIND})
    assert response.status_code == 200


def test_session_works_with_a_csrf_token_only(integration, live_model):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(integration)
    response = client.post("/api/analyze", {"text": KIND}, format="json")
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    assert Analysis.objects.count() == 0


# --- the same id again ---------------------------------------------------------------------------


def test_same_id_and_text_is_the_same_analysis(client):
    first = client.post("/api/analyze", {"text": TOXIC, "external_id": "c-1"}).json()
    again = client.post("/api/analyze", {"text": TOXIC, "external_id": "c-1"}).json()
    assert again == first
    assert Analysis.objects.count() == 1


def test_same_text_without_an_id_is_a_new_analysis(client):
    ids = {client.post("/api/analyze", {"text": TOXIC}).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_same_id_with_another_text_is_a_revision(client):
    def send(text: str) -> Analysis:
        answer = client.post("/api/analyze", {"text": text, "external_id": "c-1"}).json()
        return Analysis.objects.get(pk=answer["id"])

    first = send("uno")
    second = send("dos")
    third = send("tres")
    assert first.revision_of is None
    assert second.revision_of == first
    assert third.revision_of == second
    assert send("uno") == first
    assert Analysis.objects.count() == 3


def test_revisions_within_one_batch(client):
    items = [{"text": text, "external_id": "c-1"} for text in ("uno", "dos", "uno", "tres")]
    results = client.post("/api/analyze/batch", {"items": items}).json()["results"]
    one, two, again, three = (result["id"] for result in results)
    assert again == one
    assert Analysis.objects.get(pk=two).revision_of_id == one
    assert Analysis.objects.get(pk=three).revision_of_id == two
    assert Analysis.objects.count() == 3


def test_ids_belong_to_the_user_who_sent_them(client, api_as, moderator):
    mine = client.post("/api/analyze", {"text": TOXIC, "external_id": "c-1"}).json()
    other = api_as(moderator).post("/api/analyze", {"text": "otro", "external_id": "c-1"}).json()
    assert other["id"] != mine["id"]
    assert Analysis.objects.get(pk=other["id"]).revision_of is None


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/analyze", "/api/analyze/batch"])
def test_no_token(api_as, live_model, path):
    response = api_as().post(path, {"text": KIND})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 401


@pytest.mark.parametrize("header", ["Token wrong", "Bearer wrong", "Token", "Token a b", "Token ñ"])
def test_wrong_token(api_as, live_model, header):
    client = api_as()
    client.credentials(HTTP_AUTHORIZATION=header.encode("utf-8").decode("latin-1"))
    response = client.post("/api/analyze", {"text": KIND})
    assert response.status_code == 401
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/api/analyses", "/model/status", "/metrics"])
def test_a_token_without_its_word(api_as, integration, path):
    client = api_as()
    client.credentials(HTTP_AUTHORIZATION=issue_token(user=integration))
    response = client.get(path)
    assert response.status_code == 401
    assert "Authorization: Token" in response.json()["detail"]


def test_token_without_the_permission(api_as, make_user, live_model):
    response = api_as(make_user("nobody")).post("/api/analyze", {"text": KIND})
    assert response.status_code == 403
    assert "moderation.analyze_text" in response.json()["detail"]
    assert Analysis.objects.count() == 0


def test_no_model(api_as, integration, no_model):
    response = api_as(integration).post("/api/analyze", {"text": TOXIC})
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert "python manage.py bootstrap" in response.json()["detail"]
    assert Analysis.objects.count() == 0


NUL, LONE = "a\x00b", "a\ud800b"
BAD_TEXTS = [
    ({}, "text", "This field is required."),
    ({"text": ""}, "text", "The text is empty."),
    ({"text": " \n\t\u3000"}, "text", "The text is empty."),
    ({"text": "\u200b \u2060"}, "text", "The text is empty."),
    (
        {"text": "x" * 10_001},
        "text",
        "The text has 10001 characters, at most 10000 are allowed.",
    ),
    ({"text": 5}, "text", "A string is expected."),
    ({"text": True}, "text", "A string is expected."),
    ({"text": None}, "text", "This field may not be null."),
    ({"text": ["a"]}, "text", "A string is expected."),
    ({"text": {"a": 1}}, "text", "A string is expected."),
    ({"text": NUL}, "text", "The character NUL is not allowed."),
    ({"text": LONE}, "text", "Half of a surrogate pair is not a character."),
    ({"text": KIND, "language": "fr"}, "language", "One of these is expected: es, en."),
    ({"text": KIND, "language": LONE}, "language", "One of these is expected: es, en."),
    ({"text": KIND, "language": ["es"]}, "language", "One of these is expected: es, en."),
    ({"text": KIND, "store": "false"}, "store", "true or false is expected."),
    ({"text": KIND, "store": 0}, "store", "true or false is expected."),
    ({"text": KIND, "explain": "yes"}, "explain", "true or false is expected."),
    ({"text": KIND, "external_id": 12}, "external_id", "A string is expected."),
    (
        {"text": KIND, "external_id": "x" * 201},
        "external_id",
        "At most 200 characters are allowed.",
    ),
    ({"text": KIND, "author": NUL}, "author", "The character NUL is not allowed."),
    (
        {"text": KIND, "context": LONE},
        "context",
        "Half of a surrogate pair is not a character.",
    ),
    (
        {"text": KIND, "url": "javascript:alert(1)"},
        "url",
        "An address with http:// or https:// is expected.",
    ),
    (
        {"text": KIND, "txt": 5},
        "txt",
        "There is no such field; there are: language, store, source, explain, thresholds, text,"
        " external_id, author, context, url.",
    ),
    ([KIND], "body", "A JSON object is expected."),
    (5, "body", "A JSON object is expected."),
    (KIND, "body", "A JSON object is expected."),
]


@pytest.mark.parametrize(("data", "field", "message"), BAD_TEXTS)
def test_bad_input(client, data, field, message):
    response = client.generic("POST", "/api/analyze", json.dumps(data), "application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["errors"] == [{"field": field, "message": message}]
    assert problem["detail"] == f"{field}: {message}"
    assert sorted(problem) == ["detail", "errors", "request_id", "status", "title", "type"]
    assert Analysis.objects.count() == 0


BAD_BATCHES = [
    ({}, ["texts"]),
    ({"texts": []}, ["texts"]),
    ({"texts": KIND}, ["texts"]),
    ({"texts": [KIND], "items": [{"text": KIND}]}, ["texts"]),
    ({"texts": [KIND] * 1001}, ["texts"]),
    ({"items": [{"text": KIND}] * 1001}, ["items"]),
    ({"texts": [KIND, "", 3]}, ["texts[1]", "texts[2]"]),
    ({"items": [{"text": KIND}] * 3 + [{"text": "x" * 10_001}]}, ["items[3].text"]),
    ({"items": [{"text": KIND, "language": "fr"}, KIND]}, ["items[0].language", "items[1]"]),
    ({"texts": [KIND], "language": "fr"}, ["language"]),
    ({"texts": [KIND], "author": "ana"}, ["author"]),
    ({"items": [{"text": "", "langauge": "es"}]}, ["items[0].text", "items[0].langauge"]),
    ({"texts": [KIND], "a\ud800": 1}, ["a?"]),
    ({"texts": [KIND], **{f"f{n}": n for n in range(99)}}, [f"f{n}" for n in range(10)]),
    ([KIND], ["body"]),
]


@pytest.mark.parametrize(("data", "fields"), BAD_BATCHES)
def test_bad_batch_stores_nothing(client, data, fields):
    body = json.dumps(data)
    response = client.generic("POST", "/api/analyze/batch", body, "application/json")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == fields
    assert Analysis.objects.count() == 0


BAD_BODIES = [
    (b'{"text": ', "application/json", 400),
    (b'{"text": "\xff"}', "application/json", 400),
    (b'{"text": NaN}', "application/json", 400),
    (b"[" * 200_000, "application/json", 400),
    (b"", "application/json", 400),
    (b"text=hola", "application/x-www-form-urlencoded", 415),
    (b"hola", "text/plain", 415),
    (b'{"text": "hola"}', "", 415),
    (b'{"text": "' + b"x" * 1024 * 1024 + b'"}', "application/json", 413),
]


@pytest.mark.parametrize(("body", "content_type", "status"), BAD_BODIES)
def test_bad_body(client, body, content_type, status):
    response = client.generic("POST", "/api/analyze", body, content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert (status == 415) == ("Content-Type: application/json" in response.json()["detail"])
    assert Analysis.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "This field is required."),
        ("es", "Este campo es requerido."),
        ("fr, en;q=0.5", "This field is required."),
        ("fr", "Este campo es requerido."),
    ],
)
def test_messages_are_in_the_callers_language(api_as, integration, language, message):
    response = api_as(integration, language=language).post("/api/analyze", {})
    assert response.json()["errors"][0]["message"] == message
