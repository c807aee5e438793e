"""What is to be decided without its score is in no other place before that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from moderation.models import QueueItem
from moderation.selectors import blind_items, visible_analyses
from moderation.selectors_queue import item_detail
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from tests.moderation.items import stored, waiting

TEXT = "Eres un cretino de cuidado"
FAINT = 0.1371  # a score that an audit has, and that stands nowhere by chance


@pytest.fixture(params=["audit", "review"])
def blind(request, settings, integration: User) -> QueueItem:
    """A waiting item whose score is hidden: drawn from what is allowed, or from what is not."""
    settings.AUDIT_SHARE = settings.BLIND_SHARE = 1.0
    score = FAINT if request.param == "audit" else 0.6371
    return waiting(TEXT, score=score, owner=integration, author="lucia", source="foro")


@pytest.fixture
def pages(moderator: User) -> Client:
    client = Client()
    client.force_login(moderator)
    return client


def test_moderators_find_it_in_no_list_figure_or_filter(blind, moderator, api_as) -> None:
    api = api_as(moderator)
    for query in ("", "?search=cretino", "?author=lucia", "?decision=allow", "?decision=review"):
        assert api.get(f"/api/analyses{query}").json()["results"] == []
        assert api.get(f"/api/analyses/stats{query}").json()["total_analyses"] == 0
    number = blind.analysis_id
    assert api.get(f"/api/analyses/{number}").status_code == 404
    assert api.post(f"/api/analyses/{number}/label", {"toxic": True}).status_code == 404


def test_nor_on_a_page(blind, pages) -> None:
    history = pages.get("/history/").content.decode()
    assert "cretino" not in history
    assert "1 texto se decide sin ver su puntuación" in history
    assert pages.get(f"/history/{blind.analysis_id}/").headers["Location"] == (
        f"/queue/{blind.pk}/"
    )
    label = pages.post(f"/history/{blind.analysis_id}/label/", {"toxic": "true"})
    assert label.status_code == 404
    item = pages.get(f"/queue/{blind.pk}/").content.decode()
    assert "cretino" in item
    assert f"/history/{blind.analysis_id}/" not in item.replace("/appeal/", "")


def test_nor_in_the_export_and_the_administration(blind, make_user, client) -> None:
    helper = make_user("helper", "Moderators", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="export"))
    client.force_login(helper)
    for address in ("/api/analyses/export", "/history/export/"):
        assert b"cretino" not in b"".join(client.get(address).streaming_content)
    assert "cretino" not in client.get("/admin/moderation/analysis/").content.decode()
    assert client.get(f"/admin/moderation/analysis/{blind.analysis_id}/change/").status_code == 302


def test_it_is_decided_all_the_same_and_shown_then(blind, moderator, api_as, pages) -> None:
    api, number = api_as(moderator), blind.analysis_id
    assert api.post(f"/api/analyses/{number}/claim", {}).status_code == 200
    assert api.post(f"/api/analyses/{number}/report", {}).status_code == 201
    assert api.post(f"/api/analyses/{number}/decision", {"action": "approve"}).status_code == 201
    assert api.get(f"/api/analyses/{number}").json()["score"] == blind.analysis.score
    assert pages.get(f"/history/{number}/").status_code == 200


def test_who_sent_it_and_leads_see_it(blind, integration, lead, api_as) -> None:
    for user in (integration, lead):
        answer = api_as(user).get(f"/api/analyses/{blind.analysis_id}")
        assert answer.json()["score"] == blind.analysis.score
        assert api_as(user).get("/api/analyses/stats").json()["total_analyses"] == 1


def test_a_moderator_sees_the_answer_to_ones_own_text(settings, moderator: User) -> None:
    settings.BLIND_SHARE = 1.0
    own = stored(TEXT, owner=moderator)
    assert blind_items().get().analysis == own
    assert list(visible_analyses(moderator)) == [own]


def test_the_authors_history_beside_another_item_does_not_tell(
    blind, settings, moderator: User, lead: User, integration: User
) -> None:
    settings.BLIND_SHARE = 0.0
    other = waiting("Vaya payaso", owner=integration, author="lucia")
    told = item_detail(claim_item(item=other, by=moderator), moderator).author
    assert told is not None
    assert (told.analyses, told.toxic, told.last) == (2, 1, [])
    known = item_detail(other, lead).author
    assert known is not None
    assert known.last == [blind.analysis]


def test_people_without_the_queue_are_told_nothing(blind, make_user: Callable[..., User]) -> None:
    reader = make_user("reader")
    reader.user_permissions.add(Permission.objects.get(codename="view_analysis"))
    client = Client()
    client.force_login(reader)
    assert client.get(f"/history/{blind.analysis_id}/").status_code == 404
    decide_item(item=blind, action="approve", by=make_user("judge", "Leads"))
    assert client.get(f"/history/{blind.analysis_id}/").status_code == 200
