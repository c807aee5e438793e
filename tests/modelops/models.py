"""A small model in the real form, quick to publish and to tell from another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from modelops.ml.artifacts import NumericModel, write_numeric
from modelops.ml.features import FeatureConfig
from modelops.ml.scorer import Scorer

WORDS = ("bonito", "gracias", "idiota", "imbecil", "stupid", "thanks", "tonto")
TOXIC = {"idiota", "imbecil", "stupid", "tonto"}
CHARACTERS = (" gr", " id", "ota", "upid")
LIMITS = {"review": 0.4, "block": 0.9}
GOLDEN = (("Eres un idiota", "es"), ("You are stupid", "en"), ("Muchas gracias", "es"))


def small_model(*, strength: float = 8.0) -> NumericModel:
    """`strength`: weight of a toxic word in logits; another one makes another model."""
    size = len(WORDS) + len(CHARACTERS)
    weights = np.zeros((size, 1))
    weights[: len(WORDS), 0] = [strength if word in TOXIC else -2.0 for word in WORDS]
    model = NumericModel(
        config=FeatureConfig(),
        terms={"word": WORDS, "char": CHARACTERS},
        idf={"word": np.ones(len(WORDS)), "char": np.ones(len(CHARACTERS))},
        weights=weights,
        intercepts=np.array([-3.0]),
        prior_precision=np.ones(size),
        laplace_precision=np.ones((size, 1)),
        laplace_intercept=np.ones(1),
        details={
            "heads": {
                "toxic": {
                    "languages": ["es", "en"],
                    "thresholds": {"es": LIMITS, "en": LIMITS},
                    "calibration": {"es": [1.0, 0.0], "en": [1.0, 0.0]},
                    "convergence": {"iterations": 1},
                }
            },
            "thresholds": {
                "es": LIMITS,
                "en": LIMITS,
            },
            "handicaps": {key: {"window": 1.0, "repaired": 1.0} for key in ("es", "en")},
            "training_samples": 7,
            "base_rate": 0.1,
            "golden": [],
            "metrics": {},
            "sources": [],
            "seed": 0,
            "regularization_c": 1.0,
        },
    )
    texts, languages = zip(*GOLDEN, strict=True)
    scores = Scorer.from_numeric(model).score(texts, languages=languages)
    golden = [
        {"text": text, "language": language, "probabilities": score.probabilities}
        for (text, language), score in zip(GOLDEN, scores, strict=True)
    ]
    return replace(model, details={**model.details, "golden": golden})


def write_small_model(folder: Path, *, strength: float = 8.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_numeric(small_model(strength=strength), folder)
    return folder
