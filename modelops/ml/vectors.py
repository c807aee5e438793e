"""TF-IDF features without scikit-learn: what each word of a text adds to its vector."""

from __future__ import annotations

import itertools
import operator
import sys
import threading
from collections.abc import Container, Sequence

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel
from modelops.ml.grams import GramIndex

Array = NDArray[np.float64]
Ids = NDArray[np.int64]
_CACHE_WORDS = 30_000  # of about 410 bytes each, 14 megabytes in all
_FREQUENT_SHARE = 3  # one in three of these is filled beforehand
_WORDS_AT_ONCE = 1_000  # then: more take much memory for a moment
_CACHE_WORD_LENGTH = 24  # longer words are rare and large
_FEW_LETTERS = 80  # up to so many, looking up n-grams one by one is faster
_COUNTS = 256  # up to so many occurrences, what follows from the count is looked up
NUMBERS = np.dtype(np.uint32)  # of features
NUMBER_BYTES = NUMBERS.itemsize


# What a word, or a pair of neighbours, adds to a text. As bytes, which are joined fast: the numbers
# of its features, with repeats (NUMBERS), and their gains, summed for each block (float64, shape
# (2, width)). Of a word also the known words that it makes a pair with, and whether the word itself
# is unknown: all that is asked of a word takes one look-up.
Step = tuple[bytes, bytes, "Followers", bool]
# second word of a pair -> the pair's number, once met its step
Followers = dict[str, int | Step]
_NO_FOLLOWERS: Followers = {}
_FOLLOWERS = operator.itemgetter(2)  # of a step
# of a word: its own number, -1 for none, the words that it makes a pair with, whether it is unknown
_Entry = tuple[int, Followers, bool]
_NEW: _Entry = (-1, _NO_FOLLOWERS, True)


