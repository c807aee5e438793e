"""Thresholds for another base rate, and those of the site."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from modelops.ml.artifacts import NumericModel
from modelops.ml.calibration import BLOCK_PRECISION, REVIEW_PRECISION
from modelops.ml.thresholds import PRECISIONS, SiteThresholds, thresholds_at
from tests.modelops.models import small_model

RATES = (0.001, 0.01, 0.03, 0.05, 0.08, 0.0999, 0.1, 0.1001, 0.12, 0.2, 0.35, 0.6, 0.9)


@pytest.fixture(scope="module")
def details(starter: NumericModel) -> Any:
    return starter.details


@pytest.fixture(scope="module")
def made_up() -> dict[str, Any]:
    """Scores with distributions that are known: logits around 1 and around -3."""
    rng = np.random.default_rng(1)
    toxic = 1 / (1 + np.exp(-rng.normal(1.0, 1.5, 20_000)))
    innocent = 1 / (1 + np.exp(-rng.normal(-3.0, 1.5, 20_000)))
    steps = np.linspace(0, 1, 201)
    return {
        "base_rate": 0.1,
        "heads": {
            "toxic": {
                "thresholds": {"es": {"review": 0.3, "block": 0.7}},
                "floors": {"es": 0.001},
                "distributions": {
                    "es": {
                        "toxic": np.quantile(toxic, steps).tolist(),
                        "innocent": np.quantile(innocent, steps).tolist(),
                        "base_rate": 0.1,
                    }
                },
            }
        },
    }


def precision(details: dict[str, Any], score: float, rate: float) -> float:
    """The precision that a score has by the distributions above, exactly."""

    def reaching(mean: float) -> float:
        away = (math.log(score / (1 - score)) - mean) / 1.5
        return 0.5 * math.erfc(away / math.sqrt(2))

    hits, misses = rate * reaching(1.0), (1 - rate) * reaching(-3.0)
    return hits / (hits + misses)


def test_the_precisions_are_those_of_calibration() -> None:
    assert PRECISIONS == {"review": REVIEW_PRECISION, "block": BLOCK_PRECISION}


@pytest.mark.parametrize("rate", [None, 0.1])
def test_at_its_own_base_rate_a_version_has_its_own_thresholds(details: Any, rate: Any) -> None:
    for head, values in details["heads"].items():
        assert thresholds_at(details, rate, head=head) == values["thresholds"]


@pytest.mark.parametrize("head", ["toxic", "insult", "obscene"])
def test_the_fewer_toxic_texts_the_higher_the_thresholds(details: Any, head: str) -> None:
    found = [thresholds_at(details, rate, head=head) for rate in RATES]
    for language, floor in details["heads"][head]["floors"].items():
        for name in ("review", "block"):
            values = [limits[language][name] for limits in found]
            assert values == sorted(values, reverse=True)
            assert min(values) >= floor
            assert max(values) <= 1.0
        assert all(limits[language]["review"] <= limits[language]["block"] for limits in found)


def test_thresholds_do_not_jump_at_the_own_base_rate(details: Any) -> None:
    own = thresholds_at(details, None)
    for rate in (0.0999, 0.1001):
        for language, limits in thresholds_at(details, rate).items():
            assert limits == pytest.approx(own[language], abs=0.001)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.2, 0.4])
def test_precision_is_kept_at_another_base_rate(made_up: dict[str, Any], rate: float) -> None:
    # the own thresholds are where the precisions are 0.5 and 0.9, so nothing is shifted
    own = made_up["heads"]["toxic"]["thresholds"]["es"]
    grid = np.linspace(0.01, 0.999, 4000)
    for name, wanted in PRECISIONS.items():
        own[name] = float(next(s for s in grid if precision(made_up, s, 0.1) >= wanted))
    limits = thresholds_at(made_up, rate)["es"]
    for name, wanted in PRECISIONS.items():
        assert precision(made_up, limits[name], rate) == pytest.approx(wanted, abs=0.06)


def test_a_language_without_distributions_keeps_its_thresholds() -> None:
    details = small_model().details  # it has some of Spanish only
    moved = thresholds_at(details, 0.02)
    assert moved["en"] == details["thresholds"]["en"]
    assert moved["es"] != details["thresholds"]["es"]


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 3.0])
def test_an_impossible_base_rate_is_an_error(details: Any, rate: float) -> None:
    with pytest.raises(ValueError, match="base rate"):
        thresholds_at(details, rate)


def test_what_a_site_sets_wins_over_what_is_computed(details: Any) -> None:
    mine = {"review": 0.01, "block": 0.02}
    site = SiteThresholds(0.05, {"es": mine, "xx": mine})
    assert site.of(details) == {"es": mine, "en": thresholds_at(details, 0.05)["en"]}
    assert SiteThresholds().of(details) == details["thresholds"]


def test_a_base_rate_moves_the_categories_with_it(details: Any) -> None:
    own = SiteThresholds().of_categories(details)
    moved = SiteThresholds(0.02).of_categories(details)
    assert own["obscene"]["en"] == details["heads"]["obscene"]["thresholds"]["en"]["review"]
    assert moved["obscene"]["en"] > own["obscene"]["en"]
    assert set(moved) == set(details["heads"])
