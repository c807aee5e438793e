"""Add and remove webhooks, change their secret, try them out."""

from __future__ import annotations

import secrets

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation import outbound, webhooks
from moderation.errors_team import (
    AddressRefused,
    NotAnIntegration,
    NothingChanged,
    TooManyWebhooks,
    WebhookRemoved,
)
from moderation.models import Webhook, WebhookDelivery
from moderation.services.send_webhooks import post_signed
from moderation.webhook_texts import problem_text

log = structlog.get_logger(__name__)
State = WebhookDelivery.State
MOST = 10  # webhooks of one integration
SECRET_BYTES = 32


def add_webhook(*, owner: User, url: str, by: User) -> Webhook:
    """Tell `url` of decisions about `owner`'s analyses, from now on.

    The new webhook's `secret` signs the messages; show it once. Raises AddressRefused,
    NotAnIntegration, TooManyWebhooks.
    """
    if not owner.is_active or not owner.has_perm("moderation.analyze_text"):
        raise NotAnIntegration
    try:
        # before the transaction: looking up a name may take a while
        outbound.check(url, allow_private=settings.WEBHOOK_ALLOW_PRIVATE)
    except outbound.Refused as error:
        raise AddressRefused(error.code, problem_text(error.code)) from error
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # the limit holds for two, too
        if Webhook.objects.filter(owner=owner, active=True).count() >= MOST:
            raise TooManyWebhooks(MOST)
        webhook = Webhook.objects.create(owner=owner, url=url, secret=_secret(), by=by)
    log.info("webhook.added", webhook=webhook.pk, owner=owner.pk, by=by.pk)
    return webhook


@transaction.atomic
def remove_webhook(*, webhook: Webhook, by: User) -> None:
    """No more messages; those that wait are given up. Raises WebhookRemoved when it was already."""
    # (the row stays for its deliveries, without what could sign)
    if not Webhook.objects.filter(pk=webhook.pk, active=True).update(active=False, secret=""):
        raise WebhookRemoved
    WebhookDelivery.objects.filter(webhook=webhook, state=State.WAITING).update(
        state=State.GIVEN_UP, problem="removed"
    )
    log.info("webhook.removed", webhook=webhook.pk, by=by.pk)


def rotate_secret(*, webhook: Webhook, by: User) -> str:
    """A new secret, which signs from now on; show it once. Raises WebhookRemoved."""
    secret = _secret()
    if not Webhook.objects.filter(pk=webhook.pk, active=True).update(secret=secret):
        raise WebhookRemoved
    log.info("webhook.secret_rotated", webhook=webhook.pk, by=by.pk)
    return secret


def try_webhook(*, webhook: Webhook, by: User) -> outbound.Answer:
    """Send a trial message now and say what came of it. Raises WebhookRemoved."""
    webhook.refresh_from_db()
    if not webhook.active:
        raise WebhookRemoved
    body = webhooks.encoded(webhooks.trial_message(webhook, timezone.now()))
    answer = post_signed(webhook, body, delivery="test")
    log.info(
        "webhook.tried",
        webhook=webhook.pk,
        status=answer.status,
        problem=answer.problem,
        by=by.pk,
    )
    return answer


def send_again(*, webhook: Webhook, by: User) -> int:
    """Try what was given up once more, as if new. Returns how many.

    Raises NothingChanged where there is none, WebhookRemoved.
    """
    if not Webhook.objects.filter(pk=webhook.pk, active=True).exists():
        raise WebhookRemoved
    now = timezone.now()
    given_up = WebhookDelivery.objects.filter(webhook=webhook, state=State.GIVEN_UP)
    count = given_up.update(
        state=State.WAITING, attempts=0, problem="", next_attempt_at=now, created_at=now
    )
    if not count:
        raise NothingChanged
    log.info("webhook.sent_again", webhook=webhook.pk, count=count, by=by.pk)
    return count


def _secret() -> str:
    return secrets.token_hex(SECRET_BYTES)
