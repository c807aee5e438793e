"""The starter's figures on labelled texts, where these are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from modelops.ml.artifacts import NumericModel, to_scikit_learn
from modelops.ml.corpus import read_labelled
from modelops.ml.evaluation import auc
from modelops.ml.scorer import Scorer
from modelops.ml.starter_figures import toxicity


@pytest.mark.parametrize(
    ("name", "language", "least"),
    [("youtoxic_en", "en", 0.80), ("offendes_test_es", "es", 0.91)],
)
def test_the_final_score_ranks_unseen_texts(
    scorer: Scorer, labelled_data: Path, name: str, language: str, least: float
) -> None:
    corpus = read_labelled(labelled_data / f"{name}.csv.gz", source=name)
    scores = toxicity(scorer, corpus.texts, language)
    assert auc(corpus.labels[:, 0] == 1, scores) >= least


def test_every_head_equals_scikit_learn_on_real_texts(
    starter: NumericModel, scorer: Scorer, labelled_data: Path
) -> None:
    texts = [
        text
        for name in ("offendes_test_es", "jigsaw_en")
        for text in read_labelled(labelled_data / f"{name}.csv.gz", source=name).texts
    ]
    # the long ones take most of the time and hold nothing else
    texts.sort(key=len)
    texts = texts[:21_000] + texts[-100:]
    assert len(texts) >= 20_000
    _, vectorizer = to_scikit_learn(starter)
    vectors = vectorizer.transform(texts)
    ours = scorer.raw_of_heads(texts)
    for column, head in enumerate(starter.heads):
        classifier, _ = to_scikit_learn(starter, head)
        theirs = classifier.predict_proba(vectors)[:, 1]
        assert np.abs(ours[:, column] - theirs).max() <= 1e-9
