"""Statistical process control: which points of a series are signals, and whether its target is met by chance.

Many series are answered at once. Limits: `spc_limits`; rules: `spc_rules`; words of the icons: `spc_icons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from incare.stats import spc_icons, spc_limits, spc_rules
from incare.stats.spc_limits import LIMITED, OF_PARTS, Points
from incare.stats.spc_rules import RuleSet, SpcError, rule_set

CHARTS = (*LIMITED, "run")
TRIAL_BELOW, LEAST_BASELINE = 13, 12
SIGN = {"higher": 1, "lower": -1, "neutral": 0, "neither": 0}
KEY = ["area", "measure", "breakdown", "category", "grain"]
LIMITS = ("ok", "trial", "constant", "stuck", "none")
PER = {"%": 100.0, "per 10,000": 10_000.0, "per 1,000": 1_000.0, "per 100,000": 100_000.0}


@dataclass(frozen=True)
class Settings:
    """How one table is charted.

    `chart`: xmr, i, mr, p, pp (p′), u, up (u′), c, g, t, xbar, s or run. `rules`: see `spc_rules.rule_set`. `better`:
    higher, lower, neutral. `target`: one number for all rows; a column `target` of the table is a trajectory. `rebase`:
    dates at which new limits begin. `screen`: leave out the largest moving ranges once. `baseline`: make each stretch's
    limits from its first points only. `cut`: the lowest and highest the limits may reach, as (0, 100); None for an
    open end. `per`: what the values are multiplied by, 100 for percentages of p charts. `trial_icons`: draw icons from
    fewer than 13 points too.
    """

    chart: str = "xmr"
    rules: str | RuleSet = "7/7"
    better: str = "neutral"
    target: float | None = None
    rebase: Sequence = ()
    screen: bool = True
    baseline: int | None = None
    cut: tuple[float | None, float | None] = (None, None)
    per: float = 1.0
    trial_icons: bool = False

    def __post_init__(self) -> None:
        """Refuse what no chart can be made with."""
        if self.chart not in CHARTS:
            raise SpcError(f"There is no chart {self.chart}; there are {', '.join(CHARTS)}.")
        if self.better not in SIGN:
            raise SpcError(f"better is higher, lower or neutral; found {self.better}.")
        if self.baseline is not None and self.baseline < LEAST_BASELINE:
            raise SpcError(f"A baseline has at least {LEAST_BASELINE} points; found {self.baseline}.")
        if self.target is not None and not np.isfinite(self.target):
            raise SpcError("A target is a finite number.")
        rule_set(self.rules)


def of_table(frame: pd.DataFrame, settings: Settings | None = None) -> pd.DataFrame:
    """The rows of a table of one or many series with their control limits, special causes and icons.

    `frame` has `date, value`, and perhaps `facet` (which series), `n` (denominator or size of a subgroup; needed by
    p, p′, u, u′, xbar and s), `sd` (of a subgroup, for xbar) and `target` (a trajectory). Rows may stand in any order
    and come back in it, with added:

    - `mean, lcl, ucl`: centre line and limits, in the value's unit; missing where none can be made (`limits` says so);
    - `special_cause`: which rule the point meets, in words; "" for common cause; `point`: what it means by `better`;
    - `variation`: of the latest point of the series, the same on all its rows: common cause, improvement, concern,
      higher, lower; "too few points" under 13 since the last rebase; "no figure" when the latest value is missing;
    - `assurance`: passes, fails, hit or miss (against the latest limits); "" without a target;
    - `limits`: ok; trial (under 13 points), constant (all values equal), stuck (more than half of the values share the
      lowest or highest), none (a single point); `phase` counts rebases from 1; `missing_before` is how many periods
      are missing between this row and the one before; `rules` names the rule set;
    - with the rules "anhoej", `runs_signal`: whether the stretch has an unusually long run or few crossings.

    Raises `SpcError` for missing columns, no rows, dates that cannot be read, two rows for one date of a series, values
    that are not numbers or not finite, denominators that are not above 0 beside a value, a rebase date that matches no
    row, and a target without a better direction.

    **Source** as the docstrings of `spc_limits.limits` and `spc_rules.rule_set` say.
    """
    settings = settings or Settings()
    rows = _read(frame, settings)
    if settings.better in ("neutral", "neither") and not np.isnan(rows.target).all():
        raise SpcError("A target needs a direction: say whether higher or lower is better.")
    return _attached(frame, rows, _charted(rows, settings))


def of_series(
    frame: pd.DataFrame,
    chart: str | Mapping[str, str] = "xmr",
    rules: str | RuleSet = "7/7",
    rebase: Sequence | Mapping[str, Sequence] = (),
    screen: bool = True,
    baseline: int | None = None,
) -> pd.DataFrame:
    """The tidy series with control limits, special causes and icons added, rows in the order given.

    `frame` has the columns of a series (`area, measure, period_start, period_end, grain, breakdown, category,
    numerator, denominator, value, unit, better, definition_version, status`) and perhaps `target`, from
    `compare.targets`. Adds the columns of `of_table`. Each series begins new limits where `definition_version` changes
    and at the dates of `rebase`: a list for all measures, or `{measure: dates}`; a date stands for the period that it
    lies in. Values count where `status` is ok or low. Limits are cut at 0, and at 100 for percentages. `chart` is one
    for all, or `{measure: chart}` with xmr for the others; p, p′, u and u′ need the denominators, which protected
    series may hide: such periods count as missing. A target of a measure without a better direction gives the
    assurance "no direction".

    Limits assume that periods are independent. Where the same children are counted again and again (a stock, or a
    window of twelve months) neighbouring values are alike, limits come out too narrow and runs too common.

    Raises `SpcError` for missing columns, two rows of one series and period, values that are not finite, a chart that
    does not exist, and a rebase date or measure that matches nothing.
    """
    needed = [*KEY, "period_start", "period_end", "value", "unit", "better", "definition_version", "status"]
    _require(frame, needed)
    if isinstance(chart, str):
        of = np.full(len(frame), chart, object)
    else:
        _known_measures(frame, chart, "chart")
        of = _looked_up(frame["measure"], chart, "xmr")
    whole = frame.reset_index(drop=True)
    starts = _rebased(whole, rebase)
    parts = []
    for name in pd.unique(of):
        setting = Settings(chart=name, rules=rules, screen=screen, baseline=baseline)
        mine = np.flatnonzero(of == name)
        part = whole.iloc[mine]
        rows = _of_tidy(part, starts[mine], setting)
        parts.append(_attached(part, rows, _charted(rows, setting)))
    if not parts:
        return _attached(frame, *_nothing(rules))
    out = parts[0] if len(parts) == 1 else _together(parts)
    return out.set_axis(frame.index)


# Reading tables


@dataclass(frozen=True)
class _Rows:
    """Rows sorted by series and date; `order` is where each came from. Missing values are NaN."""

    order: np.ndarray | None
    value: np.ndarray
    first: np.ndarray
    rebased: np.ndarray
    missing_before: np.ndarray
    target: np.ndarray
    sign: np.ndarray
    low: np.ndarray | float
    high: np.ndarray | float
    per: np.ndarray | float
    size: np.ndarray | None = None
    spread: np.ndarray | None = None


def _read(frame: pd.DataFrame, settings: Settings) -> _Rows:
    _require(frame, ["date", "value"])
    if frame.empty:
        raise SpcError("There are no rows to chart.")
    days = _days(frame["date"])
    series = pd.factorize(frame["facet"])[0] if "facet" in frame else np.zeros(len(frame), np.int64)
    if (series < 0).any():
        raise SpcError(f"facet is empty in row {_at(series < 0)}; give every row its series.")
    order, first = _sorted(series, days, "date")
    value = _numbers(frame, "value")
    size = _sizes(frame, value, settings)
    spread = _numbers(frame, "sd") if settings.chart == "xbar" and "sd" in frame else None
    if settings.chart == "xbar" and spread is None:
        raise SpcError("An xbar chart needs a column sd: the standard deviation of each subgroup.")
    target = _numbers(frame, "target") if "target" in frame else np.full(len(frame), np.nan)
    if settings.target is not None:
        target = np.full(len(frame), float(settings.target))
    low, high = (np.nan if end is None else float(end) for end in settings.cut)
    days, sort = days if order is None else days[order], _sorter(order)
    return _Rows(
        order, sort(value), first, _begin_at(days, first, settings.rebase), _gaps(days, first), sort(target),
        np.full(int(first.sum()), SIGN[settings.better], np.int8), low, high, settings.per, sort(size), sort(spread),
    )  # fmt: skip


def _of_tidy(frame: pd.DataFrame, starts: np.ndarray, settings: Settings) -> _Rows:
    days = frame["period_end"].to_numpy().astype("datetime64[D]").astype(np.int64)
    series = frame.groupby(KEY, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    order, first = _sorted(series, days, "period_end")
    usable = frame["status"].isin(["ok", "low"]).to_numpy()
    value = np.where(usable, _numbers(frame, "value"), np.nan)
    unit = frame["unit"].to_numpy()
    size = None
    if settings.chart in OF_PARTS:
        size = _numbers(frame, "denominator")
        value = np.where(size > 0, value, np.nan)
    elif settings.chart in spc_limits.OF_COUNTS and "denominator" in frame and (unit == "%").any():
        size = np.where(unit == "%", _numbers(frame, "denominator"), np.nan)
    sort = _sorter(order)
    version, days = sort(pd.factorize(frame["definition_version"])[0]), sort(days)
    changed = np.zeros(len(days), bool)
    changed[1:] = (version[1:] != version[:-1]) & ~first[1:]
    target = _numbers(frame, "target") if "target" in frame else np.full(len(frame), np.nan)
    signs = _looked_up(frame["better"], SIGN, 0).astype(np.int8)
    per = _looked_up(frame["unit"], PER, 1.0) if settings.chart in OF_PARTS else 1.0
    return _Rows(
        order, sort(value), first, changed | (sort(starts) & ~first), _gaps(days, first), sort(target),
        sort(signs)[first], 0.0, sort(np.where(unit == "%", 100.0, np.nan)),
        sort(per) if isinstance(per, np.ndarray) else per, sort(size),
    )  # fmt: skip


def _nothing(rules) -> tuple[_Rows, dict]:
    empty, none = np.zeros(0), np.zeros(0, bool)
    rows = _Rows(None, empty, none, none, empty.astype(int), empty, empty.astype(np.int8), np.nan, np.nan, 1.0)
    return rows, _charted(rows, Settings(rules=rules))


def _require(frame: pd.DataFrame, needed: list[str]) -> None:
    missing = [name for name in needed if name not in frame]
    if missing:
        raise SpcError(f"Columns missing: {', '.join(missing)}; needed: {', '.join(needed)}.")


def _looked_up(column: pd.Series, table: Mapping, otherwise) -> np.ndarray:
    """What a table says of each row's value, each different value looked up once."""
    codes, values = pd.factorize(column)
    found = np.array([table.get(value, otherwise) for value in values] + [otherwise])
    return found[codes]


