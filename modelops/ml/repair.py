"""Disguises that only a dictionary can undo.

The dictionary is the model's own vocabulary. A word that it knows is left alone; for others the
likeliest reading is looked for: another letter in the place of a digit, a masked letter, letters
doubled or stretched, a word taken apart, words run together. The search is bounded in total, so
that no text makes it slow.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelops.ml.lexicon import BEGINNING, LONGEST_WORD, Lexicon
from modelops.ml.parting import Work, parted
from modelops.ml.text import LEET, URL, USER, Tokens

_LETTERS = "abcdefghijklmnopqrstuvwxyzñ"
_CHOICES = {"1": "il", "6": "gb", "9": "gq", "2": "z", "0": "o", "!": "i", "|": "li"}
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 24
_MOST_VARIANTS = 64
_MOST_LETTERS = 1_000  # of unknown words looked at in one text
# Work is counted, not timed, so that the search ends at the same place on every machine. Of 12,000
# comments the hardest needed 8,600, all but one in a thousand less than 2,300; of comments run
# together as a whole, up to 400 letters, half need less than 3,700 and the hardest 15,600.
_MOST_WORK = 12_000  # in one text, without the last word
_WORK_AMONG_NEIGHBOURS = 40  # of a word that was taken apart
_LONGEST_WRITTEN = 100  # characters in which digits and symbols may stand for letters
_MOST_JOINED = 4  # parts of a word that was taken apart
_WHITE = ("", " ", "\n", "\t")
_STAR = re.compile(r"[*#]")
_DOUBLED = re.compile(r"(.)\1+")
_RUN = re.compile(r"(.)\1*")
_UNIT = re.compile(r"\W*\d+[a-zñ]{1,2}\W*")


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
    seen: dict[tuple[str, str], list[str] | None] = {}
    for number in unknown:
        if len(words[number]) == 1:
            continue
        letters += len(words[number])
        if letters > _MOST_LETTERS or work > _MOST_WORK:
            break
        written = tokens.folded[tokens.starts[number] : tokens.ends[number]]
        key = words[number], written
        if key not in seen:
            seen[key], effort = _remembered(*key, lexicon)
            work += effort
        if (reading := seen[key]) is not None:
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
        work = Work()
        found = _reading(word, written, lexicon, work), work.done
    if len(written) <= _LONGEST_REMEMBERED:
        if len(readings) >= _MOST_REMEMBERED:
            readings.clear()
        readings[word, written] = found
    return found


def _reading(word: str, written: str, lexicon: Lexicon, work: Work) -> list[str] | None:
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
        return parted(_plain_letters(written), lexicon, work) if word != USER else None
    if _DOUBLED.search(word):
        found = lexicon.likeliest(_undoubled(word, lexicon, work))
        if found is not None and len(found) > 2:
            return [found]
        return parted(word, lexicon, work) or parted(_once(word), lexicon, work)
    return parted(word, lexicon, work)


def _plain_letters(written: str) -> str:
    return "".join(c for c in written.translate(LEET) if c.isalpha())


def _digits_as_letters(written: str, work: Work) -> Iterator[str]:
    """Yield the words that digits and symbols for letters may spell."""
    written = written.strip(".,;:?!\"'()[]{}*_-")
    if not any(map(str.isalpha, written)):
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


def _unmasked(written: str, lexicon: Lexicon, work: Work) -> Iterable[str]:
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


def _undoubled(word: str, lexicon: Lexicon, work: Work) -> list[str]:
    """Return the word with some or all of its repeated letters once, as far as words begin so."""
    found = [""]
    end = 0
    for run in itertools.islice(_DOUBLED.finditer(word), 6):
        before, letter = word[end : run.start()], run.group(1)
        found = [
            new
            for old in found
            for new in (old + before + letter, old + before + letter * 2)
            if len(new) < BEGINNING or new[:BEGINNING] in lexicon.sizes
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
        tokens, costs, sizes = self.tokens, self.lexicon.costs, self.lexicon.sizes
        words, folded = tokens.words, tokens.folded
        found = []
        whole = words[first]
        for last in range(first + 1, min(first + _MOST_JOINED, len(words))):
            if _gap(folded, tokens.ends[last - 1], tokens.starts[last]):
                break
            whole += words[last]
            if len(whole) < BEGINNING:
                continue
            if whole[:BEGINNING] not in sizes:
                break  # no known word begins so
            if (
                whole in costs
                and len(whole) <= LONGEST_WORD
                and not _gap(folded, tokens.starts[first], tokens.ends[last])
            ):
                found.append((last - first + 1, first, whole))
        return found


def _gap(folded: str, start: int, end: int) -> bool:
    """Tell whether there is white space, of which folded texts hold three kinds."""
    between = folded[start:end]
    return " " in between or "\n" in between or "\t" in between
