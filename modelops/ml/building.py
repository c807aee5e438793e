"""From a corpus to a calibrated model that needs no base: vocabulary, fits, calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from modelops.ml.artifacts import NumericModel
from modelops.ml.base import (
    BaseFit,
    Recipe,
    Vocabulary,
    choose_vocabulary,
    fit_base,
    vectorize,
)
from modelops.ml.calibration import SegmentLogits, calibrate, choose_handicaps, segment_logits
from modelops.ml.corpus import WINDOWS, Corpus, folds, with_innocent_windows
from modelops.ml.golden import golden_cases
from modelops.ml.scorer import Scorer
from modelops.ml.windows import LONG_WORDS

# called with the share that is done (0 to 1) and the step that begins
Report = Callable[[float, str], None]
FOLDS = 3
BASE_RATE = 0.1
PER_TEMPLATE = 6  # sentences of each of the project's own templates
MIXED_WORDS = LONG_WORDS
WINDOWS_PER_TEXT = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fitted and on what it is calibrated.

    `calibration_shares`: the part that a source has of each class of its language in calibration;
    `innocent_sources` hold innocent texts only and help to choose the handicaps.
    """

    recipe: Recipe
    calibration_shares: Mapping[str, float]
    innocent_sources: tuple[str, ...]
    heads: tuple[str, ...]
    seed: int


def build(corpus: Corpus, plan: Plan, *, report: Report) -> NumericModel:
    """Train, calibrate and measure. Deterministic for one kind of CPU."""
    report(0.0, "vocabulary")
    vocabulary = choose_vocabulary(corpus.texts, corpus.languages, plan.recipe.features)
    corpus = with_innocent_windows(corpus, per_text=WINDOWS_PER_TEXT, seed=plan.seed)
    report(0.2, "vectorize")
    features = vectorize(plan.recipe.features, vocabulary.terms, vocabulary.idf, corpus.texts)
    report(0.4, "solve")
    fit, logits = fit_and_estimate(corpus, features, vocabulary, plan)
    report(0.9, "calibrate")
    return calibrated(corpus, vocabulary, fit, logits, plan)


def fit_and_estimate(
    corpus: Corpus, features: sparse.csr_matrix, vocabulary: Vocabulary, plan: Plan
) -> tuple[BaseFit, SegmentLogits]:
    """Fit on all rows, and return with it the logits of fits that had not seen the rows."""
    number = folds(corpus.groups, count=FOLDS, seed=plan.seed)
    jobs = [
        delayed(_held_out_logits)(corpus, features, vocabulary, number == fold, plan)
        for fold in range(FOLDS)
    ]
    fit, *estimates = Parallel(n_jobs=-1)(
        [delayed(_single_threaded_fit)(corpus, features, plan.recipe, plan.heads), *jobs]
    )
    return fit, SegmentLogits.merged(estimates, len(corpus))


def _single_threaded_fit(
    corpus: Corpus,
    features: sparse.csr_matrix,
    recipe: Recipe,
    heads: tuple[str, ...],
    rows: NDArray[np.bool_] | None = None,
) -> BaseFit:
    # With more threads sums are added in another order and the last bits differ.
    with threadpool_limits(limits=1):
        return fit_base(features, corpus, recipe, heads=heads, rows=rows)


def _held_out_logits(
    corpus: Corpus,
    features: sparse.csr_matrix,
    vocabulary: Vocabulary,
    held_out: NDArray[np.bool_],
    plan: Plan,
) -> tuple[NDArray[np.int64], SegmentLogits]:
    """Return the numbers of the held-out calibration texts and their logits."""
    # a coarse optimum is enough for an estimate
    recipe = replace(plan.recipe, tolerance=1e-2)
    fit = _single_threaded_fit(corpus, features, recipe, plan.heads, ~held_out)
    scorer = Scorer.from_numeric(_model(recipe, vocabulary, fit, _bare_details(fit)))
    scored = [*plan.calibration_shares, *plan.innocent_sources]
    rows = np.flatnonzero(held_out & np.isin(corpus.sources, scored))
    return rows, segment_logits(scorer, [corpus.texts[row] for row in rows])


def _model(
    recipe: Recipe, vocabulary: Vocabulary, fit: BaseFit, details: dict[str, Any]
) -> NumericModel:
    return NumericModel(
        config=recipe.features,
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
    """Return details of a model whose logits count as they are: it is calibrated later."""
    return {
        "heads": {
            head: {
                "languages": list(languages),
                "calibration": {language: [1.0, 0.0] for language in languages},
                "thresholds": {},
            }
            for head, languages in fit.languages.items()
        },
        "thresholds": {},
        "handicaps": {
            language: {"window": 0.0, "repaired": 0.0, "short": 0.0}
            for language in fit.languages["toxic"]
        },
        "golden": [],
    }


def calibration_rows(corpus: Corpus, plan: Plan) -> tuple[Corpus, dict[str, NDArray[np.int64]]]:
    """Return the corpus with the weights of calibration, and the rows of each language."""
    shares = np.zeros(len(corpus))
    for source, part in plan.calibration_shares.items():
        for label in (0, 1):
            mask = (corpus.sources == source) & (corpus.labels[:, 0] == label)
            shares[mask] = part * corpus.shares[mask] / corpus.shares[mask].sum()
    rows = {
        str(language): np.flatnonzero((corpus.languages == language) & (shares > 0))
        for language in np.unique(corpus.languages)
    }
    return replace(corpus, shares=shares), rows


def calibrated(
    corpus: Corpus, vocabulary: Vocabulary, fit: BaseFit, logits: SegmentLogits, plan: Plan
) -> NumericModel:
    """Return the model of a fit, with handicaps, calibration and thresholds."""
    weighted, rows = calibration_rows(corpus, plan)
    innocent = np.flatnonzero(np.isin(corpus.sources, plan.innocent_sources))
    handicaps = {
        language: choose_handicaps(
            logits,
            weighted,
            chosen,
            innocent[corpus.languages[innocent] == language],
            BASE_RATE,
            language,
        )
        for language, chosen in rows.items()
    }
    final = np.full((len(corpus), len(fit.languages)), np.nan)
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
        "regularization_c": plan.recipe.regularization_c,
        "training_samples": sum(texts.values()),
        "sources": texts,
        "fingerprint": corpus.fingerprint(),
        "seed": plan.seed,
        "metrics": {head: values["metrics"] for head, values in heads.items()},
        "golden": [],
    }
    model = _model(plan.recipe, vocabulary, fit, details)
    return replace(model, details={**details, "golden": golden_cases(Scorer(model))})
