"""Disguises that only a dictionary can undo.

The dictionary is the model's own vocabulary. A word that it knows is left alone; for others the
likeliest reading is looked for: another letter in the place of a digit, a masked letter, letters
doubled or stretched, a word taken apart, words run together. The search is bounded in total, so
that no text makes it slow.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
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
_UNDERSTOOD = 0.6  # share of the letters that known words must explain
_CHOICES = {"1": "il", "6": "gb", "9": "gq", "2": "z", "0": "o", "!": "i", "|": "li"}
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 24
_MOST_VARIANTS = 64
_MOST_LETTERS = 1_000  # of unknown words looked at in one text
_DOUBLED = re.compile(r"(.)\1+")
_UNIT = re.compile(r"\W*\d+[a-zñ]{1,2}\W*")
Path = tuple[str, "Path"] | None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Known words, and pairs of words, with their cost: -ln(share of texts that use them)."""

    costs: Mapping[str, float]
    pairs: Mapping[str, float]
    # unknown words met before and what they were read as; bounded
    readings: dict[tuple[str, str], list[str] | None] = field(default_factory=dict, compare=False)

    @classmethod
    def from_terms(cls, terms: Sequence[str], idf: NDArray[np.float64]) -> Lexicon:
        """Take both from the word 1-2-grams of a model."""
        costs: dict[str, float] = {}
        pairs: dict[str, float] = {}
        for term, weight in zip(terms, idf.tolist(), strict=True):
            if " " in term:
                pairs[term] = weight - 1.0
            elif term.isalpha() and (len(term) > 1 or term in _SINGLE_WORDS):
                costs[term] = weight - 1.0
        return cls(costs, pairs)

    def after(self, previous: str, word: str) -> float:
        """Return the cost of `word` behind `previous` ("" for the first word)."""
        if not previous:
            return self.costs[word]
        pair = self.pairs.get(f"{previous} {word}")
        if pair is None:
            return self.costs[word] + _UNUSUAL_NEIGHBOURS
        return max(pair - self.costs[previous], 0.0)

    def likeliest(self, candidates: Iterator[str]) -> str | None:
        known = [word for word in candidates if word in self.costs]
        return min(known, key=self.costs.__getitem__, default=None)


def repair(tokens: Tokens, lexicon: Lexicon) -> tuple[Tokens, list[int]] | None:
    """Return the repaired reading and the numbers of its changed words, or None if none changed."""
    costs = lexicon.costs
    words = tokens.words
    doubtful = [n for n, word in enumerate(words) if word not in costs and len(word) > 1]
    if not doubtful:
        return None
    replaced: dict[int, list[str]] = {}
    joined: dict[int, int] = {}  # number of the first word joined -> number of words
    letters = 0
    for number in doubtful:
        letters += len(words[number])
        if letters > _MOST_LETTERS:
            break
        reading = _remembered(tokens, number, lexicon)
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
    ends = set(tokens.breaks)
    number = 0
    while number < len(tokens.words):
        size = joined.get(number, 1)
        new = replaced.get(number)
        last = number + size - 1
        if new is not None:
            changed += range(len(result.words), len(result.words) + len(new))
        for word in new or [tokens.words[number]]:
            result.words.append(word)
            result.starts.append(tokens.starts[number])
            result.ends.append(tokens.ends[last])
        if any(place in ends for place in range(number, last + 1)):
            result.breaks.append(len(result.words) - 1)
        number += size
    return result, changed


def _remembered(tokens: Tokens, number: int, lexicon: Lexicon) -> list[str] | None:
    """Return the words that an unknown word stands for, or None."""
    word = tokens.words[number]
    written = tokens.folded[tokens.starts[number] : tokens.ends[number]]
    readings = lexicon.readings
    try:
        return readings[word, written]
    except KeyError:
        reading = _reading(word, written, lexicon)
    if len(written) <= _LONGEST_REMEMBERED:
        if len(readings) >= _MOST_REMEMBERED:
            readings.clear()
        readings[word, written] = reading
    return reading


def _reading(word: str, written: str, lexicon: Lexicon) -> list[str] | None:
    if word == URL:
        return None
    if not written.isalpha() and not _UNIT.fullmatch(written):
        found = lexicon.likeliest(itertools.chain(_digits_as_letters(written), _unmasked(written)))
        if found is not None and len(found) > 2 and found != word:
            return [found]
    if word == USER or not word.isalpha():
        return _parted(_plain_letters(written), lexicon) if word != USER else None
    if _DOUBLED.search(word):
        found = lexicon.likeliest(_undoubled(word))
        if found is not None and len(found) > 2:
            return [found]
        return _parted(word, lexicon) or _parted(_DOUBLED.sub(r"\1", word), lexicon)
    return _parted(word, lexicon)


