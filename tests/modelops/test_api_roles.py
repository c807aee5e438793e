"""Every endpoint of the model: who gets through, and what each refuses alike."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.urls import get_resolver
from rest_framework.test import APIClient

from modelops.models import Backup, Dataset, Deployment, ModelVersion, TrainingRun
from moderation.services import create_groups

ENDPOINTS = [
    ("get", "/model/status"),
    ("get", "/model/needs-retrain"),
    ("post", "/model/reload"),
    ("get", "/model/thresholds"),
    ("put", "/model/thresholds"),
    ("get", "/model/versions"),
    ("get", "/model/versions/1.0.0"),
    ("post", "/model/versions/1.0.0/promote"),
    ("get", "/model/deployments"),
    ("post", "/model/backup"),
    ("get", "/model/backups"),
    ("get", "/model/backups/some"),
    ("delete", "/model/backups/some"),
    ("post", "/model/backups/some/restore"),
    ("post", "/model/backups/some/verify"),
    ("post", "/model/backups/some/pin"),
    ("post", "/model/retrain"),
    ("post", "/model/incremental-update"),
    ("get", "/model/runs"),
    ("get", "/model/runs/1"),
    ("post", "/model/runs/1/cancel"),
]
GROUPS = {
    "integration": "Integrations",
    "moderator": "Moderators",
    "lead": "Leads",
    "operator": "Operators",
}
MAY = {"operator", "admin"}


def caller(role: str) -> APIClient:
    client = APIClient()
    if role != "anonymous":
        create_groups()
        user = User.objects.create_user(role, is_superuser=role == "admin")
        if role in GROUPS:
            user.groups.add(Group.objects.get(name=GROUPS[role]))
        client.force_login(user)
    return client


@pytest.mark.parametrize("role", ["anonymous", *GROUPS, "admin"])
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_each_endpoint_opens_for_operators_only(
    db: None, method: str, path: str, role: str
) -> None:
    answer = getattr(caller(role), method)(path)
    if role in MAY:
        assert answer.status_code not in (401, 403)
        return
    assert answer.status_code == (401 if role == "anonymous" else 403)
    assert answer["Content-Type"] == "application/problem+json"
    for model in (Backup, Dataset, Deployment, ModelVersion, TrainingRun):
        assert not model.objects.exists()


def test_the_table_above_has_every_endpoint() -> None:
    routes = next(route for route in get_resolver().url_patterns if str(route.pattern) == "model/")
    existing = {
        (method, str(entry.pattern))
        for entry in routes.url_patterns
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(entry.callback.view_class, method)
    }
    samples = {"<str:semver>": "1.0.0", "<str:name>": "some", "<int:pk>": "1"}
    for method, pattern in existing:
        for placeholder, sample in samples.items():
            pattern = pattern.replace(placeholder, sample)
        assert (method, f"/model/{pattern}") in ENDPOINTS
    assert len(ENDPOINTS) == len(existing)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_each_refuses_other_methods(as_operator: APIClient, method: str, path: str) -> None:
    answer = as_operator.patch(path)
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert method.upper() in answer["Allow"]


TAKE_A_BODY = ["/model/retrain", "/model/incremental-update"]


@pytest.mark.parametrize("path", TAKE_A_BODY)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("kind=full", "application/x-www-form-urlencoded", 415),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"unknown": 1}', "application/json", 400),
    ],
)
def test_bodies_that_are_wrong(
    as_operator: APIClient, path: str, body: str, content_type: str, status: int
) -> None:
    answer = as_operator.post(path, data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not TrainingRun.objects.exists()


LISTS = ["/model/versions", "/model/backups", "/model/deployments", "/model/runs"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", ["page_size=0", "page_size=a", "cursor=x", "serch=1"])
def test_lists_refuse_what_they_do_not_know(as_operator: APIClient, path: str, query: str) -> None:
    answer = as_operator.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_a_made_up_position_is_refused(as_operator: APIClient) -> None:
    made_up = "cD1hYmM="  # p=abc
    assert as_operator.get(f"/model/versions?cursor={made_up}").status_code == 400


@pytest.mark.parametrize("path", LISTS)
def test_empty_lists(as_operator: APIClient, path: str) -> None:
    assert as_operator.get(path).json() == {"next": None, "previous": None, "results": []}
