from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from modelops.ml.base import naive_bayes_precision
from modelops.ml.training import NotConvergedError, Prior, solve


def problem(seed: int = 0, samples: int = 400, features: int = 60):
    rng = np.random.default_rng(seed)
    inputs = sparse.random(samples, features, density=0.2, random_state=rng, format="csr")
    truth = rng.normal(size=features) * 3
    labels = rng.random(samples) < 1 / (1 + np.exp(-(inputs @ truth)))
    return inputs, labels, rng.uniform(0.2, 2.0, samples)


def test_without_a_prior_it_is_scikit_learns_logistic_regression() -> None:
    inputs, labels, weights = problem()
    ours = solve(
        inputs, labels, weights,
        prior=Prior(np.zeros(60), np.ones(60)), regularization_c=2.0, tolerance=1e-9,
    )  # fmt: skip
    theirs = LogisticRegression(C=2.0, solver="newton-cg", tol=1e-12, max_iter=1000)
    theirs.fit(inputs, labels, sample_weight=weights)
    assert np.allclose(ours.weights, theirs.coef_[0], atol=1e-6)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-6)


def test_precision_is_the_same_as_scaled_features() -> None:
    inputs, labels, weights = problem(1)
    rho = np.random.default_rng(2).uniform(0.2, 1.0, 60)
    direct = solve(
        inputs, labels, weights,
        prior=Prior(np.zeros(60), 1 / rho**2), regularization_c=1.0, tolerance=1e-9,
    )  # fmt: skip
    scaled = solve(
        (inputs @ sparse.diags(rho)).tocsr(), labels, weights,
        prior=Prior(np.zeros(60), np.ones(60)), regularization_c=1.0, tolerance=1e-9,
    )  # fmt: skip
    assert np.allclose(direct.weights, scaled.weights * rho, atol=1e-6)


def test_the_stated_distance_bounds_the_real_one() -> None:
    inputs, labels, weights = problem(3)
    prior = Prior(np.full(60, 0.5), np.full(60, 4.0), 0.2, 3.0)
    exact = solve(inputs, labels, weights, prior=prior, regularization_c=1.0, tolerance=1e-11)
    coarse = solve(inputs, labels, weights, prior=prior, regularization_c=1.0, tolerance=1e-2)
    distance = np.sqrt(np.sum(prior.precision * (coarse.weights - exact.weights) ** 2))
    assert distance <= coarse.distance_bound + exact.distance_bound + 1e-12
    assert exact.gradient_norm < 1e-8


def test_without_evidence_the_prior_stays() -> None:
    prior = Prior(np.array([1.0, -2.0]), np.ones(2), 0.7, 5.0)
    nothing = sparse.csr_matrix((0, 2))
    solution = solve(
        nothing, np.zeros(0, dtype=bool), np.zeros(0), prior=prior, regularization_c=1.0
    )
    assert solution.weights == pytest.approx([1.0, -2.0])
    assert solution.intercept == pytest.approx(0.7)


def test_a_solver_that_does_not_arrive_says_so() -> None:
    inputs, labels, weights = problem(4)
    with pytest.raises(NotConvergedError, match="distance to the optimum"):
        solve(
            inputs, labels, weights,
            prior=Prior(np.zeros(60), np.ones(60)), regularization_c=1.0, tolerance=0.0,
        )  # fmt: skip


def test_the_naive_bayes_prior_frees_words_that_tell_the_classes_apart() -> None:
    # column 0 tells the classes apart, column 1 stands in every text, column 2 only in one language
    features = sparse.csr_matrix(
        np.array([[1, 1, 0], [1, 1, 0], [0, 1, 0], [0, 1, 0]] * 10 + [[0, 1, 1], [0, 1, 0]] * 10)
    )
    labels = np.array([True, True, False, False] * 10 + [True, False] * 10)
    languages = np.array(["en"] * 40 + ["es"] * 20)
    precision = naive_bayes_precision(
        features, labels, languages, np.ones(60), power=1.0, floor=0.1
    )
    assert precision.min() >= 1.0
    assert precision[0] < precision[1]
    assert precision[2] < precision[1]
