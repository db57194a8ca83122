"""Trends of a few annual figures: the chi-square test for trend, and Fingertips' recent trend."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.stats.mann_kendall import TrendTestError

POINTS = 5
# The 99.8 % point of chi-square on one degree of freedom, to the digits that Fingertips prints.
CRITICAL = 9.54953570608324


def chi_square(counts, denominators, scores=None) -> pd.DataFrame:
    """The Cochran–Armitage chi-square for a trend in shares, one row per series.

    `counts` and `denominators` are a series or series × groups; `scores` are the groups' places, 1, 2, 3, … unless
    given. Columns: `chi_square` (one degree of freedom), `p`, `slope` (change of the share per unit of score, weighted
    by denominators) and `error` (its standard error if there were no trend). Shares all 0 or all 1 have chi-square 0.

    Raises `TrendTestError` where counts or denominators are missing, not finite, negative, or a count is above its
    denominator.

    **Source** Armitage (1955), Biometrics 11, 375–386.
    """
    from scipy.special import chdtrc

    x, n = (np.atleast_2d(np.asarray(part, float)) for part in (counts, denominators))
    if not (np.isfinite(x).all() and np.isfinite(n).all() and (x >= 0).all() and (x <= n).all() and (n > 0).all()):
        raise TrendTestError("Counts from 0 to their denominators are needed, and denominators above 0, none missing.")
    t = np.arange(1.0, x.shape[1] + 1) if scores is None else np.asarray(scores, float)
    total = n.sum(axis=1, keepdims=True)
    share = x.sum(axis=1, keepdims=True) / total
    centred = t - (n * t).sum(axis=1, keepdims=True) / total
    width = (n * centred**2).sum(axis=1)
    slope = (x * centred).sum(axis=1) / width
    error = np.sqrt(share * (1 - share))[:, 0] / np.sqrt(width)
    chi = np.where(error > 0, slope / np.where(error > 0, error, 1), 0.0) ** 2
    return pd.DataFrame({"chi_square": chi, "p": chdtrc(1, chi), "slope": slope, "error": error})


def of_shares(counts, denominators) -> pd.DataFrame:
    """Fingertips' recent trend of shares over five annual points, one row per series.

    `counts` and `denominators` are series × 5, oldest first. Columns as `chi_square` gives, and `word`: "rising" or
    "falling" when chi-square is above 9.5495 (99.8 %) and the slope of the log odds keeps its sign when any one point
    is left out, else "no clear change". A count of 0 or of everyone has no log odds: half a case is added to both
    sides of that point.

    Raises `TrendTestError` as `chi_square` does, and for other than five points.

    **Source** OHID Fingertips, Recent trends; TrendMarkerCalculator, method for proportions.
    """
    out = chi_square(counts, denominators)
    x, n = (np.atleast_2d(np.asarray(part, float)) for part in (counts, denominators))
    edge = 0.5 * ((x == 0) | (x == n))
    odds = np.log((x + edge) / (n - x + edge))
    slopes = _without_each(odds, np.ones_like(odds))
    return out.assign(word=_words(out["chi_square"].to_numpy(), slopes, out["slope"].to_numpy()))


def of_limits(values, lower, upper) -> pd.DataFrame:
    """Fingertips' recent trend of any values with 95 % limits over five annual points, one row per series.

    All three are series × 5, oldest first. Each point weighs by its limits' width. Columns: `chi_square, p, slope`
    (per year), `error` and `word`, as in `of_shares`.

    Raises `TrendTestError` for missing or infinite values or limits, limits of no width, and other than five points.

    **Source** OHID Fingertips, Recent trends; TrendMarkerCalculator, method for other values.
    """
    from scipy.special import chdtrc

    y, low, high = (np.atleast_2d(np.asarray(part, float)) for part in (values, lower, upper))
    if not (np.isfinite(y).all() and np.isfinite(high - low).all() and (high > low).all()):
        raise TrendTestError("Values with 95 % limits of some width are needed, none missing or infinite.")
    weight = (3.92 / (high - low)) ** 2
    slopes = _without_each(y, weight)
    t = np.arange(1.0, y.shape[1] + 1)
    total = weight.sum(axis=1)
    middle = (weight * t).sum(axis=1) / total
    error = 1 / np.sqrt((weight * (t - middle[:, None]) ** 2).sum(axis=1))
    chi = (slopes[:, 0] / error) ** 2
    out = pd.DataFrame({"chi_square": chi, "p": chdtrc(1, chi), "slope": slopes[:, 0], "error": error})
    return out.assign(word=_words(chi, slopes, slopes[:, 0]))


def _without_each(y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted slopes with all points, then with each one left out; series × 6."""
    if y.shape[1] != POINTS:
        raise TrendTestError(f"A recent trend is of {POINTS} annual points; {y.shape[1]} were given.")
    kept = np.vstack([np.ones(POINTS), 1 - np.eye(POINTS)])
    t = np.arange(1.0, POINTS + 1)
    w, wt, wy, wtt, wty = (part @ kept.T for part in (weight, weight * t, weight * y, weight * t**2, weight * t * y))
    return (w * wty - wt * wy) / (w * wtt - wt**2)


def _words(chi: np.ndarray, slopes: np.ndarray, slope: np.ndarray) -> np.ndarray:
    # As Fingertips counts, a slope of exactly 0 does not change the sign.
    same = np.abs(np.where(slopes < 0, -1, 1).sum(axis=1)) == POINTS + 1
    clear = same & (chi > CRITICAL)
    return np.select([clear & (slope > 0), clear & (slope < 0)], ["rising", "falling"], "no clear change")
