"""WCAG 2.2 AA as far as axe sees it, on every page, in both themes and languages; the phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page, expect

from tests.e2e.conftest import KIND, TOXIC, Site

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],  # of what is in order axe need not tell
}
# each theme and each language once: one does not depend on the other
THEMES_AND_LANGUAGES = [("light", "es"), ("dark", "en")]


@pytest.fixture(scope="module")
def filled(site: Site) -> int:
    """A history with every kind of verdict; returns one analysis that has everything."""
    site.analyse(KIND, TOXIC, "Qué asco de comentario, cállate", "Thank you, that helped a lot")
    [first] = site.analyse(TOXIC, external_id="a1", author="ana", context="Sobre la obra")
    site.analyse("Eres un 1d10t4, lo retiro", external_id="a1", url="https://example.org/a/1")
    return first


def check(page: Page, rules: dict[str, object] = RULES) -> None:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    # what still fades in has colours that nobody has to read
    violations = page.evaluate(
        """async (rules) => {
          document.getAnimations().forEach((animation) => animation.finish());
          return (await axe.run(rules)).violations;
        }""",
        rules,
    )
    result = AxeResults({"violations": violations})
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize(("theme", "language"), THEMES_AND_LANGUAGES)
def test_pages_have_no_violations(
    theme: str, language: str, filled: int, open_page: Callable[..., Page]
) -> None:
    page = open_page(theme=theme, language=language)
    page.errors_expected = True  # the page for 404 is one of them
    page.goto("/")
    check(page)
    page.locator("#text").fill(TOXIC + " 1d10t4")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict-word")).to_be_visible()
    check(page)
    page.locator("#text").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").locator("p")).to_be_visible()
    check(page)
    page.goto("/history/")
    check(page)
    page.locator(".filters summary").click()
    check(page)
    page.keyboard.press("Escape")
    page.locator(".answer-yes").first.click()
    expect(page.locator(".toast")).to_be_visible()
    check(page)
    page.locator(".cell-actions a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    for path in (
        "/history/?search=zzzz&decision=block",
        "/history/?search=z",
        f"/history/{filled}/",
        f"/history/{filled}/delete/",
        "/history/delete/?decision=block",
        "/password/",
        "/nothing-here",
    ):
        page.goto(path)
        check(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_before_logging_in_have_no_violations(
    theme: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("", theme=theme)
    for path in ("/login/", "/password/reset/", "/password/reset/sent/", "/password/reset/x/y/"):
        page.goto(path)
        check(page)
    page.goto("/login/")
    page.get_by_label("Nombre de usuario").fill("nadie")
    page.get_by_label("Contraseña").fill("nada")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_is_wider_than_the_phone(
    width: int, filled: int, open_page: Callable[..., Page]
) -> None:
    page = open_page(width=width, height=844, has_touch=True)
    pages = ("/", "/queue/", "/history/", f"/history/{filled}/", "/history/delete/", "/team/")
    for path in (*pages, "/modelo/", "/password/"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    check(page)


def test_the_phone_has_its_sections_at_the_bottom_and_rows_as_cards(
    filled: int, open_page: Callable[..., Page]
) -> None:
    page = open_page(width=390, height=844, has_touch=True)
    page.goto("/history/")
    bar = page.get_by_role("navigation", name="Secciones").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] == pytest.approx(844, abs=1)
    assert (
        page.locator("#list tbody tr").first.evaluate("(e) => getComputedStyle(e).display")
        == "grid"
    )
    for button in page.locator("#list tbody tr").first.locator("button, .icon-button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24


def test_on_the_phone_the_answer_comes_into_sight(open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844, has_touch=True)
    page.goto("/")
    page.locator("#text").fill(TOXIC)
    page.get_by_role("button", name="Analizar").click()
    expect(page.locator(".verdict-word")).to_be_in_viewport()


def test_who_wants_no_motion_gets_none(open_page: Callable[..., Page]) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto("/")
    page.locator("#text").fill(TOXIC)
    page.keyboard.press("Control+Enter")
    page.locator(".answer-yes").click()
    duration = page.locator(".toast").evaluate("(e) => getComputedStyle(e).animationDuration")
    assert float(duration.rstrip("s")) < 0.001


@pytest.mark.parametrize("language", ["es", "en"])
def test_pages_load_without_a_complaint_of_the_browser(
    language: str, filled: int, open_page: Callable[..., Page]
) -> None:
    """Console and content security policy are silent (`open_page` looks), nothing is too wide."""
    page = open_page(language=language)
    for path in (
        *("/", "/?example=1", "/history/", f"/history/{filled}/", f"/history/{filled}/delete/"),
        *("/history/delete/?decision=block", "/password/", "/admin/"),
        *(f"/admin/moderation/analysis/{filled}/change/", "/admin/moderation/analysis/"),
        *("/admin/auth/user/1/change/", "/admin/auth/group/add/", "/admin/modelops/modelversion/"),
        *("/admin/modelops/modelversion/1/change/", "/admin/modelops/modelversion/retrain-full/"),
        *("/admin/modelops/modelversion/1/delete/", "/admin/modelops/thresholdchange/add/"),
        *("/admin/modelops/trainingrun/", "/admin/modelops/mustpasssentence/add/"),
    ):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_admin_has_enough_contrast(
    theme: str, filled: int, open_page: Callable[..., Page]
) -> None:
    page = open_page(theme=theme)
    page.errors_expected = True  # axe's own attempts to load style sheets
    rules = RULES | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    for path in (
        *("/admin/", "/admin/moderation/analysis/", "/admin/auth/user/1/change/"),
        *(f"/admin/moderation/analysis/{filled}/change/", "/admin/auth/group/add/"),
        *("/admin/modelops/modelversion/1/delete/", "/admin/modelops/modelversion/retrain-full/"),
        *("/admin/modelops/modelversion/1/change/", "/admin/modelops/thresholdchange/add/"),
    ):
        page.goto(path)
        check(page, rules)


def test_the_page_of_the_api_has_no_violations(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/api/docs")
    operation = page.locator(".opblock-post").first
    expect(operation).to_be_visible()
    check(page)
    operation.locator(".opblock-summary-control").click()
    expect(operation.locator(".opblock-body")).to_be_visible()
    operation.get_by_role("button", name="Try it out").click()
    expect(operation.get_by_role("button", name="Execute")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Authorize").click()
    expect(page.locator(".dialog-ux")).to_be_visible()
    check(page)
