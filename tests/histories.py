"""Short histories for the tests of forecasts."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st


def history(name: str = "a", y=(), freq: str = "QE", start: str = "2015-03-31", **columns) -> pd.DataFrame:
    """One series of evenly spaced period ends."""
    dates = pd.date_range(start, periods=len(y), freq=freq)
    return pd.DataFrame({"unique_id": name, "ds": dates, "y": [float(value) for value in y], **columns})


rates = st.lists(st.floats(0.5, 200).map(lambda value: round(value, 2)), min_size=4, max_size=40)
small_counts = st.lists(st.integers(0, 15), min_size=4, max_size=40)
large_counts = st.lists(st.integers(200, 900), min_size=4, max_size=40)
percentages = st.lists(st.integers(0, 20).map(lambda hits: 5 * hits), min_size=4, max_size=40)

any_history = st.one_of(
    rates.map(lambda y: history(y=y, kind="rate")),
    small_counts.map(lambda y: history(y=y, freq="ME", start="2015-01-31")),
    large_counts.map(lambda y: history(y=y)),
    percentages.map(lambda y: history(y=y, n=20)),
    percentages.map(lambda y: history(y=y, kind="percent", freq="ME", start="2015-01-31")),
)
