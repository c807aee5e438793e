"""Models of other makers: a LogisticRegression over TF-IDF, turned into the numeric form.

What is turned over are numbers: terms, inverse document frequencies, weights. Texts are then read
as this project reads them, so terms are spelled anew, and the result is measured against the
original on the project's own sentences. What can't be represented is refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import NumericModel, stored_precision
from modelops.ml.characters import fold_characters
from modelops.ml.features import BLOCKS, FeatureConfig
from modelops.ml.golden import golden_cases
from modelops.ml.phrases import expand
from modelops.ml.scorer import Scorer
from modelops.ml.text import normalize

Array = NDArray[np.float64]
LANGUAGES = ("es", "en")
MOST_TERMS = 500_000
PROBES = 300  # sentences of each language
# How far the probabilities of the probes may be from those of the original.
MEAN_DIFFERENCE = 0.03
OTHER_SIDE = 0.05  # share of the probes that may change sides at a half
# Nothing is known about the scores of a foreign model: its own probability counts.
THRESHOLDS = {"review": 0.5, "block": 0.9}
# as those of this project's own models
HANDICAPS = {"window": 1.0, "repaired": 0.5}
BASE_RATE = 0.1
TOXIC = {"1", "true", "toxic", "tóxico", "toxico"}
NOT_TOXIC = {
    "0", "-1", "false", "not toxic", "not_toxic", "non-toxic", "nontoxic", "no tóxico",
    "no toxico", "no_toxico", "clean", "safe", "normal",
}  # fmt: skip


class NotRepresentable(ValueError):
    """The model is not one that the numeric form can hold; `code` and `facts` say why."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class _Part:
    """A fitted vectorizer: its kind, what it does to a text, and its terms in their order."""

    block: str  # one of BLOCKS
    settings: Mapping[str, Any]  # arguments of scikit-learn's TfidfVectorizer
    terms: tuple[str, ...]
    idf: Array
    scale: float  # weight of the part in a FeatureUnion


def to_numeric(classifier: Any, vectorizer: Any, *, source: str) -> NumericModel:
    """Turn fitted scikit-learn objects into a numeric form. Raises `NotRepresentable`.

    `source` names where they come from. `details["imported"]` says how near the result is to the
    original: mean, most and sides changed of the probabilities of the probes, how many terms can't
    occur in texts as this project reads them, and how many were merged with others.
    """
    parts = _parts(vectorizer)
    weights, intercept = _weights(classifier, sum(len(part.terms) for part in parts))
    blocks = {part.block: part for part in parts}
    bounds = np.cumsum([0, *(len(part.terms) for part in parts)])
    own = {
        part.block: weights[start:end] * part.scale
        for part, (start, end) in zip(parts, itertools.pairwise(bounds.tolist()), strict=True)
    }
    terms: dict[str, tuple[str, ...]] = {}
    idf: dict[str, Array] = {}
    columns: list[Array] = []
    lost = merged = 0
    for block in BLOCKS:
        if block not in blocks:
            terms[block], idf[block] = (), np.empty(0)
            continue
        spelled = _spelled(blocks[block], own[block])
        terms[block], idf[block] = spelled.terms, spelled.idf
        columns.append(spelled.weights)
        lost, merged = lost + spelled.lost, merged + spelled.merged
    model = _model(parts, terms, idf, np.concatenate(columns), intercept, source)
    difference = _difference(model, parts, weights, intercept)
    if difference["mean"] > MEAN_DIFFERENCE or difference["other_side"] > OTHER_SIDE:
        raise NotRepresentable("too_different", lost=lost, merged=merged, **difference)
    facts = {**difference, "lost_terms": lost, "merged_terms": merged}
    details = {**model.details, "imported": {"from": source, **facts}}
    model = replace(model, details=details)
    details = {**details, "golden": golden_cases(Scorer.from_numeric(model))}
    return replace(model, details=details)


# --- what it is ------------------------------------------------------------------------------


def _parts(vectorizer: Any) -> list[_Part]:
    kind = type(vectorizer).__name__
    if kind == "TfidfVectorizer":
        return [_part(vectorizer, 1.0)]
    if kind != "FeatureUnion":
        raise NotRepresentable("vectorizer", found=kind)
    scales = getattr(vectorizer, "transformer_weights", None) or {}
    parts = []
    for name, own in vectorizer.transformer_list:
        if type(own).__name__ != "TfidfVectorizer":
            raise NotRepresentable("vectorizer", found=type(own).__name__)
        parts.append(_part(own, float(scales.get(name, 1.0))))
    if len({part.block for part in parts}) < len(parts):
        raise NotRepresentable("same_blocks")
    if len({part.settings["sublinear_tf"] for part in parts}) > 1:
        raise NotRepresentable("mixed_frequencies")
    return parts


