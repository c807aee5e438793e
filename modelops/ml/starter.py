"""How the starter model is made from the labelled files and the project's own sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from modelops.ml.artifacts import HEADS, NumericModel
from modelops.ml.base import (
    BaseFit,
    Recipe,
    Vocabulary,
    choose_vocabulary,
    empty_model,
    fit_base,
    vectorize,
)
from modelops.ml.calibration import (
    SegmentLogits,
    calibrate,
    choose_handicaps,
    segment_logits,
)
from modelops.ml.corpus import Corpus, concatenate, folds, own_sentences, read_labelled
from modelops.ml.features import FeatureConfig
from modelops.ml.scorer import Scorer
from modelops.ml.vectors import FeatureIndex
from modelops.ml.windows import WINDOW_WORDS

Report = Callable[[str], None]
SOURCES = ("jigsaw_en", "civil_toxic_en", "wiki_nontoxic_en", "offendes_train_es")
SEED = 20261124
PER_TEMPLATE = 6
MIXED_WORDS = WINDOW_WORDS
FOLDS = 3
BASE_RATE = 0.1
# Chosen by cross-validation across sources (docs/benchmarks.md).
RECIPE = Recipe(
    features=FeatureConfig(),
    source_weights={
        "jigsaw_en": 1.0,
        "civil_toxic_en": 1.0,
        "wiki_nontoxic_en": 1.0,
        "offendes_train_es": 1.0,
        "own_en": 2.0,
        "own_es": 2.0,
    },
    regularization_c=8.0,
    prior_power=0.5,
    prior_floor=0.3,
)
# Sources that hold both classes as one community wrote them, and the project's own sentences,
# with their part of each class in calibration.
CALIBRATION_SHARES = {
    "jigsaw_en": 0.7,
    "own_en": 0.3,
    "offendes_train_es": 0.7,
    "own_es": 0.3,
}
GOLDEN = (
    ("es", "Eres un idiota y no sirves para nada."),
    ("es", "Gracias por la receta, la probaré el domingo."),
    ("es", "3r3s un 1mb3c1l"),
    ("es", "El clásico terminó en empate tras la prórroga."),
    ("es", "Me llamaron inútil en el trabajo y presenté una queja."),
    ("es", "vete a la mierda, payaso asqueroso"),
    ("en", "You are a pathetic idiot."),
    ("en", "Thanks for the recipe, I will try it on Sunday."),
    ("en", "y o u  i d i o t"),
    ("en", "The classic match ended in a draw after extra time."),
    ("en", "They called me useless at work and I complained."),
    ("en", "I will find you and break your legs"),
    (None, "shut up"),
    (None, "Привет, как у вас сегодня дела, друзья?"),
)


def starter_corpus(data: Path) -> Corpus:
    """Read the training files in `data` and add the project's own sentences."""
    parts = [read_labelled(data / f"{source}.csv.gz", source=source) for source in SOURCES]
    parts += [
        own_sentences(language, seed=SEED, per_template=PER_TEMPLATE, mixed_words=MIXED_WORDS)
        for language in ("en", "es")
    ]
    return concatenate(parts)


def build_starter(data: Path, *, report: Report = lambda _: None) -> NumericModel:
    """Train, calibrate and measure the starter. Deterministic for one kind of CPU.

    Raises FileNotFoundError for a missing training file.
    """
    # One thread: with more, sums are added in another order and the last bits differ.
    with threadpool_limits(limits=1):
        corpus = starter_corpus(data)
        report(f"{len(corpus)} texts")
        vocabulary = choose_vocabulary(corpus, RECIPE)
        features = vectorize(FeatureIndex(empty_model(RECIPE, vocabulary)), corpus.texts)
        report(f"{features.shape[1]} features")
        logits = _out_of_fold(corpus, features, vocabulary, report)
        fit = fit_base(features, corpus, RECIPE)
        report("all heads fitted")
        return _calibrated(corpus, vocabulary, fit, logits)


def _model(vocabulary: Vocabulary, fit: BaseFit, details: dict[str, Any]) -> NumericModel:
    return NumericModel(
        config=RECIPE.features,
        terms=vocabulary.terms,
        idf=vocabulary.idf,
        weights=fit.weights,
        intercepts=fit.intercepts,
        prior_precision=fit.prior_precision,
        laplace_precision=fit.laplace_precision,
        laplace_intercept=fit.laplace_intercept,
        details=details,
    )


