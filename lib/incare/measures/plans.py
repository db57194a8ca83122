"""Care plans, pathway plans and visits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Share
from incare.measure import measure
from incare.rows import Spans, latest_before, one_per_child

# A snapshot older than this does not describe the period's last day: one quarter, with a day's grace for its length.
SNAPSHOT_DAYS = 92


def authorised(plans: Spans) -> pd.DataFrame:
    """Plans that count: those with a date and not in draft."""
    return plans.table[plans.table["STATUS"] != "DRAFT"].reset_index(drop=True)


def _in_date(rows: pd.DataFrame, plans: pd.DataFrame, max_months: int, since=None) -> np.ndarray:
    """Whether each row's latest plan is young enough by its own interval, else the general one."""
    found = latest_before(plans, rows)
    at = np.maximum(found, 0)
    if not len(plans):
        return np.zeros(len(rows), bool)
    dated = p.days(plans["start"])[at]
    own = plans["REVIEW_MONTHS"].to_numpy(float)[at]
    months = np.where(np.isnan(own), max_months, own).astype(int)
    fresh = (found >= 0) & (dated >= p.held_since(rows["on"], months))
    return fresh if since is None else fresh & (dated >= since)


@measure(title="Children in care with an up-to-date care plan", kind=Share(), better="higher", needs_history=12)
def care_plan_up_to_date_pct(in_care, care_plans, *, max_months=6, first_within_working_days=10):
    """Share of children in care whose care plan was finalised or updated within the time set for them.

    Population: children in care at the end of the last day whose first plan is due.
    Counted: those whose latest authorised plan in this period of care is at most REVIEW_MONTHS old (6 if not set).
    Set aside: short breaks (V3, V4); plans in draft, dated later, or from an earlier period of care.
    Choices: max_months=6 where the child has no interval; first_within_working_days=10.
    Source: Care Planning Regulations 2010, regulation 4; Croydon scorecard of January 2021. No national definition.
    """
    rows = one_per_child(in_care.at("end"), keep="last")
    began = p.days(rows["care_start"])
    listed = began >= np.datetime64("2015-01-01", "D")
    due = np.where(
        listed,
        p.add_working_days(np.where(listed, began, np.datetime64("2015-01-01", "D")), first_within_working_days),
        began,
    )
    rows = rows[due <= p.days(rows["on"])]
    began = p.days(rows["care_start"])
    return rows.assign(counted=_in_date(rows, authorised(care_plans), max_months, since=began))


@measure(title="Young people with an up-to-date pathway plan", kind=Share(), better="higher", needs_history=12)
def pathway_plan_up_to_date_pct(
    care_leaver_snapshots,
    pathway_plans,
    people,
    *,
    groups=("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"),
    max_months=6,
    first_within_months=3,
    exclude_declined=False,
):
    """Share of young people whose pathway plan was made or reviewed within the time set for them.

    Population: eligible, relevant and former relevant young people in the latest snapshot; from 21 only those who
    receive support. Eligible young people within three months of turning 16, or of becoming eligible, are not yet due
    unless a plan exists.
    Counted: those whose latest authorised plan or review is at most REVIEW_MONTHS old (6 if not set).
    Set aside: young people who died, were transferred to another council or returned home for six months.
    Choices: groups, max_months=6, first_within_months=3, exclude_declined=False keeps those who refuse or no longer
    require services.
    Source: Croydon scorecard of January 2021, Worcestershire board of October 2017; Care Planning Regulations 2010,
    regulation 42. No national definition.
    """
    rows = care_leaver_snapshots.latest(SNAPSHOT_DAYS)
    declined = ["NREQ", "REFU"] if exclude_declined else []
    rows = rows[rows["eligibility"].isin(groups) & ~rows["excluded"] & ~rows["in_touch"].isin(declined)]
    born = p.days(people["born"])[rows["child"]]
    age, on = p.age(born, rows["on"]), p.days(rows["on"])
    rows, born, on = (x[(age < 21) | (rows["support"] == "RECEIVING").to_numpy()] for x in (rows, born, on))
    plans = authorised(pathway_plans)
    has_plan = latest_before(plans, rows) >= 0
    eligible_from = np.fmax(p.days(people["eligible_from"])[rows["child"]], p.birthday(born, 16))
    eligible_from = np.where(np.isnat(eligible_from), p.birthday(born, 16), eligible_from)
    not_due = (rows["eligibility"] == "ELIGIBLE") & (p.add_months(eligible_from, first_within_months) > on)
    rows = rows[~not_due | has_plan]
    return rows.assign(counted=_in_date(rows, plans, max_months))


@measure(title="Care leavers visited in time", kind=Share(), better="higher", needs_history=6)
def cl_visits_in_time_pct(
    care_leaver_snapshots,
    cl_contacts,
    people,
    *,
    contact_types=("VISIT_HOME", "FACE_TO_FACE"),
    months=2,
    under_age=21,
):
    """Share of care leavers whose personal adviser saw them in the last two months.

    Population: relevant and former relevant young people under 21 in the latest snapshot.
    Counted: those with a visit in person in the two months to the last day; calls and texts do not count.
    Set aside: young people who died, were transferred to another council or returned home for six months.
    Choices: contact_types, months=2, under_age=21.
    Source: Care Leavers Regulations 2010, regulation 8; Worcestershire board of October 2017.
    """
    rows = care_leaver_snapshots.latest(SNAPSHOT_DAYS)
    age = p.age(p.days(people["born"])[rows["child"]], rows["on"])
    rows = rows[rows["eligibility"].isin(["RELEVANT", "FORMER_RELEVANT"]) & ~rows["excluded"] & (age < under_age)]
    visits = cl_contacts.table[cl_contacts.table["CONTACT_TYPE"].isin(contact_types)].reset_index(drop=True)
    found = latest_before(visits, rows)
    last = p.days(visits["start"])[np.maximum(found, 0)] if len(visits) else np.full(len(rows), np.datetime64("NaT"))
    return rows.assign(counted=(found >= 0) & (last >= p.held_since(rows["on"], months)))
