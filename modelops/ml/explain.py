"""What made a score: exact contributions of words, and what normalisation undid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from modelops.ml.characters import fold_characters
from modelops.ml.text import Tokens
from modelops.ml.vectors import FeatureIndex

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


def word_contributions(index: FeatureIndex, words: list[str], head: int = 0) -> list[float]:
    """Return the contribution of each word to the logit of `words`; their sum is exact.

    A feature that occurs more than once is shared out evenly, a pair of words by halves.
    """
    if not words:
        return []
    _, numbers, counts, values = index.values([words])
    each = values * index.weights[numbers, head] / counts
    features = [index.word_features(word) for word in words]
    owners = np.repeat(np.arange(len(words)), [len(f) for f in features])
    shares = each[np.searchsorted(numbers, np.concatenate(features))]
    result = np.bincount(owners, shares, len(words))
    for place, number in enumerate(index.bigram_numbers(words)):
        if number is not None:
            half = each[np.searchsorted(numbers, number)] / 2.0
            result[place] += half
            result[place + 1] += half
    return [float(value) for value in result]


def explain(
    index: FeatureIndex,
    tokens: Tokens,
    start: int,
    end: int,
    *,
    offsets: list[int],
    intercept: float,
) -> Explanation:
    """Explain the `toxic` logit of words `start` to `end`.

    `offsets` maps places in the folded text to places in the original.
    """
    contributions = word_contributions(index, tokens.words[start:end])
    total = sum(contributions)
    merged: dict[tuple[int, int], float] = {}
    for place, contribution in enumerate(contributions, start):
        # words read out of one stretch of text ("eresunidiota") share its span
        span = (offsets[tokens.starts[place]], offsets[tokens.ends[place]])
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


def undone(
    text: str, tokens: Tokens, repaired: Tokens | None, offsets: list[int]
) -> tuple[Folding, ...]:
    """Return (original, folded, start, end) where the reading is more than the text in lower case.

    Accents, capitals and numbers are no disguise and not listed.
    """
    reading = repaired or tokens
    plain = text.isascii() and text.isprintable()
    found: dict[tuple[int, int], list[str]] = {}
    for word, start, end in zip(reading.words, reading.starts, reading.ends, strict=True):
        if word[0].isalpha():
            found.setdefault((start, end), []).append(word)
    result = []
    for (start, end), words in found.items():
        folded = " ".join(words)
        if plain and reading.folded[start:end] == folded:
            continue
        first, last = offsets[start], offsets[end]
        original = text[first:last]
        if _disguised(original, folded):
            result.append((original, folded, first, last))
        if len(result) == _MOST_SHOWN:
            break
    return tuple(result)


def _disguised(original: str, folded: str) -> bool:
    if original.isalpha() and len(original) == len(folded) and original.isascii():
        return original.lower() != folded
    accents = str.maketrans("áàâäéèêëíìîïóòôöúùûüç’'", "aaaaeeeeiiiioooouuuuc''")
    simple = original.lower().translate(accents).replace("'", "")
    return simple != folded and any(not c.isdigit() for c in fold_characters(original) if c != "0")
