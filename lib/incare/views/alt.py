"""What a chart shows, for those who cannot see it; the direction only where a statistic supports one."""

from __future__ import annotations

import pandas as pd

from incare.measure import Measure
from incare.views import numbers, words


def trend(found: pd.DataFrame, measure: Measure, target: float | None = None) -> str:
    """The alternative text of a line over time."""
    parts = [
        f"Line chart of {lower_first(measure.title)}, {span(found)}.",
        latest(found),
        "" if target is None else f"Target {numbers.number(target, found['unit'].iloc[-1])}.",
        words.change(found),
        gaps(found),
    ]
    return " ".join(part for part in parts if part)


def breakdown(found: pd.DataFrame, measure: Measure, by: str) -> str:
    """The alternative text of one period's figures by category."""
    listed = ", ".join(f"{row['category']} {_spoken(row)}" for _, row in found.iterrows())
    return f"Chart of {lower_first(measure.title)} by {words.breakdown_title(by)}: {listed}."


def mix(found: pd.DataFrame, measure: Measure) -> str:
    """The alternative text of the parts of a mix over time."""
    now = found[found["period_end"] == found["period_end"].max()]
    listed = ", ".join(f"{row['category']} {_spoken(row)}" for _, row in now.iterrows())
    return f"Small charts of {lower_first(measure.title)}, {span(found)}. Latest: {listed}."


def forecast(history: pd.DataFrame, forecasts: pd.DataFrame, measure: Measure) -> str:
    """The alternative text of a fan of forecasts after the history."""
    last = forecasts.iloc[-1]
    likely = numbers.limits(last["lo95"], last["hi95"], measure.unit)
    return (
        f"Line chart of {lower_first(measure.title)}, {span(history)}, with a forecast to "
        f"{numbers.long_date(last['ds'])}: {numbers.amount(last['mean'], measure.unit)}, 95% interval {likely}."
    )


def sparkline(found: pd.DataFrame, measure: Measure) -> str:
    """The alternative text of a tiny line beside a figure."""
    return f"{measure.title}, {span(found)}; latest {_spoken(found.iloc[-1])}."


def span(found: pd.DataFrame) -> str:
    """The first and last period of a series, in words."""
    first, last = found["period_end"].min(), found["period_end"].max()
    return f"by {found['grain'].iloc[-1]} from {numbers.short_month(first)} to {numbers.short_month(last)}"


def latest(found: pd.DataFrame) -> str:
    """The newest figure of a series in a sentence; why it is missing where there is none."""
    row = found.iloc[-1]
    if not numbers.is_shown(row):
        return f"The latest figure is {numbers.why_missing(row)}."
    text = f"Latest {numbers.amount(row['value'], row['unit'])}"
    if pd.isna(row["lower"]) or pd.isna(row["upper"]):
        return f"{text}."
    return f"{text}, 95% interval {numbers.limits(row['lower'], row['upper'], row['unit'])}."


def gaps(found: pd.DataFrame) -> str:
    """How many periods have no figure, in a sentence; empty when all have."""
    missing = found[~numbers.are_shown(found)]
    counted = missing.apply(numbers.symbol, axis=1).value_counts() if len(missing) else {}
    return "".join(f"{numbers.SYMBOLS[s].capitalize()}: {n} of the points. " for s, n in counted.items()).strip()


def _spoken(row: pd.Series) -> str:
    return numbers.number(row["value"], row["unit"]) if numbers.is_shown(row) else numbers.SYMBOLS[numbers.symbol(row)]


def lower_first(title: str) -> str:
    """A title inside a sentence; capitals of abbreviations stay."""
    return title[0].lower() + title[1:] if title[1:2].islower() else title
