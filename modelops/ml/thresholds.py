"""Thresholds for another base rate of toxic texts, and those that a site sets for itself.

A score is the calibrated probability for the base rate that its model states. Where a site holds
more or fewer toxic texts, the scores stay as they are and the thresholds move: *review* and
*block* lie where the precision is 0.5 and 0.9 among the site's texts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Limits = dict[str, float]  # {"review": probability, "block": probability}
PRECISIONS = {"review": 0.5, "block": 0.9}
# as in `evaluation.precision_threshold`: the first few texts alone decide nothing
LEAST_RECALL = 0.02
_STEPS = 400  # between the lowest and the highest score, for thresholds that move smoothly
_TAIL_FROM = 0.97  # level from which the quantiles tell how the tail falls


@dataclass(frozen=True, slots=True)
class SiteThresholds:
    """What a site set for itself. A language that is missing in `thresholds` has the model's."""

    base_rate: float | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, details: Mapping[str, Any]) -> dict[str, Limits]:
        """Return the thresholds that are in force with a model, {language: limits}."""
        computed = thresholds_at(details, self.base_rate)
        return {
            language: dict(self.thresholds.get(language, limits))
            for language, limits in computed.items()
        }

    def of_categories(self, details: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        """Return from which probability on a head is named, {head: {language: probability}}."""
        return {
            head: {
                language: limits["review"]
                for language, limits in thresholds_at(details, self.base_rate, head=head).items()
            }
            for head in details["heads"]
        }


def thresholds_at(
    details: Mapping[str, Any], base_rate: float | None, *, head: str = "toxic"
) -> dict[str, Limits]:
    """Return a head's thresholds per language for a base rate of toxic texts.

    At the model's own base rate (or None) they are exactly the model's; elsewhere they are
    computed from the score distributions of its holdout, and shifted by as much as this
    computation misses the model's thresholds at its own base rate, so that nothing jumps. They
    never fall below the model's floors. A language without distributions keeps its thresholds.
    Raises ValueError for a base rate that is not between 0 and 1.
    """
    values = details["heads"][head]
    own: Mapping[str, Mapping[str, float]] = values["thresholds"]
    if base_rate is None or base_rate == details["base_rate"]:
        return {language: dict(limits) for language, limits in own.items()}
    if not 0.0 < base_rate < 1.0:
        raise ValueError("a base rate lies between 0 and 1")
    result = {}
    for language, limits in own.items():
        distributions = values.get("distributions", {}).get(language)
        if distributions is None:
            result[language] = dict(limits)
            continue
        floor = values.get("floors", {}).get(language, 0.0)
        rate = distributions["base_rate"]  # of this head, which a category has less often
        wanted = min(rate * base_rate / details["base_rate"], 0.999)
        curve = _Curve.of(distributions["toxic"], distributions["innocent"])
        review, block = (
            _moved(curve, limits[name], floor, rate, wanted, PRECISIONS[name])
            for name in ("review", "block")
        )
        result[language] = {"review": review, "block": max(block, review)}
    return result


def _moved(
    curve: _Curve, own: float, floor: float, rate: float, wanted: float, precision: float
) -> float:
    """Return a threshold `own`, chosen for the base rate `rate`, moved to the one `wanted`."""
    error = _logit(own) - _logit(curve.threshold(rate, precision))
    if own <= floor:
        # the floor holds it up: where it would be without, the model does not tell
        error = min(0.0, error)
    moved = _probability(_logit(curve.threshold(wanted, precision)) + error)
    return round(min(max(moved, floor), 1.0), 4)


@dataclass(frozen=True, slots=True)
class _Curve:
    """The shares of toxic and of innocent texts that reach each of ascending scores (logits)."""

    scores: Array
    toxic: Array
    innocent: Array
    highest_toxic: float  # a probability

    @classmethod
    def of(cls, toxic: list[float], innocent: list[float]) -> _Curve:
        """Make the curve from quantiles at even steps from 0 to 1."""
        known = _logits(np.concatenate([toxic, innocent]))
        even = np.linspace(known.min(), known.max(), _STEPS)
        scores = np.union1d(known, even)
        return cls(scores, _reaching(toxic, scores), _reaching(innocent, scores), max(toxic))

    def threshold(self, base_rate: float, precision: float) -> float:
        """Return the lowest score from which on the precision is at least `precision`.

        Where no score reaches it, the highest score of a toxic text.
        """
        hits = base_rate * self.toxic
        misses = (1.0 - base_rate) * self.innocent
        surplus = hits - precision * (hits + misses)  # >= 0: precise enough
        good = np.flatnonzero((surplus >= 0.0) & (self.toxic >= LEAST_RECALL))
        if not len(good):
            return self.highest_toxic
        first = int(good[0])
        if first == 0:
            return _probability(self.scores[0])
        # between two scores both shares are taken as straight lines
        below, above = surplus[first - 1], surplus[first]
        part = -below / (above - below)
        step = self.scores[first] - self.scores[first - 1]
        return _probability(self.scores[first - 1] + part * step)


def _reaching(quantiles: list[float], scores: Array) -> Array:
    """Return the share of texts, given by quantiles at even steps, that reach each score.

    Beyond the last quantile but one a single text, the highest, would decide; there the shares
    fall exponentially with the logit, as they do over the quantiles before.
    """
    levels = np.linspace(0.0, 1.0, len(quantiles))[:-1]
    # of equal quantiles the first: who has just that score reaches it
    distinct, first = np.unique(_logits(np.array(quantiles[:-1])), return_index=True)
    shares = 1.0 - np.interp(scores, distinct, levels[first])
    if len(distinct) >= 2:
        known = 1.0 - levels[first]
        start = min(int(np.searchsorted(levels[first], _TAIL_FROM)), len(distinct) - 2)
        rate = np.log(known[start] / known[-1]) / (distinct[-1] - distinct[start])
        beyond = scores > distinct[-1]
        shares[beyond] *= np.exp(-rate * (scores[beyond] - distinct[-1]))
    return np.asarray(shares)


def _logits(probabilities: Array) -> Array:
    clipped = np.clip(probabilities, 1e-9, 1.0 - 1e-9)
    logits: Array = np.log(clipped / (1.0 - clipped))
    return logits


def _logit(probability: float) -> float:
    return float(_logits(np.array([probability]))[0])


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))
