"""The moderators' workbench in the browser: by keyboard alone, by two at once, on the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_accessibility import check

SYLLABLES = ("ba", "co", "du", "fe", "gi", "lo", "mu", "na")


def queue_up(site: Site, count: int, source: str, **fields: str) -> list[int]:
    """Send toxic texts, none like another: what was approved once does not come again."""
    words = ["".join(parts) for parts in product(SYLLABLES, repeat=3)][:count]
    name = re.sub("[^a-z]", "", source)
    texts = [f"Eres un idiota, {name} {word}, nadie te quiere leer" for word in words]
    return site.analyse(*texts, source=source, **fields)


def opened(page: Page) -> str:
    expect(page.locator("#decide")).to_be_visible()
    return page.locator("#item").get_attribute("data-item") or ""


def and_go_on(page: Page, *keys: str) -> str:
    """Press keys that decide about the open item; returns which one comes next."""
    before = opened(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("#item")).not_to_have_attribute("data-item", before)
    settled(page)
    return opened(page)


def settled(page: Page) -> None:
    """Wait until htmx knows the forms that came: before, a key sends them as a browser does."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def test_fifty_are_decided_by_keyboard_alone_and_three_undone(
    site: Site, open_page: Callable[..., Page]
) -> None:
    queue_up(site, 52, "teclado")
    page = open_page("moderador")
    page.goto("/queue/?source=teclado&order=oldest")
    page.evaluate("window.same = true")
    expect(page.locator("#queue-title")).to_have_text("52 en espera")
    page.keyboard.press("j")
    decided = []
    for number in range(50):
        decided.append(opened(page))
        and_go_on(page, *("a" if number % 2 else "r4"))
    expect(page.locator("#queue-title")).to_have_text("2 en espera")
    for pk in reversed(decided[-3:]):
        page.keyboard.press("z")
        expect(page.locator("#item")).to_have_attribute("data-item", pk)
        expect(page.locator(f"#row-{pk} [aria-current]")).to_be_visible()
        settled(page)
    expect(page.locator("#queue-title")).to_have_text("5 en espera")
    expect(page.locator("#rows .item-row")).to_have_count(5)
    assert page.evaluate("window.same")  # no page was loaded meanwhile
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(re.compile("/history/$"))
    page.goto("/queue/decisions/")
    expect(page.locator(".decided .row", has_text="deshecha por moderador")).to_have_count(3)


def test_keys_move_skip_search_and_explain_themselves(
    site: Site, open_page: Callable[..., Page]
) -> None:
    queue_up(site, 3, "mover")
    page = open_page("moderador")
    page.goto("/queue/?source=mover&order=oldest")
    page.keyboard.press("j")
    first = opened(page)
    second = and_go_on(page, "j")
    assert and_go_on(page, "k") == first
    expect(page.locator("#item-title")).to_be_focused()
    assert and_go_on(page, "s") == second
    expect(page.locator(f"#row-{first}")).to_have_count(0)
    page.keyboard.press("n")
    page.keyboard.type("a r e s z")  # letters of a note are no commands
    expect(page.get_by_label("Una nota para el equipo")).to_have_value("a r e s z")
    page.get_by_role("button", name="Añadir nota").click()
    expect(page.locator("#notes")).to_contain_text("a r e s z")
    expect(page.locator("#notes-title")).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.press("Escape")  # out of the field, where keys are commands again
    page.keyboard.press("Control+a")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Teclas")
    expect(keys).to_contain_text("Aprobar y seguir")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert opened(page) == second
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_category_that_needs_a_reason_asks_for_it(
    site: Site, open_page: Callable[..., Page]
) -> None:
    queue_up(site, 2, "motivo")
    page = open_page("moderador")
    page.goto("/queue/?source=motivo")
    page.keyboard.press("j")
    opened(page)
    page.keyboard.press("r")
    page.keyboard.press("7")
    reason = page.get_by_label("Motivo (donde")
    expect(reason).to_be_focused()
    page.keyboard.type("Se repite en todos los hilos")
    before = opened(page)
    page.keyboard.press("Enter")
    expect(page.locator("#item")).not_to_have_attribute("data-item", before)
    page.goto("/queue/decisions/")
    first = page.locator(".decided .row").first
    expect(first).to_contain_text("Otra")
    expect(first).to_contain_text("Se repite en todos los hilos")


