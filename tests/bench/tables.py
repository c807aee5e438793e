"""Disguised, padded and innocent sentences: the shares flagged, as a table."""

from __future__ import annotations

import re

from modelops.ml.artifacts import read_numeric
from modelops.ml.scorer import Scorer
from tests.ml.conftest import STARTER
from tests.ml.disguises import COLUMNS, disguise
from tests.ml.test_tables import DATA, LANGUAGES, PADDING_WORDS, flagged, table


def main() -> None:
    scorer = Scorer.from_numeric(read_numeric(STARTER))
    rows: dict[str, list[str]] = {}
    for language in LANGUAGES:
        toxic = table(f"toxic_{language}")
        plain = flagged(scorer, toxic, language, declared=True)
        _add(rows, "toxic, plain", plain.mean())
        for column in COLUMNS:
            written = [disguise(column, text) for text in toxic]
            _add(rows, column, flagged(scorer, written, language, declared=True).mean())
        found = [text for text, flag in zip(toxic, plain, strict=True) if flag]
        words = (DATA / f"friendly_padding_{language}.txt").read_text(encoding="utf-8").split()
        middle = PADDING_WORDS // 2
        padded = [" ".join([*words[:middle], text, *words[middle:PADDING_WORDS]]) for text in found]
        bare = [re.sub(r"[^\w\s]", "", text) for text in padded]
        for name, texts in (("padded, of those found", padded), ("the same, unpunctuated", bare)):
            _add(rows, name, flagged(scorer, texts, language, declared=True).mean())
        innocent = table(f"innocent_{language}")
        _add(rows, "innocent", flagged(scorer, innocent, language, declared=True).mean())
    print("| sentences | " + " | ".join(LANGUAGES) + " |")
    print("| --- " * (len(LANGUAGES) + 1) + "|")
    for name, shares in rows.items():
        print(f"| {name.replace('_', ' ')} | " + " | ".join(shares) + " |")


def _add(rows: dict[str, list[str]], name: str, share: float) -> None:
    rows.setdefault(name, []).append(f"{share:.1%}")
