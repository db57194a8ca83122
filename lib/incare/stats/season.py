"""A series taken apart into its slow course, its season and the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.stats import calendar

CYCLE = {"month": 12, "quarter": 4}


class SeasonError(calendar.SeriesError):
    """A series that cannot be taken apart, with what was needed."""


def of_series(frame: pd.DataFrame, robust: bool = True) -> pd.DataFrame:
    """Each series taken apart by STL: one row per known period of every series of months or quarters.

    `frame` is as `trend.of_series` takes it. Columns: the key, `period_end, value, course, season, rest` (they add up
    to the value), `strength` of the season from 0 to 1, and `status`: "ok", "too few points" (two whole years and a
    period are needed), "gaps" (a period inside the series has no value), "no season at this grain". Unless the status
    is "ok" the parts are missing. `robust` keeps single odd periods out of the course and the season.

    Raises `calendar.SeriesError` for a table that cannot be read.

    **Source** Cleveland et al. (1990), J. Official Statistics 6, 3–73, by statsmodels `STL`; strength: Wang, Smith and
    Hyndman (2006).
    """
    rows = calendar.checked(frame)
    names = calendar.keys(rows)
    cycle = names["grain"].map(CYCLE)
    names["status"] = np.select(
        [cycle.isna(), names["points"] < 2 * cycle + 1, names["missing"] > 0],
        ["no season at this grain", "too few points", "gaps"],
        "ok",
    )
    known = rows[rows["y"].notna()]
    found = known[[*calendar.KEY, "period_end", "series"]].assign(value=known["y"], course=np.nan, season=np.nan)
    found[["rest", "strength"]] = np.nan
    for number in names.index[names["status"].eq("ok")]:
        mine = found["series"] == number
        parts = apart(found.loc[mine, "value"].to_numpy(), int(cycle[number]), robust)
        found.loc[mine, ["course", "season", "rest"]] = np.column_stack(parts)
        found.loc[mine, "strength"] = strength(parts[1], parts[2])
    found["status"] = found["series"].map(names["status"])
    return found.drop(columns="series").reset_index(drop=True)


def apart(values, cycle: int, robust: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The course, the season and the rest of one series; `cycle` is the periods in a year.

    Raises `SeasonError` for values that are missing or infinite, and for two years or less.
    """
    from statsmodels.tsa.seasonal import STL

    y = np.asarray(values, float)
    if not np.isfinite(y).all():
        raise SeasonError("A season can be taken out only of a series without missing or infinite values.")
    if len(y) <= 2 * cycle:
        raise SeasonError(f"More than two years ({2 * cycle} periods) are needed to see a season; found {len(y)}.")
    fit = STL(y, period=cycle, robust=robust).fit()
    return fit.trend, fit.seasonal, fit.resid


def strength(season: np.ndarray, rest: np.ndarray) -> float:
    """How much of what is left beside the course is season: 0 none, 1 all."""
    whole = np.var(season + rest)
    return float(max(0.0, 1 - np.var(rest) / whole)) if whole > 0 else 0.0
