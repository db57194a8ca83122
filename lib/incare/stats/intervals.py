"""Confidence limits of shares, counts, rates, means and medians, and of the differences between them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaincinv, ndtri, stdtrit

from incare.kinds import Median, poisson, wilson

__all__ = [
    "IntervalError",
    "agresti_coull",
    "byar",
    "clopper_pearson",
    "compare_shares",
    "counts_change",
    "difference",
    "mean",
    "median",
    "overlap",
    "overlapping_difference",
    "poisson",
    "rate",
    "rate_by",
    "wilson",
]

OVERLAP_COLUMNS = ("in_both", "counted_in_both", "first_in_both", "second_in_both")


class IntervalError(ValueError):
    """Figures that no limits can be made of, with what to change."""


# Byar's approximation is close from here on; below, the limits are exact.
EXACT_UNDER = 10


def byar(count, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Byar's limits of a Poisson count; NaN for a missing or negative count.

    The lower limit of a count of 0 is NaN: the formula divides by the count.

    **Source** Breslow and Day (1987), Statistical Methods in Cancer Research II; as OHID uses it.
    """
    x = np.asarray(count, float)
    x = np.where(x >= 0, x, np.nan)
    z = ndtri(0.5 + level / 2)
    known = np.where(x > 0, x, np.nan)
    lower = known * (1 - 1 / (9 * known) - z / (3 * np.sqrt(known))) ** 3
    above = x + 1
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    # The cube of a negative number says only that the approximation has left its range.
    return np.where(lower >= 0, lower, np.nan), upper


