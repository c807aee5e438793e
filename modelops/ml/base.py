"""Fitting a base: vocabulary, prior and all heads from a corpus of its own.

A base is a version from which others are learned incrementally: with its weights it keeps the
curvature of its own training loss (the diagonal Laplace approximation: Chapelle, Manavoglu and
Rosales, ACM TIST 2014, algorithm 3), so that later labels move it only where they have evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from modelops.ml.artifacts import HEADS, stored_precision
from modelops.ml.corpus import UNKNOWN, WINDOWS, Corpus
from modelops.ml.features import BLOCKS, FeatureConfig, analyzer_settings, fitted_vectorizer
from modelops.ml.text import normalize
from modelops.ml.training import Prior, Solution, solve

Array = NDArray[np.float64]
FEWEST_DOCUMENTS = {"word": 2, "char": 4}  # texts that make a term


@dataclass(frozen=True, slots=True)
class Recipe:
    """The choices of a base fit.

    `source_weights` weighs the texts of a source in the loss, `window_weights` the windows of its
    innocent texts against the texts themselves. `prior_power` and `prior_floor`
    shape the naive-Bayes prior: 0 for a plain ridge, 1 for the ratios of Wang and Manning.
    """

    features: FeatureConfig
    source_weights: Mapping[str, float]
    window_weights: Mapping[str, float]
    regularization_c: float
    prior_power: float
    prior_floor: float
    tolerance: float = 1e-6

    def weight(self, source: str) -> float:
        name, windows, _ = source.partition(WINDOWS)
        return self.source_weights[name] * (self.window_weights[name] if windows else 1.0)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms of both blocks, in how many texts each occurs, and idf in stored precision."""

    terms: dict[str, tuple[str, ...]]
    documents: dict[str, NDArray[np.int64]]
    idf: dict[str, Array]


@dataclass(frozen=True, slots=True)
class BaseFit:
    """All heads fitted on one corpus; arrays as in `NumericModel`."""

    weights: Array
    intercepts: Array
    prior_precision: Array
    laplace_precision: Array
    laplace_intercept: Array
    solutions: dict[str, Solution]
    languages: dict[str, tuple[str, ...]]


def choose_vocabulary(
    texts: Sequence[str], languages: NDArray[np.str_], config: FeatureConfig
) -> Vocabulary:
    """Choose the terms by document frequency in the language that uses them most.

    Rates instead of counts, so that the larger language does not crowd out the smaller.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    normalized = [normalize(text) for text in texts]
    terms: dict[str, tuple[str, ...]] = {}
    documents: dict[str, NDArray[np.int64]] = {}
    idf: dict[str, Array] = {}
    for block in BLOCKS:
        word = block == "word"
        vectorizer = CountVectorizer(
            lowercase=False,
            binary=True,
            **analyzer_settings(block),
            ngram_range=config.word_ngrams if word else config.char_ngrams,
            min_df=FEWEST_DOCUMENTS[block],
        )
        counts = vectorizer.fit_transform(normalized)
        rates = np.max(
            [
                np.asarray(counts[languages == language].mean(axis=0)).ravel()
                for language in np.unique(languages)
            ],
            axis=0,
        )
        limit = config.max_word_features if word else config.max_char_features
        chosen = np.sort(np.argsort(-rates, kind="stable")[:limit])
        names = vectorizer.get_feature_names_out()
        terms[block] = tuple(str(names[number]) for number in chosen)
        documents[block] = np.asarray(counts[:, chosen].sum(axis=0)).ravel()
        exact = np.log((1 + len(texts)) / (1 + documents[block])) + 1
        idf[block] = exact.astype(np.float32).astype(np.float64)
    return Vocabulary(terms, documents, idf)


def vectorize(
    config: FeatureConfig, terms: Mapping[str, Sequence[str]], idf: Mapping[str, Array],
    texts: Sequence[str],
) -> sparse.csr_matrix:  # fmt: skip
    """Return scikit-learn's TF-IDF matrix of whole texts, shape (n_texts, n_features)."""
    vectorizer = fitted_vectorizer(config, terms, idf)
    return sparse.csr_matrix(vectorizer.transform(texts))


