"""Histories as read: checked, spaced evenly, and laid out as one matrix of rows × steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.periods import add_months

COLUMNS = ("unique_id", "ds", "y", "n", "kind", "measure")
KINDS = ("count", "percent", "rate")
FEWEST = 4
# Steps in a year by the months between two dates.
CYCLES = {1: 12, 3: 4, 6: 2, 12: 1}
WEEK = 0


class HistoryError(ValueError):
    """A history that cannot be forecast, with what to change."""


@dataclass(frozen=True)
class Panel:
    """Series of one spacing, the latest step last, NaN only in front.

    `history` (the values) and `sizes` (denominators, NaN where unknown) are rows × steps; `kinds` says count, percent
    or rate; `last` holds the last dates; `months` is the spacing, 0 meaning a week. `measures` names what each row
    measures, "" where that was not said.
    """

    ids: np.ndarray
    history: np.ndarray
    sizes: np.ndarray
    kinds: np.ndarray
    last: np.ndarray
    months: int
    measures: np.ndarray

    @property
    def cycle(self) -> int:
        """Steps in a year: 12 for months, 4 for quarters; 1 where no season is looked for."""
        return CYCLES.get(self.months, 1)

    def dates(self, horizon: int) -> np.ndarray:
        """The dates after the last, rows × horizon; month ends stay month ends."""
        ahead = np.arange(1, horizon + 1)
        if self.months == WEEK:
            return self.last[:, None] + 7 * ahead.astype("timedelta64[D]")
        later = add_months(np.repeat(self.last[:, None], horizon, axis=1), ahead[None, :] * self.months)
        month = later.astype("datetime64[M]")
        at_end = (self.last + 1).astype("datetime64[M]") > self.last.astype("datetime64[M]")
        return np.where(at_end[:, None], (month + 1).astype("datetime64[D]") - 1, later)


def read(history: pd.DataFrame) -> list[Panel]:
    """The history as panels, one for each spacing found.

    `history` has `unique_id`, `ds` (period end), `y`, and may have `n` (denominators), `kind` ("count", "percent" or
    "rate") and `measure` (series of one measure are areas). Without `kind`, a series with `n` is percentages, whole
    numbers are counts, and others are rates.

    Raises `HistoryError` for unknown or missing columns, dates or values that are missing, duplicates, gaps, fewer
    than four points, and values outside what the kind can take.
    """
    frame = _typed(history)
    each = [_one(name, part) for name, part in frame.groupby("unique_id", sort=False)]
    _refuse_ended(each)
    return [_stack([one for one in each if one.months == months]) for months in dict.fromkeys(o.months for o in each)]


@dataclass(frozen=True)
class _Series:
    name: object
    history: np.ndarray
    sizes: np.ndarray
    kind: str
    last: np.datetime64
    months: int
    measure: str


def _typed(history: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS[:3] if name not in history]
    unknown = [str(name) for name in history if name not in COLUMNS]
    if missing or unknown:
        wrong = f"{', '.join(missing)} missing" if missing else f"{', '.join(unknown)} not known"
        raise HistoryError(
            f"A history has the columns unique_id, ds, y and perhaps n, kind and measure; found {wrong}."
        )
    if history.empty:
        raise HistoryError("The history has no rows; at least four points of one series are needed.")
    frame = pd.DataFrame({"unique_id": history["unique_id"].to_numpy()})
    # With time zones side by side a column has no one type; without utc that is an error of its own.
    # As text 2018 is a year; as a number pandas would come to count it from 1970.
    written = history["ds"].astype("str") if pd.api.types.is_numeric_dtype(history["ds"]) else history["ds"]
    days = pd.to_datetime(written, errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
    frame["ds"] = days.to_numpy("datetime64[ns]")
    for name in ("y", "n"):
        given = history[name] if name in history else pd.Series(np.nan, index=history.index)
        frame[name] = pd.to_numeric(given, errors="coerce").to_numpy(float, na_value=np.nan)
    for name in ("kind", "measure"):
        frame[name] = history[name].to_numpy() if name in history else None
    for name, what in (("unique_id", "a name"), ("ds", "a date (yyyy-mm-dd)"), ("y", "a number")):
        bad = frame[name].isna() | (np.isinf(frame["y"]) if name == "y" else False)
        if bad.any():
            row = int(np.flatnonzero(bad)[0]) + 1
            raise HistoryError(
                f"{name} is not {what} in {int(bad.sum())} of {len(frame)} rows, first in row {row}; "
                "fill these rows, or start the series after them."
            )
    return frame.sort_values("ds", kind="stable")


def _one(name, part: pd.DataFrame) -> _Series:
    dates = part["ds"].to_numpy("datetime64[D]")
    twice = dates[1:][dates[1:] == dates[:-1]]
    if len(twice):
        raise HistoryError(f'Series "{name}" has {twice[0]} more than once; keep one row for each date.')
    if len(part) < FEWEST:
        raise HistoryError(f'Series "{name}" has {len(part)} points; a forecast needs at least {FEWEST}.')
    values, sizes = part["y"].to_numpy(), part["n"].to_numpy()
    kind = _kind(name, part, values, sizes)
    measure = part["measure"].dropna().unique()
    if len(measure) > 1:
        raise HistoryError(f'Series "{name}" names {len(measure)} measures; a series has one, the same in every row.')
    return _Series(name, values, sizes, kind, dates[-1], _spacing(name, dates), str(*measure) if len(measure) else "")


def _refuse_ended(each: list[_Series]) -> None:
    """An area whose series ended before those of the others was reorganised, or did not report: it has no next year."""
    latest: dict[tuple, np.datetime64] = {}
    for one in each:
        group = one.measure, one.months
        latest[group] = max(one.last, latest.get(group, one.last))
    ended = [one for one in each if one.measure and one.last < latest[one.measure, one.months]]
    if ended:
        first = ended[0]
        raise HistoryError(
            f'{len(ended)} of {len(each)} series end before the others of their measure, the first "{first.name}" on '
            f"{first.last}, the others on {latest[first.measure, first.months]}. An area that was reorganised cannot "
            "be forecast: leave it out, or give the new area's series with that of the areas before it."
        )


def _spacing(name, dates: np.ndarray) -> int:
    months = dates.astype("datetime64[M]").astype(int)
    step = int(np.diff(months).min())
    days = np.diff(dates).astype(int)
    weekly = days.min() == 7 and (days % 7 == 0).all()
    if weekly:
        place, step = (dates - dates[0]).astype(int) // 7, WEEK
    elif step in CYCLES and (np.diff(months) % step == 0).all():
        place = (months - months[0]) // step
    else:
        raise HistoryError(
            f'The dates of series "{name}" are not one month, quarter, half-year, year or week apart; '
            "give one row for each period, dated by its end."
        )
    absent = np.setdiff1d(np.arange(place[-1] + 1), place)
    if len(absent):
        first = dates[0] + 7 * int(absent[0]) if weekly else np.datetime64(int(months[0] + step * absent[0]), "M")
        raise HistoryError(
            f'Series "{name}" has {len(absent)} missing period{"s" * (len(absent) > 1)}, the first {first}; '
            "add the rows, or start the series after the gap."
        )
    return step


def _kind(name, part, values, sizes) -> str:
    given = part["kind"].dropna().unique()
    if len(given) > 1 or (len(given) and given[0] not in KINDS):
        raise HistoryError(f'The kind of series "{name}" is one of {", ".join(KINDS)}, the same in every row.')
    known = ~np.isnan(sizes)
    if known.any() and not (known & (sizes > 0)).all():
        raise HistoryError(
            f'n of series "{name}" is missing or not above 0 in {int((~known | (sizes <= 0)).sum())} rows; '
            "give it for every row of a series or for none."
        )
    kind = str(given[0]) if len(given) else _guessed(values, known.any())
    highest = 100 if kind == "percent" else np.inf
    outside = (values < 0) | (values > highest)
    if outside.any():
        allowed = "from 0 to 100" if kind == "percent" else "0 or more"
        raise HistoryError(
            f'Series "{name}" holds {int(outside.sum())} values outside its kind; a {kind} is {allowed}.'
        )
    return kind


def _guessed(values, with_sizes: bool) -> str:
    if with_sizes:
        return "percent"
    return "count" if (values == np.floor(values)).all() else "rate"


def _stack(each: list[_Series]) -> Panel:
    width = max(len(one.history) for one in each)
    values, sizes = np.full((2, len(each), width), np.nan)
    for row, one in enumerate(each):
        values[row, width - len(one.history) :] = one.history
        sizes[row, width - len(one.sizes) :] = one.sizes if one.kind == "percent" else np.nan
    return Panel(
        ids=np.array([one.name for one in each], dtype=object),
        history=values,
        sizes=sizes,
        kinds=np.array([one.kind for one in each]),
        last=np.array([one.last for one in each]),
        months=each[0].months,
        measures=np.array([one.measure for one in each], dtype=object),
    )
