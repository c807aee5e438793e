"""Disguises that only a dictionary can undo.

The dictionary is the model's own vocabulary. A word that it knows is left alone; for others the
likeliest reading is looked for: another letter in the place of a digit, a masked letter, letters
doubled or stretched, a word taken apart, words run together. The search is bounded in total, so
that no text makes it slow.
"""

from __future__ import annotations

import itertools
import math
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
_STRANGER_COSTS = tuple(7.0 + 1.2 * letters for letters in _STRANGER_LETTERS)
_UNDERSTOOD = 0.6  # share of the letters that known words must explain
_CHOICES = {"1": "il", "6": "gb", "9": "gq", "2": "z", "0": "o", "!": "i", "|": "li"}
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 24
_MOST_VARIANTS = 64
_MOST_LETTERS = 1_000  # of unknown words looked at in one text
# steps of the search: natural texts take at most 1,000, a whole comment run together 4,500
_MOST_WORK = 5_000  # in one text, without the last word
_MOST_WORK_ON_WORD = 4_000
_LONGEST_WRITTEN = 100  # characters in which digits and symbols may stand for letters
_BEGINNING = 4  # letters by which the lexicon tells how long a word may get
_STAR = re.compile(r"[*#]")
_DOUBLED = re.compile(r"(.)\1+")
_UNIT = re.compile(r"\W*\d+[a-zñ]{1,2}\W*")
Path = tuple[str, "Path"] | None
# the cost of a way so far, its last word, that word's own cost and those of its pairs
_Way = tuple[float, str, float, Mapping[str, float] | None]


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


def repair(tokens: Tokens, lexicon: Lexicon) -> tuple[Tokens, list[int]] | None:
    """Return the repaired reading and the numbers of its changed words, or None if none changed."""
    costs = lexicon.costs
    words = tokens.words
    doubtful = [n for n, word in enumerate(words) if word not in costs and len(word) > 1]
    replaced: dict[int, list[str]] = {}
    joined: dict[int, int] = {}  # number of the first word joined -> number of words
    letters = work = 0
    seen: set[tuple[str, str]] = set()
    for number in doubtful:
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
        elif (run := _taken_apart(tokens, number, lexicon)) is not None:
            first, size, word = run
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
        return _parted(word, lexicon, work) or _parted(_DOUBLED.sub(r"\1", word), lexicon, work)
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
        meant = _CHOICES.get(character, character.translate(LEET))
        options.append(character if character.isalpha() else meant if meant.isalpha() else ("",))
    for choice in itertools.islice(itertools.product(*options), _MOST_VARIANTS):
        work.done += 1
        letters = "".join(choice)
        yield letters
        if _DOUBLED.search(letters):
            yield _DOUBLED.sub(r"\1", letters)


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


def _taken_apart(tokens: Tokens, number: int, lexicon: Lexicon) -> tuple[int, int, str] | None:
    """Return (first, size, word) where neighbours of an unknown word make a known one."""
    words, starts, ends, folded = tokens.words, tokens.starts, tokens.ends, tokens.folded
    start, end = starts[number], ends[number]
    if not folded[max(start - 1, 0) : start].strip() and not folded[end : end + 1].strip():
        return None  # it stands alone
    left = right = number
    while left > max(0, number - 3) and not _gap(folded, ends[left - 1], starts[left]):
        left -= 1
    while right < min(len(words) - 1, number + 3) and not _gap(
        folded, ends[right], starts[right + 1]
    ):
        right += 1
    for size in (2, 3, 4):
        for first in range(max(left, number - size + 1), min(number, right - size + 1) + 1):
            whole = "".join(words[first : first + size])
            if (
                whole in lexicon.costs
                and 4 <= len(whole) <= _LONGEST_WORD
                and not _gap(folded, starts[first], ends[first + size - 1])
            ):
                return first, size, whole
    return None


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
    joined = _Joined(word, lexicon)
    for start in range(count):
        if joined.paths[start]:
            work.done += joined.go_on_with_words(start)
            if count >= _SENTENCE:
                joined.go_on_with_strangers(start)
            if work.done > _MOST_WORK_ON_WORD:
                return None
    parts = joined.likeliest()
    understood = sum(len(part) for part in parts if part in lexicon.costs)
    return parts if len(parts) > 1 and understood >= _UNDERSTOOD * count else None


