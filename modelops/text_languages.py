"""The languages that texts are learned in, where nobody said, remembered between trainings.

Detection takes a quarter of a millisecond a text, which for all labels of a site would be longer
than learning from them. What is remembered is a digest and a language, never the text.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import zipfile
from pathlib import Path

import numpy as np
from django.conf import settings

from modelops.ml.language import UNKNOWN, detect
from modelops.ml.text import tokenize

LANGUAGES = ("es", "en")
# 1: the first way of detecting. Another number forgets what was detected otherwise.
FORM = 1


class TextLanguages:
    """Languages by the SHA-256 (hex) of texts. Reads `path` at first and writes it with `save`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._used: dict[str, str] = {}

    def of(self, digest: str, text: str) -> str:
        """The language of a text: as detected, else the site's default."""
        language = self._known.get(digest)
        if language is None:
            found = detect(tokenize(text), text, LANGUAGES)
            language = found if found and found != UNKNOWN else settings.DEFAULT_TEXT_LANGUAGE
        self._used[digest] = language
        return language

    def save(self) -> None:
        """Keep what was asked for since the beginning, and only that."""
        if self._used.keys() == self._known.keys():
            return
        # (a full disk must not stop a training because of this)
        with contextlib.suppress(OSError), self._path.open("wb") as handle:
            np.savez(
                handle,
                allow_pickle=False,
                form=np.array(_form()),
                digests=np.array(list(self._used), dtype="S64"),
                languages=np.array(list(self._used.values()), dtype="S2"),
            )


def _form() -> str:
    detector = importlib.metadata.version("py3langid")
    return f"{FORM} {detector} {settings.DEFAULT_TEXT_LANGUAGE}"


def _read(path: Path) -> dict[str, str]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["form"]) != _form():
                return {}
            columns = [stored[name].astype(str).tolist() for name in ("digests", "languages")]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    return dict(zip(*columns, strict=True)) if len(columns[0]) == len(columns[1]) else {}
