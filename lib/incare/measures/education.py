"""Education of children in care: education plans, pupil premium, results, absence, exclusions and school moves.

What is asked of a school year is asked of the latest that ended on or before the period's last day, of the children in
care for the twelve months to the 31 March inside it, and is described on that 31 March.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Count, Mean, Mix, Ratio, Share
from incare.measure import measure
from incare.measures.cohorts import (
    UNKNOWN_BIRTH,
    UNKNOWN_START,
    aged,
    ages,
    falling_due,
    first_days_passed,
    in_care_now,
    perhaps_in_care_for,
    with_episode,
)
from incare.measures.health import in_time
from incare.periods import Periods, last_day, rolling
from incare.record import schooling
from incare.rows import NAT_DAY, Spans, count_in, latest_before, open_on, set_aside

# A day before any record: for periods before the first term.
NEVER = np.datetime64("1900-01-01", "D")
# Compulsory school age, on the 31 August before the school year.
YOUNGEST, OLDEST = 5, 15
NO_RESULTS, NO_SESSIONS = "no results recorded", "no sessions recorded"
NO_SCHOOL, NO_AMOUNT, NO_SCORE = "not matched to a school", "no amount recorded", "no Attainment 8 score recorded"
NOT_RECORDED = "Not recorded"
PURPOSES = {
    "TUITION": "Tuition",
    "LEARNING_SUPPORT": "Learning support",
    "INTEREST": "An interest",
    "OUT_OF_SCHOOL": "Out-of-school activity",
    "EQUIPMENT": "Equipment",
    "WELLBEING": "Wellbeing",
    "OTHER": "Other",
}
RESULTS = ("ENG_LANG", "ENG_LIT", "MATHS", "ATT8", "KS2_RWM")
# The age on the 31 August before the year in which pupils end a key stage.
LAST_YEAR = {"KS2": 10, "KS4": 15}
EXAMINED = {
    "2020-08-31": "results of 2019/20 are grades given by schools, without examinations",
    "2021-08-31": "results of 2020/21 are grades given by teachers, without examinations",
    "2022-08-31": "results of 2021/22 come from examinations again",
}


# Terms


def _term(terms: pd.DataFrame, days: np.ndarray, form: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each day the first and last day of its term, and the first day on which a plan counts for it.

    The term is the latest that ended by the day; with form="snapshot" the latest that began by it, and a plan of the
    term before counts too. Days before the first term get a day before any record.
    """
    side = "end" if form == "term" else "start"
    terms = terms.sort_values(side, kind="stable")
    place = np.searchsorted(p.days(terms[side]), days, side="right") - 1
    begins, closes = (np.r_[p.days(terms[name]), NEVER] for name in ("start", "end"))
    earlier = place if form == "term" else np.where(place > 0, place - 1, place)
    return begins[place], closes[place], begins[earlier]


def _of_plan_age(rows, people, begins: np.ndarray, closes: np.ndarray, group: str, min_age: int) -> pd.DataFrame:
    """The rows of children of the age for an education plan in a term, given by its first and last day."""
    year = schooling.year_of(closes)
    if group == "school":
        return aged(rows, people, YOUNGEST, OLDEST, on=schooling.day_of(year - 1, 8, 31))
    small, september = ages(rows, people, begins), ages(rows, people, schooling.day_of(year - 1, 9, 1))
    unknown = np.isnan(september)
    return set_aside(rows, unknown, UNKNOWN_BIRTH)[((small >= min_age) & (september < 18)) | unknown]


def _completed(peps: Spans) -> pd.DataFrame:
    """Education plans that count: completed, and dated."""
    return peps.table[peps.table["COMPLETED"] == "Y"].reset_index(drop=True)


