"""Send webhooks what they have to be told, again and again until it is taken or given up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from moderation import outbound, webhooks
from moderation.models import Webhook, WebhookDelivery

log = structlog.get_logger(__name__)
State = WebhookDelivery.State
# How long after each failed attempt the next one comes; the failure after the last is the end.
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720, 1440))
OLDEST = timedelta(days=3)  # older messages are given up at the next failure of their webhook
KEPT = timedelta(days=30)  # how long what became of a message stays on record
PER_WEBHOOK = 200  # messages of one webhook in one go
SLOW = 2.0  # seconds: after such an answer, the webhook's other messages wait for the next go
AT_ONCE = 8  # webhooks that are talked to at the same time


def send_due_messages() -> int:
    """Try the messages whose time has come. Returns how many were taken.

    Each webhook gets its messages one after another, oldest decision first, several webhooks at the
    same time. One that fails is left alone for a minute, so that it holds nobody up.
    """
    left = _due()
    taken = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while left:
            # what is not ours any more is with another process, which goes on with that webhook
            left = [queue for queue in left if _claim(queue[0])]
            answers = pool.map(lambda queue: _post(queue[0]), left)
            going = []
            for queue, answer in zip(left, answers, strict=True):
                well = _settle(queue[0], answer)
                taken += well
                if well and answer.seconds < SLOW and len(queue) > 1:
                    going.append(queue[1:])
            left = going
    return taken


def post_signed(webhook: Webhook, body: bytes, *, delivery: str) -> outbound.Answer:
    """Send `body` to the webhook, signed now."""
    signed = webhooks.signature(secret=webhook.secret, body=body, at=timezone.now())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "ToxiGuard",
        "ToxiGuard-Delivery": delivery,
        webhooks.SIGNATURE: signed,
    }
    return outbound.post(webhook.url, body, headers, allow_private=settings.WEBHOOK_ALLOW_PRIVATE)


def drop_old_messages() -> int:
    """Forget what became of messages a month ago. Returns how many."""
    settled = WebhookDelivery.objects.exclude(state=State.WAITING)
    return settled.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _due() -> list[list[WebhookDelivery]]:
    """For each webhook that has any, its due messages, oldest decision first."""
    due = WebhookDelivery.objects.filter(
        state=State.WAITING,
        next_attempt_at__lte=timezone.now(),
        webhook__active=True,
        webhook__owner__is_active=True,
    ).order_by()
    return [
        list(
            due.filter(webhook=webhook)
            .select_related("webhook", "decision__analysis")
            .order_by("decision_id")[:PER_WEBHOOK]
        )
        for webhook in due.values_list("webhook_id", flat=True).distinct()
    ]


def _claim(delivery: WebhookDelivery) -> bool:
    """Make it ours, as if it had failed: a process that dies now has used up an attempt."""
    pause = BACK_OFF[min(delivery.attempts, len(BACK_OFF) - 1)]
    mine = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts
    ).update(attempts=delivery.attempts + 1, next_attempt_at=timezone.now() + pause)
    delivery.attempts += 1
    return bool(mine)


def _post(delivery: WebhookDelivery) -> outbound.Answer:
    body = webhooks.encoded(webhooks.message(delivery.decision))
    return post_signed(delivery.webhook, body, delivery=str(delivery.pk))


def _settle(delivery: WebhookDelivery, answer: outbound.Answer) -> bool:
    """Note what came of it; True when it was taken."""
    now = timezone.now()
    outcome = {"status": answer.status, "problem": answer.problem}
    here = WebhookDelivery.objects.filter(pk=delivery.pk)
    facts = {"delivery": delivery.pk, "webhook": delivery.webhook_id, "attempts": delivery.attempts}
    if not answer.problem:
        here.update(state=State.DELIVERED, delivered_at=now, **outcome)
        log.info("webhook.delivered", **facts, status=answer.status)
        return True
    here.filter(state=State.WAITING).update(**outcome)
    log.warning("webhook.failed", **facts, **outcome)
    waiting = WebhookDelivery.objects.filter(webhook=delivery.webhook_id, state=State.WAITING)
    given_up = Q(created_at__lt=now - OLDEST)
    if delivery.attempts > len(BACK_OFF):
        given_up |= Q(pk=delivery.pk)
    waiting.filter(given_up).update(state=State.GIVEN_UP)
    waiting.filter(next_attempt_at__lt=now + BACK_OFF[0]).update(next_attempt_at=now + BACK_OFF[0])
    return False
