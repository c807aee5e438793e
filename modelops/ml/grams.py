"""Character n-grams of many words at once, by arithmetic instead of a dictionary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio (Knuth, Fibonacci hashing)
_FULLEST = 4  # slots for each key at least, so that most keys stand where they belong
_KEY_BITS = 62
_SHORTEST = 2  # letters of the shortest beginnings that are looked up
_NONE = -1  # no term, but a term begins so


class GramIndex:
    """Finds the numbers of the n-grams of words among those of a vocabulary.

    An n-gram is one integer: the numbers of its letters in the vocabulary's alphabet, side by
    side. A hash table of such integers answers for all n-grams of all words in a few steps. It
    holds the beginnings of terms as well: where nothing begins so, longer n-grams are not tried.
    """

    def __init__(self, terms: Sequence[str], lengths: range, first_number: int) -> None:
        self.lengths = lengths
        points = _points("".join(terms))
        alphabet = np.unique(points)
        # 0 for what no term holds; a word with such a letter still has n-grams beside it
        self.codes = np.zeros(int(alphabet.max(initial=0)) + 2, dtype=np.int64)
        self.codes[alphabet] = np.arange(1, len(alphabet) + 1)
        self.bits = (len(alphabet) + 1).bit_length()
        # words are never shorter than three, the spaces around them included
        self.usable = (
            len(terms) > 0 and 2 <= lengths[0] <= 3 and self.bits * lengths[-1] <= _KEY_BITS
        )
        if self.usable:
            self._fill(terms, points, first_number)

    def _fill(self, terms: Sequence[str], points: Ids, first_number: int) -> None:
        sizes = np.fromiter(map(len, terms), np.int64, len(terms))
        starts = np.cumsum(sizes) - sizes
        codes = self.codes[points]
        keys = np.zeros(len(terms), dtype=np.int64)
        beginnings = [keys[:0]]
        for place in range(int(sizes.max())):
            longer = np.flatnonzero(sizes > place)
            keys[longer] = keys[longer] << self.bits | codes[starts[longer] + place]
            if place + 1 >= _SHORTEST:
                beginnings.append(keys[longer[sizes[longer] > place + 1]])
        keys, numbers = _with_beginnings(keys, np.unique(np.concatenate(beginnings)), first_number)
        self._shift = np.uint64(64 - (_FULLEST * len(keys)).bit_length())
        size = 1 << (64 - int(self._shift))
        self._keys = np.zeros(size, dtype=np.int64)
        self._numbers = np.zeros(size, dtype=np.int32)
        slots = self._slots(keys)
        while len(keys):
            free = self._keys.take(slots) == 0
            self._keys[slots[free]] = keys[free]
            placed = self._keys.take(slots) == keys
            self._numbers[slots[placed]] = numbers[placed]
            keys, numbers, slots = keys[~placed], numbers[~placed], slots[~placed] + 1
            slots &= size - 1

    def find(self, words: Sequence[str], own: Ids) -> tuple[Ids, Ids]:
        """Return the numbers of the features of `words`, with repeats, and how many each has.

        `own` holds the number of each word itself, -1 for none. That comes first, then those of
        the n-grams by place and length.
        """
        codes = self.codes.take(_points(f" {' '.join(words)} "), mode="clip")
        sizes = np.fromiter(map(len, words), np.int64, len(words)) + 1
        ends = np.add.accumulate(sizes)
        starts = ends - sizes
        # one row a place: the word that begins there, then the n-grams
        found = np.full((len(codes) - 1, len(self.lengths) + 1), _NONE, dtype=np.int32)
        found[starts, 0] = own
        # how far an n-gram may reach: to the space behind its word
        last = ends.repeat(sizes)
        places = ((codes[:-1] > 0) & (codes[1:] > 0)).nonzero()[0]
        keys = codes.take(places) << self.bits | codes.take(places + 1)
        for n in range(_SHORTEST, self.lengths[-1] + 1):
            if n > _SHORTEST:
                more = codes.take(places + (n - 1), mode="clip")
                longer = ((more > 0) & (last.take(places) - places >= n - 1)).nonzero()[0]
                places = places.take(longer)
                keys = keys.take(longer) << self.bits | more.take(longer)
            hits, numbers = self._look_up(keys)
            places, keys = places.take(hits), keys.take(hits)
            if n in self.lengths:
                found[places, n - self.lengths[0] + 1] = numbers
        present = (found.ravel() >= 0).nonzero()[0]
        edges = present.searchsorted(np.append(starts * found.shape[1], found.size))
        return found.take(present).astype(np.int64), np.diff(edges)

    def _look_up(self, keys: Ids) -> tuple[Ids, Ids]:
        """Return the places of the `keys` in the table, in order, and their numbers."""
        slots = self._slots(keys)
        held = self._keys.take(slots)
        # where another key stands, the next slots may hold it
        left = ((held != keys) & (held != 0)).nonzero()[0]
        while len(left):
            onward = (slots.take(left) + 1) & (len(self._keys) - 1)
            found = self._keys.take(onward)
            slots[left], held[left] = onward, found
            left = left[(found != keys.take(left)) & (found != 0)]
        hits = (held == keys).nonzero()[0]
        return hits, self._numbers.take(slots.take(hits))

    def _slots(self, keys: Ids) -> Ids:
        # the shift leaves small numbers, the same with and without a sign
        return (keys.view(np.uint64) * _SPREAD >> self._shift).view(np.int64)


def _with_beginnings(keys: Ids, beginnings: Ids, first_number: int) -> tuple[Ids, Ids]:
    """Return the keys of terms and of beginnings that are no terms, and the numbers of all."""
    more = np.setdiff1d(beginnings, keys, assume_unique=True)
    numbers = np.arange(first_number, first_number + len(keys))
    return np.concatenate([keys, more]), np.concatenate([numbers, np.full(len(more), _NONE)])


def _points(text: str) -> Ids:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.int64
    )