def _part(vectorizer: Any, scale: float) -> _Part:
    values = vars(vectorizer)
    analyzer = values.get("analyzer", "word")
    if analyzer not in ("word", "char_wb"):
        raise NotRepresentable("analyzer", found=str(analyzer))
    if values.get("tokenizer") is not None:
        raise NotRepresentable("own_code", name="tokenizer")
    if values.get("preprocessor") not in (None, normalize):
        raise NotRepresentable("own_code", name="preprocessor")
    first, last = values.get("ngram_range", (1, 1))
    if analyzer == "word" and last > 2:
        raise NotRepresentable("ngrams", found=f"{first}-{last}")
    if values.get("norm", "l2") != "l2":
        raise NotRepresentable("norm", found=str(values.get("norm")))
    if values.get("binary", False):
        raise NotRepresentable("binary")
    vocabulary = values.get("vocabulary_") or {}
    terms = tuple(sorted(vocabulary, key=vocabulary.__getitem__))
    if not terms or sorted(vocabulary.values()) != list(range(len(terms))):
        raise NotRepresentable("not_fitted")
    if len(terms) > MOST_TERMS:
        raise NotRepresentable("too_many_terms", terms=len(terms), limit=MOST_TERMS)
    if not all(isinstance(term, str) and "\n" not in term for term in terms):
        raise NotRepresentable("vocabulary")
    names = ("analyzer", "ngram_range", "lowercase", "strip_accents", "token_pattern",
             "stop_words", "preprocessor", "sublinear_tf")  # fmt: skip
    return _Part(
        block="word" if analyzer == "word" else "char",
        settings={"sublinear_tf": False, **{n: values[n] for n in names if n in values}},
        terms=terms,
        idf=_idf(vectorizer, len(terms)),
        scale=scale,
    )


def _idf(vectorizer: Any, count: int) -> Array:
    if not vars(vectorizer).get("use_idf", True):
        return np.ones(count)
    transformer = vars(vectorizer).get("_tfidf")
    values = vars(transformer) if transformer is not None else {}
    found = values.get("idf_")
    if found is None and "_idf_diag" in values:  # as scikit-learn kept it before 1.6
        found = values["_idf_diag"].diagonal()
    idf = np.asarray(found, dtype=np.float64) if found is not None else np.empty(0)
    if idf.shape != (count,) or not np.isfinite(idf).all() or (idf <= 0).any():
        raise NotRepresentable("not_fitted")
    return idf


def _weights(classifier: Any, features: int) -> tuple[Array, float]:
    """Weights of shape (features,) and intercept for the logit of the class *toxic*."""
    if type(classifier).__name__ != "LogisticRegression":
        raise NotRepresentable("classifier", found=type(classifier).__name__)
    values = vars(classifier)
    classes = [str(name).strip().lower() for name in values.get("classes_", ())]
    if len(classes) != 2:
        raise NotRepresentable("classes", found=", ".join(classes) or "—")
    if classes[1] in TOXIC and classes[0] in NOT_TOXIC:
        sign = 1.0
    elif classes[0] in TOXIC and classes[1] in NOT_TOXIC:
        sign = -1.0
    else:
        raise NotRepresentable("classes", found=", ".join(classes))
    try:
        weights = np.asarray(values["coef_"], dtype=np.float64).reshape(-1)
        intercept = float(np.asarray(values["intercept_"], dtype=np.float64).reshape(-1)[0])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise NotRepresentable("not_fitted") from error
    if len(weights) != features:
        raise NotRepresentable("other_vectorizer", weights=len(weights), terms=features)
    if not np.isfinite(weights).all() or not math.isfinite(intercept):
        raise NotRepresentable("not_fitted")
    # scikit-learn's softmax of -z and z over two classes is a logistic curve of 2 z
    scale = 2.0 if values.get("multi_class") == "multinomial" else 1.0
    return sign * scale * weights, sign * scale * intercept


# --- what it becomes -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spelled:
    terms: tuple[str, ...]
    idf: Array
    weights: Array
    lost: int
    merged: int


