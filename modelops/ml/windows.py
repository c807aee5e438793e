"""Windows: the parts of a longer text that are scored on their own."""

from __future__ import annotations

from modelops.ml.text import Tokens

WINDOW_WORDS = 20
_SHORTEST = 6  # shorter sentences join their neighbours: a window of two words says little


def windows(tokens: Tokens) -> list[tuple[int, int]]:
    """Return (start, end) word numbers of the windows; none for a text of one window.

    Windows end with sentences where there are any. A sentence longer than a window is cut into
    windows that overlap by half, so that no phrase is lost at a cut.
    """
    count = len(tokens.words)
    if count <= WINDOW_WORDS:
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
            step = WINDOW_WORDS // 2
            result += [
                (at, min(at + WINDOW_WORDS, end))
                for at in range(start, max(end - step, start + 1), step)
            ]
        start = end
    return result
