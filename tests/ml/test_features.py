"""Features, and the sums of their gains, against plainer ways to the same."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelops.ml.artifacts import NumericModel, to_scikit_learn
from modelops.ml.scorer import Scorer
from modelops.ml.segments import Segments
from modelops.ml.text import tokenize

WORDS = ("eres", "un", "idiota", "you", "are", "an", "0", "!", '"', "a", "ñ", "shut", "up", "0km")
ANY_WORD = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.sampled_from(string.ascii_lowercase + "ñ"), min_size=1, max_size=30),
    st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8),
)
TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from(string.printable + "ñáіο\u200b\u0303@*.'\"ｉ")),
    max_size=80,
)


@given(st.lists(st.one_of(TEXTS, st.lists(ANY_WORD, max_size=30).map(" ".join)), max_size=8))
@settings(max_examples=60, deadline=None, database=None)
def test_any_text_gets_the_probability_that_scikit_learn_gives(
    starter: NumericModel, scorer: Scorer, texts: list[str]
) -> None:
    texts = [*texts, ""]
    classifier, vectorizer = _scikit_learn(starter)
    theirs = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
    assert scorer.raw_probabilities(texts) == pytest.approx(theirs, abs=1e-9)


_made: dict[int, tuple] = {}


def _scikit_learn(model: NumericModel) -> tuple:
    return _made.setdefault(id(model), to_scikit_learn(model))


@given(st.lists(ANY_WORD, min_size=1, max_size=60, unique=True))
@settings(max_examples=100, deadline=None, database=None)
def test_ngrams_of_many_words_at_once_are_those_of_each(scorer: Scorer, words: list[str]) -> None:
    index = scorer.index
    assert index.grams.usable
    own = [number for number, *_ in index._entries_of(words)]
    numbers, counts = index.grams.find(words, np.array(own))
    found = np.split(numbers, np.cumsum(counts)[:-1])
    assert [sorted(each) for each in found] == [
        sorted(index._word_features(*each)) for each in zip(words, own, strict=True)
    ]


@given(st.lists(ANY_WORD, min_size=1, max_size=60), st.data())
@settings(max_examples=150, deadline=None, database=None)
def test_segments_score_as_they_would_on_their_own(
    scorer: Scorer, words: list[str], data: st.DataObject
) -> None:
    starts = data.draw(st.lists(st.integers(0, len(words) - 1), min_size=1, max_size=8))
    bounds = [(start, data.draw(st.integers(start + 1, len(words)))) for start in starts]
    together = _segments(scorer, words, bounds)
    for number, (start, end) in enumerate(bounds):
        alone = _segments(scorer, words[start:end], [(0, end - start)])
        assert together.logits[number] == pytest.approx(alone.logits[0], abs=1e-9)
        for head, logit in enumerate(alone.logits[0]):
            contributions = together.contributions(number, head)
            assert len(contributions) == end - start
            assert sum(contributions) == pytest.approx(logit, abs=1e-9)


def _segments(scorer: Scorer, words: list[str], bounds: list[tuple[int, int]]) -> Segments:
    steps = scorer.index.steps(words)
    runs = [((2 * start, 2 * end - 1),) for start, end in bounds]
    return Segments(scorer.index, steps, runs)


def test_a_feature_counts_right_however_often_it_occurs(
    starter: NumericModel, scorer: Scorer
) -> None:
    texts = ["idiota " * count for count in (1, 2, 255, 256, 257, 1_500)]
    assert len(tokenize(texts[-1]).words) == 1_500
    classifier, vectorizer = _scikit_learn(starter)
    theirs = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
    assert scorer.raw_probabilities(texts) == pytest.approx(theirs, abs=1e-9)