@measure(
    title="Children with an up-to-date personal education plan",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=8,
    allowed={"form": ("term", "snapshot"), "ages": ("pep", "school")},
)
def pep_up_to_date_pct(in_care, people, peps, terms, *, form="term", ages="pep", min_age=3, days=10):
    """Share of children in care whose personal education plan (PEP) was completed in the term.

    Population: children in care at the end of the term's last day, the term being the latest that has ended by the
    period's last day; in care for 10 working days or more by then, aged 3 or over when the term began and under 18 on
    the 1 September of the school year. Children between schools and those placed elsewhere are in.
    Counted: those with a completed plan dated in the term, both its days included; two plans count once.
    Set aside: date of birth not known; start of care not known, where the first known day is fewer working days ago.
    Choices: form="term" as above; "snapshot" takes the children in care at the end of the last day and counts a plan
    dated in the term under way (in holidays: the one just over) or the term before. ages="pep" as above; "school" takes
    those aged 5 to 15 on the 31 August before the school year. min_age=3. days=10 working days; some councils have 20.
    Source: statutory guidance as relayed by Birmingham virtual school; Lincolnshire panel of 2018/19. No national
    figure.
    """
    begins, closes, since = _term(terms, in_care.periods.ends, form)
    at_the_close = Spans(in_care.table, Periods("term", begins, closes), last_day)
    rows = in_care_now(at_the_close if form == "term" else in_care)
    rows = rows[begins[rows["period"].to_numpy()] > NEVER]
    passed = first_days_passed(rows, days)
    unknown = rows["left_censored"].to_numpy(bool) & ~passed
    rows = set_aside(rows, unknown, UNKNOWN_START)[passed | unknown]
    at = rows["period"].to_numpy()
    rows = _of_plan_age(rows, people, begins[at], closes[at], ages, min_age)
    plans, at = _completed(peps), rows["period"].to_numpy()
    done = np.r_[p.days(plans["start"]), NAT_DAY][latest_before(plans, rows)]
    return rows.assign(
        counted=done >= since[at], done=done.astype("datetime64[s]"), due=closes[at].astype("datetime64[s]")
    )


@measure(
    title="First personal education plans within 10 working days",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=13,
)
def pep_initial_in_time_pct(care_periods, people, peps, *, days=10, min_age=3, max_age=17):
    """Share of the children new to care whose first personal education plan (PEP) was completed in time.

    Population: periods of care whose 10th working day after the start falls in the 12 months, the child being aged 3 to
    17 at the start and still in care after that day. The start is day 0; school holidays do not stop the clock.
    Counted: the first completed plan dated in the period of care is on or before the due day.
    Set aside: start of care not known; date of birth not known.
    Choices: days=10 working days; some councils have 20. min_age=3 and max_age=17 at the start of care.
    Source: statutory guidance as relayed by Birmingham virtual school (CATALOGUE F). No national figure.
    """
    rows = falling_due(care_periods, days)
    rows = aged(rows, people, min_age, max_age, on=rows["care_start"])
    return in_time(rows, _completed(peps), p.days(rows["care_start"]), care_periods.periods.ends)


# Pupil premium


def _plans_of_term(in_care: Spans, peps: Spans, terms: pd.DataFrame) -> pd.DataFrame:
    """Completed plans dated in the latest ended term, each with the episode of care on its day; a row per plan."""
    begins, closes, _ = _term(terms, in_care.periods.ends, "term")
    rows = Spans(_completed(peps), Periods("term", begins, closes), last_day).starting("period")
    rows = rows[open_on(in_care.table, rows) >= 0]
    return with_episode(rows, in_care, rows["on"])


