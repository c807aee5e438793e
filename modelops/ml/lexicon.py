"""The dictionary of `repair`: the words and pairs of words that a model knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BEGINNING = 4  # letters by which the lexicon tells how long a word may get
LONGEST_WORD = 18
_SHORT = tuple(range(1, BEGINNING))
_SINGLE_WORDS = frozenset("aeiouy")  # words of one letter in either language


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Known words, and pairs of words, with their cost: -ln(share of texts that use them)."""

    costs: Mapping[str, float]
    pairs: Mapping[str, Mapping[str, float]]  # by the first word, then the second
    # how many letters the words have that begin with these, in order, and all words in order by
    # first letter and length
    sizes: Mapping[str, Sequence[int]]
    by_shape: Mapping[tuple[str, int], Sequence[str]]
    letters: frozenset[str]
    # unknown words met before, what they were read as and the work it took; bounded
    readings: dict[tuple[str, str], tuple[list[str] | None, int]] = field(
        default_factory=dict, compare=False
    )

    @classmethod
    def from_terms(cls, terms: Sequence[str], idf: NDArray[np.float64]) -> Lexicon:
        """Take both from the word 1-2-grams of a model."""
        costs: dict[str, float] = {}
        pairs: dict[str, dict[str, float]] = {}
        for term, weight in zip(terms, idf.tolist(), strict=True):
            first, space, second = term.partition(" ")
            if space:
                pairs.setdefault(first, {})[second] = weight - 1.0
            elif term.isalpha() and (len(term) > 1 or term in _SINGLE_WORDS):
                costs[term] = weight - 1.0
        sizes: dict[str, set[int]] = {}
        by_shape: dict[tuple[str, int], list[str]] = {}
        for word in sorted(costs):
            sizes.setdefault(word[:BEGINNING], set(_SHORT)).add(len(word))
            by_shape.setdefault((word[0], len(word)), []).append(word)
        letters = frozenset("".join(costs))
        return cls(costs, pairs, _within_reach(sizes), by_shape, letters)

    def likeliest(self, candidates: Iterable[str]) -> str | None:
        known = [word for word in candidates if word in self.costs]
        return min(known, key=self.costs.__getitem__, default=None)

    def words_at(self, text: str, start: int) -> list[str]:
        """Return the known words that stand in `text` from `start` on, the shortest first."""
        costs, left = self.costs, len(text) - start
        sizes = self.sizes.get(text[start : start + BEGINNING], _SHORT)
        return [
            word for size in sizes if size <= left and (word := text[start : start + size]) in costs
        ]


def _within_reach(sizes: Mapping[str, set[int]]) -> dict[str, Sequence[int]]:
    """Return the sizes in order, those of words that are too long left out."""
    shared: dict[Sequence[int], Sequence[int]] = {}
    result = {}
    for beginning, own in sizes.items():
        ordered = tuple(size for size in sorted(own) if size <= LONGEST_WORD)
        result[beginning] = shared.setdefault(ordered, ordered)
    return result
