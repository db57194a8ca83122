"""How far off the forecasts of earlier origins were, beside the two baselines every method must beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.forecast.panel import FEWEST, Panel, read
from incare.forecast.rolling import Rolling
from incare.forecast.select import LAST, SAME, cycle, forecast, methods, whole


def backtest(history: pd.DataFrame, horizon: int, origins: int, seasonal: bool | int | None = None) -> pd.DataFrame:
    """Errors and coverage of the forecasts that `series` would have made at earlier origins.

    `history` is as for `series`. The last origin leaves `horizon` periods of each series to compare with, the others
    lie one period apart before it; each forecast, its method and its interval use only what was known at its origin.
    A series with too few points for every origin (four before the first) uses fewer, and `origins` says how many.

    Returns one row per series and horizon: `unique_id, method, horizon, origins, mae, mae_last_value,
    mae_seasonal_naive` (in the units of `y`), `cover80, cover95` (percent of what came true inside the interval).
    `method` is the one chosen at the last origin. Where no origin is possible, `origins` is 0 and the rest missing.

    Raises `HistoryError` for a history that cannot be forecast.
    """
    horizon, origins = whole(horizon, "The horizon"), whole(origins, "The number of origins")
    tables = [_panel_table(panel, horizon, origins, cycle(panel, seasonal)) for panel in read(history)]
    return pd.concat(tables, ignore_index=True)


def _panel_table(panel: Panel, horizon: int, origins: int, period: int) -> pd.DataFrame:
    rolling = Rolling(panel.history, panel.sizes, horizon, methods(period, panel.measures))
    backs = [back for back in range(horizon, horizon + origins) if back <= panel.history.shape[1] - FEWEST]
    everyone = np.ones(len(panel.ids), dtype=bool)
    method = np.full(len(panel.ids), pd.NA, dtype=object)
    sums = {name: np.zeros((len(panel.ids), horizon)) for name in ("mae", LAST, SAME, "cover80", "cover95")}
    count = np.zeros(len(panel.ids), dtype=int)
    for back in reversed(backs):
        actual = rolling.actual(back, 0, everyone)
        ahead = forecast(rolling, panel.kinds, period, (80, 95), back, panel.measures)
        rows = ~np.isnan(ahead.mean[:, 0])
        count, method = count + rows, np.where(rows, ahead.method, method)
        sums["mae"] += _known(np.abs(actual - ahead.mean))
        for name in (LAST, SAME):
            sums[name] += _known(np.abs(actual - rolling.ahead(name, back, everyone)[0]))
        for level, (low, high) in ahead.limits.items():
            sums[f"cover{level}"] += 100 * ((low <= actual) & (actual <= high))
    means = {name: total / np.where(count, count, np.nan)[:, None] for name, total in sums.items()}
    return pd.DataFrame(
        {
            "unique_id": np.repeat(panel.ids, horizon),
            "method": np.repeat(method, horizon),
            "horizon": np.tile(np.arange(1, horizon + 1), len(panel.ids)),
            "origins": np.repeat(count, horizon),
            "mae": means["mae"].ravel(),
            "mae_last_value": means[LAST].ravel(),
            "mae_seasonal_naive": means[SAME].ravel(),
            "cover80": means["cover80"].ravel(),
            "cover95": means["cover95"].ravel(),
        }
    )


def _known(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), 0, values)
