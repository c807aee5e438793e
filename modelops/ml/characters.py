"""Single characters folded to the alphabet that the features use.

One table maps each code point to its folded form: compatibility forms (NFKC), lower case, accents
(all but the one on ñ), look-alike letters of other scripts, and characters that nobody sees.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Letters of other scripts, or phonetic letters, that a reader takes for the Latin letter. The
# pairs follow the shapes in the Unicode confusables data (UTS #39), limited to letters.
_LOOKALIKES = {
    "a": "аαɑᴀⱥӑӓᶏ", "b": "ьвʙɓƀƅβᛒ", "c": "сϲᴄⅽƈϽȼ", "d": "ԁɗᴅđԃժ", "e": "еєёεɛᴇəҽӗℯɘ",
    "f": "ƒғꜰϝſ", "g": "ɡɢցǥԍ", "h": "һнʜħհ", "i": "іɪıιїӏɩⅰɨ", "j": "јʝϳᴊɉ",
    "k": "кκᴋҝƙқҡ", "l": "ʟłⅼƖǀӀɭ", "m": "мᴍⅿɱ", "n": "пηɴռո", "o": "оοσᴏօөøסσ०০੦〇ჿ",
    "p": "рρᴘƥþ", "q": "ԛգզ", "r": "гʀᴦɍɼ", "s": "ѕꜱʂȿ", "t": "тτᴛŧƭ", "u": "υᴜսʋцų",
    "v": "νѵᴠⅴ", "w": "ѡωᴡɯԝшա", "x": "хχⅹ×", "y": "уүγʏყў", "z": "ᴢʐƶȥʒ",
}  # fmt: skip
_QUOTES = {'"': "“”„‟«»″〝〞＂", "'": "‘’‚‛′`´ʼ＇"}
_SAME = {
    ord(other): latin
    for table in (_LOOKALIKES, _QUOTES)
    for latin, others in table.items()
    for other in others
} | {ord("ß"): "ss", ord("æ"): "ae", ord("œ"): "oe"}

# Drawn blank, yet letters or symbols by their category.
_BLANKS = frozenset({0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x17B4, 0x17B5, 0x180E})
# Korean syllables come apart into letters: of a long text nearly every syllable may be a new one,
# so the table does not hold them.
_HANGUL = re.compile("[\uac00-\ud7a3]+")
_FIRST_HANGUL, _LAST_HANGUL, _HANGUL_TAILS = 0xAC00, 0xD7A3, 28
_DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me", "Cs", "Co", "Cn"})


# squared, circled and regional-indicator letters that NFKC keeps
_ENCLOSED = {
    first + place: chr(ord("a") + place)
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
    for place in range(26)
}


def _fold_character(code: int) -> str:
    character = chr(code)
    if character in "ñÑ":
        return "ñ"
    if code in _SAME:
        return _SAME[code]
    if code in _BLANKS:
        return ""
    category = unicodedata.category(character)
    if category in _DROPPED_CATEGORIES:
        return ""
    if category == "Cc":
        # a tab or line break parts words; of other control characters a reader sees nothing
        return {9: " ", 10: "\n", 11: "\n", 12: " ", 13: "\n", 0x85: "\n"}.get(code, "")
    if category[0] == "Z":
        return " " if category == "Zs" else "\n"
    if code in _ENCLOSED:
        return _ENCLOSED[code]
    if unicodedata.is_normalized("NFKD", character) and character.lower() == character:
        return character  # as most of Unicode
    folded = []
    for part in unicodedata.normalize("NFKC", character).lower():
        for base in unicodedata.normalize("NFD", part) if part != "ñ" else part:
            if unicodedata.category(base) in _DROPPED_CATEGORIES:
                continue
            folded.append(_SAME.get(ord(base), base))
    return "".join(folded)


class _FoldingTable(dict[int, str]):
    """Filled as characters are met; `str.translate` then runs at the speed of C.

    `sizes` holds how many characters each becomes, -1 for those not met so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sizes = np.full(sys.maxunicode + 1, -1, np.int8)
        hangul = np.arange(_LAST_HANGUL - _FIRST_HANGUL + 1)
        self.sizes[_FIRST_HANGUL : _LAST_HANGUL + 1] = 2 + (hangul % _HANGUL_TAILS > 0)

    def __missing__(self, code: int) -> str:
        value = _fold_character(code)
        self.sizes[code] = len(value)
        if len(self) < _MOST_REMEMBERED:
            self[code] = value
        return value


