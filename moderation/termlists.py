"""Finding the terms of the lists in a text, quickly, and the lists that this process knows.

Whole words are found as they are written: case and accents don't matter, ñ does. Terms with
variants are found in the words as the model reads them, with disguises undone. Either way the
words of a text are looked up in a tree of words, so that the number of terms hardly matters, and
no pattern that somebody typed is ever executed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from modelops.serving import Tokens, as_letters, tokenize
from moderation.models import Term, TermLists

logger = structlog.get_logger(__name__)
CHECK_EVERY = 0.5  # seconds between two looks at the generation
_FEWEST_LETTERS = 3  # of a word whose figures may be letters: "a55" is a road, "1ra" an ordinal
MAX_WORDS = 10  # of one term: bounds the steps for each word of a text

# Letters and digits in a row, or one emoji or other pictograph.
_WORD = re.compile("[^\\W_]+|[\u2190-\u2bff\U0001f000-\U0001fbff]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_MARKS = frozenset('!?"')  # what `tokenize` gives for marks between words
# words of `tokenize` that stand for all addresses, all mentions and all figures
PLACEHOLDERS = frozenset({"_url_", "_user_", "0"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What counts of a term, once it was found."""

    term: int | None  # None: one that is only tried
    pattern: str
    action: str
    category: str
    language: str  # "" for every language
    expires_at: datetime | None


class Hit(NamedTuple):
    """An entry and where it was found, in characters of the folded text."""

    entry: Entry
    start: int
    end: int


def words_of(pattern: str, match: str) -> list[str]:
    """The words that a term is found by; none where nothing in it can be found."""
    tokens = tokenize(pattern)
    if match == Term.Match.WORD:
        return _WORD.findall(tokens.folded)
    return [word for word in tokens.words if word not in _MARKS]


@dataclass(slots=True)
class _Node:
    """One step into the tree: what ends here, and which words may follow."""

    entries: list[Entry] = field(default_factory=list)
    following: dict[str, _Node] = field(default_factory=dict)


class Lists:
    """The terms that stand, ready to be found. Never changed once it is made."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self._roots = {match: _Node() for match in Term.Match.values}
        self.terms = tuple(terms)
        for term in self.terms:
            node = self._roots[term.match]
            for word in term.normalized.split(" "):
                node = node.following.setdefault(word, _Node())
            node.entries.append(
                Entry(
                    term.pk,
                    term.pattern,
                    term.action,
                    term.category,
                    term.language,
                    term.expires_at,
                )
            )

    def __bool__(self) -> bool:
        return bool(self.terms)

    def find(self, tokens: Tokens, *, language: str, now: datetime) -> list[Hit]:
        """All places of all terms that count for `language` ("" where it is uncertain)."""
        return [
            hit
            for hit in (*self._whole_words(tokens), *self._variants(tokens))
            if (not language or hit.entry.language in ("", language))
            and (hit.entry.expires_at is None or hit.entry.expires_at > now)
        ]

    def _whole_words(self, tokens: Tokens) -> Iterator[Hit]:
        tree = self._roots[Term.Match.WORD].following
        if not tree or tree.keys().isdisjoint(words := _WORD.findall(tokens.folded)):
            return
        places = [match.span() for match in _WORD.finditer(tokens.folded)]
        for entry, first, last in _found(tree, words):
            yield Hit(entry, places[first][0], places[last][1])

    def _variants(self, tokens: Tokens) -> Iterator[Hit]:
        tree = self._roots[Term.Match.VARIANTS].following
        if not tree:
            return
        places = [n for n, word in enumerate(tokens.words) if word not in _MARKS]
        words = [tokens.words[n] for n in places]
        readings = [words]
        others = (_squeezed(tokens, places), _with_letters(tokens, places))
        readings += [other for other in others if other and other != words]
        for reading in readings:
            if tree.keys().isdisjoint(reading):
                continue
            for entry, first, last in _found(tree, reading):
                yield Hit(entry, tokens.starts[places[first]], tokens.ends[places[last]])


def _found(tree: dict[str, _Node], words: Sequence[str]) -> Iterator[tuple[Entry, int, int]]:
    """Yield entries with the numbers of the first and the last word of each place."""
    for first, word in enumerate(words):
        node = tree.get(word)
        last = first
        while node is not None:
            for entry in node.entries:
                yield entry, first, last
            last += 1
            node = node.following.get(words[last]) if last < len(words) else None


def _squeezed(tokens: Tokens, places: Sequence[int]) -> list[str]:
    """The words once more, stretched letters cut to one; empty where nothing is stretched.

    `tokenize` leaves two letters of a stretched one, since some words have two.
    """
    folded = tokens.folded
    if _STRETCHED.search(folded) is None:
        return []
    words = []
    for place in places:
        word, start, end = tokens.words[place], tokens.starts[place], tokens.ends[place]
        if len(word) < end - start and (written := folded[start:end]).isalpha():
            word = _STRETCHED.sub(r"\1", written)
        words.append(word)
    return words


def _with_letters(tokens: Tokens, places: Sequence[int]) -> list[str]:
    """The words once more, figures read as letters in those of letters and some figures.

    `tokenize` takes "put4" for a word with a number and "4sno" for a number with a unit, as "win7"
    and "5min" are. To look such words up in the lists is safe where they have at least three
    letters, and more of them than figures.
    """
    words = [tokens.words[place] for place in places]
    changed = False
    for n, place in enumerate(places):
        if len(words[n]) > 1 and "0" in words[n]:
            written = tokens.folded[tokens.starts[place] : tokens.ends[place]]
            letters = sum(map(str.isalpha, written))
            if letters >= _FEWEST_LETTERS and letters > sum(map(str.isdigit, written)):
                words[n] = as_letters(written)
                changed = True
    return words if changed else []


# --- what this process knows ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    lists: Lists = field(default_factory=Lists)
    generation: int | None = None  # None: never read
    checked_at: float = float("-inf")  # monotonic


_state = _State()
_reading = threading.Lock()


def current() -> Lists:
    """The lists as they are, at most CHECK_EVERY seconds old."""
    state = _state
    if state.generation is None or time.monotonic() - state.checked_at >= CHECK_EVERY:
        # who comes while another thread looks takes what is known; with nothing known, it waits
        if _reading.acquire(blocking=state.generation is None):
            try:
                _look()
            finally:
                _reading.release()
        state = _state
    return state.lists


def look_again() -> None:
    """Let the next call read the lists, however short ago the last look was."""
    global _state
    with _reading:
        _state = _State(_state.lists)


def generation() -> int:
    return TermLists.objects.filter(pk=1).values_list("generation", flat=True).first() or 0


def standing_terms() -> Q:
    """Terms that count now."""
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    return Q(removed_at__isnull=True) & unexpired


def _look() -> None:
    global _state
    seen = _state
    started = time.monotonic()
    try:
        newest = generation()
        if newest == seen.generation:
            _state = _State(seen.lists, newest, started)
            return
        # read after the generation, so at least as new as it says
        lists = Lists(Term.objects.filter(standing_terms()).order_by("pk"))
    except DatabaseError:
        if seen.generation is None:
            raise
        logger.exception("terms.unreadable")
        return
    _state = _State(lists, newest, started)
