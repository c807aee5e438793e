"""The analysis page, with and without htmx."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from moderation.models import Analysis
from moderation.presentation import gauge, segments

HTMX = {"hx-request": "true", "hx-target": "answer"}


def test_the_answer_shows_verdict_score_reasons_and_version(
    browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("moderator").post("/", {"text": "Eres un idiota", "language": "es"})
    page = response.content.decode()
    analysis = Analysis.objects.get()
    assert response.status_code == 200
    assert "Blocked" in page
    assert f"{analysis.toxicity_percentage}</strong>" in page
    assert re.search(r"<mark class=\"span-5\">[^<]*idiota", page)
    assert "weight 5 of 5" in page  # for those who hear the page
    assert "Model 1.0.0" in page
    assert f"/history/{analysis.pk}/" in page
    assert analysis.source == "web"


def test_htmx_gets_the_answer_alone(browser: Callable[..., Client], live_model: object) -> None:
    response = browser("moderator").post("/", {"text": "Eres un idiota"}, headers=HTMX)
    page = response.content.decode()
    assert "<html" not in page
    assert "Blocked" in page


def test_what_was_folded_is_said(browser: Callable[..., Client], live_model: object) -> None:
    page = browser("moderator").post("/", {"text": "Eres un 1d10t4"}).content.decode()
    assert re.search(r"<span>1d10t4</span>.*<strong>idiota</strong>", page, re.DOTALL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is no text to analyse."),
        (" \n\t ", "There is no text to analyse."),
        ("x" * 10_001, "The text has 10,001 characters; at most 10,000 are possible."),
        ("a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_bad_text_is_refused_by_the_field_and_kept(
    text: str, message: str, browser: Callable[..., Client], live_model: object
) -> None:
    client = browser("moderator")
    whole = client.post("/", {"text": text})
    assert whole.status_code == 422
    assert message in whole.content.decode()
    if text.strip():
        assert text[:100] in whole.content.decode()
    part = client.post("/", {"text": text}, headers=HTMX)
    assert part.status_code == 422
    assert part.headers["HX-Reswap"] == "none"  # the earlier answer and the text stay
    assert message in part.content.decode()
    assert Analysis.objects.count() == 0


def test_lines_count_one_character_as_people_see_them(
    browser: Callable[..., Client], live_model: object
) -> None:
    text = "\r\n".join(["abcd"] * 2000)  # 9,999 characters and 1,999 that nobody typed
    assert browser("moderator").post("/", {"text": text}).status_code == 200
    assert Analysis.objects.get().text == text.replace("\r\n", "\n")


def test_without_a_model_nothing_is_stored_and_the_page_says_what_to_do(
    browser: Callable[..., Client], no_model: None
) -> None:
    response = browser("moderator").post("/", {"text": "Eres un idiota"})
    assert response.status_code == 503
    assert "python manage.py bootstrap" in response.content.decode()
    assert "Eres un idiota" in response.content.decode()
    assert Analysis.objects.count() == 0


def test_not_storing_leaves_no_trace(browser: Callable[..., Client], live_model: object) -> None:
    page = browser("moderator").post("/", {"text": "Eres un idiota", "private": "on"})
    assert Analysis.objects.count() == 0
    assert "Not stored" in page.content.decode()
    assert "/label/" not in page.content.decode()


def test_markup_in_a_comment_is_text(browser: Callable[..., Client], live_model: object) -> None:
    text = "<script>alert(1)</script> eres un <b>idiota</b> &amp;"
    client = browser("lead")
    pages = [client.post("/", {"text": text})]
    pk = Analysis.objects.get().pk
    pages += [client.get(p) for p in ("/history/", f"/history/{pk}/", f"/history/{pk}/delete/")]
    pages.append(client.get("/history/delete/"))
    for page in pages:
        html = page.content.decode()
        assert "<script>alert" not in html
        assert "<b>" not in html
        assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize("number", ["0", "1", "2"])
def test_examples_fill_the_field_without_a_script(
    number: str, browser: Callable[..., Client], live_model: object
) -> None:
    client = browser("moderator", "es")
    page = client.get("/").content.decode()
    example = re.findall(r'data-example="([^"]+)"', page)[int(number)]
    filled = client.get(f"/?example={number}").content.decode()
    assert re.search(rf"<textarea[^>]*>\n{re.escape(example)}</textarea>", filled)


@pytest.mark.parametrize("number", ["3", "-1", "x", "²"])
def test_other_examples_are_none(
    number: str, browser: Callable[..., Client], live_model: object
) -> None:
    page = browser("moderator").get("/", {"example": number})
    assert re.search(r"<textarea[^>]*>\n</textarea>", page.content.decode())


def test_an_unknown_language_is_refused(browser: Callable[..., Client], live_model: object) -> None:
    response = browser("moderator").post("/", {"text": "hola", "language": "fr"})
    assert response.status_code == 422
    assert Analysis.objects.count() == 0


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [("abcdef", 0)]),
        ([[1, 3, 2.0]], [("a", 0), ("bc", 5), ("def", 0)]),
        ([[0, 2, 2.0], [2, 4, 0.3]], [("ab", 5), ("cd", 1), ("ef", 0)]),
        ([[0, 2, 2.0], [2, 4, 0.1]], [("ab", 5), ("cdef", 0)]),  # next to nothing
        ([[0, 2, 0.3]], [("ab", 2), ("cdef", 0)]),  # the strongest of a kind text
        ([[0, 4, 1.0], [2, 6, 1.0]], [("ab", 3), ("cd", 5), ("ef", 3)]),  # they add up
        ([[4, 99, 1.0], [3, 3, 1.0], [0, 2, -1.0]], [("abcd", 0), ("ef", 5)]),
    ],
)
def test_segments_hold_the_whole_text_and_step_with_the_contribution(
    spans: list[list[float]], expected: list[tuple[str, int]]
) -> None:
    assert [(segment.text, segment.step) for segment in segments("abcdef", spans)] == expected


@pytest.mark.parametrize(
    ("review", "block"), [(0.05, 0.1), (0.4, 0.9), (0.9, 0.99), (0.5, 0.5), (0.3, 0.35)]
)
def test_threshold_labels_never_lie_on_each_other(review: float, block: float) -> None:
    places = gauge(0.5, {"review": review, "block": block})
    same_line = places["block_y"] == "54"
    room = {
        name: (100 * at - 24, 100 * at)
        if places[f"{name}_anchor"] == "end"
        else (100 * at, 100 * at + 24)
        for name, at in {"review": review, "block": block}.items()
    }
    assert not same_line or room["review"][1] <= room["block"][0]
    assert all(low >= 0 and high <= 100 for low, high in room.values())
