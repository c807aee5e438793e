"""What made a score: exact contributions of words, and what normalisation undid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from modelops.ml.text import Tokens

Folding = tuple[str, str, int, int]
# below a tenth of a logit a word moves a probability by less than 2.5 points: not worth a mark
_VISIBLE = 0.1
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Explanation:
    """The scored segment `start` to `end` (code points of the original text, end exclusive).

    `spans` are (start, end, contribution in logits) of the words that speak visibly for
    toxicity; with `rest` (all other words) and `intercept` they add up to `logit`.
    """

    intercept: float
    rest: float
    logit: float
    start: int
    end: int
    spans: tuple[tuple[int, int, float], ...]


def explain(
    contributions: list[float],
    tokens: Tokens,
    start: int,
    end: int,
    *,
    offsets: Sequence[int],
    intercept: float,
) -> Explanation:
    """Explain a logit by the `contributions` of words `start` to `end`.

    `offsets` maps places in the folded text to places in the original.
    """
    total = sum(contributions)
    starts, ends = tokens.starts, tokens.ends
    if isinstance(offsets, range) and len(set(starts[start:end])) == end - start:
        spans = [
            (starts[place], ends[place], contribution)
            for place, contribution in enumerate(contributions, start)
            if contribution >= _VISIBLE
        ]
    else:
        spans = _merged(contributions, tokens, start, offsets)
    if len(spans) > _MOST_SHOWN:
        spans = sorted(spans, key=lambda span: -span[2])[:_MOST_SHOWN]
    spans.sort()
    return Explanation(
        intercept=intercept,
        rest=total - sum(span[2] for span in spans),
        logit=total + intercept,
        start=offsets[tokens.starts[start]] if end > start else 0,
        end=offsets[tokens.ends[end - 1]] if end > start else 0,
        spans=tuple(spans),
    )


def _merged(
    contributions: Sequence[float], tokens: Tokens, start: int, offsets: Sequence[int]
) -> list[tuple[int, int, float]]:
    """Return the visible spans where words share one, as those read out of "eresunidiota" do."""
    merged: dict[tuple[int, int], float] = {}
    for place, contribution in enumerate(contributions, start):
        if contribution > 0.0:
            span = offsets[tokens.starts[place]], offsets[tokens.ends[place]]
            merged[span] = merged.get(span, 0.0) + contribution
    return [(*span, value) for span, value in merged.items() if value >= _VISIBLE]


def undone(text: str, reading: Tokens, offsets: Sequence[int]) -> tuple[Folding, ...]:
    """Return (original, folded, start, end) where the reading is more than the text in lower case.

    Accents, capitals and numbers are no disguise and not listed.
    """
    folded, words, starts, ends = reading.folded, reading.words, reading.starts, reading.ends
    if isinstance(offsets, range):
        written = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    else:
        written = [text[offsets[s] : offsets[e]] for s, e in zip(starts, ends, strict=True)]
    doubtful = [
        number
        for number, (word, original) in enumerate(zip(words, written, strict=True))
        if word != original and word != original.lower() and word[0].isalpha()
    ]
    result: list[Folding] = []
    # words that were run together share a place
    for (start, end), numbers in itertools.groupby(doubtful, lambda n: (starts[n], ends[n])):
        first, last = offsets[start], offsets[end]
        original = text[first:last]
        meant = " ".join([words[number] for number in numbers])
        letters = any(map(str.isalpha, folded[start:end]))
        if original and letters and _disguised(original, meant):
            result.append((original, meant, first, last))
            if len(result) == _MOST_SHOWN:
                break
    return tuple(result)


_SIMPLE = str.maketrans("áàâäéèêëíìîïóòôöúùûüçÁÉÍÓÚÜ’'", "aaaaeeeeiiiioooouuuucaeiouu''")


def _disguised(original: str, meant: str) -> bool:
    simple = original if original.isascii() else original.translate(_SIMPLE)
    return original.lower() != meant != simple.lower().replace("'", "")
