"""One bend in a line: where the slope of a series changes, the two pieces meeting there. Exploratory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incare.stats.mann_kendall import TrendTestError

FEWEST = 7


@dataclass(frozen=True)
class Bend:
    """Two joined lines: where they join (`at`), the slopes `before` and `after`, each with its standard error.

    `better` says whether the bend is worth its two numbers (BIC against a straight line). The errors take neighbouring
    points as independent, so a bend is a hint, never a finding.
    """

    at: float
    at_error: float
    before: float
    before_error: float
    after: float
    after_error: float
    better: bool


def one_break(x, y) -> Bend:
    """The best two joined straight lines through a series, by exact search between every pair of points.

    `x` are the places (in any order, each once), `y` the values.

    Raises `TrendTestError` for missing or infinite values, places given twice, fewer than seven points or a series
    without a bend to find (a constant one).

    **Source** Hudson (1966), J. Am. Stat. Assoc. 61, 1097–1129; errors: Muggeo (2003), Statistics in Medicine 22.
    """
    x, y = (np.asarray(part, float) for part in (x, y))
    if x.shape != y.shape or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise TrendTestError("Places and values of one length are needed, none missing or infinite.")
    order = np.argsort(x)
    x, y = x[order], y[order]
    if len(x) < FEWEST or (np.diff(x) == 0).any():
        raise TrendTestError(f"At least {FEWEST} points with places of their own are needed; {len(x)} were given.")
    if np.ptp(y) == 0:
        raise TrendTestError("The values are all the same, so there is no bend to find.")
    # The best join lies at a point or where two lines fitted apart cross between their points.
    places = np.r_[x[2:-2], _crossings(x, y)]
    at = places[int(np.argmin([_fit(x, y, place)[1] for place in places]))]
    beta, left = _fit(x, y, at)
    if abs(beta[2]) <= 1e-12 * (abs(beta[1]) + np.ptp(y) / np.ptp(x)):
        raise TrendTestError("The values lie on one straight line, so there is no bend to find.")
    terms = np.column_stack([_terms(x, at), -beta[2] * (x >= at)])
    variance = left / (len(x) - 4) * np.linalg.inv(terms.T @ terms)
    after = np.array([0, 1, 1, 0.0])
    straight = ((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2).sum()
    worth = len(x) * np.log(max(straight, 1e-300) / max(left, 1e-300)) > 2 * np.log(len(x))
    errors = np.sqrt([variance[3, 3], variance[1, 1], after @ variance @ after])
    return Bend(float(at), errors[0], beta[1], errors[1], beta[1] + beta[2], errors[2], bool(worth))


def _terms(x: np.ndarray, at: float) -> np.ndarray:
    return np.column_stack([np.ones_like(x), x, np.maximum(x - at, 0)])


def _fit(x: np.ndarray, y: np.ndarray, at: float) -> tuple[np.ndarray, float]:
    terms = _terms(x, at)
    beta = np.linalg.lstsq(terms, y, rcond=None)[0]
    return beta, float(((y - terms @ beta) ** 2).sum())


def _crossings(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where the lines through the first and the last points cross, if between those points."""
    found = []
    for i in range(2, len(x) - 1):
        (slope, level), (other, height) = np.polyfit(x[:i], y[:i], 1), np.polyfit(x[i:], y[i:], 1)
        cross = (height - level) / (slope - other) if slope != other else np.nan
        if x[i - 1] < cross < x[i]:
            found.append(cross)
    return np.array(found)