def _at(wrong: np.ndarray) -> str:
    """The first row that is wrong, counted from 1 without the heading, and how many more there are."""
    more = int(wrong.sum()) - 1
    return f"{int(np.argmax(wrong)) + 1:,}" + (f" and {more:,} more" if more else "")


def _days(dates: pd.Series) -> np.ndarray:
    """Days since 1970 of a column of dates or of their spelling as 2025-09-30."""
    if pd.api.types.is_numeric_dtype(dates):
        raise SpcError("date holds numbers; dates as 2025-09-30 were needed.")
    # With time zones side by side a column has no one type; without utc that is an error of its own.
    written = None if dates.dtype.kind == "M" else "ISO8601"
    read = pd.to_datetime(dates, errors="coerce", format=written, utc=True).dt.tz_localize(None)
    unread = read.isna().to_numpy()
    if unread.any():
        raise SpcError(f"date in row {_at(unread)} is no date as 2025-09-30.")
    return read.to_numpy().astype("datetime64[D]").astype(np.int64)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    column = frame[name]
    numbers = column if column.dtype.kind in "fiu" else pd.to_numeric(column, errors="coerce")
    found = numbers.to_numpy(float, na_value=np.nan)
    if numbers is not column:
        unread = np.isnan(found) & column.notna().to_numpy()
        if unread.any():
            raise SpcError(f"{name} in row {_at(unread)} is no number.")
    infinite = np.isinf(found)
    if infinite.any():
        raise SpcError(f"{name} in row {_at(infinite)} is not finite.")
    return found


