"""Log in and out, passwords, language and theme."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

PASSWORD = "right horse 9"


def log_in(client: Client, name: str, password: str = PASSWORD, **extra: str) -> object:
    return client.post("/login/", {"username": name, "password": password, **extra})


def test_logging_in_leads_to_the_page_that_was_asked_for(
    client: Client, person: Callable[[str], User], live_model: object
) -> None:
    person("moderator")
    asked = client.get("/history/?toxic=true")
    assert asked.headers["Location"] == "/login/?next=/history/%3Ftoxic%3Dtrue"
    response = log_in(client, "moderator", next="/history/?toxic=true")
    assert response.headers["Location"] == "/history/?toxic=true"
    assert (
        log_in(client, "moderator", next="https://evil.example/").headers["Location"] == "/start/"
    )


@pytest.mark.parametrize(
    ("role", "first"),
    [("moderator", "/queue/"), ("integration", "/"), ("admin", "/"), ("operator", "/modelo/")],
)
def test_the_start_is_where_the_account_works(
    role: str, first: str, browser: Callable[..., Client], live_model: object
) -> None:
    assert browser(role).get("/start/").headers["Location"] == first


def test_logging_in_at_the_sites_address_leads_to_what_the_account_may_open(
    client: Client, person: Callable[[str], User], live_model: object
) -> None:
    person("operator")
    asked = client.get("/")
    assert asked.headers["Location"] == "/login/?next=/"
    assert log_in(client, "operator", next="/").headers["Location"] == "/"
    response = client.get("/", follow=True)
    assert response.redirect_chain == [("/start/", 302), ("/modelo/", 302)]
    assert response.status_code == 200


def test_an_account_without_sections_is_told_how_it_gets_some(
    browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("nobody", "en").get("/", follow=True)
    assert response.status_code == 403
    page = response.content.decode()
    assert "logged in as nobody" in page
    assert "Moderators, Leads, Operators or Integrations" in page
    assert 'action="/logout/"' in page


@pytest.mark.parametrize(
    ("language", "message"),
    [("es", "nombre de usuario y clave correctos"), ("en", "correct username")],
)
def test_a_wrong_password_is_said_in_the_language(
    language: str, message: str, browser: Callable[..., Client], person: Callable[[str], User]
) -> None:
    person("moderator")
    response = log_in(browser("anonymous", language), "moderator", "wrong")
    assert message in response.content.decode()


def test_after_ten_wrong_passwords_the_page_says_for_how_long(
    browser: Callable[..., Client], person: Callable[[str], User]
) -> None:
    person("moderator")
    person("lead")
    client = browser("anonymous", "es")
    for _attempt in range(10):
        response = log_in(client, "moderator", "wrong")
    assert response.status_code == 429
    assert "Demasiados intentos" in response.content.decode()
    assert "una hora" in response.content.decode()
    assert log_in(client, "moderator").status_code == 429
    assert log_in(client, "lead").status_code == 302  # others are not affected


def test_logging_out_takes_a_post(browser: Callable[..., Client], live_model: object) -> None:
    client = browser("moderator")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_changing_the_password(
    browser: Callable[..., Client], person: Callable[[str], User], live_model: object
) -> None:
    client = browser("moderator")
    data = {
        "old_password": PASSWORD,
        "new_password1": "new horse 8",
        "new_password2": "new horse 8",
    }
    wrong = client.post("/password/", data | {"old_password": "x"})
    assert wrong.status_code == 200
    assert "field-error" in wrong.content.decode()
    response = client.post("/password/", data, follow=True)
    assert "Password changed" in response.content.decode()
    assert client.get("/").status_code == 200  # this session goes on
    person("moderator").refresh_from_db()
    assert log_in(Client(), "moderator", "new horse 8").status_code == 302


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("es", "ToxiGuard: restablecer la contraseña", "Alguien ha pedido"),
        ("en", "ToxiGuard: reset the password", "Someone asked"),
    ],
)
def test_resetting_the_password_by_e_mail(
    language: str,
    subject: str,
    words: str,
    browser: Callable[..., Client],
    person: Callable[[str], User],
) -> None:
    person("moderator")
    client = browser("anonymous", language)
    client.post("/password/reset/", {"email": "moderator@example.org"})
    [message] = mail.outbox
    assert message.subject == subject
    assert words in message.body
    assert "moderator" in message.body
    link = re.search(r"http://testserver(/\S+)", message.body)
    assert link
    form = client.get(link[1], follow=True)
    url = form.redirect_chain[-1][0]
    data = {"new_password1": "new horse 8", "new_password2": "new horse 8"}
    assert client.post(url, data).headers["Location"] == "/password/reset/done/"
    assert client.get("/password/reset/done/").status_code == 200
    assert log_in(client, "moderator", "new horse 8").status_code == 302
    used = browser("anonymous", language).get(link[1], follow=True).content.decode()
    assert "/password/reset/" in used
    assert "new_password1" not in used


def test_resetting_does_not_tell_who_has_an_account(client: Client, db: None) -> None:
    response = client.post("/password/reset/", {"email": "stranger@example.org"})
    assert response.headers["Location"] == "/password/reset/sent/"
    assert not mail.outbox


@pytest.mark.parametrize(
    ("accept", "language"), [("", "es"), ("de", "es"), ("en-GB,en;q=0.8", "en"), ("es-MX", "es")]
)
def test_pages_speak_spanish_unless_the_browser_asks_for_english(
    accept: str, language: str, client: Client, db: None
) -> None:
    page = client.get("/login/", headers={"accept-language": accept}).content.decode()
    assert f'<html lang="{language}"' in page


def test_the_language_switch_is_remembered(
    browser: Callable[..., Client], live_model: object
) -> None:
    client = browser("moderator", "en")
    response = client.post("/language/", {"language": "es", "next": "/history/?toxic=true"})
    assert response.headers["Location"] == "/history/?toxic=true"
    assert "Historial" in client.get("/history/").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_theme_switch_is_remembered_on_pages_and_in_the_admin(
    theme: str, browser: Callable[..., Client], live_model: object
) -> None:
    client = browser("admin")
    response = client.post("/theme/", {"theme": theme, "next": "/history/"})
    assert response.headers["Location"] == "/history/"
    assert f'data-theme="{theme}"' in client.get("/").content.decode()
    assert f"theme-{theme}" in client.get("/admin/").content.decode()


def test_a_strange_theme_is_the_systems(browser: Callable[..., Client], live_model: object) -> None:
    client = browser("moderator")
    response = client.post("/theme/", {"theme": '"><script>', "next": "//evil.example"})
    assert response.headers["Location"] == "/start/"
    client.cookies["theme"] = "pink"
    assert 'data-theme="auto"' in client.get("/").content.decode()


def test_the_pill_says_what_is_live(browser: Callable[..., Client], live_model: object) -> None:
    assert "Modelo en servicio 1.0.0" in browser("moderator", "es").get("/").content.decode()


def test_the_pill_says_that_nothing_is_live(browser: Callable[..., Client], no_model: None) -> None:
    assert "pill-missing" in browser("moderator", "es").get("/history/").content.decode()
