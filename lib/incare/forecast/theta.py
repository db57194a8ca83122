"""The Theta method: half a straight line through the history, half a smoothed level that doubles its bends."""

from __future__ import annotations

import numpy as np

from incare.forecast.exponential import simple


def theta(history: np.ndarray, horizon: int) -> np.ndarray:
    """The mean of the trend line and the smoothed second theta line; rows × horizon.

    `history` is rows × steps, the latest step last, NaN only in front, without seasonal pattern.

    **Source** Assimakopoulos and Nikolopoulos (2000), Int. J. Forecasting 16, 521–530.
    """
    steps = np.arange(-history.shape[1], 0)
    known = ~np.isnan(history)
    count = known.sum(axis=1, keepdims=True)
    centre = np.where(known, steps, 0).sum(axis=1, keepdims=True) / count
    mean = np.where(known, history, 0).sum(axis=1, keepdims=True) / count
    along = np.where(known, steps - centre, 0)
    slope = (along * np.where(known, history - mean, 0)).sum(axis=1, keepdims=True)
    slope = slope / np.maximum((along**2).sum(axis=1, keepdims=True), 1)
    line = mean + slope * (steps - centre)
    ahead = mean + slope * (np.arange(horizon) - centre)
    return (ahead + simple(2 * history - line, horizon)) / 2
