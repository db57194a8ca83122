"""Which method forecasts which kind of series, and the forecast itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.forecast import calibrate, counts, percentages, pooled
from incare.forecast.combine import Combined
from incare.forecast.counts import DiscountedCounts
from incare.forecast.exponential import simple
from incare.forecast.last_value import last_value
from incare.forecast.panel import FEWEST, HistoryError, Panel, read
from incare.forecast.percentages import DiscountedShares
from incare.forecast.rolling import Rolling, earlier
from incare.forecast.seasonal_naive import SeasonalNaive

SHORT = 13
SMALL = 30
# Rolling origins a method is judged and its intervals are calibrated on; at least one for each step ahead.
ORIGINS = 8
# A method must lose by a tenth before it shares its place: on the public series measured, sharing at any loss cost
# quarters .008 of OWA, and handing over to the baseline altogether cost quarters .037 and months .040.
LOSS = 1.1
# Half a child, or half a percentage point: changes smaller than that cannot be seen in a printed figure.
LEAST = {"count": 0.5, "percent": 0.5, "rate": 0.0}


LAST, SAME = "last value", "same period last year"
COMBINED, DAMPED, DAMPED_COUNTS = "Theta and damped trend", "damped", "damped counts"
COUNTS, SHARES = "discounted counts", "discounted shares and Theta"
POOLED, SHARED = "pooled over areas", f"{COMBINED}, season of all areas"


@dataclass(frozen=True)
class Ahead:
    """Forecasts from one origin: `mean` and each level's `limits` (low, high), rows × horizon; `method` by row."""

    mean: np.ndarray
    limits: dict[int, tuple[np.ndarray, np.ndarray]]
    method: np.ndarray


def series(
    history: pd.DataFrame, horizon: int, seasonal: bool | int | None = None, level: tuple[int, ...] = (80, 95)
) -> pd.DataFrame:
    """Forecasts of every series for the next `horizon` periods, with intervals and the method's name.

    `history` has `unique_id`, `ds` (period end), `y`, and may have `n` (the denominators of percentages), `kind`
    ("count", "percent" or "rate") and `measure`: ten or more short series of one measure are areas whose changes are
    pooled. Without `kind`, a series with `n` is percentages, whole numbers are counts, others
    rates. `seasonal` is False for no season or a number of steps in a cycle; None takes it from the spacing of `ds`
    (12 for months, 4 for quarters). A season is used only with three full cycles and as far as it stands out of the
    noise. `level` names the intervals, in percent.

    Returns `unique_id, ds, mean, lo80, hi80, lo95, hi95, method`, in the units of `y`, series in order of first
    appearance. Percentages stay within 0 to 100, counts and rates above 0; intervals never narrow with the horizon.
    Widths of large counts, rates and percentages without `n` are calibrated on the series given together, so they
    change a little with the company a series keeps; means do not.

    Raises `HistoryError` for a history that cannot be forecast.

    **Source** the methods' own files; choice and calibration measured by `tests/bench/forecast_accuracy.py`.
    """
    horizon, levels = whole(horizon, "The horizon"), _levels(level)
    parts = [_table(panel, horizon, levels, cycle(panel, seasonal)) for panel in read(history)]
    order = pd.unique(history["unique_id"])
    table = pd.concat(parts, ignore_index=True)
    rank = pd.Categorical(table["unique_id"], categories=order, ordered=True).codes
    return table.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)


def whole(number: int, name: str) -> int:
    """A whole number of at least 1; raises `HistoryError` naming what it is for."""
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise HistoryError(f"{name} is a whole number of periods, 1 or more; found {number}.")
    return int(number)


def cycle(panel: Panel, seasonal: bool | int | None) -> int:
    """Steps in a cycle: as asked, or from the spacing of the panel."""
    if seasonal is None or seasonal is True:
        return panel.cycle
    return whole(seasonal or 1, "seasonal")