_MOST_REMEMBERED = 50_000  # some 8 megabytes; Unicode has twenty times as many
# Some symbols fold to a whole phrase (U+FDFA to 18 letters), letters to at most three. A text that
# more than a few such symbols make very much longer is folded to one letter a character at most.
_MOST_ADDED = 1_000
_LONGEST_LETTER = 3
_MOST_PHRASES = 50
_TABLE = _FoldingTable()
_CONTROLS = dict.fromkeys((*range(9), *range(14, 32), 127), "") | {11: "\n", 12: " ", 13: "\n"}
_SHOWN = np.array([bool(_CONTROLS.get(code, " ")) for code in range(128)])  # of ASCII


def fold_characters(text: str) -> str:
    """Return `text` in lower-case base letters, with nothing in it that a reader cannot see.

    ASCII text keeps its length unless it holds control characters.
    """
    if text.isascii():
        return text.lower() if text.isprintable() else text.lower().translate(_CONTROLS)
    composed = _compose(text)
    letters = composed
    if _HANGUL.search(composed):
        letters = _HANGUL.sub(_letters_of_syllables, composed)
    folded = letters.translate(_TABLE)
    if len(folded) > len(text) + _MOST_ADDED and _swells(_folded_sizes(text)):
        folded = "".join([_TABLE[ord(character)][:1] for character in composed])
    return folded


def _letters_of_syllables(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFD", match.group())


def _folded_sizes(text: str) -> NDArray[np.int8]:
    """Return how many characters each becomes; n and a combining tilde one and none."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    sizes = _TABLE.sizes.take(codes)
    if sizes.min() < 0:
        for code in set(codes[sizes < 0].tolist()):
            _TABLE[code]
        sizes = _TABLE.sizes.take(codes)
    return sizes


def _swells(sizes: NDArray[np.int8]) -> bool:
    """Tell whether a text of such folded sizes is made to be long."""
    phrases = np.count_nonzero(sizes > _LONGEST_LETTER)
    return bool(phrases > _MOST_PHRASES and sizes.sum() > len(sizes) + _MOST_ADDED)


def folded_offsets(text: str) -> Sequence[int]:
    """Return for each character of `fold_characters(text)` its index in `text`, plus the end."""
    if text.isascii():
        if text.isprintable():
            return range(len(text) + 1)
        shown = _SHOWN.take(np.frombuffer(text.encode("ascii"), np.uint8))
        if shown.all():
            return range(len(text) + 1)
        return [*shown.nonzero()[0].tolist(), len(text)]
    sizes = _folded_sizes(text)
    if np.all(sizes == 1):
        return range(len(text) + 1)
    if _swells(sizes):
        sizes = np.minimum(sizes, 1)
    offsets: list[int] = np.arange(len(text)).repeat(sizes).tolist()
    offsets.append(len(text))
    return offsets


_DECOMPOSED = frozenset({"n\u0303", "N\u0303"})


def _compose(text: str) -> str:
    """Join n and a combining tilde to ñ, the only accented letter that the features keep."""
    if "\u0303" in text:
        for pair in _DECOMPOSED:
            text = text.replace(pair, "ñ")
    return text


def foreign_letter_share(folded: str) -> float:
    """Return the share (0 to 1) of letters that stay outside the Latin script after folding."""
    if folded.isascii():
        return 0.0
    letters = "".join(filter(str.isalpha, folded))
    if not letters:
        return 0.0
    latin = len(letters.encode("ascii", "ignore")) + letters.count("ñ")
    return (len(letters) - latin) / len(letters)