def _sizes(frame: pd.DataFrame, value: np.ndarray, settings: Settings) -> np.ndarray | None:
    if settings.chart not in OF_PARTS:
        return None
    if "n" not in frame:
        raise SpcError(f"The chart {settings.chart} needs a column n: the denominator of each value.")
    size = _numbers(frame, "n")
    least = 2 if settings.chart in ("xbar", "s") else 0
    wrong = ~np.isnan(value) & ~((size >= least) & (size > 0))
    if wrong.any():
        raise SpcError(f"n in row {_at(wrong)} is missing or too small beside a value; leave the value empty there.")
    outside = (value < 0) | (value > settings.per) if settings.chart in ("p", "pp") else value < 0
    if outside.any():
        raise SpcError(f"value in row {_at(outside)} is no share of n: it lies below 0 or above {settings.per:g}.")
    return size


def _sorted(series: np.ndarray, days: np.ndarray, name: str) -> tuple[np.ndarray | None, np.ndarray]:
    """The order by series and date (None when the rows have it), and which rows begin a series."""
    order = None
    new = np.ones(len(series), bool)
    step = np.diff(series)
    if (step < 0).any() or ((step == 0) & (np.diff(days) < 0)).any():
        order = np.lexsort((days, series))
        series, days = series[order], days[order]
    new[1:] = series[1:] != series[:-1]
    twice = np.zeros(len(series), bool)
    twice[1:] = (days[1:] == days[:-1]) & ~new[1:]
    if twice.any():
        place = np.sort((np.arange(len(series)) if order is None else order)[twice])
        raise SpcError(
            f"{name} stands twice in one series: row {place[0] + 1:,}"
            + (f" and {len(place) - 1:,} more" if len(place) > 1 else "")
            + "; keep one row for each period of a series."
        )
    return order, new


