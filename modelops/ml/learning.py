"""Learning from the labels of a site, on top of a base.

A site's version is the optimum of one objective (`training`): the base's weights as mean, with the
curvature of the base's own training loss as precision (the diagonal Laplace approximation:
Chapelle, Manavoglu and Rosales, ACM TIST 2014, algorithm 3), and the loss over all labels of the
site. It is a function of the base and the set of labels, so no label counts twice and their order
does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from modelops.ml import scratch
from modelops.ml.artifacts import HEADS, NumericModel, stored_precision
from modelops.ml.building import Report
from modelops.ml.features import BLOCKS
from modelops.ml.golden import golden_cases
from modelops.ml.labels import UNKNOWN, NotPossible, SiteLabels
from modelops.ml.scorer import Scorer
from modelops.ml.site_vectors import (
    Readings,
    SiteVocabulary,
    TermReader,
    document_counts,
    extended,
    matrix,
    new_key,
    read_cache,
    write_cache,
)
from modelops.ml.training import Prior, Solution, solve

Array = NDArray[np.float64]
FEWEST_DOCUMENTS = 2  # labelled site texts that make a term of an increment
MOST_NEW_TERMS = 400_000
TOLERANCE = 1e-5
# documents that make a term of a full retraining, as for a base
_FULL_DOCUMENTS = {"word": 2, "char": 4}


@dataclass(frozen=True, slots=True)
class Learned:
    model: NumericModel
    new_terms: int  # beyond the base's


def learn_increment(
    base: NumericModel, live: NumericModel, labels: SiteLabels, *,
    cache: Path | None = None, report: Report = lambda share, step: None, seed: int = 0,
) -> Learned:  # fmt: skip
    """Learn from all labels of the site; every term of two labelled texts counts.

    `cache`: a file that keeps what texts hold, so that only new ones are read. Starts from the
    live weights, which changes how long it takes and not where it ends. Raises `NotPossible`.
    """
    _check(base, labels)
    _check_kinship(base, live)
    report(0.0, "read")
    reader = TermReader(base)
    readings = _readings(base, reader, labels, cache)
    report(0.2, "vectorize")
    keys, documents = document_counts(readings)
    chosen = documents >= FEWEST_DOCUMENTS
    vocabulary = _vocabulary(base, live, reader, labels, readings, keys[chosen], documents[chosen])
    features = matrix(readings, vocabulary)
    model = _solved(base, live, labels, features, vocabulary, report, seed)
    return Learned(model, int(chosen.sum()))


def learn_full(
    base: NumericModel, live: NumericModel, labels: SiteLabels, *,
    report: Report = lambda share, step: None, seed: int = 0,
) -> Learned:  # fmt: skip
    """Read all labels anew and choose features from them, united with the base's.

    Rarer terms than a base would take are left out, and no more are added than a base has.
    Raises `NotPossible`.
    """
    _check(base, labels)
    report(0.0, "read")
    reader = TermReader(base)
    readings = reader.read(labels.texts, labels.digests)
    report(0.2, "vectorize")
    keys, documents = _most_common(base, *document_counts(readings))
    vocabulary = _vocabulary(base, live, reader, labels, readings, keys, documents)
    features = matrix(readings, vocabulary)
    model = _solved(base, None, labels, features, vocabulary, report, seed)
    return Learned(model, len(keys))


def learn_quick(
    base: NumericModel, live: NumericModel, labels: SiteLabels, *,
    report: Report = lambda share, step: None, seed: int = 0,
) -> Learned:  # fmt: skip
    """Move only the `toxic` head, within the live version's features. Raises `NotPossible`."""
    _check(base, labels)
    _check_kinship(base, live)
    report(0.0, "read")
    reader = TermReader(base)
    readings = reader.read(labels.texts, labels.digests)
    report(0.2, "vectorize")
    names = _new_terms(base, live)
    keys, documents = document_counts(readings)
    often = dict(zip(keys.tolist(), documents.tolist(), strict=True))
    vocabulary = extended(base, names, {key: often.get(key, 0) for key in names}, len(labels))
    vocabulary = replace(vocabulary, idf=dict(live.idf))
    features = matrix(readings, vocabulary)
    model = _solved(base, live, labels, features, vocabulary, report, seed, heads=("toxic",))
    return Learned(model, 0)


