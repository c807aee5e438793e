"""The history: figures, filters, pages, right answers, deletion, export."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from moderation import selectors, sentence
from moderation.models import Analysis, AnalysisLabel
from moderation.services import AnalysisInput

HTMX = {"hx-request": "true"}


def rows(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<tr id="row-(\d+)"', page)]


def figures(page: str) -> list[str]:
    return re.findall(r"<dd>([^<]+)</dd>", page)


def test_figures_and_charts_are_of_the_current_filter(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota", "You are stupid", "Muchas gracias", "Thanks a lot, my friend")
    client = browser("moderator")
    page = client.get("/history/").content.decode()
    assert figures(page)[:4] == ["4", "2", "2", "50.0 %"]
    assert "answers.svg?v=2%2C2" in page
    toxic = client.get("/history/?toxic=true").content.decode()
    assert figures(toxic)[:4] == ["2", "0", "2", "100.0 %"]
    assert "answers.svg?v=0%2C2" in toxic
    assert len(rows(toxic)) == 2


def test_conditions_read_as_a_sentence_and_each_can_be_removed(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota")
    client = browser("moderator", "es")
    page = client.get("/history/?decision=block&language=es&search=idiota").content.decode()
    for words in ("bloqueados", "en español", "que contienen «idiota»"):
        assert f"<span>{words}</span>" in page
    assert 'href="/history/?search=idiota&amp;language=es"' in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("search=ab", "at least 3 characters"),
        ("decision=maybe", "maybe"),
        ("created_after=yesterday", "valid"),
        ("score_min=7", "less than or equal to 1"),
    ],
)
def test_a_bad_filter_is_explained_and_shows_nothing(
    query: str,
    message: str,
    browser: Callable[..., Client],
    stored: Callable[..., list[Analysis]],
) -> None:
    stored("Eres un idiota")
    client = browser("lead")
    response = client.get(f"/history/?{query}")
    page = response.content.decode()
    assert response.status_code == 200
    assert "This filter is not valid" in page
    assert message in page
    assert not rows(page)
    assert client.get(f"/history/delete/?{query}").status_code == 302
    assert client.get(f"/history/export/?{query}").status_code == 302


def test_pages_go_to_older_ones_and_back(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored(*(f"Comentario {n}" for n in range(120)))
    client = browser("moderator")
    seen: list[int] = []
    address = "/history/?language=es"
    Analysis.objects.update(language="es")
    for _page in range(3):
        page = client.get(address).content.decode()
        seen += rows(page)
        if found := re.search(r'rel="next" href="([^"]+)"', page):
            address = "/history/" + found[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer
    page = client.get("/history/" + newer[1].replace("&amp;", "&")).content.decode()
    assert rows(page) == seen[50:100]


def test_a_wrong_cursor_is_not_found(browser: Callable[..., Client], live_model: object) -> None:
    assert browser("moderator").get("/history/?cursor=x").status_code == 404


def test_figures_of_very_many_come_after_the_list(
    browser: Callable[..., Client],
    stored: Callable[..., list[Analysis]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored("Eres un idiota", "Muchas gracias", "Hola a todos")
    monkeypatch.setattr(selectors, "MANY", 2)
    client = browser("moderator")
    page = client.get("/history/").content.decode()
    assert "2+" in page
    assert 'hx-trigger="load"' in page
    assert 'href="?figures=1"' in page  # without a script
    assert not figures(page)
    part = client.get("/history/?figures=1", headers=HTMX | {"hx-target": "figures"})
    assert figures(part.content.decode())[0] == "3"
    assert "<html" not in part.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    browser: Callable[..., Client],
    stored: Callable[..., list[Analysis]],
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for analysis in stored(*(f"Comentario {n}" for n in range(60))):
        AnalysisLabel.objects.create(analysis=analysis, toxic=False, by=analysis.owner)
    client = browser("moderator")
    client.get("/history/")
    with django_assert_max_num_queries(16):
        client.get("/history/")


def test_a_right_answer_is_stored_and_the_row_comes_back(
    browser: Callable[..., Client],
    stored: Callable[..., list[Analysis]],
    person: Callable[[str], User],
) -> None:
    [analysis] = stored("Eres un idiota")
    client = browser("moderator")
    response = client.post(
        f"/history/{analysis.pk}/label/", {"toxic": "false", "place": "row"}, headers=HTMX
    )
    page = response.content.decode()
    assert rows(page) == [analysis.pk]
    assert "Right answer stored: not toxic." in page
    assert 'name="toxic" value="false" aria-pressed="true"' in page
    label = AnalysisLabel.objects.get()
    assert (label.toxic, label.by) == (False, person("moderator"))


def test_a_changed_answer_can_be_undone(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    client = browser("moderator")
    for toxic in ("true", "false"):
        response = client.post(
            f"/history/{analysis.pk}/label/", {"toxic": toxic, "place": "row"}, headers=HTMX
        )
    undo = response.content.decode().split("Undo")[0].rsplit("<form", 1)[1]
    fields = dict(re.findall(r'name="(toxic|category|place)" value="([^"]*)"', undo))
    assert fields == {"toxic": "true", "category": "", "place": "row"}
    client.post(f"/history/{analysis.pk}/label/", fields, headers=HTMX)
    assert [label.toxic for label in AnalysisLabel.objects.order_by("id")] == [True, False, True]


def test_without_a_script_the_answer_leads_back_to_where_it_was_given(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    client = browser("moderator")
    url = f"/history/{analysis.pk}/label/"
    response = client.post(url, {"toxic": "true", "next": "/history/?toxic=true"}, follow=True)
    assert response.redirect_chain == [("/history/?toxic=true", 302)]
    assert "Right answer stored: toxic." in response.content.decode()
    elsewhere = client.post(url, {"toxic": "true", "next": "https://evil.example/"})
    assert elsewhere.headers["Location"] == f"/history/{analysis.pk}/"


@pytest.mark.parametrize("data", [{}, {"toxic": "perhaps"}, {"toxic": "true", "category": "x"}])
def test_a_bad_answer_is_refused(
    data: dict[str, str], browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    assert browser("moderator").post(f"/history/{analysis.pk}/label/", data).status_code == 400
    assert AnalysisLabel.objects.count() == 0


def test_deleting_one_asks_first_and_erases_the_text(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis, other] = stored("Eres un idiota", "Muchas gracias")
    client = browser("lead")
    url = f"/history/{analysis.pk}/delete/"
    assert "Eres un idiota" in client.get(url).content.decode()
    assert "<html" not in client.get(url, headers=HTMX).content.decode()  # the dialog
    response = client.post(url, {"next": "/history/?language=es"}, follow=True)
    assert response.redirect_chain[0][0] == "/history/?language=es"
    analysis.refresh_from_db()
    assert analysis.text == ""
    assert client.get(f"/history/{analysis.pk}/").status_code == 404
    assert client.post(url).status_code == 404
    assert rows(client.get("/history/").content.decode()) == [other.pk]


def test_deleting_with_htmx_tells_the_page(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    response = browser("lead").post(f"/history/{analysis.pk}/delete/", headers=HTMX)
    assert "history-changed" in response.headers["HX-Trigger"]
    assert "Analysis deleted." in response.content.decode()


def typed_form(page: str) -> str:
    found = re.search(r'name="newest" value="(\d+)"', page)
    assert found
    return found[1]


def test_deleting_what_is_shown_needs_the_number(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota", "You are stupid", "Muchas gracias")
    client = browser("lead")
    url = "/history/delete/?toxic=true"
    page = client.get(url).content.decode()
    assert "Delete 2 analyses?" in page
    assert "Muchas gracias" not in page
    newest = typed_form(page)
    for wrong in ("", "1", "3", "two", "-2"):
        refused = client.post(url, {"typed": wrong, "newest": newest})
        assert refused.status_code == 422
        assert Analysis.objects.filter(erased_at=None).count() == 3
    stored("Eres un idiota, otra vez")  # arrives while the question is open: stays
    done = client.post(url, {"typed": "2", "newest": newest}, follow=True)
    assert "2 analyses deleted." in done.content.decode()
    left = set(Analysis.objects.filter(erased_at=None).values_list("text", flat=True))
    assert left == {"Muchas gracias", "Eres un idiota, otra vez"}


def test_deleting_all_says_that_it_is_all(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota")
    page = browser("lead").get("/history/delete/").content.decode()
    assert "this is the whole history" in page


def test_nobody_deletes_what_they_do_not_see(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    client = browser("lead")
    page = client.get("/history/delete/?search=gracias").content.decode()
    assert "Nothing to delete" in page
    client.post("/history/delete/?search=gracias", {"typed": "0", "newest": "0"})
    analysis.refresh_from_db()
    assert analysis.erased_at is None


def test_export_is_what_is_shown(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    stored("Eres un idiota", "Muchas gracias")
    response = browser("lead").get("/history/export/?toxic=true")
    lines = b"".join(response).decode().strip().splitlines()
    assert response.headers["Content-Type"].startswith("text/csv")
    assert len(lines) == 2
    assert "Eres un idiota" in lines[1]


def test_one_analysis_shows_everything(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    first, second = stored(
        AnalysisInput(
            text="Eres un idiota",
            external_id="c1",
            author="ana",
            context="Sobre la plaza",
            source="foro",
            url="https://example.org/c/1",
        ),
        AnalysisInput(text="Perdón, no eres nada de eso", external_id="c1"),
    )
    client = browser("moderator")
    client.post(f"/history/{first.pk}/label/", {"toxic": "true", "category": "insult"})
    page = client.get(f"/history/{first.pk}/").content.decode()
    for words in (
        "ana",
        "Sobre la plaza",
        "foro",
        'href="https://example.org/c/1"',
        f'href="/history/{second.pk}/"',
        "<strong>Toxic</strong> · Insult",
        "moderator",
        "&quot;model_version&quot;: &quot;1.0.0&quot;",
        '<mark class="span-5">',
    ):
        assert words in page, words
    assert f'href="/history/{first.pk}/"' in client.get(f"/history/{second.pk}/").content.decode()


def test_an_address_that_is_no_web_page_is_no_link(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    Analysis.objects.update(url="javascript:alert(1)")
    page = browser("moderator").get(f"/history/{analysis.pk}/").content.decode()
    assert 'href="javascript:' not in page
    assert "javascript:alert(1)" in page


def test_numbers_and_dates_follow_the_language(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    [analysis] = stored("Eres un idiota")
    moment = timezone.now().replace(year=2024, month=3, day=5, hour=10, minute=30)
    Analysis.objects.update(created_at=moment, score=0.4321)
    spanish = browser("moderator", "es").get(f"/history/{analysis.pk}/").content.decode()
    english = browser("moderator", "en").get(f"/history/{analysis.pk}/").content.decode()
    assert "43,2" in spanish
    assert "5 de marzo de 2024" in spanish
    assert "43.2" in english
    assert "March 5, 2024" in english
    assert sentence.grouped(12345)


def test_recent_ones_are_of_the_last_day(
    browser: Callable[..., Client], stored: Callable[..., list[Analysis]]
) -> None:
    old, _new = stored("Eres un idiota", "Muchas gracias")
    Analysis.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert figures(browser("moderator").get("/history/").content.decode())[5] == "1"
