"""Webhooks: what is told, signed and tried again; a real server receives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from modelops import maintenance
from moderation.errors_team import (
    AddressRefused,
    NotAnIntegration,
    NothingChanged,
    TooManyWebhooks,
    WebhookRemoved,
)
from moderation.models import ReviewDecision, Webhook, WebhookDelivery
from moderation.services import erase_analysis, send_webhooks
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from moderation.services.keep_webhooks import (
    MOST,
    add_webhook,
    remove_webhook,
    rotate_secret,
    send_again,
    try_webhook,
)
from moderation.services.members import deactivate_member, reactivate_member
from moderation.services.send_webhooks import BACK_OFF, drop_old_messages, send_due_messages
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import waiting
from tests.moderation.receiver import Receiver, is_genuine

State = WebhookDelivery.State


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def webhook(receiver: Receiver, integration: User, lead: User) -> Webhook:
    return add_webhook(owner=integration, url=receiver.url, by=lead)


@pytest.fixture
def decided(integration: User, moderator: User) -> Callable[..., ReviewDecision]:
    def make(text: str = "Eres un idiota", action: str = "reject", **how: str) -> ReviewDecision:
        item = waiting(text, owner=integration, external_id=text[-9:], author="ana", source="foro")
        category = "insult" if action == "reject" else ""
        return decide_item(item=item, action=action, category=category, by=moderator, **how)

    return make


def make_due() -> None:
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_decision_is_told_signed_and_without_the_text(webhook, receiver, decided) -> None:
    decision = decided(reason="Insulta a otra persona")
    assert send_due_messages() == 1
    [(path, headers, body)] = receiver.got
    assert path == "/hooks?from=toxiguard"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert is_genuine(webhook.secret, headers, body)
    assert not is_genuine(webhook.secret, headers, body + b" ")
    assert not is_genuine("another", headers, body)
    [message] = receiver.messages
    assert message["decision"] == {
        "id": decision.pk,
        "action": "reject",
        "mode": "single",
        "category": "insult",
        "reason": "Insulta a otra persona",
        "reply": "",
        "reverses": None,
        "created_at": decision.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert message["analysis"]["external_id"] == "un idiota"
    for private in (b"Eres", b'"ana"', b"moderator"):
        assert private not in body
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.attempts) == (State.DELIVERED, 200, 1)
    assert send_due_messages() == 0  # told once


def test_skipping_and_escalating_stay_among_moderators(
    webhook, receiver, decided, moderator
) -> None:
    decided(action="skip")
    escalated = decided("Otro texto", action="escalate")
    undo_decision(decision=escalated, by=moderator)
    assert send_due_messages() == 0
    assert not WebhookDelivery.objects.exists()


def test_undoing_is_told_in_order(webhook, receiver, decided, moderator) -> None:
    decision = decided()
    undo = undo_decision(decision=decision, by=moderator)
    assert send_due_messages() == 2
    told = [(m["decision"]["action"], m["decision"]["reverses"]) for m in receiver.messages]
    assert told == [("reject", None), ("undo", decision.pk)]
    assert receiver.messages[1]["decision"]["id"] == undo.pk


def test_nobody_outside_learns_that_it_was_an_audit(
    webhook, receiver, integration, moderator, settings
) -> None:
    settings.AUDIT_SHARE = 1.0
    item = waiting("Muchas gracias", score=0.1, owner=integration)
    decision = decide_item(item=item, action="approve", by=moderator)
    assert decision.mode == "audit"
    send_due_messages()
    assert receiver.messages[0]["decision"]["mode"] == "single"


def test_others_are_told_nothing(webhook, receiver, moderator) -> None:
    decide_item(item=waiting(owner=moderator), action="approve", by=moderator)
    assert send_due_messages() == 0


def test_what_was_erased_meanwhile_has_no_ids_left(webhook, receiver, decided, lead) -> None:
    decision = decided(reason="Insulta a otra persona")
    erase_analysis(analysis=decision.analysis, by=lead)
    send_due_messages()
    [message] = receiver.messages
    assert message["analysis"] == {
        "id": decision.analysis_id,
        "external_id": "",
        "source": "foro",
        "erased": True,
    }
    assert message["decision"]["reason"] == ""


def test_a_failure_is_tried_again_later(webhook, receiver, decided) -> None:
    decided()
    receiver.status = 500
    before = timezone.now()
    assert send_due_messages() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status, delivery.problem) == (State.WAITING, 500, "status")
    assert delivery.next_attempt_at >= before + BACK_OFF[0]
    receiver.status = 200
    assert send_due_messages() == 0  # not yet
    make_due()
    assert send_due_messages() == 1
    first, second = receiver.got
    assert first[1]["ToxiGuard-Delivery"] == second[1]["ToxiGuard-Delivery"]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 2)


def test_pauses_grow_and_end(webhook, receiver, decided, lead) -> None:
    decided()
    receiver.status = 503
    pauses = []
    while WebhookDelivery.objects.filter(state=State.WAITING).exists():
        make_due()
        before = timezone.now()
        send_due_messages()
        pause = WebhookDelivery.objects.get().next_attempt_at - before
        pauses.append(timedelta(minutes=round(pause.total_seconds() / 60)))
    assert pauses == [*BACK_OFF, BACK_OFF[-1]]
    assert WebhookDelivery.objects.get().state == State.GIVEN_UP
    receiver.status = 200
    assert send_again(webhook=webhook, by=lead) == 1
    assert send_due_messages() == 1
    with pytest.raises(NothingChanged):
        send_again(webhook=webhook, by=lead)


def test_old_messages_are_given_up_with_the_next_failure(webhook, receiver, decided) -> None:
    decided("Texto primero")
    decided("Texto segundo")
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=4))
    receiver.status = 500
    send_due_messages()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.filter(state=State.GIVEN_UP).count() == 2


def test_one_that_fails_holds_up_nobody_else(
    webhook, receiver, decided, make_user, lead, moderator
) -> None:
    other = make_user("other", "Integrations")
    with Receiver() as broken:
        broken.status = 500
        add_webhook(owner=other, url=broken.url, by=lead)
        for number in range(3):
            decided(f"Texto numero {number}")
            item = waiting(f"Otro texto numero {number}", owner=other)
            decide_item(item=item, action="approve", by=moderator)
        assert send_due_messages() == 3
        assert len(receiver.got) == 3
        assert len(broken.got) == 1  # the others wait with it
        assert send_due_messages() == 0
        assert len(broken.got) == 1


def test_redirects_are_not_followed(webhook, receiver, decided) -> None:
    decided()
    with Receiver() as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url
        send_due_messages()
        assert not elsewhere.got
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.problem) == (307, "redirect")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "private"),
        ("https://localhost/x", "private"),
        ("https://2130706433/x", "private"),  # 127.0.0.1 as one number
        ("https://0x7f.1/x", "private"),
        ("https://[::1]/x", "private"),
        ("https://[::ffff:10.0.0.1]:8443/x", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("http://93.184.216.34/x", "plain"),
        ("ftp://93.184.216.34/x", "address"),
        ("https:///x", "address"),
        ("https://user:secret@93.184.216.34/", "address"),
        ("https://93.184.216.34:99999/", "address"),
        ("https://93.184.216.34/a b", "address"),
        ("https://93.184.216.34/\r\nHost: x", "address"),
        ("javascript:alert(1)", "address"),
        ("", "address"),
    ],
)
def test_such_an_address_is_refused(url: str, code: str, integration, lead) -> None:
    with pytest.raises(AddressRefused) as refused:
        add_webhook(owner=integration, url=url, by=lead)
    assert refused.value.code == code
    assert not Webhook.objects.exists()


def test_an_address_is_checked_again_at_each_message(webhook, receiver, decided, settings) -> None:
    decided()
    settings.WEBHOOK_ALLOW_PRIVATE = False
    Webhook.objects.update(url=f"https://127.0.0.1:{receiver.port}/")
    send_due_messages()
    assert not receiver.got
    assert WebhookDelivery.objects.get().problem == "private"


def test_a_batch_is_told_in_few_queries(
    webhook, integration, moderator, django_assert_max_num_queries
) -> None:
    items = [waiting(f"Texto numero {n}", owner=integration) for n in range(30)]
    selection = Selection(ids=[item.analysis_id for item in items])
    with django_assert_max_num_queries(40):
        decide_batch(selection=selection, action="approve", by=moderator)
    assert WebhookDelivery.objects.count() == 30


def test_a_new_secret_signs_at_once(webhook, receiver, decided, lead) -> None:
    secret = rotate_secret(webhook=webhook, by=lead)
    assert secret != webhook.secret
    decided()
    send_due_messages()
    [(_path, headers, body)] = receiver.got
    assert is_genuine(secret, headers, body)


def test_a_trial_says_how_it_went(webhook, receiver, lead) -> None:
    answer = try_webhook(webhook=webhook, by=lead)
    assert (answer.status, answer.problem) == (200, "")
    [message] = receiver.messages
    assert message["type"] == "test"
    receiver.status = 404
    assert try_webhook(webhook=webhook, by=lead).problem == "status"


def test_a_removed_one_is_told_nothing_more(webhook, receiver, decided, lead) -> None:
    decided()
    remove_webhook(webhook=webhook, by=lead)
    decided("Otro texto mas")
    assert send_due_messages() == 0
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.problem) == (State.GIVEN_UP, "removed")
    webhook.refresh_from_db()
    assert webhook.secret == ""
    for use in (remove_webhook, rotate_secret, try_webhook, send_again):
        with pytest.raises(WebhookRemoved):
            use(webhook=webhook, by=lead)


def test_a_closed_integration_is_told_nothing(
    webhook, receiver, decided, integration, lead
) -> None:
    decided()
    deactivate_member(member=integration, by=lead)
    decided("Otro texto mas")
    assert send_due_messages() == 0
    reactivate_member(member=integration, by=lead)
    assert send_due_messages() == 1  # what was decided before


def test_two_workers_never_send_the_same_attempt(webhook, receiver, decided) -> None:
    decided()
    here, there = send_webhooks._due(), send_webhooks._due()
    assert send_webhooks._claim(here[0][0])
    assert not send_webhooks._claim(there[0][0])


def test_the_worker_sends_and_keeps_house() -> None:
    assert "webhooks" in maintenance.frequent_jobs()
    assert {"retention", "webhook_messages"} <= maintenance._jobs.keys()


def test_who_may_not_analyse_has_no_webhook(receiver, make_user, lead) -> None:
    for owner in (make_user("operator", "Operators"), make_user("gone", is_active=False)):
        with pytest.raises(NotAnIntegration):
            add_webhook(owner=owner, url=receiver.url, by=lead)


def test_webhooks_of_one_integration_are_limited(receiver, integration, lead) -> None:
    for _number in range(MOST):
        add_webhook(owner=integration, url=receiver.url, by=lead)
    with pytest.raises(TooManyWebhooks):
        add_webhook(owner=integration, url=receiver.url, by=lead)


def test_what_became_of_messages_is_forgotten_after_a_month(webhook, receiver, decided) -> None:
    decided()
    send_due_messages()
    decided("Sigue esperando")
    assert drop_old_messages() == 0
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert drop_old_messages() == 1
    assert WebhookDelivery.objects.get().state == State.WAITING
