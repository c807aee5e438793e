"""The one objective of every way of training, and its solver.

For one head, with rows x_i, labels y_i in {-1, 1}, weights s_i and a Gaussian prior:

    F(w, b) = 1/2 sum_j precision_j (w_j - mean_j)^2 + 1/2 precision_b (b - mean_b)^2
              + C sum_i s_i log(1 + exp(-y_i (w.x_i + b)))

With mean 0, precision 1 and precision_b 0 this is scikit-learn's LogisticRegression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

Array = NDArray[np.float64]
MOST_STEPS = 100  # of Newton's method
MOST_HALVINGS = 30
ROUNDING = 1e-13  # relative; near the optimum steps change the value by less than it can show


@dataclass(frozen=True, slots=True)
class Prior:
    """Gaussian prior: per-feature mean and precision (shape (n_features,)), and the intercept's."""

    mean: Array
    precision: Array
    intercept_mean: float = 0.0
    intercept_precision: float = 0.0

    def of(self, features: NDArray[np.int_]) -> Prior:
        """Return the prior of some of the features."""
        return replace(self, mean=self.mean[features], precision=self.precision[features])


@dataclass(frozen=True, slots=True)
class Solution:
    """Weights with the proof of convergence.

    `gradient_norm` is the 2-norm of the gradient of F. `distance_bound` bounds the distance to the
    optimum in the norm of the prior: sqrt(sum_j precision_j (w_j - w*_j)^2) <= distance_bound,
    since F is strongly convex with modulus 1 in that norm once the intercept is optimal.
    """

    weights: Array
    intercept: float
    gradient_norm: float
    distance_bound: float
    iterations: int

    def convergence(self) -> dict[str, float]:
        """Return the proof as plain numbers, for a model's details."""
        return {
            "gradient_norm": float(f"{self.gradient_norm:.3g}"),
            "distance_bound": float(f"{self.distance_bound:.3g}"),
            "iterations": self.iterations,
        }


class NotConvergedError(RuntimeError):
    """The solver stopped before the gradient was small enough."""


def solve(
    features: sparse.csr_matrix,
    labels: NDArray[np.bool_],
    sample_weights: Array,
    *,
    prior: Prior,
    regularization_c: float,
    tolerance: float = 1e-6,
    start: tuple[Array, float] | None = None,
    rough_steps: bool = False,
) -> Solution:
    """Minimise F for one head, by Newton's method with conjugate gradients.

    `features` has shape (n_samples, n_features), `labels` and `sample_weights` (n_samples,).
    `start` are weights and intercept near the optimum to begin with. `rough_steps`: directions are
    found in single precision, which takes half the time; where they lead to, and the proof, is
    computed in double precision all the same.
    Raises `NotConvergedError` when `distance_bound` stays above `tolerance` times the norm of the
    solution plus one.
    """
    # a feature that no row has stays at its mean; for few rows these are most of them
    used = np.zeros(features.shape[1], dtype=bool)
    used[features.indices] = True
    active = np.flatnonzero(used)
    if len(active) > features.shape[1] / 2:
        active = np.arange(features.shape[1])  # hardly fewer: not worth the copy
    else:
        features = features[:, active]
    kind = _RoughObjective if rough_steps else _Objective
    objective = kind(features, labels, sample_weights, prior.of(active), regularization_c)
    point, intercept = np.zeros(len(active)), prior.intercept_mean
    if start is not None:
        point = (start[0] - prior.mean)[active] * objective.scale
        intercept = start[1]
    margins = objective.margins(point) + objective.offset
    bound = np.inf
    for steps in range(MOST_STEPS + 1):
        intercept = objective.best_intercept(margins, start=intercept)
        gradient, raw_gradient = objective.gradient(point, margins, intercept)
        bound = float(np.linalg.norm(gradient))
        if bound <= tolerance * (1.0 + float(np.linalg.norm(point))):
            weights = prior.mean.copy()
            weights[active] += point / objective.scale
            return Solution(weights, intercept, raw_gradient, bound, steps)
        step, along = objective.newton_step(margins, intercept, gradient)
        # what the step does to the margins is all that a value needs: no more products
        moved = objective.margins(step)
        before, share = objective.value(point, margins, intercept), 1.0
        for _ in range(MOST_HALVINGS):
            after = objective.value(
                point + share * step, margins + share * moved, intercept + share * along
            )
            if after <= before + ROUNDING * abs(before):
                break
            share /= 2
        point, margins = point + share * step, margins + share * moved
        intercept += share * along
    raise NotConvergedError(f"distance to the optimum may be {bound:.2e} after {steps} steps")