def learn_from_scratch(
    labels: SiteLabels, *, report: Report = lambda share, step: None, seed: int = 0
) -> Learned:
    """Train without a base, on the site's labels alone. Raises `NotPossible`."""
    model = scratch.learn_from_scratch(labels, report=report, seed=seed)
    return Learned(model, len(model.prior_precision))


def _check(base: NumericModel, labels: SiteLabels) -> None:
    if not len(labels):
        raise NotPossible("no_labels")
    if not base.laplace_intercept.any():
        raise NotPossible("no_prior")


def _check_kinship(base: NumericModel, live: NumericModel) -> None:
    if live.config != base.config:
        raise NotPossible("other_features")
    if live.heads != base.heads:
        raise NotPossible("other_heads", base=list(base.heads), live=list(live.heads))


def _readings(
    base: NumericModel, reader: TermReader, labels: SiteLabels, cache: Path | None
) -> Readings:
    """Take the readings from the cache, read what it lacks, and leave there what was needed."""
    kept = read_cache(cache, base=base) if cache else Readings.empty()
    known = set(kept.digests)
    missing = [number for number, digest in enumerate(labels.digests) if digest not in known]
    if missing:
        new = reader.read(
            [labels.texts[number] for number in missing],
            [labels.digests[number] for number in missing],
        )
        kept = kept.joined(new)
    readings = kept.taken(labels.digests)
    if cache and (missing or len(known) > len(labels)):
        write_cache(cache, readings, base=base)
    return readings