def naive_bayes_precision(
    features: sparse.csr_matrix, labels: NDArray[np.bool_], languages: NDArray[np.str_],
    weights: Array, *, power: float, floor: float,
) -> Array:  # fmt: skip
    """Return the prior precision 1/rho^2 of each feature (Wang and Manning, ACL 2012).

    rho is the log-count ratio of the classes, computed per language and mixed by how often each
    language uses the term, scaled to (0, 1], raised to `power`.
    """
    present = (features > 0).astype(np.float64)
    ratios, usage = [], []
    for language in np.unique(languages):
        inside = languages == language
        rows = {}
        for label in (True, False):
            mask = inside & (labels == label)
            counts = np.asarray(present[mask].T @ weights[mask]).ravel()
            rows[label] = (counts, float(weights[mask].sum()))
        share = {label: (counts + 1) / (total + 2) for label, (counts, total) in rows.items()}
        ratios.append(np.abs(np.log(share[True] / share[False])))
        usage.append((rows[True][0] + rows[False][0]) / max(rows[True][1] + rows[False][1], 1e-12))
    mixed = np.average(ratios, axis=0, weights=np.array(usage) + 1e-9)
    rho = np.clip(mixed / np.quantile(mixed, 0.99), floor, 1.0) ** power
    return np.asarray(1.0 / rho**2)


def fit_base(
    features: sparse.csr_matrix, corpus: Corpus, recipe: Recipe, *,
    heads: tuple[str, ...] = HEADS, rows: NDArray[np.bool_] | None = None,
) -> BaseFit:  # fmt: skip
    """Fit each head on the rows that have a label for it (`rows` limits them further)."""
    rows = np.ones(len(corpus), dtype=bool) if rows is None else rows
    weights = corpus.shares * np.array([recipe.weight(source) for source in corpus.sources])
    toxic = corpus.labels[:, 0] == 1
    precision = naive_bayes_precision(
        features[rows], toxic[rows], corpus.languages[rows], weights[rows],
        power=recipe.prior_power, floor=recipe.prior_floor,
    )  # fmt: skip
    precision = stored_precision("prior_precision", precision)
    prior = Prior(np.zeros(features.shape[1]), precision)
    columns, intercepts, curvatures, curvature_b = [], [], [], []
    solutions: dict[str, Solution] = {}
    languages: dict[str, tuple[str, ...]] = {}
    for head in heads:
        labels = corpus.labels[:, HEADS.index(head)]
        languages[head] = head_languages(corpus, head)
        known = rows & (labels != UNKNOWN) & np.isin(corpus.languages, languages[head])
        inputs = features[known]
        solution = solve(
            inputs, labels[known] == 1, weights[known], prior=prior,
            regularization_c=recipe.regularization_c, tolerance=recipe.tolerance,
        )  # fmt: skip
        column = stored_precision("weights", solution.weights)
        probability = special.expit(inputs @ column + solution.intercept)
        cost = recipe.regularization_c * weights[known] * probability * (1 - probability)
        columns.append(column)
        intercepts.append(solution.intercept)
        curvatures.append(np.asarray(inputs.multiply(inputs).T @ cost).ravel())
        curvature_b.append(float(cost.sum()))
        solutions[head] = solution
    return BaseFit(
        weights=np.stack(columns, axis=1),
        intercepts=np.array(intercepts),
        prior_precision=precision,
        laplace_precision=stored_precision("laplace_precision", np.stack(curvatures, axis=1)),
        laplace_intercept=np.array(curvature_b),
        solutions=solutions,
        languages=languages,
    )


def head_languages(corpus: Corpus, head: str) -> tuple[str, ...]:
    """Return the languages of a head: all for `toxic`, else those in which people labelled it."""
    languages = np.unique(corpus.languages)
    if head == HEADS[0]:
        return tuple(languages.tolist())
    labels = corpus.labels[:, HEADS.index(head)]
    people = ~np.char.startswith(corpus.sources, "own_")
    return tuple(
        language
        for language in languages.tolist()
        if (people & (corpus.languages == language) & (labels == 1)).any()
    )
