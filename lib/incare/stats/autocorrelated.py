"""Regression on time where neighbouring periods are alike: AR(1) errors, averaged over how alike they may be.

The usual tests take one estimate of the autocorrelation for the truth and call trends that are not there. Here every
autocorrelation on a grid gives its own least-squares answer, and the answers are averaged by how well each explains the
series. Rolling measures share months by construction; that overlap is known, so it is put in, not estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Autocorrelations that are tried. Just under 1 a series is a random walk, and nothing can be told from a slope.
GRID = np.concatenate([np.arange(-0.3, 0.9, 0.06), np.array([0.9, 0.93, 0.95, 0.97, 0.98, 0.99])])

# A fit this much closer than the series' own spread is exact: what is left is the computer's rounding.
ROUNDING = 1e-20


def correlations(places, step: int, window: int = 1, grid: np.ndarray = GRID) -> np.ndarray:
    """How alike the errors of each pair of periods are, for each autocorrelation of the grid; grid × n × n.

    `places` are whole numbers of months, increasing; `step` the months between periods; `window` the months each value
    looks back over. Up to one step, the window does not overlap and the errors are AR(1) from period to period. Beyond
    it, each value is a sum over its window of months that are AR(1), so two values share the months they both have.
    """
    months = np.asarray(places)
    if window <= step:
        return grid[:, None, None] ** (np.abs(np.subtract.outer(months, months)) // step)
    first = months[0] - window + 1
    every = np.arange(first, months[-1] + 1)
    covers = ((every > months[:, None] - window) & (every <= months[:, None])).astype(float)
    whole = covers @ grid[:, None, None] ** np.abs(np.subtract.outer(every, every)) @ covers.T
    size = np.sqrt(np.einsum("gii->gi", whole))
    return whole / (size[:, :, None] * size[:, None, :])


@dataclass(frozen=True)
class Averaged:
    """The answers of a regression for each autocorrelation of a grid, with their weights.

    `coefficients` grid × series × terms, `unscaled` grid × terms × terms, `variance` grid × series, `weights` grid ×
    series (they add up to 1), `freedom` the degrees of freedom, `autocorrelation` the weighted mean of the grid.
    """

    coefficients: np.ndarray
    unscaled: np.ndarray
    variance: np.ndarray
    weights: np.ndarray
    freedom: int
    autocorrelation: np.ndarray

    def of(self, contrast) -> tuple[np.ndarray, np.ndarray]:
        """Centre and spread of a sum of terms for each autocorrelation; each grid × series."""
        c = np.asarray(contrast, float)
        spread = np.sqrt(np.einsum("k,gkl,l->g", c, self.unscaled, c).clip(0)[:, None] * self.variance)
        return self.coefficients @ c, spread

    def interval(self, contrast, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean, lower and upper of a sum of terms, over all autocorrelations; one of each per series."""
        centre, spread = self.of(contrast)
        tail = (1 - level) / 2
        mean = (self.weights * centre).sum(axis=0)
        return mean, self._quantile(centre, spread, tail), self._quantile(centre, spread, 1 - tail)

    def _quantile(self, centre: np.ndarray, spread: np.ndarray, share: float) -> np.ndarray:
        """Where a weighted mixture of t distributions reaches a share: Newton's steps, halving where they lead away."""
        from scipy.special import gammaln, stdtr, stdtrit

        nu = self.freedom
        height = np.exp(gammaln((nu + 1) / 2) - gammaln(nu / 2)) / np.sqrt(nu * np.pi)
        ends = centre + stdtrit(nu, share) * spread
        used = self.weights > 1e-6
        low = np.where(used, ends, np.inf).min(axis=0)
        high = np.where(used, ends, -np.inf).max(axis=0)
        scale = np.where(spread > 0, spread, 1)
        found = (self.weights * ends).sum(axis=0).clip(low, high)
        for _ in range(30):
            t = (found - centre) / scale
            over = (self.weights * np.where(spread > 0, stdtr(nu, t), found >= centre)).sum(axis=0) - share
            low, high = np.where(over >= 0, low, found), np.where(over >= 0, found, high)
            density = np.where(spread > 0, height * (1 + t**2 / nu) ** (-(nu + 1) / 2) / scale, 0)
            steep = (self.weights * density).sum(axis=0)
            ahead = found - over / np.where(steep > 0, steep, np.inf)
            ahead = np.where((ahead > low) & (ahead < high), ahead, (low + high) / 2)
            still = np.abs(ahead - found) > 1e-8 * scale.max(axis=0)
            found = ahead
            if not still.any():
                break
        return found


def fit(values: np.ndarray, terms: np.ndarray, alike: np.ndarray, grid: np.ndarray = GRID) -> Averaged:
    """Regress series on terms for every autocorrelation of the grid, and weigh the answers.

    `values` series × n without gaps, `terms` n × k, `alike` as `correlations` gives it. The weight is the likelihood
    of the autocorrelation after the terms and the spread are integrated out, times its reference prior, which gives
    strong autocorrelation the benefit of the doubt.

    **Source** Zellner and Tiao (1964), J. Am. Stat. Assoc. 59, 763–778; restricted likelihood of
    Harville (1974), Biometrika 61; reference prior of Berger and Yang (1994), Econometric Theory 10, 461–482.
    """
    rows, n = values.shape
    k = terms.shape[1]
    freedom = n - k
    spread = ((values - values.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    coefficients = np.empty((len(grid), rows, k))
    unscaled = np.empty((len(grid), k, k))
    left = np.empty((len(grid), rows))
    weights = np.empty((len(grid), rows))
    for g in range(len(grid)):
        half = np.linalg.cholesky(alike[g])
        whitened = np.linalg.solve(half, np.column_stack([terms, values.T]))
        basis, triangle = np.linalg.qr(whitened[:, :k])
        y = whitened[:, k:]
        along = basis.T @ y
        inverse = np.linalg.inv(triangle)
        coefficients[g] = (inverse @ along).T
        unscaled[g] = inverse @ inverse.T
        left[g] = ((y - basis @ along) ** 2).sum(axis=0)
        sizes = np.log(np.diag(half)).sum() + np.log(np.abs(np.diag(triangle))).sum()
        weights[g] = -sizes - freedom / 2 * np.log(np.maximum(left[g], ROUNDING * spread + 1e-300))
    weights = np.exp(weights - weights.max(axis=0))
    # The grid is not even; each point stands for the stretch halfway to its neighbours.
    weights *= (np.gradient(grid) / np.sqrt(1 - grid**2))[:, None]
    weights /= weights.sum(axis=0)
    left = np.where(left <= ROUNDING * spread, 0.0, left)
    return Averaged(coefficients, unscaled, left / freedom, weights, freedom, (weights * grid[:, None]).sum(axis=0))
