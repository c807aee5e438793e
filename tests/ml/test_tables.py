"""What people must be able to rely on: disguises do not help, and innocence is not punished."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from modelops.ml.phrases import expand
from modelops.ml.scorer import Scorer
from modelops.ml.starter import PER_TEMPLATE, SEED
from modelops.ml.text import normalize
from tests.ml.disguises import COLUMNS, disguise

DATA = Path(__file__).parent / "data"
LANGUAGES = ("es", "en")
PADDING_WORDS = 200
MOST_INNOCENT_FLAGGED = 0.02
MOST_MORE_INNOCENT_FLAGGED = 0.025
LEAST_TOXIC_FOUND = {"es": 0.80, "en": 0.85}
LEAST_PADDED_FOUND = 0.80


@cache
def table(name: str) -> list[str]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return [row["text"] for row in csv.DictReader(handle)]


def all_of(kind: str, language: str) -> list[str]:
    return table(f"{kind}_{language}") + table(f"{kind}_{language}_more")


def flagged(scorer: Scorer, texts: list[str], language: str, *, declared: bool) -> np.ndarray:
    scores = scorer.score(texts, languages=[language if declared else None] * len(texts))
    return np.array(
        [
            score.probabilities["toxic"]
            >= scorer.thresholds.get(score.language, scorer.thresholds[language])["review"]
            for score in scores
        ]
    )


def padding(language: str, text: str, *, before: int, punctuated: bool) -> str:
    """Return `text` with `before` of 200 friendly words before it and the others after it."""
    words = (DATA / f"friendly_padding_{language}.txt").read_text(encoding="utf-8").split()
    padded = " ".join([*words[:before], text, *words[before:PADDING_WORDS]])
    return padded if punctuated else re.sub(r"[^\w\s]", "", padded)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_are_large_and_not_what_the_model_learned(language: str) -> None:
    toxic, innocent = table(f"toxic_{language}"), table(f"innocent_{language}")
    assert len(toxic) >= 60
    assert len(innocent) >= 150
    toxic, innocent = all_of("toxic", language), all_of("innocent", language)
    learned = {
        normalize(phrase.text) for phrase in expand(language, seed=SEED, per_template=PER_TEMPLATE)
    }
    assert [text for text in toxic + innocent if normalize(text) in learned] == []


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "detected"])
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_disguise_hides_at_most_a_tenth(
    scorer: Scorer, language: str, column: str, declared: bool
) -> None:
    toxic = table(f"toxic_{language}")
    plain = flagged(scorer, toxic, language, declared=declared).mean()
    disguised = [disguise(column, text) for text in toxic]
    assert flagged(scorer, disguised, language, declared=declared).mean() >= plain - 0.10


@pytest.mark.parametrize("punctuated", [True, False], ids=["punctuated", "unpunctuated"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_friendly_padding_hides_few_insults(
    scorer: Scorer, language: str, punctuated: bool
) -> None:
    toxic = table(f"toxic_{language}")
    found = flagged(scorer, toxic, language, declared=True)
    padded = [
        padding(language, text, before=before, punctuated=punctuated)
        for before in (0, PADDING_WORDS // 2, PADDING_WORDS)
        for text, flag in zip(toxic, found, strict=True)
        if flag
    ]
    assert flagged(scorer, padded, language, declared=True).mean() >= LEAST_PADDED_FOUND


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_padding_alone_is_innocent(scorer: Scorer, language: str) -> None:
    text = (DATA / f"friendly_padding_{language}.txt").read_text(encoding="utf-8")
    assert not flagged(scorer, [text], language, declared=True).any()


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "detected"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_innocent_sentences_are_left_alone(scorer: Scorer, language: str, declared: bool) -> None:
    innocent = table(f"innocent_{language}")
    flags = flagged(scorer, innocent, language, declared=declared)
    guilty = [text for text, flag in zip(innocent, flags, strict=True) if flag]
    assert len(guilty) <= MOST_INNOCENT_FLAGGED * len(innocent), guilty


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_innocent_sentences_are_left_alone(scorer: Scorer, language: str) -> None:
    innocent = all_of("innocent", language)
    flags = flagged(scorer, innocent, language, declared=True)
    guilty = [text for text, flag in zip(innocent, flags, strict=True) if flag]
    assert len(guilty) <= MOST_MORE_INNOCENT_FLAGGED * len(innocent), guilty


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_toxic_sentences_are_found(scorer: Scorer, language: str) -> None:
    found = flagged(scorer, all_of("toxic", language), language, declared=True).mean()
    assert found >= LEAST_TOXIC_FOUND[language]
