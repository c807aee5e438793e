"""The history in the browser: right answers, deletion, filters, charts."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import KIND, TOXIC, Site, expect_drawn


def test_a_right_answer_changes_its_row_only_and_can_be_undone(
    site: Site, open_page: Callable[..., Page]
) -> None:
    [pk] = site.analyse(TOXIC)
    page = open_page("moderador")
    page.goto("/history/")
    page.evaluate("window.same = true")
    row = page.locator(f"#row-{pk}")
    row.get_by_role("button", name="No tóxico").click()
    expect(row.locator(".answer-no")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".toast").last).to_contain_text("Respuesta guardada: no tóxico")
    row.get_by_role("button", name="Tóxico", exact=True).click()
    expect(row.locator(".answer-yes")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Deshacer").click()
    expect(row.locator(".answer-no")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.same")
    page.goto(f"/history/{pk}/")
    expect(page.locator(".log li")).to_have_count(3)  # nothing was overwritten


def test_deleting_asks_in_a_dialog_and_keeps_the_place(
    site: Site, open_page: Callable[..., Page]
) -> None:
    first, second = site.analyse(TOXIC, KIND, source="borrar")
    page = open_page()
    page.goto("/history/?source=borrar")
    total = page.locator(".figures dd").first
    expect(total).to_have_text("2")
    page.locator(f"#row-{first} .cell-actions a").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(TOXIC)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator(f"#row-{first} .cell-actions a").click()
    dialog.get_by_role("link", name="Cancelar").click()
    expect(dialog).to_be_hidden()
    page.locator(f"#row-{first} .cell-actions a").click()
    dialog.get_by_role("button", name="Eliminar").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(f"#row-{first}")).to_have_count(0)
    expect(page.locator(f"#row-{second}")).to_be_visible()
    expect(page.locator(".toast")).to_contain_text("Análisis eliminado")
    expect(total).to_have_text("1")  # the figures follow


def test_deleting_what_is_shown_needs_its_number(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse(TOXIC, KIND, TOXIC, source="limpieza")
    page = open_page()
    page.errors_expected = True  # the browser's console notes the status 422
    page.goto("/history/?source=limpieza")
    page.get_by_role("link", name="Eliminar estos").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("¿Eliminar 3 análisis?")
    page.get_by_label("escribir el número 3").fill("2")
    page.get_by_role("button", name="Eliminar").click()
    expect(page.get_by_role("alert")).to_contain_text("No se ha eliminado nada")
    page.get_by_label("escribir el número 3").fill("3")
    page.get_by_role("button", name="Eliminar").click()
    expect(page.locator(".toast")).to_contain_text("3 análisis eliminados")


def test_filters_work_at_once_and_are_in_the_address(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse(TOXIC, KIND, source="filtros", author="ana")
    page = open_page()
    page.goto("/history/?source=filtros")
    page.locator(".filters summary").click()
    page.get_by_label("Veredicto").select_option("block")
    expect(page.locator("#sentence .chip-on")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"\?decision=block&source=filtros$"))
    expect(page.locator(".figures dd").first).to_have_text("1")
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("gracias")
    expect(page.get_by_role("heading", name="Sin resultados")).to_be_visible()
    page.locator(".chip-on", has_text="bloqueados").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("gracias")
    page.go_back()
    expect(page.get_by_role("heading", name="Sin resultados")).to_be_visible()


def test_the_search_of_every_page_leads_to_the_history(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse("Un texto con la palabra girasol")
    page = open_page()
    page.goto("/")
    page.locator("#search").fill("girasol")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(1)


def test_charts_are_drawn_in_both_themes(site: Site, open_page: Callable[..., Page]) -> None:
    site.analyse(TOXIC, KIND)
    for theme in ("light", "dark"):
        page = open_page(theme=theme)
        page.goto("/history/")
        images = page.locator(".chart img:visible")
        expect(images).to_have_count(3)
        for image in images.all():
            assert f"theme={theme}" in (image.get_attribute("src") or "")
            expect_drawn(image)
            assert image.get_attribute("alt")


def test_the_admin_works_under_the_policy(site: Site, open_page: Callable[..., Page]) -> None:
    [pk] = site.analyse(TOXIC, source="admin")
    page = open_page()
    page.goto("/admin/moderation/analysis/")
    page.locator(f"input[name=_selected_action][value='{pk}']").check()
    page.locator("select[name=action]").select_option("label_toxic")
    page.get_by_role("button", name="Ir", exact=True).click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.goto(f"/admin/moderation/analysis/{pk}/change/")
    expect(page.locator("#content")).to_contain_text(TOXIC)
    page.goto("/admin/auth/user/add/")
    expect(page.get_by_label("Nombre de usuario")).to_be_visible()


def test_the_api_documentation_works_under_the_policy(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/api/docs")
    expect(page.locator("#swagger-ui")).to_contain_text("/api/analyze", timeout=20_000)
