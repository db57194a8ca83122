"""Where the level of a series changes, with a strict penalty. Exploratory: a hint of where to look, never a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.stats import calendar


@dataclass(frozen=True)
class Strictness:
    """How much better a further level must fit: `penalty` times BIC; `shortest` periods of a level; `most` changes."""

    penalty: float = 3.0
    shortest: int = 4
    most: int = 4


STRICT = Strictness()
COLUMNS = [*calendar.KEY, "date", "before", "after", "exploratory"]


def of_series(
    frame: pd.DataFrame, windows: Mapping[str, int] | None = None, strictness: Strictness = STRICT
) -> pd.DataFrame:
    """The changes of level of every series of a tidy table: one row per change, none for a series without.

    `frame` and `windows` are as `trend.of_series` takes them. Measures that look back over more than their own period
    change bit by bit and are left out: ask the monthly events. Columns: the key; `date`, the end of the first period at
    the new level; `before` and `after`, the means on either side up to the next change; `exploratory`, always true.

    Raises `calendar.SeriesError` for a table that cannot be read.

    **Source** Auger and Lawrence (1989), Bulletin of Mathematical Biology 51 (exact partition); Yao (1988), Statistics
    and Probability Letters 6 (BIC for the number of changes), here three times as strict.
    """
    rows = calendar.checked(frame)
    names = calendar.keys(rows)
    ends = rows.set_index(["series", "month"])["period_end"]
    found = []
    for group in calendar.laid(rows, (names["points"] >= 2 * strictness.shortest).to_numpy(), windows):
        if group.window > group.step:
            continue
        starts = changes(group.figures, strictness)
        which, place = np.nonzero(starts)
        if not len(which):
            continue
        segment = np.cumsum(starts, axis=1)
        levels = pd.Series(group.figures.ravel()).groupby([np.repeat(group.rows, len(group.months)), segment.ravel()])
        means = levels.mean()
        series, number = group.rows[which], segment[which, place]
        part = names.loc[series, calendar.KEY].reset_index(drop=True)
        part["date"] = ends.loc[list(zip(series, group.months[place], strict=True))].to_numpy()
        part["before"] = means.loc[list(zip(series, number - 1, strict=True))].to_numpy()
        part["after"] = means.loc[list(zip(series, number, strict=True))].to_numpy()
        found.append(part.assign(exploratory=True, order=series))
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(found).sort_values(["order", "date"], kind="stable")[COLUMNS].reset_index(drop=True)


def changes(values: np.ndarray, strictness: Strictness = STRICT) -> np.ndarray:
    """True at each place where a new level starts; `values` and the answer are series × periods, without gaps.

    For each number of levels the best are found exactly; each further level must take `penalty` times BIC off what is
    left over, in units of the variance that was left before it. Under about 18 periods nothing can meet that.
    """
    y = values - values.mean(axis=1, keepdims=True)
    n, short = y.shape[1], strictness.shortest
    most = min(strictness.most, n // short - 1)
    sums, squares = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (y, y**2))
    best = np.full((most + 1, len(y), n + 1), np.inf)
    came = np.zeros((most + 1, len(y), n + 1), int)
    # Each end builds on the ends before it, so this goes period by period, over all series at once.
    for end in range(short, n + 1):
        first = np.arange(0, end - short + 1)
        inside = squares[:, [end]] - squares[:, first] - (sums[:, [end]] - sums[:, first]) ** 2 / (end - first)
        best[0, :, end] = inside[:, 0]
        for more in range(1, most + 1):
            total = best[more - 1][:, first] + inside
            came[more, :, end] = total.argmin(axis=1)
            best[more, :, end] = total.min(axis=1)
    left = best[:, :, n]
    # A level costs a mean and a place, in units of the variance there was before it: likelihoods alone would make too
    # little of it where a series is short. What is left of an exact fit is the computer's rounding.
    dear = strictness.penalty * 2 * np.log(n) / n
    price = (-n * np.log1p(-dear) if dear < 1 else np.inf) * np.arange(1, most + 1)
    price = np.r_[0.0, price]
    floor = 1e-20 * (values**2).sum(axis=1) + 1e-300
    wanted = (n * np.log(np.maximum(left, floor)) + price[:, None]).argmin(axis=0)
    starts = np.zeros(y.shape, bool)
    rows, at = np.arange(len(y)), np.full(len(y), n)
    for more in range(most, 0, -1):
        on = wanted >= more
        at = np.where(on, came[more, rows, at], at)
        starts[rows[on], at[on]] = True
    return starts
