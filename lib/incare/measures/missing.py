"""Children missing from care."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Count, Mean, Share
from incare.measure import measure
from incare.measures.cohorts import in_care_any_time, in_care_now, with_episode
from incare.periods import last_day, rolling
from incare.record.missing import merged
from incare.rows import Spans, count_in

# A return interview is expected within 72 hours; dates alone tell it as three days.
INTERVIEW_DAYS = 3


def _of(missing: Spans, kind: str) -> Spans:
    """Incidents of one kind as recorded: M for missing, A for away without authorisation."""
    return replace(missing, table=missing.table[missing.table["kind"] == kind].reset_index(drop=True), answers={})


def _incidents(missing: Spans, merge_gap_days: int) -> Spans:
    """Missing incidents with those of a child that overlap, or follow within the days, made one."""
    recorded = _of(missing, "M")
    return replace(recorded, table=merged(recorded.table, merge_gap_days), answers={})


@measure(title="Children missing from care now", kind=Count(), better="lower", window=last_day)
def missing_now_count(in_care, missing):
    """Children in care who are missing at the end of the last day.

    Population: children in care at the end of the last day.
    Counted: those with a missing incident (M) that has started and not ended.
    Set aside: nobody; away from placement without authorisation (A) is not missing.
    Source: SSDA903 Missing module.
    """
    rows = in_care_now(in_care)
    now = _of(missing, "M").at("end").groupby(["period", "child"], as_index=False)["start"].min()
    rows = rows.merge(now.rename(columns={"start": "missing_since"}), how="left", on=["period", "child"])
    away = p.days(rows["on"]) - p.days(rows["missing_since"])
    return rows.assign(
        counted=rows["missing_since"].notna(), days_missing=np.where(np.isnat(away), np.nan, away.astype(float))
    )


@measure(
    title="Children in care who went missing in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def missing_children_pct(in_care, missing):
    """Share of the children in care at any time in the 12 months who went missing at least once.

    Population: children with an episode of care that touches the 12 months.
    Counted: those with a missing incident (M) that touches the 12 months, however short, carried over ones too.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Source: LAIT Children_missing; DfE.
    """
    rows = in_care_any_time(in_care)
    return rows.assign(counted=count_in(_of(missing, "M").overlapping("window"), rows) > 0)


@measure(
    title="Children in care who were away without authorisation in the year",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def away_children_pct(in_care, missing):
    """Share of the children in care at any time in the 12 months who were away without authorisation at least once.

    Population: children with an episode of care that touches the 12 months.
    Counted: those with an incident of being away from placement without authorisation (A) that touches the 12 months:
    the council knew where the child was, but had not agreed to it.
    Set aside: nobody; incidents of going missing (M) and incidents outside care do not count. Some councils record
    all as missing, to match the police: a trend of this measure alone says nothing.
    Source: LAIT; DfE children who were away from placement without authorisation.
    """
    rows = in_care_any_time(in_care)
    return rows.assign(counted=count_in(_of(missing, "A").overlapping("window"), rows) > 0)


@measure(
    title="Incidents of going missing from care in the year",
    kind=Count(unit="incidents"),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def missing_incidents_count(in_care, missing, *, merge_gap_days=0):
    """Times that children in care went missing in the 12 months.

    Population: missing incidents (M) of children in care.
    Counted: each incident that touches the 12 months, however short; incidents of one child that overlap are one. Age,
    legal status and placement are those of the day the child went missing.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Choices: merge_gap_days=0 makes only incidents one that overlap; 1 also those of which the next begins on the day
    the earlier ended, 2 on the day after, and so on.
    Source: DfE children looked after who were missing; validator rule 574 for overlaps.
    """
    rows = _incidents(missing, merge_gap_days).overlapping("window")
    return _as_it_began(rows, in_care).assign(counted=True)


def _as_it_began(rows: pd.DataFrame, in_care: Spans) -> pd.DataFrame:
    """Incidents described on the day the child went missing."""
    rows = rows.assign(on=rows["start"], night=rows["start"])
    return with_episode(rows, in_care, rows["start"])


@measure(
    title="Incidents of going missing per child who went missing",
    kind=Mean(unit="incidents"),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def missing_incidents_per_child(in_care, missing, *, merge_gap_days=0):
    """Mean number of times that the children who went missing in the 12 months did so.

    Population: children with at least one missing incident (M) in care that touches the 12 months.
    Counted: incidents that touch the 12 months; incidents of one child that overlap are one.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Choices: merge_gap_days=0 makes only incidents one that overlap; 1 also those of which the next begins on the day
    the earlier ended, 2 on the day after, and so on.
    Source: DfE children looked after who were missing.
    """
    rows = _who_went_missing(in_care, missing, merge_gap_days)
    return rows.assign(counted=True, amount=rows["incidents"].astype(float))


@measure(
    title="Children who went missing more than once in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def missing_repeat_pct(in_care, missing, *, times=2, merge_gap_days=0):
    """Share of the children who went missing from care in the 12 months who did so two times or more.

    Population: children with at least one missing incident (M) in care that touches the 12 months.
    Counted: those with two such incidents or more; incidents of one child that overlap are one.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Choices: times=2 is the number that counts as repeated. merge_gap_days=0 makes only incidents one that overlap; 1
    also those of which the next begins on the day the earlier ended, 2 on the day after, and so on.
    Source: SSDA903 Missing module. No national definition.
    """
    rows = _who_went_missing(in_care, missing, merge_gap_days)
    return rows.assign(counted=rows["incidents"] >= times)


def _who_went_missing(in_care: Spans, missing: Spans, merge_gap_days: int) -> pd.DataFrame:
    """Children in care in the window who went missing in it, with the number of their incidents."""
    rows = in_care_any_time(in_care)
    number = count_in(_incidents(missing, merge_gap_days).overlapping("window"), rows)
    return rows.assign(incidents=number)[number > 0]


@measure(
    title="Return interviews offered after going missing",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def return_interview_offered_pct(in_care, missing, return_interviews):
    """Share of the times a child in care came back from being missing after which a return interview was offered.

    Population: missing incidents (M) that ended in the 12 months, each as recorded.
    Counted: those with an interview recorded as offered; no row in the table of interviews means not offered. Age,
    legal status and placement are those of the day the child went missing.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Source: the table of return interviews; DfE guidance on children who run away or go missing (2014).
    """
    rows = _came_back(in_care, missing, return_interviews)
    return rows.assign(counted=rows["OFFERED"] == "Y", known=rows["OFFERED"].isin(["Y", "N"]))


@measure(
    title="Return interviews held after going missing",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def return_interview_accepted_pct(in_care, missing, return_interviews, *, within_days=0):
    """Share of the times a child in care came back from being missing after which a return interview was held.

    Population: missing incidents (M) that ended in the 12 months, each as recorded, whether offered or not.
    Counted: those with an interview recorded as accepted or with the date of one. Age, legal status and placement are
    those of the day the child went missing.
    Set aside: nobody; away from placement without authorisation (A) and incidents outside care do not count.
    Choices: within_days=0 counts every interview; 3 only those dated at most three days after the return, which is
    “within 72 hours” as far as dates can tell.
    Source: the table of return interviews; DfE guidance on children who run away or go missing (2014), as reported by
    Missing People.
    """
    rows = _came_back(in_care, missing, return_interviews)
    taken, dated = rows["ACCEPTED"], rows["INTERVIEW_DATE"].notna()
    waited = (p.days(rows["INTERVIEW_DATE"]) - p.days(rows["end"])).astype(float)
    held = (taken == "Y") | dated
    in_time = dated & (waited >= 0) & (waited <= within_days)
    return rows.assign(counted=in_time if within_days else held, known=taken.isin(["Y", "N"]) | dated)


def _came_back(in_care: Spans, missing: Spans, return_interviews: Spans) -> pd.DataFrame:
    """Missing incidents that ended in the window, each with its row of the table of interviews."""
    told = return_interviews.table[["child", "start", "OFFERED", "ACCEPTED", "INTERVIEW_DATE"]]
    rows = _of(missing, "M").ending("window").merge(told, how="left", on=["child", "start"])
    due = p.days(rows["end"]) + INTERVIEW_DAYS
    return _as_it_began(rows, in_care).assign(due=due.astype("datetime64[s]"), done=rows["INTERVIEW_DATE"])
