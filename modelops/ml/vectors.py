"""TF-IDF vectors without scikit-learn: words to feature numbers, segments to logits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel

Array = NDArray[np.float64]
Ids = NDArray[np.int64]
_CACHE_WORDS = 50_000
_CACHE_WORD_LENGTH = 24  # longer words are rare and large
_LOG_TF = 1.0 + np.log(np.arange(1, 1025, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class WordFeatures:
    """Per word the numbers of its own features; per pair of neighbours its number or None."""

    own: list[Ids]
    pairs: list[int | None]


Segment = tuple[WordFeatures, int, int]


@dataclass(frozen=True, slots=True)
class FeatureValues:
    """Features present, sorted by segment, then number; tf-idf of unit length per block.

    The features of segment k are rows `bounds[k]` to `bounds[k + 1]`.
    """

    bounds: Ids
    owners: Ids
    numbers: Ids
    counts: Ids
    values: Array
    weights: Array  # shape (n_present, n_heads)


class FeatureIndex:
    """Terms, weights times idf, and a bounded cache of the features of words met before."""

    def __init__(self, model: NumericModel) -> None:
        words, characters = model.terms["word"], model.terms["char"]
        self.word_ids = {term: number for number, term in enumerate(words)}
        self.char_ids = {term: len(words) + number for number, term in enumerate(characters)}
        self.first_char = len(words)
        self.size = len(words) + len(characters)
        self.bits = self.size.bit_length()
        # one row a feature, idf and weights side by side: one trip to memory instead of two
        idf = np.concatenate([model.idf["word"], model.idf["char"]])
        self.table = np.column_stack([idf, model.weights])
        self.bigrams = model.config.word_ngrams[1] >= 2
        self.lengths = range(model.config.char_ngrams[0], model.config.char_ngrams[1] + 1)
        self._frequency = _sublinear if model.config.sublinear_tf else _plain
        self._cache: dict[str, Ids] = {}

    def word_features(self, word: str) -> Ids:
        """Return the numbers of the word itself and of its character n-grams, with repeats."""
        found = self._cache.get(word)
        if found is None:
            found = self._word_features(word)
            if len(word) <= _CACHE_WORD_LENGTH:
                if len(self._cache) >= _CACHE_WORDS:
                    self._cache.clear()
                self._cache[word] = found
        return found

    def _word_features(self, word: str) -> Ids:
        get = self.char_ids.get
        padded = f" {word} "
        length = len(padded)
        numbers = [self.word_ids.get(word)]
        for n in self.lengths:
            if n >= length:
                # scikit-learn's char_wb counts a word shorter than n once, then stops
                numbers.append(get(padded))
                break
            numbers += [get(padded[i : i + n]) for i in range(length - n + 1)]
        return np.array([number for number in numbers if number is not None], dtype=np.int64)

    def read(self, words: Sequence[str]) -> WordFeatures:
        """Return the features of a reading, from which those of its segments are taken."""
        features = self.word_features
        own = [features(word) for word in words]
        if not self.bigrams:
            return WordFeatures(own, [])
        get = self.word_ids.get
        return WordFeatures(own, [get(f"{a} {b}") for a, b in itertools.pairwise(words)])

    def values(self, segments: Sequence[Segment]) -> FeatureValues:
        """Return every feature present in each segment (reading, first word, end word)."""
        parts: list[Ids] = []
        sizes: list[int] = []
        for reading, start, end in segments:
            own = reading.own[start:end]
            pairs = [n for n in reading.pairs[start : max(end - 1, start)] if n is not None]
            if pairs:
                own.append(np.array(pairs, dtype=np.int64))
            parts += own
            sizes.append(sum(map(len, own)))
        keys = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        if len(segments) == 1:
            return self._single(keys)
        keys += np.repeat(np.arange(len(segments)) << self.bits, sizes)
        keys, counts = _counted(keys)
        owners, numbers = keys >> self.bits, keys & ((1 << self.bits) - 1)
        rows = self.table[numbers]
        values = self._frequency(counts) * rows[:, 0]
        blocks = 2 * owners + (numbers >= self.first_char)
        norms = np.sqrt(np.bincount(blocks, values * values, 2 * len(segments)))
        values /= norms[blocks]
        bounds = owners.searchsorted(np.arange(len(segments) + 1))
        return FeatureValues(bounds, owners, numbers, counts, values, rows[:, 1:])

    def _single(self, keys: Ids) -> FeatureValues:
        """The same for one segment, where most of the bookkeeping falls away."""
        numbers, counts = _counted(keys)
        rows = self.table[numbers]
        values = self._frequency(counts) * rows[:, 0]
        parting = int(numbers.searchsorted(self.first_char))
        for block in (values[:parting], values[parting:]):
            if len(block):
                block /= math.sqrt(block @ block)
        bounds = np.array([0, len(numbers)])
        owners = np.zeros(len(numbers), np.int64)
        return FeatureValues(bounds, owners, numbers, counts, values, rows[:, 1:])

    @staticmethod
    def logits(present: FeatureValues) -> Array:
        """Return the weighted sums of segments, shape (n_segments, n_heads), no intercept."""
        bounds, weights = present.bounds, present.weights
        if len(bounds) == 2:
            return (present.values @ weights)[None, :]
        result = np.zeros((len(bounds) - 1, weights.shape[1]))
        filled = np.flatnonzero(bounds[1:] > bounds[:-1])
        if len(filled):
            weighted = weights * present.values[:, None]
            result[filled] = np.add.reduceat(weighted, bounds[filled], axis=0)
        return result


def _counted(keys: Ids) -> tuple[Ids, Ids]:
    """Return the different keys in order and how often each occurs. Sorts `keys` in place."""
    keys.sort()
    new = np.empty(len(keys), dtype=bool)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    first = new.nonzero()[0]
    counts = np.empty_like(first)
    if len(first):
        np.subtract(first[1:], first[:-1], out=counts[:-1])
        counts[-1] = len(keys) - first[-1]
    return keys[first], counts


def _plain(counts: Ids) -> Array:
    return counts.astype(np.float64)


def _sublinear(counts: Ids) -> Array:
    """Return 1 + ln(count)."""
    if len(counts) and counts.max() > len(_LOG_TF):
        return 1.0 + np.log(counts)
    return _LOG_TF[counts - 1]
