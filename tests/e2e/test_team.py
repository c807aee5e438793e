"""The team's pages in a browser: inviting and closing an account, and what axe and a phone say."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import TOXIC, Site, expect_drawn
from tests.e2e.test_accessibility import check


@pytest.fixture(scope="module")
def decided(site: Site) -> None:
    """Something that there are figures of."""
    for word, body in {
        "primero": {"action": "approve"},
        "segundo": {"action": "reject", "category": "insult"},
    }.items():
        [pk] = site.analyse(f"{TOXIC}, equipo {word}", author="eva")
        request = Request(
            f"{site.url}/api/analyses/{pk}/decision",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Token {site.token}", "Content-Type": "application/json"},
        )
        urlopen(request, timeout=30).close()


def test_a_lead_invites_somebody_and_closes_the_account_again(
    decided: None, open_page: Callable[..., Page]
) -> None:
    lead = open_page(language="en")
    lead.goto("/team/")
    lead.get_by_role("link", name="Members").click()
    lead.get_by_role("link", name="Invite").click()
    lead.get_by_label("Moderators").check()
    lead.get_by_role("button", name="Make the link").click()
    link = lead.get_by_label("Link").input_value()
    check(lead)

    member = open_page("", language="en", width=390, height=800)
    member.goto(link)
    check(member)
    member.get_by_label("Name to log in with").fill("nueva")
    member.get_by_label("Password", exact=True).fill("green tram 43")
    member.get_by_label("The password again").fill("green tram 43")
    member.get_by_role("button", name="Make the account").click()
    member.goto("/queue/")
    expect(member.get_by_role("main")).to_be_visible()
    assert member.url.endswith("/queue/")

    lead.goto("/team/members/?name=nueva")
    lead.get_by_role("link", name="nueva").click()
    lead.get_by_role("link", name="Close the account").click()
    lead.get_by_role("button", name="Close the account").click()
    expect(lead.get_by_text("The account of nueva is closed.")).to_be_visible()
    member.goto("/queue/")
    assert "/login/" in member.url
    member.errors_expected = True
    member.goto(link)  # works once
    expect(member.get_by_label("Name to log in with")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("es", "light", 1280), ("en", "dark", 390)]
)
def test_pages_have_no_violations_and_fit(
    language: str, theme: str, width: int, decided: None, open_page: Callable[..., Page]
) -> None:
    page = open_page(language=language, theme=theme, width=width)
    for path in (
        "/team/",
        "/team/members/",
        "/team/members/1/",
        "/team/members/2/",
        "/team/members/2/close/",
        "/team/invite/",
        "/team/webhooks/",
        "/team/data/",
        "/team/data/erase/?author=eva",
    ):
        page.goto(path)
        check(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto("/team/")
    for summary in page.locator("main .chart summary").all():
        summary.click()
    check(page)
    for image in page.locator("main .chart picture:visible img").all():
        expect_drawn(image)
