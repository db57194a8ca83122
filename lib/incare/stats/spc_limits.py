"""Centre lines and limits of control charts, for many series at once in flat arrays.

Points lie one after the other, oldest first, stretch after stretch; a stretch is one series between two rebases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

# 3 / d2 and D4 of ranges of two (Wheeler, 2000), rounded as the NHS charts round them, and unrounded.
NHS, EXACT = 2.66, 3 / 1.128
SCREEN = 3.267
T_POWER = 3.6  # makes times between events of a Poisson process nearly normal (Nelson, 1994)
TAIL = 0.00135  # of a normal distribution, beyond three standard deviations on one side
LIMITED = ("xmr", "i", "mr", "p", "pp", "u", "up", "c", "g", "t", "xbar", "s")
OF_PARTS = ("p", "pp", "u", "up", "xbar", "s")  # charts whose limits need the size of each point
OF_COUNTS = ("xmr", "i", "c")  # charts of values that may be whole numbers of events


@dataclass(frozen=True)
class Points:
    """Points of many stretches, none of them missing.

    `value` is the figure (a proportion for p, events per unit for u, the subgroup's mean for xbar, its standard
    deviation for s); `first` marks the first point of each stretch; `joined` the points that follow the one before
    without a missing one between; `base` those that the limits are made from; `size` is the denominator or the size
    of the subgroup, `spread` the subgroup's standard deviation (xbar). For xmr and i, `size` is the denominator of
    values in per cent, NaN where they are none: chance then says how close limits of a stuck stretch may be.
    """

    value: np.ndarray
    first: np.ndarray
    joined: np.ndarray
    base: np.ndarray
    size: np.ndarray | None = None
    spread: np.ndarray | None = None

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each stretch begins."""
        return np.flatnonzero(self.first)

    @cached_property
    def lengths(self) -> np.ndarray:
        """How many points each stretch has."""
        return np.diff(self.starts, append=len(self.value))

    @cached_property
    def everything(self) -> bool:
        """Whether the limits are made from every point."""
        return bool(self.base.all())

    @cached_property
    def made_from(self) -> np.ndarray:
        """How many points the limits of each stretch are made from."""
        return self.lengths if self.everything else self.total(self.base)

    def total(self, values: np.ndarray) -> np.ndarray:
        """The sum over each stretch."""
        return np.add.reduceat(values, self.starts, dtype=float) if len(self.starts) else np.zeros(0)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The mean over the points that each stretch's limits are made from."""
        top = values if self.everything else np.where(self.base, values, 0.0)
        with np.errstate(invalid="ignore"):
            return self.total(top) / self.made_from

    def spread_out(self, per_stretch: np.ndarray) -> np.ndarray:
        """A figure of each stretch, repeated for its points."""
        return np.repeat(per_stretch, self.lengths)


@dataclass(frozen=True)
class Limits:
    """Centre, limits (three standard deviations) and inner limits (two) for each point.

    `kind` says for each stretch how the limits were made: "ok"; "none" when no spread can be known (one point);
    "constant" when all values are equal; "stuck" when more than half of them share the lowest or the highest value.
    """

    centre: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    inner_lower: np.ndarray
    inner_upper: np.ndarray
    kind: np.ndarray


def limits(points: Points, chart: str = "xmr", screen: bool = True) -> Limits:
    """The centre line and limits of one kind of chart.

    `chart`: xmr (2.66 × the mean moving range), i (3 / 1.128 of it), mr (the ranges themselves), p, pp (p′), u, up
    (u′), c, g (the centre shown is the median), t, xbar, s. With `screen` moving ranges not below 3.267 × their mean
    are left out once, unless only zeros would remain. Limits of a stuck stretch are at least as wide as the exact
    Poisson or binomial ones of the same tail (0.00135), where the values are counts or shares of a known size.

    **Source** Wheeler (2000), Understanding Variation (XmR); NHS England, Making Data Count (screening); Laney (2002),
    Quality Engineering 14, 531–537 (p′, u′); Nelson (1994), Journal of Quality Technology 26, 239–247 (t); Benneyan
    (2001), Health Care Management Science 4, 305–318 (g); Montgomery (2009), Statistical Quality Control, 6.3 (xbar,
    s).
    """
    if chart == "t":
        return _of_times(points, screen)
    if chart in ("xmr", "i"):
        made = _individuals(points, screen, NHS if chart == "xmr" else EXACT)
    else:
        made = {"mr": _ranges, "c": _counts, "g": _gaps, "xbar": _means, "s": _deviations}.get(chart, _shares)(
            points, chart, screen
        )
    return _widened(_guarded(made, points), points, chart)


