"""Texts of 10,000 characters that are hard to read, each in its own way."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

LONGEST = 10_000
LETTERS = "abcdefghijklmnopqrstuvwxyzñáéíóú"
_LEET = str.maketrans("aeiost", "431057")


def hostile(terms: Sequence[str]) -> dict[str, str]:
    """Return texts by what is hard about them; `terms` are those that a model knows."""
    rng = random.Random(2)
    known = [term for term in terms if " " not in term and term.isalpha() and len(term) > 1]
    samples = {
        **_repetitions(),
        **_of_letters(rng),
        **_of_words(rng, known, [term for term in known if len(term) >= 8]),
        **_of_characters(rng),
        **_of_chunks(rng),
    }
    return {name: (text * (LONGEST // len(text) + 1))[:LONGEST] for name, text in samples.items()}


def _filled(make: Callable[[], str], separator: str = " ") -> str:
    parts: list[str] = []
    size = 0
    while size <= LONGEST:
        parts.append(make())
        size += len(parts[-1]) + len(separator)
    return separator.join(parts)


def _repetitions() -> dict[str, str]:
    return {
        "one letter": "a",
        "one letter, spaced": "a ",
        "words joined": "eresunidiotayunimbecil",
        "leetspeak": "3r3s un 1mb3c1l y t0nt0 ",
        "dots": "i.d.i.o.t.a ",
        "masked": "f*ck sh*t b*tch ",
        "marks": "?!.",
        "marks, spaced": "?! ",
        "exclamation marks": "! ",
        "quoted letters": '"a" ',
        "look-alikes": "іdіоt еrеѕ ",
        "zalgo": "i" + "\u0335\u0316\u0301" * 3,
        "emoji": "😀👩\u200d👩\u200d👧 ",
        "digits between letters": "12a4b6c8 ",
        "doubled letters": "aabbccddeeffgg ",
        "spaces": "a" + " " * (LONGEST - 2) + "b",
        "lines": "a\n",
        "sentences": "Hola a todos. ",
        "chinese": "你好世界",
        "ligatures": "\ufdfa",
        "ligatures, spaced": "\ufdfa ",
        "combining tildes": "n\u0303",
        # of each a pattern could try to read the same characters in many ways
        "full stops": ".",
        "figures and a letter": "1" * (LONGEST - 1) + "Ж",
        "figures and signs": "1" * 99 + "%%%%% ",
        "parted by at signs": "@" * 400 + " ",
        "parted by at signs and a letter": "@a" * 200 + "! ",
        "starred letters": "a*",
        "one star between letters": "ni*" + "o" * 60 + '"x" ',
        "stars": "*",
        "addresses": "a@b.c ",
        "almost an address": "a." * 300 + "- ",
        "almost an address with hyphens": "a-" * 50 + " ",
    }


def _of_letters(rng: random.Random) -> dict[str, str]:
    def word(shortest: int, longest: int, letters: str = LETTERS) -> str:
        return "".join(rng.choice(letters) for _ in range(rng.randint(shortest, longest)))

    return {
        "one random word": word(LONGEST, LONGEST),
        "single letters": _filled(lambda: word(1, 1)),
        "random words": _filled(lambda: word(2, 9)),
        "random words of two letters": _filled(lambda: word(2, 2)),
        "random words of four letters": _filled(lambda: word(4, 4)),
        "random words of 24 letters": _filled(lambda: word(24, 24)),
        "random words of 25 letters": _filled(lambda: word(25, 25)),
        "frequent letters": _filled(lambda: word(13, 13, "aeioubcdlmnprst")),
        "three letters": _filled(lambda: word(18, 18, "esa")),
        "six letters": _filled(lambda: word(998, 998, "esalon")),
        "masked and different": _filled(lambda: word(1, 1) + "*" + word(3, 3)),
        "figures and letters": _filled(lambda: word(6, 6, "0123456789abcde")),
        "mixed scripts": _filled(lambda: word(6, 6, "абвгдежзиклмнопрстαβγδεζηθabcdef")),
    }


def _of_words(rng: random.Random, known: Sequence[str], long: Sequence[str]) -> dict[str, str]:
    short = [word for word in known if len(word) <= 3]

    def word() -> str:
        return rng.choice(known)

    def mistyped() -> str:
        letters = list(word())
        letters[rng.randrange(len(letters))] = rng.choice(LETTERS)
        return "".join(letters)

    def changed(words: Sequence[str], share: float, letters: str) -> str:
        return "".join(
            c if rng.random() < share else rng.choice(letters) for c in rng.choice(words)
        )

    def halved() -> str:
        whole = word()
        return whole[: len(whole) // 2] + "-" + whole[len(whole) // 2 :]

    return {
        "known words": _filled(word),
        "known short words": _filled(lambda: rng.choice(short)),
        "mistyped words": _filled(mistyped),
        "all joined": _filled(word, ""),
        "two joined": _filled(lambda: word() + word()),
        "four joined": _filled(lambda: "".join(word() for _ in range(4))),
        "eight short ones joined": _filled(lambda: "".join(rng.choice(short) for _ in range(8))),
        "nine everyday ones joined": _filled(
            lambda: "".join(
                rng.choice(("you", "are", "an", "idiot", "the", "no")) for _ in "123456789"
            )
        ),
        "all letters doubled": _filled(lambda: "".join(c * 2 for c in word())),
        "some letters doubled": _filled(lambda: "".join(c * rng.choice((1, 2)) for c in word())),
        "one masked letter": _filled(lambda: (lambda w: w[:2] + "*" + w[3:])(word())),
        "two masked letters": _filled(
            lambda: (lambda w: f"{w[0]}*{w[2:4]}*{w[5:]}")(rng.choice(long))
        ),
        "random leetspeak": _filled(lambda: rng.choice(long).translate(_LEET)),
        "ambiguous leetspeak": _filled(lambda: changed(long, 0.5, "1690!|2")),
        "dotted words": _filled(lambda: ".".join(word())),
        "spaced words": _filled(lambda: " ".join(word()), "  "),
        "halves of words": _filled(halved),
        "syllables": _filled(lambda: "/".join(_pairs(word()))),
        "sentences of one word": _filled(lambda: word() + "."),
        "words with marks": _filled(
            lambda: word() + "".join(rng.choice(".,;:!?\"'()*-/@#$%&") for _ in range(3))
        ),
        "words with apostrophes": _filled(lambda: f"{word()}'{rng.choice(short)}"),
        "mentions": _filled(lambda: "@" + word()),
        "full width": _filled(
            lambda: "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in word())
        ),
    }


def _pairs(word: str) -> list[str]:
    return [word[place : place + 2] for place in range(0, len(word), 2)]


def _of_characters(rng: random.Random) -> dict[str, str]:
    def some(first: int, last: int, size: int) -> str:
        return "".join(chr(rng.randrange(first, last)) for _ in range(size))

    return {
        "ascii": some(32, 127, LONGEST),
        "controls": some(0, 128, LONGEST),
        "all of unicode": "".join(
            rng.choice((some(32, 0xD800, 1), some(0xE000, 0x1FFFF, 1))) for _ in range(LONGEST)
        ),
        "european letters": "".join(
            rng.choice((some(0xC0, 0x24F, 1), some(0x370, 0x52F, 1), " ")) for _ in range(LONGEST)
        ),
        "hangul": some(0xAC00, 0xD7A4, LONGEST),
        "hangul words": _filled(lambda: some(0xAC00, 0xD7A4, 3)),
        "chinese, spaced": _filled(lambda: some(0x4E00, 0x9FFF, 1)),
    }


def _of_chunks(rng: random.Random) -> dict[str, str]:
    """Return texts of which nearly every word is odd and short, each another one."""
    letters, marks = LETTERS[:26], "!?.,;:'\"*-/@#$%&()_+=|~^<>[]{}"

    def some(size: int, of: str) -> str:
        return "".join(rng.choice(of) for _ in range(size))

    return {
        "a mark between letters": _filled(
            lambda: some(2, letters) + some(1, marks) + some(1, letters)
        ),
        "letters, figures and marks": _filled(lambda: some(4, letters + marks + "0123456789")),
        "parted letters": _filled(lambda: some(3, letters).replace("", ".")[1:-1]),
        "ambiguous figures": _filled(
            lambda: some(1, letters) + some(5, "169|!") + some(1, letters)
        ),
    }
