"""Forecasts leave by the same door as counts: rounded, and hidden where they would be small."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure.protect import Rules, half_up, write_table
from incare.forecast.measured import Forecasts

AHEAD = ["mean", "lo80", "hi80", "lo95", "hi95"]


@dataclass(frozen=True)
class ProtectedForecasts:
    """Forecasts that may be shown; made only by `protect_forecasts`."""

    found: Forecasts
    profile: str

    @property
    def left_out(self) -> dict[str, str]:
        """The measures that could not be forecast, with the reason."""
        return self.found.left_out

    def of(self, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The forecast and the back-test of one measure."""
        return self.found.of(measure)

    def write(self, folder: str | os.PathLike | None, name: str) -> Path | None:
        """Write `<folder>/<name>.csv` with hidden figures as `c`; nothing without a folder."""
        hidden = self.found.ahead["mean"].isna().map({True: "c", False: "ok"})
        return write_table(self.found.ahead.assign(status=hidden), folder, name)


def protect_forecasts(forecasts: Forecasts, profile: str = "public", rules: Rules | None = None) -> ProtectedForecasts:
    """The forecasts as they may be shown: counts to the nearest `base`, percentages and rates to whole numbers.

    A forecast can repeat the last count exactly, so it is rounded like one, and a mean that would be hidden as a count
    is hidden with its interval. Past errors are means over origins and keep one decimal. The restricted profile keeps
    one decimal throughout. Raises `DisclosureError` for rules weaker than the public ones.
    Source: attack D16 (a forecast so small that it is a count).
    """
    rules = rules or Rules()
    rules.check(profile)
    ahead, tested = forecasts.ahead.copy(), forecasts.tested.copy()
    errors = [name for name in tested.columns if name.startswith("mae")]
    tested[errors] = half_up(tested[errors].to_numpy(float), 0.1)
    if profile == "restricted":
        ahead[AHEAD] = half_up(ahead[AHEAD].to_numpy(float), 0.1)
        return ProtectedForecasts(replace(forecasts, ahead=ahead, tested=tested), profile)
    counts = ~ahead["unit"].str.startswith(("%", "per")).to_numpy(bool)
    values = ahead[AHEAD].to_numpy(float)
    rounded = np.where(counts[:, None], half_up(values, rules.base), half_up(values))
    small = counts & (values[:, 0] > 0.5) & (values[:, 0] < rules.hide_to + 0.5)
    rounded[small] = np.nan
    ahead[AHEAD] = rounded
    return ProtectedForecasts(replace(forecasts, ahead=ahead, tested=tested), profile)
