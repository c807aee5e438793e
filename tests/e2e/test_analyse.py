"""Analysing in the browser: by mouse, by keyboard, on the phone, with and without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import KIND, TOXIC


def analyse(page: Page, text: str) -> None:
    page.goto("/")
    page.get_by_label("Comentario", exact=True).fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict-word")).to_be_visible()


def test_the_answer_comes_without_a_page_load(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    page.evaluate("window.same = true")
    page.get_by_label("Comentario", exact=True).fill(TOXIC)
    expect(page.locator("#count")).to_contain_text(f"{len(TOXIC)} / 10.000")
    page.get_by_role("button", name="Analizar").click()
    expect(page.locator(".verdict-word")).to_have_text("Bloqueado")
    gauge = page.get_by_role("img", name="Puntuación")
    expect(gauge).to_be_visible()
    expect(gauge).to_contain_text("revisar")
    expect(gauge).to_contain_text("bloquear")
    expect(page.locator("mark", has_text="idiota").first).to_be_visible()
    expect(page.locator(".bars li").first).to_contain_text("Toxicidad")
    assert page.evaluate("window.same")
    page.get_by_role("link", name="en el historial").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Análisis")


def test_a_kind_comment_is_allowed(open_page: Callable[..., Page]) -> None:
    page = open_page()
    analyse(page, KIND)
    expect(page.locator(".verdict-word")).to_have_text("Permitido")


def test_clear_empties_field_and_answer(open_page: Callable[..., Page]) -> None:
    page = open_page()
    analyse(page, TOXIC)
    page.get_by_role("link", name="Limpiar").click()
    expect(page.get_by_label("Comentario", exact=True)).to_have_value("")
    expect(page.get_by_label("Comentario", exact=True)).to_be_focused()
    expect(page.locator(".verdict-word")).to_have_count(0)
    expect(page.locator("#count")).to_contain_text("0 / 10.000")


def test_examples_fill_the_field(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    example = page.locator(".example").nth(1)
    example.click()
    expect(page.get_by_label("Comentario", exact=True)).to_have_value(example.inner_text())
    page.keyboard.press("Control+Enter")
    expect(page.locator(".folds")).to_contain_text("idiota")


def test_an_error_is_by_the_field_and_the_text_stays(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.errors_expected = True  # the browser's console notes the status 422
    analyse(page, TOXIC)
    field = page.get_by_label("Comentario", exact=True)
    long = "palabra " * 1251
    field.fill(long)
    expect(page.locator("#count")).to_have_class("count count-over")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("el máximo es 10.000")
    expect(field).to_have_value(long)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("hola")
    expect(page.get_by_role("alert")).to_be_empty()
    field.fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("No hay texto")


def test_without_the_server_the_text_stays_and_the_page_says_so(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    page.errors_expected = True
    page.goto("/")
    page.get_by_label("Comentario", exact=True).fill(TOXIC)
    page.context.set_offline(True)
    page.get_by_role("button", name="Analizar").click()
    expect(page.locator(".toast-error")).to_contain_text("El servidor no responde")
    expect(page.get_by_label("Comentario", exact=True)).to_have_value(TOXIC)


def test_after_the_session_ended_the_page_goes_to_log_in(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Comentario", exact=True).fill(TOXIC)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Analizar").click()
    page.wait_for_url("**/login/?next=/")


def test_markup_is_shown_and_does_not_run(open_page: Callable[..., Page]) -> None:
    page = open_page()
    text = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> idiota"
    analyse(page, text)
    expect(page.locator(".quote")).to_contain_text("<script>window")
    expect(page.locator(".quote").locator("script, img")).to_have_count(0)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا يا غبي idiota",
        "😡" * 500 + " idiota",
        "i͚̖̜͍̠͔͕̟̭̣d̸̨͙̲̮i̘͚̰͔o̞̬̘t̘͔̮a̱̬ eres" * 20,
        "a" * 9_990,
        "palabra\n" * 1200,
    ],
)
def test_strange_texts_leave_the_page_usable(text: str, open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844)
    page.goto("/")
    page.locator("#text").evaluate("(field, text) => { field.value = text; }", text)
    page.locator("#text").press("Control+Enter")
    expect(page.locator(".verdict-word")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name="Analizar")).to_be_visible()


def test_everything_works_without_a_script(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.locator(".example").nth(1).click()
    page.get_by_role("button", name="Analizar").click()
    expect(page.locator(".verdict-word")).to_be_visible()
    page.locator(".answer-yes").click()
    expect(page.locator(".toast")).to_contain_text("Respuesta guardada: tóxico")
    page.get_by_role("link", name="Historial").first.click()
    page.locator(".cell-actions a").first.click()
    page.get_by_role("button", name="Eliminar").click()
    expect(page.locator(".toast")).to_contain_text("Análisis eliminado")
    page.locator(".filters summary").click()
    page.get_by_label("Veredicto").select_option("block")
    page.get_by_role("button", name="Mostrar").click()
    expect(page.locator(".chip-on")).to_contain_text("bloqueados")


def test_by_keyboard_alone(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/history/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Saltar al contenido")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.goto("/")
    field = page.get_by_label("Comentario", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("y/o idiota")  # "/" in a field is a character
    expect(field).to_have_value("y/o idiota")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict-word")).to_be_visible()
    for _step in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.answer-yes')"):
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator(".answer-yes")).to_have_attribute("aria-pressed", "true")


def test_menus_open_and_close_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    account = page.locator(".tool-account")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Salir")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Salir")).to_be_hidden()
    expect(account).to_be_focused()


def test_the_theme_changes_at_once_and_is_remembered(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Comentario", exact=True).fill(TOXIC)
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_label("Tema").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Oscuro").click()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert light != dark
    expect(page.get_by_label("Comentario", exact=True)).to_have_value(TOXIC)
    page.goto("/admin/")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.goto("/history/")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_a_draft_survives_the_change_of_language(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Comentario", exact=True).fill(TOXIC)
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("button", name="Analyse")).to_be_visible()
    expect(page.get_by_label("Comment", exact=True)).to_have_value(TOXIC)
    page.reload()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")
