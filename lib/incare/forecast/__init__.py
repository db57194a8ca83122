"""Forecasts of short series with honest intervals, and the back-test that says how far they can be trusted."""

from __future__ import annotations

from incare.forecast.backtest import backtest
from incare.forecast.panel import HistoryError
from incare.forecast.select import series

__all__ = ["HistoryError", "backtest", "series"]
