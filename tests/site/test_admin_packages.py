"""What the administration shows of packages: in the site's language, and nothing to type into."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from moderation.services import issue_token

LISTS = ("axes/accessattempt", "axes/accesslog", "knox/authtoken")
ENGLISH = ("Axes", "Knox", "Access", "Auth token", "API token", "Task", "Attempt", "User Agent")


@pytest.fixture
def rows(person: Callable[[str], User]) -> dict[str, object]:
    issue_token(user=person("integration"), days=3)
    issue_token(user=person("lead"), days=None)
    facts = {"username": "ana", "ip_address": "192.0.2.1", "path_info": "/login/"}
    return {
        "axes/accessattempt": AccessAttempt.objects.create(**facts, failures_since_start=10).pk,
        "axes/accesslog": AccessLog.objects.create(**facts).pk,
        "knox/authtoken": AuthToken.objects.get(user=person("lead")).pk,
    }


def test_names_are_spanish_and_english(
    browser: Callable[..., Client], rows: dict[str, object]
) -> None:
    spanish, english = browser("admin", "es"), browser("admin", "en")
    pages = ["", *(f"{name}/" for name in LISTS)]
    pages += [f"{name}/{pk}/change/" for name, pk in rows.items()]
    for page in pages:
        text = spanish.get(f"/admin/{page}").content.decode()
        assert not [word for word in ENGLISH if f">{word}" in text or f" {word}" in text], page
    assert "Tokens de la API" in spanish.get("/admin/").content.decode()
    assert "API tokens" in english.get("/admin/").content.decode()


def test_rows_are_found_and_deleted_but_not_written(
    browser: Callable[..., Client], rows: dict[str, object]
) -> None:
    admin = browser("admin")
    for name, pk in rows.items():
        who = "lead" if name == "knox/authtoken" else "ana"
        assert f"/{pk}/change/" in admin.get(f"/admin/{name}/?q={who}").content.decode()
        assert f"/{pk}/change/" not in admin.get(f"/admin/{name}/?q=nobody").content.decode()
        assert admin.get(f"/admin/{name}/add/").status_code == 403
        assert admin.post(f"/admin/{name}/{pk}/change/", {"username": "x"}).status_code == 403
        assert admin.post(f"/admin/{name}/{pk}/delete/", {"post": "yes"}).status_code == 302
    assert not AccessAttempt.objects.exists()
    assert AuthToken.objects.get().expiry > timezone.now() + timedelta(days=2)


def test_a_lock_is_lifted_by_deleting_its_row(
    browser: Callable[..., Client], person: Callable[[str], User]
) -> None:
    person("moderator")
    stranger = browser("anonymous")
    for _time in range(10):
        stranger.post("/login/", {"username": "moderator", "password": "wrong"})
    right = {"username": "moderator", "password": "right horse 9"}
    assert stranger.post("/login/", right).status_code == 429
    attempt = AccessAttempt.objects.get()
    page = browser("admin", "es").get("/admin/axes/accessattempt/").content.decode()
    assert "icon-yes" in page
    assert "wrong" not in page
    browser("admin").post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})
    assert stranger.post("/login/", right).status_code == 302


@pytest.mark.parametrize("role", ["moderator", "lead", "operator"])
def test_they_are_for_the_administration_only(
    role: str, browser: Callable[..., Client], person: Callable[[str], User]
) -> None:
    user = person(role)
    user.is_staff = True
    user.save()
    for name in LISTS:
        assert browser(role).get(f"/admin/{name}/").status_code == 403
