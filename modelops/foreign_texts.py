"""Why a foreign model can't be taken, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

Facts = Mapping[str, Any]


def foreign_text(code: str, facts: Facts) -> str:
    """The reason as a sentence."""
    return _TEXTS[code]() % facts if code in _TEXTS else code


_TEXTS: dict[str, Callable[[], str]] = {
    "files": lambda: _(
        "The folder should hold toxic_model.pkl and vectorizer.pkl, or one file with a Pipeline. "
        "Pickle files found: %(found)s."
    ),
    "one_file": lambda: _("The only pickle file holds a %(found)s instead of a Pipeline."),
    "steps": lambda: _(
        "A Pipeline of a TfidfVectorizer and a LogisticRegression is needed; its steps are: "
        "%(found)s."
    ),
    "too_large": lambda: _("%(name)s is too large."),
    "unreadable": lambda: _("%(name)s can't be read: %(reason)s."),
    "old_pickle": lambda: _(
        "The file was written by a release of joblib that is too old. Load and save it there "
        "with a newer one."
    ),
    "own_code": lambda: _(
        "The model needs code of its own (%(name)s), which is not carried out here. Only "
        "scikit-learn's own ways of reading texts can be taken over."
    ),
    "classifier": lambda: _("The classifier is a %(found)s; a LogisticRegression is needed."),
    "vectorizer": lambda: _(
        "The vectorizer is a %(found)s; a TfidfVectorizer is needed, or a FeatureUnion of two."
    ),
    "classes": lambda: _(
        "It is not clear which class is the toxic one: %(found)s. Two classes such as 0 and 1 are "
        "needed."
    ),
    "not_fitted": lambda: _("The model is not trained, or its numbers are not complete."),
    "other_vectorizer": lambda: _(
        "Classifier and vectorizer don't belong together: %(weights)s weights, %(terms)s terms."
    ),
    "analyzer": lambda: _(
        "Features of the kind “%(found)s” can't be represented; words and character n-grams "
        "within words (char_wb) can."
    ),
    "ngrams": lambda: _(
        "Word n-grams of %(found)s words can't be represented; single words and pairs can."
    ),
    "norm": lambda: _("Vectors of the norm “%(found)s” can't be represented; “l2” can."),
    "binary": lambda: _("A vectorizer that only notes presence (binary) can't be represented."),
    "same_blocks": lambda: _(
        "Both vectorizers read the same kind of features; one of words and one of char_wb are "
        "needed."
    ),
    "mixed_frequencies": lambda: _("Both vectorizers need the same sublinear_tf."),
    "vocabulary": lambda: _("The terms of the vectorizer are not texts that can occur here."),
    "too_many_terms": lambda: _("The model has %(terms)s terms; the limit is %(limit)s."),
    "too_different": lambda: _(
        "Read in this site's spelling the model would be another one: on %(probes)s sentences its "
        "probabilities differ by %(mean).3f on average, by %(most).3f at most. "
        "%(merged)s terms are spelled like others, %(lost)s can't occur."
    ),
}
