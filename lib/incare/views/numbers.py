"""How every figure, symbol and period is printed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pandas as pd

from incare.measure import Measure

SYMBOLS = {
    "c": "hidden to protect children and young people",
    "z": "not applicable",
    "x": "not available",
    "low": "more than zero, but rounds to 0",
}
# Not the locale's: a report is in English wherever it is made.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WHOLE = ("children", "young people", "per 10,000", "%", "")
_ONE = {"children": "child", "young people": "young person", "days": "day"}


def half_up(value: float, places: int = 0) -> Decimal:
    """A number rounded half up, away from zero: 62.5 becomes 63."""
    return Decimal(str(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def number(value: float, unit: str = "") -> str:
    """A figure as printed: `74%`, `1,240`; means, such as days, keep one decimal, and shares of a worker always do.

    Raises `ValueError` for a missing value: those are printed by `cell`, with their symbol.
    """
    if pd.isna(value):
        raise ValueError("A figure to print is missing; print the row with `cell`, which knows the symbols.")
    whole = unit in _WHOLE or (float(value).is_integer() and not unit.endswith("worker"))
    places = 0 if whole else 1
    return f"{half_up(value, places):,}" + ("%" if unit == "%" else "")


def amount(value: float, unit: str) -> str:
    """A figure with its unit: `74%`, `640 children`, `1 child`, `67 per 10,000`."""
    text = number(value, unit)
    if unit in ("%", ""):
        return text
    return f"{text} {_ONE[unit] if text == '1' and unit in _ONE else unit}"


def limits(low: float, high: float, unit: str = "") -> str:
    """Two limits as printed: `70% to 77%`; where one has a decimal so has the other: `13.0 to 16.7`.

    Raises `ValueError` for a missing value.
    """
    both = [number(value, unit) for value in (low, high)]
    if any("." in text for text in both):
        both = [f"{half_up(value, 1):,}" for value in (low, high)]
    return " to ".join(both)


def is_shown(row: pd.Series) -> bool:
    """Whether a row has a value that may be printed."""
    return row["status"] in ("ok", "low") and bool(pd.notna(row["value"]))


def are_shown(rows: pd.DataFrame) -> pd.Series:
    """Whether each row has a value that may be printed."""
    return rows["status"].isin(["ok", "low"]) & rows["value"].notna()


def symbol(row: pd.Series) -> str:
    """The symbol of a row without a value; `x` when nothing says why it is missing."""
    return row["status"] if row["status"] in SYMBOLS else "x"


def cell(row: pd.Series | None) -> str:
    """A row's value as a table prints it: the figure, a symbol, or a dash when the series has no such row."""
    if row is None:
        return "–"
    return number(row["value"], row["unit"]) if is_shown(row) else symbol(row)


def n_of_d(row: pd.Series) -> str:
    """`475 of 640`; `of 640` when the part is not shown; `n = 40` for means; empty without a denominator to show."""
    if not is_shown(row) or pd.isna(row["denominator"]):
        return ""
    if row["unit"] != "%" and not row["unit"].startswith("per "):
        return f"n = {number(row['denominator'])}"
    part = "" if pd.isna(row["numerator"]) else f"{number(row['numerator'])} "
    return f"{part}of {number(row['denominator'])}"


def why_missing(row: pd.Series) -> str:
    """A missing value in words, with its reason: `not available: the table plans is missing`."""
    reason = str(row.get("reason") or "").strip().rstrip(".")
    return SYMBOLS[symbol(row)] + (f": {reason}" if reason and symbol(row) != "c" else "")


def long_date(day) -> str:
    """`30 September 2025`."""
    stamp = pd.Timestamp(day)
    return f"{stamp.day} {MONTHS[stamp.month - 1]} {stamp.year}"


def short_month(day) -> str:
    """`Sep 2025`."""
    stamp = pd.Timestamp(day)
    return f"{MONTHS[stamp.month - 1][:3]} {stamp.year}"


def period_label(end, grain: str) -> str:
    """A period as a table names it: `Jul–Sep 2025` or `Sep 2025`."""
    stamp = pd.Timestamp(end)
    first = f"{MONTHS[stamp.month - 3][:3]}–" if grain == "quarter" else ""
    return first + short_month(stamp)


def period_words(row: pd.Series, measure: Measure) -> str:
    """The days a row's figure looks at: `quarter ending 30 September 2025`, `12 months to 30 September 2025`."""
    end = long_date(row["period_end"])
    if measure.window.to_date:
        return f"since 1 April, to {end}"
    if measure.window.months:
        return f"{measure.window.months} months to {end}"
    return f"{row['grain']} ending {end}"