def _most_common(
    base: NumericModel, keys: NDArray[np.int64], documents: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys (and document counts) that a base of these texts would take as features."""
    block_of = (-1 - keys) & 1
    limits = {"word": base.config.max_word_features, "char": base.config.max_char_features}
    chosen = []
    for number, block in enumerate(BLOCKS):
        rows = np.flatnonzero((block_of == number) & (documents >= _FULL_DOCUMENTS[block]))
        # equally common ones in the order of their keys, which is no one's choice but stable
        chosen.append(rows[np.argsort(-documents[rows], kind="stable")[: limits[block]]])
    rows = np.sort(np.concatenate(chosen))
    return keys[rows], documents[rows]


def _vocabulary(
    base: NumericModel, live: NumericModel, reader: TermReader, labels: SiteLabels,
    readings: Readings, keys: NDArray[np.int64], documents: NDArray[np.int64],
) -> SiteVocabulary:  # fmt: skip
    if len(keys) > MOST_NEW_TERMS:
        raise NotPossible("too_many_terms", terms=len(keys), limit=MOST_NEW_TERMS)
    _name(keys, base, live, reader, labels, readings)
    names = {key: reader.names[key] for key in keys.tolist()}
    often = dict(zip(keys.tolist(), documents.tolist(), strict=True))
    return extended(base, names, often, len(labels))


def _name(
    keys: NDArray[np.int64], base: NumericModel, live: NumericModel, reader: TermReader,
    labels: SiteLabels, readings: Readings,
) -> None:  # fmt: skip
    """See to it that the reader knows what `keys` stand for, where a cache gave only the keys."""
    unnamed = [key for key in keys.tolist() if key not in reader.names]
    if not unnamed:
        return
    reader.names.update(_new_terms(base, live))
    unnamed = [key for key in unnamed if key not in reader.names]
    if unnamed:
        owners = readings.owners()[np.isin(readings.keys, unnamed)]
        texts = [labels.texts[number] for number in np.unique(owners)]
        reader.read(texts, [""] * len(texts))


def _new_terms(base: NumericModel, live: NumericModel) -> dict[int, tuple[str, str]]:
    """Return the terms that a version has beyond its base, as key: (block, term)."""
    return {
        new_key(block, term): (block, term)
        for block in BLOCKS
        for term in live.terms[block][len(base.terms[block]) :]
    }


def _solved(
    base: NumericModel, start: NumericModel | None, labels: SiteLabels,
    features: sparse.csr_matrix, vocabulary: SiteVocabulary, report: Report, seed: int, *,
    heads: Iterable[str] | None = None,
) -> NumericModel:  # fmt: skip
    """Solve the heads that have labels and return the model; the others stay as they are."""
    size = features.shape[1]
    moved = set(base.heads if heads is None else heads)
    # of a head that does not move, a quick training keeps what is live
    rest = base if heads is None or start is None else start
    weights = _spread(rest.weights, vocabulary if rest is base else None, size)
    intercepts = rest.intercepts.copy()
    solutions: dict[str, Solution] = {}
    for column, head in enumerate(base.heads):
        known = labels.labels[:, HEADS.index(head)] != UNKNOWN
        known &= np.isin(labels.languages, base.details["heads"][head]["languages"])
        if head not in moved or not known.any():
            continue
        report(0.3 + 0.6 * column / len(base.heads), f"solve:{head}")
        solution = solve(
            features[known],
            labels.labels[known, HEADS.index(head)] == 1,
            labels.weights[known],
            prior=site_prior(base, column, vocabulary, size),
            regularization_c=base.details["regularization_c"],
            tolerance=TOLERANCE,
            start=_start(start, column, vocabulary),
        )
        weights[:, column] = stored_precision("weights", solution.weights)
        intercepts[column] = solution.intercept
        solutions[head] = solution
    report(0.9, "finish")
    return _finished(base, rest, labels, vocabulary, weights, intercepts, solutions, seed)


def site_prior(base: NumericModel, column: int, vocabulary: SiteVocabulary, size: int) -> Prior:
    """Return the prior that a base gives to one head; a new term has mean 0 and precision 1."""
    mean, precision = np.zeros(size), np.ones(size)
    mean[vocabulary.base_columns] = base.weights[:, column]
    precision[vocabulary.base_columns] = base.prior_precision + base.laplace_precision[:, column]
    return Prior(
        mean,
        precision,
        float(base.intercepts[column]),
        float(base.laplace_intercept[column]),
    )


def _start(
    start: NumericModel | None, column: int, vocabulary: SiteVocabulary
) -> tuple[Array, float] | None:
    """Return the weights to start from; those of terms that left are dropped."""
    if start is None:
        return None
    parts, at = [], 0
    for block in BLOCKS:
        terms, own = start.terms[block], vocabulary.terms[block]
        block_weights = start.weights[at : at + len(terms), column]
        at += len(terms)
        if terms == own:
            parts.append(block_weights)
            continue
        known = dict(zip(terms, block_weights.tolist(), strict=True))
        parts.append(np.array([known.get(term, 0.0) for term in own]))
    return np.concatenate(parts), float(start.intercepts[column])


def _spread(
    values: Array, vocabulary: SiteVocabulary | None, size: int, fill: float = 0.0
) -> Array:
    """Return the base's per-feature values at their columns; `fill` for new terms."""
    if vocabulary is None:
        return values.copy()
    result = np.full((size, *values.shape[1:]), fill)
    result[vocabulary.base_columns] = values
    return result


def _finished(
    base: NumericModel, rest: NumericModel, labels: SiteLabels, vocabulary: SiteVocabulary,
    weights: Array, intercepts: Array, solutions: Mapping[str, Solution], seed: int,
) -> NumericModel:  # fmt: skip
    size = len(weights)
    heads = {
        head: {
            **values,
            "metrics": {},  # the base's measures say nothing about this version
            "convergence": solutions[head].convergence()
            if head in solutions
            else rest.details["heads"][head]["convergence"],
        }
        for head, values in base.details["heads"].items()
    }
    details = {
        **base.details,
        "heads": heads,
        "training_samples": base.details["training_samples"] + len(labels),
        "site_labels": len(labels),
        "fingerprint": labels.fingerprint(),
        "seed": seed,
        "metrics": {},
        "golden": [],
    }
    model = NumericModel(
        config=base.config,
        terms=vocabulary.terms,
        idf=vocabulary.idf,
        weights=weights,
        intercepts=intercepts,
        prior_precision=_spread(base.prior_precision, vocabulary, size, 1.0),
        laplace_precision=_spread(base.laplace_precision, vocabulary, size),
        laplace_intercept=base.laplace_intercept,
        details=details,
    )
    return replace(model, details={**details, "golden": golden_cases(Scorer(model))})