@measure(
    title="Education plans that record the use of pupil premium",
    kind=Share(),
    better="higher",
    window=last_day,
    needs_history=8,
    allowed={"measure": ("recorded", "amount")},
    by_choice={"measure": {"amount": {"kind": Mean(unit="£ per plan")}}},
)
def pupil_premium_used_pct(in_care, peps, terms, *, measure="recorded"):
    """Share of the personal education plans (PEPs) of the term that say what pupil premium plus is used for.

    Population: completed plans dated in the latest term that has ended by the period's last day, of children in care on
    the day of the plan; a child with two plans has two.
    Counted: those with a purpose (PP_PLUS_PURPOSE).
    Set aside: with measure="amount": no amount recorded, unless the plan says that none was asked for.
    Choices: measure="recorded" as above; "amount" is the mean amount in pounds per plan (PP_PLUS_AMOUNT), 0 where none
    was asked for.
    Source: Lincolnshire panel of 2018/19; there is no national definition, this one is ours.
    """
    rows = _plans_of_term(in_care, peps, terms)
    named = rows["PP_PLUS_PURPOSE"] != ""
    asked = rows["PP_PLUS_REQUESTED"]
    rows = rows.assign(counted=named, known=named | (asked != ""))
    if measure == "recorded":
        return rows
    amount = rows["PP_PLUS_AMOUNT"].where(rows["PP_PLUS_AMOUNT"].notna() | (asked != "N"), 0.0)
    return set_aside(rows.assign(amount=amount), amount.isna(), NO_AMOUNT)


@measure(
    title="What pupil premium is used for", kind=Mix(of="purpose"), better="neither", window=last_day, needs_history=8
)
def pupil_premium_purposes(in_care, peps, terms):
    """Personal education plans (PEPs) of the term by what pupil premium plus is used for.

    Population: completed plans dated in the latest term that has ended by the period's last day, of children in care on
    the day of the plan; a child with two plans has two.
    Counted: each plan by its purpose (PP_PLUS_PURPOSE); a purpose that is not in the list is Other, none is Not
    recorded.
    Set aside: nobody.
    Source: Lincolnshire panel of 2018/19; there is no national definition, this one is ours.
    """
    rows = _plans_of_term(in_care, peps, terms)
    named = rows["PP_PLUS_PURPOSE"] != ""
    part = rows["PP_PLUS_PURPOSE"].map(PURPOSES).fillna("Other").where(named, NOT_RECORDED)
    part = pd.Categorical(part, categories=[*PURPOSES.values(), NOT_RECORDED])
    return rows.assign(part=part, counted=True, known=named)


# Results

OF_A_YEAR = {"window": last_day, "needs_history": 17}


def _at_march(in_care: Spans, respite: Spans | None, cohort: str = "12m") -> pd.DataFrame:
    """Children in care on the 31 March of the latest school year ended by each period's end, with that `year`.

    cohort="12m" keeps those in care for the twelve months before it, without a short break.
    """
    key = ("at march", cohort, respite is None)
    return in_care.once(key, lambda: _found_at_march(in_care, respite, cohort))


def _found_at_march(in_care: Spans, respite: Spans | None, cohort: str) -> pd.DataFrame:
    years = schooling.year_ended_by(in_care.periods.ends)
    march = Periods("year", schooling.day_of(years - 1, 4, 1), schooling.day_of(years, 3, 31))
    there = Spans(in_care.table, march, last_day)
    if cohort == "12m":
        rows = perhaps_in_care_for(there, None if respite is None else Spans(respite.table, march, last_day))
    else:
        rows = in_care_now(there)
    return rows.assign(year=years[rows["period"].to_numpy()])


