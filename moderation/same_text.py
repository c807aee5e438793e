"""When two texts count as the same: as the model reads them, and in what it does not read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from moderation.search import fold
from moderation.termlists import PLACEHOLDERS

_PICTOGRAPHS = re.compile("[\u2190-\u2bff\U0001f000-\U0001fbff]+")


def same_text_digest(text: str, words: Sequence[str]) -> str:
    """SHA-256 (hex) that texts share which need one decision; `words` as `serving.tokenize` gives.

    Case, accents, spacing and disguises make no other text. The model reads all addresses, mentions
    and figures alike and no emoji at all; a person does not: another link is another text.
    """
    same = " ".join(words)
    if not words or not PLACEHOLDERS.isdisjoint(words):
        same += f"\n{fold(text)}"
    elif pictographs := "".join(_PICTOGRAPHS.findall(text)):
        same += f"\n{pictographs}"
    return sha256(same.encode()).hexdigest()
