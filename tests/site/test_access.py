"""Who gets through which door: one row per door and role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from moderation.models import Analysis

# door: roles that get through, apart from the admin; the others get 403, nobody goes to log in
DOORS = {
    "POST / text=hello": {"integration", "moderator", "lead"},
    "GET /history/": {"integration", "moderator", "lead"},
    "GET /history/PK/": {"integration", "moderator", "lead"},
    "GET /history/chart/answers.svg?v=1,2": {"integration", "moderator", "lead"},
    "POST /history/PK/label/ toxic=true": {"moderator", "lead"},
    "GET /history/PK/delete/": {"lead"},
    "POST /history/PK/delete/": {"lead"},
    "GET /history/delete/": {"lead"},
    "POST /history/delete/ typed=5&newest=1": {"lead"},
    "GET /history/export/": {"lead"},
    "GET /modelo/": {"operator"},
    "GET /modelo/retrain/full/": {"operator"},
    "POST /modelo/update/": {"operator"},
}
ROLES = ("integration", "moderator", "lead", "operator", "admin", "nobody")  # nobody: in no group


def knock(client: Client, door: str, pk: int) -> int:
    method, path, *data = door.replace("PK", str(pk)).split(" ")
    if method == "GET":
        return client.get(path).status_code
    fields = dict(pair.split("=") for pair in "&".join(data).split("&") if pair)
    return client.post(path, fields).status_code


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS)
def test_each_door_opens_for_its_roles_only(
    door: str, role: str, browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    status = knock(browser(role), door, analysis.pk)
    if role == "admin" or role in DOORS[door]:
        assert status in (200, 302, 422)
    else:
        assert status == 403


@pytest.mark.parametrize("door", DOORS)
def test_nobody_gets_in_without_logging_in(
    door: str, client: Client, stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    assert knock(client, door, analysis.pk) == 302
    analysis.refresh_from_db()
    assert analysis.erased_at is None
    assert Analysis.objects.count() == 1


def test_integration_sees_its_own_analyses_only(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [own] = stored("Mine: eres un idiota")
    [other] = stored("Theirs: eres un idiota", by="moderator")
    client = browser("integration")
    page = client.get("/history/").content.decode()
    assert "Mine:" in page
    assert "Theirs:" not in page
    assert client.get(f"/history/{own.pk}/").status_code == 200
    assert client.get(f"/history/{other.pk}/").status_code == 404


def test_a_part_of_a_page_after_the_session_ended_sends_the_whole_page_to_log_in(
    client: Client, live_model: object
) -> None:
    response = client.post(
        "/",
        {"text": "hello"},
        headers={"hx-request": "true", "hx-current-url": "http://testserver/"},
    )
    assert response.headers["HX-Redirect"] == "/login/?next=/"


@pytest.mark.parametrize(
    "path", ["/", "/history/1/label/", "/history/1/delete/", "/history/delete/", "/theme/"]
)
def test_a_form_without_its_token_changes_nothing(
    path: str, browser: Callable[..., Client], person: Callable[[str], User], live_model: object
) -> None:
    response = browser("admin", enforce_csrf_checks=True).post(path, {"text": "x"})
    assert response.status_code == 403
    assert "The form has expired" in response.content.decode()
    assert Analysis.objects.count() == 0


@pytest.mark.parametrize("path", ["/history/", "/history/export/", "/history/chart/bands.svg"])
def test_reading_pages_take_no_post(path: str, browser: Callable[..., Client]) -> None:
    assert browser("admin").post(path).status_code == 405


def test_labels_take_no_get(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    assert browser("admin").get(f"/history/{analysis.pk}/label/").status_code == 405


def test_buttons_are_there_only_for_those_who_may(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota")
    integration = browser("integration").get("/history/").content.decode()
    moderator = browser("moderator").get("/history/").content.decode()
    lead = browser("lead").get("/history/").content.decode()
    for words, pages in {
        "Not toxic</button>": (False, True, True),
        "Delete these": (False, False, True),
        "/history/export/": (False, False, True),
        "/admin/": (False, False, False),
    }.items():
        assert tuple(words in page for page in (integration, moderator, lead)) == pages, words
