"""Reviews of children in care."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Share
from incare.measure import measure
from incare.measures.cohorts import UNKNOWN_BIRTH, aged, ages, in_care_now, with_episode
from incare.periods import last_day, rolling
from incare.rows import Spans, count_in, one_per, set_aside, used

UNKNOWN_DUE = "no earlier review on record to reckon the due day from"
STILL_DUE = "no review due in the 12 months, but one due before is still not held"
# Twenty working days are never as many days as this, whatever holidays lie in them.
FIRST_DUE_BY = 42
LONG_AGO = np.datetime64("1900-01-01", "s")
TOOK_PART = ("PN1", "PN2", "PN3", "PN5", "PN6")
ATTENDED = ("PN1", "PN2", "PN3", "PN4")
ANSWERS = ("PN1", "PN2", "PN3", "PN4", "PN5", "PN6", "PN7")


@measure(
    title="Children whose reviews were all held on time",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=18,
    allowed={"form": ("child", "reviews", "current")},
    by_choice={"form": {"current": {"window": last_day, "needs_history": 12, "latest_enough": True}}},
)
def cla_reviews_in_time_pct(in_care, due_reviews, held_reviews, *, form="child", count_overdue=False):
    """Share of children in care for whom every review due in the 12 months was held by its due day.

    Population: children in care at the end of the last day with at least one review of this period of care due in the
    12 months. With form="reviews": the reviews due in the 12 months, of children in care when they were due. With
    form="current": all children in care at the end of the last day.
    Counted: children with every such review held on or before its due day; with form="reviews" each review held on or
    before its due day; with form="current" children whose next review is due on the last day or later. The first review
    is due within 20 working days of coming into care, the second within 3 months of the first, others within 6 months
    of the one before (months, not days); a review held early starts the clock anew.
    Set aside: children whose due days are unknown, as they came into care before the record of reviews begins and no
    review is recorded for them; children whose last review was due before the 12 months and is still not held. Reviews
    outside the period of care, cancelled ones and those due after care ended do not count.
    Choices: form="child", "reviews" or "current". The last can be told from a list of latest review dates.
    count_overdue=False sets children aside whose last review was due before the 12 months and is still not held; True
    counts them as not on time (form="child").
    Source: Care Planning, Placement and Case Review Regulations 2010, regulation 33 (as made); “all on time” is NI 66
    (from memory).
    """
    if form == "reviews":
        return _each_review(in_care, due_reviews)
    if form == "current":
        return _current(in_care, due_reviews, held_reviews)
    return _all_on_time(in_care, due_reviews, held_reviews, count_overdue)


def _late(due: pd.DataFrame) -> np.ndarray:
    held = p.days(due["held"])
    return np.isnat(held) | (held > p.days(due["start"]))


def _all_on_time(in_care: Spans, due_reviews: Spans, held_reviews: Spans, count_overdue: bool) -> pd.DataFrame:
    rows = in_care_now(in_care)
    now = due_reviews.starting("window")
    now = now.assign(due=now["start"], late=_late(now))
    before = _awaited(due_reviews, held_reviews).at("end")
    before = before[p.days(before["due"]) < due_reviews.window.starts(due_reviews.periods)[before["period"]]]
    judged, still_due = count_in(now, rows, "care") > 0, count_in(before, rows, "care") > 0
    unknown = ~judged & _past_first_due(rows) & ~_by_then(due_reviews.table, rows)
    rows = rows.assign(counted=judged & (count_in(now[now["late"]], rows, "care") == 0))
    rows = set_aside(rows, unknown, UNKNOWN_DUE)
    rows = set_aside(rows, still_due & ~judged & (not count_overdue), STILL_DUE)
    return _with_dates(rows[judged | still_due | unknown], now, before)


def _past_first_due(rows: pd.DataFrame) -> np.ndarray:
    """Whether a child has been in care for so long that a first review was due."""
    return rows["left_censored"].to_numpy(bool) | (p.days(rows["care_start"]) + FIRST_DUE_BY <= p.days(rows["on"]))


def _by_then(events: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Whether the first event of each row's period of care had come by the row's day."""
    first = events.groupby("care")["start"].min()
    return p.days(first.reindex(rows["care"])) <= p.days(rows["on"])


