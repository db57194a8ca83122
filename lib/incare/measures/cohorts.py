"""Who is in care at the end of a period, and who has been for long enough: the populations that many measures share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.periods import rolling
from incare.rows import Spans, count_in, one_per_child, set_aside

UNKNOWN_BIRTH = "date of birth not known"
UNKNOWN_START = "start of care not known"


def in_care_now(in_care: Spans) -> pd.DataFrame:
    """Children in care at the end of the last day, each once, with their current episode."""
    return one_per_child(in_care.at("end"), keep="last")


def in_care_for(in_care: Spans, respite: Spans | None, months: int = 12) -> pd.DataFrame:
    """Children in care at the end of the last day and continuously for the months before, without a short break.

    A child whose start of care is unknown counts when the first known episode is old enough: care began no later.
    Source: CATALOGUE 1.8 (LAIT notes on the 12-month cohort).
    """
    rows = in_care_now(in_care)
    rows = rows[p.days(rows["care_start"]) <= p.held_since(rows["on"], months)]
    if respite is None or not len(respite.table):
        return rows
    breaks = Spans(respite.table, respite.periods, rolling(months)).overlapping("window")
    return rows[count_in(breaks, rows) == 0]


def ages(rows: pd.DataFrame, people: pd.DataFrame, on=None) -> np.ndarray:
    """The age in years of each row's person on the row's day, or on another; NaN where the birth date is unknown."""
    return p.age(p.days(people["born"])[rows["child"]], rows["on"] if on is None else on)


def aged(rows: pd.DataFrame, people: pd.DataFrame, low: int, high: int, on=None) -> pd.DataFrame:
    """The rows of people aged from `low` to `high`; those whose birth date is unknown are kept as set aside."""
    age = ages(rows, people, on)
    within = (age >= low) & (age <= high)
    return set_aside(rows, np.isnan(age), UNKNOWN_BIRTH)[within | np.isnan(age)]