def moving_range(points: Points, values: np.ndarray, screen: bool) -> np.ndarray:
    """The mean moving range of each stretch; NaN when it has none.

    Ranges do not cross stretches, missing points or the end of the baseline.
    """
    ranges = np.empty(len(values))
    ranges[:1] = 0.0
    np.abs(np.subtract(values[1:], values[:-1]), out=ranges[1:])
    used = points.joined & ~points.first
    if not points.everything:
        used[1:] &= points.base[1:] & points.base[:-1]
        used[:1] = False
    ranges *= used
    count = points.total(used)
    with np.errstate(invalid="ignore"):
        mean = points.total(ranges) / count
        if not screen:
            return mean
        kept = ranges < points.spread_out(SCREEN * mean)
        ranges *= kept
        screened = points.total(ranges) / points.total(kept & used)
    # Where only zeros remain, the ranges left out were all that is known of the spread.
    return np.where(screened > 0, screened, mean)


def _spaced(centre: np.ndarray, sigma: np.ndarray, points: Points, floor=None, ceiling=None) -> Limits:
    """Limits at a number of standard deviations, cut where the figure cannot go."""
    wide = {"lower": -3, "upper": 3, "inner_lower": -2, "inner_upper": 2}
    edges = {name: centre + times * sigma for name, times in wide.items()}
    if floor is not None or ceiling is not None:
        edges = {name: np.clip(edge, floor, ceiling) for name, edge in edges.items()}
    return Limits(centre, **edges, kind=np.full(len(points.starts), "ok", object))


def _individuals(points: Points, screen: bool, factor: float) -> Limits:
    centre = points.mean(points.value)
    wide = factor * moving_range(points, points.value, screen)
    edges = (centre, centre - wide, centre + wide, centre - 2 * wide / 3, centre + 2 * wide / 3)
    return Limits(*map(points.spread_out, edges), kind=np.full(len(centre), "ok", object))


def _ranges(points: Points, chart: str, screen: bool) -> Limits:
    """The ranges are the values; the first point of a stretch has none and is not handed in."""
    centre = points.mean(points.value)
    edges = (centre, 0 * centre, SCREEN * centre, 0 * centre, SCREEN * centre * 2 / 3)
    return Limits(*map(points.spread_out, edges), kind=np.full(len(centre), "ok", object))


def _shares(points: Points, chart: str, screen: bool) -> Limits:
    events = points.value * points.size
    with np.errstate(invalid="ignore"):
        centre = points.spread_out(points.mean(events) / points.mean(points.size))
        share = chart in ("p", "pp")
        sigma = np.sqrt(centre * ((1 - centre) if share else 1.0) / points.size)
    if chart in ("pp", "up"):
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(sigma > 0, (points.value - centre) / sigma, 0.0)
        sigma = sigma * points.spread_out(moving_range(points, score, screen)) / 1.128
    return _spaced(centre, sigma, points, floor=0.0, ceiling=1.0 if share else None)


def _counts(points: Points, chart: str, screen: bool) -> Limits:
    centre = points.spread_out(points.mean(points.value))
    return _spaced(centre, np.sqrt(centre), points, floor=0.0)


def _gaps(points: Points, chart: str, screen: bool) -> Limits:
    mean = points.spread_out(points.mean(points.value))
    made = _spaced(mean, np.sqrt(mean * (mean + 1)), points, floor=0.0)
    return replace(made, centre=points.spread_out(median(points)))


def _of_times(points: Points, screen: bool) -> Limits:
    """An individuals chart of the times to the power 1 / 3.6, its lines taken back."""
    made = limits(replace(points, value=points.value ** (1 / T_POWER)), "i", screen)
    lines = ("centre", "lower", "upper", "inner_lower", "inner_upper")
    return replace(made, **{name: np.maximum(getattr(made, name), 0.0) ** T_POWER for name in lines})


def _means(points: Points, chart: str, screen: bool) -> Limits:
    centre = points.spread_out(_weighted(points, points.value))
    sigma = points.spread_out(points.mean(points.spread)) / (_c4(points.size) * np.sqrt(points.size))
    return _spaced(centre, sigma, points)


def _deviations(points: Points, chart: str, screen: bool) -> Limits:
    centre = points.spread_out(points.mean(points.value))
    c4 = _c4(points.size)
    return _spaced(centre, centre * np.sqrt(1 - c4**2) / c4, points, floor=0.0)


def _weighted(points: Points, values: np.ndarray) -> np.ndarray:
    return points.mean(values * points.size) / points.mean(points.size)


def _c4(size: np.ndarray) -> np.ndarray:
    """The mean of a sample's standard deviation as a part of the true one."""
    from scipy.special import gammaln

    return np.sqrt(2 / (size - 1)) * np.exp(gammaln(size / 2) - gammaln((size - 1) / 2))


