"""The endpoints of webhooks, exports and of erasing an author, and the administration of them."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

from moderation.models import Analysis, Invitation, Webhook, WebhookDelivery
from moderation.services.decide_item import decide_item
from moderation.services.invitations import invite_member
from moderation.services.keep_webhooks import add_webhook
from moderation.services.tokens import issue_token
from tests.moderation.items import stored, waiting
from tests.moderation.receiver import Receiver

PUBLIC = "https://93.184.216.34/hooks"


@pytest.fixture
def webhook(integration, lead) -> Webhook:
    return add_webhook(owner=integration, url=PUBLIC, by=lead)


def test_the_secret_is_shown_once(api_as, lead, integration) -> None:
    client = api_as(lead)
    added = client.post("/api/webhooks", {"owner": "integration", "url": PUBLIC})
    assert added.status_code == 201
    answer = added.json()
    assert len(answer["secret"]) == 64
    assert answer["owner"] == "integration"
    [listed] = client.get("/api/webhooks").json()
    assert "secret" not in listed
    assert listed["url"] == PUBLIC
    changed = client.post(f"/api/webhooks/{answer['id']}/secret").json()
    assert changed["secret"] not in ("", answer["secret"])
    assert client.delete(f"/api/webhooks/{answer['id']}").status_code == 204
    gone = client.delete(f"/api/webhooks/{answer['id']}")
    assert (gone.status_code, gone.json()["code"]) == (409, "removed")
    assert client.get("/api/webhooks").json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner": "integration", "url": "https://10.0.0.1/"}, "url"),
        ({"owner": "integration", "url": "http://93.184.216.34/"}, "url"),
        ({"owner": "integration", "url": 7}, "url"),
        ({"owner": "nobody", "url": PUBLIC}, "owner"),
        ({"url": PUBLIC}, "owner"),
        ({"owner": "integration", "url": PUBLIC, "secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_named(api_as, lead, integration, body, field) -> None:
    answer = api_as(lead).post("/api/webhooks", body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Webhook.objects.exists()


def test_a_trial_answers_how_it_went(api_as, lead, integration, settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with Receiver() as receiver:
        receiver.status = 404
        webhook = add_webhook(owner=integration, url=receiver.url, by=lead)
        answer = api_as(lead).post(f"/api/webhooks/{webhook.pk}/test").json()
    assert (answer["taken"], answer["status"], answer["problem"]) == (False, 404, "status")
    assert "404" in answer["detail"]


def test_exports(api_as, lead, moderator) -> None:
    decide_item(item=waiting(), action="approve", by=moderator)
    answer = api_as(lead).get("/api/exports/decisions")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert len(b"".join(answer).splitlines()) == 2
    assert api_as(lead).get("/api/exports/passwords").status_code == 404
    assert api_as(lead).get("/api/exports/decisions?search=x").status_code == 400


def test_an_author_is_counted_then_erased(api_as, lead) -> None:
    stored(author="ana")
    client = api_as(lead)
    asked = client.post("/api/authors/erase", {"author": "ana", "dry_run": True})
    assert asked.json() == {"count": 1, "dry_run": True}
    assert Analysis.objects.get().text
    assert client.post("/api/authors/erase", {"author": "ana"}).status_code == 400
    done = client.post("/api/authors/erase", {"author": "ana", "reason": "Solicitud 3"})
    assert done.json() == {"count": 1, "dry_run": False}
    assert Analysis.objects.get().text == ""


# --- the administration ------------------------------------------------------------------------


@pytest.fixture
def admin(make_user) -> Client:
    client = Client(headers={"accept-language": "en"})
    boss = make_user("boss", is_superuser=True, is_staff=True)
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


def act(client: Client, model: str, action: str, *rows: object) -> None:
    numbers = [row.pk for row in rows]
    data = {"action": action, "_selected_action": numbers}
    answer = client.post(f"/admin/{model}/", data)
    assert answer.status_code == 302


def test_the_administration_closes_accounts_by_the_same_service(admin, moderator) -> None:
    issue_token(user=moderator)
    act(admin, "auth/user", "close", moderator)
    assert not User.objects.get(pk=moderator.pk).is_active
    assert not AuthToken.objects.filter(user=moderator).exists()
    assert LogEntry.objects.get().change_message == "Account closed"
    act(admin, "auth/user", "open_again", moderator)
    assert User.objects.get(pk=moderator.pk).is_active


def test_so_does_the_form_of_an_account(admin, moderator) -> None:
    issue_token(user=moderator)
    page = f"/admin/auth/user/{moderator.pk}/change/"
    data = {
        "username": "moderator",
        "first_name": "Ana",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00:00",
    }
    assert admin.post(page, data).status_code == 302
    moderator.refresh_from_db()
    assert (moderator.first_name, moderator.is_active) == ("Ana", False)
    assert not AuthToken.objects.filter(user=moderator).exists()


def test_the_administration_keeps_invitations_and_webhooks(admin, lead, webhook, moderator) -> None:
    invitation, _secret = invite_member(groups=[], by=lead)
    decide_item(item=waiting(owner=webhook.owner), action="approve", by=moderator)
    for page in ("invitation", "webhook", "webhookdelivery"):
        assert admin.get(f"/admin/moderation/{page}/").status_code == 200
    page = admin.get(f"/admin/moderation/webhook/{webhook.pk}/change/").content.decode()
    assert webhook.secret not in page
    act(admin, "moderation/invitation", "withdraw", invitation)
    assert Invitation.objects.get().withdrawn_at
    act(admin, "moderation/webhook", "remove", webhook)
    assert WebhookDelivery.objects.get().state == WebhookDelivery.State.GIVEN_UP
    act(admin, "moderation/webhook", "remove", webhook)  # refused, and told
    assert "was removed meanwhile" in admin.get("/admin/moderation/webhook/").content.decode()


def test_staff_without_the_permission_sees_none_of_it(admin, make_user, webhook) -> None:
    client = Client()
    staff = make_user("staff", "Moderators", is_staff=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    for page in ("invitation", "webhook", "webhookdelivery"):
        assert client.get(f"/admin/moderation/{page}/").status_code == 403
