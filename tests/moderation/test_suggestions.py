"""Suggested scores: from Perspective's call over a lead to the training."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from modelops import sources
from moderation.models import SuggestedScore
from moderation.services import erase_analysis, label_analysis, settle_suggestions
from moderation.services.retain import erase_expired
from tests.moderation.conftest import TOXIC

PAGE = "/team/suggestions/"
SUGGEST = "/v1alpha1/comments:suggestscore"


@pytest.fixture
def suggest(db, api_as, integration):
    client = api_as(integration)

    def post(text=TOXIC, **scores):
        said = {name: {"summaryScore": {"value": value}} for name, value in scores.items()}
        body = {"comment": {"text": text}, "languages": ["es"], "attributeScores": said}
        return client.post(SUGGEST, body | {"clientToken": "mine", "communityId": "foro"})

    return post


def taught():
    return [row for row in sources.labelled_texts() if row.source == "suggestions"]


def accept(by):
    return settle_suggestions(suggestions=SuggestedScore.objects.all(), accept=True, by=by)


def test_a_suggestion_is_kept_with_its_provenance(suggest, integration):
    response = suggest(TOXICITY=0.9)
    assert response.status_code == 200, response.content
    assert response.json() == {
        "clientToken": "mine",
        "requestedLanguages": ["es"],
        "detectedLanguages": ["es"],
    }
    kept = SuggestedScore.objects.get()
    assert (kept.text, kept.scores, kept.language) == (TOXIC, {"toxic": 0.9}, "es")
    assert (kept.suggested_by, kept.community, kept.state) == (integration, "foro", "waiting")
    suggest(TOXICITY=0.9)
    assert SuggestedScore.objects.count() == 1


@pytest.mark.parametrize(
    ("scores", "toxic", "weight", "categories"),
    [
        ({"TOXICITY": 1}, True, 0.2, {}),
        ({"TOXICITY": 0.75}, True, 0.1, {}),
        ({"TOXICITY": 0.25}, False, 0.1, {}),
        ({"TOXICITY": 0.9, "INSULT": 0.8, "THREAT": 0.1}, True, 0.16,
         {"insult": True, "threat": False}),
        ({"IDENTITY_ATTACK": 1}, True, 0.2, {"identity_hate": True}),
        # as Coral tells what its moderators decided
        ({"DELETED": 1}, True, 0.2, {}),
        ({"APPROVED": 1}, False, 0.2, {}),
        ({"APPROVED": 1, "TOXICITY": 0.75}, True, 0.1, {}),
    ],
)  # fmt: skip
def test_what_an_accepted_one_teaches(suggest, lead, scores, toxic, weight, categories):
    suggest(**scores)
    assert taught() == []
    assert sources.count_labels() == 0
    assert accept(lead) == 1
    (row,) = taught()
    assert (row.text, row.toxic, row.language) == (TOXIC, toxic, "es")
    assert row.weight == pytest.approx(weight)
    assert row.categories == categories
    assert sources.count_labels() == 1


@pytest.mark.parametrize("scores", [{"TOXICITY": 0.5}, {"INSULT": 0.1}])
def test_what_says_nothing_is_not_accepted(suggest, lead, scores):
    suggest(**scores)
    assert accept(lead) == 0
    assert SuggestedScore.objects.get().state == "waiting"


def test_what_people_said_goes_before(suggest, lead, analyses):
    (analysis,) = analyses(TOXIC)
    suggest(TOXICITY=0)
    accept(lead)
    assert len(taught()) == 1
    label_analysis(analysis=analysis, toxic=True, by=lead)
    assert taught() == []


def test_an_erased_text_is_erased_here_as_well(suggest, lead, analyses):
    (analysis,) = analyses(TOXIC)
    suggest(TOXICITY=1)
    erase_analysis(analysis=analysis, by=lead)
    assert not SuggestedScore.objects.exists()


def test_a_suggestion_goes_when_its_time_is_up(suggest, settings):
    settings.RETENTION_DAYS = 30
    suggest("uno", TOXICITY=1)
    SuggestedScore.objects.update(created_at=timezone.now() - timedelta(days=31))
    suggest("dos", TOXICITY=1)
    erase_expired()
    assert SuggestedScore.objects.get().text == "dos"


def test_leads_accept_and_reject_many_at_once(suggest, api_as, lead):
    for text in ("uno", "dos", "tres"):
        suggest(text, TOXICITY=1)
    client = api_as(lead)
    listed = client.get("/api/suggestions?state=waiting").json()["results"]
    assert [row["text"] for row in listed] == ["tres", "dos", "uno"]
    ids = [row["id"] for row in listed]
    done = client.post("/api/suggestions/settle", {"ids": ids[:2], "accept": True})
    assert done.json() == {"settled": 2}
    done = client.post("/api/suggestions/settle", {"ids": ids, "accept": False})
    assert done.json() == {"settled": 1}
    assert {row.text for row in taught()} == {"tres", "dos"}
    settled = SuggestedScore.objects.get(text="uno")
    assert (settled.state, settled.settled_by) == ("rejected", lead)


def test_others_do_not(suggest, api_as, moderator, integration):
    suggest(TOXICITY=1)
    body = {"ids": [SuggestedScore.objects.get().pk], "accept": True}
    for user in (moderator, integration):
        assert api_as(user).get("/api/suggestions").status_code == 403
        assert api_as(user).post("/api/suggestions/settle", body).status_code == 403
    assert taught() == []


def test_what_is_wrong_is_told(suggest, api_as, lead):
    client = api_as(lead)
    assert client.get("/api/suggestions?state=x").status_code == 400
    for body in ({}, {"ids": [], "accept": True}, {"ids": ["x"], "accept": True}, {"ids": [1]}):
        assert client.post("/api/suggestions/settle", body).status_code == 400
    assert suggest(FLIRTATION=1).status_code == 400
    refused = suggest()
    assert refused.status_code == 400
    assert refused.json()["error"]["details"][0]["errorType"] == "NO_REQUESTED_ATTRIBUTES"


def test_the_administration_is_for_leads(suggest, client, lead, moderator):
    suggest(TOXICITY=1)
    place = "/admin/moderation/suggestedscore/"
    for user, status in ((moderator, 403), (lead, 200)):
        user.is_staff = True
        user.save()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(place).status_code == status
    chosen = {"action": "accept", "_selected_action": [SuggestedScore.objects.get().pk]}
    assert client.post(place, chosen).status_code == 302
    assert len(taught()) == 1


def browser_of(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_leads_settle_them_on_a_page(suggest, lead):
    for text in ("uno", "dos", "tres", "cuatro"):
        suggest(text, TOXICITY=1)
    suggest("nada", TOXICITY=0.5)
    client = browser_of(lead)
    page = client.get(PAGE).content.decode()
    assert page.index("uno") < page.index("cuatro")
    first, second, *_rest = SuggestedScore.objects.order_by("pk").values_list("pk", flat=True)
    assert client.post(PAGE, {"ids": [first], "accept": "1"}).status_code == 302
    assert client.post(PAGE, {"ids": [second], "reject": "1"}).status_code == 302
    shown = list(SuggestedScore.objects.values_list("pk", flat=True))
    told = client.post(PAGE, {"all": "1", "shown": shown, "accept": "1"}, follow=True)
    assert "2 suggestions accepted." in told.content.decode()
    assert {row.text for row in taught()} == {"uno", "tres", "cuatro"}
    assert "can only be rejected" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("chosen", [{}, {"ids": ["x"]}, {"ids": ["1" * 30]}, {"all": "1"}])
def test_on_the_page_something_has_to_be_chosen(suggest, lead, chosen):
    suggest(TOXICITY=1)
    answer = browser_of(lead).post(PAGE, chosen | {"accept": "1"})
    assert answer.status_code == 422
    assert "Choose at least one" in answer.content.decode()
    assert taught() == []


def test_others_do_not_get_to_the_page(suggest, moderator):
    suggest(TOXICITY=1)
    body = {"ids": [SuggestedScore.objects.get().pk], "accept": "1"}
    client = browser_of(moderator)
    assert {client.get(PAGE).status_code, client.post(PAGE, body).status_code} == {403}
    assert taught() == []
