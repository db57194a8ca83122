"""Rates that allow for a different mix of ages (or other groups): direct rates, indirect ratios, groups by rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from incare.stats import intervals

FEWEST_EVENTS = 10


class StandardiseError(ValueError):
    """A table that cannot be standardised, with what to change."""


def direct(
    frame: pd.DataFrame,
    by: Sequence[str] = (),
    per: float = 10_000,
    level: float = 0.95,
    fewest: int = FEWEST_EVENTS,
    blank_is_none: bool = False,
) -> pd.DataFrame:
    """The rate each area would have with the standard population's mix, with Dobson's limits.

    `frame` has a row per area (the columns `by`) and stratum: `count, population, standard`. Returns a row per area:
    `count, population, value, lower, upper, status`, in order of first appearance. `status` is "low" and the figures
    are missing where fewer than `fewest` events were counted: the limits do not hold there. A stratum with events or a
    standard but no population leaves its area's figure missing, status "x". `blank_is_none` reads a blank count (and
    what else is blank in its row) as none, as tables of events leave out what did not happen; else it is refused.

    Raises `StandardiseError` for missing columns, negative or missing numbers.

    **Source** Dobson, Kuulasmaa, Eberle and Scherer (1991), Statistics in Medicine 10, 457–462; OHID, Technical Guide.
    """
    rows = _checked(frame, by, ("count", "population", "standard"), blank_is_none)
    empty = (rows["population"] == 0) & ((rows["count"] > 0) | (rows["standard"] > 0))
    people = rows["population"].where(rows["population"] > 0, 1.0)
    parts = rows.assign(
        weighted=rows["standard"] * rows["count"] / people,
        variance=rows["standard"] ** 2 * rows["count"] / people**2,
        empty=empty.astype(float),
    )
    sums = _sums(parts, by, ["count", "population", "standard", "weighted", "variance", "empty"])
    total, value = sums["count"], sums["weighted"] / sums["standard"]
    # Byar's limits of the total, stretched by what the weights add to its variance.
    spread = np.sqrt(sums["variance"] / sums["standard"] ** 2 / total.where(total > 0))
    low, high = intervals.byar(total.to_numpy(), level)
    few, broken = total < fewest, (sums["empty"] > 0) | (sums["standard"] <= 0)
    shown = ~(few | broken)
    out = {
        "value": per * value.where(shown),
        "lower": per * (value + spread * (low - total)).where(shown),
        "upper": per * (value + spread * (high - total)).where(shown),
        "status": np.select([broken, few], ["x", "low"], "ok"),
    }
    return sums[["count", "population"]].assign(**out).reset_index(drop=not by)


def indirect(
    frame: pd.DataFrame, by: Sequence[str] = (), per: float = 1.0, level: float = 0.95, blank_is_none: bool = False
) -> pd.DataFrame:
    """What was counted over what the reference rates would give in the same population, with limits.

    `frame` has a row per area (the columns `by`) and stratum: `count, population, reference_count,
    reference_population`. Returns a row per area: `observed, expected, value, lower, upper, status`; the limits are
    exact for fewer than 10 events, Byar's from 10. Where nothing is expected, the figures are missing, status "x".
    `blank_is_none` is as for `direct`.

    Raises `StandardiseError` for missing columns, negative or missing numbers, or a reference population of 0.

    **Source** Breslow and Day (1987), Statistical Methods in Cancer Research II; OHID, Technical Guide.
    """
    columns = ("count", "population", "reference_count", "reference_population")
    rows = _checked(frame, by, columns, blank_is_none)
    if (rows["reference_population"] <= 0).any():
        row = int(np.flatnonzero(rows["reference_population"] <= 0)[0])
        raise StandardiseError(f"Row {row}: a reference population above 0 was needed in every stratum.")
    expected = rows["population"] * rows["reference_count"] / rows["reference_population"]
    sums = _sums(rows.assign(expected=expected), by, ["count", "expected"])
    observed, known = sums["count"].to_numpy(float), sums["expected"].where(sums["expected"] > 0)
    low, high = intervals.rate(observed, known, per, level)
    value = per * sums["count"] / known
    status = np.where(known.isna(), "x", "ok")
    out = sums.rename(columns={"count": "observed"}).assign(value=value, lower=low, upper=high, status=status)
    return out.reset_index(drop=not by)


def quantile_groups(values, groups: int = 4, by=None, highest_first=False) -> np.ndarray:
    """Each value's group by rank, 1 to `groups`: 1 holds the lowest values, or the highest where `highest_first`.

    Equal values share the lower rank, so they share a group. `by` ranks within sets; `highest_first` is one truth or
    one for each value. Missing values have none (NaN); ranks count only those with a value. With fewer values than
    groups some groups stay empty.

    **Source** PHEindicatormethods, `phe_quantile`: group = k + 1 - ⌈(n + 1 - rank) × k / n⌉, at least 1.
    """
    if groups < 2:
        raise StandardiseError(f"Two or more groups were needed; found {groups}.")
    v = pd.Series(np.asarray(values, float))
    sign = np.where(np.broadcast_to(np.asarray(highest_first, bool), v.shape), -1.0, 1.0)
    sets = pd.Series(0, index=v.index) if by is None else pd.Series(np.asarray(by, dtype=object))
    grouped = (v * sign).groupby(sets, dropna=False)
    rank, n = grouped.rank(method="min"), grouped.transform("count")
    # Rounded, so that a share such as 3 × 4 / 12 is not a hair above 1.
    share = np.round((n + 1 - rank) * groups / n.where(n > 0), 9)
    return np.maximum(groups + 1 - np.ceil(share), 1).to_numpy(float)


def _checked(frame: pd.DataFrame, by: Sequence[str], columns: Sequence[str], blank_is_none: bool) -> pd.DataFrame:
    missing = [name for name in (*by, *columns) if name not in frame]
    if missing:
        raise StandardiseError(f"Standardising needs the columns {', '.join(columns)}; missing: {', '.join(missing)}.")
    rows = frame[[*by, *columns]].reset_index(drop=True)
    numbers = rows[list(columns)].astype(float)
    if blank_is_none:
        nothing = numbers["count"].isna()
        numbers = numbers.where(~nothing, numbers.fillna(0))
    for name in columns:
        wrong = ~np.isfinite(numbers[name]) | (numbers[name] < 0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise StandardiseError(f"Row {row}, column {name}: a number of 0 or more was needed in every stratum.")
    rows[list(columns)] = numbers
    return rows


def _sums(rows: pd.DataFrame, by: Sequence[str], columns: list[str]) -> pd.DataFrame:
    if not by:
        return rows[columns].sum().to_frame().T
    return rows.groupby(list(by), sort=False, dropna=False)[columns].sum()
