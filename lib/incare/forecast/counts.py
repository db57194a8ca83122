"""Small counts: a Poisson level that drifts, averaged over how fast it may drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, gammaln

from incare.forecast import season

DISCOUNTS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.88, 0.93, 0.96, 0.98, 0.995)


@dataclass(frozen=True)
class DiscountedCounts:
    """A gamma level, discounted at every step, with Poisson counts around it.

    `period` is the number of steps in a cycle; a pattern is used only as far as it stands out of the noise. Each of
    `discounts` is one model; their forecasts are averaged by how well each foretold the history.

    **Source** West and Harrison (1997), Bayesian Forecasting and Dynamic Models, chapter 14; Harvey and Fernandes
    (1989), J. Business & Economic Statistics 7.
    """

    period: int = 1
    discounts: tuple[float, ...] = DISCOUNTS

    def __call__(self, history: np.ndarray, horizon: int) -> np.ndarray:
        """Expected counts, rows × horizon, from rows × steps with NaN only in front."""
        return self.predictive(history, horizon)[0]

    def predictive(self, history: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of the count at each step ahead; the variance holds the Poisson noise as well."""
        past, ahead = self._pattern(history, horizon)
        discount = np.array(self.discounts)[:, None]
        start = np.nanmean(history, axis=1) + 0.5
        shape, rate = np.ones((len(discount), len(history))), np.tile(1 / start, (len(discount), 1))
        score = np.zeros_like(shape)
        for step in range(history.shape[1]):
            count, exposure = history[:, step], past[:, step]
            live = ~np.isnan(count)
            count = np.where(live, count, 0)
            # A long run of zeros would otherwise leave a shape of exactly nothing.
            drifted = np.maximum(shape * discount, 1e-3), rate * discount
            score += np.where(live, _log_negative_binomial(count, *drifted, exposure), 0)
            shape = np.where(live, drifted[0] + count, shape)
            rate = np.where(live, drifted[1] + exposure, rate)
        weight = np.exp(score - score.max(axis=0))
        weight = (weight / weight.sum(axis=0))[:, :, None]
        # Drift adds the same share of variance at every step, as a random walk does, not ever more.
        growth = 1 + np.arange(1, horizon + 1) * ((1 - discount) / discount)[:, :, None]
        means = (shape / rate)[:, :, None] * ahead
        second = means**2 * (1 + growth / shape[:, :, None])
        mean = (weight * means).sum(axis=0)
        return mean, mean + np.maximum((weight * second).sum(axis=0) - mean**2, 0)

    def _pattern(self, history, horizon) -> tuple[np.ndarray, np.ndarray]:
        """The season as factors around 1, along the history and ahead."""
        mean = np.maximum(np.nanmean(history, axis=1, keepdims=True), 1e-9)
        found = season.find(history, self.period)
        past = -found.remove(np.zeros(history.shape)) / mean
        ahead = found.restore(np.zeros((len(history), horizon))) / mean
        return np.maximum(1 + past, 0.1), np.maximum(1 + ahead, 0.1)


def limits(mean: np.ndarray, variance: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits that hold `level` of future counts, by a gamma of the same mean and variance, never below 0."""
    mean = np.maximum(mean, 1e-6)
    shape = mean**2 / variance
    tail = (1 - level) / 2
    low, high = (gammaincinv(shape, p) * variance / mean for p in (tail, 1 - tail))
    return np.maximum(low - 0.5, 0), high + 0.5


def _log_negative_binomial(count, shape, rate, exposure) -> np.ndarray:
    return (
        gammaln(shape + count)
        - gammaln(shape)
        - gammaln(count + 1)
        + shape * np.log(rate / (rate + exposure))
        + count * np.log(exposure / (rate + exposure))
    )
