from __future__ import annotations

import pytest

from modelops.ml.simulate import FEWEST, simulate_comments


@pytest.mark.parametrize("count", [FEWEST, 11, 200, 1001])
def test_comments_of_both_classes_and_languages_to_learn_from_and_to_test_with(count: int) -> None:
    train, test = simulate_comments(count=count, seed=4)
    assert len(train) + len(test) == count
    assert not set(train.texts) & set(test.texts)
    for part in (train, test):
        for language in ("es", "en"):
            labels = part.labels[part.languages == language, 0]
            assert set(labels.tolist()) == {0, 1}


def test_a_part_is_for_testing_and_a_minority_is_toxic() -> None:
    train, test = simulate_comments(count=1000, seed=4)
    assert len(test) == 200
    assert 0.25 < train.labels[:, 0].mean() < 0.35
    assert (train.languages == "es").sum() == 400


def test_the_seed_decides_what_is_made() -> None:
    first, again, other = (simulate_comments(count=50, seed=seed)[0] for seed in (1, 1, 2))
    assert first.texts == again.texts
    assert first.texts != other.texts


def test_too_few_comments_are_an_error() -> None:
    with pytest.raises(ValueError, match=str(FEWEST)):
        simulate_comments(count=FEWEST - 1, seed=1)
