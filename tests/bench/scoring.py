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

from modelops.ml.artifacts import read_numeric, to_scikit_learn
from modelops.ml.corpus import own_sentences, read_labelled
from modelops.ml.language import warm_up
from modelops.ml.scorer import Scorer

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TOXIGUARD_TRAINING_DATA") or ROOT.parent / "shared" / "data")
FILES = ("youtoxic_en", "offendes_test_es", "jigsaw_en", "hatecheck_en", "hatecheck_es")
ROUNDS = 5
SINGLES = 300
BATCH = 2_000
LONGEST = 10_000
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


def hostile() -> dict[str, str]:
    """Texts of 10,000 characters that are hard to read."""
    rng = random.Random(2)
    letters = "abcdefghijklmnopqrstuvwxyzñáéíóú"
    samples = {
        "one word": "a" * LONGEST,
        "one random word": "".join(rng.choice(letters) for _ in range(LONGEST)),
        "single letters": " ".join(rng.choice(letters) for _ in range(LONGEST // 2)),
        "random words": " ".join(
            "".join(rng.choice(letters) for _ in range(rng.randint(2, 9))) for _ in range(2_000)
        ),
        "words joined": "eresunidiotayunimbecil" * 500,
        "leetspeak": "3r3s un 1mb3c1l y t0nt0 " * 420,
        "dots": "i.d.i.o.t.a " * 850,
        "masked": "f*ck sh*t b*tch " * 650,
        "masked and different": " ".join(
            rng.choice(letters) + "*" + "".join(rng.choice(letters) for _ in range(3))
            for _ in range(1_700)
        ),
        "marks": "?!." * 3_400,
        "look-alikes": "іdіоt еrеѕ " * 950,
        "zalgo": ("i" + "\u0335\u0316\u0301" * 3) * 1_000,
        "emoji": "😀👩\u200d👩\u200d👧 " * 1_500,
        "digits": "12a4b6c8 " * 1_200,
        "doubled letters": "aabbccddeeffgg " * 670,
        "spaces": "a" + " " * 9_998 + "b",
        "sentences": "Hola a todos. " * 720,
        "chinese": "你好世界" * 2_500,
    }
    return {name: (text * 2)[:LONGEST] for name, text in samples.items()}


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
    _hostile(scorer)


def _equality(model, scorer: Scorer, sample: Texts) -> None:
    _, vectorizer = to_scikit_learn(model)
    vectors = vectorizer.transform(sample)
    for head in model.heads:
        classifier, _ = to_scikit_learn(model, head)
        theirs = classifier.predict_proba(vectors)[:, 1]
        difference = np.abs(scorer.raw_probabilities(sample, head) - theirs).max()
        print(f"largest difference, {head}, {len(sample)} texts: {difference:.1e} (at most 1e-9)")


def _single(scorer: Scorer, classifier, vectorizer, short: Texts) -> None:
    times = least(
        {
            "scikit-learn": lambda: [
                classifier.predict_proba(vectorizer.transform([text])) for text in short
            ],
            "raw": lambda: [scorer.raw_probabilities([text]) for text in short],
            "full": lambda: [scorer.score([text], languages=["es"]) for text in short],
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


def _hostile(scorer: Scorer) -> None:
    print(f"texts of {LONGEST} characters, language detected:")
    for name, text in hostile().items():
        seconds = least({name: lambda text=text: scorer.score([text], languages=[None])})[name]
        print(f"  {name}: {seconds * 1e3:.1f} ms")
