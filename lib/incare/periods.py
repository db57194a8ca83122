"""Quarters, months, windows, ages and working days, exact to the day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

DAY = "datetime64[D]"
_LABEL = re.compile(r"(\d{4})-(\d{2}) Q([1-4])")

# England and Wales, substitute days included, by statute and proclamation (the domain notes list 2023 to 2027; earlier
# years are from general knowledge with Easter recomputed). Further closed days are passed to `add_working_days`.
BANK_HOLIDAYS = tuple(
    f"{year}-{day}"
    for year, days in {
        2015: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
        2016: "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27",
        2017: "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
        2018: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
        2019: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
        2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
        2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
        2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
        2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
        2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
        2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
        2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
        2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    }.items()
    for day in days.split()
)


class PeriodError(ValueError):
    """A quarter, date or grain that cannot be used, with what to write instead."""


def day(value) -> np.datetime64:
    """One calendar day from a date, timestamp or ISO text.

    Raises `PeriodError` for anything that is not a day.
    """
    try:
        return np.datetime64(pd.Timestamp(value).date(), "D")
    except (ValueError, TypeError) as problem:
        raise PeriodError("A date was needed as yyyy-mm-dd; what was found is not a date.") from problem


def days(values) -> np.ndarray:
    """Values as an array of calendar days (`datetime64[D]`); missing stays NaT."""
    return np.asarray(values, dtype="datetime64[ns]").astype(DAY) if not _is_days(values) else np.asarray(values)


def _is_days(values) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == np.dtype(DAY)


def _parts(dates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Year, month number (0-11) and day number (0-30) of each date; NaT gives nonsense that callers mask."""
    months = dates.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    return (
        years.astype(np.int64) + 1970,
        (months - years.astype("datetime64[M]")).astype(np.int64),
        (dates - months.astype(DAY)).astype(np.int64),
    )


def age(born, on) -> np.ndarray:
    """Completed years of age on a day, as floats with NaN where either date is missing.

    A 29 February birthday falls on 1 March in a year that is not a leap year.
    Source: CATALOGUE 1.1 (legal reading in England; validator tools use 28 February).
    """
    born, on = np.broadcast_arrays(days(born), days(on))
    y1, m1, d1 = _parts(born)
    y2, m2, d2 = _parts(on)
    years = (y2 - y1 - ((m2 < m1) | ((m2 == m1) & (d2 < d1)))).astype(float)
    return np.where(np.isnat(born) | np.isnat(on), np.nan, years)


def birthday(born, years: int) -> np.ndarray:
    """The day a person reaches an age; 29 February becomes 1 March when the year has none.

    Source: CATALOGUE 1.1.
    """
    born = days(born)
    months = born.astype("datetime64[M]")
    # Month start plus the day number runs on from 29 February to 1 March by itself.
    return (months + 12 * years).astype(DAY) + (born - months.astype(DAY))


def add_months(dates, months) -> np.ndarray:
    """The same day of the month, a number of months later (or earlier), clipped to the month's end.

    `dates` and `months` broadcast. Source: CATALOGUE 1.1.
    """
    dates = days(dates)
    month = dates.astype("datetime64[M]") + np.asarray(months, dtype="timedelta64[M]")
    last = (month + 1).astype(DAY) - 1
    same = month.astype(DAY) + (dates - dates.astype("datetime64[M]").astype(DAY))
    return np.minimum(same, last)


def held_since(on, months) -> np.ndarray:
    """The latest start that makes something `months` old by the end of the day `on`.

    For 31 March 2025 and 12 months this is 1 April 2024: a start on 1 April counts as a full year at 31 March.
    Source: CATALOGUE 1.1 (LAIT notes on the twelve-month cohort).
    """
    return add_months(days(on) + 1, -np.asarray(months))


def add_working_days(start, count: int, extra: tuple[str, ...] = ()) -> np.ndarray:
    """The day `count` working days after each start; the start day is day 0.

    Working days are Monday to Friday without bank holidays in England; `extra` adds closed days as ISO text.
    Raises `PeriodError` when an answer falls in a year whose bank holidays are not listed.
    Source: CATALOGUE 1.1; Care Planning Regulations 2010 (wording from memory, stated in the catalogue).
    """
    start = days(start)
    known = ~np.isnat(start)
    due = np.full(start.shape, np.datetime64("NaT"), dtype=DAY)
    holidays = np.array(BANK_HOLIDAYS + tuple(extra), dtype=DAY)
    due[known] = np.busday_offset(start[known], count, roll="backward", holidays=holidays)
    return _within_listed_years(start, due)


