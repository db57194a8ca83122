"""Who is in care, who has been for long enough, and who came into care: the populations that many measures share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.periods import rolling, year_to_date
from incare.rows import NAT_DAY, Spans, count_in, latest_before, one_per, one_per_child, set_aside, used

UNKNOWN_BIRTH = "date of birth not known"
UNKNOWN_START = "start of care not known"
# For a count of what happens in the period, which can also be asked of longer windows.
COUNT_WINDOWS = {
    "period": {},
    "year_to_date": {"window": year_to_date},
    "rolling": {"window": rolling(12), "needs_history": 12},
}
# What an episode says that a breakdown reads.
_OF_EPISODES = ("legal_status", "placement", "category_of_need")


def in_care_now(in_care: Spans) -> pd.DataFrame:
    """Children in care at the end of the last day, each once, with their current episode."""
    return in_care.once(("now",), lambda: one_per_child(in_care.at("end"), keep="last"))


def in_care_any_time(in_care: Spans) -> pd.DataFrame:
    """Children in care at any time in the window, each once, with their latest episode in it.

    A child whose care ended on the window's first day is in: the end is the day of leaving (CATALOGUE 6, question 8).
    """
    key = ("any time", in_care.window)
    return in_care.once(key, lambda: one_per_child(in_care.overlapping("window"), keep="last"))


def in_care_for(in_care: Spans, respite: Spans | None, months: int = 12) -> pd.DataFrame:
    """Children in care at the end of the last day and continuously for the months before, without a short break.

    A child whose start of care is unknown counts when the first known episode is old enough: care began no later.
    Source: CATALOGUE 1.8 (LAIT notes on the 12-month cohort).
    """
    return used(perhaps_in_care_for(in_care, respite, months))


def perhaps_in_care_for(in_care: Spans, respite: Spans | None, months: int = 12) -> pd.DataFrame:
    """As `in_care_for`, with the children of whom it cannot be told kept as set aside.

    They are those whose first row in the record is not a start and begins within the months.
    """
    # Every measure of one record is given the same short breaks, so the name need not say which.
    key = ("perhaps for", months, respite is None)
    return in_care.once(key, lambda: _perhaps_in_care_for(in_care, respite, months))


def _perhaps_in_care_for(in_care: Spans, respite: Spans | None, months: int) -> pd.DataFrame:
    rows = in_care_now(in_care)
    long_enough = (p.days(rows["care_start"]) <= p.held_since(rows["on"], months)) & ~_broken(rows, respite, months)
    unknown = rows["left_censored"].to_numpy(bool) & (p.days(rows["care_start"]) > p.held_since(rows["on"], months))
    return set_aside(rows, unknown, UNKNOWN_START)[long_enough | unknown]


def _broken(rows: pd.DataFrame, respite: Spans | None, months: int) -> np.ndarray:
    """Whether a child had a night of a short break in the months."""
    if respite is None or not len(respite.table):
        return np.zeros(len(rows), bool)
    window = rolling(months)
    breaks = Spans(respite.table, respite.periods, window).overlapping("window")
    inside = p.days(breaks["night"]) >= window.starts(respite.periods)[breaks["period"]]
    return count_in(breaks[inside], rows) > 0


def starts(care_periods: Spans, *, once: bool = True) -> pd.DataFrame:
    """Periods of care that start in the window, with the first legal status and placement.

    With `once` each child by the first start in the window. Those whose first row in the record is not a start are
    set aside, but a child with a known start in the window is used.
    """
    rows = care_periods.starting("window")
    first = {name: rows[f"first_{name}"].array for name in ("legal_status", "placement", "place")}
    rows = set_aside(rows.assign(**first), rows["left_censored"], UNKNOWN_START)
    if not once:
        return rows
    return one_per(rows, "child", rows["left_censored"], rows["start"])


def with_episode(rows: pd.DataFrame, in_care: Spans, day) -> pd.DataFrame:
    """The rows with the legal status, placement and need of their child's episode on a day, for breakdowns.

    The rows are of events inside care, so that an episode is always found.
    """
    at = np.maximum(latest_before(in_care.table, rows.assign(on=day)), 0)
    named = [name for name in _OF_EPISODES if name in in_care.table]
    return rows.assign(**{name: in_care.table[name].array.take(at) for name in named})


def ages(rows: pd.DataFrame, people: pd.DataFrame, on=None) -> np.ndarray:
    """The age in years of each row's person on the row's day, or on another; NaN where the birth date is unknown."""
    return p.age(p.days(people["born"])[rows["child"]], rows["on"] if on is None else on)


def aged(rows: pd.DataFrame, people: pd.DataFrame, low: int, high: int, on=None) -> pd.DataFrame:
    """The rows of people aged from `low` to `high`; those whose birth date is unknown are kept as set aside."""
    age = ages(rows, people, on)
    within = (age >= low) & (age <= high)
    return set_aside(rows, np.isnan(age), UNKNOWN_BIRTH)[within | np.isnan(age)]


def first_days_passed(rows: pd.DataFrame, days: int) -> np.ndarray:
    """Whether each row's child has been in care for a number of working days on the row's day, as far as is known."""
    began, on = p.days(rows["care_start"]), p.days(rows["on"])
    # Whoever came into care earlier has passed them anyway, without a look at the holidays of years long ago.
    recent = began > on - 2 * days - 20
    return ~recent | (p.add_working_days(np.where(recent, began, NAT_DAY), days) <= on)


def falling_due(care_periods: Spans, days: int) -> pd.DataFrame:
    """Periods of care whose first working days end in the window, described on that day, if still in care then.

    `due` is the day, `care_start` the start; those whose start is unknown are set aside. Legal status and placement are
    those at the start.
    """
    care = care_periods.table
    began, end = p.days(care["start"]), p.days(care["end"])
    since = care_periods.window.starts(care_periods.periods).min() - 2 * days - 20
    near = (began >= since) & (began <= care_periods.periods.ends.max())
    due = p.add_working_days(np.where(near, began, NAT_DAY), days)
    care = care.assign(care_start=care["start"], start=due.astype("datetime64[s]"))
    care = care[near & (np.isnat(end) | (end > due))]
    rows = Spans(care, care_periods.periods, care_periods.window).starting("window")
    rows = rows.assign(
        due=rows["start"], legal_status=rows["first_legal_status"].array, placement=rows["first_placement"].array
    )
    return set_aside(rows, rows["left_censored"], UNKNOWN_START)
