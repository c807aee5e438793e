"""Words that were run together, parted again: the likeliest words that a dictionary finds."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence

from modelops.ml.lexicon import Lexicon

_SHORTEST_JOINED = 6
# Costs are natural logs. Everyday phrases run together cost little per letter ("youareanidiot"
# about 0.8), a name or an inflected form taken apart by chance costs more ("boliv|ia|no" 1.7).
_UNUSUAL_NEIGHBOURS = 2.5
_SENTENCE = 14  # letters from which on a sentence may have been run together
_SHORTEST_STRANGER, _LONGEST_STRANGER = 4, 12  # letters
# what unknown words cost that end at a place: the longest first, those that fit before it
_STRANGER_COSTS = [
    [7.0 + 1.2 * letters for letters in range(place, _SHORTEST_STRANGER - 1, -1)]
    for place in range(_LONGEST_STRANGER + 1)
]
_UNDERSTOOD = 0.6  # share of the letters that known words must explain
_MOST_WORK_ON_WORD = 15_000
_WORK_AT_PLACE, _WORK_AT_PLACE_OF_SENTENCE = 10, 15  # in a word, besides 1 for each two words
Path = tuple[str, "Path"] | None
# the cost of a way so far, its last word, that word's own cost, those of its pairs, all its words
_Way = tuple[float, str, float, Mapping[str, float] | None, Path]


class Work:
    """Counts what is looked up, so that the search ends at the same place on every machine."""

    def __init__(self) -> None:
        self.done = 0


def parted(word: str, lexicon: Lexicon, work: Work) -> list[str] | None:
    """Return the likeliest words that were run together to `word`, or None.

    Viterbi over the known words in it, with pairs of neighbours that the model knows. A whole
    sentence run together may hold unknown words, too.
    """
    count = len(word)
    if count < _SHORTEST_JOINED:
        return None
    if sum(map(lexicon.letters.__contains__, word)) < _UNDERSTOOD * count:
        return None
    parts = _likeliest_parts(word, lexicon, work)
    understood = sum(len(part) for part in parts if part in lexicon.costs)
    return parts if len(parts) > 1 and understood >= _UNDERSTOOD * count else None


def _likeliest_parts(word: str, lexicon: Lexicon, work: Work) -> list[str]:
    """Return the cheapest way to part a word, none if there is none or it takes too long to find.

    For each place in the word the cheapest way to get there by each last word is kept.
    """
    costs, pairs_of = lexicon.costs, lexicon.pairs.get
    count = len(word)
    worst = _worst_cost(count)
    ways: list[list[_Way]] = [[] for _ in range(count + 1)]
    ways[0].append((0.0, "", 0.0, None, None))
    strangers = _Strangers(word, lexicon, worst) if count >= _SENTENCE else None
    work_at_place = _WORK_AT_PLACE if strangers is None else _WORK_AT_PLACE_OF_SENTENCE
    for start, here in enumerate(ways):
        if strangers is not None:
            strangers.add(start, here)
        if not here or start == count:
            continue
        parts = lexicon.words_at(word, start)
        if parts and parts[-1] == word:
            parts.pop()
        work.done += work_at_place + len(parts) * len(here)
        if work.done > _MOST_WORK_ON_WORD:
            return []
        if len(here) > 1:
            here.sort()
        for part in parts:
            alone = costs[part]
            cost, path = _cheapest(here, part, alone)
            if cost <= worst:
                way = cost, part, alone, pairs_of(part), (part, path)
                ways[start + len(part)].append(way)
    path = min(ways[count], key=_COST)[-1] if ways[count] else None
    found: list[str] = []
    while path is not None:
        part, path = path
        found.append(part)
    return found[::-1]


class _Strangers:
    """Unknown words of a few letters in what may be a whole sentence run together."""

    def __init__(self, word: str, lexicon: Lexicon, worst: float) -> None:
        self.word = word
        self.lexicon = lexicon
        self.worst = worst
        # for each place the cost of the cheapest way to get there, and its words
        self.costs: list[float] = []
        self.paths: list[Path] = []

    def add(self, end: int, ways: list[_Way]) -> None:
        """Add to the ways that end at `end` the cheapest one whose last word is unknown."""
        if end >= _SHORTEST_STRANGER:
            first = max(end - _LONGEST_STRANGER, 0)
            before = self.costs[first : end - _SHORTEST_STRANGER + 1]
            totals = list(map(operator.add, before, _STRANGER_COSTS[end - first]))
            while (cost := min(totals)) <= self.worst:
                place = totals.index(cost)
                part = self.word[first + place : end]
                if part not in self.lexicon.costs:
                    path = part, self.paths[first + place]
                    ways.append((cost, part, 0.0, self.lexicon.pairs.get(part), path))
                    break
                totals[place] = math.inf
        nearest = min(ways, key=_COST) if len(ways) > 1 else ways[0] if ways else _NO_WAY
        self.costs.append(nearest[0])
        self.paths.append(nearest[-1])


_COST = operator.itemgetter(0)
_NO_WAY: _Way = (math.inf, "", 0.0, None, None)


def _cheapest(ways: Sequence[_Way], part: str, alone: float) -> tuple[float, Path]:
    """Return what it costs at least to go on with a known word, and the words before it.

    `alone` is the cost of the word by itself; `ways` are in order.
    """
    unusual = alone + _UNUSUAL_NEIGHBOURS
    best, behind, before = math.inf, "", None
    for so_far, last, cost, followers, path in ways:
        if so_far > best:
            break  # as are all that follow
        if followers is not None and (pair := followers.get(part)) is not None:
            total = so_far + (pair - cost if pair > cost else 0.0)
        else:
            total = so_far + (unusual if last else alone)
        if total < best or (total == best and last < behind):
            best, behind, before = total, last, path
    return best, before


def _worst_cost(letters: int) -> float:
    """Return the cost up to which a reading is believed: by chance long ones are rare."""
    per_letter = min(1.45 + 0.12 * max(letters - 8, 0), 2.2)
    return per_letter * letters