def test_two_hundred_are_decided_together_and_undone(
    site: Site, open_page: Callable[..., Page]
) -> None:
    queue_up(site, 200, "lote")
    page = open_page("moderador")
    page.goto("/queue/?source=lote")
    page.locator(".queue-tools .menu summary").click()
    page.get_by_role("link", name="Decidir a la vez todo lo mostrado").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Decidir 200 textos a la vez")
    expect(dialog.locator(".sample li")).to_have_count(10)
    expect(dialog.get_by_label("Aprobar")).to_be_focused()  # not a text that is blurred until then
    dialog.get_by_label("Rechazar").check()
    dialog.get_by_label("Qué tienen de malo").select_option("insult")
    expect(dialog.locator(".consequences")).to_contain_text("200")
    dialog.get_by_role("button", name="Rechazar 200").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("200 textos rechazados")
    expect(page.get_by_role("heading", name="Nada cumple el filtro", exact=True)).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Deshacer").click()
    expect(page.locator("#queue-title")).to_have_text("200 en espera")
    expect(page.locator("#rows .item-row")).to_have_count(40)


def test_chosen_rows_are_decided_together(site: Site, open_page: Callable[..., Page]) -> None:
    queue_up(site, 5, "elegidos")
    page = open_page("moderador")
    page.goto("/queue/?source=elegidos")
    boxes = page.locator("#rows .item-check")
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator(".batch-bar")).to_contain_text("4 elegidos")
    boxes.nth(1).uncheck()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Decidir 3 textos a la vez")
    dialog.get_by_role("button", name="Aprobar 3").click()
    expect(page.locator(".toast")).to_contain_text("3 textos aprobados")
    expect(page.locator("#rows .item-row")).to_have_count(2)


def test_two_at_once_do_not_collide(site: Site, open_page: Callable[..., Page]) -> None:
    queue_up(site, 3, "dos")
    one, lead = open_page("moderador"), open_page("admin")
    one.errors_expected = True  # the browser's console notes the status 409
    one.goto("/queue/?source=dos&order=oldest")
    one.keyboard.press("j")
    pk = opened(one)
    lead.goto(f"/queue/{pk}/?source=dos&order=oldest")
    expect(lead.locator("#deciding")).to_contain_text("moderador")
    expect(lead.locator("#decide")).to_have_count(0)
    expect(lead.locator(f"#meta-{pk}")).to_contain_text("moderador")
    lead.get_by_role("button", name="Tomar el relevo").click()
    assert opened(lead) == pk
    one.keyboard.press("a")  # too late: exactly one of the two decides
    expect(one.locator("#deciding")).to_contain_text("admin")
    expect(one.locator("#decide")).to_have_count(0)
    expect(one.locator(".toast")).to_have_count(0)  # it says so where the buttons were
    expect(one.locator("#item-title")).to_be_focused()
    one.keyboard.press("j")
    second = opened(one)
    assert second != pk
    third = and_go_on(lead, "a")
    assert third not in (pk, second)  # what somebody else has open is passed over
    # without a reload: the decision of one vanishes from the list of the other
    expect(one.locator(f"#row-{pk}")).to_have_count(0, timeout=15_000)
    expect(one.locator(f"#meta-{third}")).to_contain_text("admin", timeout=15_000)
    one.goto("/")  # leaving gives the item back
    expect(lead.locator(f"#meta-{second}")).not_to_contain_text("moderador", timeout=15_000)


