"""The model page in the browser: keys, live parts, the phone, WCAG 2.2 AA, and no JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import KIND, TOXIC, Site, expect_drawn
from tests.e2e.test_accessibility import THEMES_AND_LANGUAGES, check

PAGE = "/modelo/"


@pytest.fixture
def with_backup(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open the page of a site that has at least one backup."""

    def make(**options: object) -> Page:
        page = open_page(**options)
        page.goto(PAGE)
        if not page.locator("#backups .row").count():
            page.locator("#deed-backup").click()
            expect(page.locator("#backups .row")).not_to_have_count(0)
        return page

    return make


def test_a_backup_is_made_and_kept_with_the_keyboard_alone(
    with_backup: Callable[..., Page],
) -> None:
    page = with_backup()
    page.evaluate("window.same = true")
    before = page.locator("#backups .card-head span").inner_text()
    page.locator("#deed-backup").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Copia creada y comprobada")
    expect(page.locator("#backups .card-head span")).not_to_have_text(before)
    menu = page.locator("#backups summary").first
    menu.focus()
    page.keyboard.press("Enter")
    pin = page.locator("#backups details[open]").get_by_role("button", name="Fijar")
    expect(pin).to_be_visible()
    page.keyboard.press("Escape")
    expect(pin).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    pin.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#backups .mark", has_text="fijado").first).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Deshacer").click()
    expect(page.locator("#backups .mark", has_text="fijado")).to_have_count(0)
    assert page.evaluate("window.same")


def test_a_refresh_leaves_a_menu_open_and_the_focus_in_it(
    with_backup: Callable[..., Page],
) -> None:
    page = with_backup()
    backups = page.locator("#backups")

    def refresh() -> None:
        backups.evaluate("(part) => { part.old = true; }")
        page.evaluate("document.body.dispatchEvent(new Event('model-changed'))")
        expect(backups).not_to_have_js_property("old", True)

    menu = backups.locator("summary").first
    menu.focus()
    page.keyboard.press("Enter")
    last = backups.locator("details[open] .menu-item").last
    last.focus()
    refresh()
    expect(last).to_be_focused()
    page.keyboard.press("Escape")
    refresh()
    expect(backups.locator("details[open]")).to_have_count(0)
    expect(menu).to_be_focused()


def test_restoring_asks_with_the_consequences_in_words(
    with_backup: Callable[..., Page],
) -> None:
    page = with_backup()
    opener = page.locator("#backups .row-tools > a").first
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No se borra ninguna etiqueta ni ningún análisis")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_label("Por qué").fill("Prueba de restauración")
    dialog.get_by_role("button", name="Restaurar").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast").last).to_contain_text("vuelve a estar en servicio")
    expect(page.locator("#overview")).to_contain_text("Prueba de restauración")
    expect(page.locator("#workers")).to_contain_text("al día", timeout=15_000)


