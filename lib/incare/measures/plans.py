"""Care plans, pathway plans and visits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Share
from incare.measure import measure
from incare.measures.care_leavers import in_snapshot
from incare.measures.cohorts import UNKNOWN_START, in_care_now
from incare.periods import last_day, rolling
from incare.rows import Spans, latest_before, set_aside

NAT = np.datetime64("NaT", "D")
# Before this day bank holidays are not listed; a first plan of then is long due.
LISTED_FROM = np.datetime64("2015-01-01", "D")
NOT_YET_DUE = "first plan not yet due"


def authorised(plans: Spans) -> pd.DataFrame:
    """Plans that count: those with a date and not in draft."""
    return plans.table[plans.table["STATUS"] != "DRAFT"].reset_index(drop=True)


def _latest(events: pd.DataFrame, rows: pd.DataFrame, column: str = "") -> tuple[np.ndarray, np.ndarray]:
    """The day of each row's latest event up to its day, and a number above 0 that it carries; missing without one."""
    if not len(events):
        return np.full(len(rows), NAT), np.full(len(rows), np.nan)
    found = latest_before(events, rows)
    at = np.maximum(found, 0)
    number = events[column].to_numpy(float)[at] if column else np.zeros(len(rows))
    told = (found >= 0) & (number > 0)
    return np.where(found >= 0, p.days(events["start"])[at], NAT), np.where(told, number, np.nan)


def in_date_until(done: np.ndarray, months) -> np.ndarray:
    """The last day on which something done on a day is not yet older than the months.

    For 1 October 2024 and 6 months that is 31 March 2025; for 30 September 2024 it is 30 March, as 31 March would be
    six months and a day. Source: CATALOGUE 1.1 and D (`care_plan_up_to_date_pct`, edge).
    """
    done = p.days(done)
    target = done.astype("datetime64[M]") + np.asarray(months, dtype="timedelta64[M]")
    # From the last day of a month, every later day of a longer month is still within the months.
    closes = (done + 1).astype("datetime64[M]") != done.astype("datetime64[M]")
    month_end = (target + 1).astype("datetime64[D]") - 1
    return np.where(closes, month_end, p.add_months(done, months)) - 1


