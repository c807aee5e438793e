"""Logits of texts and of their parts, exact and quick.

A tf-idf vector need not be written out. The gain of a feature (idf times weight, and idf squared
for the length of the vector) counts tf times, and most features occur once. So the gains of words
are added up, which were summed when a word was met first, and only what occurs more than once is
corrected: by tf - count for the logit, by tf² - count for the length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelops.ml.vectors import NUMBER_BYTES, FeatureIndex, Ids, Step, first_of_each

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
_BITS = 32  # keys hold two numbers, the lower one in so many bits
_LOWER = (1 << _BITS) - 1


class Reading:
    """A text as `steps` of an index: its logits, those of its parts, and what each word adds."""

    def __init__(self, index: FeatureIndex, steps: Sequence[Step]) -> None:
        self._index = index
        self._steps = steps
        gains = np.frombuffer(b"".join([step.gains for step in steps]))
        self._gains: Array = gains.reshape(len(steps), 2 * index.width)
        self._contents = [step.numbers for step in steps]
        self._numbers: Ids = np.frombuffer(b"".join(self._contents), np.int64)
        # of all features in order: the number and, below, the place of the occurrence
        self._keys: Ids = self._numbers << _BITS
        self._keys += np.arange(len(self._keys))
        self._keys.sort()
        numbers = self._keys >> _BITS
        self._again: Bools = numbers[1:] == numbers[:-1]
        self._repeated, self._counts = _counted(numbers[1:].compress(self._again))
        self._corrections: Array = index.gains.take(self._repeated, axis=0)
        self._corrections *= index.excess(self._counts)
        self._parting = int(self._repeated.searchsorted(index.first_char))  # of the two blocks
        self._sums: list[float] = self._whole_sums().tolist()
        # the lengths of the two blocks' vectors; those of empty blocks do not matter
        self._norms = (
            math.sqrt(self._sums[index.width - 1]) or 1.0,
            math.sqrt(self._sums[-1]) or 1.0,
        )

    def part(self, start: int, end: int) -> Reading:
        """Return words `start` to `end` on their own."""
        return Reading(self._index, self._steps[2 * start : max(2 * end - 1, 2 * start)])

    def _whole_sums(self) -> Array:
        """Return the corrected gains of the whole text: those of the two blocks, (2 * width,)."""
        sums: Array = np.add.reduce(self._gains)
        sums[: self._index.width] += np.add.reduce(self._corrections[: self._parting])
        sums[self._index.width :] += np.add.reduce(self._corrections[self._parting :])
        return sums

    def logits(self) -> list[float]:
        """Return the logits, one a head, without intercepts."""
        word, character = self._norms
        sums, width = self._sums, self._index.width
        return [sums[head] / word + sums[width + head] / character for head in range(width - 1)]

    def contributions(self, head: int = 0) -> list[float]:
        """Return what each word adds to the logit of a head; their sum is exact.

        A feature that occurs more than once is shared out evenly, a pair of words by halves.
        """
        word, character = self._norms
        shares = self._gains[:, head] / word + self._gains[:, self._index.width + head] / character
        if len(self._repeated):
            more = self._corrections[:, head] / self._counts
            more[: self._parting] /= word
            more[self._parting :] /= character
            steps = np.arange(len(shares)).repeat(self._sizes()).take(self._places())
            shares += np.bincount(steps, more.repeat(self._counts), len(shares))
        words = shares[::2]
        halves = shares[1::2] / 2.0
        words[:-1] += halves
        words[1:] += halves
        result: list[float] = words.tolist()
        return result

    def _places(self) -> Ids:
        """Return the places of the repeated features, those of the same side by side."""
        chosen = np.zeros(len(self._keys), dtype=bool)
        chosen[1:] = self._again
        chosen[:-1] |= self._again
        places: Ids = self._keys.compress(chosen) & _LOWER
        return places

    def _sizes(self) -> Ids:
        """Return how many features each step has."""
        count = len(self._contents)
        return np.fromiter(map(len, self._contents), np.int64, count) // NUMBER_BYTES

    def parts(self, segments: Sequence[tuple[int, int]]) -> Array:
        """Return the logits of segments (first word, end word), shape (n_segments, n_heads)."""
        width = self._index.width
        bounds = 2 * np.array(segments, dtype=np.int64)  # steps
        bounds[:, 1] -= 1
        until = np.zeros((len(self._steps) + 1, 2 * width))
        np.add.accumulate(self._gains, out=until[1:])
        sums = until.take(bounds[:, 1], axis=0)
        sums -= until.take(bounds[:, 0], axis=0)
        sums = sums.reshape(2 * len(segments), width)
        blocks, corrections = self._corrections_of(bounds)
        if len(blocks):
            first = first_of_each(blocks)
            sums[blocks.take(first)] += np.add.reduceat(corrections, first, axis=0)
        norms = np.sqrt(sums[:, -1:])
        norms[norms == 0.0] = 1.0
        shares = sums[:, :-1] / norms
        logits: Array = shares[::2] + shares[1::2]
        return logits

    def _corrections_of(self, bounds: Ids) -> tuple[Ids, Array]:
        """Return what is to be added for the features that a segment holds more than once.

        Segments are given by their first and their end step. For each such feature: twice the
        number of the segment, plus 1 in the block of characters; the correction of its gains.
        """
        ends = np.zeros(len(self._steps) + 1, dtype=np.int64)
        np.add.accumulate(self._sizes(), out=ends[1:])
        places = ends.take(bounds)
        numbers = self._numbers
        keys = np.concatenate([numbers[start:end] for start, end in places.tolist()])
        keys += (np.arange(len(bounds)) << _BITS).repeat(places[:, 1] - places[:, 0])
        keys.sort()
        keys, counts = _counted(keys[1:].compress(keys[1:] == keys[:-1]))
        numbers = keys & _LOWER
        blocks = (keys >> _BITS) * 2
        blocks += numbers >= self._index.first_char
        return blocks, self._index.gains.take(numbers, axis=0) * self._index.excess(counts)


def _counted(again: Ids) -> tuple[Ids, Ids]:
    """Return what occurs more than once, and how often.

    `again` holds, in order, all occurrences but the first of each.
    """
    first = first_of_each(again)
    counts = np.empty_like(first)
    if len(first):
        np.subtract(first[1:], first[:-1], out=counts[:-1])
        counts[-1] = len(again) - first[-1]
        counts += 1
    return again.take(first), counts
