"""The ways in which people write a word to get it past a filter, one function a column."""

from __future__ import annotations

import random
from collections.abc import Callable

LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7"}
LOOKALIKES = {
    "a": "аα", "c": "сϲ", "e": "еε", "i": "іι", "j": "ј", "k": "к", "n": "п", "o": "оο",
    "p": "рρ", "s": "ѕ", "t": "т", "u": "υ", "v": "ν", "x": "х", "y": "у", "h": "һ", "d": "ԁ",
    "á": "а", "é": "е", "í": "і", "ó": "о", "ú": "υ",
}  # fmt: skip
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff"
SMALLEST = 3  # letters of a word that is worth a disguise


def _each_word(text: str, change: Callable[[str], str]) -> str:
    """Change the words of three letters and more, punctuation around them left alone."""
    words = []
    for word in text.split(" "):
        core = word.strip(".,;:!?¡¿\"'")
        start = word.index(core) if core else 0
        disguised = change(core) if len(core) >= SMALLEST and core.isalpha() else core
        words.append(word[:start] + disguised + word[start + len(core) :])
    return " ".join(words)


def leetspeak(text: str, rng: random.Random) -> str:
    def change(word: str) -> str:
        return "".join(
            rng.choice(LEET[c])
            if c in LEET and (c != "i" or n not in (0, len(word) - 1))
            else ("1" if c == "i" else c)
            for n, c in enumerate(word.lower())
        )

    return _each_word(text, change)


def spaced(text: str, rng: random.Random) -> str:
    return "  ".join(" ".join(word) for word in text.split(" "))


def spaced_words(text: str, rng: random.Random) -> str:
    """Only the longest words spaced, by single spaces like the rest of the text."""
    longest = sorted(text.split(" "), key=len)[-2:]
    return " ".join(" ".join(w.strip(".,!?¡¿")) if w in longest else w for w in text.split(" "))


def dotted(text: str, rng: random.Random) -> str:
    return _each_word(text, ".".join)


def lookalike(text: str, rng: random.Random) -> str:
    return "".join(rng.choice(LOOKALIKES[c]) if c in LOOKALIKES else c for c in text.lower())


def full_width(text: str, rng: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def invisible(text: str, rng: random.Random) -> str:
    return "".join(c + rng.choice(INVISIBLE) if c.isalpha() else c for c in text)


def repeated(text: str, rng: random.Random) -> str:
    def change(word: str) -> str:
        place = rng.randrange(len(word))
        return word[:place] + word[place] * rng.randint(3, 6) + word[place + 1 :]

    return _each_word(text, change)


def joined(text: str, rng: random.Random) -> str:
    return text.replace(" ", "")


def joined_pairs(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    return " ".join("".join(words[n : n + 2]) for n in range(0, len(words), 2))


COLUMNS: dict[str, Callable[[str, random.Random], str]] = {
    function.__name__: function
    for function in (
        leetspeak, spaced, spaced_words, dotted, lookalike, full_width, invisible, repeated,
        joined, joined_pairs,
    )
}  # fmt: skip


def disguise(column: str, text: str) -> str:
    """Return `text` as `column` writes it; the same each time."""
    return COLUMNS[column](text, random.Random(f"{column} {text}"))