def _sorter(order: np.ndarray | None):
    return lambda values: values if order is None or values is None else values[order]


def _gaps(days: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How many periods are missing before each row, by the shortest step of its series.

    Dates that all begin or all end months are counted in months, others in days; a series whose steps are not all
    multiples of its shortest one has no regular periods, and nothing is missing from it.
    """
    gaps = np.zeros(len(days), np.int32)
    if len(days) < 2:
        return gaps
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    monthly = (dates == months.astype("datetime64[D]")).all()
    monthly = monthly or ((dates + 1) == (months + 1).astype("datetime64[D]")).all()
    place = months.astype(np.int64) if monthly else days
    step = np.zeros(len(days), np.int64)
    step[1:] = place[1:] - place[:-1]
    starts = np.flatnonzero(first)
    lengths = np.diff(starts, append=len(days))
    far = np.iinfo(np.int64).max
    usual = np.minimum.reduceat(np.where(first, far, step), starts)
    usual = np.repeat(np.where(usual == far, 1, usual), lengths)
    step[first] = usual[first]
    if (step == usual).all():
        return gaps
    regular = np.repeat(np.logical_and.reduceat(step % usual == 0, starts), lengths)
    return np.where(regular, step // usual - 1, 0).astype(np.int32)


def _begin_at(days: np.ndarray, first: np.ndarray, rebase: Sequence) -> np.ndarray:
    """Which rows begin a new stretch by a date."""
    begins = np.zeros(len(days), bool)
    rebase = [rebase] if isinstance(rebase, str) or np.ndim(rebase) == 0 else list(rebase)
    if not rebase:
        return begins
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(days)) - 1
    for date in rebase:
        try:
            day = int(pd.Timestamp(date).to_numpy().astype("datetime64[D]").astype(np.int64))
        except (ValueError, TypeError):
            raise SpcError(f"The rebase date {date} is no date as 2025-09-30.") from None
        at = days == day
        inside = (days[starts] <= day) & (days[ends] >= day)
        missing = int(inside.sum()) - int(at.sum())
        if not at.any():
            raise SpcError(f"The rebase date {date} matches no row; give the date of the first row of the new limits.")
        if missing:
            raise SpcError(f"The rebase date {date} matches no row of {missing:,} series that run over it.")
        begins |= at
    return begins & ~first


def _rebased(frame: pd.DataFrame, rebase) -> np.ndarray:
    """Which rows of the tidy series lie in the period of one of their measure's rebase dates."""
    begins = np.zeros(len(frame), bool)
    if not isinstance(rebase, Mapping):
        rebase = [rebase] if isinstance(rebase, str) or np.ndim(rebase) == 0 else list(rebase)
        rebase = {None: rebase} if rebase else {}
    _known_measures(frame, {name: None for name in rebase if name is not None}, "rebase")
    first, last = (frame[name].to_numpy().astype("datetime64[D]") for name in ("period_start", "period_end"))
    for name, dates in rebase.items():
        mine = np.ones(len(frame), bool) if name is None else frame["measure"].eq(name).to_numpy()
        for date in [dates] if isinstance(dates, str) or np.ndim(dates) == 0 else dates:
            day = pd.Timestamp(date).to_numpy().astype("datetime64[D]")
            # A stock has periods of one day or longer; its own day is the end.
            here = mine & (np.minimum(first, last) <= day) & (day <= last)
            if not here.any():
                whose = "" if name is None else f" of {name}"
                raise SpcError(f"The rebase date {date} lies in no period{whose} of the series.")
            begins |= here
    return begins


def _known_measures(frame: pd.DataFrame, named: Mapping, what: str) -> None:
    known = set(frame["measure"].unique()) if named else set()
    strange = [str(name) for name in named if name not in known]
    if strange:
        raise SpcError(f"{what} names measures that the series does not hold: {', '.join(strange)}.")


# Charting


def _charted(rows: _Rows, settings: Settings) -> dict:
    """The added columns, in the order of the sorted rows."""
    rules = rule_set(settings.rules)
    begins = rows.first | rows.rebased
    value = rows.value / rows.per if settings.chart in OF_PARTS else rows.value
    if settings.chart == "mr":
        value = _as_ranges(value, begins)
    present = ~np.isnan(value)
    all_there = bool(present.all())
    points, at = _points(replace(rows, value=value), begins, present, settings)
    made = spc_limits.run_limits(points) if settings.chart == "run" else _limits(points, settings)
    code = spc_rules.special_causes(points.value, made, points.first, points.lengths, rules)
    kind = _kinds(made.kind, points, settings)
    lines = [getattr(made, name) * _at_points(rows.per, at, settings) for name in ("centre", "lower", "upper")]
    runs_signal = _runs_signal(points, made) if rules.runs else None
    if not all_there:
        nearest = _nearest(at, begins, present)
        lines = [_scattered(line, nearest, settings, present) for line in lines]
        code = _from_points(code, nearest, present, 0)
        kind = _from_points(kind, nearest, nearest >= 0, LIMITS.index("none"))
        if runs_signal is not None:
            runs_signal = _from_points(runs_signal, nearest, nearest >= 0, False)
    reach = _reach(lines[1], lines[2], rows.value, kind, begins)
    lines[1:] = [_cut(line, rows.low, rows.high) for line in lines[1:]]
    return _columns(rows, lines, code, kind, present, begins, rules, settings, runs_signal, reach)


def _as_ranges(value: np.ndarray, begins: np.ndarray) -> np.ndarray:
    out = np.full(len(value), np.nan)
    out[1:] = np.abs(np.diff(value))
    out[begins] = np.nan
    return out


def _limits(points: Points, settings: Settings) -> spc_limits.Limits:
    if settings.chart in ("c", "g", "t") and (points.value < 0).any():
        raise SpcError(f"A {settings.chart} chart needs values of 0 or more.")
    return spc_limits.limits(points, settings.chart, settings.screen)


def _points(rows: _Rows, begins: np.ndarray, present: np.ndarray, settings: Settings) -> tuple[Points, np.ndarray]:
    """The points that are there, and which rows they are."""
    if present.all():
        at, first, joined = np.arange(len(present)), begins, ~begins
        value, size, spread = rows.value, rows.size, rows.spread
    else:
        at = np.flatnonzero(present)
        stretch = np.cumsum(begins)[at]
        first = np.ones(len(at), bool)
        first[1:] = stretch[1:] != stretch[:-1]
        joined = ~first
        joined[1:] &= np.diff(at) == 1
        value, size, spread = (None if x is None else x[at] for x in (rows.value, rows.size, rows.spread))
    base = np.ones(len(at), bool)
    if settings.baseline is not None:
        here = np.arange(len(at))
        base = here - np.maximum.accumulate(np.where(first, here, 0)) < settings.baseline
    return Points(value, first, joined, base, size, spread), at


def _kinds(kind: np.ndarray, points: Points, settings: Settings) -> np.ndarray:
    """How the limits of each point were made, as a place in `LIMITS`."""
    codes = np.zeros(len(kind), np.int8)
    for name in ("constant", "stuck", "none"):
        codes[kind == name] = LIMITS.index(name)
    codes[(points.lengths < TRIAL_BELOW) & (kind != "none")] = LIMITS.index("trial")
    return points.spread_out(codes)


def _at_points(per, at: np.ndarray, settings: Settings):
    if settings.chart not in OF_PARTS:
        return 1.0
    return per[at] if isinstance(per, np.ndarray) else per


def _nearest(at: np.ndarray, begins: np.ndarray, present: np.ndarray) -> np.ndarray:
    """For each row the point at or before it in its stretch, or else the first after it; -1 when there is none."""
    stretch = np.cumsum(begins)
    before = np.cumsum(present) - 1
    if not len(at):
        return np.full(len(present), -1)
    after = np.minimum(before + 1, len(at) - 1)
    fits = (before >= 0) & (stretch[at[np.maximum(before, 0)]] == stretch)
    later = stretch[at[after]] == stretch
    return np.where(fits, before, np.where(later, after, -1))


def _scattered(line: np.ndarray, nearest, settings: Settings, present: np.ndarray) -> np.ndarray:
    # Limits that depend on the size of the point cannot be lent to a period without one.
    return _from_points(line, nearest, present if settings.chart in OF_PARTS else nearest >= 0, np.nan)


def _from_points(values: np.ndarray, nearest: np.ndarray, where: np.ndarray, otherwise) -> np.ndarray:
    if not len(values):
        return np.full(len(nearest), otherwise)
    return np.where(where, values[nearest], otherwise)


def _runs_signal(points: Points, made: spc_limits.Limits) -> np.ndarray:
    sides = spc_rules.side(points.value, made.centre, 1e-12 * np.abs(made.centre))
    found, _ = spc_rules.runs(sides, points.first)
    return points.spread_out(found.signal & ~np.isin(made.kind, ["stuck", "constant"]))


def _reach(lower, upper, value, kind, begins) -> tuple[np.ndarray, np.ndarray]:
    """The limits that a target is held against: of a stuck stretch, they take in every value that was seen."""
    stuck = kind == LIMITS.index("stuck")
    if not stuck.any():
        return lower, upper
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=len(value))
    low, high = (np.repeat(edge.reduceat(value, starts), lengths) for edge in (np.fmin, np.fmax))
    return np.where(stuck, np.minimum(lower, low), lower), np.where(stuck, np.maximum(upper, high), upper)


