"""TF-IDF vectors without scikit-learn: words to feature numbers, segments to logits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel

Array = NDArray[np.float64]
Ids = NDArray[np.int64]
_CACHE_WORDS = 50_000
_CACHE_WORD_LENGTH = 24  # longer words are rare and large
_LOG_TF = 1.0 + np.log(np.arange(1, 1025, dtype=np.float64))


class FeatureIndex:
    """Terms, weights times idf, and a bounded cache of the features of words met before."""

    def __init__(self, model: NumericModel) -> None:
        words, characters = model.terms["word"], model.terms["char"]
        self.word_ids = {term: number for number, term in enumerate(words)}
        self.char_ids = {term: len(words) + number for number, term in enumerate(characters)}
        self.first_char = len(words)
        self.size = len(words) + len(characters)
        self.idf = np.concatenate([model.idf["word"], model.idf["char"]])
        self.weights = np.ascontiguousarray(model.weights)
        self.bigrams = model.config.word_ngrams[1] >= 2
        self.lengths = range(model.config.char_ngrams[0], model.config.char_ngrams[1] + 1)
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

    def bigram_numbers(self, words: Sequence[str]) -> list[int | None]:
        """Return the number of each pair of neighbours, None where it is no feature."""
        if not self.bigrams:
            return []
        get = self.word_ids.get
        previous = iter(words)
        next(previous, None)
        return [get(f"{a} {b}") for a, b in zip(words, previous, strict=False)]

    def values(self, segments: Sequence[Sequence[str]]) -> tuple[Ids, Ids, Ids, Array]:
        """Return (segment, feature, count, tf-idf value) of every feature present.

        Sorted by segment, then feature; values have unit length per segment and block.
        """
        features = self.word_features
        parts: list[Ids] = []
        sizes: list[int] = []
        for words in segments:
            own = [features(word) for word in words]
            pairs = [number for number in self.bigram_numbers(words) if number is not None]
            if pairs:
                own.append(np.array(pairs, dtype=np.int64))
            parts += own
            sizes.append(sum(map(len, own)))
        keys = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        if len(segments) > 1:
            keys += np.repeat(np.arange(len(segments)) * self.size, sizes)
        keys.sort()
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))[: len(keys)])
        counts = np.diff(np.append(first, len(keys)))
        keys = keys[first]
        if len(segments) > 1:
            owners, numbers = np.divmod(keys, self.size)
        else:
            owners, numbers = np.zeros(len(keys), dtype=np.int64), keys
        values = self._term_frequency(counts) * self.idf[numbers]
        blocks = 2 * owners + (numbers >= self.first_char)
        norms = np.sqrt(np.bincount(blocks, values * values, 2 * len(segments)))
        values /= norms[blocks]
        return owners, numbers, counts, values

    @staticmethod
    def _term_frequency(counts: Ids) -> Array:
        if len(counts) and counts.max() > len(_LOG_TF):
            return 1.0 + np.log(counts)
        return _LOG_TF[counts - 1]

    def logits(self, segments: Sequence[Sequence[str]]) -> Array:
        """Return the weighted sums of segments, shape (n_segments, n_heads), no intercept."""
        owners, numbers, _, values = self.values(segments)
        if len(segments) == 1:
            return (values @ self.weights[numbers])[None, :]
        result = np.zeros((len(segments), self.weights.shape[1]))
        for head in range(self.weights.shape[1]):
            result[:, head] = np.bincount(
                owners, values * self.weights[numbers, head], len(segments)
            )
        return result
