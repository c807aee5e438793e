"""Disguised, padded and innocent sentences: the shares flagged, as a table."""

from __future__ import annotations

from modelops.ml.artifacts import read_numeric
from modelops.ml.scorer import Scorer
from tests.ml.conftest import STARTER
from tests.ml.disguises import COLUMNS, disguise
from tests.ml.test_tables import LANGUAGES, PADDING_WORDS, flagged, padding, table


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
        for place, before in (("before", PADDING_WORDS), ("around", PADDING_WORDS // 2),
                              ("after", 0)):  # fmt: skip
            for punctuated in (True, False):
                texts = [
                    padding(language, text, before=before, punctuated=punctuated) for text in found
                ]
                kept = flagged(scorer, texts, language, declared=True).mean()
                marks = "" if punctuated else ", unpunctuated"
                _add(rows, f"200 friendly words {place}{marks}, of those found", kept)
        innocent = table(f"innocent_{language}")
        _add(rows, "innocent", flagged(scorer, innocent, language, declared=True).mean())
        for kind in ("toxic", "innocent"):
            more = table(f"{kind}_{language}_more")
            _add(
                rows,
                f"more sentences, {kind}",
                flagged(scorer, more, language, declared=True).mean(),
            )
    print("| sentences | " + " | ".join(LANGUAGES) + " |")
    print("| --- " * (len(LANGUAGES) + 1) + "|")
    for name, shares in rows.items():
        print(f"| {name.replace('_', ' ')} | " + " | ".join(shares) + " |")


def _add(rows: dict[str, list[str]], name: str, share: float) -> None:
    rows.setdefault(name, []).append(f"{share:.1%}")
