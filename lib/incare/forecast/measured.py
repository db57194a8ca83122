"""Forecasts of measures: from the tidy series to what is expected, and how wrong such forecasts were."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from incare.forecast.backtest import backtest
from incare.forecast.panel import FEWEST
from incare.forecast.select import series as forecast

# A back-test needs several origins after the method has a history to work on.
LONG_ENOUGH = 8


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of several measures: `ahead` and `tested` as `forecast.series` and `forecast.backtest` return them.

    `unique_id` is the measure's id and `unit` its unit. `left_out` names the measures that could not be forecast, with
    the reason.
    """

    ahead: pd.DataFrame = field(repr=False)
    tested: pd.DataFrame = field(repr=False)
    left_out: dict[str, str] = field(default_factory=dict)

    def of(self, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The forecast and the back-test of one measure."""
        return tuple(f[f["unique_id"] == measure].reset_index(drop=True) for f in (self.ahead, self.tested))


def history_of(series: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The totals of a tidy series as histories (`unique_id, ds, y, n, kind`), and why the others are left out.

    Counts are forecast as counts, percentages with their denominators, rates as rates. A history is the unbroken run of
    known periods up to the last one.
    """
    totals = series[series["breakdown"] == "total"].sort_values("period_end")
    kept, left_out = [], {}
    for name, rows in totals.groupby("measure", sort=False):
        known = (rows["status"] == "ok").to_numpy()
        run = rows[known[::-1].cumprod()[::-1].astype(bool)]
        if len(run) < LONG_ENOUGH:
            left_out[name] = f"{len(run)} periods in a row are known up to the last; {LONG_ENOUGH} are needed"
            continue
        share = rows["unit"].iloc[0] == "%"
        count = run["denominator"].isna().all()
        kept.append(
            pd.DataFrame(
                {
                    "unique_id": name,
                    "ds": run["period_end"],
                    "y": run["numerator"] if count else run["value"],
                    "n": run["denominator"] if share else float("nan"),
                    "kind": "percent" if share else "count" if count else "rate",
                }
            )
        )
    columns = ["unique_id", "ds", "y", "n", "kind"]
    return (pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns)), left_out


def measures(series: pd.DataFrame, horizon: int, origins: int = 8) -> Forecasts:
    """Forecast the total of every measure in a tidy series `horizon` periods ahead, and back-test it on its own past.

    `origins` is how many earlier starting points the back-test tries at most; a short history has fewer, and the table
    says how many. Measures with too few known periods are named in `left_out`.
    Source: `forecast.series` and `forecast.backtest`.
    """
    history, left_out = history_of(series)
    if history.empty:
        return Forecasts(
            pd.DataFrame(columns=["unique_id", "ds", "mean"]), pd.DataFrame(columns=["unique_id"]), left_out
        )
    units = series.drop_duplicates("measure").set_index("measure")["unit"]
    # Half of the history is kept to learn from, however far ahead the forecast looks.
    shortest = int(history.groupby("unique_id").size().min())
    ahead_tested = max(1, min(horizon, shortest - FEWEST - 1))
    tested = backtest(history, ahead_tested, origins)
    ahead = forecast(history, horizon)
    return Forecasts(*(frame.assign(unit=frame["unique_id"].map(units)) for frame in (ahead, tested)), left_out)
