"""The scorer against scikit-learn: the same model, the same texts, in one run.

Times are CPU seconds of this process, the least of several rounds taken in turns, so that a busy
machine disturbs both sides alike. Figures are ratios; absolute times are printed for orientation.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from modelops.ml import characters
from modelops.ml import text as texts_module
from modelops.ml.artifacts import read_numeric, to_scikit_learn
from modelops.ml.corpus import own_sentences, read_labelled
from modelops.ml.language import warm_up
from modelops.ml.scorer import Scorer
from tests.ml.hostile import LONGEST, hostile

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TOXIGUARD_TRAINING_DATA") or ROOT.parent / "shared" / "data")
FILES = ("youtoxic_en", "offendes_test_es", "jigsaw_en", "hatecheck_en", "hatecheck_es")
ROUNDS = 5
SINGLES = 300
BATCH = 2_000
Texts = Sequence[str]


def texts() -> list[str]:
    """Return real texts where the labelled files are, else the project's own sentences."""
    found: list[str] = []
    for name in FILES:
        path = DATA / f"{name}.csv.gz"
        if path.exists():
            found += read_labelled(path, source=name).texts
    if not found:
        for language in ("es", "en"):
            found += own_sentences(language, seed=3, per_template=4).texts
    random.Random(1).shuffle(found)
    return found


def least(functions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least CPU seconds of each function over rounds taken in turns."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = time.process_time()
            function()
            best[name] = min(best[name], time.process_time() - start)
    return best


def main() -> None:
    model = read_numeric(ROOT / "models_store" / "starter")
    scorer = Scorer.from_numeric(model)
    classifier, vectorizer = to_scikit_learn(model)
    warm_up()
    sample = texts()
    print(f"numpy {np.__version__}, {len(sample)} texts")
    _equality(model, scorer, sample)
    short = [text for text in sample if 0 < len(text) <= 300][:SINGLES]
    _single(scorer, classifier, vectorizer, short)
    _batch(scorer, classifier, vectorizer, sample[:BATCH])
    _hostile(scorer, hostile(model.terms["word"]))


def _equality(model, scorer: Scorer, sample: Texts) -> None:
    _, vectorizer = to_scikit_learn(model)
    vectors = vectorizer.transform(sample)
    ours = scorer.raw_of_heads(sample)
    for column, head in enumerate(model.heads):
        classifier, _ = to_scikit_learn(model, head)
        theirs = classifier.predict_proba(vectors)[:, 1]
        difference = np.abs(ours[:, column] - theirs).max()
        print(f"largest difference, {head}, {len(sample)} texts: {difference:.1e} (at most 1e-9)")


def _single(scorer: Scorer, classifier, vectorizer, short: Texts) -> None:
    times = least(
        {
            "scikit-learn": lambda: [
                classifier.predict_proba(vectorizer.transform([text])) for text in short
            ],
            "raw": lambda: [scorer.raw_probabilities([text]) for text in short],
            "full": lambda: [scorer.score([text], languages=["es"]) for text in short],
            "full, with its reasons": lambda: [
                scorer.score([text], languages=["es"])[0].explanation for text in short
            ],
            "full, language detected": lambda: [
                scorer.score([text], languages=[None]) for text in short
            ],
        }
    )
    mean = sum(map(len, short)) / len(short)
    print(f"one text at a time, {len(short)} texts up to 300 characters, mean {mean:.0f}:")
    for name, seconds in times.items():
        print(
            f"  {name}: {seconds / len(short) * 1e6:.0f} us,"
            f" 1/{times['scikit-learn'] / seconds:.1f} of scikit-learn's,"
            f" {seconds / times['raw']:.2f} of the raw part"
        )


def _batch(scorer: Scorer, classifier, vectorizer, sample: Texts) -> None:
    times = least(
        {
            "scikit-learn": lambda: classifier.predict_proba(vectorizer.transform(sample)),
            "raw": lambda: scorer.raw_probabilities(sample),
            "full": lambda: scorer.score(sample, languages=["es"] * len(sample)),
        }
    )
    print(f"batch of {len(sample)} texts:")
    for name, seconds in times.items():
        print(
            f"  {name}: {seconds / len(sample) * 1e6:.0f} us a text,"
            f" {seconds / times['scikit-learn']:.2f} of scikit-learn's"
        )


def _forget(scorer: Scorer) -> None:
    """Make everything new, as in a process that has just started."""
    scorer.forget()
    characters._TABLE.clear()
    texts_module._remembered.cache_clear()


def _hostile(scorer: Scorer, texts_by_kind: dict[str, str]) -> None:
    """Print the times of texts whose words are all new, and of the same when they are known."""
    print(f"{len(texts_by_kind)} texts of {LONGEST} characters, language detected, ms:")
    times: dict[str, tuple[float, float]] = {}
    for kind, text in texts_by_kind.items():
        new: list[float] = []
        known: list[float] = []
        for _ in range(ROUNDS):
            _forget(scorer)
            for seconds in (new, known):
                start = time.process_time()
                assert scorer.score([text], languages=[None])[0].explanation
                seconds.append(time.process_time() - start)
        times[kind] = min(new), min(known)
    for kind, (new_words, known_words) in sorted(times.items(), key=lambda item: -item[1][0]):
        print(f"  {kind}: {new_words * 1e3:.1f}, words known {known_words * 1e3:.1f}")
