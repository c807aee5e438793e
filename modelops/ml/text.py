"""Text as the model reads it: words in one spelling, each with its place in the original.

`tokenize` undoes what people do to a word to get it past a filter as far as rules alone can tell:
look-alike letters, digits for letters, spaced or dotted letters, stretched letters. What needs a
dictionary (words run together, a wrong letter in the place of a digit) is in `repair.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelops.ml.characters import fold_characters, folded_offsets

URL = "_url_"
USER = "_user_"
LEET = str.maketrans("013456789@$!|€£+", "oieasgtbgas" + "ii" + "elt")
LEET_SYMBOLS = "@$!|€£+"

_RUN_OF_SINGLES = re.compile(r"(?<!\S)[\w@$!|€](?:\s+[\w@$!|€](?!\S)){2,}")
_CHUNK = re.compile(r"\S+")
_PLAIN = re.compile(r"([\"'(\[{¿¡*]*)([^\W\d_]+(?:'[^\W\d_]+)?)([.,;:!?)\]}\"'…*]*)")
_URL = re.compile(
    r"(?:https?://|www\.)\S+|\S+@\S+\.\w{2,}"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|es|mx|ar|cl|co|pe|io|dev|edu|gov|info|tv|me|uk)(?:/\S*)?"
)
_MENTION = re.compile(r"[^\w@$]*(@[\w.]{2,})")
_SEPARATED = re.compile(r"[^\w\s]*([\w@$])([^\w\s])[\w@$](?:\2[\w@$])*[^\w\s]*")
_NUMBER = re.compile(r"[#$€£¥(+~=<>-]*\d[\d.,:;/x×'*+=–-]*(?:[a-zñº°ª%$€£\"']{0,3}|\d+)[).,;:!?]*")
_PIECE = re.compile(r"[\w@$|€£+]+(?:[!'][\w@$|€£]+)*|[.,;:…]*[!?\"][!?\".,;:…]*")
_DIGITS = re.compile(r"\d+")
_MASKED = re.compile(r"\*{0,1}([^\W\d_]+\*+(?:[^\W\d_]+\**)*[^\W\d_]+|[^\W\d_]+\*{2,})\W*")
_STRETCHED = re.compile(r"(.)\1{2,}")
_ENDS = frozenset(".!?…\n")


@dataclass(slots=True)
class Tokens:
    """Words in reading order; `starts` and `ends` are offsets in the folded text.

    `breaks` holds the number of each word that ends a sentence or line.
    """

    folded: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    breaks: list[int]

    def original_offsets(self, text: str) -> Sequence[int]:
        """Return for each index of the folded text the index in `text` (end included)."""
        return folded_offsets(text)


def tokenize(text: str) -> Tokens:
    """Split `text` into normalised words with their places."""
    folded = fold_characters(text)
    tokens = Tokens(folded, [], [], [], [])
    add = _Adder(tokens, stretched=_STRETCHED.search(folded) is not None)
    position = 0
    for run in _RUN_OF_SINGLES.finditer(folded):
        if not any(c.isalpha() for c in run.group()):
            continue
        _add_chunks(add, folded, position, run.start())
        for start, end, letters in _spaced_words(run.group(), run.start()):
            add.word(_deleet(letters), start, end)
        position = run.end()
    _add_chunks(add, folded, position, len(folded))
    return tokens


def normalize(text: str) -> str:
    """Return the words of `text` in the model's spelling, joined by single spaces."""
    return " ".join(tokenize(text).words)


class _Adder:
    """Appends words to `tokens`, stretched letters cut to two."""

    def __init__(self, tokens: Tokens, *, stretched: bool) -> None:
        self.tokens = tokens
        self.stretched = stretched

    def word(self, word: str, start: int, end: int) -> None:
        if self.stretched:
            word = _STRETCHED.sub(r"\1\1", word)
        tokens = self.tokens
        tokens.words.append(word)
        tokens.starts.append(start)
        tokens.ends.append(end)

    def end_sentence(self) -> None:
        words, breaks = self.tokens.words, self.tokens.breaks
        if words and (not breaks or breaks[-1] != len(words) - 1):
            breaks.append(len(words) - 1)