class _Objective:
    """F in the coordinates u = sqrt(precision) (w - mean), where the prior is a unit ball.

    Margins are w.x_i of all rows, without the intercept.
    """

    precision: type[np.floating[Any]] = np.float64  # of the scaled features
    finest, roughest = 0.0, 0.1  # bounds of a step's residual, relative to the gradient

    def __init__(
        self,
        features: sparse.csr_matrix,
        labels: NDArray[np.bool_],
        sample_weights: Array,
        prior: Prior,
        regularization_c: float,
    ) -> None:
        self.scale = np.sqrt(prior.precision)
        scaled = features.data.astype(self.precision, copy=False)
        scaled = scaled / self.scale.astype(self.precision, copy=False)[features.indices]
        self.features = sparse.csr_matrix(
            (scaled, features.indices, features.indptr), shape=features.shape
        )
        self.transposed = self._transposed()
        self.offset = features @ prior.mean
        self.labels = labels.astype(np.float64)
        self.costs = regularization_c * sample_weights
        self.prior = prior

    def _transposed(self) -> sparse.csr_matrix | sparse.csc_matrix:
        return self.features.T.tocsr()

    def margins(self, point: Array) -> Array:
        """Return what a point adds to the margins."""
        result: Array = self.features @ point
        return result

    def slopes_by_point(self, slopes: Array) -> Array:
        """Return the derivative by the point of what has these derivatives by the margins."""
        result: Array = self.transposed @ slopes
        return result

    def value(self, point: Array, margins: Array, intercept: float) -> float:
        logits = margins + intercept
        away = intercept - self.prior.intercept_mean
        return float(
            0.5 * point @ point
            + 0.5 * self.prior.intercept_precision * away**2
            + self.costs @ (np.logaddexp(0.0, logits) - self.labels * logits)
        )

    def gradient(self, point: Array, margins: Array, intercept: float) -> tuple[Array, float]:
        """Return the gradient by `point`, and the norm of that by weights and intercept."""
        slopes = self.costs * (special.expit(margins + intercept) - self.labels)
        gradient = point + self.slopes_by_point(slopes)
        away = intercept - self.prior.intercept_mean
        by_intercept = slopes.sum() + self.prior.intercept_precision * away
        raw = np.append(gradient * self.scale, by_intercept)
        return gradient, float(np.linalg.norm(raw))

    def best_intercept(self, margins: Array, *, start: float) -> float:
        """Return the intercept that minimises F for these weights (Newton, one dimension)."""
        intercept = start
        for _ in range(100):
            probabilities = special.expit(margins + intercept)
            gradient = float(
                self.costs @ (probabilities - self.labels)
                + self.prior.intercept_precision * (intercept - self.prior.intercept_mean)
            )
            curvature = float(self.costs @ (probabilities * (1 - probabilities)))
            step = gradient / max(curvature + self.prior.intercept_precision, 1e-12)
            intercept -= float(np.clip(step, -2.0, 2.0))
            if abs(step) < 1e-13:
                break
        return intercept

    def newton_step(self, margins: Array, intercept: float, gradient: Array) -> tuple[Array, float]:
        """Return the Newton step of point and intercept where the latter is at its optimum.

        It is found by conjugate gradients, the more exactly the nearer the optimum is (Eisenstat
        and Walker 1996).
        """
        probabilities = special.expit(margins + intercept)
        curvatures = self.costs * probabilities * (1 - probabilities)

        def product(direction: Array) -> Array:
            along = direction[:-1].astype(self.precision, copy=False)
            projected = curvatures * (self.features @ along + direction[-1])
            back = self.transposed @ projected.astype(self.precision, copy=False)
            return np.append(
                direction[:-1] + back,
                self.prior.intercept_precision * direction[-1] + projected.sum(),
            )

        size = len(gradient) + 1
        # (without a type it would find that out by a product)
        operator = sparse.linalg.LinearOperator((size, size), matvec=product, dtype=np.float64)
        accuracy = float(np.linalg.norm(gradient)) ** 0.5 / 10
        accuracy = float(np.clip(accuracy, self.finest, self.roughest))
        step, _ = sparse.linalg.cg(operator, -np.append(gradient, 0.0), rtol=accuracy, maxiter=200)
        return step[:-1], float(step[-1])


class _RoughObjective(_Objective):
    """The same, with scaled features in single precision for the directions only."""

    precision = np.float32
    finest = roughest = 0.2

    def __init__(
        self,
        features: sparse.csr_matrix,
        labels: NDArray[np.bool_],
        sample_weights: Array,
        prior: Prior,
        regularization_c: float,
    ) -> None:
        super().__init__(features, labels, sample_weights, prior, regularization_c)
        self.exact = features

    def _transposed(self) -> sparse.csr_matrix | sparse.csc_matrix:
        # the same numbers in the same place: for the few products here not worth a copy
        return self.features.T

    def margins(self, point: Array) -> Array:
        result: Array = self.exact @ (point / self.scale)
        return result

    def slopes_by_point(self, slopes: Array) -> Array:
        result: Array = (self.exact.T @ slopes) / self.scale
        return result
