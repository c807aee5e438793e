"""The one objective of every way of training, and its solver.

For one head, with rows x_i, labels y_i in {-1, 1}, weights s_i and a Gaussian prior:

    F(w, b) = 1/2 sum_j precision_j (w_j - mean_j)^2 + 1/2 precision_b (b - mean_b)^2
              + C sum_i s_i log(1 + exp(-y_i (w.x_i + b)))

With mean 0, precision 1 and precision_b 0 this is scikit-learn's LogisticRegression.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, special

Array = NDArray[np.float64]
MOST_STEPS = 50  # of Newton's method after the first solver, or from a start


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
    max_iterations: int = 200,
    start: tuple[Array, float] | None = None,
) -> Solution:
    """Minimise F for one head.

    `features` has shape (n_samples, n_features), `labels` and `sample_weights` (n_samples,).
    `start` are weights and intercept near the optimum to begin with.
    Raises `NotConvergedError` when `distance_bound` stays above `tolerance` times the norm of the
    solution plus one.
    """
    # a feature that no row has stays at its mean; for few rows these are most of them
    active = np.flatnonzero(np.bincount(features.indices, minlength=features.shape[1]))
    if len(active) < features.shape[1]:
        features = features[:, active]
    objective = _Objective(features, labels, sample_weights, prior.of(active), regularization_c)
    point = np.zeros(len(active) + 1)
    point[-1] = prior.intercept_mean
    if start is not None:
        point[:-1] = (start[0] - prior.mean)[active] * objective.scale
        point[-1] = start[1]
    point[-1] = objective.best_intercept(point, start=point[-1])
    iterations = 0
    if start is None:
        result = optimize.minimize(
            objective.value_and_gradient,
            point,
            jac=True,
            hessp=objective.hessian_product,
            method="Newton-CG",
            options={"maxiter": max_iterations, "xtol": tolerance * 1e-4},
        )
        point, iterations = result.x, int(result.nit)
    for _ in range(MOST_STEPS):
        point[-1] = objective.best_intercept(point, start=point[-1])
        value, gradient = objective.value_and_gradient(point)
        bound = float(np.linalg.norm(gradient[:-1]))
        if bound <= tolerance * (1.0 + float(np.linalg.norm(point[:-1]))):
            weights = prior.mean.copy()
            weights[active] += point[:-1] / objective.scale
            raw = np.append(gradient[:-1] * objective.scale, gradient[-1])
            return Solution(
                weights, float(point[-1]), float(np.linalg.norm(raw)), bound, iterations
            )
        point = objective.after_newton_step(point, value, gradient)
        iterations += 1
    raise NotConvergedError(f"distance to the optimum may be {bound:.2e} after {iterations} steps")


class _Objective:
    """F in the coordinates u = sqrt(precision) (w - mean), where the prior is a unit ball."""

    def __init__(
        self,
        features: sparse.csr_matrix,
        labels: NDArray[np.bool_],
        sample_weights: Array,
        prior: Prior,
        regularization_c: float,
    ) -> None:
        self.scale = np.sqrt(prior.precision)
        self.features = (features @ sparse.diags(1.0 / self.scale)).tocsr()
        self.transposed = self.features.T.tocsr()
        self.offset = features @ prior.mean
        self.signs = np.where(labels, 1.0, -1.0)
        self.costs = regularization_c * sample_weights
        self.prior = prior
        self._curved_at = np.empty(0)
        self._curvatures = np.empty(0)

    def _margins(self, point: Array) -> Array:
        margins: Array = self.features @ point[:-1] + self.offset + point[-1]
        return margins

    def value_and_gradient(self, point: Array) -> tuple[float, Array]:
        signed = self.signs * self._margins(point)
        away = point[-1] - self.prior.intercept_mean
        value = (
            0.5 * point[:-1] @ point[:-1]
            + 0.5 * self.prior.intercept_precision * away**2
            + self.costs @ np.logaddexp(0.0, -signed)
        )
        slopes = -self.costs * self.signs * special.expit(-signed)
        gradient = np.append(
            point[:-1] + self.transposed @ slopes,
            self.prior.intercept_precision * away + slopes.sum(),
        )
        return float(value), gradient

    def best_intercept(self, point: Array, *, start: float) -> float:
        """Return the intercept that minimises F for these weights (Newton, one dimension)."""
        margins = self.features @ point[:-1] + self.offset
        intercept = start
        for _ in range(100):
            probabilities = special.expit(margins + intercept)
            gradient = float(
                self.costs @ (probabilities - (self.signs > 0))
                + self.prior.intercept_precision * (intercept - self.prior.intercept_mean)
            )
            curvature = float(self.costs @ (probabilities * (1 - probabilities)))
            step = gradient / max(curvature + self.prior.intercept_precision, 1e-12)
            intercept -= float(np.clip(step, -2.0, 2.0))
            if abs(step) < 1e-13:
                break
        return intercept

    def hessian_product(self, point: Array, direction: Array) -> Array:
        """Return the product of the Hessian at `point` with `direction`."""
        if not np.array_equal(point, self._curved_at):
            probabilities = special.expit(self._margins(point))
            self._curvatures = self.costs * probabilities * (1 - probabilities)
            self._curved_at = point.copy()
        projected = self._curvatures * (self.features @ direction[:-1] + direction[-1])
        return np.append(
            direction[:-1] + self.transposed @ projected,
            self.prior.intercept_precision * direction[-1] + projected.sum(),
        )

    def after_newton_step(self, point: Array, value: float, gradient: Array) -> Array:
        """Return the point after a Newton step, halved until it lowers F.

        The step is found by conjugate gradients, the more exactly the nearer the optimum is
        (Eisenstat and Walker 1996).
        """
        size = len(point)
        operator = sparse.linalg.LinearOperator(
            (size, size), matvec=lambda direction: self.hessian_product(point, direction)
        )
        accuracy = min(0.1, float(np.linalg.norm(gradient)) ** 0.5 / 10)
        step, _ = sparse.linalg.cg(operator, -gradient, rtol=accuracy, maxiter=200)
        for _ in range(30):
            if self.value_and_gradient(point + step)[0] <= value:
                break
            step = step / 2
        return np.asarray(point + step)
