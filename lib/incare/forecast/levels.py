"""A level that drifts: how far what happens now departs from what was expected, and how far it may drift ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

DISCOUNTS = (0.6, 0.75, 0.85, 0.9, 0.94, 0.965, 0.98, 0.99, 0.996)


@dataclass(frozen=True)
class Level:
    """A level known as a mixture of gammas: one for each speed of drift (`discount`), each with its `weight`.

    `shape` and `rate` are the gammas at the origin; `dispersion` is the variance of counts over their mean (1 is
    Poisson).
    """

    discount: np.ndarray
    weight: np.ndarray
    shape: np.ndarray
    rate: np.ndarray
    dispersion: float

    @property
    def mean(self) -> float:
        """The expected level at the origin and, without a trend, ahead of it."""
        return float(self.weight @ (self.shape / self.rate))

    def draw(self, rng: np.random.Generator, sims: int, horizon: int, pull: float = 1.0) -> np.ndarray:
        """Levels to come, simulations × horizon; the drift of each step leaves the mean where it was.

        `pull` below 1 lets a drift fade by that factor a month.
        """
        which = np.minimum(np.searchsorted(np.cumsum(self.weight), rng.random(sims)), len(self.weight) - 1)
        shape, discount = self.shape[which], self.discount[which]
        now = rng.gamma(shape) / self.rate[which]
        step = np.sqrt(np.log1p((1 - discount) / discount / shape))
        shocks = rng.standard_normal((sims, horizon)) * step[:, None]
        moved = np.zeros((sims, horizon))
        before = np.zeros(sims)
        for month in range(horizon):
            before = moved[:, month] = pull * before + shocks[:, month]
        spread = step[:, None] ** 2 * np.cumsum(pull ** (2 * np.arange(horizon)))
        return now[:, None] * np.exp(moved - spread / 2)


def level(counts: np.ndarray, expected: np.ndarray, certain: float = 4.0, slowest: float = 1.0) -> Level:
    """The level of counts against what was expected of each month, the last one now.

    Months with nothing expected say nothing. `certain` is how many expected events the belief in a level of 1 is worth
    before the first month. Each speed of drift is weighted by how well it foretold the counts.

    **Source** West and Harrison (1997), Bayesian Forecasting and Dynamic Models, chapter 14; Harvey and Fernandes
    (1989), J. Business & Economic Statistics 7.
    """
    discount = np.array(DISCOUNTS) * slowest
    shape, rate = np.full(len(discount), certain), np.full(len(discount), certain)
    score = np.zeros(len(discount))
    missed, foretold = 0.0, 0.0
    for count, exposure in zip(counts, expected, strict=True):
        shape, rate = np.maximum(shape * discount, 0.3), np.maximum(rate * discount, 1e-9)
        if exposure <= 0 or np.isnan(count):
            continue
        odds = exposure / (rate + exposure)
        score += gammaln(shape + count) - gammaln(shape) + shape * np.log1p(-odds) + count * np.log(odds)
        weight = _weights(score)
        ahead = exposure * float(weight @ (shape / rate))
        spread = float(weight @ (exposure * shape / rate * (1 + exposure / rate)))
        missed, foretold = missed + (count - ahead) ** 2, foretold + spread
        shape, rate = shape + count, rate + exposure
    # Six months' worth of belief that counts are Poisson.
    belief = 6 * foretold / max(len(counts), 1)
    dispersion = np.clip((missed + belief) / max(foretold + belief, 1e-9), 1, 3)
    return Level(discount, _weights(score), shape, rate, float(dispersion))


def _weights(score: np.ndarray) -> np.ndarray:
    weight = np.exp(score - score.max())
    return weight / weight.sum()
