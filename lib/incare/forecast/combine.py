"""The measured default: the mean of Theta and the damped trend, in ratios where every value is above 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incare.forecast import season
from incare.forecast.exponential import damped
from incare.forecast.theta import theta

Method = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Combined:
    """The mean of several methods, on history without its seasonal pattern.

    `period` is the number of steps in a cycle (1: no season). With `ratios`, rows whose values are all above 0 are
    forecast in logarithms, so patterns and trends multiply. A forecast never leaves the range of the history by more
    than that range.

    Simple smoothing was measured as a third member and left out: without it the error is lower at quarters (.867
    against .889 of Naive2) and at months (.831 against .835). `tests/bench/forecast_accuracy.py` prints the
    figures of what is in use.
    """

    period: int = 1
    members: tuple[Method, ...] = (theta, damped)
    ratios: bool = True

    def __call__(self, history: np.ndarray, horizon: int) -> np.ndarray:
        """Rows × horizon, from rows × steps with NaN only in front."""
        lowest, highest = np.nanmin(history, axis=1, keepdims=True), np.nanmax(history, axis=1, keepdims=True)
        logs = (lowest > 0) & self.ratios
        # Dividing by the highest first makes the answer the same in any unit of measurement.
        unit = np.where(highest > 0, highest, 1)
        levels = np.where(logs, np.log(np.where(logs, history, 1) / unit), history)
        pattern = season.find(levels, self.period)
        plain = pattern.remove(levels)
        reach = highest - lowest
        total = np.zeros((len(history), horizon))
        for member in self.members:
            ahead = pattern.restore(member(plain, horizon))
            total += np.where(logs, unit * np.exp(np.minimum(ahead, 50)), ahead)
        return np.clip(total / len(self.members), lowest - reach, highest + reach)
