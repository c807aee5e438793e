"""Save a new version of the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from moderation.errors_terms import PolicyChanged, PolicyInvalid, PolicyUnchanged, too_long
from moderation.models import Category, PolicyVersion, ReviewDecision
from moderation.policy import LABELS, LANGUAGES, current_policy

log = structlog.get_logger(__name__)
MAX_TEXT = 4000  # characters of a category's text
MAX_REASON = 2000
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0


def edit_policy(*, content: Mapping[str, Any], reason: str, base: int, by: User) -> PolicyVersion:
    """Save `content` (as PolicyVersion describes it) as the version after `base`.

    Decisions from now on follow it; earlier ones keep the version that they were taken under.
    Raises PolicyInvalid, PolicyUnchanged, and PolicyChanged where `base` is not the newest.
    """
    if errors := _errors(content) | _wrong_reason(reason):
        raise PolicyInvalid(errors)
    newest = current_policy()
    if newest.number != base:
        raise PolicyChanged(newest)
    kept = _only_known(content)
    if kept == newest.content:
        raise PolicyUnchanged
    try:
        with transaction.atomic():
            version = PolicyVersion.objects.create(
                number=base + 1, content=kept, reason=reason.strip(), by=by
            )
    except IntegrityError:
        raise PolicyChanged(current_policy()) from None
    log.info("policy_edited", version=version.number, by=by.pk)
    return version


def _errors(content: Mapping[str, Any]) -> dict[str, str]:
    errors: dict[str, str] = {}
    label = _("One of these is expected: %(known)s.") % {"known": ", ".join(LABELS)}
    if content.get("approve_label") not in LABELS:
        errors["approve_label"] = label
    for code in Category.values:
        said = content.get("categories", {}).get(code)
        if said is None:
            errors[code] = _("This category is missing.")
            continue
        if said.get("label") not in LABELS:
            errors[f"{code}.label"] = label
        if not isinstance(said.get("reason_required"), bool):
            errors[f"{code}.reason_required"] = _("true or false is expected.")
        for language in LANGUAGES:
            text = said.get("texts", {}).get(language, "")
            if not isinstance(text, str) or len(text) > MAX_TEXT:
                errors[f"{code}.texts.{language}"] = too_long(MAX_TEXT)
    for mode in ReviewDecision.Mode.values:
        weight = content.get("weights", {}).get(mode)
        if not (
            isinstance(weight, int | float)
            and not isinstance(weight, bool)
            and LEAST_WEIGHT <= weight <= MOST_WEIGHT
        ):
            errors[f"weights.{mode}"] = _("A weight is a number from %(least)s to %(most)s.") % {
                "least": LEAST_WEIGHT,
                "most": MOST_WEIGHT,
            }
    return errors


def _wrong_reason(reason: str) -> dict[str, str]:
    if not reason.strip():
        return {"reason": _("Say why: others will want to know later.")}
    return {"reason": too_long(MAX_REASON)} if len(reason) > MAX_REASON else {}


def _only_known(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same without anything that no policy has, in one form."""
    return {
        "categories": {
            code: {
                "texts": {
                    language: content["categories"][code]["texts"].get(language, "").strip()
                    for language in LANGUAGES
                },
                "reason_required": content["categories"][code]["reason_required"],
                "label": content["categories"][code]["label"],
            }
            for code in Category.values
        },
        "approve_label": content["approve_label"],
        "weights": {mode: float(content["weights"][mode]) for mode in ReviewDecision.Mode.values},
    }
