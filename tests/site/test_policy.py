"""The content security policy on every page, and pages that keep to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from moderation.models import Analysis

PAGES = (
    *(
        "/",
        "/?example=1",
        "/history/",
        "/history/?search=zzz",
        "/history/?search=a",
        "/history/PK/",
    ),
    *("/history/PK/delete/", "/history/delete/", "/history/delete/?search=zzz", "/password/"),
    *("/password/done/", "/login/", "/password/reset/", "/password/reset/sent/"),
    *("/password/reset/done/", "/password/reset/x/y/", "/nothing-here", "/api/docs"),
    *("/admin/", "/admin/moderation/analysis/", "/admin/moderation/analysis/PK/change/"),
    *("/admin/auth/user/", "/admin/auth/user/add/", "/admin/password_change/"),
    *("/admin/modelops/modelversion/", "/admin/knox/authtoken/"),
    *("/modelo/", "/modelo/versions/1.0.0/", "/modelo/versions/1.0.0/promote/"),
    *("/modelo/retrain/full/", "/modelo/thresholds/", "/modelo/thresholds/clear/"),
    "/modelo/sentences/",
    *("/admin/modelops/modelversion/update/", "/admin/modelops/modelversion/back-up/"),
    *("/admin/modelops/trainingrun/", "/admin/modelops/backup/", "/admin/modelops/alert/"),
    *("/admin/modelops/thresholdchange/", "/admin/modelops/thresholdchange/add/"),
)


class Inline(HTMLParser):
    """Collects what the policy forbids: inline scripts, styles, event handlers, foreign files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        data = names.get("type") == "application/json"
        if tag == "style" or (tag == "script" and "src" not in names and not data):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.found.append(f"{tag} {name}={value}")
            if (value or "").strip().lower().startswith(("javascript:", "js:")):
                self.found.append(f"{tag} {name}={value}")
            if name in ("src", "action") and re.match(r"(https?:)?//", value or ""):
                self.found.append(f"{tag} {name}={value}")
        if tag == "link" and re.match(r"(https?:)?//", names.get("href") or ""):
            self.found.append(f"link {names['href']}")


def check(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code in (200, 404), path
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    parser = Inline()
    parser.feed(response.content.decode())
    assert not parser.found, path


@pytest.mark.parametrize("path", PAGES)
def test_pages_keep_to_the_strict_policy(
    path: str, browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota, 1d10t4")
    check(browser("admin"), path.replace("PK", str(analysis.pk)))


def test_answers_keep_to_the_strict_policy(
    browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("admin").post("/", {"text": "Eres un 1d10t4"})
    parser = Inline()
    parser.feed(response.content.decode())
    assert not parser.found
    assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_htmx_evaluates_nothing_and_asks_nobody_else(
    browser: Callable[..., Client], live_model: object
) -> None:
    page = browser("moderator").get("/").content.decode()
    for setting in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"includeIndicatorStyles":false',
        '"selfRequestsOnly":true',
    ):
        assert setting in page


@pytest.mark.parametrize(
    ("language", "words"), [("es", "Aquí no hay nada"), ("en", "Nothing here")]
)
def test_what_is_not_there_is_said_in_the_language(
    language: str, words: str, browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("moderator", language).get("/nothing-here")
    assert response.status_code == 404
    assert words in response.content.decode()


def test_an_error_on_a_page_is_a_page_without_details(
    browser: Callable[..., Client], live_model: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("moderation.views.history.page_of", broken)
    response = browser("moderator", "es", raise_request_exception=False).get("/history/")
    assert response.status_code == 500
    assert "Algo ha fallado en el servidor" in response.content.decode()
    assert "secret detail" not in response.content.decode()


def test_a_request_that_cannot_be_understood_is_a_page(
    browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("moderator", "es").get("/", headers={"host": "bad_host!"})
    assert response.status_code == 400
    assert "No se ha entendido la petición" in response.content.decode()
