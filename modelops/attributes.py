"""What Perspective calls the model's heads. The only place that knows."""

from __future__ import annotations

# attribute -> head
PERSPECTIVE = {
    "TOXICITY": "toxic",
    "SEVERE_TOXICITY": "severe_toxic",
    "IDENTITY_ATTACK": "identity_hate",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
}
EXPERIMENTAL = "_EXPERIMENTAL"  # behind the same names, for the same attributes
_NAMES = {head: name for name, head in PERSPECTIVE.items()}


def attribute_named(name: str) -> str | None:
    """The attribute meant by its name, its experimental one or the head's, in any case."""
    known = name.strip().upper().removesuffix(EXPERIMENTAL)
    return known if known in PERSPECTIVE else _NAMES.get(known.lower())