def _within_listed_years(start: np.ndarray, due: np.ndarray) -> np.ndarray:
    years = np.array([text[:4] for text in BANK_HOLIDAYS], dtype=int)
    first, last = np.datetime64(f"{years.min()}-01-01", "D"), np.datetime64(f"{years.max()}-12-31", "D")
    if (due > last).any() or (start < first).any():
        raise PeriodError(
            f"Working days are needed outside {first} to {last}, the years whose bank holidays are listed. "
            "Add the missing years to incare.periods.BANK_HOLIDAYS."
        )
    return due


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter of a financial year: Q1 is April to June, Q4 is January to March."""

    year: int
    number: int

    @classmethod
    def parse(cls, label: str) -> Quarter:
        """Read a label such as `2025-26 Q2` (1 July to 30 September 2025).

        Raises `PeriodError` when the label is spelt otherwise or the two years do not follow each other.
        """
        match = _LABEL.fullmatch(str(label).strip())
        if not match:
            raise PeriodError(f'A quarter is written like "2025-26 Q2", with Q1 to Q4; found "{label}".')
        year, short, number = (int(part) for part in match.groups())
        if (year + 1) % 100 != short:
            raise PeriodError(
                f'The years of "{label}" do not follow each other; {year} goes with {(year + 1) % 100:02d}.'
            )
        return cls(year, number)

    @classmethod
    def of(cls, date) -> Quarter:
        """The quarter that holds a day."""
        on = pd.Timestamp(date)
        return cls(on.year - (on.month < 4), (on.month - 4) % 12 // 3 + 1)

    @property
    def start(self) -> dt.date:
        """First day of the quarter."""
        return dt.date(self.year + (self.number == 4), {1: 4, 2: 7, 3: 10, 4: 1}[self.number], 1)

    @property
    def end(self) -> dt.date:
        """Last day of the quarter."""
        return (add_months([self.start], 3)[0] - 1).astype(dt.date)

    @property
    def label(self) -> str:
        """The label as written in params, such as `2025-26 Q2`."""
        return f"{self.year}-{(self.year + 1) % 100:02d} Q{self.number}"

    def previous(self, count: int = 1) -> Quarter:
        """The quarter `count` quarters earlier."""
        place = self.year * 4 + self.number - 1 - count
        return Quarter(place // 4, place % 4 + 1)


@dataclass(frozen=True)
class Window:
    """Which days a period's figure looks at: the period itself, or the months up to its end.

    `months=0` is the period itself, `months=12` the rolling year, `to_date=True` the days since the last 1 April,
    `last_day=True` only the day on which the period ends.
    """

    months: int = 0
    to_date: bool = False
    last_day: bool = False

    def starts(self, periods: Periods) -> np.ndarray:
        """The first day of each period's window."""
        if self.last_day:
            return periods.ends
        if self.to_date:
            first = (periods.ends.astype("datetime64[M]") - 3).astype("datetime64[Y]").astype("datetime64[M]") + 3
            return first.astype(DAY)
        return held_since(periods.ends, self.months) if self.months else periods.starts


in_period = Window()
year_to_date = Window(to_date=True)
last_day = Window(last_day=True)


def rolling(months: int) -> Window:
    """The window of the `months` ending on each period's last day."""
    return Window(months=months)


@dataclass(frozen=True)
class Periods:
    """The periods that measures are asked about, oldest first.

    `starts` and `ends` are `datetime64[D]` arrays, both days included; `grain` is "month" or "quarter".
    """

    grain: str
    starts: np.ndarray = field(repr=False)
    ends: np.ndarray = field(repr=False)

    @classmethod
    def months(cls, ending, count: int) -> Periods:
        """The `count` calendar months up to the one that ends on `ending`."""
        return cls._spaced("month", ending, count, 1)

    @classmethod
    def quarters(cls, ending, count: int) -> Periods:
        """The `count` quarters up to the one that ends on `ending`."""
        return cls._spaced("quarter", ending, count, 3)

    @classmethod
    def of(cls, grain: str, ending, count: int) -> Periods:
        """Months or quarters by the name of the grain."""
        if grain not in ("month", "quarter"):
            raise PeriodError(f'A grain is "month" or "quarter"; found "{grain}".')
        return cls.months(ending, count) if grain == "month" else cls.quarters(ending, count)

    @classmethod
    def _spaced(cls, grain: str, ending, count: int, step: int) -> Periods:
        last = day(ending)
        month = last.astype("datetime64[M]")
        if (month + 1).astype(DAY) - 1 != last:
            raise PeriodError(f"A {grain} ends on the last day of a month; {last} is not one.")
        if step == 3 and int(month.astype(int) % 12) not in (2, 5, 8, 11):
            raise PeriodError(f"A quarter ends in March, June, September or December; {last} does not.")
        if count < 1:
            raise PeriodError(f"At least one {grain} is needed; {count} were asked for.")
        ends = month - step * np.arange(count - 1, -1, -1)
        return cls(grain, (ends - step + 1).astype(DAY), (ends + 1).astype(DAY) - 1)

    def __len__(self) -> int:
        return len(self.ends)
