"""Disguises that only a dictionary can undo.

The dictionary is the model's own vocabulary. A word that it knows is left alone; for others the
likeliest reading is looked for: another letter in the place of a digit, a masked letter, letters
doubled or stretched, a word taken apart, words run together. The search is bounded in total, so
that no text makes it slow.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modelops.ml.text import LEET, URL, USER, Tokens

_LETTERS = "abcdefghijklmnopqrstuvwxyzñ"
_SINGLE_WORDS = frozenset("aeiouy")  # words of one letter in either language
_LONGEST_WORD = 18
_SHORTEST_JOINED = 6
# Costs are natural logs. Everyday phrases run together cost little per letter ("youareanidiot"
# about 0.8), a name or an inflected form taken apart by chance costs more ("boliv|ia|no" 1.7).
_UNUSUAL_NEIGHBOURS = 2.5
_SENTENCE = 14  # letters from which on a sentence may have been run together
_STRANGER_LETTERS = range(4, 13)
_STRANGER_COSTS = tuple(7.0 + 1.2 * letters for letters in _STRANGER_LETTERS)[::-1]  # longest first
_UNDERSTOOD = 0.6  # share of the letters that known words must explain
_CHOICES = {"1": "il", "6": "gb", "9": "gq", "2": "z", "0": "o", "!": "i", "|": "li"}
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 24
_MOST_VARIANTS = 64
_MOST_LETTERS = 1_000  # of unknown words looked at in one text
# Work is counted, not timed, so that the search ends at the same place on every machine. Of 12,000
# comments the hardest needed 8,600, all but one in a thousand less than 2,300; of comments run
# together as a whole, up to 400 letters, half need less than 3,700 and the hardest 15,600.
_MOST_WORK = 12_000  # in one text, without the last word
_MOST_WORK_ON_WORD = 15_000
_WORK_AT_PLACE, _WORK_AT_PLACE_OF_SENTENCE = 10, 15  # in a word, besides 1 for each two words
_WORK_AMONG_NEIGHBOURS = 40  # of a word that was taken apart
_LONGEST_WRITTEN = 100  # characters in which digits and symbols may stand for letters
_MOST_JOINED = 4  # parts of a word that was taken apart
_WHITE = ("", " ", "\n", "\t")
_BEGINNING = 4  # letters by which the lexicon tells how long a word may get
_STAR = re.compile(r"[*#]")
_DOUBLED = re.compile(r"(.)\1+")
_RUN = re.compile(r"(.)\1*")
_UNIT = re.compile(r"\W*\d+[a-zñ]{1,2}\W*")
Path = tuple[str, "Path"] | None
# the cost of a way so far, its last word, that word's own cost, those of its pairs, all its words
_Way = tuple[float, str, float, Mapping[str, float] | None, Path]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Known words, and pairs of words, with their cost: -ln(share of texts that use them)."""

    costs: Mapping[str, float]
    pairs: Mapping[str, Mapping[str, float]]  # by the first word, then the second
    # how long the longest word is that begins with these letters, and all words in order by
    # first letter and length
    longest: Mapping[str, int]
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
        longest: dict[str, int] = {}
        by_shape: dict[tuple[str, int], list[str]] = {}
        for word in sorted(costs):
            size = min(len(word), _LONGEST_WORD)
            longest[word[:_BEGINNING]] = max(longest.get(word[:_BEGINNING], 0), size)
            by_shape.setdefault((word[0], len(word)), []).append(word)
        return cls(costs, pairs, longest, by_shape, frozenset("".join(costs)))

    def likeliest(self, candidates: Iterable[str]) -> str | None:
        known = [word for word in candidates if word in self.costs]
        return min(known, key=self.costs.__getitem__, default=None)


def repair(
    tokens: Tokens, lexicon: Lexicon, unknown: Iterable[int]
) -> tuple[Tokens, list[int]] | None:
    """Return the repaired reading and the numbers of its changed words, or None if none changed.

    `unknown` are the numbers of the words that the lexicon does not hold.
    """
    words = tokens.words
    replaced: dict[int, list[str]] = {}
    joined: dict[int, int] = {}  # number of the first word joined -> number of words
    neighbours = _Neighbours(tokens, lexicon)
    letters = work = 0
    seen: set[tuple[str, str]] = set()
    for number in unknown:
        if len(words[number]) == 1:
            continue
        letters += len(words[number])
        if letters > _MOST_LETTERS or work > _MOST_WORK:
            break
        written = tokens.folded[tokens.starts[number] : tokens.ends[number]]
        reading, effort = _remembered(words[number], written, lexicon)
        if (words[number], written) not in seen:
            seen.add((words[number], written))
            work += effort
        if reading is not None:
            replaced[number] = reading
        elif not neighbours.stands_alone(number):
            work += _WORK_AMONG_NEIGHBOURS
            if (run := neighbours.with_word(number)) is not None:
                size, first, word = run
                replaced[first] = [word]
                joined[first] = size
    if not replaced:
        return None
    return _rebuilt(tokens, replaced, joined)


