"""Rising, falling or no clear change: a word for each series, only where a rule allows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.stats import autocorrelated, calendar, mann_kendall, recent_trend

RISING, FALLING, NO_CLEAR_CHANGE, NOT_TESTED = "rising", "falling", "no clear change", "not tested"
AVERAGED = "slope with AR(1) errors, averaged over the autocorrelation"
RECENT = "Fingertips recent trend, last five annual points, 99.8%"
COLUMNS = ["word", "slope", "lower", "upper", "level", "sen_slope", "sen_end", "autocorrelation", "method", "status"]


@dataclass(frozen=True)
class Rule:
    """When a trend may be named: `level` of the interval that must exclude no change, `fewest` points, `season` terms.

    With `season`, a yearly wave (two for months) is taken out beside the trend, unless the measure's window covers
    whole years. A series with fewer known periods than `fewest`, or with more unknown than known ones between its
    first and last, is not tested.
    """

    level: float = 0.95
    fewest: int = 12
    season: bool = False


RULE = Rule()


def of_series(frame: pd.DataFrame, windows: Mapping[str, int] | None = None, rule: Rule = RULE) -> pd.DataFrame:
    """A trend of every series of a tidy table: one row per area, measure, breakdown, category and grain.

    `frame` has the series columns (at least `area, measure, period_end, grain, breakdown, category, value`, and where
    there are any `status`, `definition_version`, `numerator, denominator, lower, upper, unit`), in any order. `windows`
    maps measures to the months that each value looks back over, such as 12 for a rolling year; the overlap of
    neighbouring values is then part of the test, and `method` says so. Rows of other definitions than the newest, and
    values that are not shown, are left out.

    Added to the key: `points, missing, first, last` (see `calendar.keys`); `word`; `slope` per year with `lower` and
    `upper` at `level`; `sen_slope` per year and `sen_end`, the height of Sen's line at the last period, for drawing;
    `autocorrelation`; `method`; `status`: "ok", "no values", "too few points", "too many gaps", "no overlap-free span"
    (a rolling measure seen for less than its own window). The word is "rising" or "falling" when the interval excludes
    0, else "no clear change", and "not tested" unless the status is "ok".

    Months and quarters: regression on time with AR(1) errors, averaged over the autocorrelation
    (`incare.stats.autocorrelated`). Years: Fingertips' recent trend of the last five.

    Raises `calendar.SeriesError` for a table that cannot be read.

    **Source** Zellner and Tiao (1964), J. Am. Stat. Assoc. 59, 763–778; Sen (1968), J. Am. Stat. Assoc. 63, 1379–1389;
    OHID Fingertips, Recent trends.
    """
    rows = calendar.checked(frame)
    out = calendar.keys(rows)
    out[COLUMNS] = pd.DataFrame([[NOT_TESTED, *[np.nan] * 7, "", "ok"]], columns=COLUMNS, index=out.index)
    annual = out["grain"].eq("year")
    back = out["measure"].map(dict(windows or {})).fillna(0)
    out["status"] = _status(out, back, annual, rule)
    ok = out["status"].eq("ok")
    for group in calendar.laid(rows, (ok & ~annual).to_numpy(), windows):
        found = _averaged(group, rule)
        out.loc[group.rows, list(found)] = pd.DataFrame(found, index=group.rows)
    _put_annual(out, rows, ok & annual)
    return out.reset_index(drop=True)


def _status(out: pd.DataFrame, back: pd.Series, annual: pd.Series, rule: Rule) -> np.ndarray:
    fewest = np.where(annual, recent_trend.POINTS, rule.fewest)
    span = (out["points"] + out["missing"] - 1) * out["grain"].map(calendar.STEP)
    return np.select(
        [out["points"] == 0, out["points"] < fewest, out["missing"] > out["points"], (span < back) & ~annual],
        ["no values", "too few points", "too many gaps", "no overlap-free span"],
        "ok",
    )


def terms_of_season(group: calendar.Laid, wanted: bool) -> np.ndarray:
    """Waves of a year (and of half a year, for months) as columns; none where they are not wanted or cannot be seen."""
    if not wanted or (group.window and group.window % 12 == 0) or group.step > 3:
        return np.empty((len(group.months), 0))
    angle = 2 * np.pi * group.months / 12
    waves = [np.cos(angle), np.sin(angle)]
    if group.step == 1:
        waves += [np.cos(2 * angle), np.sin(2 * angle)]
    return np.column_stack(waves)


def described(group: calendar.Laid, *more: str) -> str:
    """The method in words, with the widening for overlap and what else was taken into account."""
    overlap = f"widened for the overlap of {group.window}-month windows" if group.window > group.step else ""
    return ", ".join(part for part in (AVERAGED, overlap, *more) if part)


def _averaged(group: calendar.Laid, rule: Rule) -> dict[str, np.ndarray | str]:
    season = terms_of_season(group, rule.season)
    terms = np.column_stack([np.ones(len(group.months)), group.years, season])
    alike = autocorrelated.correlations(group.months, group.step, group.window)
    fit = autocorrelated.fit(group.figures, terms, alike)
    slope, lower, upper = fit.interval(np.eye(terms.shape[1])[1], rule.level)
    sen = mann_kendall.sen(group.figures, group.years)
    constant = np.ptp(group.figures, axis=1) == 0
    return {
        "word": np.select([constant, lower > 0, upper < 0], [NO_CLEAR_CHANGE, RISING, FALLING], NO_CLEAR_CHANGE),
        "slope": np.where(constant, 0.0, slope),
        "lower": np.where(constant, 0.0, lower),
        "upper": np.where(constant, 0.0, upper),
        "level": np.full(len(slope), rule.level),
        "sen_slope": sen,
        "sen_end": np.median(group.figures, axis=1) + sen * (group.years[-1] - np.median(group.years)),
        "autocorrelation": np.where(constant, np.nan, fit.autocorrelation),
        "method": np.full(len(slope), described(group, "season taken out" if season.size else ""), dtype=object),
    }


def _put_annual(out: pd.DataFrame, rows: pd.DataFrame, wanted: pd.Series) -> None:
    """Fill in the words of the annual series, shares by their counts and others by their limits."""
    known = rows[rows["y"].notna() & rows["series"].isin(wanted[wanted].index)]
    if known.empty:
        return
    last = known.groupby("series").tail(recent_trend.POINTS).sort_values(["series", "month"])
    numbers = last["series"].drop_duplicates().to_numpy()
    shape = (len(numbers), recent_trend.POINTS)
    names = ["y", "month", "numerator", "denominator", "lower", "upper"]
    figures = last.reindex(columns=names).astype(float)
    parts = {name: figures[name].to_numpy().reshape(shape) for name in names}
    in_a_row = parts["month"][:, -1] - parts["month"][:, 0] == 12 * (recent_trend.POINTS - 1)
    percent = last["unit"].eq("%").to_numpy().reshape(shape).all(axis=1) if "unit" in last else np.zeros(shape[0], bool)
    counted = np.isfinite(parts["numerator"]).all(axis=1) & (parts["denominator"] > 0).all(axis=1) & percent
    limited = (parts["upper"] > parts["lower"]).all(axis=1) & ~counted
    out.loc[numbers[~(counted | limited)], "status"] = "no counts or limits"
    out.loc[numbers[~in_a_row], "status"] = "too many gaps"
    for chosen, test, scale, sides in (
        (counted & in_a_row, recent_trend.of_shares, 100.0, ("numerator", "denominator")),
        (limited & in_a_row, recent_trend.of_limits, 1.0, ("y", "lower", "upper")),
    ):
        if not chosen.any():
            continue
        found = test(*(parts[name][chosen] for name in sides))
        reach = np.sqrt(recent_trend.CRITICAL) * found["error"]
        years = np.arange(recent_trend.POINTS) - (recent_trend.POINTS - 1) / 2
        y = parts["y"][chosen]
        sen = mann_kendall.sen(y, years)
        added = {
            "word": found["word"],
            "slope": scale * found["slope"],
            "lower": scale * (found["slope"] - reach),
            "upper": scale * (found["slope"] + reach),
            "level": 0.998,
            "sen_slope": sen,
            "sen_end": np.median(y, axis=1) + sen * years[-1],
            "method": RECENT,
        }
        where = numbers[chosen]
        out.loc[where, list(added)] = pd.DataFrame(added).set_axis(where, axis=0)
        months = parts["month"][chosen]
        out.loc[where, ["points", "missing"]] = [recent_trend.POINTS, 0]
        ends = last.set_index(["series", "month"])["period_end"]
        out.loc[where, "first"] = ends.loc[list(zip(where, months[:, 0].astype(int), strict=True))].to_numpy()
