"""Learning from the labels of a site, on top of a base.

A site's version is the optimum of one objective (`training`): the base's weights as mean, with the
curvature of the base's own training loss as precision (the diagonal Laplace approximation:
Chapelle, Manavoglu and Rosales, ACM TIST 2014, algorithm 3), and the loss over all labels of the
site. It is a function of the base and the set of labels, so no label counts twice and their order
does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from modelops.ml.artifacts import HEADS, NumericModel, stored_precision
from modelops.ml.base import choose_vocabulary, vectorize
from modelops.ml.features import BLOCKS
from modelops.ml.golden import golden_cases
from modelops.ml.labels import UNKNOWN, NotPossible, SiteLabels
from modelops.ml.scorer import Scorer
from modelops.ml.site_vectors import (
    Readings,
    SiteVocabulary,
    TermNames,
    TermReader,
    extended,
    fingerprint,
    matrix,
    new_key,
    read_cache,
    with_terms,
    write_cache,
)
from modelops.ml.training import Prior, Solution, solve

if TYPE_CHECKING:
    from modelops.ml.building import Report

Array = NDArray[np.float64]
FEWEST_DOCUMENTS = 2  # labelled site texts that make a term of an increment
MOST_NEW_TERMS = 600_000  # some 100,000 labelled comments in two languages
# of the bound on the distance to the optimum, relative to the solution; the first keeps
# probabilities within some 1e-4
UPDATE_TOLERANCE = 5e-4
FULL_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and what scores with it, which took time to make."""

    model: NumericModel
    scorer: Scorer
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
    kept = _Kept(base, cache)
    readings = kept.readings_of(labels, reader)
    report(0.2, "vectorize")
    keys, documents = readings.new_terms()
    chosen = np.flatnonzero(documents >= FEWEST_DOCUMENTS)
    if len(chosen) > MOST_NEW_TERMS:
        kept.keep(readings, TermNames.none())
        raise NotPossible("too_many_terms", terms=len(chosen), limit=MOST_NEW_TERMS)
    names = _names(keys[chosen], kept.terms, base, live, reader, labels, readings)
    kept.keep(readings, TermNames(keys[chosen], tuple(names)))
    vocabulary, columns = with_terms(base, readings, chosen, names, len(labels))
    features = matrix(readings, columns, vocabulary)
    model, scorer = _solved(
        base, live, labels, features, vocabulary, report, seed, UPDATE_TOLERANCE,
        digests=readings.digests,
    )  # fmt: skip
    return Learned(model, scorer, len(names))


def learn_full(
    base: NumericModel, live: NumericModel, labels: SiteLabels, *,
    report: Report = lambda share, step: None, seed: int = 0,
) -> Learned:  # fmt: skip
    """Read all labels anew and choose features from them as a base does, united with the base's.

    Takes neither cache nor live weights, and scikit-learn's own vectors: what an update does in
    the short way. Raises `NotPossible`.
    """
    _check(base, labels)
    report(0.0, "vocabulary")
    chosen = choose_vocabulary(labels.texts, labels.languages, base.config)
    new: dict[str, dict[str, int]] = {}
    for block in BLOCKS:
        known = frozenset(base.terms[block])
        often = zip(chosen.terms[block], chosen.documents[block].tolist(), strict=True)
        new[block] = {term: count for term, count in often if term not in known}
    vocabulary = extended(base, new, len(labels))
    report(0.1, "vectorize")
    features = vectorize(base.config, vocabulary.terms, vocabulary.idf, labels.texts)
    model, scorer = _solved(base, None, labels, features, vocabulary, report, seed, FULL_TOLERANCE)
    return Learned(model, scorer, sum(map(len, new.values())))


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
    # terms as they are, counts without meaning: the idf stays that of the live version
    new = {block: dict.fromkeys(live.terms[block][len(base.terms[block]) :], 0) for block in BLOCKS}
    vocabulary = replace(extended(base, new, len(labels)), idf=dict(live.idf))
    columns = vocabulary.columns(
        base, readings.keys, {name: key for key, name in _new_terms(base, live).items()}
    )
    features = matrix(readings, columns, vocabulary)
    model, scorer = _solved(
        base, live, labels, features, vocabulary, report, seed, UPDATE_TOLERANCE, heads=("toxic",)
    )
    return Learned(model, scorer, 0)


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


class _Kept:
    """What a cache file keeps of texts that were read before."""

    def __init__(self, base: NumericModel, path: Path | None) -> None:
        self._base, self._path = base, path
        self._mark = fingerprint(base) if path else ""
        self._readings, self.terms = Readings.empty(), TermNames.none()
        if path:
            self._readings, self.terms = read_cache(path, base=base, mark=self._mark)

    def readings_of(self, labels: SiteLabels, reader: TermReader) -> Readings:
        """Return the readings of all texts; what is not kept is read.

        They may come in another order than the labels.
        """
        readings = self._readings
        known = set(readings.digests)
        missing = [number for number, digest in enumerate(labels.digests) if digest not in known]
        if missing:
            new = reader.read(
                [labels.texts[number] for number in missing],
                [labels.digests[number] for number in missing],
            )
            readings = readings.joined(new)
        if len(readings.digests) > len(labels):
            readings = readings.taken(labels.digests)
        return readings

    def keep(self, readings: Readings, terms: TermNames) -> None:
        """Leave in the file what was needed, unless that is what it holds."""
        if self._path and readings is not self._readings:
            write_cache(self._path, readings, terms, base=self._base, mark=self._mark)


