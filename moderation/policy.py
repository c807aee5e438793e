"""What the team has agreed upon, as decisions need it: texts, labels and weights.

Each function reads one version of the policy, the newest where none is given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from moderation.models import PolicyVersion, ReviewDecision

STARTER = Path(__file__).resolve().parent / "starter_policy.json"
LANGUAGES = ("es", "en")
LABELS = {"toxic": True, "not_toxic": False, "none": None}  # what a decision says about the text


def current_policy() -> PolicyVersion:
    """The newest version; the project's own texts become version 1 where there is none."""
    newest = PolicyVersion.objects.order_by("-number").first()
    return newest or PolicyVersion.objects.get_or_create(number=1, defaults=starter())[0]


def starter() -> dict[str, Any]:
    return {"content": json.loads(STARTER.read_text(encoding="utf-8"))}


def text_of(category: str, language: str = "", *, policy: PolicyVersion | None = None) -> str:
    """What the policy says about `category` in `language`, the reader's by default.

    Without a text in that language the site's own language comes first, then any; "" without one.
    """
    texts = _category(category, policy)["texts"]
    wanted = (language or get_language() or "")[:2]
    for one in (wanted, settings.LANGUAGE_CODE[:2], *LANGUAGES):
        if text := texts.get(one):
            return str(text)
    return ""


def reason_required(category: str, *, policy: PolicyVersion | None = None) -> bool:
    """Whether who rejects for `category` must say why."""
    return bool(_category(category, policy)["reason_required"])


def label_of(
    action: str, category: str = "", *, policy: PolicyVersion | None = None
) -> bool | None:
    """What a decision says about the text: toxic, not toxic, or None for no label."""
    if action == ReviewDecision.Action.APPROVE:
        return LABELS[_content(policy)["approve_label"]]
    if action == ReviewDecision.Action.REJECT:
        return LABELS[_category(category, policy)["label"]]
    return None


def weight_of(mode: str, *, policy: PolicyVersion | None = None) -> float:
    """What the label of a decision of this mode weighs in training."""
    return float(_content(policy)["weights"][mode])


def _content(policy: PolicyVersion | None) -> dict[str, Any]:
    return (policy or current_policy()).content


def _category(category: str, policy: PolicyVersion | None) -> dict[str, Any]:
    """What is said about a category; for one that an old version lacks, nothing is asked."""
    unsaid = {"texts": {}, "reason_required": False, "label": "none"}
    return {**unsaid, **_content(policy)["categories"].get(category, {})}