def _add_chunks(add: _Adder, folded: str, start: int, end: int) -> None:
    lines = folded.find("\n", start, end) >= 0
    previous = start
    word = add.word
    for match in _CHUNK.finditer(folded, start, end):
        at, after = match.span()
        if lines and folded.find("\n", previous, at) >= 0:
            add.end_sentence()
        previous = after
        chunk = match[0]
        if chunk.isalpha():
            word(chunk, at, after)
        elif plain := _PLAIN.fullmatch(chunk):
            _add_plain(add, plain, at)
        else:
            _add_complex(add, chunk, at)


def _add_plain(add: _Adder, match: re.Match[str], at: int) -> None:
    lead, word, trail = match.groups()
    start, end = at + match.start(2), at + match.end(2)
    quoted = '"' in lead or ("'" in lead and "'" in trail)
    if quoted:
        add.word('"', at, start)
    add.word(word.replace("'", "") if "'" in word else word, start, end)
    if trail:
        if '"' in trail or (quoted and "'" in trail):
            add.word('"', end, at + match.end())
        _add_marks(add, trail, end)


def _add_marks(add: _Adder, marks: str, at: int) -> None:
    for mark in "!?":
        if mark in marks:
            add.word(mark, at, at + len(marks))
    if not _ENDS.isdisjoint(marks):
        add.end_sentence()


def _add_complex(add: _Adder, chunk: str, at: int) -> None:
    """Add the words of a chunk that holds digits, symbols or punctuation between letters."""
    end = at + len(chunk)
    dotted = "." in chunk or ":" in chunk
    if dotted and (match := _URL.fullmatch(chunk) or _URL.fullmatch(chunk.rstrip(".,;:!?)\"'"))):
        add.word(URL, at, at + match.end())
    elif "@" in chunk and (match := _MENTION.match(chunk)):
        add.word(USER, at + match.start(1), at + match.end())
        if match.end() < len(chunk):
            _add_pieces(add, chunk[match.end() :], at + match.end())
    elif _NUMBER.fullmatch(chunk):
        add.word(_number(chunk), at, end)
    elif "*" in chunk and (match := _MASKED.fullmatch(chunk)) and not _SEPARATED.fullmatch(chunk):
        add.word(match.group(1), at + match.start(1), at + match.end(1))
    elif (match := _SEPARATED.fullmatch(chunk)) and any(c.isalpha() for c in chunk):
        letters = "".join(c for c in chunk if c != match.group(2) and (c.isalnum() or c in "@$"))
        add.word(_deleet(letters), at, end)
    else:
        _add_pieces(add, chunk, at)
    if not _ENDS.isdisjoint(chunk[-2:]):
        add.end_sentence()


def _add_pieces(add: _Adder, chunk: str, at: int) -> None:
    for match in _PIECE.finditer(chunk):
        piece, start, end = match.group(), at + match.start(), at + match.end()
        if piece[0] in '!?".,;:…':
            if '"' in piece:
                add.word('"', start, end)
            _add_marks(add, piece, start)
            continue
        piece = piece.replace("'", "").strip("_")
        if piece.isalpha():
            add.word(piece, start, end)
        elif piece.isdigit():
            add.word("0", start, end)
        elif any(c.isalpha() for c in piece):
            add.word(_deleet(piece), start, end)


def _deleet(word: str) -> str:
    """Read digits and symbols as letters, but a number with a unit or at the end as a number."""
    if word.isalpha():
        return word
    if _NUMBER.fullmatch(word):
        return _number(word)
    stem = word.rstrip("0123456789")
    if stem.isalpha():
        return stem + "0"
    return "".join(c for c in word.translate(LEET) if c.isalnum())


def _number(word: str) -> str:
    """Return a number with its unit, the figures as one 0: which year or price says nothing."""
    return _DIGITS.sub("0", "".join(c for c in word if c.isalnum()))


def _spaced_words(run: str, at: int) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, letters) of the words in a run of single letters.

    Where the gaps differ in width, the wider ones part words.
    """
    places = [(m.start(), m.group()) for m in _CHUNK.finditer(run)]
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(places)]
    narrow = min(gaps)
    start, letters = places[0]
    last = start
    for (place, letter), gap in zip(places[1:], gaps, strict=True):
        if gap > narrow:
            yield at + start, at + last + 1, letters
            start, letters = place, ""
        letters += letter
        last = place
    yield at + start, at + last + 1, letters
