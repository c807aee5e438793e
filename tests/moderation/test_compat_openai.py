"""OpenAI's moderation endpoint: results, categories, errors in its form."""

from __future__ import annotations

import pytest
from django.test import Client

from moderation.models import Analysis
from moderation.other_services import OPENAI_CATEGORIES, openai_flags, openai_scores
from tests.moderation.conftest import KIND, TOXIC

PATH = "/v1/moderations"


def error_of(response, status=400):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def test_a_text_has_every_field_of_the_original(live_model, api_as, integration):
    response = api_as(integration, prefix="Bearer").post(
        PATH, {"input": TOXIC, "model": "omni-moderation-latest"}
    )
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer.keys() == {"id", "model", "results"}
    assert answer["model"] == "toxiguard-1.0.0"
    (result,) = answer["results"]
    assert result["flagged"] is True
    assert result["categories"]["harassment"] is True
    assert result["category_scores"]["harassment"] > 0.5
    assert result["category_scores"]["sexual"] == 0
    assert len(OPENAI_CATEGORIES) == 13
    for name in ("categories", "category_scores", "category_applied_input_types"):
        assert list(result[name]) == list(OPENAI_CATEGORIES)
    assert Analysis.objects.get().source == "openai"


@pytest.mark.parametrize(
    "given",
    [[TOXIC, KIND], [{"type": "text", "text": TOXIC}, {"type": "text", "text": KIND}]],
)
def test_results_come_in_order(live_model, api_as, integration, given):
    results = api_as(integration).post(PATH, {"input": given}).json()["results"]
    assert [result["flagged"] for result in results] == [True, False]


def test_categories_are_made_of_heads():
    said = {"toxic": 0.9, "insult": 0.4, "threat": 0.3, "identity_hate": 0.6}
    scores = openai_scores(said)
    assert {name: value for name, value in scores.items() if value} == {
        "harassment": 0.9,
        "harassment/threatening": 0.3,
        "hate": 0.6,
        "hate/threatening": 0.3,
        "violence": 0.3,
    }
    assert openai_scores({"toxic": 0.2})["hate/threatening"] == 0
    flags = openai_flags({"identity_hate"})
    assert [name for name, flag in flags.items() if flag] == ["hate"]
    assert openai_flags({"identity_hate", "threat"})["hate/threatening"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": ""},
        {"input": []},
        {"input": 3},
        {"input": [3]},
        {"input": "a\0"},
        {"input": ["x"] * 1001},
        {"input": "x" * 100_001},
        {"input": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
    ],
)
def test_wrong_input(live_model, api_as, integration, body):
    error = error_of(api_as(integration).post(PATH, body))
    assert error["type"] == "invalid_request_error"
    assert error["param"].startswith("input")
    assert not Analysis.objects.exists()


def test_images_get_a_clear_error(db, api_as, integration):
    body = {"input": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}
    assert "Images" in error_of(api_as(integration).post(PATH, body))["message"]


def test_keys(db, api_as, make_user):
    headers = {"authorization": "Bearer wrong"}
    for client_headers in (headers, {}):
        response = Client().post(PATH, {}, "application/json", headers=client_headers)
        assert error_of(response, 401)["code"] == "invalid_api_key"
    assert error_of(api_as(make_user("nobody")).post(PATH, {"input": "x"}), 403)


def test_every_error_has_openais_form(no_model, api_as, integration):
    client = api_as(integration)
    error_of(client.generic("POST", PATH, "{", content_type="application/json"))
    error_of(client.get(PATH), 405)
    assert error_of(client.post("/v1/chat/completions", {}), 404)["code"] == "unknown_url"
    assert error_of(client.post(PATH, {"input": KIND}), 503)["type"] == "server_error"
