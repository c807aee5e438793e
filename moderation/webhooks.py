"""What integrators are told of decisions: which ones, in which words, signed how.

A decision and the messages about it are written in one transaction, so that none is forgotten;
services/send_webhooks.py sends them afterwards. No text, author or moderator is in a message.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from modelops.words import utc
from moderation.models import Analysis, ReviewDecision, Webhook, WebhookDelivery
from moderation.selectors_decisions import ENDINGS, mode_for

SIGNATURE = "ToxiGuard-Signature"  # the header
CHUNK = 1000


def announce(*, decision: ReviewDecision) -> None:
    """Note what the webhooks of the analysis's owner have to be told; call it where it is made."""
    announce_all(decisions=[decision])


def announce_all(*, decisions: Sequence[ReviewDecision]) -> int:
    """The same for many, in few queries. Returns how many messages were noted.

    Told are approvals, rejections and that one of these was undone; what stays among moderators
    (skipped, escalated) is not, and nothing while the account of the integration is closed. What is
    announced twice is told once.
    """
    webhooks: dict[int, list[int]] = {}  # by owner
    active = Webhook.objects.filter(active=True, owner__is_active=True)
    for pk, owner in active.values_list("pk", "owner_id"):
        webhooks.setdefault(owner, []).append(pk)
    noted = 0
    for start in range(0, len(decisions) if webhooks else 0, CHUNK):
        chunk = decisions[start : start + CHUNK]
        owners = dict(
            Analysis.objects.filter(
                pk__in={decision.analysis_id for decision in chunk}, owner__in=webhooks
            ).values_list("pk", "owner_id")
        )
        deliveries = [
            WebhookDelivery(webhook_id=webhook, decision=decision)
            for decision in chunk
            if _is_told(decision)
            for webhook in webhooks.get(owners.get(decision.analysis_id, 0) or 0, ())
        ]
        WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        noted += len(deliveries)
    return noted


def _is_told(decision: ReviewDecision) -> bool:
    if decision.action == ReviewDecision.Action.UNDO:
        return bool(decision.reverses and decision.reverses.action in ENDINGS)
    return decision.action in ENDINGS


def message(decision: ReviewDecision) -> dict[str, Any]:
    """The body: a decision, and by which ids the integrator knows the text.

    `decision` needs `analysis`; its ids are empty once the analysis was erased. That a decision
    came from an audit is nobody's business but the leads'.
    """
    analysis = decision.analysis
    return {
        "type": "decision",
        "decision": {
            "id": decision.pk,
            "action": decision.action,
            "mode": mode_for(decision, lead=False),
            "category": decision.category or None,
            "reason": decision.reason,
            "reply": decision.reply,
            "reverses": decision.reverses_id,
            "created_at": utc(decision.created_at),
        },
        "analysis": {
            "id": analysis.pk,
            "external_id": analysis.external_id,
            "source": analysis.source,
            "erased": analysis.erased_at is not None,
        },
    }


def trial_message(webhook: Webhook, at: datetime) -> dict[str, Any]:
    """The body of a trial."""
    return {"type": "test", "webhook": webhook.pk, "created_at": utc(at)}


def encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def signature(*, secret: str, body: bytes, at: datetime) -> str:
    """`t=…,v1=…`: the moment in seconds, and HMAC-SHA256 of "moment.body" in hex.

    The key is the secret as it is shown, in ASCII. Who checks it refuses old moments, so that a
    message cannot be played again.
    """
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256)
    return f"t={seconds},v1={signed.hexdigest()}"