def median(points: Points) -> np.ndarray:
    """The median of the points that each stretch's limits are made from; NaN when there are none."""
    stretch = np.repeat(np.arange(len(points.starts)), points.lengths)[points.base]
    values = points.value[points.base]
    values = values[np.lexsort((values, stretch))]
    count = points.made_from.astype(int)
    begin = np.cumsum(count) - count
    none = count == 0
    low = np.where(none, 0, begin + (count - 1) // 2)
    high = np.where(none, 0, begin + count // 2)
    if not len(values):
        return np.full(len(count), np.nan)
    return np.where(none, np.nan, (values[low] + values[high]) / 2)


def run_limits(points: Points) -> Limits:
    """The median of each stretch, as a run chart has it; without limits."""
    centre = points.spread_out(median(points))
    nothing = np.full(len(centre), np.nan)
    made = Limits(centre, *[nothing] * 4, kind=np.full(len(points.starts), "ok", object))
    return _guarded(made, points, bounded=False)


# Guards


def _guarded(made: Limits, points: Points, bounded: bool = True) -> Limits:
    """Name the stretches whose limits mean something else.

    A constant one has its value for all of its lines, unless its spread is known without ranges (p, u, c, g). Limits
    without width where values differ are no limits (every range had a missing point in it).
    """
    low, high, at_low, at_high = _extremes(points)
    narrow = ~(made.upper[points.starts] > made.lower[points.starts])
    with np.errstate(invalid="ignore"):
        level = high - low <= 1e-12 * np.abs(high)
    constant = narrow & level & (points.made_from > 1)
    none = (bounded & narrow & ~constant) | (points.made_from < 2)
    stuck = ~level & (2 * np.maximum(at_low, at_high) > points.made_from) & (points.made_from > 2)
    kind = np.select([none, constant, stuck], ["none", "constant", "stuck"], "ok").astype(object)
    if not (constant | none).any():
        return replace(made, kind=kind)
    here, without = points.spread_out(constant), points.spread_out(none)
    value = points.spread_out(np.where(constant, high, 0.0))
    drawn = ("lower", "upper", "inner_lower", "inner_upper") if bounded else ()
    lines = {name: np.where(here, value, np.where(without, np.nan, getattr(made, name))) for name in drawn}
    return replace(made, centre=np.where(here, value, made.centre), **lines, kind=kind)


def _extremes(points: Points) -> tuple[np.ndarray, ...]:
    """Lowest and highest value of each stretch's baseline, and how many points have each."""
    value = points.value
    if not len(points.starts):
        return (np.zeros(0),) * 4
    lowest = value if points.everything else np.where(points.base, value, np.inf)
    highest = value if points.everything else np.where(points.base, value, -np.inf)
    low = np.minimum.reduceat(lowest, points.starts)
    high = np.maximum.reduceat(highest, points.starts)
    return low, high, points.total(lowest == points.spread_out(low)), points.total(highest == points.spread_out(high))


def _widened(made: Limits, points: Points, chart: str) -> Limits:
    """Limits of stuck stretches, no closer than chance puts counts or shares of that size."""
    rows = points.spread_out(made.kind == "stuck")
    if not rows.any():
        return made
    if chart not in (*OF_COUNTS, "p", "pp", "u", "up"):
        return made
    if chart not in OF_COUNTS:
        return _at_least(made, rows, *_by_chance(made.centre[rows], points.size[rows], chart in ("p", "pp")))
    shares = rows & (points.size > 0) if points.size is not None else np.zeros(len(rows), bool)
    if shares.any():
        edges = _by_chance(made.centre[shares] / 100, points.size[shares], True)
        made = _at_least(made, shares, *(100 * edge for edge in edges))
    counts = rows & ~shares & points.spread_out(_events(points))
    return _at_least(made, counts, *_by_chance(made.centre[counts], 1.0, False)) if counts.any() else made


def _at_least(made: Limits, rows: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Limits:
    """Limits of some rows moved out to the edges given, where those lie farther."""
    changed = {name: getattr(made, name).copy() for name in ("lower", "upper", "inner_lower", "inner_upper")}
    for name in ("lower", "inner_lower"):
        changed[name][rows] = np.minimum(changed[name][rows], lower)
    for name in ("upper", "inner_upper"):
        changed[name][rows] = np.maximum(changed[name][rows], upper)
    return replace(made, **changed)


def _events(points: Points) -> np.ndarray:
    """Stretches of whole numbers from 0, most of them 0."""
    whole = np.minimum.reduceat((points.value >= 0) & (points.value % 1 == 0), points.starts)
    return whole & (2 * points.total(points.base & (points.value == 0)) > points.made_from)


def _by_chance(centre: np.ndarray, size: np.ndarray | float, shares: bool) -> tuple[np.ndarray, np.ndarray]:
    """The exact binomial limits of shares of a size, or Poisson limits of events in as many units."""
    from scipy.stats import binom, poisson

    if shares:
        whole = np.maximum(np.round(size), 1)
        return binom.ppf(TAIL, whole, centre) / whole, binom.ppf(1 - TAIL, whole, centre) / whole
    return poisson.ppf(TAIL, centre * size) / size, poisson.ppf(1 - TAIL, centre * size) / size
