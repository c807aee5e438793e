"""A model from a site's own labels alone, without a base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from modelops.ml.artifacts import HEADS, NumericModel
from modelops.ml.base import Recipe
from modelops.ml.building import MIXED_WORDS, PER_TEMPLATE, Plan, Report, build
from modelops.ml.corpus import Corpus, concatenate, own_sentences
from modelops.ml.features import FeatureConfig
from modelops.ml.labels import NotPossible, SiteLabels

FEWEST_OF_CLASS = 50  # toxic and not toxic labels; below, calibration is guesswork
_LANGUAGES = ("en", "es")
_SITE = "site_"
# The starter's choices; there are no others to compare with.
_PLAN = Plan(
    recipe=Recipe(
        features=FeatureConfig(),
        source_weights={"site_en": 1.0, "site_es": 1.0, "own_en": 0.5, "own_es": 0.5},
        window_weights={"site_en": 1.0, "site_es": 1.0, "own_en": 1.0, "own_es": 1.0},
        regularization_c=12.0,
        prior_power=0.6,
        prior_floor=0.3,
        tolerance=1e-5,
    ),
    calibration_shares={"site_en": 0.7, "own_en": 0.3, "site_es": 0.7, "own_es": 0.3},
    innocent_sources=(),
    heads=(HEADS[0],),
    seed=0,
)


def learn_from_scratch(
    labels: SiteLabels, *, report: Report = lambda share, step: None, seed: int = 0
) -> NumericModel:
    """Train on the labels of a site and the project's own sentences, and nothing else.

    A category becomes a head where people labelled enough texts with it. A language without
    labels knows only the project's own sentences. Raises `NotPossible` for too few labels.
    """
    toxic = int((labels.labels[:, 0] == 1).sum())
    if min(toxic, len(labels) - toxic) < FEWEST_OF_CLASS:
        raise NotPossible(
            "too_few_labels", toxic=toxic, not_toxic=len(labels) - toxic, fewest=FEWEST_OF_CLASS
        )
    heads = tuple(
        head
        for column, head in enumerate(HEADS)
        if int((labels.labels[:, column] == 1).sum()) >= FEWEST_OF_CLASS
    )
    model = build(_corpus(labels, seed), replace(_PLAN, heads=heads, seed=seed), report=report)
    details = {**model.details, "site_labels": len(labels), "fingerprint": labels.fingerprint()}
    return replace(model, details=details)


def _corpus(labels: SiteLabels, seed: int) -> Corpus:
    site = Corpus(
        labels.texts,
        labels.labels,
        labels.languages,
        np.char.add(_SITE, labels.languages),
        np.arange(len(labels)),
        labels.weights,
    )
    own = [
        own_sentences(language, seed=seed, per_template=PER_TEMPLATE, mixed_words=MIXED_WORDS)
        for language in _LANGUAGES
    ]
    return concatenate([site, *own])