def _names(
    keys: NDArray[np.int64], kept: TermNames, base: NumericModel, live: NumericModel,
    reader: TermReader, labels: SiteLabels, readings: Readings,
) -> list[str]:  # fmt: skip
    """Return the terms of new keys: from the cache, the texts just read, else the live version.

    A term that only one text had before may be in none of them; then its texts are read again.
    """
    names = kept.of(keys)
    lacking = [place for place, name in enumerate(names) if name is None]
    if not lacking:
        return cast(list[str], names)
    wanted = keys[lacking].tolist()
    known = reader.names
    if any(key not in known for key in wanted):
        known.update(_new_terms(base, live))
    if unnamed := [key for key in wanted if key not in known]:
        place_of = {digest: number for number, digest in enumerate(labels.digests)}
        digests = [readings.digests[number] for number in readings.texts_with(unnamed)]
        reader.read([labels.texts[place_of[digest]] for digest in digests], digests)
    for place, key in zip(lacking, wanted, strict=True):
        names[place] = known[key][1]
    return cast(list[str], names)


def _new_terms(base: NumericModel, live: NumericModel) -> dict[int, tuple[str, str]]:
    """Return the terms that a version has beyond its base, as key: (block, term)."""
    return {
        new_key(block, term): (block, term)
        for block in BLOCKS
        for term in live.terms[block][len(base.terms[block]) :]
    }


def _solved(
    base: NumericModel, start: NumericModel | None, labels: SiteLabels,
    features: sparse.csr_matrix, vocabulary: SiteVocabulary, report: Report, seed: int,
    tolerance: float, *,
    heads: Iterable[str] | None = None, digests: Sequence[str] | None = None,
) -> tuple[NumericModel, Scorer]:  # fmt: skip
    """Solve the heads that have labels and return the model; the others stay as they are.

    `digests` tell the order of the rows of `features`, where it is not that of the labels.
    """
    rows = labels if digests is None else labels.ordered(digests)
    size = features.shape[1]
    moved = _named(base, labels) if heads is None else set(heads)
    # of a head that does not move, a quick training keeps what is live
    rest = base if heads is None or start is None else start
    weights = _spread(rest.weights, vocabulary if rest is base else None, size)
    intercepts = rest.intercepts.copy()
    solutions: dict[str, Solution] = {}
    for column, head in enumerate(base.heads):
        known = rows.labels[:, HEADS.index(head)] != UNKNOWN
        known &= np.isin(rows.languages, base.details["heads"][head]["languages"])
        if head not in moved or not known.any():
            continue
        report(0.3 + 0.6 * column / len(base.heads), f"solve:{head}")
        solution = solve(
            features if known.all() else features[known],
            rows.labels[known, HEADS.index(head)] == 1,
            rows.weights[known],
            prior=site_prior(base, column, vocabulary, size),
            regularization_c=base.details["regularization_c"],
            tolerance=tolerance,
            rough_steps=tolerance >= UPDATE_TOLERANCE,
            start=_start(base, start, column, vocabulary),
        )
        weights[:, column] = stored_precision("weights", solution.weights)
        intercepts[column] = solution.intercept
        solutions[head] = solution
    report(0.9, "finish")
    return _finished(base, rest, labels, vocabulary, weights, intercepts, solutions, seed)


def _named(base: NumericModel, labels: SiteLabels) -> set[str]:
    """Return the heads that people's labels speak of: `toxic`, and categories that they named.

    Where nobody names categories, innocent texts alone would say that there are none.
    """
    named = (labels.labels == 1).any(axis=0)
    return {head for head in base.heads if head == HEADS[0] or named[HEADS.index(head)]}


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
    base: NumericModel, start: NumericModel | None, column: int, vocabulary: SiteVocabulary
) -> tuple[Array, float] | None:
    """Return the weights to start from; those of terms that left are dropped."""
    if start is None:
        return None
    parts, at = [], 0
    for block in BLOCKS:
        terms, own = start.terms[block], vocabulary.terms[block]
        block_weights = start.weights[at : at + len(terms), column]
        at += len(terms)
        old = len(base.terms[block])  # both begin with the base's terms
        known = dict(zip(terms[old:], block_weights[old:].tolist(), strict=True))
        new = np.array([known.get(term, 0.0) for term in own[old:]], dtype=np.float64)
        parts += [block_weights[:old], new]
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
) -> tuple[NumericModel, Scorer]:  # fmt: skip
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
    scorer = Scorer(model)
    return replace(model, details={**details, "golden": golden_cases(scorer)}), scorer
