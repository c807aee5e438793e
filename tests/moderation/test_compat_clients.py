"""The originals' own client libraries, and curl as the guide shows it, against the running site."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openai
import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from moderation.models import SuggestedScore
from moderation.services import issue_token
from tests.moderation.conftest import KIND, TOXIC

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "perspective-migration.md"
DISCOVERY = "/$discovery/rest?version=v1alpha1"


@pytest.fixture
def token(live_server, live_model, integration):
    return issue_token(user=integration)


def google(live_server, key):
    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=live_server.url + DISCOVERY,
        static_discovery=False,
        cache_discovery=False,
    )


def test_googles_client_analyses_and_suggests(live_server, token):
    comments = google(live_server, token).comments()
    asked: dict[str, Any] = {
        "comment": {"text": TOXIC},
        "languages": ["es"],
        "requestedAttributes": {"TOXICITY": {}},
        "clientToken": "mine",
    }
    answer = comments.analyze(body=asked).execute()
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5
    assert answer["clientToken"] == "mine"
    asked["attributeScores"] = {"TOXICITY": {"summaryScore": {"value": 0.9}}}
    del asked["requestedAttributes"]
    assert comments.suggestscore(body=asked).execute()["requestedLanguages"] == ["es"]
    assert SuggestedScore.objects.get().text == TOXIC
    with pytest.raises(HttpError) as told:
        comments.analyze(body={"comment": {"text": TOXIC}}).execute()
    assert told.value.status_code == 400
    assert told.value.error_details[0]["errorType"] == "NO_REQUESTED_ATTRIBUTES"
    with pytest.raises(HttpError) as told:
        google(live_server, "wrong").comments().analyze(body=asked).execute()
    assert told.value.status_code == 401


def test_openais_client_moderates(live_server, token):
    client = openai.OpenAI(api_key=token, base_url=live_server.url + "/v1", max_retries=0)
    answer = client.moderations.create(input=[TOXIC, KIND], model="omni-moderation-latest")
    assert [result.flagged for result in answer.results] == [True, False]
    assert answer.results[0].categories.harassment
    assert answer.results[0].category_scores.self_harm_intent == 0
    assert answer.results[0].category_applied_input_types.violence == ["text"]
    with pytest.raises(openai.BadRequestError) as told:
        client.moderations.create(input="")
    assert told.value.param.startswith("input")
    wrong = openai.OpenAI(api_key="wrong", base_url=live_server.url + "/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        wrong.moderations.create(input=TOXIC)
    assert refused.value.code == "invalid_api_key"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed on this machine")
def test_curl_does_what_the_guide_says(live_server, token):
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    calls = [block for block in blocks if "curl" in block and "toxiguard.example.org" in block]
    answers = []
    for call in calls:
        line = call.replace("https://toxiguard.example.org", live_server.url)
        done = subprocess.run(
            ["sh", "-c", line],
            env={"TOKEN": token, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        answers.append(json.loads(done.stdout))
    analysed, suggested, moderated = answers
    assert analysed["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5
    assert suggested["requestedLanguages"] == ["es"]
    assert moderated["results"][0]["flagged"] is True
