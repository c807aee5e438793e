"""The thresholds that are in force: the version's, moved and replaced by what the site set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from modelops import loading, sources
from modelops.errors import OperationFailed
from modelops.ml.thresholds import SiteThresholds
from modelops.ml.verdict import decision_of
from modelops.models import LivePointer, ModelVersion, ThresholdChange

PREVIEWED = 1000  # newest analyses
EXAMPLES = 5
EXCERPT = 200  # code points of an example


def site_thresholds() -> SiteThresholds:
    """What the site has set for itself."""
    return _set_by(ThresholdChange.current())


def threshold_state(*, proposed: SiteThresholds | None = None) -> dict[str, Any]:
    """What is in force, what the version brings, and what the site set, when, by whom and why.

    `site` is None where nothing is set; `by`, `at` and `reason` are those of the last change.
    `proposed`: what would be in force if the site set this.
    """
    change = ThresholdChange.current()
    site = _set_by(change) if proposed is None else proposed
    pointer = LivePointer.current()
    details = _details(pointer.version) if pointer else None
    own = SiteThresholds()
    own_rate = details["base_rate"] if details else None
    said = {"base_rate": site.base_rate, "thresholds": dict(site.thresholds)}
    return {
        "base_rate": own_rate if site.base_rate is None else site.base_rate,
        "base_rate_of_version": own_rate,
        "thresholds": site.of(details) if details else {},
        "thresholds_of_version": own.of(details) if details else {},
        "site": None if site == own else said,
        "by": str(change.by) if change and change.by else None,
        "at": change.created_at if change else None,
        "reason": change.reason if change else "",
    }


def effective_thresholds(version: ModelVersion) -> dict[str, dict[str, float]]:
    """The thresholds in force while `version` is live, {language: {"review", "block"}}."""
    return site_thresholds().of(_details(version))


def limits_of_heads() -> dict[str, dict[str, float]]:
    """From which probability on the live model names a head, {head: {language: probability}}.

    For `toxic` that is the review threshold in force. Without a model: empty.
    """
    if (pointer := LivePointer.current()) is None:
        return {}
    site, details = site_thresholds(), _details(pointer.version)
    in_force = site.of(details).items()
    toxic = {language: limits["review"] for language, limits in in_force}
    return site.of_categories(details) | {"toxic": toxic}


def preview_thresholds(
    *,
    thresholds: Mapping[str, Mapping[str, float]] | None,
    base_rate: float | None,
    reader: User | None = None,
) -> dict[str, Any]:
    """What would change for the newest analyses if the site set this: {"checked", "changed",
    "by_change", "examples"}.

    Scores are those that the analyses got; both decisions are the model's alone, by the
    thresholds in force and by the new ones. The texts of examples are None unless `reader` may
    read analyses. Without a model there is nothing to compare.
    """
    pointer = LivePointer.current()
    if pointer is None:
        return {"checked": 0, "changed": 0, "by_change": {}, "examples": []}
    details = _details(pointer.version)
    before = site_thresholds().of(details)
    after = SiteThresholds(base_rate, thresholds or {}).of(details)
    recent = sources.recent_texts(limit=PREVIEWED)
    readable = reader is not None and sources.may_read_recent(reader)
    changes: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    for text in recent:
        was, will = (
            decision_of(
                text.score,
                text.language,
                thresholds=limits,
                default_language=settings.DEFAULT_TEXT_LANGUAGE,
                unknown_language_decision=settings.UNKNOWN_LANGUAGE_DECISION,
            )
            for limits in (before, after)
        )
        if was == will:
            continue
        changes[f"{was}→{will}"] += 1
        if len(examples) < EXAMPLES:
            examples.append(
                {
                    "id": text.id,
                    "text": text.text[:EXCERPT] if readable else None,
                    "score": text.score,
                    "before": was,
                    "after": will,
                }
            )
    return {
        "checked": len(recent),
        "changed": sum(changes.values()),
        "by_change": dict(changes.most_common()),
        "examples": examples,
    }


def _set_by(change: ThresholdChange | None) -> SiteThresholds:
    return SiteThresholds(change.base_rate, change.thresholds) if change else SiteThresholds()


def _details(version: ModelVersion) -> Mapping[str, Any]:
    """What thresholds are computed from; without the files, what the row has of it."""
    try:
        return loading.read_details(version)
    except OperationFailed:
        metadata = version.metadata
        heads = {"toxic": {"thresholds": metadata.get("thresholds", {})}}
        return {"heads": heads, "base_rate": metadata.get("base_rate")}
