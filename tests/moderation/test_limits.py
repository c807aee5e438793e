"""How many requests a token may make, what each request is named, and thresholds of one's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from moderation.models import Analysis
from moderation.services import AnalysisInput
from tests.moderation.conftest import KIND, TOXIC
from toxiguard_site import throttling
from toxiguard_site.settings import _Env

PATH = "/api/analyses"


@pytest.fixture
def limited(settings, tmp_path):
    """Two requests an hour."""
    settings.RATE_LIMIT, settings.RATE_LIMIT_DIR = (2, 3600), tmp_path / "limits"


# --- rate limits ------------------------------------------------------------------------------


def test_no_limit_unless_one_is_set(api_as, integration):
    response = api_as(integration).get(PATH)
    assert response.status_code == 200
    assert "RateLimit-Limit" not in response


def test_answers_tell_what_is_left(limited, api_as, integration):
    client = api_as(integration)
    for left in ("1", "0"):
        response = client.get(PATH)
        assert response.status_code == 200
        assert response["RateLimit-Limit"] == "2"
        assert response["RateLimit-Remaining"] == left
        assert 0 < int(response["RateLimit-Reset"]) <= 3600
        assert response["RateLimit-Policy"] == "2;w=3600"
    response = client.get(PATH)
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == response["RateLimit-Reset"]
    assert response["RateLimit-Remaining"] == "0"
    problem = response.json()
    assert (problem["title"], problem["status"]) == ("Too many requests", 429)
    assert response["Retry-After"] in problem["detail"]


def test_each_token_has_its_own_count(limited, api_as, integration):
    one, other = api_as(integration), api_as(integration)
    assert [one.get(PATH).status_code for _ in range(3)] == [200, 200, 429]
    assert other.get(PATH).status_code == 200


def test_sessions_are_counted_by_user(limited, moderator):
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(moderator)
    assert [clients[n % 2].get(PATH).status_code for n in range(3)] == [200, 200, 429]
    # pages are for people and have no limit
    assert clients[0].get("/history/").status_code == 200


def test_who_has_no_token_is_counted_by_address(limited, live_model, settings):
    settings.OPEN_V1 = True

    def post(address):
        body, kind = {"text": KIND}, "application/json"
        return Client(REMOTE_ADDR=address).post("/analyze", body, kind).status_code

    assert [post("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert post("192.0.2.2") == 200
    # who has one address of a network of IPv6 has all of them
    assert [post(f"2001:db8::{n}") for n in (1, 2, 3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1alpha1/comments:analyze", {}, lambda a: a["error"]["status"] == "RESOURCE_EXHAUSTED"),
        ("/v1/moderations", {}, lambda a: a["error"]["code"] == "rate_limit_exceeded"),
        ("/analyze", {}, lambda a: list(a) == ["detail"] and isinstance(a["detail"], str)),
    ],
)
def test_each_path_has_its_own_form(limited, settings, api_as, integration, path, body, code):
    settings.RATE_LIMIT = (1, 3600)
    client = api_as(integration)
    client.get(PATH)
    response = client.post(path, body)
    assert response.status_code == 429
    assert response["Retry-After"]
    assert code(response.json())


def test_scripts_of_other_sites_may_read_the_limits(limited, settings, api_as, integration):
    settings.CORS_ORIGINS = ["https://foro.example.org"]
    headers = {"Origin": settings.CORS_ORIGINS[0]}
    response = api_as(integration).post("/v1alpha1/comments:analyze", {}, headers=headers)
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert {"X-Request-ID", "RateLimit-Remaining"} <= set(exposed) & set(response.headers)


def test_load_balancers_and_collectors_have_no_limit(limited, api_as, make_user):
    operator = api_as(make_user("operator", "Operators"))
    for path, client in (("/health", Client()), ("/api/health", Client()), ("/metrics", operator)):
        assert {client.get(path).status_code for _ in range(4)} == {200}


def test_requests_at_the_same_time_are_all_counted(limited):
    def count(_number):
        return throttling._count("token x", period=60)[0]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(count, range(100))) == list(range(1, 101))


def test_a_period_ends(limited, monkeypatch):
    moments = iter((1000.0, 1059.9, 1060.0, 900.0))  # (in the end the clock is put back)
    monkeypatch.setattr(throttling.time, "time", lambda: next(moments))
    counts = [throttling._count("token x", period=60) for _ in range(4)]
    assert counts == [(1, 1000.0), (2, 1000.0), (1, 1060.0), (1, 900.0)]


def test_files_of_the_past_are_removed(limited, settings, monkeypatch):
    throttling._count("token x", period=3600)
    assert throttling.forget_callers() == 0
    later = throttling.time.time() + 3601
    monkeypatch.setattr(throttling.time, "time", lambda: later)
    assert throttling.forget_callers() == 1
    assert not list(settings.RATE_LIMIT_DIR.iterdir())


def test_a_disk_that_is_full_stops_nobody(limited, settings, api_as, integration, tmp_path):
    settings.RATE_LIMIT_DIR = tmp_path / "file"
    settings.RATE_LIMIT_DIR.write_text("")
    assert api_as(integration).get(PATH).status_code == 200


@pytest.mark.parametrize(
    ("value", "meant"),
    [("600/min", (600, 60)), ("10 / s", (10, 1)), ("5/hour", (5, 3600)), ("1/day", (1, 86400))],
)
def test_rates(monkeypatch, value, meant):
    monkeypatch.setenv("RATE", value)
    assert _Env().rate("RATE") == meant
    monkeypatch.delenv("RATE")
    assert _Env().rate("RATE") is None


@pytest.mark.parametrize("value", ["600", "0/min", "-1/min", "600/week", "x/min", "1.5/s", "/min"])
def test_wrong_rates(monkeypatch, value):
    monkeypatch.setenv("RATE", value)
    with pytest.raises(ImproperlyConfigured, match="RATE"):
        _Env().rate("RATE")


# --- names of requests ------------------------------------------------------------------------


def test_a_request_keeps_its_name(api_as, integration):
    client = api_as(integration)
    response = client.get(f"{PATH}?nothing=1", headers={"X-Request-ID": "forum-17:3"})
    assert response.status_code == 400
    assert response["X-Request-ID"] == "forum-17:3"
    assert response.json()["request_id"] == "forum-17:3"


@pytest.mark.parametrize("given", ["", "two words", "a;b", "x" * 129, "ñ", 'a"b'])
def test_a_name_that_is_not_safe_is_replaced(db, given):
    name = Client().get(PATH, headers={"X-Request-ID": given} if given else {})["X-Request-ID"]
    assert len(name) == 36
    assert name != given


@pytest.mark.parametrize(
    ("path", "host"),
    [("/login/", "testserver"), ("/health", "testserver"), ("/nothing", "testserver"), ("/x", "-")],
)
def test_every_answer_has_one(db, path, host):
    response = Client(raise_request_exception=False).get(path, HTTP_HOST=host)
    assert response["X-Request-ID"]


def test_every_line_of_the_log_has_it(api_as, integration, capture_logs):
    api_as(integration).get(PATH, headers={"X-Request-ID": "mine"})
    lines = [line for line in capture_logs if line["event"].startswith("request_")]
    assert [line["event"] for line in lines] == ["request_started", "request_finished"]
    assert {line["request_id"] for line in lines} == {"mine"}


@pytest.fixture
def capture_logs():
    before = structlog.get_config()["processors"]
    captured = structlog.testing.LogCapture()
    # in place: loggers that exist keep their list
    kept = before[:]
    before[:] = [structlog.contextvars.merge_contextvars, captured]
    yield captured.entries
    before[:] = kept


# --- thresholds of one's own ------------------------------------------------------------------


def test_thresholds_of_a_request_judge_it_and_are_kept(live_model, api_as, integration):
    client = api_as(integration)
    text = {"text": KIND, "language": "es"}
    usual = client.post("/api/analyze", text).json()
    assert (usual["toxic"], usual["decision"]) == (False, "allow")
    own = {"review": usual["score"] / 2, "block": 1}
    answer = client.post("/api/analyze", text | {"thresholds": own}).json()
    assert answer["score"] == usual["score"]
    assert (answer["toxic"], answer["decision"], answer["labels"]) == (True, "review", ["toxic"])
    assert (answer["threshold"], answer["thresholds"]) == (own["review"], own)
    assert Analysis.objects.get(pk=answer["id"]).thresholds == own
    # null: the site's
    again = client.post("/api/analyze", text | {"thresholds": None}).json()
    assert again["thresholds"] == usual["thresholds"]


def test_each_item_of_a_batch_may_have_its_own(live_model, api_as, integration):
    body = {
        "thresholds": {"review": 0, "block": 0},
        "items": [{"text": KIND}, {"text": TOXIC, "thresholds": {"review": 1, "block": 1}}],
    }
    results = api_as(integration).post("/api/analyze/batch", body).json()["results"]
    assert [one["decision"] for one in results] == ["block", "allow"]
    assert [one["thresholds"]["review"] for one in results] == [0, 1]


def test_term_lists_have_the_last_word_all_the_same(live_model, api_as, lead):
    client = api_as(lead)
    for pattern, action in (("zorrocloco", "block"), ("idiota", "allow")):
        body = {"pattern": pattern, "action": action, "reason": "test"}
        assert client.post("/api/terms", body).status_code == 201
    never, always = {"review": 1, "block": 1}, {"review": 0, "block": 0}
    body = {"text": "Buenos días, zorrocloco", "thresholds": never}
    assert client.post("/api/analyze", body).json()["decision"] == "block"
    # the text without its allowed words is judged by the same thresholds
    body = {"text": "Eres un idiota", "thresholds": always}
    assert client.post("/api/analyze", body).json()["decision"] == "block"


def test_a_repeated_call_gives_the_analysis_of_then(live_model, api_as, integration):
    client = api_as(integration)
    body = {"text": TOXIC, "external_id": "c-1"}
    first = client.post("/api/analyze", body).json()
    again = client.post("/api/analyze", body | {"thresholds": {"review": 1, "block": 1}}).json()
    assert again == first


@pytest.mark.parametrize(
    ("thresholds", "field"),
    [
        ({"review": 0.8, "block": 0.3}, "thresholds.review"),
        ({"review": 0.3}, "thresholds.block"),
        ({"review": -0.1, "block": 1}, "thresholds.review"),
        ({"review": "0.1", "block": 1}, "thresholds.review"),
        ({"review": True, "block": 1}, "thresholds.review"),
        ({"review": 0.1, "block": 1.1}, "thresholds.block"),
        ({"review": 0.1, "block": 1, "allow": 0}, "thresholds.allow"),
        ([0.1, 1], "thresholds"),
    ],
)
def test_thresholds_that_can_not_be(db, api_as, integration, thresholds, field):
    body = {"text": TOXIC, "thresholds": thresholds}
    response = api_as(integration).post("/api/analyze", body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_service_takes_them_too(live_model, analyses):
    own = {"review": 0.0, "block": 1.0}
    (analysis,) = analyses(AnalysisInput(text=KIND, thresholds=own))
    assert (analysis.toxic, analysis.thresholds) == (True, own)
