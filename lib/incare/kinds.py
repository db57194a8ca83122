"""How the rows a measure picks become one number: share, rate, count, mean, median, ratio, and a mix of parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtrit


def wilson(numerator, denominator, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score limits of a share, in percent; NaN where the denominator is missing or 0.

    `level` is the confidence level. Source: Wilson (1927), J. Am. Stat. Assoc. 22; the interval DfE and OHID use.
    """
    x, n = np.asarray(numerator, float), np.asarray(denominator, float)
    n = np.where(n > 0, n, np.nan)
    z = ndtri(0.5 + level / 2)
    # More counted than there are rows is no share: NaN, without a warning from the root.
    x = np.where(x > n, np.nan, x)
    middle, spread = 2 * x + z * z, z * np.sqrt(z * z + 4 * x * (1 - x / n))
    scale = 100 / (2 * (n + z * z))
    # At 0 of n and n of n one limit is exactly 0 or 100; floating point leaves a hair beside it.
    lower = np.where(x == 0, np.where(np.isnan(n), np.nan, 0.0), (middle - spread) * scale)
    upper = np.where(x == n, 100.0, (middle + spread) * scale)
    return lower, upper


def poisson(count, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Exact Poisson limits of a count.

    Source: Garwood (1936), Biometrika 28, by the chi-squared relation.
    """
    x = np.asarray(count, float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        lower = np.where(x > 0, gammaincinv(np.where(x > 0, x, 1.0), tail), np.where(np.isnan(x), np.nan, 0.0))
        upper = gammaincinv(x + 1, 1 - tail)
    return lower, upper


def _ratio(numerator, denominator, scale: float) -> np.ndarray:
    n = np.asarray(denominator, float)
    return np.asarray(numerator, float) * scale / np.where(n > 0, n, np.nan)


@dataclass(frozen=True)
class Share:
    """Rows counted, as a percentage of the rows."""

    unit: str = "%"

    def value(self, numerator, denominator) -> np.ndarray:
        """Percent; NaN where the denominator is 0, never 0 %."""
        return _ratio(numerator, denominator, 100)

    def limits(self, numerator, denominator) -> tuple[np.ndarray, np.ndarray]:
        """95 % Wilson limits in percent."""
        return wilson(numerator, denominator)


@dataclass(frozen=True)
class Mix(Share):
    """Each part's rows, as a percentage of all rows; `of` names the column that holds the part."""

    of: str = ""


@dataclass(frozen=True)
class Count:
    """The number of rows counted."""

    unit: str = "children"

    def value(self, numerator, denominator) -> np.ndarray:
        """The count itself."""
        return np.asarray(numerator, float)

    def limits(self, numerator, denominator) -> tuple[np.ndarray, np.ndarray]:
        """Exact 95 % Poisson limits."""
        return poisson(numerator)


@dataclass(frozen=True)
class Rate:
    """Rows counted, per a number of residents aged 0 to 17."""

    per: int = 10_000

    @property
    def unit(self) -> str:
        """The unit as printed, such as `per 10,000`."""
        return f"per {self.per:,}"

    def value(self, numerator, denominator) -> np.ndarray:
        """Rate per `per` residents; NaN where the population is missing."""
        return _ratio(numerator, denominator, self.per)

    def limits(self, numerator, denominator) -> tuple[np.ndarray, np.ndarray]:
        """Exact 95 % Poisson limits of the count, over the same population."""
        return tuple(_ratio(limit, denominator, self.per) for limit in poisson(numerator))


@dataclass(frozen=True)
class Summary:
    """Amounts of rows put together by cell: arrays of one length, a cell each."""

    numerator: np.ndarray
    denominator: np.ndarray
    value: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Ratio:
    """One amount of the rows over another, both added up first: sessions missed of sessions possible."""

    unit: str
    scale: float = 1.0

    def summary(self, cell: np.ndarray, size: int, amount, weight) -> Summary:
        """Sums per cell, their ratio and its 95 % limits; `cell` numbers each row's cell below `size`.

        Source: the linearised variance of a ratio of sums (Cochran 1977, Sampling Techniques, 6.4), with Student's t;
        with all weights 1 it is the interval of a mean. No limits for fewer than two rows.
        """
        amount, weight = np.asarray(amount, float), np.asarray(weight, float)

        def add(values):
            # Rounded, so that the order in which fractions are added leaves no trace in the last bit.
            return np.round(np.bincount(cell, weights=values, minlength=size), 9)

        rows, top, bottom = np.bincount(cell, minlength=size).astype(float), add(amount), add(weight)
        ratio = _ratio(top, bottom, 1.0)
        left = add((amount - np.where(np.isnan(ratio), 0, ratio)[cell] * weight) ** 2)
        several = rows > 1
        error = np.sqrt(_ratio(left * rows, rows - 1, 1.0)) / np.where(bottom > 0, bottom, np.nan)
        reach = np.where(several, stdtrit(np.where(several, rows - 1, 1.0), 0.975) * error, np.nan)
        return Summary(top, bottom, ratio * self.scale, (ratio - reach) * self.scale, (ratio + reach) * self.scale)


@dataclass(frozen=True)
class Mean:
    """The mean of the rows' `amount` column."""

    unit: str = "days"

    def summary(self, cell: np.ndarray, size: int, amount, weight=None) -> Summary:
        """Sum, number of rows, mean and 95 % limits by Student's t per cell."""
        return Ratio(self.unit).summary(cell, size, amount, np.ones(len(cell)))


@dataclass(frozen=True)
class Median:
    """The median of the rows' `amount` column."""

    unit: str = "days"

    def summary(self, cell: np.ndarray, size: int, amount, weight=None) -> Summary:
        """Number of rows, median and 95 % limits by order statistics per cell; the numerator is missing.

        Source: Campbell & Gardner (1988), BMJ 296: ranks n/2 ∓ 1.96 √n/2. No limits for fewer than six rows, where no
        pair of ranks reaches 95 %.
        """
        amount = np.asarray(amount, float)
        order = np.lexsort([amount, cell])
        ranked, rows = amount[order], np.bincount(cell, minlength=size)
        first = np.cumsum(rows) - rows

        def at(rank):
            place = np.clip(first + rank, 0, max(len(ranked) - 1, 0)).astype(int)
            return np.where(rows > 0, ranked[place] if len(ranked) else np.nan, np.nan)

        middle = (at((rows - 1) // 2) + at(rows // 2)) / 2
        half = 1.96 * np.sqrt(rows) / 2
        low, high = np.round(rows / 2 - half).astype(int), np.round(1 + rows / 2 + half).astype(int)
        sure = (rows > 5) & (low >= 1) & (high <= rows)
        nothing = np.full(size, np.nan)
        return Summary(
            nothing,
            rows.astype(float),
            middle,
            np.where(sure, at(np.maximum(low - 1, 0)), np.nan),
            np.where(sure, at(np.minimum(high, rows) - 1), np.nan),
        )


Kind = Share | Mix | Count | Rate | Mean | Median | Ratio