def _spelled(part: _Part, weights: Array) -> _Spelled:
    """Spell terms as this project's texts are read; those of one spelling become one.

    A merged term occurs wherever one of them did; its weight is their mean by how often they do.
    """
    exact = part.settings.get("preprocessor") is normalize
    groups: dict[str, list[int]] = {}
    lost = 0
    for number, term in enumerate(part.terms):
        spelled = term if exact else _spelling(term, part.block)
        if spelled is None:
            lost += 1
        else:
            groups.setdefault(spelled, []).append(number)
    if not groups:
        raise NotRepresentable("vocabulary")
    idf, merged_weights = np.empty(len(groups)), np.empty(len(groups))
    for place, members in enumerate(groups.values()):
        often = np.exp(1.0 - part.idf[members])  # share of texts, as scikit-learn smooths it
        together = min(float(often.sum()), 1.0)
        idf[place] = part.idf[members[0]] if len(members) == 1 else 1.0 - math.log(together)
        values = part.idf[members] * weights[members]
        merged_weights[place] = float(np.average(values, weights=often)) / idf[place]
    return _Spelled(
        terms=tuple(groups),
        idf=idf,
        weights=merged_weights,
        lost=lost,
        merged=len(part.terms) - lost - len(groups),
    )


def _spelling(term: str, block: str) -> str | None:
    if block == "char":
        folded = fold_characters(term)
        return folded if len(folded) == len(term) else None
    spelled = normalize(term)
    return spelled if spelled.count(" ") == term.count(" ") and spelled else None


def _model(
    parts: Sequence[_Part], terms: dict[str, tuple[str, ...]], idf: dict[str, Array],
    weights: Array, intercept: float, source: str,
) -> NumericModel:  # fmt: skip
    count = len(weights)
    ranges = {part.block: tuple(part.settings.get("ngram_range", (1, 1))) for part in parts}
    first, last = ranges.get("char", (2, 5))
    return NumericModel(
        config=FeatureConfig(
            word_ngrams=(1, ranges.get("word", (1, 1))[1]),
            char_ngrams=(first, last),
            max_word_features=len(terms["word"]),
            max_char_features=len(terms["char"]),
            sublinear_tf=bool(parts[0].settings["sublinear_tf"]),
        ),
        terms=terms,
        # as they will be after a trip through the files, for the golden inputs
        idf={block: own.astype(np.float32).astype(np.float64) for block, own in idf.items()},
        weights=stored_precision("weights", weights[:, None]),
        intercepts=np.array([intercept]),
        # no prior: nothing can be learned on top of it, only served
        prior_precision=np.ones(count),
        laplace_precision=np.zeros((count, 1)),
        laplace_intercept=np.zeros(1),
        details={
            "heads": {
                "toxic": {
                    "languages": list(LANGUAGES),
                    "calibration": {language: [1.0, 0.0] for language in LANGUAGES},
                    "thresholds": {language: dict(THRESHOLDS) for language in LANGUAGES},
                    "convergence": {"iterations": 0},
                }
            },
            "thresholds": {language: dict(THRESHOLDS) for language in LANGUAGES},
            "base_rate": BASE_RATE,
            "handicaps": {language: dict(HANDICAPS) for language in LANGUAGES},
            "regularization_c": 1.0,
            "training_samples": 0,  # nobody knows
            "sources": {source: 0},
            "seed": 0,
            "metrics": {},
            "golden": [],
        },
    )


def _difference(
    model: NumericModel, parts: Sequence[_Part], weights: Array, intercept: float
) -> dict[str, float]:
    """Compare with the original on the project's own sentences, as their whole text is scored."""
    from scipy import sparse, special
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = probes()
    features = []
    for part in parts:
        vectorizer = TfidfVectorizer(
            **part.settings, vocabulary={term: n for n, term in enumerate(part.terms)}
        )
        vectorizer.idf_ = part.idf
        features.append(vectorizer.transform(texts) * part.scale)
    expected = special.expit(sparse.hstack(features) @ weights + intercept)
    found = Scorer.from_numeric(model).raw_probabilities(texts)
    differences = np.abs(expected - found)
    return {
        "mean": round(float(differences.mean()), 6),
        "most": round(float(differences.max()), 6),
        "other_side": round(float(((expected >= 0.5) != (found >= 0.5)).mean()), 6),
        "probes": len(texts),
    }


def probes() -> list[str]:
    """Return sentences of both languages, evenly out of all templates."""
    texts = []
    for language in LANGUAGES:
        phrases = [phrase.text for phrase in expand(language, seed=0, per_template=1)]
        texts += phrases[:: max(1, len(phrases) // PROBES)][:PROBES]
    return texts