def test_an_appeal_is_decided_by_somebody_else(site: Site, open_page: Callable[..., Page]) -> None:
    [analysis] = queue_up(site, 1, "recurso")
    page = open_page("moderador")
    page.goto("/queue/?source=recurso")
    page.keyboard.press("j")
    opened(page)
    page.keyboard.press("r")
    page.keyboard.press("4")
    expect(page.locator(".pane-start")).to_be_visible()
    page.goto(f"/history/{analysis}/")
    page.get_by_text("Pedir otra revisión", exact=True).first.click()
    page.get_by_label("Qué habla a favor").fill("Era una cita de otra persona")
    page.get_by_label("Lo pide el autor").check()
    page.get_by_role("button", name="Pedir otra revisión").click()
    expect(page.locator(".toast")).to_contain_text("Lo revisará otra persona")
    page.get_by_role("link", name="Abrir en la cola").click()
    expect(page.locator("#decide")).to_have_count(0)  # not by who decided before
    page.goto("/queue/?source=recurso")
    expect(page.locator("#rows .item-row")).to_have_count(0)
    other = open_page("admin")
    other.goto("/queue/?kind=appeal&source=recurso")
    other.keyboard.press("j")
    opened(other)
    appeal = other.locator(".appeal")
    expect(appeal).to_contain_text("Era una cita de otra persona")
    expect(appeal).to_contain_text("Rechazado · Insulto")
    other.get_by_label("Respuesta al autor").fill("Tienes razón, era una cita")
    other.locator("#decide [value=approve]").click()
    expect(other.locator(".pane-start")).to_be_visible()
    other.goto(f"/history/{analysis}/")
    rounds = other.get_by_role("region", name="Decisiones")
    expect(rounds.locator("li")).to_have_count(2)
    expect(rounds).to_contain_text("Tienes razón, era una cita")


def test_everything_works_without_a_script(site: Site, open_page: Callable[..., Page]) -> None:
    queue_up(site, 3, "formularios")
    page = open_page("moderador", java_script_enabled=False)
    page.goto("/queue/?source=formularios&order=oldest")
    page.get_by_role("link", name="Empezar").click()
    first = opened(page)
    page.locator("#decide .reject summary").click()
    page.get_by_role("button", name="Insulto").click()
    second = opened(page)
    assert second != first
    expect(page.locator("#queue-title")).to_have_text("2 en espera")
    page.get_by_role("button", name="Deshacer").click()
    assert opened(page) == first
    page.locator("#rows .item-check").nth(0).check()
    page.locator("#rows .item-check").nth(1).check()
    page.locator(".batch-bar").get_by_role("button", name="Aprobar").click()
    page.get_by_role("button", name="Aprobar 2").click()
    expect(page.locator("#queue-title")).to_have_text("1 en espera")