def _plain_letters(written: str) -> str:
    return "".join(c for c in written.translate(LEET) if c.isalpha())


def _digits_as_letters(written: str) -> Iterator[str]:
    """Yield the words that digits and symbols for letters may spell."""
    written = written.strip(".,;:?!\"'()[]{}*_-")
    if not any(c.isalpha() for c in written):
        return
    options = []
    for character in written:
        if character.isalpha():
            options.append(character)
        else:
            options.append(_CHOICES.get(character, character.translate(LEET)))
    for choice in itertools.islice(itertools.product(*options), _MOST_VARIANTS):
        letters = "".join(c for c in choice if c.isalpha())
        yield letters
        if _DOUBLED.search(letters):
            yield _DOUBLED.sub(r"\1", letters)


def _unmasked(written: str) -> Iterator[str]:
    """Yield the words in which stars, at most two, stand for letters."""
    parts = re.split(r"[*#]", written.strip(".,;:?!\"'()"))
    if not 2 <= len(parts) <= 3 or not parts[0]:
        return
    for letters in itertools.product(_LETTERS, repeat=len(parts) - 1):
        yield "".join(itertools.chain(*itertools.zip_longest(parts, letters, fillvalue="")))


def _undoubled(word: str) -> Iterator[str]:
    """Yield the word with some or all of its repeated letters once."""
    runs = list(_DOUBLED.finditer(word))[:6]
    for choice in itertools.product((1, 2), repeat=len(runs)):
        parts, end = [], 0
        for run, keep in zip(runs, choice, strict=True):
            parts += [word[end : run.start()], run.group(1) * keep]
            end = run.end()
        yield "".join(parts) + word[end:]


def _taken_apart(tokens: Tokens, number: int, lexicon: Lexicon) -> tuple[int, int, str] | None:
    """Return (first, size, word) where neighbours of an unknown word make a known one."""
    words = tokens.words
    for size in (2, 3, 4):
        for first in range(max(0, number - size + 1), number + 1):
            parts = words[first : first + size]
            if len(parts) < size or any(not part.isalpha() for part in parts):
                continue
            whole = "".join(parts)
            if (
                4 <= len(whole) <= _LONGEST_WORD
                and whole in lexicon.costs
                and _no_gap(tokens, first, size)
            ):
                return first, size, whole
    return None


def _parted(word: str, lexicon: Lexicon) -> list[str] | None:
    """Return the likeliest words that were run together to `word`, or None.

    Viterbi over the known words in it, with pairs of neighbours that the model knows. A whole
    sentence run together may hold unknown words, too.
    """
    count = len(word)
    if count < _SHORTEST_JOINED:
        return None
    worst = _worst_cost(count)
    # paths[end]: last word of a way to get there -> (cost, words before it)
    paths: list[dict[str, tuple[float, Path]]] = [{} for _ in range(count + 1)]
    paths[0] = {"": (0.0, None)}
    strangers = [""] * (count + 1)  # the unknown word kept at each end: the cheapest
    for start in range(count):
        before = paths[start]
        if not before:
            continue
        nearest = min(before, key=lambda last: before[last][0])
        for end in range(start + 1, min(start + _LONGEST_WORD, count) + 1):
            part = word[start:end]
            if part in lexicon.costs and part != word:
                cost, previous = min(
                    (so_far + lexicon.after(last, part), last)
                    for last, (so_far, _) in before.items()
                )
            elif count >= _SENTENCE and end - start in _STRANGER_LETTERS:
                cost, previous = before[nearest][0] + _stranger_cost(end - start), nearest
                known = paths[end].get(strangers[end])
                if cost > worst or (known is not None and known[0] <= cost):
                    continue
                paths[end].pop(strangers[end], None)
                strangers[end] = part
            else:
                continue
            if cost <= worst:
                paths[end][part] = (cost, (previous, before[previous][1]))
    if not paths[count]:
        return None
    last, (_, path) = min(paths[count].items(), key=lambda item: item[1][0])
    parts = [last]
    while path is not None and path[0]:
        parts.append(path[0])
        path = path[1]
    understood = sum(len(part) for part in parts if part in lexicon.costs)
    return parts[::-1] if len(parts) > 1 and understood >= _UNDERSTOOD * count else None


def _worst_cost(letters: int) -> float:
    """Return the cost up to which a reading is believed: by chance long ones are rare."""
    per_letter = min(1.45 + 0.12 * max(letters - 8, 0), 2.2)
    return per_letter * letters


def _stranger_cost(letters: int) -> float:
    return 7.0 + 1.2 * letters


def _no_gap(tokens: Tokens, first: int, size: int) -> bool:
    """Tell whether nothing but punctuation parts the words."""
    between = tokens.folded[tokens.starts[first] : tokens.ends[first + size - 1]]
    return not any(c.isspace() for c in between)