def _pupils(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows of those of compulsory school age: 5 to 15 on the 31 August before the school year `year`."""
    return aged(rows, people, YOUNGEST, OLDEST, on=schooling.day_of(rows["year"] - 1, 8, 31))


def _results(in_care, respite, people, attainment: pd.DataFrame, stage: str) -> pd.DataFrame:
    """The cohort's results at the end of a key stage; children of the age without results are set aside."""
    rows = _at_march(in_care, respite)
    found = attainment.loc[attainment["KEY_STAGE"] == stage, ["child", "year", *RESULTS]]
    found = found.drop_duplicates(["child", "year"], keep="last")
    rows = rows.merge(found, on=["child", "year"], how="left", validate="many_to_one", indicator="_found")
    absent = (rows["_found"] == "left_only").to_numpy()
    due = ages(rows, people, schooling.day_of(rows["year"] - 1, 8, 31)) == LAST_YEAR[stage]
    return set_aside(rows.drop(columns="_found"), absent, NO_RESULTS)[~absent | due]


@measure(
    title="Children with a pass in GCSE English and maths", kind=Share(), better="higher", breaks=EXAMINED, **OF_A_YEAR
)
def attainment_ks4_english_maths_pct(in_care, respite, people, attainment, *, grade=4):
    """Share of children in care at the end of key stage 4 who passed English and maths at GCSE.

    Population: children with key stage 4 results in the latest school year whose 31 August is not after the period's
    last day, in care at the end of the 31 March of that school year and for the 12 months before, without a short
    break.
    Counted: grade 4 or higher in maths and in English language or English literature; a blank grade is a subject not
    entered, and the child stays in the population.
    Set aside: start of care not known; no results recorded, for children of the cohort who were 15 on the 31 August
    before the school year.
    Choices: grade=4 is the standard pass, 5 the strong pass.
    Source: LAIT LAC_EngMaths9-4; DfE children's social care dashboard. Cohorts are small: read the number of children
    beside the percentage.
    """
    rows = _results(in_care, respite, people, attainment, "KS4")
    english = (rows["ENG_LANG"] >= grade) | (rows["ENG_LIT"] >= grade)
    return rows.assign(counted=(rows["MATHS"] >= grade) & english)


@measure(
    title="Children reaching the expected standard at key stage 2",
    kind=Share(),
    better="higher",
    breaks={
        "2020-08-31": "there are no key stage 2 results of 2019/20 and 2020/21 to compare with",
        "2022-08-31": "results of 2021/22 come from tests again",
    },
    **OF_A_YEAR,
)
def attainment_ks2_rwm_pct(in_care, respite, people, attainment):
    """Share of children in care at the end of key stage 2 who reached the expected standard.

    Population: children with key stage 2 results in the latest school year whose 31 August is not after the period's
    last day, in care at the end of the 31 March of that school year and for the 12 months before, without a short
    break.
    Counted: the expected standard in reading, writing and maths together (KS2_RWM is Y); a blank is not counted.
    Set aside: start of care not known; no results recorded, for children of the cohort who were 10 on the 31 August
    before the school year.
    Source: LAIT; DfE children's social care dashboard. Cohorts are small: read the number of children beside the
    percentage.
    """
    rows = _results(in_care, respite, people, attainment, "KS2")
    return rows.assign(counted=rows["KS2_RWM"] == "Y", known=rows["KS2_RWM"].isin(["Y", "N"]))


@measure(title="Average Attainment 8 score", kind=Mean(unit="points"), better="higher", breaks=EXAMINED, **OF_A_YEAR)
def attainment8_average(in_care, respite, people, attainment):
    """Mean Attainment 8 score of children in care at the end of key stage 4.

    Population: children with key stage 4 results in the latest school year whose 31 August is not after the period's
    last day, in care at the end of the 31 March of that school year and for the 12 months before, without a short
    break.
    Counted: the score (ATT8), points over eight subjects.
    Set aside: start of care not known; no Attainment 8 score recorded; no results recorded, for children of the cohort
    who were 15 on the 31 August before the school year.
    Source: LAIT; DfE children's social care dashboard.
    """
    rows = _results(in_care, respite, people, attainment, "KS4")
    return set_aside(rows.assign(amount=rows["ATT8"]), rows["ATT8"].isna(), NO_SCORE)


# Absence

_ABSENCE = ("in_care", "respite", "people")
OF_SESSIONS = {
    **OF_A_YEAR,
    "sources": (*_ABSENCE, "attendance"),
    "by_choice": {"to_date": {True: {"needs_history": 12, "sources": (*_ABSENCE, "term_attendance")}}},
    "breaks": {
        "2020-08-31": "schools were closed for parts of 2019/20 and 2020/21",
        "2022-08-31": "2021/22 is the first whole school year after the closures",
    },
}


def _absent(in_care, respite, people, attendance, term_attendance, to_date: bool) -> pd.DataFrame:
    """Pupils with `possible` and `absent` sessions of their school year, or of its terms that have ended by the day."""
    if to_date:
        rows = perhaps_in_care_for(in_care, respite)
        rows = _pupils(rows.assign(year=schooling.year_of(rows["on"])), people)
        found = rows[["period", "child", "year", "on"]].merge(term_attendance, on=["child", "year"])
        found = found[found["ended"] <= found["on"]].groupby(["period", "child"], as_index=False)
        rows = rows.merge(found[["possible", "absent"]].sum(), on=["period", "child"], how="left")
    else:
        rows = _pupils(_at_march(in_care, respite), people)
        found = attendance[["child", "year", "possible", "absent"]]
        rows = rows.merge(found, on=["child", "year"], how="left", validate="many_to_one")
    return set_aside(rows, ~(rows["possible"] > 0), NO_SESSIONS)


@measure(title="School sessions missed", kind=Ratio(unit="% of sessions", scale=100), better="lower", **OF_SESSIONS)
def absence_overall_pct(in_care, respite, people, attendance, term_attendance, *, to_date=False):
    """Share of the possible school sessions of children in care that were missed.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break, with
    sessions.
    Counted: all their missed sessions, authorised and unauthorised, over all their possible sessions, in all schools of
    the school year.
    Set aside: start of care not known; no sessions recorded; date of birth not known.
    Choices: to_date=False as above; True takes the terms ended so far of the school year under way, and the children in
    care at the end of the last day and for the 12 months before.
    Source: LAIT; DfE children's social care dashboard.
    """
    rows = _absent(in_care, respite, people, attendance, term_attendance, to_date)
    return rows.assign(amount=rows["absent"], weight=rows["possible"])


@measure(title="Pupils persistently absent", kind=Share(), better="lower", **OF_SESSIONS)
def absence_persistent_pct(in_care, respite, people, attendance, term_attendance, *, to_date=False, threshold=10):
    """Share of pupils in care who missed a tenth or more of their own possible sessions.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break, with
    sessions.
    Counted: those who missed 10 % or more of their possible sessions, the sessions of all their schools added first.
    Set aside: start of care not known; no sessions recorded; date of birth not known.
    Choices: to_date=False as above; True takes the terms ended so far of the school year under way, and the children in
    care at the end of the last day and for the 12 months before. threshold=10 in percent.
    Source: LAIT; DfE children's social care dashboard.
    """
    rows = _absent(in_care, respite, people, attendance, term_attendance, to_date)
    return rows.assign(counted=100 * rows["absent"] >= threshold * rows["possible"])


@measure(title="Pupils severely absent", kind=Share(), better="lower", **OF_SESSIONS)
def absence_severe_pct(in_care, respite, people, attendance, term_attendance, *, to_date=False, threshold=50):
    """Share of pupils in care who missed half or more of their own possible sessions.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break, with
    sessions.
    Counted: those who missed 50 % or more of their possible sessions, the sessions of all their schools added first.
    Set aside: start of care not known; no sessions recorded; date of birth not known.
    Choices: to_date=False as above; True takes the terms ended so far of the school year under way, and the children in
    care at the end of the last day and for the 12 months before. threshold=50 in percent.
    Source: LAIT; DfE children's social care dashboard.
    """
    rows = _absent(in_care, respite, people, attendance, term_attendance, to_date)
    return rows.assign(counted=100 * rows["absent"] >= threshold * rows["possible"])


# Exclusions and moves


@measure(title="Pupils suspended from school", kind=Share(), better="lower", **OF_A_YEAR)
def suspensions_pct(in_care, respite, people, suspensions):
    """Share of pupils in care who were suspended at least once in the school year.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break. The
    published figure is of those matched to the school census; here all of them are in.
    Counted: those with a suspension (SUSPENSION) that starts from 1 September to 31 August.
    Set aside: start of care not known; date of birth not known.
    Source: LAIT; published two terms in arrears.
    """
    rows = _pupils(_at_march(in_care, respite), people)
    found = suspensions.loc[suspensions["kind"] == "SUSPENSION", ["child", "year"]]
    return rows.assign(counted=count_in(rows[["period", "child", "year"]].merge(found, on=["child", "year"]), rows) > 0)


@measure(title="Permanent exclusions from school", kind=Count(unit="exclusions"), better="lower", **OF_A_YEAR)
def permanent_exclusions_count(in_care, respite, people, suspensions):
    """Permanent exclusions of pupils in care in the school year.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break.
    Counted: every permanent exclusion (PERMANENT) of theirs that starts from 1 September to 31 August.
    Set aside: start of care not known; date of birth not known.
    Source: LAIT, which gives suspensions and permanent exclusions apart; published two terms in arrears.
    """
    rows = _pupils(_at_march(in_care, respite), people)
    found = suspensions.loc[suspensions["kind"] == "PERMANENT", ["child", "year", "day"]]
    return rows.merge(found, on=["child", "year"]).assign(counted=True)


@measure(
    title="Pupils who changed school in the middle of the year",
    kind=Share(),
    better="lower",
    allowed={"cohort": ("12m", "in_care")},
    **OF_A_YEAR,
)
def school_moves_midyear_pct(in_care, respite, people, schools, *, cohort="12m"):
    """Share of pupils in care who changed school in the school year outside August and September.

    Population: children aged 5 to 15 on the 31 August before the latest school year ended by the period's last day, in
    care at the end of the 31 March of that school year and for the 12 months before, without a short break, who are on
    the roll of a school in that school year.
    Counted: those with a school that starts from 1 October to 31 July, is not the first of their list, and starts no
    earlier than they came into care.
    Set aside: start of care not known; not matched to a school; date of birth not known.
    Choices: cohort="12m" as above; "in_care", as published, takes all in care at the end of the 31 March; a move counts
    from the day on which they first came into care in that school year.
    Source: LAIT Stability_School.
    """
    rows = _pupils(_at_march(in_care, respite, cohort), people)
    spells = schools.table[["child", "start", "end"]].sort_values(["child", "start"], kind="stable")
    spells = spells.assign(first=~spells["child"].duplicated())
    mine = rows[["period", "child", "year"]].assign(since=_in_care_since(in_care, rows)).merge(spells, on="child")
    start, end, year = p.days(mine["start"]), p.days(mine["end"]), mine["year"]
    enrolled = (start <= schooling.day_of(year, 8, 31)) & (np.isnat(end) | (end >= schooling.day_of(year - 1, 9, 1)))
    inside = (start >= schooling.day_of(year - 1, 10, 1)) & (start <= schooling.day_of(year, 7, 31))
    moved = inside & ~mine["first"].to_numpy() & (start >= p.days(mine["since"]))
    rows = rows.assign(counted=count_in(mine[moved], rows) > 0)
    return set_aside(rows, count_in(mine[enrolled], rows) == 0, NO_SCHOOL)


def _in_care_since(in_care: Spans, rows: pd.DataFrame) -> np.ndarray:
    """The first day of each row's earliest period of care that touches its school year up to 31 March."""
    years = schooling.year_ended_by(in_care.periods.ends)
    autumn = Periods("year", schooling.day_of(years - 1, 9, 1), schooling.day_of(years, 3, 31))
    touched = Spans(in_care.table, autumn, last_day).overlapping("period")
    first = touched.groupby(["period", "child"])["care_start"].min()
    return first.reindex(pd.MultiIndex.from_frame(rows[["period", "child"]])).to_numpy()