def test_a_training_that_waits_shows_itself_and_is_cancelled(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    page.goto(PAGE)
    page.evaluate("window.same = true")
    page.locator("#deed-quick").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("run_worker")  # nobody works on the queue here
    dialog.get_by_role("button", name="Reentrenar rápido").click()
    expect(page.locator("#live progress")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("run_worker")
    page.locator("#cancel-run").click()
    dialog.get_by_role("button", name="Cancelar el entrenamiento").click()
    expect(page.locator("#live progress")).to_have_count(0)
    expect(page.locator("#runs .state").first).to_have_text("cancelado")
    assert page.evaluate("window.same")


def test_thresholds_are_tried_on_real_analyses(site: Site, open_page: Callable[..., Page]) -> None:
    site.analyse(TOXIC, KIND)
    page = open_page()
    page.goto(PAGE)
    limits = page.locator("#limits")
    limits.locator("[name=review_es]").fill("99,8")
    limits.locator("[name=block_es]").fill("99,9")
    limits.get_by_role("button", name="Ver qué cambiaría").click()
    expect(limits.locator(".preview h3")).to_contain_text("cambiar")
    expect(limits.locator(".change-examples")).to_contain_text(TOXIC)
    limits.locator("[name=reason]").fill("Prueba de umbrales")
    limits.get_by_role("button", name="Guardar").click()
    expect(page.locator(".toast").last).to_contain_text("Umbrales guardados")
    expect(limits).to_contain_text("Prueba de umbrales")
    limits.get_by_role("link", name="Volver a los de la versión").click()
    page.get_by_role("dialog").get_by_role("button", name="Volver").click()
    expect(limits).not_to_contain_text("Prueba de umbrales")


def test_a_silent_server_is_told_in_place(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.errors_expected = True  # the browser notes the requests that failed
    page.goto(PAGE)
    page.route("**/modelo/live/**", lambda route: route.abort())
    expect(page.locator("#live .stale-note")).to_be_visible(timeout=30_000)
    assert page.locator(".toast-error").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_timeline_is_drawn_for_every_width(theme: str, open_page: Callable[..., Page]) -> None:
    for width, size in ((1280, "wide"), (900, "medium"), (390, "narrow")):
        page = open_page(theme=theme, width=width)
        page.goto(PAGE)
        image = page.locator("#timeline img:visible")
        expect(image).to_have_count(1)
        expect_drawn(image)
        source = image.evaluate("(i) => i.currentSrc")
        assert f"/{size}.svg" in source
        assert f"theme={theme}" in source
        assert image.get_attribute("alt")
        page.locator(".as-table summary").click()
        expect(page.locator("#timeline tbody tr").first).to_contain_text("1.0.0")


@pytest.mark.parametrize(("theme", "language"), THEMES_AND_LANGUAGES)
def test_the_model_pages_have_no_violations(
    theme: str, language: str, with_backup: Callable[..., Page]
) -> None:
    page = with_backup(theme=theme, language=language)
    check(page)
    page.locator(".as-table summary").click()
    page.locator("#backups summary").first.click()
    check(page)
    page.keyboard.press("Escape")
    page.locator("#backups .row-tools > a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.locator("#limits button[name=preview]").click()
    expect(page.locator("#limits .preview")).to_be_visible()
    check(page)
    limits = ("thresholds/", "thresholds/carry/")
    for path in ("versions/1.0.0/", "retrain/full/", *limits, "sentences/"):
        page.goto(PAGE + path)
        check(page)


@pytest.mark.parametrize("width", [390, 320])
def test_nothing_of_the_model_is_wider_than_the_phone(
    width: int, with_backup: Callable[..., Page]
) -> None:
    page = with_backup(width=width, height=844, has_touch=True)
    name = page.locator("#backups .row-tools > a").first.get_attribute("href")
    assert name
    others = ("versions/1.0.0/", "retrain/full/", "thresholds/carry/", "sentences/")
    for path in (PAGE, name, *(PAGE + other for other in others)):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    page.goto(PAGE)
    for button in page.locator("#main .button, #main summary, #main .button-quiet").all():
        if box := button.bounding_box():
            assert min(box["width"], box["height"]) >= 24
    check(page)


def test_without_javascript_the_same_forms_do_the_same(
    site: Site, browser: Browser, session_of: Callable[[str], object]
) -> None:
    context = browser.new_context(
        base_url=site.url,
        locale="es",
        java_script_enabled=False,
        storage_state=session_of("admin"),
    )
    page = context.new_page()
    page.goto(PAGE)
    page.locator("#deed-backup").click()
    expect(page).to_have_url(re.compile(r"/modelo/#backups$"))
    expect(page.locator(".toast")).to_contain_text("Copia creada y comprobada")
    page.locator("#backups .row-tools > a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("¿Restaurar la versión 1.0.0")
    page.get_by_role("link", name="Dejarlo así").click()
    page.locator("#limits [name=review_en]").fill("20")
    page.locator("#limits [name=block_en]").fill("90")
    page.get_by_role("button", name="Ver qué cambiaría").click()
    expect(page.get_by_role("button", name="Guardar")).to_be_visible()
    context.close()


def test_others_find_no_way_to_the_model(open_page: Callable[..., Page]) -> None:
    page = open_page("moderador")
    page.errors_expected = True  # the browser's console notes the status 403
    page.goto("/")
    expect(page.get_by_role("navigation").get_by_role("link", name="Modelo")).to_have_count(0)
    page.goto(PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sin permiso")
