"""Thresholds carried over: rank correlation, agreement, and the same flag rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from modelops.ml.carry import carry_threshold, kappa, rank_correlation, same_rate_threshold

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=60)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_the_threshold_found_flags_as_many() -> None:
    theirs = array(0.95, 0.9, 0.85, 0.4, 0.3, 0.1)
    ours = array(0.7, 0.1, 0.6, 0.5, 0.05, 0.02)
    found = carry_threshold(theirs, ours, threshold=0.8, in_force=0.65)
    assert (found.texts, found.flagged) == (6, 3)
    assert found.found is not None
    assert found.found.threshold == 0.3  # halfway between 0.5 and 0.1
    assert (found.found.flagged, found.found.newly, found.found.no_longer) == (3, 1, 1)
    assert found.found.same == pytest.approx(4 / 6)
    assert found.found.kappa == pytest.approx(1 / 3)
    assert found.in_force is not None
    assert (found.in_force.flagged, found.in_force.no_longer) == (1, 2)
    assert found.same_number is not None
    assert (found.same_number.threshold, found.same_number.flagged) == (0.8, 0)
    assert found.same_number.kappa == 0


def test_without_a_threshold_only_the_ranks_are_compared() -> None:
    found = carry_threshold(array(0.1, 0.2, 0.3), array(0.3, 0.2, 0.1), threshold=None)
    assert found.correlation == pytest.approx(-1)
    assert found.found is found.in_force is found.same_number is None


@pytest.mark.parametrize("threshold", [0.05, 0.99])
def test_who_flagged_all_or_nothing_tells_no_threshold(threshold: float) -> None:
    found = carry_threshold(array(0.1, 0.5), array(0.2, 0.4), threshold=threshold)
    assert found.found is None
    assert found.same_number is not None


@pytest.mark.parametrize(
    ("scores", "wanted", "threshold"),
    [
        ([0.9, 0.5, 0.5, 0.5, 0.1], 2, 0.7),  # 1 is nearer than 4
        ([0.9, 0.5, 0.5, 0.5, 0.1], 3, 0.3),  # 4 is nearer than 1
        ([0.9, 0.5, 0.5, 0.1], 2, 0.7),  # 1 and 3 are as near: the higher threshold
        ([0.5, 0.5, 0.5], 1, None),  # nothing between them
        ([0.99999, 0.99998], 1, 1.0),  # closer than a threshold has decimals
    ],
)
def test_ties(scores: list[float], wanted: int, threshold: float | None) -> None:
    assert same_rate_threshold(array(*scores), wanted) == threshold


@given(SCORES, st.data())
def test_no_other_threshold_is_nearer(scores: list[float], data: st.DataObject) -> None:
    ours = np.round(array(*scores), 3)
    wanted = data.draw(st.integers(1, len(scores) - 1))
    found = same_rate_threshold(ours, wanted)
    between = [(a + b) / 2 for a, b in zip(sorted({*ours}), sorted({*ours})[1:], strict=False)]
    if found is None:
        assert not between
        return
    best = min(abs(int((ours >= one).sum()) - wanted) for one in between)
    assert abs(int((ours >= found).sum()) - wanted) == best
    assert found == round(found, 4)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_rank_correlation_is_scipys(scores: list[float], random: object) -> None:
    first = np.round(array(*scores), 1)
    second = first.copy()
    random.shuffle(second)  # type: ignore[attr-defined]
    found = rank_correlation(first, second)
    if np.ptp(first) == 0:
        assert found is None
    else:
        assert found == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-9)


def test_kappa() -> None:
    yes, no = np.array([True, True]), np.array([False, False])
    mixed = np.array([True, False])
    assert kappa(mixed, mixed) == 1
    assert kappa(mixed, ~mixed) == -1
    assert kappa(yes, no) == 0
    assert kappa(yes, yes) is None


def test_as_many_scores_of_both_are_needed() -> None:
    for theirs, ours in ((array(), array()), (array(0.1), array(0.1, 0.2))):
        with pytest.raises(ValueError, match="as many scores"):
            carry_threshold(theirs, ours, threshold=0.5)