def rate(count, population, per: float = 10_000, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a rate per `per` people: exact Poisson for a count under 10, Byar's from 10.

    NaN where the count is missing or negative, or the population missing or 0.

    **Source** OHID, Technical Guide: Confidence intervals (2018); PHEindicatormethods `phe_rate`.
    """
    x, people = np.asarray(count, float), np.asarray(population, float)
    x = np.where(x >= 0, x, np.nan)
    scale = per / np.where(people > 0, people, np.nan)
    exact, near = poisson(x, level), byar(x, level)
    return tuple(np.where(x < EXACT_UNDER, a, b) * scale for a, b in zip(exact, near, strict=True))


def difference(num1, den1, num2, den2, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first share less the second, in percentage points, with Newcombe's hybrid score limits.

    Returns difference, lower, upper; NaN where a denominator is missing or 0. The two groups are taken as different
    people; where the same children stand in both, as in two quarters of a stock, the limits are too wide or too narrow
    according to how alike the two answers of one child are.

    **Source** Newcombe (1998), Statistics in Medicine 17, 873–890, method 10.
    """
    (p1, low1, high1), (p2, low2, high2) = (_share(*pair, level) for pair in ((num1, den1), (num2, den2)))
    gap = p1 - p2
    return gap, gap - np.hypot(p1 - low1, high2 - p2), gap + np.hypot(high1 - p1, p2 - low2)


def counts_change(c1, c2, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first count less the second, with limits that exclude 0 just when the exact conditional test does.

    Given the sum of two Poisson counts, the first is binomial; its Clopper–Pearson limits for the share π of the sum
    become limits of the difference, sum × (2π − 1). Returns difference, lower, upper; NaN for missing or negative
    counts; two counts of 0 differ by 0, with no limits (NaN).

    **Source** Przyborowski and Wilenski (1940), Biometrika 31; Clopper and Pearson (1934), Biometrika 26.
    """
    first, second = np.asarray(c1, float), np.asarray(c2, float)
    known = (first >= 0) & (second >= 0)
    first, second = np.where(known, first, np.nan), np.where(known, second, np.nan)
    both = np.where(first + second > 0, first + second, np.nan)
    tail = (1 - level) / 2
    lower = np.where(first == 0, 0, betaincinv(np.where(first > 0, first, np.nan), second + 1, tail))
    upper = np.where(second == 0, 1, betaincinv(first + 1, np.where(second > 0, second, np.nan), 1 - tail))
    return first - second, both * (2 * lower - 1), both * (2 * upper - 1)


def _share(numerator, denominator, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = np.asarray(denominator, float)
    share = 100 * np.asarray(numerator, float) / np.where(n > 0, n, np.nan)
    return share, *wilson(numerator, denominator, level)


# Differences between groups that share people


def overlapping_difference(
    num1, den1, num2, den2, *, in_both, counted_in_both, first_in_both, second_in_both, level=0.95
):
    """The first share less the second, in percentage points, where some people stand in both groups.

    `in_both` is how many do; of these, `first_in_both` are counted in the first, `second_in_both` in the second and
    `counted_in_both` in both. Returns difference, lower, upper. The two limits of each share are joined with the
    correlation that the shared people bring: φ of their two answers × people in both / √(den1 × den2). With nobody in
    both it is Newcombe's method 10 for two groups; with the same people in both, his method 10 for pairs without the
    continuity correction. Where all the shared people answer alike φ is undefined and taken as 0.

    Raises `IntervalError` where the people in both are more than a group holds, or their answers do not fit together.

    **Source** Newcombe (1998), Statistics in Medicine 17, 2635–2650; Zou and Donner (2008), ibid. 27, 1693–1702.
    """
    n, both, one, two = (np.asarray(v, float) for v in (in_both, counted_in_both, first_in_both, second_in_both))
    d1, d2 = np.asarray(den1, float), np.asarray(den2, float)
    _fit_together(n, both, one, two, np.asarray(num1, float), d1, np.asarray(num2, float), d2)
    spread = np.sqrt(one * (n - one) * two * (n - two))
    phi = np.where(spread > 0, (n * both - one * two) / np.where(spread > 0, spread, 1), 0)
    alike = phi * n / np.sqrt(np.where(d1 * d2 > 0, d1 * d2, np.nan))
    (p1, low1, high1), (p2, low2, high2) = (_share(*pair, level) for pair in ((num1, den1), (num2, den2)))
    down = _joined(p1 - low1, high2 - p2, alike)
    up = _joined(high1 - p1, p2 - low2, alike)
    return p1 - p2, p1 - p2 - down, p1 - p2 + up


def overlap(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, int]:
    """How many people stand in both of two groups, and how many of them are counted in each.

    `before` and `after` are rows of a measure with `child` and `counted` (one row per child). Returns
    `in_both, counted_in_both, first_in_both, second_in_both`, `after` being the first group of the difference, as
    `overlapping_difference` takes them. Raises `IntervalError` for a child with two rows: events have no overlap.
    """
    if before["child"].duplicated().any() or after["child"].duplicated().any():
        raise IntervalError("The overlap of two groups needs one row per child; some have several.")
    joined = after.merge(before, on="child", suffixes=("_first", "_second"))
    first, second = joined["counted_first"].astype(bool), joined["counted_second"].astype(bool)
    sums = (len(joined), (first & second).sum(), first.sum(), second.sum())
    return {name: int(value) for name, value in zip(OVERLAP_COLUMNS, sums, strict=True)}


def compare_shares(frame: pd.DataFrame, people: str = "different", level: float = 0.95) -> pd.DataFrame:
    """Two shares per row, their difference with limits, and how people in both were handled, in words.

    `frame` has `numerator_1, denominator_1, numerator_2, denominator_2`. `people` says who they are:

    - "different": nobody stands in both groups;
    - "overlap": some do; the columns `in_both, counted_in_both, first_in_both, second_in_both` say how many;
    - "unknown": some may, and nobody counted them; the limits are those of different people and `people` says so.

    Returns the frame with `difference, lower, upper` (percentage points) and `people` (the sentence) added.
    Raises `IntervalError` for another word or a missing column.
    """
    columns = ["numerator_1", "denominator_1", "numerator_2", "denominator_2"]
    needed = [*columns, *(OVERLAP_COLUMNS if people == "overlap" else ())]
    missing = [name for name in needed if name not in frame]
    if missing:
        raise IntervalError(f"Comparing shares needs the columns {', '.join(needed)}; missing: {', '.join(missing)}.")
    pair = [frame[name] for name in columns]
    if people == "overlap":
        shared = {name: frame[name] for name in OVERLAP_COLUMNS}
        found = overlapping_difference(*pair, **shared, level=level)
        said = "allowing for the " + frame["in_both"].astype("Int64").astype("str") + " people who are in both groups"
    elif people in _SAID:
        found, said = difference(*pair, level), _SAID[people]
    else:
        raise IntervalError(f'people is "different", "overlap" or "unknown"; found "{people}".')
    return frame.assign(**dict(zip(("difference", "lower", "upper"), found, strict=True)), people=said)


_SAID = {
    "different": "the groups hold different people",
    "unknown": "some people may be in both groups; they were not counted, and the groups are taken as different people",
}


def _joined(one, two, alike) -> np.ndarray:
    """How far a limit of a difference lies from it, from the two distances that make it and their correlation."""
    return np.sqrt(np.maximum(one**2 - 2 * alike * one * two + two**2, 0))


def _fit_together(n, both, one, two, num1, den1, num2, den2) -> None:
    wrong = (n > den1) | (n > den2) | (one > np.minimum(n, num1)) | (two > np.minimum(n, num2))
    # Those of the first not shared can hold the rest of its numerator, and so can those of the second.
    wrong |= (num1 - one > den1 - n) | (num2 - two > den2 - n)
    wrong |= (both > np.minimum(one, two)) | (both < np.maximum(one + two - n, 0)) | (n < 0)
    if np.any(wrong):
        row = int(np.flatnonzero(np.atleast_1d(wrong))[0])
        raise IntervalError(
            f"Row {row}: the people in both groups do not fit the two groups; each group holds them, "
            "and of those counted in both none is missing from either."
        )


# Means, medians and other ways to make limits


def mean(value, deviation, number, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Student's limits of a mean, from the mean, the standard deviation (n - 1) and the number of values.

    NaN for fewer than two values. **Source** Student (1908), Biometrika 6; OHID, Technical Guide: Confidence intervals.
    """
    n = np.asarray(number, float)
    several = np.where(n > 1, n, np.nan)
    reach = stdtrit(several - 1, 0.5 + level / 2) * np.asarray(deviation, float) / np.sqrt(several)
    return np.asarray(value, float) - reach, np.asarray(value, float) + reach


def median(values, group=None) -> pd.DataFrame:
    """The median and its 95 % limits by order statistics, for each group or for all values together.

    Returns `median, lower, upper, number` with the groups as index, in order of first appearance; missing values are
    left out; no limits for fewer than six values. **Source** Campbell and Gardner (1988), BMJ 296, as `kinds.Median`.
    """
    amounts = pd.Series(np.asarray(values, float))
    groups = pd.Series("all", index=amounts.index) if group is None else pd.Series(np.asarray(group, dtype=object))
    cell, names = pd.factorize(groups)
    known = amounts.notna().to_numpy() & (cell >= 0)
    found = Median("").summary(cell[known], len(names), amounts.to_numpy()[known])
    parts = {"median": found.value, "lower": found.lower, "upper": found.upper}
    return pd.DataFrame(parts | {"number": found.denominator.astype("int64")}, index=pd.Index(names, name="group"))


def clopper_pearson(numerator, denominator, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact binomial limits of a share, in percent; wider than Wilson's, and never covering less than promised.

    NaN where the denominator is missing or 0. **Source** Clopper and Pearson (1934), Biometrika 26.
    """
    x, n = _counted_of(numerator, denominator)
    tail = (1 - level) / 2
    lower = np.where(x == 0, 0, betaincinv(np.where(x > 0, x, np.nan), n - x + 1, tail))
    upper = np.where(x == n, 1, betaincinv(x + 1, np.where(n > x, n - x, np.nan), 1 - tail))
    missing = np.isnan(x) | np.isnan(n)
    return np.where(missing, np.nan, 100 * lower), np.where(missing, np.nan, 100 * upper)


def agresti_coull(numerator, denominator, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Agresti and Coull's limits of a share, in percent, cut at 0 and 100.

    NaN where the denominator is missing or 0. **Source** Agresti and Coull (1998), American Statistician 52.
    """
    x, n = _counted_of(numerator, denominator)
    z = ndtri(0.5 + level / 2)
    middle = (x + z * z / 2) / (n + z * z)
    reach = z * np.sqrt(middle * (1 - middle) / (n + z * z))
    return 100 * np.clip(middle - reach, 0, 1), 100 * np.clip(middle + reach, 0, 1)


def rate_by(method: str, count, population, per: float = 10_000, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a rate by a method of one's choice; `rate` is the one reports use.

    `method` is "exact" (Garwood), "byar" (with a half added to both ends, as Rothman gives it), "score", "wald" or
    "jeffreys". NaN where the count is missing or negative, or the population missing or 0. Raises `IntervalError` for
    another method.

    **Source** Barker (2002), American Statistician 56, 85–89; Rothman and Boice (1979) for Byar's.
    """
    x, people = np.asarray(count, float), np.asarray(population, float)
    x, z, tail = np.where(x >= 0, x, np.nan), ndtri(0.5 + level / 2), (1 - level) / 2
    scale = per / np.where(people > 0, people, np.nan)
    half = x + 0.5
    ways = {
        "exact": lambda: poisson(x, level),
        "byar": lambda: tuple(half * (1 - 1 / (9 * half) + side * z / 3 / np.sqrt(half)) ** 3 for side in (-1, 1)),
        "score": lambda: tuple(x + z * z / 2 + side * z * np.sqrt(x + z * z / 4) for side in (-1, 1)),
        "wald": lambda: tuple(x + side * z * np.sqrt(x) for side in (-1, 1)),
        "jeffreys": lambda: (gammaincinv(half, tail), gammaincinv(half, 1 - tail)),
    }
    if method not in ways:
        raise IntervalError(f'A rate\'s method is one of {", ".join(ways)}; found "{method}".')
    return tuple(limit * scale for limit in ways[method]())


def _counted_of(numerator, denominator) -> tuple[np.ndarray, np.ndarray]:
    x, n = np.asarray(numerator, float), np.asarray(denominator, float)
    n = np.where(n > 0, n, np.nan)
    return np.where((x >= 0) & (x <= n), x, np.nan), n
