"""Which rows of a table fall in which period: all periods answered at once.

A measure asks its tables with words ("end", "window", "period"); the answer is a plain data frame with one row per
period and span. Its columns are those of the table and `period` (the number of the period), `on` (the day on which the
row is described, for ages) and `night` (the last night of the span up to that day, for statuses that end with care).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incare import periods as p
from incare.periods import Periods, Window

FAR = np.datetime64("2999-12-31", "D")
NAT_DAY = np.datetime64("NaT", "D")
_ORIGIN = np.datetime64("1900-01-01", "D")


@dataclass(frozen=True)
class Spans:
    """A table of spans (`child`, `start`, `end`) or events (`child`, `start`), asked about periods.

    The end day is not part of a span. `window` is the measure's window.
    """

    table: pd.DataFrame = field(repr=False)
    periods: Periods
    window: Window
    answers: dict = field(default_factory=dict, repr=False)

    def at(self, when: str = "end") -> pd.DataFrame:
        """Spans that are open at the end of the period's last day, described on that day."""
        start, end = self._bounds()
        ends = self.periods.ends
        return self._rows("at", start, end - 1, ends, ends, lambda period, span: (ends[period], ends[period]))

    def overlapping(self, when: str = "window") -> pd.DataFrame:
        """Spans that touch the window, first and last day included, described on their own or the window's last day.

        A span that ends on the window's first day counts: it was open when that day began.
        """
        start, end = self._bounds()
        ends = self.periods.ends

        def described(period, span):
            return np.minimum(ends[period], end[span]), np.minimum(ends[period], end[span] - 1)

        return self._rows(f"overlap {when}", start, end, self._first_days(when), ends, described)

    def starting(self, when: str = "period") -> pd.DataFrame:
        """Spans or events that start in the window, described on the day they start."""
        start = p.days(self.table["start"])
        first = self._first_days(when)
        return self._rows(
            f"start {when}", start, start, first, self.periods.ends, lambda _, span: (start[span], start[span])
        )

    def ending(self, when: str = "period") -> pd.DataFrame:
        """Spans that end in the window, described on the day they end."""
        end = p.days(self.table["end"])
        first = self._first_days(when)
        return self._rows(f"end {when}", end, end, first, self.periods.ends, lambda _, span: (end[span], end[span] - 1))

    def latest(self, within_days: int) -> pd.DataFrame:
        """Rows of the latest date up to each period's end, no older than a number of days: snapshots."""
        days = p.days(self.table["start"])
        dates = np.unique(days[~np.isnat(days)])
        place = np.searchsorted(dates, self.periods.ends, side="right") - 1
        fits = place >= 0
        fits[fits] = (self.periods.ends[fits] - dates[place[fits]]).astype(int) <= within_days
        number = np.searchsorted(dates, days)
        by_date = {n: np.flatnonzero(number == n) for n in np.unique(place[fits])}
        found = [(period, by_date[place[period]]) for period in np.flatnonzero(fits)]
        span = np.concatenate([rows for _, rows in found]) if found else np.zeros(0, int)
        period = np.repeat([n for n, _ in found], [len(rows) for _, rows in found]).astype(int)
        return self._taken(span, period, self.periods.ends[period], self.periods.ends[period])

    def once(self, name: tuple, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Rows that several measures share: made when first asked for, then the same frame for all of them."""
        if name not in self.answers:
            self.answers[name] = make()
        return self.answers[name]

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        start, end = p.days(self.table["start"]), p.days(self.table["end"])
        return start, np.where(np.isnat(end), FAR, end)

    def _first_days(self, when: str) -> np.ndarray:
        return self.periods.starts if when == "period" else self.window.starts(self.periods)

    def _rows(self, name, first_day, last_day, opens, closes, described) -> pd.DataFrame:
        """Rows of spans that meet the periods; `opens` and `closes` ascend, so a span meets one run of periods."""

        def found() -> pd.DataFrame:
            low = np.searchsorted(closes, first_day, side="left")
            high = np.searchsorted(opens, last_day, side="right")
            known = ~np.isnat(first_day) & ~np.isnat(last_day)
            counts = np.where(known, np.maximum(high - low, 0), 0)
            span = np.repeat(np.arange(len(counts)), counts)
            period = np.arange(len(span)) - np.repeat(np.cumsum(counts) - counts, counts) + low[span]
            return self._taken(span, period, *described(period, span))

        return self.once((name, self.window), found)

    def _taken(self, span: np.ndarray, period: np.ndarray, on: np.ndarray, night: np.ndarray) -> pd.DataFrame:
        rows = self.table.take(span).reset_index(drop=True)
        rows["period"], rows["on"], rows["night"] = period, on.astype("datetime64[s]"), night.astype("datetime64[s]")
        return rows


def one_per_child(rows: pd.DataFrame, keep: str = "first") -> pd.DataFrame:
    """One row per period and child: the first or the last by start day."""
    return one_per(rows, "child", rows["start"], keep=keep)


def one_per(rows: pd.DataFrame, by: str, *order: pd.Series, keep: str = "first") -> pd.DataFrame:
    """One row per period and child (or period of care), in their order: the first or the last by the columns given.

    Blank days come last; of rows that are alike in all columns the first (or last) in the table is taken.
    """
    key = _key(rows, by)
    place = np.lexsort([*(_sortable(column) for column in order[::-1]), key])
    changes = key[place][1:] != key[place][:-1]
    edge = np.r_[True, changes] if keep == "first" else np.r_[changes, True]
    return rows.iloc[place[edge[: len(place)]]]


def _sortable(column: pd.Series) -> np.ndarray:
    """A column as plain numbers in its order: days with blanks last, true after false."""
    values = column.to_numpy()
    if values.dtype.kind != "M":
        return values
    return np.where(np.isnat(values), np.iinfo(np.int64).max, values.astype(np.int64))


def _key(rows: pd.DataFrame, by: str) -> np.ndarray:
    return rows["period"].to_numpy(np.int64) << 32 | rows[by].to_numpy(np.int64)


def count_in(others: pd.DataFrame, rows: pd.DataFrame, by: str = "child") -> np.ndarray:
    """For each row, how many of the other rows are of the same period and child (or period of care, with by="care")."""
    found = np.sort(_key(others, by))
    mine = _key(rows, by)
    return np.searchsorted(found, mine, side="right") - np.searchsorted(found, mine, side="left")


def latest_before(events: pd.DataFrame, rows: pd.DataFrame, column: str = "start") -> np.ndarray:
    """For each row, the position of the child's latest event on or before the row's day `on`; -1 when there is none.

    Among events on one day the last in the table is taken.
    """
    day = p.days(events[column])
    known = np.flatnonzero(~np.isnat(day))
    key = (events["child"].to_numpy(np.int64)[known] << 32) + (day[known] - _ORIGIN).astype(np.int64)
    order = np.argsort(key, kind="stable")
    child = rows["child"].to_numpy(np.int64)
    wanted = (child << 32) + (p.days(rows["on"]) - _ORIGIN).astype(np.int64)
    place = np.searchsorted(key[order], wanted, side="right") - 1
    if not len(order):
        return np.full(len(rows), -1)
    event = known[order[np.maximum(place, 0)]]
    return np.where((place >= 0) & (events["child"].to_numpy()[event] == child), event, -1)


def first_since(events: pd.DataFrame, rows: pd.DataFrame, since: np.ndarray) -> np.ndarray:
    """The day of each row's first event on or after a day; NaT when there is none."""
    mine = rows["child"].to_numpy(np.int64) << 32
    key = np.sort((events["child"].to_numpy(np.int64) << 32) + (p.days(events["start"]) - _ORIGIN).astype(np.int64))
    place = np.searchsorted(key, mine + (p.days(since) - _ORIGIN).astype(np.int64), side="left")
    ahead = np.r_[key, np.int64(-1)][place] - mine
    theirs = (ahead >= 0) & (ahead < 1 << 31)
    return np.where(theirs, _ORIGIN + np.where(theirs, ahead, 0), NAT_DAY)


def open_on(spans: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """For each row, the position of a span of the child that is open on the row's day `on`; -1 when there is none.

    `spans` has `child, start, end` (blank while open) and perhaps `rank`: of several the lowest rank is taken, then the
    latest begun.
    """
    found = np.full(len(rows), -1)
    rank = spans["rank"].to_numpy() if "rank" in spans else np.zeros(len(spans), int)
    on = p.days(rows["on"])
    for level in np.unique(rank)[::-1]:
        mine = np.flatnonzero(rank == level)
        place = latest_before(spans.iloc[mine], rows)
        at = mine[np.maximum(place, 0)]
        ended = p.days(spans["end"])[at]
        there = (place >= 0) & (np.isnat(ended) | (ended > on))
        found = np.where(there, at, found)
    return found


def set_aside(rows: pd.DataFrame, out, why: str) -> pd.DataFrame:
    """The rows with those where `out` is true marked as set aside, in the column `aside`; an earlier reason stays.

    Rows set aside are in no figure, and are counted by reason. `why` is read by people: "start of care unknown".
    """
    earlier = rows["aside"].array if "aside" in rows else _nobody_aside(len(rows))
    codes, reasons = earlier.codes.copy(), list(earlier.categories)
    reasons = reasons if why in reasons else [*reasons, why]
    codes[(codes == 0) & np.asarray(out, bool)] = reasons.index(why)
    return rows.assign(aside=pd.Categorical.from_codes(codes, categories=reasons))


def _nobody_aside(length: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(length, np.int8), categories=[""])


def used(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are in the figures: those not set aside."""
    return rows[rows["aside"].array.codes == 0] if "aside" in rows else rows
