"""Character n-grams of many words at once, by arithmetic instead of a dictionary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio (Knuth, Fibonacci hashing)
_SLOT_BITS = 18
_KEY_BITS = 62


class GramIndex:
    """Finds the numbers of the n-grams of words among those of a vocabulary.

    An n-gram is one integer: the numbers of its letters in the vocabulary's alphabet, side by
    side. A hash table of such integers answers for all n-grams of all words in a few steps.
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
        for place in range(int(sizes.max())):
            longer = np.flatnonzero(sizes > place)
            keys[longer] = keys[longer] << self.bits | codes[starts[longer] + place]
        slots = _slots(keys)
        order = np.argsort(slots, kind="stable")
        self._keys = keys[order]
        self._numbers = order + first_number
        # the terms of slot s are rows _first[s] to _first[s + 1]
        first = np.searchsorted(slots[order], np.arange((1 << _SLOT_BITS) + 1))
        self._first = first.astype(np.int32)

    def find(self, words: Sequence[str], own: Ids) -> tuple[Ids, Ids]:
        """Return the numbers of the features of `words`, with repeats, and how many each has.

        `own` holds the number of each word itself, -1 for none. That comes first, then those of
        the n-grams by length and place.
        """
        points = _points(f" {' '.join(words)} ")
        codes = self.codes.take(points, mode="clip")
        sizes = np.fromiter(map(len, words), np.int64, len(words)) + 1
        owners = np.repeat(np.arange(len(words)), sizes)
        # how far an n-gram from here may reach: to the space behind its word
        reach = np.repeat(np.cumsum(sizes) + 1, sizes) - np.arange(len(owners))
        usual = codes > 0
        keys, fits = codes, usual
        known = np.flatnonzero(own >= 0)
        found, whose = [own.take(known)], [known]
        for n in range(2, self.lengths[-1] + 1):
            count = len(codes) - n + 1
            if count <= 0:
                break
            keys = keys[:count] << self.bits | codes[n - 1 :]
            fits = fits[:count] & usual[n - 1 :]
            if n in self.lengths:
                places = np.flatnonzero(fits & (reach[:count] >= n))
                hits, numbers = self._look_up(keys.take(places))
                found.append(numbers)
                whose.append(owners.take(places.take(hits)))
        numbers, owner = np.concatenate(found), np.concatenate(whose)
        # small integers are sorted by digits, which takes no comparisons
        small = owner.astype(np.uint16) if len(words) <= 1 << 16 else owner
        order = small.argsort(kind="stable")
        return numbers.take(order), np.bincount(owner, minlength=len(words))

    def _look_up(self, keys: Ids) -> tuple[Ids, Ids]:
        """Return the places of the `keys` that are terms, in order, and their numbers."""
        slots = _slots(keys)
        rows, last = self._first.take(slots), self._first.take(slots + 1)
        at = np.flatnonzero(rows < last)
        rows, last, wanted = rows.take(at), last.take(at), keys.take(at)
        numbers = np.full(len(keys), -1, dtype=np.int64)
        while len(at):
            equal = self._keys.take(rows) == wanted
            numbers[at[equal]] = self._numbers.take(rows[equal])
            rows += 1
            left = np.flatnonzero(~equal & (rows < last))
            at, rows, last, wanted = at[left], rows[left], last[left], wanted[left]
        hits = np.flatnonzero(numbers >= 0)
        return hits, numbers[hits]


def _points(text: str) -> Ids:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.int64
    )


def _slots(keys: Ids) -> Ids:
    mixed = keys.astype(np.uint64) * _SPREAD >> np.uint64(64 - _SLOT_BITS)
    return mixed.astype(np.int64)
