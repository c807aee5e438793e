"""The page where leads and operators keep the sentences that no new version may get wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from modelops.models import MustPassSentence

PAGE = "/modelo/sentences/"
IDIOT = {"text": "eres un idiota", "language": "es", "toxic": "true"}


@pytest.mark.parametrize("role", ["lead", "operator"])
def test_a_sentence_is_added_listed_and_removed(
    role: str, browser: Callable[..., Client], live_model: object
) -> None:
    client = browser(role)
    page = client.post(PAGE, IDIOT, follow=True).content.decode()
    assert "Sentence added" in page
    sentence = MustPassSentence.objects.get()
    assert (sentence.text, sentence.toxic, sentence.language) == ("eres un idiota", True, "es")
    assert sentence.created_by.username == role
    assert "judged wrongly" not in page
    client.post(PAGE, IDIOT | {"text": "menudo zopenco"})
    assert "judged wrongly now" in client.get(PAGE).content.decode()
    page = client.post(f"{PAGE}{sentence.pk}/remove/", follow=True).content.decode()
    assert "Removed: “eres un idiota”" in page
    assert MustPassSentence.objects.get().text == "menudo zopenco"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"text": " "}, "required"),
        ({"text": "x" * 501}, "500"),
        ({"language": "fr"}, "not one of the available choices"),
        ({"toxic": ""}, "required"),
        ({}, "This sentence is there already."),
    ],
)
def test_what_can_not_be_added_is_said_in_its_place(
    wrong: dict[str, str], told: str, browser: Callable[..., Client], live_model: object
) -> None:
    MustPassSentence.objects.create(text="eres un idiota", language="es", toxic=False)
    response = browser("lead").post(PAGE, IDIOT | wrong)
    assert response.status_code == 422
    assert told in response.content.decode()
    assert MustPassSentence.objects.count() == 1


@pytest.mark.parametrize("role", ["moderator", "integration", "nobody"])
def test_nobody_else_gets_there(role: str, browser: Callable[..., Client]) -> None:
    sentence = MustPassSentence.objects.create(text="hola", language="es", toxic=False)
    client = browser(role)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, IDIOT).status_code == 403
    assert client.post(f"{PAGE}{sentence.pk}/remove/").status_code == 403
    assert MustPassSentence.objects.get() == sentence


def test_without_a_model_the_list_is_there(browser: Callable[..., Client], no_model: None) -> None:
    MustPassSentence.objects.create(text="<b>hola</b>", language="es", toxic=False)
    page = browser("lead").get(PAGE).content.decode()
    assert "&lt;b&gt;hola" in page
