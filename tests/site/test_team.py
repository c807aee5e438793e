"""The team's pages: figures, members, invitations, webhooks, data."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from knox.models import AuthToken

from moderation import charts, charts_team
from moderation.models import Analysis, Invitation, ReviewDecision, Webhook
from moderation.services.decide_item import decide_item
from tests.moderation.items import stored as keep
from tests.moderation.items import waiting
from tests.moderation.receiver import Receiver

DAY = "2026-11-24|"
MONTH = ",".join(["3"] * charts_team.DAYS)
CHARTS = {
    "throughput": f"{DAY}{MONTH}|{MONTH}|{MONTH}",
    "waiting": f"{DAY}{MONTH}|{MONTH}",
    "agreement": f"{DAY}{MONTH.replace('3', '', 4)}",
    "versions": "1.0.0:3/4,1.1.0:0/0",
    "overturns": "approved:1/9,insult:0/3",
}
SECRET = re.compile(r'id="(?:link|token|secret)" type="text" value="([^"]+)"')


def shown_secret(page: str) -> str:
    found = SECRET.search(page)
    assert found
    return found[1]


@pytest.fixture
def decided(live_model: object, person: Callable[[str], User]) -> ReviewDecision:
    return decide_item(
        item=waiting(owner=person("integration")),
        action="reject",
        category="insult",
        by=person("moderator"),
    )


def test_figures_are_told_as_words_charts_and_tables(
    browser: Callable[..., Client], decided: ReviewDecision
) -> None:
    page = browser("lead").get("/team/").content.decode()
    assert "100.0 %" in page  # the model had said the same
    for name in CHARTS:
        size = r'" alt="[^"]*" width="(\d+)" height="(\d+)"'
        tag = rf'<img src="(/team/chart/{name}\.svg[^"]+theme=light){size}'
        [(address, width, height)] = re.findall(tag, page)
        drawn = browser("lead").get(address.replace("&amp;", "&"))
        assert f'viewBox="0 0 {width} {height}"' in drawn.content.decode()  # nothing jumps
    assert page.count("<table>") == len(CHARTS)
    assert page.count('alt=""') == 0
    spanish = browser("lead", "es").get("/team/").content.decode()
    assert "100,0 %" in spanish


def test_without_decisions_the_page_says_so(
    browser: Callable[..., Client], live_model: object
) -> None:
    assert "No decisions yet" in browser("lead").get("/team/").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_drawings_only(name: str, theme: str) -> None:
    for suffix in ("", "-narrow"):
        drawn = charts.draw(name + suffix, CHARTS[name], theme, painters=charts_team.PAINTERS)
        assert "<script" not in drawn.svg
        assert 'style="' not in drawn.svg


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("throughput", ""),
        ("throughput", f"{DAY}{MONTH}"),
        ("throughput", f"2026-13-40|{MONTH}|{MONTH}|{MONTH}"),
        ("throughput", f"0001-01-01|{MONTH}|{MONTH}|{MONTH}"),
        ("waiting", f"{DAY}{MONTH}|{MONTH},3"),
        ("waiting", f"{DAY}{MONTH}|{MONTH.replace('3', '-3', 1)}"),
        ("agreement", f"{DAY}{MONTH.replace('3', '1' * 10, 1)}"),
        ("versions", "<b>:1/2"),
        ("versions", ",".join(["1.0.0:1/2"] * 11)),
        ("overturns", "other_things:1/2"),
        ("answers", "1,2"),
    ],
)
def test_other_charts_are_not_found(
    name: str, figures: str, browser: Callable[..., Client], live_model: object
) -> None:
    response = browser("lead").get(f"/team/chart/{name}.svg", {"v": figures})
    assert response.status_code == 404


def test_a_new_member_joins_by_the_link(
    browser: Callable[..., Client], live_model: object, person: Callable[[str], User]
) -> None:
    person("lead")
    group = Group.objects.get(name="Moderators")
    answer = browser("lead").post("/team/invite/", {"groups": [group.pk]})
    assert "no-store" in answer["Cache-Control"]
    link = shown_secret(answer.content.decode())
    listed = browser("lead").get("/team/members/").content.decode()
    assert "Open invitations" in listed
    assert link.partition("=")[2] not in listed
    newcomer = Client(headers={"accept-language": "en"})
    page = newcomer.get(link).content.decode()
    assert "lead invites to ToxiGuard" in page
    data = {"invitation": link.partition("=")[2], "username": "nueva"}
    weak = newcomer.post("/join/", data | {"password": "1", "again": "1"})
    assert weak.status_code == 422
    taken = newcomer.post(
        "/join/", data | {"username": "LEAD", "password": "right horse 9", "again": "right horse 9"}
    )
    assert "This name is taken" in taken.content.decode()
    good = {"password": "right horse 9", "again": "right horse 9"}
    joined = newcomer.post("/join/", data | good)
    assert joined.status_code == 302
    assert newcomer.get("/queue/").status_code == 200
    again = Client().post("/join/", data | good | {"username": "otra"})
    assert again.status_code == 404
    assert not User.objects.filter(username="otra").exists()


@pytest.mark.parametrize("query", ["", "?invitation=", "?invitation=guess"])
def test_without_a_link_nobody_joins(query: str, client: Client, db: None) -> None:
    response = client.get(f"/join/{query}")
    assert response.status_code == 404
    assert "<form method" not in response.content.decode().split("<main")[1]


def test_who_is_logged_in_is_told_to_log_out_first(
    browser: Callable[..., Client], live_model: object
) -> None:
    answer = browser("admin").post("/team/invite/", {"groups": [Group.objects.first().pk]})
    secret = shown_secret(answer.content.decode()).partition("=")[2]
    data = {"invitation": secret, "username": "x", "password": "right horse 9"}
    page = browser("moderator").post("/join/", data | {"again": "right horse 9"})
    assert "This browser is logged in as moderator" in page.content.decode()
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("typed", ["9" * 40, "-1", "x", "1e3", ""])
def test_groups_that_no_number_names_are_refused(
    typed: str, browser: Callable[..., Client], person: Callable[[str], User]
) -> None:
    client = browser("lead")
    asked = client.post("/team/invite/", {"groups": typed, "email": ""})
    assert asked.status_code == 422
    given = client.post(f"/team/members/{person('moderator').pk}/groups/", {"groups": typed})
    assert given.status_code == 422
    assert person("moderator").groups.count() == 1
    assert not Invitation.objects.exists()


def test_groups_that_a_lead_does_not_have_are_not_offered(
    browser: Callable[..., Client], live_model: object, person: Callable[[str], User]
) -> None:
    member = person("moderator")
    client = browser("lead")
    operators = Group.objects.get(name="Operators")
    page = client.get(f"/team/members/{member.pk}/").content.decode()
    assert "Leads</label>" in page
    assert "Operators" not in page
    url = f"/team/members/{member.pk}/groups/"
    assert client.post(url, {"groups": [operators.pk]}).status_code == 422
    leads = Group.objects.get(name="Leads")
    assert client.post(url, {"groups": [leads.pk]}).status_code == 302
    assert [group.name for group in member.groups.all()] == ["Leads"]


def test_an_account_is_closed_after_a_question_and_opened_again(
    browser: Callable[..., Client], live_model: object, person: Callable[[str], User]
) -> None:
    member = person("moderator")
    client = browser("lead")
    url = f"/team/members/{member.pk}/"
    assert "Close the account of moderator?" in client.get(f"{url}close/").content.decode()
    member.refresh_from_db()
    assert member.is_active
    told = client.post(f"{url}close/", follow=True).content.decode()
    assert "The account of moderator is closed." in told
    client.post(f"{url}open/")
    member.refresh_from_db()
    assert member.is_active
    refused = client.post(f"/team/members/{person('operator').pk}/close/", follow=True)
    assert "permissions that you don&#x27;t have" in refused.content.decode()


def test_a_token_is_shown_once_and_revoked(
    browser: Callable[..., Client], live_model: object, person: Callable[[str], User]
) -> None:
    member = person("integration")
    client = browser("lead")
    url = f"/team/members/{member.pk}/"
    token = shown_secret(client.post(f"{url}token/", {"days": ""}).content.decode())
    assert token not in client.get(url).content.decode()
    headers = {"authorization": f"Token {token}"}
    assert Client().get("/api/analyses", headers=headers).status_code == 200
    key = AuthToken.objects.get().token_key
    client.post(f"{url}revoke/", {"key": key})
    assert Client().get("/api/analyses", headers=headers).status_code == 401
    assert client.post(f"{url}token/", {"days": "0"}).status_code == 422
    own = client.post(f"/team/members/{person('moderator').pk}/token/", {"days": ""}, follow=True)
    assert "would bear their name" in own.content.decode()


def test_a_webhook_is_added_tried_and_removed(
    browser: Callable[..., Client], decided: ReviewDecision, person: Callable[[str], User], settings
) -> None:
    client = browser("lead")
    data = {"owner": person("integration").pk, "url": "https://127.0.0.1/x"}
    refused = client.post("/team/webhooks/", data)
    assert refused.status_code == 422
    assert "private network" in refused.content.decode()
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with Receiver() as receiver:
        page = client.post("/team/webhooks/", data | {"url": receiver.url}).content.decode()
        webhook = Webhook.objects.get()
        assert shown_secret(page) == webhook.secret
        assert "no worker" in page.lower()
        url = f"/team/webhooks/{webhook.pk}/"
        told = client.post(f"{url}test/", follow=True).content.decode()
        assert "The test message was taken, with status 200." in told
        assert webhook.secret not in told
    assert "Make a new secret?" in client.get(f"{url}secret/").content.decode()
    assert shown_secret(client.post(f"{url}secret/").content.decode()) != webhook.secret
    assert "so already" in client.post(f"{url}again/", follow=True).content.decode()
    assert "Remove this webhook?" in client.get(f"{url}remove/").content.decode()
    client.post(f"{url}remove/")
    assert not Webhook.objects.get().active


def test_an_author_is_erased_once_the_number_was_typed(
    browser: Callable[..., Client], live_model: object
) -> None:
    keep("Eres un idiota", author="ana", source="foro")
    client = browser("lead")
    url = "/team/data/erase/?author=ana&source="
    page = client.get(url).content.decode()
    assert "Erase everything of ana?" in page
    newest = re.search(r'name="newest" value="(\d+)"', page)[1]
    later = keep("Mientras tanto", author="ana")
    for wrong in ({"typed": "2", "reason": "x"}, {"typed": "1", "reason": ""}):
        assert client.post(url, {"newest": newest, **wrong}).status_code == 422
    done = client.post(url, {"newest": newest, "typed": "1", "reason": "Solicitud 9"}, follow=True)
    assert "1 analysis erased." in done.content.decode()
    assert Analysis.objects.exclude(text="").get() == later
    assert "Nothing to erase" in client.get("/team/data/erase/?author=Ana").content.decode()
    assert client.get("/team/data/erase/?author=").status_code == 422


def test_how_long_texts_stay_is_told(
    browser: Callable[..., Client], live_model: object, settings
) -> None:
    assert "Texts stay until" in browser("lead").get("/team/data/").content.decode()
    settings.RETENTION_DAYS = 90
    assert "erased 90 days after" in browser("lead").get("/team/data/").content.decode()


def test_exports_are_downloads(browser: Callable[..., Client], decided: ReviewDecision) -> None:
    answer = browser("lead").get("/team/data/decisions.csv")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"reject" in b"".join(answer)
    assert browser("lead").get("/team/data/passwords.csv").status_code == 404


def test_members_are_found_by_name(
    browser: Callable[..., Client], decided: ReviewDecision, django_assert_max_num_queries
) -> None:
    client = browser("lead")
    for number in range(20):
        User.objects.create(username=f"persona{number}")
    with django_assert_max_num_queries(25):
        page = client.get("/team/members/").content.decode()
    assert "persona7" in page
    found = client.get("/team/members/?name=PERSONA7").content.decode()
    assert "persona7" in found
    assert "persona8" not in found
    assert "Nobody of that name." in client.get("/team/members/?name=zz").content.decode()
