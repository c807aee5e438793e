"""Measures of a scorer against labels: rank quality, calibration, thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from modelops.ml.ranks import mean_ranks

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc(labels: Flags, scores: Array) -> float:
    """Return the area under the ROC curve: P(a toxic text scores higher), ties by half."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise ValueError("AUC needs labels of both classes")
    ranks = mean_ranks(scores)
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def base_rate_weights(labels: Flags, base_rate: float, within: Array | None = None) -> Array:
    """Return weights that sum to 1 and give the positives `base_rate` of it.

    `within` weighs rows against others of their class; by default they are equal.
    """
    weights = np.ones(len(labels)) if within is None else within.astype(np.float64)
    result = np.zeros(len(labels))
    result[labels] = base_rate * weights[labels] / weights[labels].sum()
    result[~labels] = (1 - base_rate) * weights[~labels] / weights[~labels].sum()
    return result


def fit_calibration(labels: Flags, logits: Array, weights: Array) -> tuple[float, float]:
    """Return (slope, intercept) so that sigmoid(slope * logit + intercept) is a probability.

    Platt scaling (Platt 1999) by weighted maximum likelihood; the slope stays positive.
    """
    from scipy import optimize  # half a second that an update can do without

    signs = np.where(labels, 1.0, -1.0)

    def loss(parameters: Array) -> tuple[float, Array]:
        slope = np.exp(parameters[0])
        margins = signs * (slope * logits + parameters[1])
        pull = -weights * signs * special.expit(-margins)
        return float(weights @ np.logaddexp(0.0, -margins)), np.array(
            [pull @ logits * slope, pull.sum()]
        )

    result = optimize.minimize(loss, np.zeros(2), jac=True, method="BFGS")
    return float(np.exp(result.x[0])), float(result.x[1])


def precision_threshold(scores: Array, labels: Flags, weights: Array, precision: float) -> float:
    """Return the lowest score from which on the weighted precision is at least `precision`.

    Where no score reaches it, the highest score of a positive.
    """
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(np.where(labels[order], weights[order], 0.0))
    total = np.cumsum(weights[order])
    last_of_ties = np.append(scores[order][1:] != scores[order][:-1], True)
    # the first few rows alone decide nothing
    enough = hits >= 0.02 * hits[-1]
    good = np.flatnonzero((hits / total >= precision) & last_of_ties & enough)
    if not len(good):
        return float(scores[labels].max())
    return float(scores[order][good[-1]])


def score_distribution(scores: Array, bins: int = 200) -> list[float]:
    """Return the quantiles of `scores` at `bins` + 1 even steps, for thresholds computed later."""
    return [round(float(q), 6) for q in np.quantile(scores, np.linspace(0, 1, bins + 1))]
