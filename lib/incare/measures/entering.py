"""Entering care."""

from __future__ import annotations

import pandas as pd

from incare import periods as p
from incare.kinds import Count, Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import Spans, one_per_child


def _starts(care_periods: Spans, when: str) -> pd.DataFrame:
    """Periods of care that start, with the first legal status and placement; unknown starts are left out."""
    rows = care_periods.starting(when)
    rows = rows[~rows["left_censored"]]
    return rows.assign(legal_status=rows["first_legal_status"].array, placement=rows["first_placement"].array)


@measure(title="Children who started to be looked after", kind=Count(), better="neither")
def cla_started_count(care_periods, *, count="children"):
    """Children whose care began in the period.

    Population: children with a period of care that starts in the period.
    Counted: each child once, by the first start in the period; with count="starts" every start.
    Set aside: short breaks (V3, V4); children whose first row in the record is not a start, as their start is unknown.
    Choices: count="children" counts as DfE does, so quarters need not add up to the year; "starts" counts events.
    Source: DfE outcome 1 notes; LAIT LACnum_Start.
    """
    rows = _starts(care_periods, "period")
    rows = one_per_child(rows) if count == "children" else rows
    return rows.assign(counted=True)


@measure(
    title="Children returning to care within 12 months",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=24,
)
def cla_reentry_pct(care_periods, *, months=12):
    """Share of the children starting to be looked after who had left care in the 12 months before.

    Population: children whose care began in the 12 months, each once, by the first start.
    Counted: those whose earlier period of care ended 12 months or less before that start.
    Set aside: earlier ends by transfer to another council (E3); ends on the very day of the start, a recording error.
    Choices: months=12 is the longest gap that counts.
    Source: Annex A list 8 (second or subsequent period of being looked after within the last 12 months).
    """
    rows = one_per_child(_starts(care_periods, "window"))
    return rows.assign(counted=p.days(rows["start"]) <= p.add_months(p.days(rows["previous_end"]), months))