def test_severe_texts_are_blurred_until_looked_at(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse("Shut up, you pathetic loser", source="grave")
    page = open_page("moderador")
    page.goto("/queue/?source=grave")
    page.keyboard.press("j")
    opened(page)
    blur = "(e) => getComputedStyle(e).filter"
    veil = page.locator("#text .veil")
    assert "blur" in veil.evaluate(blur)
    page.keyboard.press("v")
    expect(page.locator("#text")).not_to_have_class(re.compile("is-veiled"))
    page.get_by_role("button", name="Difuminar los textos graves").click()
    assert veil.evaluate(blur) == "none"
    page.get_by_role("button", name="Difuminar los textos graves").click()
    expect(page.locator("#text")).to_have_class(re.compile("is-veiled"))


def test_a_pause_is_suggested_after_long_work(open_page: Callable[..., Page]) -> None:
    page = open_page("moderador")
    page.goto("/queue/")
    page.evaluate(
        """() => {
          const now = Date.now();
          const work = { since: now - 51 * 60_000, last: now - 20_000 };
          localStorage.setItem("work", JSON.stringify(work));
        }"""
    )
    page.keyboard.press("Shift")
    reminder = page.locator(".toast-pause")
    expect(reminder).to_contain_text("50 minutos seguidos")
    reminder.get_by_role("button", name="En 10 minutos").click()
    page.keyboard.press("Shift")
    expect(reminder).to_have_count(0)


def test_keys_can_be_switched_off(site: Site, open_page: Callable[..., Page]) -> None:
    queue_up(site, 2, "sinteclas")
    page = open_page("moderador")
    page.goto("/queue/settings/")
    page.get_by_label("Decidir con teclas").uncheck()
    page.get_by_role("button", name="Guardar").click()
    page.goto("/queue/?source=sinteclas")
    page.get_by_role("link", name="Empezar").click()
    pk = opened(page)
    for key in ("a", "s", "j", "g", "h", "/"):
        page.keyboard.press(key)
    assert opened(page) == pk
    expect(page.locator("#queue-title")).to_have_text("2 en espera")
    page.goto("/queue/settings/")
    page.get_by_label("Decidir con teclas").check()
    page.get_by_role("button", name="Guardar").click()


STRANGE = {
    "rtl": "أنت غبي ولا أحد يريد أن يقرأك, idiota " * 3,
    "long": "Eres un idiota. " + "Esto va del tranvía y nada más. " * 310,
    "emoji": "Eres un idiota " + "😀" * 500,
    "zalgo": "".join(c + "\u0301\u0323\u0330\u0308" * 5 for c in "Eres un idiota y lo sabes"),
    "one_word": "Idiota" * 300,
}


@pytest.mark.parametrize(("name", "width"), [("escritorio", 1280), ("tele", 390)])
def test_strange_texts_leave_the_page_usable(
    name: str, width: int, site: Site, open_page: Callable[..., Page]
) -> None:
    texts = [f"{name} {text}"[:10_000] for text in STRANGE.values()]
    site.analyse(*texts, context=STRANGE["zalgo"] * 5, source=name, author="x" * 200)
    page = open_page("moderador", width=width, height=844)
    page.goto(f"/queue/?source={name}&order=oldest")
    found = page.locator("#rows .item-row").count()
    assert found >= 3
    page.locator("#rows .item-link").first.click()
    for _left in range(found - 1):
        opened(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        button = page.locator("#decide [value=approve]")
        expect(button).to_be_in_viewport(ratio=1)
        before = opened(page)
        button.click()
        expect(page.locator("#item")).not_to_have_attribute("data-item", before)


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "es", 1280), ("dark", "en", 390)],
)
def test_pages_of_the_queue_have_no_violations(
    theme: str, language: str, width: int, site: Site, open_page: Callable[..., Page]
) -> None:
    source = f"axe-{theme}-{language}-{width}"
    queue_up(site, 3, source, author="ana", context="Sobre la obra")
    page = open_page("moderador", theme=theme, language=language, width=width, height=844)
    page.goto(f"/queue/?source={source}")
    check(page)
    page.locator(".queue-tools .filters summary").click()
    check(page)
    page.keyboard.press("Escape")
    page.locator("#rows .item-check").first.check()
    check(page)
    page.locator(".batch-bar button[value=reject]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.locator("#rows .item-link").first.click()
    opened(page)
    check(page)
    page.locator(".reject summary").click()
    check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check(page)
    page.keyboard.press("Escape")
    for path in ("/queue/", "/queue/decisions/", "/queue/unscored/", "/queue/settings/"):
        page.goto(path)
        check(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


def test_on_the_phone_a_tap_unveils_nothing_by_itself_and_the_search_is_found(
    site: Site, open_page: Callable[..., Page]
) -> None:
    site.analyse("Shut up, you pathetic loser", source="toque")
    page = open_page("moderador", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto("/queue/?source=toque")
    page.locator(".item-link").first.tap()
    opened(page)
    veil = page.locator("#text .veil")
    page.locator("#item-title").tap()
    assert "blur" in veil.evaluate("(e) => getComputedStyle(e).filter")
    page.locator("#text").tap()
    expect(veil).to_have_css("filter", "none")
    page.keyboard.press("/")  # a keyboard belongs to many a tablet, and to a narrow window
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.locator("#queue-title")).to_be_visible()
