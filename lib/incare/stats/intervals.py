"""Confidence limits of shares, counts and rates, and of the differences between them."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri

from incare.kinds import poisson, wilson

__all__ = ["byar", "counts_change", "difference", "poisson", "rate", "wilson"]

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
