"""Learning from a site's labels on top of the starter, and what must not happen with it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelops.ml.artifacts import NumericModel, read_numeric, to_scikit_learn
from modelops.ml.features import BLOCKS
from modelops.ml.labels import NotPossible, SiteLabel, SiteLabels
from modelops.ml.learning import learn_full, learn_increment, learn_quick
from modelops.ml.phrases import expand
from modelops.ml.scorer import Scorer
from modelops.ml.scratch import learn_from_scratch
from modelops.ml.site_vectors import TermNames, cached_digests, read_cache, write_cache

STARTER = Path(__file__).parents[2] / "models_store" / "starter"
SLANG = "zurullópez"


@pytest.fixture(scope="module")
def base() -> NumericModel:
    return read_numeric(STARTER)


def sentences(language: str, *, seed: int, count: int) -> list[tuple[str, bool]]:
    phrases = list(expand(language, seed=seed, per_template=1))
    random.Random(seed).shuffle(phrases)
    return [(phrase.text, phrase.toxic) for phrase in phrases[:count]]


def labels_of(rows: list[tuple[str, bool]], language: str) -> SiteLabels:
    return SiteLabels.of([SiteLabel(text, toxic, language) for text, toxic in rows])


def probabilities(model: NumericModel, texts: list[str], language: str) -> np.ndarray:
    scores = Scorer(model).score(texts, languages=[language] * len(texts))
    return np.array([score.probabilities["toxic"] for score in scores])


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, bool]]:
    invented = [(f"the grumblewock {word} again", False) for word in ("sings", "sleeps")]
    return [*sentences("en", seed=5, count=58), *invented]


@pytest.fixture(scope="module")
def unseen() -> list[str]:
    return [text for text, _ in sentences("en", seed=6, count=300)]


def test_ten_updates_and_one_give_the_same_probabilities(base, rows, unseen) -> None:
    at_once = learn_increment(base, base, labels_of(rows, "en")).model
    live = base
    for end in range(6, len(rows) + 1, 6):
        live = learn_increment(base, live, labels_of(rows[:end], "en")).model
    difference = np.abs(probabilities(at_once, unseen, "en") - probabilities(live, unseen, "en"))
    assert difference.max() <= 1e-3
    assert at_once.terms == live.terms


def test_the_order_of_the_labels_does_not_matter(base, rows) -> None:
    one = learn_increment(base, base, labels_of(rows, "en")).model
    other = learn_increment(base, base, labels_of(rows[::-1], "en")).model
    assert np.array_equal(one.weights, other.weights)


def test_a_version_brings_the_proof_of_its_optimum(base, rows) -> None:
    model = learn_increment(base, base, labels_of(rows, "en")).model
    proof = model.details["heads"]["toxic"]["convergence"]
    assert proof["iterations"] > 0
    assert proof["gradient_norm"] < 5e-2
    assert proof["distance_bound"] < 1e-2


def test_new_slang_is_learned_at_once(base) -> None:
    heard = [f"{start} {SLANG} {end}" for start in ("eres un", "menudo", "vaya", "otro", "qué")
             for end in ("de campeonato", "y ya", "del barrio", "como siempre")]  # fmt: skip
    labels = labels_of([(text, True) for text in heard], "es")
    unseen = f"ese {SLANG} vive en mi calle"
    threshold = base.details["thresholds"]["es"]["review"]
    assert probabilities(base, [unseen], "es")[0] < threshold
    model = learn_increment(base, base, labels).model
    assert probabilities(model, [unseen], "es")[0] >= threshold
    assert SLANG.replace("ó", "o") in model.terms["word"]


def test_labels_of_one_class_do_not_tip_the_base_rate(base) -> None:
    toxic = [row for row in sentences("es", seed=7, count=2000) if row[1]][:200]
    model = learn_increment(base, base, labels_of(toxic, "es")).model
    innocent = [text for text, bad in sentences("es", seed=8, count=1500) if not bad]
    threshold = base.details["thresholds"]["es"]["review"]
    before = (probabilities(base, innocent, "es") >= threshold).mean()
    after = (probabilities(model, innocent, "es") >= threshold).mean()
    assert after < before + 0.1


def test_base_terms_keep_their_place_and_new_ones_follow(base, rows) -> None:
    model = learn_increment(base, base, labels_of(rows, "en")).model
    for block in BLOCKS:
        size = len(base.terms[block])
        assert model.terms[block][:size] == base.terms[block]
        assert np.array_equal(model.idf[block][:size], base.idf[block])
    assert sum(map(len, model.terms.values())) > sum(map(len, base.terms.values()))


def test_the_scorer_of_a_learned_version_equals_scikit_learn(base, rows) -> None:
    model = learn_increment(base, base, labels_of(rows, "en")).model
    classifier, vectorizer = to_scikit_learn(model)
    texts = [text for text, _ in rows]
    expected = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
    assert np.abs(Scorer(model).raw_probabilities(texts, "toxic") - expected).max() < 1e-9


def test_the_cache_changes_nothing_and_forgets_what_left(base, rows, tmp_path) -> None:
    cache = tmp_path / "labels.npz"
    learn_increment(base, base, labels_of(rows[:40], "en"), cache=cache)
    cached = learn_increment(base, base, labels_of(rows, "en"), cache=cache).model
    fresh = learn_increment(base, base, labels_of(rows, "en")).model
    assert cached.terms == fresh.terms
    assert np.allclose(cached.weights, fresh.weights, atol=1e-3)
    fewer = labels_of(rows[:10], "en")
    learn_increment(base, base, fewer, cache=cache)
    assert sorted(cached_digests(cache)) == sorted(fewer.digests)


@pytest.mark.parametrize("damage", [b"", b"not a file of arrays", None])
def test_a_bad_cache_is_read_anew(base, rows, tmp_path, damage) -> None:
    cache = tmp_path / "labels.npz"
    labels = labels_of(rows[:10], "en")
    learn_increment(base, base, labels, cache=cache)
    cache.write_bytes(cache.read_bytes()[:-200] if damage is None else damage)
    model = learn_increment(base, base, labels, cache=cache).model
    assert np.array_equal(model.weights, learn_increment(base, base, labels).model.weights)
    assert sorted(cached_digests(cache)) == sorted(labels.digests)


def test_a_cache_of_another_base_is_not_used(base, rows, tmp_path) -> None:
    cache = tmp_path / "labels.npz"
    labels = labels_of(rows[:10], "en")
    learn_increment(base, base, labels, cache=cache)
    other = replace(base, details={**base.details, "seed": -1})
    readings, terms = read_cache(cache, base=base)
    assert len(readings.digests) == 10
    assert not read_cache(cache, base=other)[0].digests
    write_cache(cache, readings, terms, base=other)
    assert not read_cache(cache, base=base)[0].digests


def test_the_cache_names_the_terms_that_were_chosen_and_no_others(base, rows, tmp_path) -> None:
    cache = tmp_path / "labels.npz"
    labels = labels_of(rows, "en")
    model = learn_increment(base, base, labels, cache=cache).model
    new = [term for block in BLOCKS for term in model.terms[block][len(base.terms[block]) :]]
    readings, terms = read_cache(cache, base=base)
    assert sorted(terms.terms) == sorted(new)
    assert len(terms.terms) < len(readings.new_terms()[0])  # what one text has alone
    # names that were not kept are found in the texts
    write_cache(cache, readings, TermNames.none(), base=base)
    again = learn_increment(base, base, labels, cache=cache).model
    assert again.terms == model.terms
    assert np.array_equal(again.weights, model.weights)


def test_a_quick_training_moves_only_one_head(base, rows) -> None:
    model = learn_quick(base, base, labels_of(rows, "en")).model
    assert not np.array_equal(model.weights[:, 0], base.weights[:, 0])
    assert np.array_equal(model.weights[:, 1:], base.weights[:, 1:])
    assert model.terms == base.terms


def test_a_full_training_takes_only_terms_that_a_base_would_take(base, rows) -> None:
    labels = labels_of(rows, "en")
    full = learn_full(base, base, labels).model
    update = learn_increment(base, base, labels).model
    assert set(full.terms["char"]) < set(update.terms["char"])


def test_a_category_that_people_named_reaches_its_head(base) -> None:
    rows = [
        SiteLabel(f"{SLANG} número {number}", True, "es", {"insult": True}) for number in range(8)
    ]
    model = learn_increment(base, base, SiteLabels.of(rows)).model
    column = model.heads.index("insult")
    place = model.terms["word"].index(SLANG.replace("ó", "o"))
    assert model.weights[place, column] > 0
    assert model.weights[place, model.heads.index("threat")] == 0


def test_what_is_not_possible_says_why(base, rows) -> None:
    labels = labels_of(rows, "en")
    without_prior = replace(base, laplace_intercept=np.zeros_like(base.laplace_intercept))
    heads = {name: base.details["heads"][name] for name in ("toxic",)}
    other_heads = replace(base, details={**base.details, "heads": heads})
    for case, code in (
        ((base, base, SiteLabels.of([])), "no_labels"),
        ((without_prior, base, labels), "no_prior"),
        ((base, other_heads, labels), "other_heads"),
    ):
        with pytest.raises(NotPossible) as caught:
            learn_increment(*case)
        assert caught.value.code == code
    with pytest.raises(NotPossible) as caught:
        learn_from_scratch(labels_of([row for row in rows if row[1]], "en"))
    assert caught.value.code == "too_few_labels"


def test_from_scratch_serves_the_categories_that_people_labelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("modelops.ml.scratch.PER_TEMPLATE", 1)
    # some categories and not others: the heads are fewer than the project's, and more than one
    found = sentences("en", seed=5, count=400)
    labels = SiteLabels.of(
        [SiteLabel(text, toxic, "en", {"insult": toxic}) for text, toxic in found]
    )
    model = learn_from_scratch(labels)
    assert list(model.details["heads"]) == ["toxic", "insult"]
    assert model.weights.shape[1] == 2
    (score,) = Scorer(model).score(["you are a stupid idiot"], languages=["en"])
    assert set(score.probabilities) == {"toxic", "insult"}


def test_a_text_has_one_label() -> None:
    with pytest.raises(ValueError, match="more than one label"):
        SiteLabels.of([SiteLabel("a", True, "es"), SiteLabel("a", False, "es")])
