"""The same period last year: the baseline for series with a season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SeasonalNaive:
    """The value one cycle before each step asked for; the last value where there is less than one cycle.

    `period` is the number of steps in a cycle: 12 for months, 4 for quarters, 1 for none.
    """

    period: int = 1

    def __call__(self, history: np.ndarray, horizon: int) -> np.ndarray:
        """Rows × horizon, from rows × steps with NaN only in front."""
        last = np.repeat(history[:, -1:], horizon, axis=1)
        if history.shape[1] < self.period:
            return last
        cycle = history[:, history.shape[1] - self.period :]
        ahead = cycle[:, np.arange(horizon) % self.period]
        return np.where(np.isnan(cycle[:, :1]), last, ahead)