class FeatureIndex:
    """Terms, their gains, and a bounded cache of the words met before.

    `gains` has shape (n_features, width): for each head idf times weight, then idf squared, of
    which the length of the vector is made. Features below `first_char` are words and pairs.
    `known` are the words that need no repair.
    """

    def __init__(self, model: NumericModel, known: Container[str] = ()) -> None:
        words, characters = model.terms["word"], model.terms["char"]
        self.first_char = len(words)
        idf = np.concatenate([model.idf["word"], model.idf["char"]])
        # one row a feature, all that is needed of it side by side: one trip to memory
        self.gains = np.column_stack([model.weights * idf[:, None], idf**2])
        self.width = self.gains.shape[1]
        self._entries = _entries(words, known)
        self.char_ids = {term: len(words) + number for number, term in enumerate(characters)}
        self.lengths = range(model.config.char_ngrams[0], model.config.char_ngrams[1] + 1)
        self.grams = GramIndex(characters, self.lengths, len(words))
        self.no_gains = bytes(2 * self.gains.itemsize * self.width)
        self._nothing: Step = (b"", self.no_gains, _NO_FOLLOWERS, False)
        self._table = np.zeros(len(self.gains))
        self._table_lock = threading.Lock()
        self._frequency = _sublinear if model.config.sublinear_tf else _plain
        self._excesses = self._excess(np.maximum(np.arange(_COUNTS), 1))
        # the words that most texts hold are met before the first text comes
        order = model.idf["word"].argsort(kind="stable").tolist()
        frequent = [words[number] for number in order if " " not in words[number]]
        del frequent[_CACHE_WORDS // _FREQUENT_SHARE :]
        self._frequent: dict[str, Step] = {}
        for start in range(0, len(frequent), _WORDS_AT_ONCE):
            self._frequent.update(self._new_steps(frequent[start : start + _WORDS_AT_ONCE]))
        self.forget()

    def excess(self, counts: Ids) -> Array:
        """Return tf - count for each head, then tf² - count, shape (n, width).

        By so much do the gains of a feature count more often than it occurs.
        """
        try:
            return self._excesses.take(counts, axis=0)
        except IndexError:  # more than the table holds
            return self._excess(counts)

    def _excess(self, counts: Ids) -> Array:
        result = np.repeat((self._frequency(counts) - counts)[:, None], self.width, axis=1)
        result[:, -1] = self._frequency(counts) ** 2 - counts
        return result

    def spread(self, features: Ids, values: Array, numbers: Ids) -> Array:
        """Return for each of `numbers` the value of that feature, 0 where it is not given."""
        with self._table_lock:
            try:
                self._table.put(features, values)
                return self._table.take(numbers)
            finally:
                self._table.put(features, 0.0)

    def steps(self, words: Sequence[str]) -> list[Step]:
        """Return the steps of a text: word n is step 2n, the pair of words n, n + 1 step 2n + 1.

        With the last word begins no pair. A text without words is a word that says nothing.
        """
        try:
            own = list(map(self._cache.__getitem__, words))
        except KeyError:
            own = self._meet(words)
        steps = [self._nothing] * (2 * max(len(words), 1))
        if own:
            steps[::2] = own
        known = map(operator.contains, map(_FOLLOWERS, own), words[1:])
        for place in itertools.compress(itertools.count(), known):
            followers, second = own[place][2], words[place + 1]
            pair = followers[second]
            if isinstance(pair, int):
                pair = followers[second] = self._pair(pair)
            steps[2 * place + 1] = pair
        return steps

    def forget(self) -> None:
        """Forget all words met since the start."""
        self._cache = dict(self._frequent)

    def _pair(self, number: int) -> Step:
        content = number.to_bytes(NUMBER_BYTES, sys.byteorder)
        gains = self.gains[number].tobytes()
        return content, gains.ljust(len(self.no_gains), b"\0"), _NO_FOLLOWERS, False

    def _meet(self, words: Sequence[str]) -> list[Step]:
        """Return the steps of words of which some are not in the cache."""
        known = list(map(self._cache.get, words))
        pairs = zip(words, known, strict=True)
        found = self._new_steps(list(dict.fromkeys([word for word, step in pairs if not step])))
        if len(self._cache) + len(found) > _CACHE_WORDS:
            self.forget()
        short = [item for item in found.items() if len(item[0]) <= _CACHE_WORD_LENGTH]
        self._cache.update(short[: _CACHE_WORDS - len(self._cache)])
        return [step or found[word] for word, step in zip(words, known, strict=True)]

    def _new_steps(self, words: Sequence[str]) -> dict[str, Step]:
        own, followers, unknown = zip(*self._entries_of(words), strict=True)
        numbers, counts = self._features(words, own)
        content, gains = numbers.astype(NUMBERS).tobytes(), self._sums(numbers, counts).tobytes()
        size = len(self.no_gains)
        ends = [0, *(np.add.accumulate(counts) * NUMBER_BYTES).tolist()]
        steps = zip(
            [content[start:end] for start, end in itertools.pairwise(ends)],
            [gains[place : place + size] for place in range(0, len(gains), size)],
            followers,
            unknown,
            strict=True,
        )
        return dict(zip(words, steps, strict=True))

    def _entries_of(self, words: Sequence[str]) -> list[_Entry]:
        entry = self._entries.get
        return [entry(word, _NEW) for word in words]

    def _features(self, words: Sequence[str], own: Sequence[int]) -> tuple[Ids, Ids]:
        """Return the numbers of the features of `words`, with repeats, and how many each has.

        Those of a word are the word itself, of which `own` holds the numbers, then its character
        n-grams by length and place.
        """
        if sum(map(len, words)) <= _FEW_LETTERS or not self.grams.usable:
            lists = list(map(self._word_features, words, own))
            counts = np.fromiter(map(len, lists), np.int64, len(lists))
            return np.array(list(itertools.chain.from_iterable(lists)), dtype=np.int64), counts
        return self.grams.find(words, np.array(own, dtype=np.int64))

    def _word_features(self, word: str, own: int) -> list[int]:
        get = self.char_ids.get
        padded = f" {word} "
        length = len(padded)
        numbers: list[int | None] = [own if own >= 0 else None]
        for n in self.lengths:
            if n >= length:
                # scikit-learn's char_wb counts a word shorter than n once, then stops
                numbers.append(get(padded))
                break
            numbers += [get(padded[i : i + n]) for i in range(length - n + 1)]
        return [number for number in numbers if number is not None]

    def _sums(self, numbers: Ids, counts: Ids) -> Array:
        """Return the gains of each word's features added up, shape (n_words, 2, width)."""
        sums = np.zeros((2 * len(counts), self.width))
        blocks = np.arange(0, 2 * len(counts), 2).repeat(counts)
        blocks += numbers >= self.first_char
        first = first_of_each(blocks)
        if len(first):
            rows = np.add.reduceat(self.gains.take(numbers, axis=0), first, axis=0)
            sums[blocks.take(first)] = rows
        return sums.reshape(len(counts), 2, self.width)


def _entries(terms: Sequence[str], known: Container[str]) -> dict[str, _Entry]:
    """Return what is known of each word of the terms, and of each with which a pair begins."""
    numbers: dict[str, int] = {}
    followers: dict[str, Followers] = {}
    for number, term in enumerate(terms):
        first, space, second = term.partition(" ")
        if space:
            followers.setdefault(first, {})[second] = number
        else:
            numbers[term] = number
    return {
        word: (numbers.get(word, -1), followers.get(word, _NO_FOLLOWERS), word not in known)
        for word in [*numbers, *(first for first in followers if first not in numbers)]
    }


def first_of_each(keys: Ids) -> Ids:
    """Return the place of the first of each of sorted keys."""
    new = np.empty(len(keys), dtype=bool)
    new[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return new.nonzero()[0]


def _sublinear(counts: Ids) -> Array:
    """Return 1 + ln(count)."""
    return 1.0 + np.log(counts)


def _plain(counts: Ids) -> Array:
    return counts.astype(np.float64)
