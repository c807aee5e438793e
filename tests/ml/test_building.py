from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelops.ml.building import build
from modelops.ml.corpus import Corpus, concatenate, own_sentences
from modelops.ml.evaluation import auc
from modelops.ml.scorer import Scorer
from modelops.ml.scratch import _PLAN


def few(corpus: Corpus, *, seed: int) -> Corpus:
    rows = np.sort(np.random.default_rng(seed).permutation(len(corpus))[:400])
    return Corpus(
        tuple(corpus.texts[row] for row in rows),
        corpus.labels[rows],
        corpus.languages[rows],
        corpus.sources[rows],
        corpus.groups[rows],
        corpus.shares[rows],
    )


def test_a_model_is_built_from_texts_alone() -> None:
    parts = [few(own_sentences(code, seed=1, per_template=1), seed=2) for code in ("en", "es")]
    weights = {f"own_{code}": 1.0 for code in ("en", "es")}
    plan = replace(
        _PLAN,
        recipe=replace(_PLAN.recipe, source_weights=weights, window_weights=weights),
        calibration_shares=weights,
    )
    steps: list[str] = []
    model = build(concatenate(parts), plan, report=lambda share, step: steps.append(step))
    assert steps == ["vocabulary", "vectorize", "solve", "calibrate"]
    scorer = Scorer(model)
    assert scorer.golden_ok()
    assert set(scorer.thresholds) == {"en", "es"}
    unseen = few(own_sentences("es", seed=9, per_template=1), seed=9)
    scores = scorer.score(unseen.texts, languages=["es"] * len(unseen))
    toxic = np.array([score.probabilities["toxic"] for score in scores])
    assert auc(unseen.labels[:, 0] == 1, toxic) > 0.8