def _rebuilt(
    tokens: Tokens, replaced: Mapping[int, list[str]], joined: Mapping[int, int]
) -> tuple[Tokens, list[int]]:
    result = Tokens(tokens.folded, [], [], [], [])
    changed: list[int] = []
    position = 0
    for number in sorted(replaced):
        if number < position:
            continue  # joined to words before
        _copy(tokens, position, number, result)
        new, position = replaced[number], number + joined.get(number, 1)
        changed += range(len(result.words), len(result.words) + len(new))
        result.words += new
        result.starts += [tokens.starts[number]] * len(new)
        result.ends += [tokens.ends[position - 1]] * len(new)
        if bisect_left(tokens.breaks, number) < bisect_left(tokens.breaks, position):
            result.breaks.append(len(result.words) - 1)
    _copy(tokens, position, len(tokens.words), result)
    return result, changed


def _copy(tokens: Tokens, start: int, end: int, result: Tokens) -> None:
    """Copy words `start` to `end` and what is known of them."""
    shift = len(result.words) - start
    breaks = tokens.breaks[bisect_left(tokens.breaks, start) : bisect_left(tokens.breaks, end)]
    result.breaks += [number + shift for number in breaks]
    result.words += tokens.words[start:end]
    result.starts += tokens.starts[start:end]
    result.ends += tokens.ends[start:end]


def _remembered(word: str, written: str, lexicon: Lexicon) -> tuple[list[str] | None, int]:
    """Return the words that an unknown word stands for, or None, and how much work that is."""
    readings = lexicon.readings
    try:
        return readings[word, written]
    except KeyError:
        work = _Work()
        found = _reading(word, written, lexicon, work), work.done
    if len(written) <= _LONGEST_REMEMBERED:
        if len(readings) >= _MOST_REMEMBERED:
            readings.clear()
        readings[word, written] = found
    return found


class _Work:
    """Counts what is looked up, so that the search ends at the same place on every machine."""

    def __init__(self) -> None:
        self.done = 0


def _reading(word: str, written: str, lexicon: Lexicon, work: _Work) -> list[str] | None:
    if word == URL:
        return None
    if not written.isalpha() and len(written) <= _LONGEST_WRITTEN and not _UNIT.fullmatch(written):
        spelled = itertools.chain(
            _digits_as_letters(written, work), _unmasked(written, lexicon, work)
        )
        found = lexicon.likeliest(spelled)
        if found is not None and len(found) > 2 and found != word:
            return [found]
    if word == USER or not word.isalpha():
        return _parted(_plain_letters(written), lexicon, work) if word != USER else None
    if _DOUBLED.search(word):
        found = lexicon.likeliest(_undoubled(word, lexicon, work))
        if found is not None and len(found) > 2:
            return [found]
        return _parted(word, lexicon, work) or _parted(_once(word), lexicon, work)
    return _parted(word, lexicon, work)


def _plain_letters(written: str) -> str:
    return "".join(c for c in written.translate(LEET) if c.isalpha())


def _digits_as_letters(written: str, work: _Work) -> Iterator[str]:
    """Yield the words that digits and symbols for letters may spell."""
    written = written.strip(".,;:?!\"'()[]{}*_-")
    if not any(c.isalpha() for c in written):
        return
    options: list[Sequence[str]] = []
    for character in written:
        if not character.isalpha():
            character = _CHOICES.get(character, character.translate(LEET))
        options.append(character if character.isalpha() else ("",))
    for choice in itertools.islice(itertools.product(*options), _MOST_VARIANTS):
        work.done += 1
        letters = "".join(choice)
        yield letters
        if _DOUBLED.search(letters):
            yield _once(letters)


def _once(word: str) -> str:
    """Return the word with letters that are doubled or stretched only once."""
    return "".join(_RUN.findall(word))


def _unmasked(written: str, lexicon: Lexicon, work: _Work) -> Iterable[str]:
    """Return the known words in which stars, at most two, stand for letters."""
    shown = _STAR.split(written.strip(".,;:?!\"'()"))
    if not 2 <= len(shown) <= 3 or not shown[0]:
        return []
    first, last = shown[0], shown[-1]
    if len(shown) == 2:
        work.done += len(_LETTERS) // 4
        return [word for letter in _LETTERS if (word := first + letter + last) in lexicon.costs]
    size = sum(map(len, shown)) + 2
    words = lexicon.by_shape.get((first[0], size), ())
    work.done += len(words) // 8
    middle, start = shown[1], len(first) + 1
    return [
        word
        for word in words
        if word.startswith(first) and word.endswith(last) and word.startswith(middle, start)
        and word[start - 1] in _LETTERS and word[-len(last) - 1] in _LETTERS
    ]  # fmt: skip


