"""Single characters folded to the alphabet that the features use.

One table maps each code point to its folded form: compatibility forms (NFKC), lower case, accents
(all but the one on ñ), look-alike letters of other scripts, and characters that nobody sees.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

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
_DROPPED_CATEGORIES = frozenset({"Cf", "Mn", "Me", "Cs", "Co", "Cn"})


def _enclosed_letter(code: int) -> str | None:
    """Return the letter of a squared, circled or regional-indicator symbol that NFKC keeps."""
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return None


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
    if category.startswith("Z"):
        return " " if category == "Zs" else "\n"
    if letter := _enclosed_letter(code):
        return letter
    folded = []
    for part in unicodedata.normalize("NFKC", character).lower():
        for base in unicodedata.normalize("NFD", part) if part != "ñ" else part:
            if unicodedata.category(base) in _DROPPED_CATEGORIES:
                continue
            folded.append(_SAME.get(ord(base), base))
    return "".join(folded)


class _FoldingTable(dict[int, str]):
    """Filled as characters are met; `str.translate` then runs at the speed of C.

    `uneven` holds the characters met so far that fold to none or to several.
    """

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        value = _fold_character(code)
        if len(value) != 1:
            self.uneven.add(chr(code))
        self[code] = value
        return value


_TABLE = _FoldingTable()
_CONTROLS = dict.fromkeys((*range(9), *range(14, 32), 127), "") | {11: "\n", 12: " ", 13: "\n"}


def fold_characters(text: str) -> str:
    """Return `text` in lower-case base letters, with nothing in it that a reader cannot see.

    ASCII text keeps its length unless it holds control characters.
    """
    if text.isascii():
        return text.lower() if text.isprintable() else text.lower().translate(_CONTROLS)
    return _compose(text).translate(_TABLE)


def folded_offsets(text: str) -> Sequence[int]:
    """Return for each character of `fold_characters(text)` its index in `text`, plus the end.

    `text` must have been folded before.
    """
    if text.isascii():
        if len(text.translate(_CONTROLS)) == len(text):
            return range(len(text) + 1)
    elif "\u0303" not in text and _TABLE.uneven.isdisjoint(text):
        return range(len(text) + 1)
    table: Mapping[int, str] = _CONTROLS if text.isascii() else _TABLE
    offsets: list[int] = []
    index = 0
    while index < len(text):
        width = 2 if text[index : index + 2] in _DECOMPOSED else 1
        code = ord(text[index]) if width == 1 else ord("ñ")
        folded = table[code] if table is _TABLE else table.get(code, " ")
        offsets.extend([index] * len(folded))
        index += width
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
    letters = [c for c in folded if c.isalpha()]
    if not letters:
        return 0.0
    return sum(not (c.isascii() or c == "ñ") for c in letters) / len(letters)
