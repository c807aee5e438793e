"""Windows: the parts of a longer text that are scored on their own."""

from __future__ import annotations

from modelops.ml.text import Tokens

LONG_WORDS = 20  # texts up to this length are scored as a whole only
WINDOW_WORDS = 10
STEP = 3  # words between the windows of a sentence longer than one
SHORT_WORDS = 6
SHORT_STEP = 2
MOST_SHORT_WORDS = 400  # longer texts have no short windows: the longest one stays quick
_SHORTEST = 3  # shorter sentences join their neighbours: a window of one word says little


def windows(tokens: Tokens) -> list[tuple[int, int]]:
    """Return (start, end) word numbers of the windows; none for a text of 20 words.

    Windows end with sentences where there are any. A sentence longer than a window is cut into
    windows that overlap, so that no phrase is lost at a cut.
    """
    if len(tokens.words) <= LONG_WORDS:
        return []
    result: list[tuple[int, int]] = []
    for start, end in _sentences(tokens):
        if end - start <= WINDOW_WORDS:
            result.append((start, end))
        else:
            result += _cut(start, end, WINDOW_WORDS, STEP)
    return result


def short_windows(tokens: Tokens) -> list[tuple[int, int]]:
    """Return (start, end) of short windows, of a few words each, in which no company dilutes.

    A sentence that is no longer than that is a window already.
    """
    if not LONG_WORDS < len(tokens.words) <= MOST_SHORT_WORDS:
        return []
    result: list[tuple[int, int]] = []
    for start, end in _sentences(tokens):
        if end - start > SHORT_WORDS:
            result += _cut(start, end, SHORT_WORDS, SHORT_STEP)
    return result


def _sentences(tokens: Tokens) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences; those that are too short join the next one."""
    count = len(tokens.words)
    result: list[tuple[int, int]] = []
    start = 0
    for last in [*tokens.breaks, count - 1]:
        end = last + 1
        if end <= start or (end - start < _SHORTEST and end != count):
            continue
        result.append((start, end))
        start = end
    return result


def _cut(start: int, end: int, width: int, step: int) -> list[tuple[int, int]]:
    """Cut a sentence that is longer than `width` into windows that begin `step` words apart."""
    last_start = max(end - width + step, start + 1)
    return [(at, min(at + width, end)) for at in range(start, last_start, step)]
