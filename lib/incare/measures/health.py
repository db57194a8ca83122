"""Health of children in care.

Most measures have two forms: `oc2`, the answers of the yearly return (module OC2), and `dates`, the council's own lists
of checks and scores, which can be asked at the end of any period.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Mean, Mix, Share
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
)
from incare.periods import Window, last_day, rolling
from incare.rows import NAT_DAY, Spans, first_since, latest_before, set_aside

ASSESSMENTS = ("IHA", "RHA")
ANSWERS = (
    *("CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT"),
    *("SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED", "SDQ_SCORE", "SDQ_REASON"),
)
NOT_IN_RETURN, NO_SCORE = "no OC2 row", "no valid score"
BANDS = {"Normal": 0, "Borderline": 14, "Cause for concern": 17}
HIGHEST_SCORE = 40


def two_forms(
    *, local: str, people: bool = True, window: Window = last_day, latest_enough: bool = False, **allowed
) -> dict:
    """The facts of a measure that is asked of OC2 at 31 March, or of a local table at the end of any period.

    `local` is the local table, `people` says that ages are needed in both forms, `window` is that of the dates form,
    `latest_enough` says that latest dates answer that form; `allowed` are the values of further choices.
    """
    always = ("in_care", "respite", *(("people",) if people else ()))
    dates = {"window": window, "only_at": (), "sources": (*always, local), "latest_enough": latest_enough}
    return {
        "window": last_day,
        "needs_history": 12,
        "only_at": (3,),
        "sources": (*always, "oc2"),
        "allowed": {"form": ("oc2", "dates"), **allowed},
        "by_choice": {"form": {"dates": dates}},
    }


def in_return(rows: pd.DataFrame, oc2: Spans) -> pd.DataFrame:
    """The rows with the child's OC2 answers of the year that ends on the day; those without a row are set aside."""
    found = oc2.starting("window")[["period", "child", *ANSWERS]]
    rows = rows.merge(found, on=["period", "child"], how="left", validate="many_to_one", indicator="_found")
    texts = [name for name in ANSWERS if name != "SDQ_SCORE"]
    rows[texts] = rows[texts].astype(object).fillna("")
    return set_aside(rows.drop(columns="_found"), rows["_found"] == "left_only", NOT_IN_RETURN)


def answered(rows: pd.DataFrame, oc2: Spans, column: str) -> pd.DataFrame:
    """The rows, counted where OC2 says 1; a blank is not counted and not known."""
    rows = in_return(rows, oc2)
    return rows.assign(counted=rows[column] == "1", known=rows[column].isin(["0", "1"]))


