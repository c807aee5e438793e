"""What other services' answers are made of. The only place that knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from modelops.attributes import EXPERIMENTAL, PERSPECTIVE

# Perspective's attribute -> head; each also answers to its name with EXPERIMENTAL behind it
ATTRIBUTES = PERSPECTIVE | {name + EXPERIMENTAL: head for name, head in PERSPECTIVE.items()}
# How Coral suggests what its moderators decided -> whether that means toxic
_DECISIONS = {"APPROVED": False, "DELETED": True}
SUGGESTED = ATTRIBUTES.keys() | _DECISIONS.keys()

# OpenAI's category -> heads that make it, and whether the greatest or the least of them counts
_MADE_OF = {
    "harassment": (max, ("insult", "toxic")),
    "harassment/threatening": (max, ("threat",)),
    "hate": (max, ("identity_hate",)),
    "hate/threatening": (min, ("identity_hate", "threat")),
    "violence": (max, ("threat",)),
}
# the model has nothing to say about the others: false, 0
OPENAI_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def suggested_scores(values: Mapping[str, float]) -> dict[str, float]:
    """{head: 0 to 1} out of suggestions by name; decisions count where TOXICITY is not told."""
    scores = {}
    for name, means_toxic in _DECISIONS.items():
        if name in values:
            scores["toxic"] = values[name] if means_toxic else 1.0 - values[name]
    return scores | {
        ATTRIBUTES[name]: value for name, value in values.items() if name in ATTRIBUTES
    }


def openai_scores(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Every category's score out of {head: probability}; 0 for a head that is not there."""
    scores = dict.fromkeys(OPENAI_CATEGORIES, 0.0)
    for name, (choose, heads) in _MADE_OF.items():
        scores[name] = float(choose(probabilities.get(head, 0.0) for head in heads))
    return scores


def openai_flags(labels: Collection[str]) -> dict[str, bool]:
    """Whether each category applies, by the codes over their threshold, `toxic` among them."""
    flags = dict.fromkeys(OPENAI_CATEGORIES, False)
    for name, (choose, heads) in _MADE_OF.items():
        flags[name] = bool(choose(head in labels for head in heads))
    return flags


# The first ToxiGuard's category -> ours; it had no name for the others
FIRST_CATEGORIES = {
    "insulto": "insult",
    "acoso": "threat",
    "discriminacion": "identity_hate",
    "spam": "spam",
}
_FIRST_NAMES = {code: name for name, code in FIRST_CATEGORIES.items()}


def first_category(category: str, labels: Sequence[str]) -> str | None:
    """The first ToxiGuard's name of a category, or of the first of `labels` that has one there."""
    return next((_FIRST_NAMES[one] for one in (category, *labels) if one in _FIRST_NAMES), None)


def first_labels(labels: Collection[str], *, toxic: bool) -> list[str]:
    """`toxic` and its names for the labels; what it had no name for is left out."""
    named = [_FIRST_NAMES[code] for code in labels if code in _FIRST_NAMES]
    return [*(["toxic"] if toxic else []), *named]
