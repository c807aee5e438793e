"""Perspective's calls on the drop-in paths: fields, errors, keys, origins."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from rest_framework import exceptions

from moderation.api.compat.perspective import MAX_BYTES, AnalyzeCommentView, sentences
from moderation.api.compat.utf16 import Utf16Offsets
from moderation.models import Analysis
from moderation.other_services import ATTRIBUTES
from moderation.services import issue_token
from tests.moderation.conftest import KIND, TOXIC

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
ASKED = {"requestedAttributes": {"TOXICITY": {}}, "languages": ["es"]}


@pytest.fixture
def ask(live_model, api_as, integration):
    client = api_as(integration)

    def post(text=TOXIC, path=ANALYZE, **body):
        return client.post(path, {"comment": {"text": text}} | ASKED | body)

    return post


def error_of(response, status=400):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    error = response.json()["error"]
    assert error.keys() == {"code", "message", "status", "details"}
    assert error["code"] == status
    return error


def error_type(response):
    (detail,) = error_of(response)["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    return detail["errorType"]


def test_a_whole_request_has_a_whole_answer(ask, integration):
    response = ask(
        comment={"text": TOXIC, "type": "PLAIN_TEXT"},
        requestedAttributes={"TOXICITY": {"scoreType": "PROBABILITY", "scoreThreshold": 0.1}},
        context={"entries": [{"text": "Una pregunta", "type": "PLAIN_TEXT"}]},
        spanAnnotations=True,
        doNotStore=False,
        clientToken="mine",
        sessionId="s",
        communityId="deportes",
    )
    assert response.status_code == 200, response.content
    answer = response.json()
    score = answer["attributeScores"]["TOXICITY"]["summaryScore"]
    assert answer == {
        "attributeScores": {
            "TOXICITY": {
                "summaryScore": score,
                "spanScores": [{"begin": 0, "end": len(TOXIC), "score": score}],
            }
        },
        "languages": ["es"],
        "detectedLanguages": ["es"],
        "clientToken": "mine",
    }
    assert score["type"] == "PROBABILITY"
    assert score["value"] > 0.5
    kept = Analysis.objects.get()
    assert (kept.text, kept.owner, kept.source) == (TOXIC, integration, "deportes")
    assert kept.context == "Una pregunta"


def test_nothing_is_kept_that_is_not_to_be(ask):
    assert ask(doNotStore=True).status_code == 200
    assert not Analysis.objects.exists()


def test_names_as_protocol_buffers_write_them_and_null_are_read(ask):
    response = ask(
        requestedAttributes=None, requested_attributes={"TOXICITY": None}, do_not_store=True
    )
    assert error_type(response) == "NO_REQUESTED_ATTRIBUTES"
    response = ask(
        requestedAttributes=None, requested_attributes={"TOXICITY": {}}, do_not_store=True
    )
    assert "TOXICITY" in response.json()["attributeScores"]
    assert not Analysis.objects.exists()


def test_every_attribute_answers_under_both_names_where_the_language_has_it(ask):
    wanted = {name: {} for name in ATTRIBUTES}
    english = ask("You are an idiot", languages=["en-US"], requestedAttributes=wanted).json()
    assert english["attributeScores"].keys() == ATTRIBUTES.keys()
    assert english["languages"] == ["en-US"]
    spanish = ask(requestedAttributes=wanted, dropUnsupportedAttributes=True).json()
    for answer in (english["attributeScores"], spanish["attributeScores"]):
        assert answer["TOXICITY"] == answer["TOXICITY_EXPERIMENTAL"]


def test_scores_below_the_threshold_are_left_out(ask):
    response = ask(KIND, requestedAttributes={"TOXICITY": {"scoreThreshold": 0.9}})
    assert response.json()["attributeScores"] == {}


def test_parts_are_told_in_utf_16(ask):
    text = "😀😀 Gracias por la ayuda. Eres un idiota 😀. Hasta mañana a todos."
    response = ask(text, spanAnnotations=True).json()
    spans = response["attributeScores"]["TOXICITY"]["spanScores"]
    wide = text.encode("utf-16-le")
    parts = [wide[2 * s["begin"] : 2 * s["end"]].decode("utf-16-le") for s in spans]
    assert parts == ["😀😀 Gracias por la ayuda.", "Eres un idiota 😀.", "Hasta mañana a todos."]
    values = [span["score"]["value"] for span in spans]
    assert max(values) == values[1]


@pytest.mark.parametrize("text", ["", "abc", "a😀b", "😀", "😀a😀", "\ufffe\U00010000ñ"])
def test_offsets_in_utf_16(text):
    units = Utf16Offsets(text)
    for offset in range(len(text) + 1):
        assert units[offset] == len(text[:offset].encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Una sola frase", ["Una sola frase"]),
        ("Esto es uno. Esto es dos.", ["Esto es uno.", "Esto es dos."]),
        ("¡No! Esto es una frase.", ["¡No! Esto es una frase."]),
        ("Esto es una frase. ¿Sí?  ", ["Esto es una frase. ¿Sí?"]),
        ("una dos tres\n\ncuatro cinco seis", ["una dos tres", "cuatro cinco seis"]),
        ("...", ["..."]),
    ],
)
def test_sentences(text, parts):
    assert [text[begin:end] for begin, end in sentences(text)] == parts


def test_there_are_not_too_many_parts():
    text = "Esto es una. " * 1000
    places = sentences(text)
    assert len(places) == 100
    assert places[-1][1] == len(text.rstrip())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"comment": {"text": "  "}}, "COMMENT_EMPTY"),
        ({"comment": {}}, "COMMENT_EMPTY"),
        ({"comment": {"text": "ñ" * (MAX_BYTES // 2 + 1)}}, "COMMENT_TOO_LONG"),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
        ({"languages": ["de"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"languages": ["es", "de"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST"),
        ({"comment": "text"}, "INVALID_REQUEST"),
        ({"comment": {"text": "a\0"}}, "INVALID_REQUEST"),
        ({"languages": "es"}, "INVALID_REQUEST"),
        ({"requestedAttributes": {"TOXICITY": {"scoreThreshold": 2}}}, "INVALID_REQUEST"),
        ({"requestedAttributes": {"TOXICITY": {"scoreType": "RAW"}}}, "INVALID_REQUEST"),
        ({"nothing": 1}, "INVALID_REQUEST"),
    ],
)
def test_what_is_refused(ask, body, kind):
    response = ask(**body)
    assert error_type(response) == kind
    assert error_of(response)["status"] == "INVALID_ARGUMENT"
    assert not Analysis.objects.exists()


def test_what_is_refused_is_told_as_the_original_tells_it(ask):
    message = error_of(ask(requestedAttributes={"X": {}}))["message"]
    assert message == "Unknown requested attribute: X"
    (detail,) = error_of(ask(languages=["de"]))["details"]
    assert detail["languageNotSupportedByAttributeError"] == {
        "detectedLanguages": ["de"],
        "attribute": "TOXICITY",
    }


def test_where_the_language_is_uncertain_an_attribute_may_be_missing(ask):
    # only English has it, and two words don't tell the language
    response = ask("ok fine", languages=[], requestedAttributes={"THREAT": {}})
    assert error_type(response) == "LANGUAGE_DETECTION_FAILED"
    assert not Analysis.objects.exists()
    sure = ask("ok fine", languages=["en"], requestedAttributes={"THREAT": {}})
    assert sure.json()["attributeScores"].keys() == {"THREAT"}


def test_only_what_is_declared_can_be_unsupported(ask):
    german = "Das ist doch wirklich keine gute Idee und das weiß hier jeder"
    response = ask(german, languages=[])
    assert response.status_code == 200
    assert response.json()["detectedLanguages"] == ["und"]
    dropped = ask(languages=["de"], dropUnsupportedAttributes=True)
    assert dropped.json()["attributeScores"] == {}


def test_the_longest_comment_is_scored(ask):
    response = ask(f"{TOXIC}. " + "a" * (MAX_BYTES - len(TOXIC) - 2))
    assert response.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_keys(live_model, integration, make_user, path):
    body = {"comment": {"text": TOXIC}, "languages": ["es"]}
    if path == ANALYZE:
        body["requestedAttributes"] = {"TOXICITY": {}}
    else:
        body["attributeScores"] = {"TOXICITY": {"summaryScore": {"value": 1}}}
    client, kind = Client(enforce_csrf_checks=True), "application/json"
    token = issue_token(user=integration)
    assert client.post(f"{path}?key={token}", body, content_type=kind).status_code == 200
    headers = {"X-Goog-Api-Key": token}
    assert client.post(path, body, content_type=kind, headers=headers).status_code == 200
    for wrong in ("", "?key=wrong", "?key=%00", "?key=ñ", f"?key={token}x"):
        error = error_of(client.post(path + wrong, body, content_type=kind), 401)
        assert error["status"] == "UNAUTHENTICATED"
    other = issue_token(user=make_user("nobody"))
    error = error_of(client.post(f"{path}?key={other}", body, content_type=kind), 403)
    assert error["status"] == "PERMISSION_DENIED"


def test_keys_are_for_these_paths_only(db, integration):
    token = issue_token(user=integration)
    for path in ("/api/analyze", "/v1/moderations"):
        response = Client().post(f"{path}?key={token}", {}, content_type="application/json")
        assert response.status_code == 401


def test_every_error_has_googles_form(db, api_as, integration, monkeypatch):
    client = api_as(integration)
    broken = client.generic("POST", ANALYZE, "{", content_type="application/json")
    assert error_type(broken) == "INVALID_REQUEST"
    error_of(client.post(ANALYZE, "x", content_type="text/plain"), 415)
    error_of(client.get(ANALYZE), 405)
    error_of(client.get("/v1alpha1/nothing"), 404)
    error_of(client.post("/v1alpha1"), 404)
    chunked = client.generic("POST", ANALYZE, headers={"transfer-encoding": "chunked"})
    error_of(chunked, 411)
    error_of(client.get("/v1alpha1/x", HTTP_HOST="evil.example"), 400)

    def fail(self, request):
        raise exceptions.Throttled(wait=7)

    monkeypatch.setattr(AnalyzeCommentView, "post", fail)
    throttled = client.post(ANALYZE, {})
    assert error_of(throttled, 429)["status"] == "RESOURCE_EXHAUSTED"
    assert throttled["Retry-After"] == "7"

    def crash(self, request):
        raise ZeroDivisionError

    monkeypatch.setattr(AnalyzeCommentView, "post", crash)
    assert error_of(client.post(ANALYZE, {}), 500)["status"] == "INTERNAL"


def test_without_a_model(no_model, api_as, integration):
    body = {"comment": {"text": TOXIC}} | ASKED
    assert error_of(api_as(integration).post(ANALYZE, body), 503)["status"] == "UNAVAILABLE"


@override_settings(CORS_ORIGINS=["https://foro.example"])
def test_widgets_of_allowed_origins(db):
    asked = {"access-control-request-method": "POST", "origin": "https://foro.example"}
    preflight = Client().options(ANALYZE, headers=asked)
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "https://foro.example"
    assert "Content-Type" in preflight["Access-Control-Allow-Headers"]
    refused = Client().post(ANALYZE, headers={"origin": "https://foro.example"})
    assert refused.status_code == 401
    assert refused["Access-Control-Allow-Origin"] == "https://foro.example"
    assert "Origin" in refused["Vary"]


@override_settings(CORS_ORIGINS=["https://foro.example"])
def test_widgets_of_other_origins_and_other_paths(db):
    asked = {"access-control-request-method": "POST", "origin": "https://other.example"}
    assert "Access-Control-Allow-Origin" not in Client().options(ANALYZE, headers=asked)
    asked["origin"] = "https://foro.example"
    assert "Access-Control-Allow-Origin" not in Client().options("/api/analyze", headers=asked)