class _Joined:
    """Words run together, and the ways found so far to part them.

    `paths[end]` holds for each last word of a way to get there its cost and the words before it.
    """

    def __init__(self, word: str, lexicon: Lexicon) -> None:
        self.word = word
        self.lexicon = lexicon
        self.worst = _worst_cost(len(word))
        self.paths: list[dict[str, tuple[float, Path]]] = [{} for _ in range(len(word) + 1)]
        self.paths[0] = {"": (0.0, None)}
        # the unknown word kept at each end, the cheapest, and its cost, which another must beat
        self.strangers = [""] * (len(word) + 1)
        self.stranger_costs = [math.nextafter(self.worst, math.inf)] * (len(word) + 1)

    def go_on_with_words(self, start: int) -> int:
        """Go on from `start` with each known word that stands there; return the work it was."""
        word, paths, before = self.word, self.paths, self.paths[start]
        costs, pairs = self.lexicon.costs, self.lexicon.pairs
        longest = self.lexicon.longest.get(word[start : start + _BEGINNING], _BEGINNING - 1)
        ends = range(start + 1, min(start + longest, len(word)) + 1)
        parts = [part for end in ends if (part := word[start:end]) in costs and part != word]
        if not parts:
            return 1
        ways = [
            (so_far, last, costs.get(last, 0.0), pairs.get(last))
            for last, (so_far, _) in before.items()
        ]
        ways.sort()
        for part in parts:
            cost, last = _cheapest(ways, part, costs[part])
            if cost <= self.worst:
                end = start + len(part)
                paths[end][part] = (cost, (last, before[last][1]))
        return 1 + len(parts) * len(ways)

    def go_on_with_strangers(self, start: int) -> None:
        """Go on from `start` with the unknown words of a few letters that stand there."""
        word, before = self.word, self.paths[start]
        costs, limits = self.lexicon.costs, self.stranger_costs
        nearest = min(before, key=lambda last: before[last][0])
        so_far, path = before[nearest]
        ends = range(start + _STRANGER_LETTERS[0], len(word) + 1)
        for end, more in zip(ends, _STRANGER_COSTS, strict=False):
            cost = so_far + more
            if cost < limits[end] and (part := word[start:end]) not in costs:
                self.paths[end].pop(self.strangers[end], None)
                self.strangers[end], limits[end] = part, cost
                self.paths[end][part] = (cost, (nearest, path))

    def likeliest(self) -> list[str]:
        """Return the words of the cheapest way to the end, none if there is no way."""
        found = self.paths[len(self.word)]
        if not found:
            return []
        last, (_, path) = min(found.items(), key=lambda item: item[1][0])
        parts = [last]
        while path is not None and path[0]:
            parts.append(path[0])
            path = path[1]
        return parts[::-1]


def _cheapest(ways: Sequence[_Way], part: str, alone: float) -> tuple[float, str]:
    """Return what it costs at least to go on with a known word, and behind which word.

    `alone` is the cost of the word by itself; `ways` are in order.
    """
    unusual = alone + _UNUSUAL_NEIGHBOURS
    best, behind = math.inf, ""
    for so_far, last, cost, followers in ways:
        if so_far > best:
            break  # as are all that follow
        if not last:
            total = so_far + alone
        elif followers is not None and (pair := followers.get(part)) is not None:
            total = so_far + max(pair - cost, 0.0)
        else:
            total = so_far + unusual
        if total < best or (total == best and last < behind):
            best, behind = total, last
    return best, behind


def _worst_cost(letters: int) -> float:
    """Return the cost up to which a reading is believed: by chance long ones are rare."""
    per_letter = min(1.45 + 0.12 * max(letters - 8, 0), 2.2)
    return per_letter * letters


def _gap(folded: str, start: int, end: int) -> bool:
    """Tell whether there is white space."""
    between = folded[start:end]
    return "".join(between.split()) != between
