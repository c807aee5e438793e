"""docs/api.md names every endpoint that exists and no other, and its examples have real fields."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from modelops import ops_urls
from modelops.models import ModelVersion, ServerWorker
from modelops.services.publish_version import publish_version
from moderation.export import COLUMNS
from moderation.filters import AnalysisFilter
from moderation.services import issue_token
from tests.modelops.models import write_small_model

ROOT = Path(__file__).resolve().parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = {
    (method, path): body
    for method, path, body in re.findall(
        r"^### `([A-Z]+) (\S+)`$(.*?)(?=^##|\Z)", API, re.MULTILINE | re.DOTALL
    )
}
FIRST = re.search(r"^## The first ToxiGuard$(.*?)^## ", API, re.M | re.S)[1]
TEXT = "You are a stupid clown"


def example(method: str, path: str) -> Any:
    """The answer that the section of an endpoint shows."""
    found = re.findall(
        r"^Answer,[^\n]*:\n\n```json\n(.*?)^```", SECTIONS[method, path], re.M | re.S
    )
    assert len(found) == 1, f"{method} {path} shows {len(found)} answers"
    return json.loads(found[0])


def fields(value: Any) -> Any:
    """The keys of an answer, of its objects, and of the first object of its lists."""
    if isinstance(value, dict):
        # (which codes and languages there are is the model's business)
        named = {"categories": None} if "toxic" in value.get("categories", {}) else {}
        named |= {"categories": None} if "total_analyses" in value else {}
        if "en" in (limits := value.get("thresholds", {})):
            named |= {"thresholds": fields(limits["en"])}
        return {key: fields(part) for key, part in value.items()} | named
    return [fields(value[0])] if isinstance(value, list) and value else None


@pytest.fixture
def admin(browser: Callable[..., Client], live_model: ModelVersion) -> Client:
    ServerWorker.objects.create(
        host="here", pid=1, version="1.0.0", generation=1, seen_at=timezone.now()
    )
    return browser("admin")


def post(client: Client, path: str, **body: Any) -> Any:
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code in (200, 201), answer.content
    return answer.json()


def put(client: Client, path: str, **body: Any) -> Any:
    answer = client.put(path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def get(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_every_endpoint_is_described_and_no_other(client: Client, db: None) -> None:
    schema = client.get(reverse("schema")).json()
    existing = {
        (method.upper(), path)
        for path, operations in schema["paths"].items()
        for method in operations
    }
    existing |= {("GET", f"/{route.pattern}") for route in ops_urls.urlpatterns}
    existing |= {("GET", reverse("schema")), ("GET", reverse("docs"))}
    assert set(SECTIONS) == existing


def test_analyze_answers_with_the_fields_shown(admin: Client) -> None:
    real = post(admin, "/api/analyze", text=TEXT, language="en", explain=True)
    assert fields(real) == fields(example("POST", "/api/analyze"))


def test_a_batch_answers_with_the_fields_shown(admin: Client) -> None:
    real = post(admin, "/api/analyze/batch", items=[{"text": TEXT}], language="en")
    assert fields(real) == fields(example("POST", "/api/analyze/batch"))


def test_the_history_answers_with_the_fields_shown(admin: Client) -> None:
    pk = post(admin, "/api/analyze", text=TEXT, language="en")["id"]
    label = post(admin, f"/api/analyses/{pk}/label", toxic=True, category="insult")
    assert fields(label) == fields(example("POST", "/api/analyses/{id}/label"))
    listed = get(admin, "/api/analyses")
    assert fields(listed) == fields(example("GET", "/api/analyses"))
    assert fields(get(admin, f"/api/analyses/{pk}")) == fields(listed["results"][0])
    stats = get(admin, "/api/analyses/stats")
    assert fields(stats) == fields(example("GET", "/api/analyses/stats"))


def test_the_model_answers_with_the_fields_shown(admin: Client) -> None:
    for path in ("/model/status", "/model/needs-retrain", "/readyz"):
        assert fields(get(admin, path)) == fields(example("GET", path))
    for path in ("/model/backup", "/model/reload"):
        assert fields(post(admin, path)) == fields(example("POST", path))


def test_webhooks_answer_with_the_fields_shown(admin: Client) -> None:
    added = post(admin, "/api/webhooks", owner="admin", url="https://93.184.216.34/hooks")
    assert fields(added) == fields(example("POST", "/api/webhooks"))
    [listed] = get(admin, "/api/webhooks")
    assert {**listed, "secret": None}.keys() == added.keys()
    erased = post(admin, "/api/authors/erase", author="ana", dry_run=True)
    assert fields(erased) == fields(example("POST", "/api/authors/erase"))


def test_suggestions_answer_with_the_fields_shown(admin: Client) -> None:
    said = {"TOXICITY": {"summaryScore": {"value": 0.9}}}
    asked = {"comment": {"text": "Eres un idiota"}, "languages": ["es"]}
    headers = {"authorization": f"Token {issue_token(user=User.objects.get(username='admin'))}"}
    kind = "application/json"
    for path, body in (
        ("/v1alpha1/comments:analyze", {"requestedAttributes": {"TOXICITY": {}}}),
        ("/v1alpha1/comments:suggestscore", {"attributeScores": said}),
    ):
        real = admin.post(path, asked | body, content_type=kind, headers=headers)
        assert fields(real.json()) == fields(example("POST", path))
    listed = get(admin, "/api/suggestions")
    assert fields(listed) == fields(example("GET", "/api/suggestions"))
    settled = post(admin, "/api/suggestions/settle", ids=[listed["results"][0]["id"]], accept=True)
    assert fields(settled) == fields(example("POST", "/api/suggestions/settle"))


def test_the_first_toxiguards_calls_answer_with_the_fields_shown(admin: Client) -> None:
    headers = {"authorization": f"Token {issue_token(user=User.objects.get(username='admin'))}"}

    def call(method: str, path: str, **kwargs: Any) -> Any:
        answer = getattr(admin, method)(path, headers=headers, **kwargs)
        assert answer.status_code == 200, answer.content
        return answer.json()

    body = {"text": "Eres un idiota"}
    real = call("post", "/analyze", data=body, content_type="application/json")
    assert fields(real) == fields(example("POST", "/analyze"))
    call("post", "/keywords/add?keyword=zorrocloco")
    call("post", "/keywords/add?keyword=otro")
    for method, path, query in (
        ("GET", "/history", ""),
        ("GET", "/history/stats", ""),
        ("GET", "/history/search", "?q=idiota"),
        ("GET", "/keywords", ""),
        ("POST", "/keywords/add", "?keyword=zorrocloco"),
        ("DELETE", "/keywords/remove", "?keyword=zorrocloco"),
        ("GET", "/categories", ""),
        ("GET", "/api/health", ""),
        ("GET", "/ml/status", ""),
        ("DELETE", "/history", ""),
    ):
        real = call(method.lower(), path + query)
        assert fields(real) == fields(example(method, path)), path
    wrong = admin.post("/analyze", {}, content_type="application/json", headers=headers).json()
    assert fields(wrong) == fields(json.loads(re.findall(r"```json\n(.*?)```", FIRST, re.S)[0]))


def test_terms_answer_with_the_fields_shown(admin: Client) -> None:
    post(admin, "/api/analyze", text="La casa es grande", language="es")
    term = {"pattern": "casa", "action": "flag", "reason": "test"}
    tried = post(admin, "/api/terms", **term, dry_run=True)
    assert fields(tried) == fields(example("POST", "/api/terms"))
    post(admin, "/api/terms", **term)
    assert fields(get(admin, "/api/terms")) == fields(example("GET", "/api/terms"))


def shown_fields(method: str, path: str) -> Any:
    """As `fields`, without what is inside metadata, parameters and figures."""
    return outer(example(method, path))


def outer(value: Any) -> Any:
    found = fields(value)
    for item in [found, *(found.get(key) for key in ("results", "deployment", "backup"))]:
        for row in item if isinstance(item, list) else [item]:
            if isinstance(row, dict):
                row |= {key: None for key in ("metadata", "gate", "result") if key in row}
    return found


def test_versions_and_deployments_answer_with_the_fields_shown(
    admin: Client, tmp_path: Path
) -> None:
    for path in ("/model/versions", "/model/deployments"):
        assert outer(get(admin, path)) == shown_fields("GET", path)
    one = get(admin, "/model/versions/1.0.0")
    assert outer(one) == shown_fields("GET", "/model/versions")["results"][0]
    publish_version(
        numeric=write_small_model(tmp_path / "numeric", strength=6.0),
        version="1.0.1",
        origin=ModelVersion.Origin.STARTER,
        by=None,
    )
    path = "/model/versions/{semver}/promote"
    assert fields(post(admin, path.format(semver="1.0.1"))) == fields(example("POST", path))


def test_backups_answer_with_the_fields_shown(admin: Client) -> None:
    name = post(admin, "/model/backup")["backup"]["name"]
    listed = get(admin, "/model/backups")
    assert fields(listed) == fields(example("GET", "/model/backups"))
    assert fields(get(admin, f"/model/backups/{name}")) == fields(listed)["results"][0]
    for end in ("restore", "verify", "pin"):
        real = post(admin, f"/model/backups/{name}/{end}")
        assert fields(real) == fields(example("POST", f"/model/backups/{{name}}/{end}"))


def test_runs_answer_with_the_fields_shown(admin: Client) -> None:
    label = {"text": TEXT, "toxic": True}
    for path, body in (("/model/incremental-update", {"items": [label]}), ("/model/retrain", {})):
        answer = admin.post(path, body, content_type="application/json")
        assert answer.status_code == 202, answer.content
        made = answer.json()
        shown = example("POST", path)
        assert set(made) == set(shown)
        assert fields(made.get("labels")) == fields(shown.get("labels"))
        assert set(get(admin, answer["Location"])) == set(made) - {"message", "labels"}
        cancelled = post(admin, f"/model/runs/{made['id']}/cancel")
        assert set(cancelled) == set(made) - {"labels"}
    assert outer(get(admin, "/model/runs")) | {"next": None} == shown_fields("GET", "/model/runs")


def test_thresholds_are_answered_with_the_fields_shown(admin: Client) -> None:
    path = "/model/thresholds"
    post(admin, "/api/analyze", text=TEXT, language="en")
    never = {"en": {"review": 1, "block": 1}}
    tried = put(admin, path, thresholds=never, base_rate=0.05, dry_run=True)
    shown = example("PUT", path)
    # (which decisions and languages there are depends on the site)
    for answer in (tried, shown):
        answer["preview"]["by_change"] = answer["site"]["thresholds"] = {}
    assert fields(tried) == fields(shown)
    put(admin, path, thresholds={"es": {"review": 0.3, "block": 0.85}}, base_rate=0.05)
    assert fields(get(admin, path)) == fields(example("GET", path))


def test_problems_have_the_fields_shown(admin: Client) -> None:
    shown = json.loads(re.search(r"^```json\n(.*?)^```", API, re.M | re.S)[1])
    body = {"items": [{"text": "a"}, {"text": ""}, {"text": 3}]}
    kind, headers = "application/json", {"x-request-id": shown["request_id"]}
    real = admin.post("/api/analyze/batch", body, content_type=kind, headers=headers).json()
    assert real == shown


def test_every_filter_is_described_and_no_other() -> None:
    part = re.search(r"^### Filters$(.*?)^##", API, re.M | re.S)[1]
    rows = re.findall(r"^\| (`.*?) \|", part, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(AnalysisFilter.base_filters)


def test_the_columns_of_the_export_are_those_shown() -> None:
    assert re.search(r"^```csv\n(.*?)\n```", API, re.M | re.S)[1].split(",") == list(COLUMNS)


def test_the_groups_are_those_that_a_site_has(person: Callable[[str], User]) -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (.*`m.*) \|$", API, re.M))
    described: set[str] = set()
    for role, group in (
        ("integration", "Integrations"), ("moderator", "Moderators"), ("lead", "Leads"),
    ):  # fmt: skip
        described |= set(re.findall(r"`(\w+\.\w+)`", rows[group]))
        assert person(role).get_all_permissions() == described
    operators = set(re.findall(r"`(\w+\.\w+)`", rows["Operators"]))
    assert person("operator").get_all_permissions() == operators


@pytest.mark.parametrize("guide", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_readme_links_to_every_guide(guide: str) -> None:
    readme = ROOT / ("README.es.md" if guide.endswith(".es.md") else "README.md")
    assert f"(docs/{guide})" in readme.read_text(encoding="utf-8")


def test_the_queue_answers_with_the_fields_shown(admin: Client, db: None) -> None:
    pk = post(admin, "/api/analyze", text=TEXT, language="en")["id"]
    post(admin, f"/api/analyses/{pk}/claim")
    assert fields(get(admin, "/api/queue")) == fields(example("GET", "/api/queue"))
    report = post(admin, f"/api/analyses/{pk}/report", reporter="lucia")
    assert fields(report) == fields(example("POST", "/api/analyses/{id}/report"))
    decision = post(admin, f"/api/analyses/{pk}/decision", action="approve")
    assert fields(decision) == fields(example("POST", "/api/analyses/{id}/decision"))
    appeal = post(admin, f"/api/analyses/{pk}/appeal", text="It was a quotation")
    assert fields(appeal) == fields(example("POST", "/api/analyses/{id}/appeal"))
    other = post(admin, "/api/analyze", text=f"{TEXT}, stupid", language="en")["id"]
    batch = post(admin, "/api/analyses/batch-decision", ids=[other], action="approve")
    assert fields(batch) == fields(example("POST", "/api/analyses/batch-decision"))
