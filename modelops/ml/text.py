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
from functools import lru_cache

from modelops.ml.characters import fold_characters, folded_offsets

URL = "_url_"
USER = "_user_"
LEET = str.maketrans("013456789@$!|€£+", "oieasgtbgas" + "ii" + "elt")
LEET_SYMBOLS = "@$!|€£+"

# No pattern may try the same characters in many ways: a text made for it would take for ever.
_RUN_OF_SINGLES = re.compile(r"(?<!\S)[\w@$!|€](?:\s+[\w@$!|€](?!\S)){2,}")
_CHUNK = re.compile(r"\S+")
_PLAIN = re.compile(r"([\"'(\[{¿¡*]*)([^\W\d_]+(?:'[^\W\d_]+)?)([.,;:!?)\]}\"'…*]*)")
_URL = re.compile(
    r"(?:https?://|www\.)\S+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|es|mx|ar|cl|co|pe|io|dev|edu|gov|info|tv|me|uk)(?:/\S*)?"
)
_ENDING = re.compile(r"\w{2,}")
_MENTION = re.compile(r"[^\w@$]*(@[\w.]{2,})")
_SEPARATED = re.compile(r"[^\w\s]*([\w@$])([^\w\s])[\w@$](?:\2[\w@$])*[^\w\s]*")
_MOST_AMBIGUOUS = 50  # letters and separators at once, which `_SEPARATED` tries as both
_NUMBER = re.compile(r"[#$€£¥(+~=<>-]*\d[\d.,:;/x×'*+=–-]*+[a-zñº°ª%$€£\"']{0,3}[).,;:!?]*")
_PIECE = re.compile(r"[\w@$|€£+]+(?:[!'][\w@$|€£]+)*|(?<![.,;:…])[.,;:…]*+[!?\"][!?\".,;:…]*")
_PARTING = dict.fromkeys(map(ord, "-/\\()[]{}#%&=<>~^,;¿¡"), " ")  # what no pattern here looks at
_DIGITS = re.compile(r"\d+")
_MASKED = re.compile(r"\*?([^\W\d_]++(?:\*+[^\W\d_]++)+|[^\W\d_]++\*{2,}+)\W*")
_STRETCHED = re.compile(r"(.)\1\1+")
_ENDS = frozenset(".!?…\n")
_FEWEST_SINGLES = 3  # characters that stand alone and may make a word
_LONGEST_REMEMBERED = 24
# words of a chunk with their places in it; an empty one ends a sentence
_Words = list[tuple[str, int, int]]


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
    if list(map(len, folded.split())).count(1) < _FEWEST_SINGLES:
        _add_lines(tokens, folded, 0)
    else:
        _add_runs(tokens)
    if tokens.words and _STRETCHED.search(folded):
        # no word holds a line break, and the pattern crosses none
        tokens.words = _STRETCHED.sub(r"\1\1", "\n".join(tokens.words)).split("\n")
    return tokens


def normalize(text: str) -> str:
    """Return the words of `text` in the model's spelling, joined by single spaces."""
    return " ".join(tokenize(text).words)


def _add_runs(tokens: Tokens) -> None:
    """Add the words of a text in which letters may stand alone."""
    folded = tokens.folded
    position = 0
    for run in _RUN_OF_SINGLES.finditer(folded):
        if not any(c.isalpha() for c in run.group()):
            continue
        _add_lines(tokens, folded[position : run.start()], position)
        for start, end, letters in _spaced_words(run.group(), run.start()):
            _add(tokens, _deleet(letters), start, end)
        position = run.end()
    _add_lines(tokens, folded[position:], position)


def _add(tokens: Tokens, word: str, start: int, end: int) -> None:
    if word:
        tokens.words.append(word)
        tokens.starts.append(start)
        tokens.ends.append(end)


def _add_lines(tokens: Tokens, part: str, at: int) -> None:
    """Add the words of a part of the folded text that begins at `at`."""
    for number, line in enumerate(part.replace("\t", " ").split("\n")):
        if number and line and not line.isspace():
            _end_sentence(tokens.words, tokens.breaks)
        _add_line(tokens, line, at)
        at += len(line) + 1


def _add_line(tokens: Tokens, line: str, at: int) -> None:
    words, starts, ends = tokens.words, tokens.starts, tokens.ends
    for chunk in line.split(" "):
        end = at + len(chunk)
        if chunk.isalpha():
            words.append(chunk)
            starts.append(at)
            ends.append(end)
        elif chunk:
            read = _remembered if len(chunk) <= _LONGEST_REMEMBERED else _read
            for word, start, stop in read(chunk):
                if word:
                    words.append(word)
                    starts.append(at + start)
                    ends.append(at + stop)
                else:
                    _end_sentence(words, tokens.breaks)
        at = end + 1


def _end_sentence(words: list[str], breaks: list[int]) -> None:
    if words and (not breaks or breaks[-1] != len(words) - 1):
        breaks.append(len(words) - 1)


def _read(chunk: str) -> _Words:
    """Return the words of a chunk that is more than letters."""
    found: _Words = []
    if chunk.isascii() and chunk.isalnum():
        found.append((_spelled(chunk), 0, len(chunk)))
    elif plain := _PLAIN.fullmatch(chunk):
        _add_plain(found, plain)
    else:
        _add_complex(found, chunk)
    return found


_remembered = lru_cache(maxsize=20_000)(_read)  # some 6 megabytes


