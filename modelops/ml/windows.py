"""Windows: the parts of a longer text that are scored on their own."""

from __future__ import annotations

from modelops.ml.text import Tokens

LONG_WORDS = 20  # texts up to this length are scored as a whole only
WINDOW_WORDS = 10
STEP = 3  # words between the windows of a sentence longer than one
_SHORTEST = 3  # shorter sentences join their neighbours: a window of one word says little


def windows(tokens: Tokens) -> list[tuple[int, int]]:
    """Return (start, end) word numbers of the windows; none for a text of 20 words.

    Windows end with sentences where there are any. A sentence longer than a window is cut into
    windows that overlap, so that no phrase is lost at a cut.
    """
    count = len(tokens.words)
    if count <= LONG_WORDS:
        return []
    result: list[tuple[int, int]] = []
    start = 0
    for last in [*tokens.breaks, count - 1]:
        end = last + 1
        if end - start < _SHORTEST and end != count:
            continue
        if end <= start:
            continue
        if end - start <= WINDOW_WORDS:
            result.append((start, end))
        else:
            last_start = max(end - WINDOW_WORDS + STEP, start + 1)
            result += [(at, min(at + WINDOW_WORDS, end)) for at in range(start, last_start, STEP)]
        start = end
    return result
