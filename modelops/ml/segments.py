"""Logits of texts and of their segments, exact and quick.

A tf-idf vector need not be written out. The gain of a feature (idf times weight, and idf squared
for the length of the vector) counts tf times, and most features occur once. So the gains of words
are added up, which were summed when a word was met first, and only what occurs more than once is
corrected: by tf - count for the logit, by tf² - count for the length. All segments of a text, or
of several texts, take one pass: with few words, the number of steps is what costs time.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.vectors import NUMBER_BYTES, NUMBERS, FeatureIndex, Ids, Step

Array = NDArray[np.float64]
_TINY = 1e-300  # so that empty blocks, whose length does not matter, have one


Run = tuple[int, int]  # of steps: the first, and that behind the last


class Segments:
    """Segments of texts: their logits, and what each of their words adds to these.

    A segment is made of runs of `steps`, which most have one of. It begins and ends with a word:
    the pairs that its outer words make with others lie outside. `logits` has shape
    (n_segments, n_heads), without intercepts.
    """

    def __init__(
        self, index: FeatureIndex, steps: Sequence[Step], segments: Sequence[tuple[Run, ...]]
    ) -> None:
        self._index = index
        self._segments = segments
        self._runs = list(itertools.chain.from_iterable(segments))
        self._contents = [step[0] for step in steps]
        # a row more, so that behind the last step there is one
        gains = np.frombuffer(b"".join([step[1] for step in steps]) + index.no_gains)
        self._gains: Array = gains.reshape(len(steps) + 1, 2 * index.width)
        # of what a segment holds more than once: the numbers of the features, how often, and by
        # what to correct their gains; those of segment n begin at _edges[2n], those that are
        # character n-grams at _edges[2n + 1]
        self._repeated, self._counts, self._edges = self._count()
        self._corrections: Array = index.gains.take(self._repeated, axis=0)
        self._corrections *= index.excess(self._counts)
        sums = self._sums()
        self._lengths: Array = np.sqrt(np.maximum(sums[:, -1:], _TINY))
        shares = sums[:, :-1] / self._lengths
        self.logits: Array = shares[::2] + shares[1::2]

    def _count(self) -> tuple[Ids, Ids, list[int]]:
        index, count = self._index, len(self._segments)
        if count == 1:
            numbers: Ids = np.frombuffer(b"".join(self._own_contents(0)), NUMBERS)
            repeated, counts = _repeated(np.sort(numbers))
            parting = int(repeated.searchsorted(NUMBERS.type(index.first_char)))
            return repeated, counts, [0, parting, len(repeated)]
        content = b"".join(self._contents)
        ends = [0, *itertools.accumulate(map(len, self._contents))]  # of steps, in bytes
        sections = [content[ends[first] : ends[end]] for first, end in self._runs]
        numbers = np.frombuffer(b"".join(sections), NUMBERS)
        # a key holds the number of the segment and, below, that of the feature
        bits = len(index.gains).bit_length()
        # integers of 32 bits are sorted twice as fast
        dtype: np.dtype[Any] = np.dtype(np.uint32 if count << bits <= 1 << 32 else np.int64)
        owners: Ids = (np.arange(count) << bits).astype(dtype)
        sizes = np.fromiter(map(len, sections), np.int64, len(sections)) // NUMBER_BYTES
        runs = owners.repeat(list(map(len, self._segments))) if len(sections) > count else owners
        keys = runs.repeat(sizes)
        keys += numbers
        keys.sort()
        repeated, counts = _repeated(keys)
        edges = owners.repeat(2)
        edges[1::2] += dtype.type(index.first_char)
        places = repeated.searchsorted(edges).tolist()
        return repeated & dtype.type((1 << bits) - 1), counts, [*places, len(repeated)]

    def _sums(self) -> Array:
        """Return the corrected gains of each segment's words, then characters, (2n, width)."""
        count, width = len(self._segments), self._index.width
        bounds = list(itertools.chain.from_iterable(self._runs))
        sums = np.add.reduceat(self._gains, bounds, axis=0)[::2]
        if len(sums) > count:
            firsts = [0, *itertools.accumulate(map(len, self._segments[:-1]))]
            sums = np.add.reduceat(sums, firsts, axis=0)
        sums = sums.reshape(2 * count, width)
        if count == 1 and 0 < self._edges[1] < self._edges[2]:
            sums += np.add.reduceat(self._corrections, self._edges[:2], axis=0)
            return sums
        edges = np.array(self._edges)
        held = (edges[1:] > edges[:-1]).nonzero()[0]
        if len(held):
            sums[held] += np.add.reduceat(self._corrections, edges.take(held), axis=0)
        return sums

    def contributions(self, number: int, head: int = 0) -> list[float]:
        """Return what each word of a segment adds to its logit of a head; their sum is exact.

        A feature that occurs more than once is shared out evenly, a pair of words by halves.
        """
        runs = self._segments[number]
        word, character = self._lengths[2 * number : 2 * number + 2, 0]
        if len(runs) == 1:
            gains = self._gains[runs[0][0] : runs[0][1]]
        else:
            gains = np.concatenate([self._gains[first:end] for first, end in runs])
        shares = gains[:, head] / word + gains[:, self._index.width + head] / character
        start, parting, stop = self._edges[2 * number : 2 * number + 3]
        if stop > start:
            more = self._corrections[start:stop, head] / self._counts[start:stop]
            more[: parting - start] /= word
            more[parting - start :] /= character
            contents = self._own_contents(number)
            numbers: Ids = np.frombuffer(b"".join(contents), NUMBERS)
            weights = self._index.spread(self._repeated[start:stop], more, numbers)
            sizes = np.fromiter(map(len, contents), np.int64, len(contents)) // NUMBER_BYTES
            steps = np.arange(len(shares)).repeat(sizes)
            shares += np.bincount(steps, weights, len(shares))
        words = shares[::2]
        halves = shares[1::2] / 2.0
        words[:-1] += halves
        words[1:] += halves
        result: list[float] = words.tolist()
        return result

    def _own_contents(self, number: int) -> list[bytes]:
        """Return the contents of the steps of a segment."""
        runs = self._segments[number]
        if len(runs) == 1:
            return self._contents[runs[0][0] : runs[0][1]]
        return [content for first, end in runs for content in self._contents[first:end]]


def _repeated(keys: Ids) -> tuple[Ids, Ids]:
    """Return what sorted keys hold more than once, and how often."""
    again = np.zeros(len(keys) + 1, dtype=bool)
    np.equal(keys[1:], keys[:-1], out=again[1 : len(keys)])
    turns = (again[1:] != again[:-1]).nonzero()[0]
    first = turns[::2]
    counts = turns[1::2] - first
    counts += 1
    return keys.take(first), counts