def _with_dates(rows: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """The rows with the review to act on, the last late one if there is any, and when it was held by then."""
    columns = ["period", "care", "due", "held", "late"]
    due = pd.concat([before.assign(held=pd.NaT, late=False)[columns], now[columns]]).astype({"held": "datetime64[s]"})
    last = one_per(due, "care", due["late"], due["due"], keep="last").drop(columns="late")
    rows = rows.merge(last, how="left", on=["period", "care"])
    return rows.assign(done=rows["held"].where(rows["held"] <= rows["on"])).drop(columns="held")


def _each_review(in_care: Spans, due_reviews: Spans) -> pd.DataFrame:
    rows = due_reviews.starting("window")
    ends = due_reviews.periods.ends[rows["period"]]
    done = rows["held"].where(p.days(rows["held"]) <= ends)
    return with_episode(rows, in_care, rows["start"]).assign(counted=~_late(rows), due=rows["start"], done=done)


def _current(in_care: Spans, due_reviews: Spans, held_reviews: Spans) -> pd.DataFrame:
    rows = in_care_now(in_care)
    awaited = _awaited(due_reviews, held_reviews).at("end")
    next_due = awaited.groupby(["period", "care"], as_index=False)["due"].min()
    rows = rows.merge(next_due, how="left", on=["period", "care"])
    due, on = p.days(rows["due"]), p.days(rows["on"])
    # Where care ended before the next review was due, the record holds no due day: none is overdue.
    unknown = np.isnat(due) & _past_first_due(rows) & ~_by_then(held_reviews.table, rows)
    return set_aside(rows.assign(counted=np.isnat(due) | (due >= on)), unknown, UNKNOWN_DUE)


def _awaited(due_reviews: Spans, held_reviews: Spans) -> Spans:
    """Reviews while they are awaited: from the day their due day was known to the day they, or a later one, were held.

    The due day becomes known when the review before is held; that of a first review, when care begins.
    """
    due = due_reviews.table.sort_values(["care", "start"], kind="stable", ignore_index=True)
    held = held_reviews.table[["care", "start"]]
    before = due["held"].shift().where(due["care"] == due["care"].shift())
    first = held.groupby("care")["start"].min().reindex(due["care"]).to_numpy("datetime64[s]")
    known_from = before.fillna(pd.Series(np.where(due["number"] == 1, LONG_AGO, first)))
    found = due.assign(due=due["start"], start=known_from, end=due["held"].fillna(_next_held(due, held)))
    return Spans(found.drop(columns=["held", "number"]), due_reviews.periods, due_reviews.window)


def _next_held(due: pd.DataFrame, held: pd.DataFrame) -> pd.Series:
    """The first review of the period of care held after each due day: one planned before and never held is past."""
    asked = due[["care", "start"]].assign(row=np.arange(len(due))).sort_values("start", kind="stable")
    later = held.assign(later=held["start"]).sort_values("start", kind="stable")
    found = pd.merge_asof(asked, later, on="start", by="care", direction="forward", allow_exact_matches=False)
    return found.set_index("row")["later"].sort_index()


@measure(
    title="Children who took part in their reviews",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
    allowed={"level": ("reviews", "child")},
)
def cla_review_participation_pct(in_care, held_reviews, people, *, level="reviews", attended=False, pn4_counts=False):
    """Share of the reviews held in the 12 months in which a child aged four or over took part.

    Population: reviews in the 12 months of children who were four or older on the day, by their date of birth. With
    level="child": children in care at the end of the last day with at least one such review.
    Counted: the child attended and spoke, was spoken for, or gave views by signs (PN1, PN2, PN3), or was absent and
    sent views by an advocate or otherwise (PN5, PN6). Present without giving views (PN4) and absent without views
    (PN7) do not count, nor does a missing code. With level="child": children all of whose reviews count.
    Set aside: children whose date of birth is unknown. Reviews outside care do not count.
    Choices: level="reviews" or "child". attended=False; True counts everyone who was there (PN1 to PN4).
    pn4_counts=False; True counts those present who gave no views, too.
    Source: SSDA903 review codes; leaving out PN4 is the old PAF C63 (from memory).
    """
    counting = ATTENDED if attended else TOOK_PART + (("PN4",) if pn4_counts else ())
    held = aged(held_reviews.starting("window"), people, 4, 200)
    held = held.assign(counted=held["code"].isin(counting), known=held["code"].isin(ANSWERS))
    if level == "reviews":
        return with_episode(held, in_care, held["start"])
    rows = in_care_now(in_care)
    rows = rows[count_in(held, rows) > 0]
    rows = set_aside(rows, np.isnan(ages(rows, people)), UNKNOWN_BIRTH)
    asked = used(held)
    return rows.assign(
        counted=count_in(asked[~asked["counted"]], rows) == 0, known=count_in(asked[~asked["known"]], rows) == 0
    )
