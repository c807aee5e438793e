"""How the starter model is made from the labelled files and the project's own sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
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
from modelops.ml.corpus import (
    WINDOWS,
    Corpus,
    concatenate,
    folds,
    own_sentences,
    read_labelled,
    with_innocent_windows,
)
from modelops.ml.features import FeatureConfig
from modelops.ml.golden import golden_cases
from modelops.ml.scorer import Scorer
from modelops.ml.vectors import FeatureIndex
from modelops.ml.windows import LONG_WORDS

Report = Callable[[str], None]
SOURCES = ("jigsaw_en", "civil_toxic_en", "wiki_nontoxic_en", "offendes_train_es")
SEED = 20261124
PER_TEMPLATE = 6
MIXED_WORDS = LONG_WORDS
WINDOWS_PER_TEXT = 2
FOLDS = 3
BASE_RATE = 0.1
# Chosen by cross-validation across sources (docs/benchmarks.md).
RECIPE = Recipe(
    features=FeatureConfig(),
    source_weights={
        "jigsaw_en": 4.0,
        "civil_toxic_en": 1.0,
        "wiki_nontoxic_en": 1.0,
        "offendes_train_es": 1.45,
        "own_en": 0.6,
        "own_es": 0.6,
    },
    window_weight=1.5,
    regularization_c=5.0,
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
# Sources of innocent texts only, which help to choose the handicaps.
INNOCENT_SOURCES = ("wiki_nontoxic_en",)


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
    corpus = starter_corpus(data)
    report(f"{len(corpus)} texts")
    vocabulary = choose_vocabulary(corpus, RECIPE)
    corpus = with_innocent_windows(corpus, per_text=WINDOWS_PER_TEXT, seed=SEED)
    features = vectorize(FeatureIndex(empty_model(RECIPE, vocabulary)), corpus.texts)
    report(f"{features.shape[1]} features, {len(corpus)} rows")
    fit, logits = fit_and_estimate(corpus, features, vocabulary)
    report("fitted")
    return calibrated(corpus, vocabulary, fit, logits)


def fit_and_estimate(
    corpus: Corpus, features: sparse.csr_matrix, vocabulary: Vocabulary
) -> tuple[BaseFit, SegmentLogits]:
    """Fit on all rows, and return with it the logits of fits that had not seen the rows."""
    number = folds(corpus.groups, count=FOLDS, seed=SEED)
    jobs = [
        delayed(_held_out_logits)(corpus, features, vocabulary, number == fold)
        for fold in range(FOLDS)
    ]
    fit, *estimates = Parallel(n_jobs=-1)(
        [delayed(_single_threaded_fit)(corpus, features, RECIPE), *jobs]
    )
    return fit, SegmentLogits.merged(estimates, len(corpus))


def _single_threaded_fit(
    corpus: Corpus,
    features: sparse.csr_matrix,
    recipe: Recipe,
    rows: NDArray[np.bool_] | None = None,
) -> BaseFit:
    # With more threads sums are added in another order and the last bits differ.
    with threadpool_limits(limits=1):
        return fit_base(features, corpus, recipe, rows=rows)


def _held_out_logits(
    corpus: Corpus,
    features: sparse.csr_matrix,
    vocabulary: Vocabulary,
    held_out: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], SegmentLogits]:
    """Return the numbers of the held-out calibration texts and their logits."""
    # a coarse optimum is enough for an estimate
    recipe = replace(RECIPE, tolerance=1e-2)
    fit = _single_threaded_fit(corpus, features, recipe, ~held_out)
    scorer = Scorer.from_numeric(_model(vocabulary, fit, _bare_details(fit)))
    scored = [*CALIBRATION_SHARES, *INNOCENT_SOURCES]
    rows = np.flatnonzero(held_out & np.isin(corpus.sources, scored))
    return rows, segment_logits(scorer, [corpus.texts[row] for row in rows])


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


def _bare_details(fit: BaseFit) -> dict[str, Any]:
    return {
        "heads": {
            head: {"languages": list(languages), "calibration": {}, "thresholds": {}}
            for head, languages in fit.languages.items()
        },
        "thresholds": {},
        "handicaps": {
            language: {"window": 0.0, "repaired": 0.0} for language in fit.languages["toxic"]
        },
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


def calibrated(
    corpus: Corpus, vocabulary: Vocabulary, fit: BaseFit, logits: SegmentLogits
) -> NumericModel:
    weighted, rows = calibration_rows(corpus)
    innocent = np.flatnonzero(np.isin(corpus.sources, INNOCENT_SOURCES))
    handicaps = {
        language: choose_handicaps(
            logits,
            weighted,
            chosen,
            innocent[corpus.languages[innocent] == language],
            BASE_RATE,
        )
        for language, chosen in rows.items()
    }
    final = np.full((len(corpus), len(HEADS)), np.nan)
    for language, chosen in rows.items():
        final[chosen] = logits.final(**handicaps[language])[chosen]
    heads: dict[str, Any] = {}
    for column, (head, languages) in enumerate(fit.languages.items()):
        offered = {language: rows[language] for language in languages}
        heads[head] = {
            "languages": list(languages),
            **calibrate(final[:, column], weighted, offered, head, BASE_RATE),
            "convergence": fit.solutions[head].convergence(),
        }
    names, counts = np.unique(corpus.sources, return_counts=True)
    texts = {
        str(name): int(count)
        for name, count in zip(names, counts, strict=True)
        if not name.endswith(WINDOWS)
    }
    details = {
        "heads": heads,
        "thresholds": heads["toxic"]["thresholds"],
        "base_rate": BASE_RATE,
        "handicaps": handicaps,
        "regularization_c": RECIPE.regularization_c,
        "training_samples": sum(texts.values()),
        "sources": texts,
        "fingerprint": corpus.fingerprint(),
        "seed": SEED,
        "metrics": {head: values["metrics"] for head, values in heads.items()},
        "golden": [],
    }
    model = _model(vocabulary, fit, details)
    return replace(model, details={**details, "golden": golden_cases(Scorer(model))})