def _seconds(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[s]")


def _good_until(done: np.ndarray, months, max_days: int, own=None) -> np.ndarray:
    """The last day on which a plan or visit is in date: by months, or by days where these are set and no own months."""
    by_months = in_date_until(done, months)
    if not max_days:
        return by_months
    by_days = done + np.timedelta64(max_days, "D")
    return by_days if own is None else np.where(np.isnan(own), by_days, by_months)


def _working_days_after(start: np.ndarray, count: int) -> np.ndarray:
    """The day so many working days later; the start itself for days before bank holidays are listed."""
    listed = start >= LISTED_FROM
    return np.where(listed, p.add_working_days(np.where(listed, start, LISTED_FROM), count), start)


@measure(
    title="Children in care with an up-to-date care plan",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=12,
    latest_enough=True,
)
def care_plan_up_to_date_pct(in_care, care_plans, *, max_months=6, max_days=0, first_within_working_days=10):
    """Share of children in care whose care plan was finalised or updated within the time set for them.

    Population: children in care at the end of the last day whose first plan is due.
    Counted: those whose latest authorised plan in this period of care is at most REVIEW_MONTHS old (6 if not set): at
    31 March a plan of 1 October counts, one of 30 September does not.
    Set aside: children whose first plan is not yet due. Plans in draft, dated later, or from an earlier period of care
    do not count (of a child whose start of care is not known, any plan does); short breaks (V3, V4) are no care.
    Choices: max_months=6 where the child has no interval; max_days=0, or the days to use in place of these months;
    first_within_working_days=10 after care began.
    Source: Care Planning Regulations 2010, regulation 4; Croydon scorecard of January 2021. No national definition.
    """
    rows = in_care_now(in_care)
    began, on = p.days(rows["care_start"]), p.days(rows["on"])
    first_due = _working_days_after(began, first_within_working_days)
    rows = set_aside(rows, first_due > on, NOT_YET_DUE)
    done, own = _latest(authorised(care_plans), rows, "REVIEW_MONTHS")
    done = np.where((done >= began) | rows["left_censored"].to_numpy(bool), done, NAT)
    until = _good_until(done, np.where(np.isnan(own), max_months, own).astype(int), max_days, own)
    due = np.where(np.isnat(done), first_due, until)
    return rows.assign(counted=until >= on, due=_seconds(due), done=_seconds(done))


@measure(
    title="Young people with an up-to-date pathway plan",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=12,
    latest_enough=True,
    allowed={"from_21": ("receiving", "all")},
)
def pathway_plan_up_to_date_pct(
    care_leaver_snapshots,
    pathway_plans,
    people,
    *,
    groups=("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"),
    from_21="receiving",
    max_months=6,
    max_days=0,
    first_within_months=3,
    exclude_declined=False,
    short_for=(),
    short_months=3,
):
    """Share of young people whose pathway plan was made or reviewed within the time set for them.

    Population: eligible, relevant and former relevant young people aged 16 to 25 in the latest snapshot, not more than
    92 days old; from 21 only those who receive support.
    Counted: those whose latest authorised plan or review is at most REVIEW_MONTHS old (6 if not set): at 31 March one
    of 1 October counts, one of 30 September does not.
    Set aside: eligible young people within three months of turning 16, or of becoming eligible, who have no plan yet;
    young people who died, were transferred to another council or returned home for six months; date of birth not known.
    Choices: groups=("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"); from_21="receiving" or "all"; max_months=6 where the
    person has no interval; max_days=0, or the days to use in place of these months; first_within_months=3.
    exclude_declined=False keeps those who refuse or no longer require services (the duty remains up to 21); True sets
    them aside. short_for=() are letters of accommodation whose plans are good for short_months=3 only, as some councils
    hold for unregulated homes; the first review there, 28 days after moving in, cannot be told.
    Source: Croydon scorecard of January 2021, Worcestershire board of October 2017; Care Planning Regulations 2010,
    regulation 42. Six months is council practice; there is no national definition.
    """
    rows = in_snapshot(care_leaver_snapshots, people, groups=groups)
    if from_21 == "receiving":
        rows = rows[~(rows["age"] >= 21) | (rows["support"] == "RECEIVING")]
    if exclude_declined:
        rows = set_aside(rows, rows["in_touch"].isin(["NREQ", "REFU"]), "declined the service, left out by choice")
    on = p.days(rows["on"])
    done, own = _latest(authorised(pathway_plans), rows, "REVIEW_MONTHS")
    first_due = _first_plan_due(people, first_within_months)[rows["child"]]
    waiting = (rows["eligibility"] == "ELIGIBLE") & (first_due > on) & np.isnat(done)
    rows = set_aside(rows, waiting, NOT_YET_DUE)
    months = np.where(np.isnan(own), max_months, own).astype(int)
    short = rows["accommodation"].isin(short_for).to_numpy(bool)
    until = _good_until(done, months, max_days, own)
    until = np.where(short, np.minimum(until, in_date_until(done, short_months)), until)
    due = np.where(np.isnat(done), first_due, until)
    return rows.assign(counted=until >= on, due=_seconds(due), done=_seconds(done))


def _first_plan_due(people: pd.DataFrame, months: int) -> np.ndarray:
    """When each person's first pathway plan is due: months after turning 16, or becoming eligible if that is later."""
    sixteenth = p.birthday(p.days(people["born"]), 16)
    from_day = np.fmax(p.days(people["eligible_from"]), sixteenth)
    return p.add_months(np.where(np.isnat(from_day), sixteenth, from_day), months)


@measure(
    title="First pathway plans made in time",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def pathway_plan_first_in_time_pct(pathway_plans, people, care_periods, *, first_within_months=3):
    """Share of young people whose first pathway plan was made within three months of turning 16 or becoming eligible.

    Population: young people whose first plan fell due in the 12 months: three months after the 16th birthday, or after
    the day on which they first met the 13-week test (91 days in care since 14, at least one of them after 16) if that
    came later. Young people who have left care since, or whose care another council took over, are in.
    Counted: the first authorised plan is dated on or before that day.
    Set aside: start of care not known where it decides the day; adopted by the end of the period. Plans in draft do not
    count.
    Choices: first_within_months=3.
    Source: Care Planning Regulations 2010, regulation 42, which gives three months to the assessment; that the plan is
    held to the same day is our reading.
    """
    eligible = p.days(people["eligible_from"])
    due = _first_plan_due(people, first_within_months)
    child = np.flatnonzero(~np.isnat(eligible) & ~np.isnat(due))
    events = pd.DataFrame({"child": child, "start": _seconds(due[child])})
    rows = Spans(events, pathway_plans.periods, pathway_plans.window).starting("window")
    rows = set_aside(rows, _eligible_perhaps_earlier(people, care_periods.table)[rows["child"]], UNKNOWN_START)
    rows = set_aside(rows, _adopted(rows, care_periods), "adopted")
    first = authorised(pathway_plans).groupby("child")["start"].min().reindex(rows["child"])
    in_time = first.to_numpy("datetime64[s]") <= rows["start"].to_numpy("datetime64[s]")
    # A plan that came later is not named: it would tell an earlier period what came after it.
    done = np.where(in_time, first.to_numpy("datetime64[s]"), np.datetime64("NaT", "s"))
    return rows.assign(counted=in_time, due=rows["start"], done=done)


def _eligible_perhaps_earlier(people: pd.DataFrame, care: pd.DataFrame) -> np.ndarray:
    """Per person, whether days in care before the record begins could bring the 13-week test forward.

    They could where the first known row, not a start, lies after the 16th birthday, or after the 14th and the 91st day
    is what decides.
    """
    born, child = p.days(people["born"]), care["child"].to_numpy()
    fourteenth, sixteenth = p.birthday(born, 14)[child], p.birthday(born, 16)[child]
    start, end = p.days(care["start"]), p.days(care["end"])
    since_16 = np.maximum(start, sixteenth)
    after_16 = pd.Series(np.where(np.isnat(end) | (end > since_16), since_16, NAT).astype("datetime64[s]"))
    first_after_16 = p.days(after_16.groupby(child).min().reindex(child))
    ninety_first_decides = p.days(people["eligible_from"])[child] > first_after_16
    perhaps = care["left_censored"].to_numpy(bool) & (start > fourteenth) & ((start > sixteenth) | ninety_first_decides)
    unknown = np.zeros(len(people), bool)
    unknown[child[perhaps]] = True
    return unknown


def _adopted(rows: pd.DataFrame, care_periods: Spans) -> np.ndarray:
    """Whether the latest care of each row's child had ended in adoption by the end of the period."""
    care, ends = care_periods.table, care_periods.periods.ends[rows["period"].to_numpy()]
    if not len(care):
        return np.zeros(len(rows), bool)
    found = latest_before(care, rows.assign(on=ends.astype("datetime64[s]")))
    at = np.maximum(found, 0)
    adopted = care["reason"].isin(["E11", "E12"]).to_numpy() & care["end"].notna().to_numpy()
    return (found >= 0) & adopted[at] & (p.days(care["end"])[at] <= ends)


@measure(
    title="Children in care visited in time",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=3,
    latest_enough=True,
)
def cla_visits_in_time_pct(
    in_care,
    visits,
    known_reviews,
    *,
    first_days=7,
    default_days=42,
    working_days=0,
    long_term_codes=("U1", "U4"),
    long_term_months=3,
):
    """Share of children in care whose social worker's visits are not overdue.

    Population: children in care at the end of the last day.
    Counted: those seen so lately that no visit is overdue. Until the first visit after the child came to the present
    carers that is 7 days after coming; then the interval after the latest visit: 42 days; 3 months once the child has
    been with the carers for a year in a long-term foster placement (U1, U4); 28 days with parents under an interim care
    order (P1 and C1), and 7 until a first review is held there; the interval noted with the visit where there is one.
    A visit on the due day is in time.
    Set aside: nobody. Visits at which the child was not seen do not count; moves with the same carers do not start
    again. A child whose coming to the carers is not known is judged by the latest visit alone. Short breaks are no
    care.
    Choices: first_days=7; default_days=42; working_days=0, or the working days (such as 30) used in place of the 42;
    long_term_codes=("U1", "U4") and long_term_months=3. Weekly visits to temporarily approved relatives, and to
    children with parents before assessment, cannot be told from the record.
    Source: Care Planning Regulations 2010, regulation 28, as made; Croydon board of November 2025 (30 working days).
    """
    rows = in_care_now(in_care)
    on, came = p.days(rows["on"]), p.days(rows["spell_start"])
    seen = visits.table[visits.table["SEEN"] != "N"].reset_index(drop=True)
    done, own = _latest(seen, rows, "INTERVAL_DAYS")
    unknown = ~rows["spell_start_known"].to_numpy(bool)
    visited = ~np.isnat(done) & (unknown | (done >= came))
    place, status = rows["place"].astype(str), rows["ls"].astype(str)
    settled = (place.isin(long_term_codes) & (came <= p.held_since(on, 12))).to_numpy()
    with_parents = ((place == "P1") & (status == "C1")).to_numpy()
    review, _ = _latest(known_reviews.table, rows)
    reviewed = np.where(unknown, ~np.isnat(review), review >= came)
    usual = _working_days_after(done, working_days) if working_days else done + np.timedelta64(default_days, "D")
    until = np.select(
        [~np.isnan(own), with_parents, settled],
        [
            done + np.nan_to_num(own).astype("timedelta64[D]"),
            done + np.where(reviewed, 28, 7).astype("timedelta64[D]"),
            p.add_months(done, long_term_months),
        ],
        usual,
    )
    until = np.where(visited, until, np.where(unknown, NAT, came + np.timedelta64(first_days, "D")))
    return rows.assign(counted=until >= on, due=_seconds(until), done=_seconds(done))


@measure(
    title="Care leavers visited in time",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=6,
)
def cl_visits_in_time_pct(
    care_leaver_snapshots,
    cl_contacts,
    people,
    *,
    contact_types=("VISIT_HOME", "FACE_TO_FACE"),
    months=2,
    max_days=0,
    under_age=21,
    also_receiving=False,
):
    """Share of care leavers whose personal adviser saw them in the last two months.

    Population: relevant and former relevant young people under 21 in the latest snapshot, not more than 92 days old.
    Counted: those with a visit in person in the two months to the last day: at 31 March one of 1 February counts, one
    of 31 January does not. Calls, texts and attempts do not count.
    Set aside: young people who died, were transferred to another council or returned home for six months; date of birth
    not known.
    Choices: contact_types=("VISIT_HOME", "FACE_TO_FACE"); months=2; max_days=0, or the days (such as 56) to use in
    place of these months; under_age=21; also_receiving=False, or True to take in those of that age to 25 who receive
    support.
    Source: Care Leavers Regulations 2010, regulation 8, which holds for accommodation the council provides; councils
    use it for all. Its visit within 7 days of moving in cannot be told. Worcestershire board of October 2017.
    """
    rows = in_snapshot(care_leaver_snapshots, people)
    older = rows["age"] >= under_age
    rows = rows[~older | (rows["support"] == "RECEIVING")] if also_receiving else rows[~older]
    visits = cl_contacts.table[cl_contacts.table["CONTACT_TYPE"].isin(contact_types)].reset_index(drop=True)
    done, _ = _latest(visits, rows)
    until = _good_until(done, months, max_days)
    return rows.assign(counted=until >= p.days(rows["on"]), due=_seconds(until), done=_seconds(done))
