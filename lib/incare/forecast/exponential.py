"""Exponential smoothing of a level, with or without a damped trend, many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Few enough rows that one step's arrays stay in the processor's cache.
ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Smoothing:
    """Forecasts averaged over a grid of settings, each weighted by how well it foretold the history.

    `level`, `trend` and `damping` are the settings tried in every combination; `trend` is a share of `level`.
    The weight of a setting is its likelihood with normal errors, so a short history spreads the weight and a long one
    picks the best setting.

    **Source** Gardner and McKenzie (1985), Management Science 31; averaging in place of choosing after Kolassa (2011),
    Int. J. Forecasting 27.
    """

    level: tuple[float, ...]
    trend: tuple[float, ...] = (0.0,)
    damping: tuple[float, ...] = (0.0,)

    def __call__(self, history: np.ndarray, horizon: int) -> np.ndarray:
        """Rows × horizon, from rows × steps with NaN only in front."""
        grid = np.meshgrid(self.level, self.trend, self.damping, indexing="ij")
        level, trend, damping = (values.ravel()[:, None] for values in grid)
        ahead = np.empty((len(history), horizon))
        for first in range(0, len(history), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            ahead[rows] = _smooth(history[rows], horizon, level, level * trend, damping)
        return ahead


simple = Smoothing(level=tuple(np.linspace(0.02, 1, 25)))
damped = Smoothing(
    level=(0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0),
    trend=(0.02, 0.06, 0.15, 0.3, 0.6),
    damping=(0.8, 0.9, 0.95, 0.98),
)


def _smooth(history, horizon, gain, trend_gain, damping) -> np.ndarray:
    known = ~np.isnan(history)
    start, count = known.argmax(axis=1), known.sum(axis=1)
    first = history[np.arange(len(history)), start]
    level = np.tile(first, (len(gain), 1))
    trend = np.zeros_like(level) + (_first_trend(history, start) if trend_gain.any() else 0)
    squares = np.zeros_like(level)
    for step in range(start.min() + 1, history.shape[1]):
        live = step > start
        expected = level + damping * trend
        error = np.where(live, history[:, step] - expected, 0)
        squares += error * error
        level = np.where(live, expected + gain * error, level)
        trend = np.where(live, damping * trend + trend_gain * error, trend)
    weight = _likelihood(squares, count, first)
    reach = np.cumsum(damping ** np.arange(1, horizon + 1), axis=1)
    return (weight * level).sum(axis=0)[:, None] + np.einsum("gr,gh->rh", weight * trend, reach)


def _first_trend(history, start) -> np.ndarray:
    """The mean step over the first four steps, a start that the errors then correct."""
    rows, later = np.arange(len(history)), np.minimum(start + 4, history.shape[1] - 1)
    return (history[rows, later] - history[rows, start]) / np.maximum(later - start, 1)


def _likelihood(squares, count, first) -> np.ndarray:
    """Weights over the settings, adding up to 1 for each row."""
    # The hair keeps a history without any error from dividing by nothing; every setting then counts the same.
    hair = 1e-12 * first**2 + np.finfo(float).tiny
    log = -count / 2 * np.log((squares + hair) / (squares.min(axis=0) + hair))
    weight = np.exp(log - log.max(axis=0))
    return weight / weight.sum(axis=0)
