"""Personal advisers and social workers: how many young people each works with, and how often they change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import grouped, labels
from incare.kinds import Mix, Ratio, Share
from incare.measure import measure
from incare.measures.cohorts import in_care_now
from incare.periods import last_day, rolling
from incare.rows import count_in, latest_before, open_on, set_aside

UNKNOWN_HOURS = "full-time equivalent not known"
LONG_AGO = pd.Timestamp("1990-01-01")
NOT_RECORDED = "Not recorded"
CHANGES = {
    "Worker left": "LEFTRL",
    "Usual transfer between teams": "TSPROC",
    "Caseload management": "MANAGE",
    "First or renewed contact": "FCONTA",
    "Restructure": "ORGRST",
    "Worker absent": "ABSENC",
    "Child asked": "CHCHAN",
    "Parent or carer asked": "PCCHAN",
    "Worker died": "SWDIED",
    "Other": "OTHERS",
}


def _caseload(held: pd.DataFrame, workers: pd.DataFrame | None, statistic: str, threshold: int) -> pd.DataFrame:
    """One row per child and worker, with the part of the worker's full-time equivalent that goes to the child.

    `held` has `period, child, worker, on`. The parts of one worker add up to the worker's full-time equivalent (or to
    one person), so that the ratio of sums is children per full-time worker (or per worker).
    """
    rows = held[~held.duplicated(["period", "child", "worker"])]
    load = rows.groupby(["period", "worker"])["child"].transform("size").to_numpy(float)
    rows = rows.assign(counted=load > threshold, amount=1.0, weight=1 / load)
    if statistic != "per_fte":
        return rows
    time = _full_time(workers, rows)
    known = time > 0
    return set_aside(rows, ~known, UNKNOWN_HOURS).assign(weight=time / load, known=known)


def _full_time(workers: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """The full-time equivalent of each row's worker on its day; missing without a post open on that day."""
    names = pd.Index(workers["WORKER_ID"].unique())
    # Posts are found as spans are, with the worker's number in the place of a child's; a blank start is long ago.
    posts = pd.DataFrame(
        {
            "child": names.get_indexer(workers["WORKER_ID"]),
            "start": workers["START"].fillna(LONG_AGO).to_numpy(),
            "end": workers["END"].to_numpy(),
        }
    )
    wanted = pd.DataFrame({"child": names.get_indexer(rows["worker"]), "on": rows["on"].to_numpy()})
    return np.r_[workers["FTE"].to_numpy(float), np.nan][open_on(posts, wanted)]


def _statistics(unit: str, without_hours: tuple[str, ...]) -> dict:
    """The facts of a caseload by statistic: per full-time equivalent, per person, or the share above a threshold."""
    return {
        "kind": Ratio(unit=f"{unit} per full-time worker"),
        "window": last_day,
        "allowed": {"statistic": ("per_fte", "per_person", "above_threshold")},
        "by_choice": {
            "statistic": {
                "per_person": {"kind": Ratio(unit=f"{unit} per worker"), "sources": without_hours},
                "above_threshold": {"kind": Share(), "sources": without_hours},
            }
        },
    }


@measure(
    title="Young people per personal adviser",
    better="neither",
    **_statistics("young people", ("pa_allocations",)),
)
def pa_caseload(pa_allocations, workers, *, statistic="per_fte", threshold=24):
    """How many young people there are for each full-time personal adviser.

    Population: young people with an allocation to a personal adviser (role PA) open at the end of the last day.
    Counted: allocations, divided by the full-time equivalents of the advisers who hold at least one. A young person
    who also has a social worker counts once for each role; people over 25 whose allocation was not closed count too.
    Set aside: allocations to advisers whose full-time equivalent on the day is not known, or who have no post open on
    it. Vacant posts hold nobody.
    Choices: statistic="per_fte"; "per_person" divides by the number of advisers; "above_threshold" is the share of
    young people whose adviser holds more than threshold=24 allocations, whatever the adviser's hours.
    Source: Worcestershire board of October 2017 (6.5 full-time equivalents, up to 24 each); no national standard found.
    """
    held = pa_allocations.at("end")
    held = held[held["WORKER_ROLE"] == "PA"].rename(columns={"WORKER_ID": "worker"})
    return _caseload(held, workers, statistic, threshold)


@measure(
    title="Children in care per social worker",
    better="lower",
    **_statistics("children", ("in_care", "social_workers")),
)
def sw_caseload(in_care, social_workers, workers, *, statistic="per_fte", threshold=24):
    """How many children in care there are for each full-time social worker who holds at least one.

    Population: children in care at the end of the last day with a social worker on that day.
    Counted: children, divided by the full-time equivalents of the social workers who hold at least one of them, agency
    workers too. A child with two workers counts for each.
    Set aside: children whose worker's full-time equivalent on the day is not known, or who has no post open on it.
    Children without a worker have none to divide by.
    Choices: statistic="per_fte"; "per_person" divides by the number of social workers; "above_threshold" is the share
    of children whose worker holds more than threshold=24 children in care (no standard: boards set their own).
    Source: pattern of the DfE children's services workforce return, which counts all cases at 30 September: its figures
    (15.2 in 2025) hold children who are not in care too and are no like for like.
    """
    held = social_workers.at("end")
    held = held[count_in(in_care_now(in_care), held) > 0]
    return _caseload(held, workers, statistic, threshold)


@measure(
    title="Children in care with three or more social workers in the year",
    kind=Share(),
    better="lower",
    window=rolling(12),
    needs_history=12,
)
def sw_three_plus_pct(in_care, social_workers, *, number=3):
    """Share of children in care who had three or more social workers in the 12 months.

    Population: children in care at the end of the last day.
    Counted: three or more different workers who held the child at some time in the 12 months, time before care began
    included. A worker who comes back counts once; the worker of the first day counts. A placeholder (an id that begins
    XX) counts as a worker of its own each time.
    Set aside: nobody; a child without any worker in the record stays in and shows as not recorded.
    Choices: number=3 workers. A missing end is the start of the child's next worker.
    Source: LAIT; DfE children's social care outcomes dashboard.
    """
    rows = in_care_now(in_care)
    held = social_workers.overlapping("window")
    different = held[~held.duplicated(["period", "child", "worker"])]
    found = count_in(different, rows)
    return rows.assign(counted=found >= number, known=found > 0)


@measure(
    title="Why children's social workers changed",
    kind=Mix(of="worker_change"),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def sw_changes_reasons(in_care, social_workers):
    """Changes of social worker in the 12 months, by the reason recorded.

    Population: workers who took on a child in the 12 months, of children in care on that day; a child may have several.
    Counted: each by the reason of the new worker's episode; the first worker of a child is there as first contact.
    "Not recorded" is a row of its own.
    Set aside: nobody.
    Choices: none.
    Source: SSDA903 SW_REASON (from the return of 2023-24).
    """
    rows = social_workers.starting("window")
    # A start at the edge of the record is not the day on which the worker took the child.
    rows = rows[rows["start"] == rows["began"]]
    rows = rows[_in_care_on(in_care.table, rows)]
    part = pd.Categorical(rows["reason"].map(grouped(CHANGES)).fillna(NOT_RECORDED), labels(CHANGES, NOT_RECORDED))
    return rows.assign(part=part, counted=True, known=part != NOT_RECORDED)


def _in_care_on(episodes: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Whether each row's child is in care on the row's day."""
    if not len(episodes):
        return np.zeros(len(rows), bool)
    found = latest_before(episodes, rows)
    end = p.days(episodes["end"])[np.maximum(found, 0)]
    return (found >= 0) & (np.isnat(end) | (end > p.days(rows["on"])))
