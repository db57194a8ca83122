"""The tidy series laid out on the calendar: a row per series, a column per period, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

KEY = ["area", "measure", "breakdown", "category", "grain"]
STEP = {"month": 1, "quarter": 3, "year": 12}


class SeriesError(ValueError):
    """A series that cannot be used, with the row and what to change."""


@dataclass(frozen=True)
class Laid:
    """Series of one spacing with the same periods known, oldest first.

    `keys` has a row per series; `rows` are their places in the table of all series; `figures` is series × periods
    without gaps; `months` are the periods' ends as whole months (year × 12 + month); `step` is the months between
    periods; `window` the months each value looks back over, 0 for a reading on the last day.
    """

    keys: pd.DataFrame
    rows: np.ndarray
    figures: np.ndarray
    months: np.ndarray
    step: int
    window: int

    @property
    def years(self) -> np.ndarray:
        """Time in years, 0 in the middle."""
        return (self.months - (self.months[0] + self.months[-1]) / 2) / 12


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a tidy series in order of time, each with its month and its place in `keys`.

    Only values that are shown count (`status` "ok" or "low", where there is a `status`), and only those made by the
    same definition as the newest (`definition_version`, where there is one). Added: `month` (year × 12 + month),
    `series` (the number of the series) and `y` (the value, NaN where it is not known).

    Raises `SeriesError` for missing columns, an unknown grain, a period without an end, two rows for one
    period, periods not spaced by the grain, and values that are infinite.
    """
    if absent := [name for name in [*KEY, "period_end", "value"] if name not in frame]:
        raise SeriesError(f"A series has the columns {', '.join([*KEY, 'period_end', 'value'])}; missing: {absent}.")
    if len(other := sorted(set(map(str, frame["grain"].dropna())) - set(STEP)) + ["none"] * frame["grain"].hasnans):
        raise SeriesError(f'A grain is "month", "quarter" or "year"; found {other}.')
    ends = pd.to_datetime(frame["period_end"])
    if ends.isna().any():
        raise SeriesError(f"Every row needs a period_end; row {int(np.flatnonzero(ends.isna())[0]) + 1} has none.")
    y = frame["value"].to_numpy(float, na_value=np.nan)
    if np.isinf(y).any():
        place = int(np.flatnonzero(np.isinf(y))[0])
        row = frame.iloc[place]
        raise SeriesError(f"Values are finite or missing; {_name(row)} of {ends.iloc[place]:%Y-%m-%d} is infinite.")
    if "status" in frame:
        y = np.where(frame["status"].isin(["ok", "low"]), y, np.nan)
    rows = frame.assign(period_end=ends, month=ends.dt.year * 12 + ends.dt.month - 1, y=y)
    rows["series"] = rows.groupby(KEY, sort=False, dropna=False).ngroup()
    rows = rows.sort_values(["series", "month"], kind="stable")
    if (twice := rows.duplicated(["series", "month"])).any():
        row = rows[twice].iloc[0]
        raise SeriesError(f"One row per period is needed; {_name(row)} has two for {row['period_end']:%Y-%m-%d}.")
    if "definition_version" in rows:
        newest = rows.groupby("series")["definition_version"].transform("last")
        same = rows["definition_version"].eq(newest) | (rows["definition_version"].isna() & newest.isna())
        rows["y"] = rows["y"].where(same)
    _evenly_spaced(rows)
    return rows


def keys(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per series, in order of first appearance, with its name, `points`, `missing`, `first` and `last`.

    `points` counts known values; `missing` the periods between the first and the last known that have none; `first`
    and `last` are the ends of the first and last known periods.
    """
    out = rows.drop_duplicates("series").set_index("series").sort_index()[KEY]
    known = rows[rows["y"].notna()].groupby("series")
    out["points"] = known.size().reindex(out.index, fill_value=0)
    months = known["month"].agg(["min", "max"]).reindex(out.index)
    steps = (months["max"] - months["min"]) / out["grain"].map(STEP) + 1
    out["missing"] = (steps - out["points"]).fillna(0).astype(int)
    out["first"], out["last"] = known["period_end"].min(), known["period_end"].max()
    return out


def laid(rows: pd.DataFrame, wanted: np.ndarray, windows: Mapping[str, int] | None = None) -> Iterator[Laid]:
    """The wanted series (true/false by number), in groups of one spacing, window and set of known periods.

    `windows` maps measures to the months their values look back over; a measure that is not named is a reading on the
    last day, or a count of its own period.
    """
    known = rows[rows["y"].notna() & wanted[rows["series"].to_numpy()]]
    if known.empty:
        return
    back = known["measure"].map(dict(windows or {})).fillna(0).astype(int)
    if (back < 0).any():
        raise SeriesError("A window is a number of months, 0 or more.")
    known = known.assign(step=known["grain"].map(STEP), window=back)
    facts = known.groupby("series")[["step", "window"]].first()
    place, month = np.searchsorted(facts.index, known["series"]), known["month"].to_numpy()
    first = month.min()
    there = np.zeros((len(facts), month.max() - first + 1), bool)
    there[place, month - first] = True
    patterns, facts["pattern"] = np.unique(there, axis=0, return_inverse=True)
    names = keys(rows)
    # `known` is in order of series and month, so each series is a stretch of it.
    starts = np.searchsorted(place, np.arange(len(facts)))
    y = known["y"].to_numpy()
    for (step, window, pattern), places in facts.reset_index().groupby(["step", "window", "pattern"], sort=False):
        months = np.flatnonzero(patterns[pattern]) + first
        values = y[starts[places.index.to_numpy()][:, None] + np.arange(len(months))]
        numbers = places["series"].to_numpy()
        yield Laid(names.loc[numbers], numbers, values, months, int(step), int(window))


def _evenly_spaced(rows: pd.DataFrame) -> None:
    apart = rows.groupby("series")["month"].diff().fillna(0)
    if (odd := (apart % rows["grain"].map(STEP)) != 0).any():
        row = rows[odd].iloc[0]
        raise SeriesError(
            f"The periods of {_name(row)} are not {row['grain']}s apart at {row['period_end']:%Y-%m-%d}; "
            "give the grain they have, or leave the odd rows out."
        )


def _name(row: pd.Series) -> str:
    return f"{row['measure']} ({row['area']}, {row['breakdown']} {row['category']}, by {row['grain']})"
