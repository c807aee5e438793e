"""How the starter model is made from the labelled files and the project's own sentences."""

from __future__ import annotations

from pathlib import Path

from modelops.ml.artifacts import HEADS, NumericModel
from modelops.ml.base import Recipe
from modelops.ml.building import MIXED_WORDS, PER_TEMPLATE, Plan, Report, build
from modelops.ml.corpus import Corpus, concatenate, own_sentences, read_labelled
from modelops.ml.features import FeatureConfig

SOURCES = ("jigsaw_en", "civil_toxic_en", "wiki_nontoxic_en", "offendes_train_es")
SEED = 20261124
# Chosen by cross-validation across sources (docs/benchmarks.md).
RECIPE = Recipe(
    features=FeatureConfig(),
    source_weights={
        "jigsaw_en": 4.0,
        "civil_toxic_en": 1.0,
        "wiki_nontoxic_en": 0.6,
        "offendes_train_es": 1.9,
        "own_en": 1.0,
        "own_es": 0.5,
    },
    window_weights={
        "jigsaw_en": 0.6,
        "wiki_nontoxic_en": 1.0,
        "own_en": 1.0,
        "offendes_train_es": 3.0,
        "own_es": 5.0,
    },
    regularization_c=9.0,
    prior_power=0.6,
    prior_floor=0.3,
)
PLAN = Plan(
    recipe=RECIPE,
    # sources that hold both classes as one community wrote them, and the project's own sentences
    calibration_shares={
        "jigsaw_en": 0.7,
        "own_en": 0.3,
        "offendes_train_es": 0.7,
        "own_es": 0.3,
    },
    innocent_sources=("wiki_nontoxic_en",),
    heads=HEADS,
    seed=SEED,
)


def starter_corpus(data: Path) -> Corpus:
    """Read the training files in `data` and add the project's own sentences."""
    parts = [read_labelled(data / f"{source}.csv.gz", source=source) for source in SOURCES]
    parts += [
        own_sentences(language, seed=SEED, per_template=PER_TEMPLATE, mixed_words=MIXED_WORDS)
        for language in ("en", "es")
    ]
    return concatenate(parts)


def build_starter(data: Path, *, report: Report = lambda share, step: None) -> NumericModel:
    """Train, calibrate and measure the starter. Deterministic for one kind of CPU.

    Raises FileNotFoundError for a missing training file.
    """
    return build(starter_corpus(data), PLAN, report=report)
