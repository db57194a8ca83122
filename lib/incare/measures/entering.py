"""Entering care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import breakdowns
from incare import periods as p
from incare.kinds import Count, Rate, Share
from incare.measure import measure
from incare.measures.cohorts import COUNT_WINDOWS, UNKNOWN_BIRTH, ages, starts
from incare.periods import Periods, rolling
from incare.rows import Spans, one_per_child, set_aside

TO_OTHERS = {"E2": "died", "E3": "care taken over by another council"}


@measure(
    title="Children who started to be looked after",
    kind=Count(),
    better="neither",
    allowed={"count": ("children", "starts"), "window": tuple(COUNT_WINDOWS)},
    by_choice={"window": COUNT_WINDOWS},
)
def cla_started_count(care_periods, *, count="children", window="period"):
    """Children whose care began in the period.

    Population: children with a period of care that starts in the period.
    Counted: each child once, by the first start in the period; with count="starts" every start. Arriving from another
    council's care counts. A child whose short breaks turn into care counts on the day care begins.
    Set aside: short breaks (V3, V4); children whose first row in the record is not a start, as their start is unknown.
    Choices: count="children" counts as DfE does, so quarters need not add up to the year; "starts" counts events.
    window="period" looks at the period; "year_to_date" since 1 April; "rolling" at 12 months, as published.
    Source: DfE outcome 1 notes; LAIT LACnum_Start.
    """
    return starts(care_periods, once=count == "children").assign(counted=True)


@measure(
    title="Children who started to be looked after per 10,000 children",
    kind=Rate(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cla_started_rate(care_periods, population, *, annualise=False):
    """Children whose care began in the 12 months, for every 10,000 residents aged 0 to 17.

    Population: residents aged 0 to 17 at the mid-year before the year to 31 March.
    Counted: each child whose care began in the 12 months once.
    Set aside: short breaks (V3, V4); children whose first row in the record is not a start, as their start is unknown.
    Choices: annualise=False prints the rate of the window as it is; True brings a shorter window to a year, as if the
    other months were like it.
    Source: LAIT LAC_Start_Rate; the year to March is divided by the estimate of the year before.
    """
    return starts(care_periods).assign(counted=True)


@measure(
    title="Children starting to be looked after who are unaccompanied asylum-seeking children",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cla_started_uasc_pct(care_periods, people, uasc):
    """Share of the children starting to be looked after who are unaccompanied asylum-seeking children on that day.

    Population: children whose care began in the 12 months, each once, by the first start.
    Counted: those with a UASC row whose end date is blank or later than the day care began.
    Set aside: short breaks (V3, V4); children whose first row in the record is not a start, as their start is unknown.
    Source: LAIT UASC_%_Starting; SSDA903 UASC module.
    """
    rows = starts(care_periods)
    return rows.assign(counted=breakdowns.uasc(people, rows["child"].to_numpy(), rows["on"]).codes == 0)


@measure(
    title="Children returning to care within 12 months",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=24,
    allowed={"form": ("entry", "exit"), "months": (3, 6, 12)},
)
def cla_reentry_pct(care_periods, people, *, months=12, form="entry"):
    """Share of the children starting to be looked after who had left care in the 12 months before.

    Population: children whose care began in the 12 months, each once, by the first start. With form="exit": children
    who left care under 18 in the 12 months that ended 12 months before the period's end, each once, by the first end.
    Counted: those whose earlier period of care ended 12 months or less before that start; with form="exit" those whose
    next period of care began 12 months or less after that end.
    Set aside: children whose start of care is unknown. With form="exit": children who died (E2), whose care another
    council took over (E3), whose care starts again on the very day it ended, a recording error, or whose date of birth
    is unknown. In the first form such earlier ends make no return.
    Choices: months=12 is the longest gap that counts (3, 6 or 12), and in the exit form how long before the period's
    end the 12 months of leaving end. form="entry" asks of those who come, "exit" of those who left. Returns of adopted
    children cannot be seen: they come back under a new number.
    Source: Annex A list 8 (second or subsequent period of being looked after within the last 12 months); the exit form
    is from memory.
    """
    if form == "exit":
        return _leavers_who_return(care_periods, people, months)
    rows = starts(care_periods)
    return rows.assign(counted=p.days(rows["start"]) <= p.add_months(p.days(rows["previous_end"]), months))


def _leavers_who_return(care_periods: Spans, people: pd.DataFrame, months: int) -> pd.DataFrame:
    """Children who left so long ago that every return within the months lies before the period's end."""
    table = care_periods.table.assign(next_start=_next_start(care_periods.table))
    rows = Spans(table, _earlier(care_periods.periods, months), care_periods.window).ending("window")
    last = {name: rows[f"last_{name}"].array for name in ("legal_status", "placement", "place")}
    rows = rows.assign(**last)
    age = ages(rows, people)
    rows = set_aside(rows, np.isnan(age), UNKNOWN_BIRTH)[~(age >= 18)]
    for reason, words in TO_OTHERS.items():
        rows = set_aside(rows, rows["reason"] == reason, words)
    rows = set_aside(rows, rows["next_start"] == rows["end"], "care starts again on the day it ended")
    rows = one_per_child(rows)
    return rows.assign(counted=p.days(rows["next_start"]) <= p.add_months(p.days(rows["end"]), months))


def _next_start(care: pd.DataFrame) -> pd.Series:
    """The start of each child's following period of care."""
    return care["start"].shift(-1).where(care["child"] == care["child"].shift(-1))


def _earlier(periods: Periods, months: int) -> Periods:
    """The periods a number of months earlier."""
    return Periods(periods.grain, p.add_months(periods.starts, -months), p.held_since(periods.ends, months) - 1)
