"""The features: word 1-2-grams and character 2-5-grams within words, TF-IDF with sublinear tf.

Both blocks are scikit-learn vectorizers over `normalize`d text, each of unit length, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.text import normalize

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

BLOCKS = ("word", "char")


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """What counts as a feature. A change of it is a new major version of the model."""

    word_ngrams: tuple[int, int] = (1, 2)
    char_ngrams: tuple[int, int] = (2, 5)
    max_word_features: int = 60_000
    max_char_features: int = 120_000
    # False: a term counts as often as it occurs. Only models that were imported have that.
    sublinear_tf: bool = True

    def to_json(self) -> dict[str, Any]:
        values = asdict(self)
        if self.sublinear_tf:  # as ever: what models say of themselves, and their digest, stays
            del values["sublinear_tf"]
        return values

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FeatureConfig:
        return cls(
            word_ngrams=_range_of(value["word_ngrams"]),
            char_ngrams=_range_of(value["char_ngrams"]),
            max_word_features=int(value["max_word_features"]),
            max_char_features=int(value["max_char_features"]),
            sublinear_tf=bool(value.get("sublinear_tf", True)),
        )


def _range_of(lengths: Any) -> tuple[int, int]:
    first, last = (int(length) for length in lengths)
    if not 1 <= first <= last:
        raise ValueError(f"n-grams of {first} to {last}")
    return first, last


def analyzer_settings(block: str) -> dict[str, Any]:
    """What tells scikit-learn's vectorizers how a block takes normalized text apart."""
    if block == "word":
        return {"analyzer": "word", "token_pattern": r"\S+"}
    return {"analyzer": "char_wb"}  # (it warns of a token pattern, since it would not use it)


def block_vectorizer(
    config: FeatureConfig, block: str, vocabulary: Sequence[str] | None = None
) -> TfidfVectorizer:
    """Return the unfitted scikit-learn vectorizer of one block ("word" or "char")."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        preprocessor=normalize,
        **analyzer_settings(block),
        ngram_range=config.word_ngrams if block == "word" else config.char_ngrams,
        sublinear_tf=config.sublinear_tf,
        vocabulary=vocabulary,
        dtype=np.float64,
    )


def fitted_vectorizer(
    config: FeatureConfig,
    vocabularies: Mapping[str, Sequence[str]],
    idf: Mapping[str, NDArray[np.float64]],
) -> FeatureUnion:
    """Return the vectorizer of both blocks with given terms and inverse document frequencies.

    A block without terms, which an imported model may have, is left out.
    """
    from sklearn.pipeline import FeatureUnion

    parts = []
    for block in BLOCKS:
        if not vocabularies[block]:
            continue
        vectorizer = block_vectorizer(config, block, vocabularies[block])
        vectorizer.idf_ = idf[block]
        parts.append((block, vectorizer))
    return FeatureUnion(parts)