def methods(period: int, measures=()) -> dict:
    """Every method for a cycle of `period` steps, as functions of (history, sizes, horizon).

    Each of the `measures` named has a method of its own, as its areas are forecast together.
    """
    shared = {
        _shared(name): lambda history, sizes, horizon: (pooled.with_shared_season(history, horizon, period),)
        for name in pd.unique(np.asarray(measures, dtype=object))
        if name
    }
    return shared | {
        LAST: lambda history, sizes, horizon: (last_value(history, horizon),),
        SAME: lambda history, sizes, horizon: (SeasonalNaive(period)(history, horizon),),
        DAMPED: lambda history, sizes, horizon: (simple(history, horizon),),
        COMBINED: lambda history, sizes, horizon: (Combined(period)(history, horizon),),
        COUNTS: lambda history, sizes, horizon: DiscountedCounts(period).predictive(history, horizon),
        DAMPED_COUNTS: _damped_counts,
        SHARES: lambda history, sizes, horizon: DiscountedShares(period).predictive(history, sizes, horizon),
    }


def _shared(measure: str) -> str:
    return f"{SHARED} ({measure})"


def _damped_counts(history, sizes, horizon):
    """A smoothed level with the spread of counts: short whole numbers are often rounded rates, which stay put."""
    return simple(history, horizon), DiscountedCounts().predictive(history, horizon)[1]


def choose(history: np.ndarray, sizes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """The method for each row, by kind, size and length of its history alone.

    Percentages with denominators: discounted shares. Counts with a median under 30: discounted counts. Everything
    else: Theta and damped trend. Under 13 points, a smoothed level whose trend is damped to none takes the place of
    the last two.
    """
    known = ~np.isnan(history)
    middle = np.nanmedian(np.where(known.any(axis=1, keepdims=True), history, 0), axis=1)
    short, small = known.sum(axis=1) < SHORT, (kinds == "count") & (middle < SMALL)
    return np.select(
        [(kinds == "percent") & ~np.isnan(sizes[:, -1]), small & short, small, short],
        [SHARES, DAMPED_COUNTS, COUNTS, DAMPED],
        COMBINED,
    ).astype(object)


def forecast(
    rolling: Rolling,
    kinds: np.ndarray,
    period: int,
    levels: tuple[int, ...],
    back: int = 0,
    measures: np.ndarray | None = None,
) -> Ahead:
    """The forecast as it would have been made `back` steps ago, from what was known then."""
    history, sizes = earlier(rolling.history, back), earlier(rolling.sizes, back)
    chosen = choose(history, sizes, kinds)
    if measures is not None and period > 1:
        for rows in _together(measures, chosen == COMBINED):
            chosen[rows] = _shared(measures[rows][0])
    points = (~np.isnan(history)).sum(axis=1)
    enough = points >= FEWEST
    blank = np.full((len(history), rolling.horizon), np.nan)
    whole_panel = Ahead(blank.copy(), {level: (blank.copy(), blank.copy()) for level in levels}, chosen.copy())
    together = _together(measures, enough & (points < SHORT))
    for rows in together:
        mean, limits = pooled.areas(history[rows], rolling.horizon, levels)
        mean, limits = bounded(mean, limits, np.where(kinds[rows] == "percent", 100, np.inf)[:, None])
        whole_panel.mean[rows], whole_panel.method[rows] = mean, POOLED
        for level, sides in zip(levels, limits, strict=True):
            for side in (0, 1):
                whole_panel.limits[level][side][rows] = sides[side]
    alone = enough & ~np.logical_or.reduce([*together, np.zeros(len(enough), bool)])
    for name in pd.unique(chosen[alone]):
        rows = alone & (chosen == name)
        part = _one_method(rolling, name, rows, kinds[rows], period, levels, back)
        whole_panel.mean[rows], whole_panel.method[rows] = part.mean, part.method
        for level in levels:
            for side in (0, 1):
                whole_panel.limits[level][side][rows] = part.limits[level][side]
    return whole_panel


def _together(measures: np.ndarray | None, among: np.ndarray) -> list[np.ndarray]:
    """The rows of each measure that has enough series among those given to be forecast together."""
    if measures is None:
        return []
    groups = [among & (measures == name) for name in pd.unique(measures) if name]
    return [rows for rows in groups if rows.sum() >= pooled.FEWEST_AREAS]


def _one_method(rolling, name, rows, kinds, period, levels, back) -> Ahead:
    mean, *rest = rolling.ahead(name, back, rows)
    origins = max(ORIGINS, rolling.horizon)
    errors = rolling.errors(name, back, origins, rows)
    short = (~np.isnan(earlier(rolling.history, back)[rows])).sum(axis=1) < SHORT
    label = np.where(short, f"{name} (short history)", name).astype(object)
    least = np.array([LEAST[kind] for kind in kinds])
    for baseline, loses in _losing(rolling, errors, rows, back, origins, least):
        loses = loses & ~short
        share = np.where(loses, 0.5, 0)
        mean = mean + share[:, None] * (rolling.ahead(baseline, back, rows)[0] - mean)
        errors = errors + share[:, None] * (rolling.errors(baseline, back, origins, rows) - errors)
        label[loses] = f"{name}, averaged with {baseline}, which it did not beat in the back-test"
    if rest:
        around = percentages.limits if name == SHARES else counts.limits
        limits = [around(mean, *rest, level / 100) for level in levels]
    else:
        limits = [
            (mean - half, mean + half) for half in _widths(rolling.history[rows], errors, least, period, levels, back)
        ]
    highest = np.where(kinds == "percent", 100, np.inf)[:, None]
    mean, limits = bounded(mean, limits, highest)
    return Ahead(mean, dict(zip(levels, limits, strict=True)), label)


def _losing(rolling, errors, rows, back, origins, least):
    """For each baseline, the rows where it is the better one and beats the method by more than a tenth.

    A difference too small to be seen (a tenth of `least`, or rounding) is no loss.
    """
    missed = {name: rolling.errors(name, back, origins, rows) for name in (LAST, SAME)}
    own, last, same = (_mean_error(each) for each in (errors, missed[LAST], missed[SAME]))
    best = np.minimum(last, same)
    unseen = least / 10 + 1e-9 * np.nanmax(np.abs(earlier(rolling.history, back)[rows]), axis=1)
    loses = own > LOSS * best + unseen
    return [(LAST, loses & (last <= same)), (SAME, loses & (last > same))]


def _mean_error(errors: np.ndarray) -> np.ndarray:
    known = ~np.isnan(errors)
    return np.where(known, np.abs(errors), 0).sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1)


