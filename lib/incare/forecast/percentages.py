"""Percentages with known denominators: a share that drifts, averaged with Theta, never outside 0 to 100."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, betaln

from incare.forecast.combine import Combined
from incare.forecast.counts import DISCOUNTS
from incare.forecast.theta import theta

RECENT = 4


@dataclass(frozen=True)
class DiscountedShares:
    """A beta share, discounted at every step, with binomial numerators around it; averaged with clipped Theta.

    `period` is the number of steps in a cycle. Each of `discounts` is one model; their forecasts are averaged by how
    well each foretold the history.

    **Source** West and Harrison (1997), Bayesian Forecasting and Dynamic Models, chapter 14.
    """

    period: int = 1
    discounts: tuple[float, ...] = DISCOUNTS

    def predictive(self, history: np.ndarray, sizes: np.ndarray, horizon: int) -> tuple[np.ndarray, ...]:
        """Mean (percent), variance (percent²) and the denominator assumed at each step ahead.

        `history` is percentages and `sizes` denominators, rows × steps with NaN only in front. The denominator ahead
        is the mean of the last four; the variance holds its binomial noise as well.
        """
        discount = np.array(self.discounts)[:, None]
        a, b = np.full((2, len(discount), len(history)), 0.5)
        score = np.zeros_like(a)
        for step in range(history.shape[1]):
            live = ~np.isnan(history[:, step])
            size = np.where(live, sizes[:, step], 0)
            hits = np.where(live, history[:, step], 0) / 100 * size
            # A long run at 0 or 100 would otherwise leave one side of exactly nothing.
            drifted = [np.where(live, np.maximum(discount * side, 1e-3), side) for side in (a, b)]
            a, b = drifted[0] + hits, drifted[1] + size - hits
            # The binomial coefficient is the same for every discount, so it is left out.
            score += betaln(a, b) - betaln(*drifted)
        weight = np.exp(score - score.max(axis=0))
        weight = (weight / weight.sum(axis=0))[:, :, None]
        size = np.maximum(np.nanmean(sizes[:, -RECENT:], axis=1), 1)[:, None]
        share, strength = (a / (a + b))[:, :, None], (a + b)[:, :, None]
        growth = 1 + np.arange(1, horizon + 1) * ((1 - discount) / discount)[:, :, None]
        spread = share * (1 - share) * (1 / size + (1 - 1 / size) / (strength / growth + 1))
        mean = (weight * share).sum(axis=0)
        variance = (weight * (spread + (share - mean) ** 2)).sum(axis=0)
        drawn = np.clip(Combined(self.period, (theta,), ratios=False)(history, horizon), 0, 100)
        return (100 * mean + drawn) / 2, 1e4 * variance, size + np.zeros(horizon)


def limits(mean, variance, size, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits in percent that hold `level` of future percentages, by a beta of the same mean and variance.

    Half a child is added on both sides, because a share of `size` children moves in steps.
    """
    share = np.clip(mean / 100, 0.25 / size, 1 - 0.25 / size)
    strength = np.maximum(share * (1 - share) / (variance / 1e4) - 1, 0.05)
    tail = (1 - level) / 2
    low, high = (betaincinv(share * strength, (1 - share) * strength, p) for p in (tail, 1 - tail))
    return np.maximum(100 * (low - 0.5 / size), 0), np.minimum(100 * (high + 0.5 / size), 100)