def _out_of_fold(
    corpus: Corpus, features: sparse.csr_matrix, vocabulary: Vocabulary, report: Report
) -> SegmentLogits:
    """Return the logits that models give which learned from the other folds."""
    number = folds(corpus.groups, count=FOLDS, seed=SEED)
    # a coarse optimum is enough for an estimate
    recipe = replace(RECIPE, tolerance=1e-2)
    wanted = np.isin(corpus.sources, list(CALIBRATION_SHARES))
    shape = (len(corpus), len(HEADS))
    parts = [np.full(shape, -np.inf) for _ in range(4)]
    words = np.zeros(len(corpus), dtype=np.int64)
    for fold in range(FOLDS):
        fit = fit_base(features, corpus, recipe, rows=number != fold)
        scorer = Scorer.from_numeric(_model(vocabulary, fit, _bare_details(fit)))
        held_out = np.flatnonzero((number == fold) & wanted)
        logits = segment_logits(scorer, [corpus.texts[row] for row in held_out])
        for part, values in zip(
            parts,
            (logits.whole, logits.window, logits.repaired, logits.repaired_window),
            strict=True,
        ):
            part[held_out] = values
        words[held_out] = logits.words
        report(f"fold {fold + 1} of {FOLDS} scored")
    return SegmentLogits(parts[0], parts[1], parts[2], parts[3], words)


def _bare_details(fit: BaseFit) -> dict[str, Any]:
    return {
        "heads": {
            head: {"languages": list(languages), "calibration": {}, "thresholds": {}}
            for head, languages in fit.languages.items()
        },
        "thresholds": {},
        "handicaps": {"window": 0.0, "repaired": 0.0},
        "golden": [],
    }


def calibration_rows(corpus: Corpus) -> tuple[Corpus, dict[str, NDArray[np.int64]]]:
    """Return the corpus with the weights of calibration, and the rows of each language."""
    shares = np.zeros(len(corpus))
    for source, part in CALIBRATION_SHARES.items():
        for label in (0, 1):
            mask = (corpus.sources == source) & (corpus.labels[:, 0] == label)
            shares[mask] = part * corpus.shares[mask] / corpus.shares[mask].sum()
    rows = {
        str(language): np.flatnonzero((corpus.languages == language) & (shares > 0))
        for language in np.unique(corpus.languages)
    }
    return replace(corpus, shares=shares), rows


def _calibrated(
    corpus: Corpus, vocabulary: Vocabulary, fit: BaseFit, logits: SegmentLogits
) -> NumericModel:
    weighted, rows = calibration_rows(corpus)
    handicaps = choose_handicaps(logits, weighted, rows, BASE_RATE)
    final = logits.final(**handicaps)
    heads: dict[str, Any] = {}
    for column, (head, languages) in enumerate(fit.languages.items()):
        chosen = {language: rows[language] for language in languages}
        solution = fit.solutions[head]
        heads[head] = {
            "languages": list(languages),
            **calibrate(final[:, column], weighted, chosen, head, BASE_RATE),
            "convergence": {
                "gradient_norm": float(f"{solution.gradient_norm:.3g}"),
                "distance_bound": float(f"{solution.distance_bound:.3g}"),
                "iterations": solution.iterations,
            },
        }
    details = {
        "heads": heads,
        "thresholds": heads["toxic"]["thresholds"],
        "base_rate": BASE_RATE,
        "handicaps": handicaps,
        "regularization_c": RECIPE.regularization_c,
        "training_samples": len(corpus),
        "sources": {
            str(source): int((corpus.sources == source).sum())
            for source in np.unique(corpus.sources)
        },
        "fingerprint": corpus.fingerprint(),
        "seed": SEED,
        "metrics": {head: values["metrics"] for head, values in heads.items()},
        "golden": [],
    }
    model = _model(vocabulary, fit, details)
    return replace(model, details={**details, "golden": golden_cases(Scorer(model))})


def golden_cases(scorer: Scorer) -> list[dict[str, Any]]:
    """Return inputs with the probabilities that this model gives them."""
    scores = scorer.score(
        [text for _, text in GOLDEN], languages=[language for language, _ in GOLDEN]
    )
    return [
        {
            "text": text,
            "language": language,
            "probabilities": {head: round(p, 9) for head, p in score.probabilities.items()},
        }
        for (language, text), score in zip(GOLDEN, scores, strict=True)
    ]
