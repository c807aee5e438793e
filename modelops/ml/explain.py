"""What made a score: exact contributions of words, and what normalisation undid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelops.ml.characters import fold_characters
from modelops.ml.text import Tokens
from modelops.ml.vectors import FeatureValues, Segment

Array = NDArray[np.float64]
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


def word_contributions(
    present: FeatureValues, row: int, segment: Segment, head: int = 0
) -> list[float]:
    """Return the contribution of each word of segment `row` to its logit; their sum is exact.

    A feature that occurs more than once is shared out evenly, a pair of words by halves.
    """
    reading, start, end = segment
    if end == start:
        return []
    rows = slice(present.bounds[row], present.bounds[row + 1])
    numbers = present.numbers[rows]
    each = present.values[rows] * present.weights[rows, head] / present.counts[rows]
    own = reading.own[start:end]
    owners = np.repeat(np.arange(end - start), [len(features) for features in own])
    shares = each[numbers.searchsorted(np.concatenate(own))]
    result: Array = np.bincount(owners, shares, end - start).astype(np.float64, copy=False)
    pairs = reading.pairs[start : end - 1]
    places = np.array([n for n, number in enumerate(pairs) if number is not None], dtype=np.int64)
    if len(places):
        found = np.array([number for number in pairs if number is not None])
        halves = each[numbers.searchsorted(found)] / 2.0
        result[places] += halves
        result[places + 1] += halves
    per_token: list[float] = result.tolist()
    return per_token


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
    merged: dict[tuple[int, int], float] = {}
    for place, contribution in enumerate(contributions, start):
        if contribution > 0.0:
            # words read out of one stretch of text ("eresunidiota") share its span
            span = (offsets[starts[place]], offsets[ends[place]])
            merged[span] = merged.get(span, 0.0) + contribution
    spans = [(*span, value) for span, value in merged.items() if value >= _VISIBLE]
    spans = sorted(sorted(spans, key=lambda span: -span[2])[:_MOST_SHOWN])
    return Explanation(
        intercept=intercept,
        rest=total - sum(span[2] for span in spans),
        logit=total + intercept,
        start=offsets[tokens.starts[start]] if end > start else 0,
        end=offsets[tokens.ends[end - 1]] if end > start else 0,
        spans=tuple(spans),
    )


def undone(text: str, reading: Tokens, offsets: Sequence[int]) -> tuple[Folding, ...]:
    """Return (original, folded, start, end) where the reading is more than the text in lower case.

    Accents, capitals and numbers are no disguise and not listed.
    """
    folded = reading.folded
    plain = text.isascii() and isinstance(offsets, range)
    found: dict[tuple[int, int], list[str]] = {}
    for word, start, end in zip(reading.words, reading.starts, reading.ends, strict=True):
        if not (plain and folded[start:end] == word) and word[0].isalpha():
            found.setdefault((start, end), []).append(word)
    result: list[Folding] = []
    for (start, end), words in found.items():
        first, last = offsets[start], offsets[end]
        if _disguised(text[first:last], " ".join(words)):
            result.append((text[first:last], " ".join(words), first, last))
        if len(result) == _MOST_SHOWN:
            break
    return tuple(result)


_SIMPLE = str.maketrans("áàâäéèêëíìîïóòôöúùûüçÁÉÍÓÚÜ’'", "aaaaeeeeiiiioooouuuucaeiouu''")


def _disguised(original: str, folded: str) -> bool:
    simple = original.translate(_SIMPLE).lower().replace("'", "")
    return simple != folded and any(c.isalpha() for c in fold_characters(original))
