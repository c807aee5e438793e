"""What other services call the model's heads. The only place that knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

# Perspective's attribute -> head; each also answers to its name with EXPERIMENTAL behind it
_ATTRIBUTES = {
    "TOXICITY": "toxic",
    "SEVERE_TOXICITY": "severe_toxic",
    "IDENTITY_ATTACK": "identity_hate",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
}
EXPERIMENTAL = "_EXPERIMENTAL"
ATTRIBUTES = _ATTRIBUTES | {name + EXPERIMENTAL: head for name, head in _ATTRIBUTES.items()}

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
