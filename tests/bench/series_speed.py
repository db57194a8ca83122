"""What thousands of short series cost: the batched default against statsmodels' automatic ETS on some of them.

Run:  python tests/bench/series_speed.py    (two minutes)

6,120 monthly series of 60 points (153 areas × 40 counts with a season), forecast 12 months ahead from eight earlier
origins. Automatic ETS is tried on 12 of them at 2 origins each and reckoned up. Prints CPU seconds of both, holds their
ratio, and exits 1 if it is above 1/50.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from forecast_accuracy import automatic_ets
from held import held, outcome

from incare import forecast

SERIES, POINTS, ORIGINS, HORIZON = 6_120, 60, 8, 12
TRIED, TRIED_ORIGINS = 12, 2
LEAST_RATIO = 50


def drawn() -> np.ndarray:
    """Counts that differ in level, wander and have a season, series × points."""
    random = np.random.default_rng(2025)
    level = np.exp(random.normal(4, 0.8, (SERIES, 1)) + random.normal(0, 0.04, (SERIES, POINTS)).cumsum(axis=1))
    season = 1 + 0.15 * np.sin(2 * np.pi * (np.arange(POINTS) + random.integers(0, 12, (SERIES, 1))) / 12)
    return random.poisson(level * season).astype(float)


def main() -> int:
    """Measure both in this run and hold the ratio."""
    values = drawn()
    months = pd.date_range("2020-01-31", periods=POINTS, freq="ME")
    history = pd.DataFrame(
        {
            "unique_id": np.repeat([f"s{n:04}" for n in range(SERIES)], POINTS),
            "ds": np.tile(months, SERIES),
            "y": values.ravel(),
        }
    )
    begun = time.process_time()
    forecast.backtest(history, HORIZON, ORIGINS)
    ours = time.process_time() - begun
    begun = time.process_time()
    for row in values[:: SERIES // TRIED][:TRIED]:
        for back in np.linspace(1, ORIGINS, TRIED_ORIGINS).astype(int):
            automatic_ets(row[:-back], HORIZON, 12)
    each = (time.process_time() - begun) / (TRIED * TRIED_ORIGINS)
    whole = each * SERIES * ORIGINS
    print(f"  ours: CPU {ours:.1f} s; automatic ETS: {each:.2f} s each, {whole:,.0f} s for all")
    held("automatic ETS takes, times as much CPU", whole / ours, least=LEAST_RATIO, digits=0)
    held("6,120 series, eight origins", ours, unit="s of CPU", digits=1)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
