"""Term lists and policy in the browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_accessibility import check

HARMLESS = "La glicinia azul trepa por la tapia"


def decision(site: Site, text: str) -> str:
    request = Request(
        f"{site.url}/api/analyze",
        data=json.dumps({"text": text, "language": "es", "store": False}).encode(),
        headers={"Authorization": f"Token {site.token}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)["decision"]


def test_a_term_is_tried_saved_found_and_removed(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse(HARMLESS, language="es")
    page = open_page(language="en")
    page.goto("/terms/")
    page.get_by_label("Term", exact=True).fill("gl1c1nia")
    page.locator("#add-term").get_by_label("Found as").select_option("variants")
    page.locator("#add-term").get_by_label("What happens").select_option("block")
    page.get_by_label("Why").fill("for a test")
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator(".preview")).to_contain_text("glicinia")
    expect(page.locator(".preview")).to_contain_text("Allowed → Blocked")
    check(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("“gl1c1nia” is on the list.")
    time.sleep(1)  # what is promised: every process knows it by then
    assert {decision(site, HARMLESS) for _ in range(8)} == {"block"}
    page.get_by_role("link", name="Remove “gl1c1nia”").click()
    check(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".toast")).to_contain_text("was removed")


def test_the_policy_is_edited_without_javascript(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en", java_script_enabled=False)
    page.goto("/policy/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("English, Spam").fill("Adverts that nobody asked for.")
    page.get_by_label("Why it changes").fill("shorter")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Policy, version 2")
    expect(page.locator("#spam")).to_contain_text("Adverts that nobody asked for.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_have_no_violations_and_fit_the_phone(
    theme: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(theme=theme)
    for path in ("/terms/", "/terms/?search=zzzz", "/policy/", "/policy/edit/"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path)
        check(page)
        page.set_viewport_size({"width": 320, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
