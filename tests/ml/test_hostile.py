"""Texts made to be slow or to be misread. Times are measured by `python -m tests.bench scoring`."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np
import pytest

from modelops.ml import repair, vectors
from modelops.ml.artifacts import NumericModel, to_scikit_learn
from modelops.ml.characters import fold_characters, folded_offsets
from modelops.ml.language import warm_up
from modelops.ml.scorer import Scorer
from modelops.ml.text import normalize
from tests.ml.hostile import LONGEST, hostile

MOST_WORK = (
    "exclamation marks", "quoted letters", "syllables", "halves of words", "words with marks",
    "four joined", "six letters", "two masked letters", "ambiguous leetspeak", "random words",
    "masked and different", "all of unicode", "ambiguous figures", "letters, figures and marks",
    "parted letters", "a mark between letters", "marks, spaced", "figures and letters",
)  # fmt: skip
MOST_CALLS = 125_000  # ambiguous figures take 103,000, the most


@pytest.fixture(scope="module")
def texts(starter: NumericModel) -> dict[str, str]:
    return hostile(starter.terms["word"])


def test_hostile_texts_get_the_probability_that_scikit_learn_gives(
    starter: NumericModel, scorer: Scorer, texts: dict[str, str]
) -> None:
    assert all(len(text) == LONGEST for text in texts.values())
    classifier, vectorizer = to_scikit_learn(starter)
    sample = [text[:1_500] for text in texts.values()]
    theirs = classifier.predict_proba(vectorizer.transform(sample))[:, 1]
    assert scorer.raw_probabilities(sample) == pytest.approx(theirs, abs=1e-9)


def test_the_work_on_a_text_is_bounded(scorer: Scorer, texts: dict[str, str]) -> None:
    """Calls of functions are counted, which are the same on every machine."""
    warm_up()
    calls = {}
    for kind in MOST_WORK:
        scorer.forget()
        calls[kind] = _calls_of(lambda kind=kind: scorer.score([texts[kind]], languages=[None]))
    assert {kind: count for kind, count in calls.items() if count > MOST_CALLS} == {}


def _calls_of(function: Any) -> int:
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "text", ["i" * 60 + "*" + "o" * 60 + '"x"', "@a" * 200 + "!x", "a" * 9_000]
)
def test_patterns_do_not_try_everything(text: str) -> None:
    assert normalize(text)


def test_phrases_in_one_character_make_no_text_much_longer() -> None:
    few, many = "\ufdfa" * 20, "\ufdfa" * LONGEST
    assert len(fold_characters(few)) == 20 * 18
    assert len(fold_characters(many)) == LONGEST
    for text in (few, many):
        offsets = folded_offsets(text)
        assert len(offsets) == len(fold_characters(text)) + 1
        assert offsets[-1] == len(text)
    korean = "한국어 문장입니다 " * 900
    assert len(fold_characters(korean)) > 2 * len(korean)


def test_what_is_remembered_is_bounded_and_changes_nothing(
    starter: NumericModel, texts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = [text[:500] for text in texts.values()]
    expected = Scorer(starter).score(sample, languages=["es"] * len(sample))
    monkeypatch.setattr(vectors, "_CACHE_WORDS", 300)
    monkeypatch.setattr(repair, "_MOST_REMEMBERED", 50)
    scorer = Scorer(starter)
    for text, before in zip(sample, expected, strict=True):
        after = scorer.score([text], languages=["es"])[0]
        assert after.probabilities == pytest.approx(before.probabilities, abs=1e-12)
        assert len(scorer.index._cache) <= 300
        assert len(scorer.lexicon.readings) <= 50
    assert np.isfinite(scorer.raw_probabilities(sample)).all()