def _undoubled(word: str, lexicon: Lexicon, work: _Work) -> list[str]:
    """Return the word with some or all of its repeated letters once, as far as words begin so."""
    found = [""]
    end = 0
    for run in itertools.islice(_DOUBLED.finditer(word), 6):
        before, letter = word[end : run.start()], run.group(1)
        found = [
            new
            for old in found
            for new in (old + before + letter, old + before + letter * 2)
            if len(new) < _BEGINNING or new[:_BEGINNING] in lexicon.longest
        ]
        work.done += len(found) // 4
        end = run.end()
    return [begun + word[end:] for begun in found]


class _Neighbours:
    """Finds known words that neighbours make: what was taken apart."""

    def __init__(self, tokens: Tokens, lexicon: Lexicon) -> None:
        self.tokens = tokens
        self.lexicon = lexicon
        self.found: dict[int, list[tuple[int, int, str]]] = {}  # by first word

    def stands_alone(self, number: int) -> bool:
        """Tell whether there is white space on both sides of a word."""
        folded = self.tokens.folded
        start, end = self.tokens.starts[number], self.tokens.ends[number]
        return folded[max(start - 1, 0) : start] in _WHITE and folded[end : end + 1] in _WHITE

    def with_word(self, number: int) -> tuple[int, int, str] | None:
        """Return (size, first, word) of the fewest neighbours of an unknown word, itself included.

        Of as many the first ones count.
        """
        best = None
        for first in range(max(number - _MOST_JOINED + 1, 0), number + 1):
            if first not in self.found:
                self.found[first] = self._from(first)
            for joined in self.found[first]:
                if first + joined[0] > number and (best is None or joined < best):
                    best = joined
        return best

    def _from(self, first: int) -> list[tuple[int, int, str]]:
        tokens, costs, longest = self.tokens, self.lexicon.costs, self.lexicon.longest
        words, folded = tokens.words, tokens.folded
        found = []
        whole = words[first]
        for last in range(first + 1, min(first + _MOST_JOINED, len(words))):
            if _gap(folded, tokens.ends[last - 1], tokens.starts[last]):
                break
            whole += words[last]
            if len(whole) < _BEGINNING:
                continue
            if whole[:_BEGINNING] not in longest:
                break  # no known word begins so
            if (
                whole in costs
                and len(whole) <= _LONGEST_WORD
                and not _gap(folded, tokens.starts[first], tokens.ends[last])
            ):
                found.append((last - first + 1, first, whole))
        return found


def _gap(folded: str, start: int, end: int) -> bool:
    """Tell whether there is white space, of which folded texts hold three kinds."""
    between = folded[start:end]
    return " " in between or "\n" in between or "\t" in between


def _parted(word: str, lexicon: Lexicon, work: _Work) -> list[str] | None:
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


def _likeliest_parts(word: str, lexicon: Lexicon, work: _Work) -> list[str]:
    """Return the cheapest way to part a word, none if there is none or it takes too long to find.

    For each place in the word the cheapest way to get there by each last word is kept.
    """
    costs, pairs_of, longest = lexicon.costs, lexicon.pairs.get, lexicon.longest.get
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
        letters = longest(word[start : start + _BEGINNING], _BEGINNING - 1)
        ends = range(start + 1, min(start + letters, count) + 1)
        parts = [part for end in ends if (part := word[start:end]) in costs]
        if parts and parts[-1] == word:
            parts.pop()
        work.done += work_at_place + len(parts) * len(here)
        if work.done > _MOST_WORK_ON_WORD:
            return []
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
        first = max(end - _STRANGER_LETTERS[-1], 0)
        last = max(end - _STRANGER_LETTERS[0] + 1, 0)
        more = _STRANGER_COSTS[first - end + _STRANGER_LETTERS[0] - 1 :]
        totals = list(map(operator.add, self.costs[first:last], more))
        while totals and (cost := min(totals)) <= self.worst:
            place = totals.index(cost)
            part = self.word[first + place : end]
            if part not in self.lexicon.costs:
                path = part, self.paths[first + place]
                ways.append((cost, part, 0.0, self.lexicon.pairs.get(part), path))
                break
            totals[place] = math.inf
        nearest = min(ways, key=_COST, default=_NO_WAY)
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