def _latest(events: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """The day of each row's latest event up to the row's day; NaT when there is none."""
    found = latest_before(events, rows)
    return np.r_[p.days(events["start"]), NAT_DAY][found]


def done_checks(checks: Spans, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Checks of some kinds that were carried out: refused, cancelled and planned ones are none."""
    table = checks.table
    return table[table["CHECK_TYPE"].isin(kinds) & (table["STATUS"] == "COMPLETED")].reset_index(drop=True)


def _checked(rows: pd.DataFrame, checks: Spans, kinds: tuple[str, ...], months=12) -> pd.DataFrame:
    """The rows, counted where the latest completed check is young enough on the row's day; with `done` and `due`."""
    done = _latest(done_checks(checks, kinds), rows)
    return rows.assign(
        counted=done >= p.held_since(rows["on"], months),
        done=done.astype("datetime64[s]"),
        due=p.add_months(done, months).astype("datetime64[s]"),
    )


def in_time(rows: pd.DataFrame, events: pd.DataFrame, since: np.ndarray, ends: np.ndarray) -> pd.DataFrame:
    """Rows of `falling_due`, counted where the first event since a day is on or before the due day.

    `ends` are the periods' ends: `done` is blank for an event that lies after the period.
    """
    done = first_since(events, rows, since)
    done = np.where(done <= ends[rows["period"].to_numpy()], done, NAT_DAY)
    return rows.assign(counted=done <= p.days(rows["due"]), done=done.astype("datetime64[s]"))


def _all_due(in_care: Spans) -> pd.DataFrame:
    """Children whose initial assessment is due; an unknown start less than a year ago leaves open what came before."""
    rows = in_care_now(in_care)
    unknown = rows["left_censored"] & (p.days(rows["care_start"]) > p.held_since(rows["on"], 12))
    return set_aside(rows, unknown, UNKNOWN_START)[first_days_passed(rows, 20) | unknown]


@measure(
    title="Children in care with an up-to-date health assessment",
    kind=Share(),
    better="higher",
    **two_forms(local="health_checks", latest_enough=True, cohort=("12m", "all_due")),
)
def health_assessment_pct(in_care, respite, people, oc2, health_checks, *, form="oc2", cohort="12m"):
    """Share of children in care whose health assessment is up to date.

    Population: children in care at the end of the last day and for the 12 months before, without a short break.
    Counted: form="oc2": HEALTH_ASSESSMENT is 1 in the return of the year; the council answers 1 for a child under 5
    only after two assessments in the year. form="dates": the latest completed initial or review assessment (IHA, RHA)
    lies in the 12 months to the last day, for a child under 5 in the 6 months, and not earlier than 3 months before the
    start of care. Refused, cancelled and planned assessments are not done.
    Set aside: start of care not known; no OC2 row (form="oc2"); date of birth not known
    (form="dates").
    Choices: form="oc2" reads the return and is answered at 31 March only, a blank counting as not done; "dates" reads
    the list of health checks. cohort="12m" as above; "all_due", with form="dates" only, takes every child in care for
    20 working days or more.
    Source: LAIT LACHealth; LAIT notes for children under 5; procedures of councils for the 3 months (CATALOGUE E).
    """
    if form == "oc2":
        return answered(perhaps_in_care_for(in_care, respite), oc2, "HEALTH_ASSESSMENT")
    rows = perhaps_in_care_for(in_care, respite) if cohort == "12m" else _all_due(in_care)
    age = ages(rows, people)
    rows = set_aside(rows, np.isnan(age), UNKNOWN_BIRTH)
    rows = _checked(rows, health_checks, ASSESSMENTS, np.where(age < 5, 6, 12))
    of_this_care = p.days(rows["done"]) >= p.add_months(p.days(rows["care_start"]), -3)
    return rows.assign(counted=rows["counted"] & of_this_care)


@measure(
    title="Initial health assessments within 20 working days",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=17,
)
def iha_in_time_pct(care_periods, health_checks, *, days=20):
    """Share of the children new to care whose first health assessment was done in time.

    Population: periods of care whose 20th working day after the start falls in the 12 months, the child being still in
    care after that day. The start is day 0; the due day, not the start, decides the period, so that recent starters are
    not shown as late. Remanded children are in.
    Counted: the first completed assessment (IHA or RHA) from 3 months before the start on is on or before the due day.
    Set aside: start of care not known.
    Choices: days=20 working days.
    Source: minutes of Croydon's panel, May 2022, and procedures of councils (CATALOGUE E); no national figure.
    """
    rows = falling_due(care_periods, days)
    since = p.add_months(p.days(rows["care_start"]), -3)
    return in_time(rows, done_checks(health_checks, ASSESSMENTS), since, care_periods.periods.ends)


@measure(
    title="Children in care whose teeth were checked",
    kind=Share(),
    better="higher",
    **two_forms(local="health_checks", people=False, latest_enough=True),
)
def dental_check_pct(in_care, respite, oc2, health_checks, *, form="oc2"):
    """Share of children in care who had their teeth checked by a dentist in the year.

    Population: children in care at the end of the last day and for the 12 months before, without a short break, of all
    ages, babies too.
    Counted: form="oc2": TEETH_CHECK is 1 in the return of the year. form="dates": a completed dental check lies in the
    12 months to the last day. A declined check is not done.
    Set aside: start of care not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only, a blank counting as not done; "dates" reads the list of checks.
    Source: LAIT LACHealth.
    """
    rows = perhaps_in_care_for(in_care, respite)
    if form == "oc2":
        return answered(rows, oc2, "TEETH_CHECK")
    return _checked(rows, health_checks, ("DENTAL",))


@measure(
    title="Children in care with up-to-date immunisations",
    kind=Share(),
    better="higher",
    **two_forms(local="health_checks", people=False),
)
def immunisations_pct(in_care, respite, oc2, health_checks, *, form="oc2"):
    """Share of children in care who have had the immunisations due for their age.

    Population: children in care at the end of the last day and for the 12 months before, without a short break.
    Counted: form="oc2": IMMUNISATIONS is 1 in the return of the year; immunisations due before care are asked for too.
    form="dates": the list of checks has a completed entry IMMUNISATION in the 12 months to the last day.
    Set aside: start of care not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only, a blank counting as not done; "dates" takes an entry of the last
    12 months to say that the child is up to date, as a list of days cannot say what was due.
    Source: LAIT LACHealth; the form by dates is ours.
    """
    rows = perhaps_in_care_for(in_care, respite)
    if form == "oc2":
        return answered(rows, oc2, "IMMUNISATIONS")
    return _checked(rows, health_checks, ("IMMUNISATION",))


@measure(
    title="Children under 5 whose development was checked",
    kind=Share(),
    better="higher",
    **two_forms(local="health_checks"),
)
def development_check_pct(in_care, respite, people, oc2, health_checks, *, form="oc2"):
    """Share of children in care under 5 whose development checks are up to date.

    Population: children under 5 on the last day, in care at its end and for the 12 months before, without a short
    break.
    Counted: form="oc2": HEALTH_CHECK is 1 in the return of the year. form="dates": a completed development check lies
    in the 12 months to the last day.
    Set aside: start of care not known; date of birth not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only, a blank counting as not done; "dates" reads the list of checks.
    Source: LAIT LACHealth; validator rules 545 and 546 for the age.
    """
    rows = aged(perhaps_in_care_for(in_care, respite), people, 0, 4)
    if form == "oc2":
        return answered(rows, oc2, "HEALTH_CHECK")
    return _checked(rows, health_checks, ("DEVELOPMENT",))


def _scored(in_care, respite, people, oc2, sdq_scores, form: str) -> pd.DataFrame:
    """Children of the SDQ's age with their score of the year: `score` (missing when none is valid) and `known`."""
    rows = aged(perhaps_in_care_for(in_care, respite), people, 5, 16)
    if form == "oc2":
        rows = in_return(rows, oc2)
        score, reason = rows["SDQ_SCORE"].to_numpy(float), rows["SDQ_REASON"].to_numpy(object)
    else:
        rows, score, reason = _of_latest_form(rows, sdq_scores.table)
    valid = (score >= 0) & (score <= HIGHEST_SCORE)
    return rows.assign(score=np.where(valid, score, np.nan), known=valid | (reason != ""))


def _of_latest_form(rows: pd.DataFrame, scores: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The rows with `done` and `due`, and the score of the latest questionnaire with a valid one in the last 12 months.

    Beside it the reason given by the latest entry of those months. A reason given later, such as a refusal, does not
    undo a score of the same 12 months.
    """
    since = p.held_since(rows["on"], 12)
    scored = scores[scores["SDQ_SCORE"].between(0, HIGHEST_SCORE)].reset_index(drop=True)
    found, entry = latest_before(scored, rows), latest_before(scores, rows)
    done = np.r_[p.days(scored["start"]), NAT_DAY][found]
    score = np.where(done >= since, np.r_[scored["SDQ_SCORE"].to_numpy(float), np.nan][found], np.nan)
    entered = np.r_[p.days(scores["start"]), NAT_DAY][entry]
    reason = np.where(entered >= since, np.r_[scores["SDQ_REASON"].to_numpy(object), [""]][entry], "")
    due = p.add_months(done, 12)
    return rows.assign(done=done.astype("datetime64[s]"), due=due.astype("datetime64[s]")), score, reason


@measure(
    title="Children with a strengths and difficulties score",
    kind=Share(),
    better="higher",
    **two_forms(local="sdq_scores"),
)
def sdq_completed_pct(in_care, respite, people, oc2, sdq_scores, *, form="oc2"):
    """Share of children in care for whom a strengths and difficulties questionnaire (SDQ) was scored in the year.

    Population: children aged 5 to 16 on the last day, in care at its end and for the 12 months before, without a short
    break. The questionnaire is asked of ages 4 to 16; the published figure starts at 5.
    Counted: those with a score from 0 to 40; 0 is a score. form="dates" reads the latest scored questionnaire of the
    12 months to the last day.
    Set aside: start of care not known; date of birth not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only, and a row without score and reason counts as not done; "dates"
    reads the list of questionnaires.
    Source: LAIT Emotional_LAC; DfE outcome 4 notes; validator rules 180 and 197a.
    """
    rows = _scored(in_care, respite, people, oc2, sdq_scores, form)
    return rows.assign(counted=rows["score"].notna())


@measure(
    title="Average strengths and difficulties score",
    kind=Mean(unit="points"),
    better="lower",
    **two_forms(local="sdq_scores"),
)
def sdq_average(in_care, respite, people, oc2, sdq_scores, *, form="oc2"):
    """Mean score of the strengths and difficulties questionnaires (SDQ) of children in care; higher is more difficult.

    Population: children aged 5 to 16 on the last day, in care at its end and for the 12 months before, without a short
    break, with a score from 0 to 40.
    Counted: the score; form="dates" reads the latest scored questionnaire of the 12 months to the last day.
    Set aside: no valid score; start of care not known; date of birth not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only; "dates" reads the list of questionnaires.
    Source: LAIT Emotional_LAC; DfE outcome 4 notes.
    """
    rows = _scored(in_care, respite, people, oc2, sdq_scores, form)
    return set_aside(rows.assign(amount=rows["score"]), rows["score"].isna(), NO_SCORE)


@measure(
    title="Strengths and difficulties scores by band",
    kind=Mix(of="sdq_band"),
    better="neither",
    **two_forms(local="sdq_scores"),
)
def sdq_band_pct(in_care, respite, people, oc2, sdq_scores, *, form="oc2"):
    """Children in care by what the score of their strengths and difficulties questionnaire (SDQ) says.

    Population: children aged 5 to 16 on the last day, in care at its end and for the 12 months before, without a short
    break, with a score from 0 to 40.
    Counted: normal 0 to 13, borderline 14 to 16, cause for concern 17 to 40; form="dates" reads the latest scored
    questionnaire of the 12 months to the last day.
    Set aside: no valid score; start of care not known; date of birth not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only; "dates" reads the list of questionnaires.
    Source: LAIT Emotional_LAC; DfE outcome 4 notes.
    """
    rows = _scored(in_care, respite, people, oc2, sdq_scores, form)
    codes = np.searchsorted(list(BANDS.values()), rows["score"].fillna(0), side="right") - 1
    codes = np.where(rows["score"].isna(), -1, codes)
    rows = rows.assign(part=pd.Categorical.from_codes(codes, categories=list(BANDS)), counted=True)
    return set_aside(rows, rows["score"].isna(), NO_SCORE)


YEARLY = {"window": last_day, "needs_history": 12, "only_at": (3,)}


@measure(title="Children in care with a substance misuse problem", kind=Share(), better="lower", **YEARLY)
def substance_misuse_pct(in_care, respite, oc2):
    """Share of children in care identified in the year as having a substance misuse problem.

    Population: children in care at the end of the last day and for the 12 months before, without a short break, of all
    ages.
    Counted: SUBSTANCE_MISUSE is 1 in the return of the year; a blank counts as no. Answered at 31 March only.
    Set aside: start of care not known; no OC2 row.
    Source: LAIT; DfE outcome notes; SSDA903 module OC2.
    """
    return answered(perhaps_in_care_for(in_care, respite), oc2, "SUBSTANCE_MISUSE")


INTERVENTION = ("Received", "Offered, not taken up", "Not recorded")


@measure(
    title="Help for children with a substance misuse problem", kind=Mix(of="intervention"), better="neither", **YEARLY
)
def substance_intervention_pct(in_care, respite, oc2):
    """Children in care with a substance misuse problem by whether they had help for it.

    Population: children in care at the end of the last day and for the 12 months before, without a short break, whose
    SUBSTANCE_MISUSE is 1 in the return of the year.
    Counted: received (INTERVENTION_RECEIVED is 1); offered, not taken up (INTERVENTION_OFFERED is 1); not recorded,
    which includes those for whom both are 0. Answered at 31 March only.
    Set aside: start of care not known.
    Source: LAIT; DfE outcome notes; validator rules 158, 159, 192 and 193.
    """
    rows = in_return(perhaps_in_care_for(in_care, respite), oc2)
    rows = rows[rows["SUBSTANCE_MISUSE"] == "1"]
    received, offered = (rows[f"INTERVENTION_{how}"] for how in ("RECEIVED", "OFFERED"))
    codes = np.select([received == "1", offered == "1"], [0, 1], default=2)
    part = pd.Categorical.from_codes(codes, categories=list(INTERVENTION))
    return rows.assign(part=part, counted=True, known=(received != "") | (offered != ""))
