"""The Mann–Kendall test of steady rise or fall, the Sen slope, and corrections for autocorrelation.

No correction here keeps its promise on short autocorrelated series; words of trends come from `incare.stats.trend`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

CORRECTIONS = ("none", "hamed_rao", "yue_wang")
# Pairs of periods that are held in memory at once.
_PAIRS = 8_000_000


class TrendTestError(ValueError):
    """Values that cannot be tested for a trend, with what was needed."""


def mann_kendall(values, correction: str = "none") -> pd.DataFrame:
    """The Mann–Kendall test of one or many series, one row each.

    `values` is a series or series × periods, evenly spaced; NaN where a period has no value, and Sen's slope is per
    step. Columns: `n`, `s`, `variance` (with ties, and corrected as asked), `z` (with
    continuity correction), `p`, `tau_a`, `tau_b`, `slope` (Sen) and `intercept` (at the first period).
    `correction` is "none", "hamed_rao" (significant autocorrelations of the ranks, trend taken out) or "yue_wang" (all
    autocorrelations, trend taken out). A constant series has s and z 0 and p 1.

    Raises `TrendTestError` for an unknown correction, infinite values or fewer than three known values.

    **Source** Mann (1945); Kendall (1975); Sen (1968); Hamed and Rao (1998), J. Hydrology 204, 182–196; Yue and Wang
    (2004), Water Resources Management 18, 201–218.
    """
    if correction not in CORRECTIONS:
        raise TrendTestError(f"A correction is one of {', '.join(CORRECTIONS)}; found {correction!r}.")
    whole = _table(values)
    y = _packed(whole)
    n = (~np.isnan(y)).sum(axis=1)
    s, ties, shared = _pairs(y)
    slope = sen(whole)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    variance = variance * _widening(y, n, slope, correction)
    pairs = n * (n - 1) / 2
    tau_b = s / np.sqrt(np.where(pairs > shared, (pairs - shared) * pairs, 1))
    middle = np.nanmedian(np.where(np.isnan(whole), np.nan, np.arange(whole.shape[1])), axis=1)
    intercept = np.nanmedian(y, axis=1) - middle * slope
    columns = {"n": n, "s": s, "variance": variance, **_tail(s, variance), "tau_a": s / pairs, "tau_b": tau_b}
    return pd.DataFrame({**columns, "slope": slope, "intercept": intercept})


def seasonal(values, period: int) -> pd.DataFrame:
    """The seasonal Mann–Kendall test: each season against itself in other years, summed; one row per series.

    `values` begins with the first season; `slope` (Sen, within seasons) is per year of `period` steps. Columns: `n, s,
    variance, z, p, slope, intercept`.

    Raises `TrendTestError` for a period under 2, infinite values, or fewer than two years.

    **Source** Hirsch, Slack and Smith (1982), Water Resources Research 18, 107–121.
    """
    y = _table(values)
    if period < 2 or y.shape[1] < 2 * period:
        raise TrendTestError(f"Two years of {period} seasons are needed; {y.shape[1]} periods were given.")
    years = -(-y.shape[1] // period)
    full = np.pad(y, ((0, 0), (0, years * period - y.shape[1])), constant_values=np.nan)
    by_season = full.reshape(len(y), years, period).transpose(0, 2, 1).reshape(-1, years)
    n = (~np.isnan(by_season)).sum(axis=1)
    s, ties, _ = _pairs(by_season)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    s, variance = (part.reshape(len(y), period).sum(axis=1) for part in (s, variance))
    slopes = _slopes(by_season).reshape(len(y), -1)
    slope = np.nanmedian(slopes, axis=1)
    middle = np.nanmedian(np.where(np.isnan(y), np.nan, np.arange(y.shape[1]) / period), axis=1)
    intercept = np.nanmedian(y, axis=1) - middle * slope
    known = (~np.isnan(y)).sum(axis=1)
    return pd.DataFrame(
        {"n": known, "s": s, "variance": variance, **_tail(s, variance), "slope": slope, "intercept": intercept}
    )


def sen(values, times=None) -> np.ndarray:
    """Sen's slope of each series: the median slope of all pairs of known values, per unit of `times`.

    `times` are the periods' places, 0, 1, 2, … unless given.

    **Source** Sen (1968), J. Am. Stat. Assoc. 63, 1379–1389.
    """
    y = np.atleast_2d(np.asarray(values, float))
    size = max(1, _PAIRS // max(1, y.shape[1] ** 2 // 2))
    parts = [np.nanmedian(_slopes(y[i : i + size], times), axis=1) for i in range(0, len(y), size)]
    return np.concatenate(parts) if parts else np.empty(0)


def _slopes(y: np.ndarray, times=None) -> np.ndarray:
    t = np.arange(y.shape[1], dtype=float) if times is None else np.asarray(times, float)
    first, second = np.triu_indices(y.shape[1], 1)
    return (y[:, second] - y[:, first]) / (t[second] - t[first])


def _table(values) -> np.ndarray:
    y = np.atleast_2d(np.asarray(values, float))
    if np.isinf(y).any():
        raise TrendTestError("Values must be finite or missing; infinite ones were given.")
    if y.size and ((known := (~np.isnan(y)).sum(axis=1)) < 3).any():
        raise TrendTestError(f"At least three known values are needed; a series has {known.min()}.")
    return y


def _packed(y: np.ndarray) -> np.ndarray:
    """Known values moved to the front in order, NaN behind."""
    order = np.argsort(np.isnan(y), axis=1, kind="stable")
    packed = np.take_along_axis(y, order, axis=1)
    return packed[:, : int((~np.isnan(y)).sum(axis=1).max(initial=0))]


def _pairs(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kendall's S, the sum over ties of t(t − 1)(2t + 5), and the number of tied pairs of each series."""
    first, second = np.triu_indices(y.shape[1], 1)
    size = max(1, _PAIRS // max(1, len(first)))
    found = []
    for i in range(0, len(y), size):
        part = y[i : i + size]
        gap = part[:, second] - part[:, first]
        s = np.nansum(np.sign(gap), axis=1)
        same = gap == 0
        # A value of a tie of t has t − 1 equals among the pairs: its tie's size less one.
        which, pair = np.nonzero(same)
        t = np.ones(part.shape, int)
        np.add.at(t, (which, first[pair]), 1)
        np.add.at(t, (which, second[pair]), 1)
        found.append((s, ((t - 1) * (2 * t + 5)).sum(axis=1), same.sum(axis=1)))
    return tuple(np.concatenate(parts).astype(float) for parts in zip(*found, strict=True))


def _tail(s: np.ndarray, variance: np.ndarray) -> dict[str, np.ndarray]:
    from scipy.special import ndtr

    z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(np.where(variance > 0, variance, 1)), 0.0)
    return {"z": z, "p": 2 * ndtr(-np.abs(z))}


