"""Looking back: what each method would have said at earlier steps of the same history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from incare.forecast.panel import FEWEST


def earlier(history: np.ndarray, steps: int) -> np.ndarray:
    """The history as it stood some steps ago: the last columns dropped, NaN put in front."""
    kept = max(history.shape[1] - steps, 0)
    front = np.full((len(history), history.shape[1] - kept), np.nan)
    return np.hstack([front, history[:, :kept]])


@dataclass
class Rolling:
    """Forecasts of one panel from any earlier step, each made once.

    A forecast made `back` steps ago sees nothing later, whoever asks for it; so the back-test and today's forecast
    cannot disagree about the past. `methods` maps names to functions of (history, sizes, horizon) that give a tuple
    of arrays, rows × horizon, the mean first.
    """

    history: np.ndarray
    sizes: np.ndarray
    horizon: int
    methods: Mapping[str, Callable]
    _made: dict = field(default_factory=dict, repr=False)

    def ahead(self, name: str, back: int, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """What a method said `back` steps ago about some rows (true/false); NaN where it had under four points."""
        history = earlier(self.history, back)
        done, parts = self._made.setdefault((name, back), (np.zeros(len(history), bool), []))
        todo = rows & ~done & ((~np.isnan(history)).sum(axis=1) >= FEWEST)
        if todo.any():
            given = self.methods[name](history[todo], earlier(self.sizes, back)[todo], self.horizon)
            for place, part in enumerate(given):
                if place == len(parts):
                    parts.append(np.full((len(history), self.horizon), np.nan))
                parts[place][todo] = part
            done |= todo
        return tuple(part[rows] for part in parts) or (np.full((rows.sum(), self.horizon), np.nan),)

    def actual(self, back: int, now: int, rows: np.ndarray) -> np.ndarray:
        """What followed the step `back` steps ago, as far as it was known `now` steps ago."""
        start = self.history.shape[1] - back
        known = min(back - now, self.horizon)
        values = np.full((rows.sum(), self.horizon), np.nan)
        values[:, :known] = self.history[rows, start : start + known]
        return values

    def errors(self, name: str, now: int, origins: int, rows: np.ndarray) -> np.ndarray:
        """Actual less mean for the `origins` steps before `now`, as known at `now`; origins × rows × horizon."""
        backs = range(now + 1, now + origins + 1)
        width = self.history.shape[1]
        none = np.full((rows.sum(), self.horizon), np.nan)
        return np.stack(
            [
                self.actual(back, now, rows) - self.ahead(name, back, rows)[0] if back <= width - FEWEST else none
                for back in backs
            ]
        )