def _widths(history, errors, least, period, levels, back):
    spreads = np.stack([calibrate.spread(earlier(history, back + 1 + origin), period) for origin in range(len(errors))])
    now = calibrate.spread(earlier(history, back), period)
    short = (~np.isnan(earlier(history, back))).sum(axis=1) < SHORT
    # A spread from a handful of changes is mostly chance: half of today's stands in for it.
    spreads = np.where(short, np.sqrt(spreads * now), spreads)
    return calibrate.widths(errors, spreads, now, levels, period, least)


def bounded(mean: np.ndarray, limits: list, highest: np.ndarray) -> tuple[np.ndarray, list]:
    """Mean and limits within 0 and `highest`, in order, the widths never falling as the horizon grows.

    `limits` are (low, high) pairs from the narrowest level to the widest.
    """
    mean = np.clip(mean, 0, highest)
    inner = mean, mean
    result = []
    for low, high in limits:
        low, high = np.clip(np.minimum(low, inner[0]), 0, highest), np.clip(np.maximum(high, inner[1]), 0, highest)
        inner = _never_narrower(low, high, highest)
        result.append(inner)
    return mean, result


def _never_narrower(low: np.ndarray, high: np.ndarray, highest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each interval at least as wide as the one before, what it lacks added above and, at the top, below."""
    width = np.maximum.accumulate(high - low, axis=1)
    high = np.minimum(np.maximum(high, low + width), highest)
    return np.maximum(np.minimum(low, high - width), 0), high


def _levels(level) -> tuple[int, ...]:
    levels = tuple(sorted(level))
    if not levels or not all(0 < each < 100 for each in levels):
        raise HistoryError(f"level holds percentages between 0 and 100, such as (80, 95); found {level}.")
    return levels


def _table(panel: Panel, horizon: int, levels, period: int) -> pd.DataFrame:
    rolling = Rolling(panel.history, panel.sizes, horizon, methods(period, panel.measures))
    ahead = forecast(rolling, panel.kinds, period, levels, measures=panel.measures)
    columns = {
        "unique_id": np.repeat(panel.ids, horizon),
        "ds": panel.dates(horizon).ravel().astype("datetime64[ns]"),
        "mean": ahead.mean.ravel(),
    }
    for each in levels:
        columns[f"lo{each}"], columns[f"hi{each}"] = (side.ravel() for side in ahead.limits[each])
    return pd.DataFrame({**columns, "method": np.repeat(ahead.method, horizon)})
