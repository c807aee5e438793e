"""A verdict as the pages show it: gauge, bars and marked text, ready to be placed by a template.

Positions are strings in percent, made here, since SVG attributes know no decimal comma.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from modelops.words import percent
from moderation.models import Analysis, Category, Decision, Term
from moderation.ruling import model_decision

STEPS = 5  # of tint
STRONG = 1.0  # logits: a piece that adds this much may have the strongest tint
FAINT = 0.1  # of the strongest piece: below it, nothing is marked
_LABEL_WIDTH = 24.0  # percent of the gauge that a threshold's label may need on a phone


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text; `step` 0 is unmarked, 1 to 5 how much it contributed."""

    text: str
    step: int


@dataclass(frozen=True, slots=True)
class Bar:
    code: str
    label: str
    percent: str  # localized, "63"
    width: str  # "63.20%"
    over: bool


def segments(text: str, spans: Sequence[Sequence[float]]) -> list[Segment]:
    """Cut `text` at the `spans` [start, end, contribution]; where they overlap they add up.

    The steps are relative to the strongest piece, so that the eye finds what mattered most; not
    to less than STRONG, so that a kind text does not glow. What adds next to nothing is unmarked.
    """
    change = dict.fromkeys((0, len(text)), 0.0)  # by how much the weight changes, where
    for start, end, contribution in spans:
        first, last = max(0, int(start)), min(len(text), int(end))
        if first < last and contribution > 0:
            change[first] = change.get(first, 0.0) + contribution
            change[last] = change.get(last, 0.0) - contribution
    edges = sorted(change)
    weights = accumulate(change[edge] for edge in edges)
    pieces = [
        (text[start:end], weight)
        for (start, end), weight in zip(pairwise(edges), weights, strict=False)
    ]
    top = max([STRONG, *(weight for _text, weight in pieces)])
    steps: list[Segment] = []
    for piece, weight in pieces:
        share = weight / top
        step = min(STEPS, 1 + int(STEPS * share)) if share >= FAINT else 0
        if steps and step == steps[-1].step == 0:
            piece = steps.pop().text + piece
        steps.append(Segment(piece, step))
    return [segment for segment in steps if segment.text]


def gauge(score: float, thresholds: dict[str, float]) -> dict[str, Any]:
    """Positions of needle, zones and threshold labels on a line from 0 to 100."""
    review, block = 100 * thresholds["review"], 100 * thresholds["block"]
    block = max(block, review)
    review_end = "end" if review >= _LABEL_WIDTH else "start"
    block_end = "start" if block <= 100 - _LABEL_WIDTH else "end"
    review_from = review - _LABEL_WIDTH if review_end == "end" else review
    block_from = block - _LABEL_WIDTH if block_end == "end" else block
    apart = block_from >= review_from + _LABEL_WIDTH
    return {
        "needle": _x(min(max(100 * score, 0.6), 99.4)),
        "review": _x(review),
        "block": _x(block),
        "review_width": _x(block - review),
        "block_width": _x(100 - block),
        "review_anchor": review_end,
        "block_anchor": block_end,
        "review_shift": "-5" if review_end == "end" else "5",
        "block_shift": "-5" if block_end == "end" else "5",
        "block_y": "54" if apart else "74",
        "block_tick": "54" if apart else "74",
        "height": "60" if apart else "80",
        "review_percent": percent(thresholds["review"]),
        "block_percent": percent(thresholds["block"]),
    }


def bars(categories: dict[str, float], labels: Sequence[str]) -> list[Bar]:
    """One bar per category that the model has for the language, toxicity first."""
    names = {"toxic": _("Toxicity"), **{code: str(name) for code, name in Category.choices}}
    order = [code for code in names if code in categories]
    return [
        Bar(
            code=code,
            label=names[code],
            percent=percent(categories[code]),
            width=_x(100 * categories[code]),
            over=code in labels,
        )
        for code in order
    ]


def rule_words(rule: Mapping[str, Any]) -> dict[str, str]:
    """A term that had a say, in words."""
    category = rule.get("category") or ""
    return {
        "pattern": str(rule["pattern"]),
        "code": str(rule["action"]),
        "action": str(Term.Action(rule["action"]).label),
        "category": str(Category(category).label) if category else "",
    }


def reason(analysis: Analysis) -> str:
    """Why this decision, in one sentence."""
    if analysis.rules and analysis.decision != (alone := model_decision(analysis)):
        return {
            Decision.ALLOW: _("The term list allows what raised the score."),
            Decision.REVIEW: _("The term list sends it to a person.")
            if alone == Decision.ALLOW
            else _("The term list allows part of what raised the score: a person decides."),
            Decision.BLOCK: _("A term of the list blocks it."),
        }[Decision(analysis.decision)]
    if analysis.language == "und" and analysis.decision == "review":
        return _("The model does not know this language: a person decides.")
    return {
        "allow": _("Below the threshold for review."),
        "review": _("Above the threshold for review: a person decides."),
        "block": _("Above the threshold for blocking."),
    }[analysis.decision]


def result(analysis: Analysis) -> dict[str, Any]:
    """All that the verdict's panel shows of an analysis, stored or not."""
    pieces = segments(analysis.text, analysis.spans)
    return {
        "analysis": analysis,
        "score": percent(analysis.score),
        "reason": reason(analysis),
        "gauge": gauge(analysis.score, analysis.thresholds),
        "bars": bars(analysis.categories, analysis.labels),
        "segments": pieces,
        "rules": [rule_words(rule) for rule in analysis.rules],
        "marked": any(segment.step for segment in pieces),
        "folds": [
            {"original": original, "folded": folded}
            for original, folded in dict.fromkeys(map(tuple, analysis.folded))
        ],
        "milliseconds": number_format(
            round(analysis.response_time_ms, 1), decimal_pos=1, use_l10n=True
        ),
    }


def _x(value: float) -> str:
    return f"{value:.2f}%"


def raw(analysis: Analysis) -> str:
    """The stored facts as JSON, named as in the API."""
    facts = {
        "id": analysis.pk,
        "score": analysis.score,
        "toxic": analysis.toxic,
        "decision": analysis.decision,
        "thresholds": analysis.thresholds,
        "language": analysis.language,
        "language_certain": analysis.language_certain,
        "categories": analysis.categories,
        "labels": analysis.labels,
        "category": analysis.category or None,
        "rules": analysis.rules,
        "spans": [{"start": a, "end": b, "contribution": c} for a, b, c in analysis.spans],
        "explanation": analysis.explanation,
        "text_length": analysis.text_length,
        "keywords_found": analysis.keywords_found,
        "response_time_ms": analysis.response_time_ms,
        "model_used": analysis.model_used,
        "model_version": analysis.model_version,
        "timestamp": analysis.created_at.isoformat(),
    }
    return json.dumps(facts, ensure_ascii=False, indent=2)