def _cut(line: np.ndarray, low, high) -> np.ndarray:
    if np.ndim(low) == 0 and np.isnan(low) and np.ndim(high) == 0 and np.isnan(high):
        return line
    # fmax and fmin take the other side where there is no end to cut at; a missing limit stays missing.
    return np.where(np.isnan(line), np.nan, np.fmin(np.fmax(line, low), high))


def _columns(rows, lines, code, kind, present, begins, rules: RuleSet, settings, runs_signal, reach) -> dict:
    lengths = np.diff(np.flatnonzero(rows.first), append=len(present))
    last = np.cumsum(lengths) - 1
    few = np.isin(kind[last], (LIMITS.index("none"),) if settings.trial_icons else (1, LIMITS.index("none")))
    shown = present[last]
    seen = spc_icons.variation(code[last], rows.sign, few, shown)
    constant = kind[last] == LIMITS.index("constant")
    sure = spc_icons.assurance(reach[0][last], reach[1][last], rows.target[last], rows.sign, few, shown, constant)
    names = _causes(rules, "the centre line" if settings.chart in ("run", "g") else "the mean")
    phase = np.cumsum(begins)
    columns = {
        "mean": lines[0],
        "lcl": lines[1],
        "ucl": lines[2],
        "special_cause": pd.Categorical.from_codes(code + 4, categories=names),
        "variation": pd.Categorical.from_codes(np.repeat(seen, lengths), categories=spc_icons.VARIATION),
        "assurance": pd.Categorical.from_codes(np.repeat(sure, lengths), categories=spc_icons.ASSURANCE),
        "point": pd.Categorical.from_codes(
            spc_icons.point(code, np.repeat(rows.sign, lengths)), categories=spc_icons.POINT
        ),
        "limits": pd.Categorical.from_codes(kind.astype(np.int8), categories=LIMITS),
        "phase": phase - np.repeat(phase[last - lengths + 1], lengths) + 1,
        "missing_before": rows.missing_before,
        "rules": pd.Categorical.from_codes(np.zeros(len(present), np.int8), categories=[rules.name]),
    }
    return columns if runs_signal is None else columns | {"runs_signal": runs_signal}


def _causes(rules: RuleSet, line: str) -> list[str]:
    """The words of special causes, from -SHIFT to SHIFT."""
    shift = f"{rules.shift} or more" if rules.shift else "unusually long run"
    up = ["above the upper limit", f"{rules.trend} rising", "2 of 3 near the upper limit", f"{shift} above {line}"]
    down = ["below the lower limit", f"{rules.trend} falling", "2 of 3 near the lower limit", f"{shift} below {line}"]
    return [*reversed(down), "", *up]


def _attached(frame: pd.DataFrame, rows: _Rows, columns: dict) -> pd.DataFrame:
    """The frame with the columns, each row's own."""
    if rows.order is not None:
        back = np.empty(len(rows.order), np.int64)
        back[rows.order] = np.arange(len(back))
        columns = {name: values.take(back) for name, values in columns.items()}
    return frame.assign(**columns)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Parts charted differently, in the order of their row numbers; words joined into one list of categories."""
    from pandas.api.types import union_categoricals

    out = pd.concat([part.drop(columns="special_cause") for part in parts])
    words = union_categoricals([part["special_cause"] for part in parts])
    return out.assign(special_cause=words).sort_index()
