"""Offsets as Java and JavaScript count them."""

from __future__ import annotations

from bisect import bisect_left

_BEYOND = 0x10000  # from here on a character takes two code units


class Utf16Offsets:
    """Turns offsets in code points of one text into offsets in UTF-16 code units."""

    def __init__(self, text: str) -> None:
        self._wide = [place for place, letter in enumerate(text) if ord(letter) >= _BEYOND]

    def __getitem__(self, offset: int) -> int:
        return offset + bisect_left(self._wide, offset)
