"""Control limits of figures that look back over more months than lie between them, from those that stand apart.

A rate of the last twelve months, printed every quarter, shares nine of its months with the one before: neighbouring
values are alike, moving ranges small, and limits made from them flag chance as a signal.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incare.stats import spc
from incare.stats.spc import KEY, SpcError

STEP = {"month": 1, "quarter": 3, "year": 12}
WORDS = ("special_cause", "point", "variation", "assurance", "limits", "rules")
LINES = ("mean", "lcl", "ucl")


def of_series(frame: pd.DataFrame, windows: Mapping[str, int], rules: str = "7/7") -> pd.DataFrame:
    """The tidy series with the columns of `spc.of_series`, made only from figures that share no month.

    `windows` maps measures to the months that each value looks back over; other measures are charted as they stand.
    Of a measure whose window is longer than its grain, only the latest period and those a whole number of windows
    before it make limits and can be special causes; the rows between get the lines of the next such row of their own
    definition, `special_cause` and `point` are empty there. Fewer than 13 that stand apart are too few to judge by.
    Rows keep their order and index.

    Raises `SpcError` for a grain without a length in months, and as `spc.of_series` does.
    """
    step = frame["grain"].map(STEP)
    if step.isna().any():
        raise SpcError(f'A series has the grain month, quarter or year; found "{frame["grain"][step.isna()].iloc[0]}".')
    back = frame["measure"].map(dict(windows)).fillna(0)
    overlaps = (back > step).to_numpy()
    if not overlaps.any():
        return _plain(spc.of_series(frame, rules=rules))
    rows = frame.reset_index(drop=True)
    month = rows["period_end"].to_numpy("datetime64[M]").astype("int64")
    series = rows.groupby(KEY, sort=False, observed=True, dropna=False).ngroup()
    newest = pd.Series(month).groupby(series).transform("max").to_numpy()
    apart = (newest - month) % np.where(overlaps, back.to_numpy(int), 1) == 0
    made = _plain(spc.of_series(rows[~overlaps | apart], rules=rules))
    added = [name for name in made if name not in rows]
    whole = rows.join(made[added])
    return _lent(whole, series, ~apart & overlaps).set_axis(frame.index)


def _lent(whole: pd.DataFrame, series: pd.Series, between: np.ndarray) -> pd.DataFrame:
    """The rows between with the lines of the next row that stands apart, or of the one before it."""
    order = whole["period_end"].argsort(kind="stable").to_numpy()
    key = [series.iloc[order], whole["definition_version"].iloc[order]]
    for name in (*LINES, "limits", "phase"):
        column = whole[name].iloc[order]
        filled = column.groupby(key).bfill()
        whole[name] = filled.fillna(filled.groupby(key).ffill()).reindex(whole.index)
    for name in ("variation", "assurance", "rules"):
        whole[name] = whole[name].groupby(series).transform("last")
    whole["limits"] = whole["limits"].fillna("none")
    whole["phase"] = whole["phase"].fillna(0).astype(int)
    whole["missing_before"] = whole["missing_before"].fillna(0).astype(int)
    whole.loc[between, ["special_cause", "point"]] = ""
    return whole


def _plain(made: pd.DataFrame) -> pd.DataFrame:
    """The words as plain text, so that rows charted in two ways can stand in one column."""
    return made.astype(dict.fromkeys(WORDS, object))
