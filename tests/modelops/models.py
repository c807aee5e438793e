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


def small_model(*, strength: float = 8.0, prior: bool = True) -> NumericModel:
    """`strength`: weight of a toxic word in logits; another one makes another model.

    `prior`: whether other versions can be built on it.
    """
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
        laplace_precision=np.full((size, 1), float(prior)),
        laplace_intercept=np.full(1, float(prior)),
        details={
            "heads": {
                "toxic": {
                    "languages": ["es", "en"],
                    "thresholds": {"es": LIMITS, "en": LIMITS},
                    "calibration": {"es": [1.0, 0.0], "en": [1.0, 0.0]},
                    # of Spanish only: thresholds for other base rates can be computed there
                    "distributions": {"es": _distributions()},
                    "floors": {"es": 0.1},
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


def _distributions() -> dict[str, object]:
    """Quantiles of made-up scores: toxic ones from 0.05 to 0.998, innocent ones below 0.5."""
    steps = np.linspace(0.0, 1.0, 21)
    toxic, innocent = (
        [round(float(q), 6) for q in 1 / (1 + np.exp(-logits))]
        for logits in (-3.0 + 9.0 * steps, -8.0 + 8.0 * steps)
    )
    return {"toxic": toxic, "innocent": innocent, "base_rate": 0.1}


def write_small_model(folder: Path, *, strength: float = 8.0, prior: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_numeric(small_model(strength=strength, prior=prior), folder)
    return folder