def _add_plain(found: _Words, match: re.Match[str]) -> None:
    lead, word, trail = match.groups()
    start, end = match.span(2)
    quoted = '"' in lead or ("'" in lead and "'" in trail)
    if quoted:
        found.append(('"', 0, start))
    found.append((word.replace("'", "") if "'" in word else word, start, end))
    if trail:
        if '"' in trail or (quoted and "'" in trail):
            found.append(('"', end, match.end()))
        _add_marks(found, trail, end)


def _add_marks(found: _Words, marks: str, at: int) -> None:
    for mark in "!?":
        if mark in marks:
            found.append((mark, at, at + len(marks)))
    if not _ENDS.isdisjoint(marks):
        found.append(("", at, at))


def _add_complex(found: _Words, chunk: str) -> None:
    """Add the words of a chunk that holds digits, symbols or punctuation between letters."""
    end = len(chunk)
    if chunk.isalnum():
        if word := _spelled(chunk):
            found.append((word, 0, end))
        return
    begins_as_letter = chunk[0].isalpha()  # as no number does
    begins_as_word = begins_as_letter and chunk[:2].isalpha()  # not as letters parted by marks
    if begins_as_word and (words := _parted_by_marks(chunk)):
        found += words
        return
    if length := _url_length(chunk):
        found.append((URL, 0, length))
    elif "@" in chunk and (match := _MENTION.match(chunk)):
        found.append((USER, match.start(1), match.end()))
        if match.end() < end:
            _add_pieces(found, chunk[match.end() :], match.end())
    elif not begins_as_letter and _NUMBER.fullmatch(chunk):
        found.append((_number(chunk), 0, end))
    else:
        separated = None if begins_as_word else _separated(chunk)
        if "*" in chunk and not separated and (match := _MASKED.fullmatch(chunk)):
            found.append((match.group(1), match.start(1), match.end(1)))
        elif separated and any(map(str.isalpha, chunk)):
            letters = chunk.replace(separated.group(2), "")
            if not letters.isalnum():
                letters = "".join([c for c in letters if c.isalnum() or c in "@$"])
            found.append((_deleet(letters), 0, end))
        else:
            _add_pieces(found, chunk, 0)
    if not _ENDS.isdisjoint(chunk[-2:]):
        found.append(("", end, end))


def _parted_by_marks(chunk: str) -> _Words:
    """Return the words of a chunk of letters and of marks that only part, none for any other."""
    found: _Words = []
    start = 0
    for part in chunk.translate(_PARTING).split(" "):
        end = start + len(part)
        if part.isalpha():
            found.append((part, start, end))
        elif part:
            return []
        start = end + 1
    return found


def _url_length(chunk: str) -> int:
    """Return how many characters of the chunk are an address, all but closing marks, or 0."""
    if "." not in chunk and ":" not in chunk:
        return 0
    bare = chunk.rstrip(".,;:!?)\"'")
    for address in (chunk,) if bare == chunk else (chunk, bare):
        if ("." in address or ":" in address) and (_URL.fullmatch(address) or _is_mail(address)):
            return len(address)
    return 0


def _is_mail(address: str) -> bool:
    """Tell whether there is something, @, something, a dot and an ending of two characters."""
    name, dot, ending = address.rpartition(".")
    return bool(dot) and 0 < name.find("@", 1) < len(name) - 1 and bool(_ENDING.fullmatch(ending))


def _separated(chunk: str) -> re.Match[str] | None:
    """Match letters parted by one mark, over and over: i.d.i.o.t"""
    if chunk[0].isalpha() and chunk[3:4].isalpha():
        return None
    if chunk.count("@") + chunk.count("$") > _MOST_AMBIGUOUS:
        return None
    return _SEPARATED.fullmatch(chunk)


def _add_pieces(found: _Words, chunk: str, at: int) -> None:
    for match in _PIECE.finditer(chunk):
        start, end = match.span()
        piece = chunk[start:end]
        start, end = at + start, at + end
        if piece.isalpha():
            found.append((piece, start, end))
        elif piece[0] in '!?".,;:…':
            if '"' in piece:
                found.append(('"', start, end))
            _add_marks(found, piece, start)
        elif word := _spelled(piece.replace("'", "").strip("_")):
            found.append((word, start, end))


def _spelled(piece: str) -> str:
    """Return what letters, digits and symbols for letters spell, "" for what spells nothing."""
    if piece.isalpha():
        return piece
    if piece.isdigit():
        return "0"
    return _deleet(piece) if any(map(str.isalpha, piece)) else ""


def _deleet(word: str) -> str:
    """Read digits and symbols as letters, but a number with a unit or at the end as a number."""
    if word.isalpha():
        return word
    if not word[:1].isalpha() and _NUMBER.fullmatch(word):
        return _number(word)
    stem = word.rstrip("0123456789")
    if stem.isalpha():
        return stem + "0"
    return as_letters(word)


def as_letters(word: str) -> str:
    """Read each digit and symbol of a word as the letter that it looks like."""
    word = word.translate(LEET)
    return word if word.isalnum() else "".join([c for c in word if c.isalnum()])


def _number(word: str) -> str:
    """Return a number with its unit, the figures as one 0: which year or price says nothing."""
    return _DIGITS.sub("0", "".join(c for c in word if c.isalnum()))


def _spaced_words(run: str, at: int) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, letters) of the words in a run of single letters.

    Where the gaps differ in width, the wider ones part words.
    """
    characters = run.split()
    if len(run) == 2 * len(characters) - 1:
        yield at, at + len(run), "".join(characters)
        return
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