def _widening(y: np.ndarray, n: np.ndarray, slope: np.ndarray, correction: str) -> np.ndarray:
    if correction == "none":
        return np.ones(len(y))
    from scipy.stats import rankdata

    rest = y - slope[:, None] * np.arange(y.shape[1])
    lags = np.arange(1, y.shape[1])[None, :]
    size = n[:, None]
    if correction == "yue_wang":
        share = np.clip(1 - lags / size, 0, None)
        return 1 + 2 * (share * _autocorrelation(rest)).sum(axis=1)
    r = _autocorrelation(rankdata(rest, axis=1, nan_policy="omit"))
    r = np.where(np.abs(r) > 1.959963984540054 / np.sqrt(size), r, 0)
    share = np.clip((size - lags) * (size - lags - 1) * (size - lags - 2), 0, None) / (size * (size - 1) * (size - 2))
    return np.maximum(1 + 2 * (share * r).sum(axis=1), 1e-3)


def _autocorrelation(y: np.ndarray) -> np.ndarray:
    """Autocorrelations from lag 1 on, all divided by the same sum of squares."""
    rest = np.nan_to_num(y - np.nanmean(y, axis=1, keepdims=True))
    spectrum = np.fft.rfft(rest, 2 * y.shape[1], axis=1)
    both = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, : y.shape[1]]
    whole = np.where(both[:, :1] > 0, both[:, :1], 1)
    return both[:, 1:] / whole
