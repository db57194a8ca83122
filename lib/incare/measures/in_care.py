"""Children in care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import breakdowns
from incare import periods as p
from incare.codes import NOT_KNOWN
from incare.kinds import Count, Mix, Rate, Share
from incare.measure import measure
from incare.measures.cohorts import ages, in_care_any_time, in_care_now, perhaps_in_care_for
from incare.periods import last_day, rolling
from incare.rows import set_aside


@measure(title="Children in care", kind=Count(), better="neither", window=last_day, latest_enough=True)
def cla_count(in_care):
    """Children in care at the end of the period.

    Population: children with an episode open at the end of the last day.
    Counted: each child once; a child who starts on the day counts, a child who leaves on the day does not.
    Set aside: short breaks (V3, V4).
    Source: LAIT LACnum; DfE "looked after at 31 March".
    """
    return in_care_now(in_care).assign(counted=True)


@measure(
    title="Children in care per 10,000 children", kind=Rate(), better="neither", window=last_day, latest_enough=True
)
def cla_rate(in_care, population, people, *, under_18_only=False):
    """Children in care at the end of the period, for every 10,000 residents aged 0 to 17.

    Population: residents aged 0 to 17 at the mid-year before the year to 31 March.
    Counted: children in care at the end of the last day.
    Set aside: short breaks (V3, V4); by choice those aged 18 or over, who are nearly always a recording error.
    Choices: under_18_only=False counts everyone in care; True leaves out those who are 18 or over on the day.
    Source: LAIT LAC; the year to March is divided by the estimate of the year before.
    """
    rows = in_care_now(in_care)
    adult = under_18_only & (ages(rows, people) >= 18)
    return set_aside(rows, adult, "18 or over").assign(counted=True)


@measure(
    title="Profile of children in care",
    kind=Mix(of="profile"),
    better="neither",
    window=last_day,
    latest_enough=True,
    allowed={"of": breakdowns.STANDARD},
)
def cla_breakdown(in_care, people, *, of="age_band"):
    """Children in care at the end of the period by age, sex, ethnicity, need, legal status, UASC or placement.

    Population: children in care at the end of the last day.
    Counted: each child in the group that describes the child on that day. The category of need is that of the first
    episode of the period of care; in a temporary placement (T0 to T4) the placement is the one before it.
    Set aside: nobody; "Not known" is a group of its own and stays in (ethnicity refused or not yet obtained, too).
    Choices: of="age_band" (under 1, 1 to 4, 5 to 9, 10 to 15, 16 and over), "sex", "ethnicity", "uasc",
    "category_of_need", "legal_status" or "placement".
    Source: DfE children looked after at 31 March by characteristics; code lists of the DfE guide.
    """
    rows = in_care_now(in_care)
    part = _profile(rows, people, of)
    return rows.assign(part=part, counted=True, known=np.asarray(part != NOT_KNOWN))


def _profile(rows: pd.DataFrame, people: pd.DataFrame, of: str) -> pd.Categorical:
    child = rows["child"].to_numpy()
    if of == "age_band":
        return breakdowns.age_band(p.days(people["born"])[child], rows["on"])
    if of == "uasc":
        return breakdowns.uasc(people, child, rows["on"])
    return rows[of].array if of in rows else people[of].array.take(child)


@measure(
    title="Unaccompanied asylum-seeking children in care",
    kind=Count(),
    better="neither",
    window=last_day,
    latest_enough=True,
)
def cla_uasc_count(in_care, people, uasc):
    """Children in care at the end of the period who are unaccompanied asylum-seeking children on that day.

    Population: children in care at the end of the last day.
    Counted: those with a UASC row whose end date is blank or later than the day.
    Set aside: nobody; young people whose UASC status had ended by the day are not counted.
    Source: LAIT; SSDA903 UASC module.
    """
    return _uasc_in_care(in_care, people)


@measure(
    title="Share of children in care who are unaccompanied asylum-seeking children",
    kind=Share(),
    better="neither",
    window=last_day,
    latest_enough=True,
)
def cla_uasc_pct(in_care, people, uasc):
    """Share of children in care who are unaccompanied asylum-seeking children at the end of the period.

    Population: children in care at the end of the last day.
    Counted: those with a UASC row whose end date is blank or later than the day.
    Set aside: nobody; young people whose UASC status had ended by the day stay in the population.
    Source: LAIT; SSDA903 UASC module.
    """
    return _uasc_in_care(in_care, people)


def _uasc_in_care(in_care, people) -> pd.DataFrame:
    rows = in_care_now(in_care)
    return rows.assign(counted=breakdowns.uasc(people, rows["child"].to_numpy(), rows["on"]).codes == 0)


@measure(
    title="Children in care at any time in the year",
    kind=Count(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cla_any_time_count(in_care):
    """Children who were in care at any time in the 12 months.

    Population: children with an episode of care that touches the 12 months.
    Counted: each child once; a child who left on the first of the days counts, one who started on the last does too.
    Set aside: short breaks (V3, V4).
    Source: DfE "looked after during the year"; the one day at the beginning is our reading.
    """
    return in_care_any_time(in_care).assign(counted=True)


@measure(
    title="Children in care for at least 12 months",
    kind=Count(),
    better="neither",
    window=last_day,
    needs_history=12,
)
def cla_12m_count(in_care, respite):
    """Children in care at the end of the period who had been in care without a break for 12 months.

    Population: children in care at the end of the last day.
    Counted: those whose period of care began 12 months ago or earlier (at 31 March: by 1 April of the year before),
    without a short break in the 12 months. Published for 31 March only; at other days it is a rolling figure.
    Set aside: children whose first row in the record is not a start and lies within the 12 months.
    Source: LAIT notes on the 12-month cohort: the population of health, SDQ, offending and attainment measures.
    """
    return perhaps_in_care_for(in_care, respite).assign(counted=True)
