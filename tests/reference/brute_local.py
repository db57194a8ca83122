"""The measures that need a council's own tables, written a second time, plainly, from the catalogue alone.

As in `brute_force`, nothing here comes from `incare`: it is one reader's understanding of CATALOGUE sections 1 and 3
(D to K) and INPUTS section 4, one period at a time, with loops. Episodes and dates are those of `brute_force`.

D is the last day of the period. "The twelve months" are the twelve months to D, whatever the period. A care-leaver
measure is the snapshot form: the latest list of CARE_LEAVERS, no older than 92 days.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import pandas as pd

from tests.reference.brute_force import (
    EET,
    EET_TO_2021,
    add_months,
    add_working_days,
    birthday,
    in_care_at,
    load,
    parse_dates,
    twelve_months_to,
)

TABLES = (
    "care_plans visits reviews_local pathway_plans pep terms health sdq offences return_interviews care_leavers",
    "cl_contacts cl_accommodation entitlement_survey pa_allocations workers attainment attendance suspensions schools",
    "population poc_start postcodes",
)
BLANK = ["", "NULL", "NA", "NAN", "NAT", "NONE", "N/A", "#N/A", "-"]
NOT_RECORDED = "Not recorded"
ASSESSMENTS = ["IHA", "RHA"]
VISITS = ["VISIT_HOME", "FACE_TO_FACE"]
NEET = ["G4", "G5", "G6"]
BANDS = {"Normal": (0, 13), "Borderline": (14, 16), "Cause for concern": (17, 40)}
LEFT_CARE = ["RELEVANT", "FORMER_RELEVANT"]
WITH_ELIGIBLE = ["ELIGIBLE", *LEFT_CARE]
ANY_AGE = range(200)
DAY = pd.Timedelta(days=1)


# ---------------------------------------------------------------------------------------------------------------------
# Reading


def load_local(folder):
    """The local tables under a folder, files named as in INPUTS section 4: `{table name: frame of raw text}`."""
    names = " ".join(TABLES).split()
    return {name: table for name, table in load(folder).items() if name in names}


def read(local, name, dates="", codes=""):
    """Rows of a local table, in the file's order: `row.CHILD` (or `row.worker`), and each column in lower case.

    Dates are parsed (or NaT), codes are in capitals (or ""). A column that is not there is blank; a table that is not
    there is an error.
    """
    table, columns = local[name], {}
    for column in ["CHILD", "WORKER_ID", *codes.split(), *dates.split()]:
        text = table.get(column, pd.Series("", index=table.index)).astype(str).str.replace("\u00a0", " ").str.strip()
        columns[column.lower()] = text.mask(text.str.upper().isin(BLANK), "")
    columns["CHILD"], columns["worker"] = columns.pop("child"), columns.pop("worker_id").str.upper()
    for column in codes.lower().split():
        columns[column] = columns[column].str.upper()
    for column in dates.lower().split():
        columns[column] = parse_dates(columns[column])
    rows = [SimpleNamespace(**row) for row in pd.DataFrame(columns, index=table.index).to_dict("records")]
    return [row for row in rows if row.CHILD or "CHILD" not in table]


def by_child(rows):
    """Rows in a list for each child."""
    lists = {}
    for row in rows:
        lists.setdefault(row.CHILD, []).append(row)
    return lists


def number(text):
    """The number a text gives, or None."""
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def latest(rows, column, first, last):
    """The row with the latest date between two days, the lower of two on one day; None if there is none."""
    found = None
    for row in rows:
        date = getattr(row, column)
        if first <= date <= last and (found is None or date >= getattr(found, column)):
            found = row
    return found


def earliest_day():
    """A day before every record, where there is no first day to ask for."""
    return pd.Timestamp("1900-01-01")


def is_open(start, end, day):
    """Whether something that started and ended goes on at the end of a day."""
    return start <= day and (pd.isna(end) or end > day)


def age_on(dob, day):
    """Completed years, a 29 February birthday falling on 1 March; None where no date of birth is known."""
    if pd.isna(dob):
        return None
    return day.year - dob.year - ((day.month, day.day) < (dob.month, dob.day))


def births(data):
    """Date of birth of each child in the header."""
    return dict(zip(data["children"]["CHILD"], data["children"]["DOB"], strict=True))


def frame(rows, *columns):
    """Picked rows as a frame, also when there are none."""
    return pd.DataFrame(rows, columns=["CHILD", *columns])


def with_known_starts(data, local):
    """The same data with the starts that POC_START supplies (INPUTS 4.18); no measure here asks for them by itself.

    A start is taken for the first period of care of a child whose record begins in the middle of it, where the date is
    not later than the first row; the start of the spell likewise.
    """
    episodes, pocs = data["episodes"].copy(), data["pocs"].copy()
    for row in read(local, "poc_start", "POC_START_DATE SPELL_START_DATE"):
        its = (episodes["CHILD"] == row.CHILD) & episodes["left_censored"]
        began = episodes.loc[its, "DECOM"].min()
        if not row.poc_start_date <= began:
            continue
        stay = (pocs["CHILD"] == row.CHILD) & pocs["left_censored"]
        pocs.loc[stay, "start"], episodes.loc[its, "poc_start"] = row.poc_start_date, row.poc_start_date
        pocs.loc[stay, "left_censored"], episodes.loc[its, "left_censored"] = False, False
        if row.spell_start_date <= began:
            episodes.loc[its & (episodes["spell_start"] == began), "spell_start"] = row.spell_start_date
    others = {name: table for name, table in data.items() if name != "kept"}
    return others | {"episodes": episodes, "pocs": pocs}


# ---------------------------------------------------------------------------------------------------------------------
# Who


def short_breaks(data):
    """Short breaks as lists of (start, end) by child; one left open ends with the child's next episode (1.2)."""
    breaks, starts = {}, by_child([*data["respite"].itertuples(), *data["episodes"].itertuples()])
    for row in data["respite"].itertuples():
        later = [other.DECOM for other in starts[row.CHILD] if other.DECOM > row.DECOM]
        end = min(later) if pd.isna(row.DEC) and later else row.DEC
        breaks.setdefault(row.CHILD, []).append((row.DECOM, end))
    return breaks


def cohort(data, day):
    """Children in care at a day and for the twelve months to it, without a short break that overlaps them (1.8)."""
    first, breaks = twelve_months_to(day), short_breaks(data)
    rows = []
    for child in in_care_at(data, day).itertuples():
        broken = any(start <= day and not end < first for start, end in breaks.get(child.CHILD, []))
        if child.poc_start <= first and not broken:
            rows.append(child)
    return rows


def thirteen_weeks(stays, dob):
    """The day the child became eligible (1.9), and whether it is sure; (None, True) if that never happened.

    Eligible: 16 or older, in care on or after the 16th birthday, 91 days in care since the 14th complete. Where the
    first stay began before the record does, the days before it might bring the day forward: then it is not sure.
    """
    fourteen, sixteen = birthday(dob, 14), birthday(dob, 16)
    days, complete, in_care = 0, None, None
    for stay in stays:
        if in_care is None and not stay.end <= max(stay.start, sixteen):
            in_care = max(stay.start, sixteen)
        begins = max(stay.start, fourteen)
        if complete is None and not stay.end <= begins:
            missing = 91 - days
            if pd.isna(stay.end) or (stay.end - begins).days >= missing:
                complete = begins + missing * DAY
            else:
                days += (stay.end - begins).days
    first = stays[0]
    if complete is None or in_care is None:
        return None, not (first.left_censored and first.start > fourteen)
    return max(complete, in_care), not (first.left_censored and first.start > fourteen and complete > in_care)


def became_eligible(data):
    """The day every child became eligible and whether it is sure, by child."""
    dobs, days = births(data), {}
    for child, stays in by_child(data["pocs"].sort_values("start").itertuples()).items():
        if not pd.isna(dobs.get(child)):
            days[child] = thirteen_weeks(stays, dobs[child])
    return days


def listed_leavers(data, local, day, groups, ages):
    """People of the latest list of care leavers within 92 days, exclusions made (J), with `age` at the day."""
    dates = "SNAPSHOT_DATE DOB LATEST_CONTACT"
    codes = "ELIGIBILITY IN_TOUCH ACTIV ACCOM ACCOM_TYPE SUITABLE IS_PARENT NEET_DETAIL SUPPORT_STATUS"
    rows = read(local, "care_leavers", dates, codes + " RESP_LA_TRANSFERRED")
    recent = [row for row in rows if day - 92 * DAY <= row.snapshot_date <= day]
    last = max((row.snapshot_date for row in recent), default=None)
    people = {row.CHILD: row for row in recent if row.snapshot_date == last}
    dobs, kept = births(data), []
    for person in people.values():
        dob = dobs.get(person.CHILD)
        person.age = age_on(person.dob if pd.isna(dob) else dob, day)
        person.activ, person.accom = zero(person.activ), zero(person.accom or person.accom_type + person.suitable)
        excluded = person.in_touch in ("DIED", "RHOM") or person.resp_la_transferred == "Y"
        if person.eligibility in groups and person.age in ages and not excluded:
            kept.append(person)
    return kept


def zero(code):
    """A code as written, with the zero of a spreadsheet put right."""
    return "0" if code in ("0.0", "00") else code


# ---------------------------------------------------------------------------------------------------------------------
# D. Plans and visits


def care_plan_up_to_date_pct(data, local, start, end):
    plans, rows = by_child(finished_plans(local, "care_plans")), []
    for child in in_care_at(data, end).itertuples():
        if add_working_days(child.poc_start, 10) > end:
            continue
        # Before a first row that is not a start, care had begun already: no earlier period of care is known of.
        since = earliest_day() if child.left_censored else child.poc_start
        rows.append((child.CHILD, up_to_date(plans.get(child.CHILD, []), since, end)))
    return frame(rows, "counted")


def finished_plans(local, name):
    """Plans that are not drafts."""
    return [plan for plan in read(local, name, "PLAN_DATE", "STATUS REVIEW_MONTHS") if plan.status != "DRAFT"]


def up_to_date(plans, since, end):
    """Whether the latest plan from a day on is no older than the months until its review, else six."""
    plan = latest(plans, "plan_date", since, end)
    if plan is None:
        return False
    return plan.plan_date >= add_months(end + DAY, -int(number(plan.review_months) or 6))


def pathway_plan_up_to_date_pct(data, local, start, end):
    plans, eligible, rows = by_child(finished_plans(local, "pathway_plans")), became_eligible(data), []
    for person in listed_leavers(data, local, end, WITH_ELIGIBLE, range(26)):
        theirs = plans.get(person.CHILD, [])
        has_plan = latest(theirs, "plan_date", earliest_day(), end) is not None
        if person.eligibility == "ELIGIBLE" and not has_plan:
            day, _ = eligible.get(person.CHILD, (None, True))
            if day is None or add_months(day, 3) > end:
                continue
        if person.age >= 21 and person.support_status != "RECEIVING":
            continue
        rows.append((person.CHILD, up_to_date(theirs, earliest_day(), end)))
    return frame(rows, "counted")


def pathway_plan_first_in_time_pct(data, local, start, end):
    plans, rows = by_child(finished_plans(local, "pathway_plans")), []
    last_stay = {child: stays[-1] for child, stays in by_child(data["pocs"].sort_values("start").itertuples()).items()}
    for child, (day, sure) in became_eligible(data).items():
        adopted = last_stay[child].reason in ("E11", "E12") and last_stay[child].end <= end
        if day is None or not sure or adopted:
            continue
        due = add_months(day, 3)
        if twelve_months_to(end) <= due <= end:
            rows.append((child, latest(plans.get(child, []), "plan_date", earliest_day(), due) is not None))
    return frame(rows, "counted")


def cla_visits_in_time_pct(data, local, start, end):
    visits = by_child([v for v in read(local, "visits", "VISIT_DATE", "SEEN INTERVAL_DAYS") if v.seen != "N"])
    reviews, rows = reviews_held(data, local), []
    for child in in_care_at(data, end).itertuples():
        start_known = not (child.left_censored and child.spell_start == child.poc_start)
        since = child.spell_start if start_known else earliest_day()
        visit = latest(visits.get(child.CHILD, []), "visit_date", since, end)
        if visit is None:
            in_time = start_known and end <= child.spell_start + 7 * DAY
        else:
            reviewed = any(since <= day <= end for day in reviews.get(child.CHILD, []))
            in_time = end <= next_visit(child, visit, reviewed, end)
        rows.append((child.CHILD, in_time))
    return frame(rows, "counted")


def next_visit(child, visit, reviewed, end):
    """The day the visit after this one is due by (REG959/28)."""
    if number(visit.interval_days):
        return visit.visit_date + number(visit.interval_days) * DAY
    if child.place == "P1" and child.LS == "C1":
        return visit.visit_date + (28 if reviewed else 7) * DAY
    if child.place in ("U1", "U4") and child.spell_start <= twelve_months_to(end):
        return add_months(visit.visit_date, 3)
    return visit.visit_date + 42 * DAY


def reviews_held(data, local):
    """Days of reviews by child: the local table where there is one, else the return's."""
    held = {}
    if "reviews_local" in local:
        for row in read(local, "reviews_local", "REVIEW_DATE", "CANCELLED"):
            if row.cancelled != "Y":
                held.setdefault(row.CHILD, []).append(row.review_date)
    elif data["reviews"] is not None:
        for row in data["reviews"].itertuples():
            held.setdefault(row.CHILD, []).append(row.REVIEW)
    return held


# ---------------------------------------------------------------------------------------------------------------------
# E. Health, and H. Offending


def done_checks(local, kinds):
    """Completed health checks of some kinds."""
    rows = read(local, "health", "CHECK_DATE", "CHECK_TYPE STATUS")
    return [row for row in rows if row.check_type in kinds and row.status == "COMPLETED"]


def health_assessment_pct(data, local, start, end):
    checks, rows = by_child(done_checks(local, ASSESSMENTS)), []
    for child in cohort(data, end):
        age = age_on(child.DOB, end)
        if age is None:
            continue
        first = max(add_months(child.poc_start, -3), add_months(end + DAY, -12 if age >= 5 else -6))
        rows.append((child.CHILD, latest(checks.get(child.CHILD, []), "check_date", first, end) is not None))
    return frame(rows, "counted")


def check_within_twelve_months(kind, ages=None):
    def measure(data, local, start, end):
        checks, rows = by_child(done_checks(local, [kind])), []
        for child in cohort(data, end):
            if ages is None or age_on(child.DOB, end) in ages:
                done = latest(checks.get(child.CHILD, []), "check_date", twelve_months_to(end), end)
                rows.append((child.CHILD, done is not None))
        return frame(rows, "counted")

    return measure


def iha_in_time_pct(data, local, start, end):
    checks, rows = by_child(done_checks(local, ASSESSMENTS)), []
    for stay, due in stays_due(data, end, 20):
        done = latest(checks.get(stay.CHILD, []), "check_date", add_months(stay.start, -3), due)
        rows.append((stay.CHILD, done is not None))
    return frame(rows, "counted")


def stays_due(data, end, working_days):
    """Periods of care with a known start whose due day falls in the twelve months, in care that day; and the day."""
    stays = []
    for stay in data["pocs"].itertuples():
        if stay.left_censored:
            continue
        due = add_working_days(stay.start, working_days)
        if twelve_months_to(end) <= due <= end and is_open(stay.start, stay.end, due):
            stays.append((stay, due))
    return stays


def strengths_and_difficulties(data, local, end):
    """Each child of the cohort aged 5 to 16 with the latest valid score of the twelve months, or None."""
    scored = [row for row in read(local, "sdq", "SDQ_DATE", "SDQ_SCORE") if number(row.sdq_score) in range(41)]
    scores, answers = by_child(scored), []
    for child in cohort(data, end):
        if age_on(child.DOB, end) in range(5, 17):
            found = latest(scores.get(child.CHILD, []), "sdq_date", twelve_months_to(end), end)
            answers.append((child.CHILD, None if found is None else number(found.sdq_score)))
    return answers


def sdq_completed_pct(data, local, start, end):
    return frame([(c, score is not None) for c, score in strengths_and_difficulties(data, local, end)], "counted")


def sdq_average(data, local, start, end):
    scored = [(c, score) for c, score in strengths_and_difficulties(data, local, end) if score is not None]
    return frame(scored, "amount")


def sdq_band_pct(data, local, start, end):
    rows = []
    for child, score in strengths_and_difficulties(data, local, end):
        for band, (low, high) in BANDS.items():
            if score is not None and low <= score <= high:
                rows.append((child, band))
    return frame(rows, "part")


def offending_pct(data, local, start, end):
    offences, rows = by_child(read(local, "offences", "OUTCOME_DATE")), []
    for child in cohort(data, end):
        if age_on(child.DOB, end) in range(10, 18):
            found = latest(offences.get(child.CHILD, []), "outcome_date", twelve_months_to(end), end)
            rows.append((child.CHILD, found is not None))
    return frame(rows, "counted")


# ---------------------------------------------------------------------------------------------------------------------
# F. Education


def latest_term(local, end):
    """First and last day of the latest term that has ended; None if none has."""
    ended = [row for row in read(local, "terms", "START END") if row.end <= end]
    last = max(ended, key=lambda row: row.end, default=None)
    return last and (last.start, last.end)


def finished_peps(local):
    return [row for row in read(local, "pep", "PEP_DATE", "COMPLETED PP_PLUS_PURPOSE") if row.completed == "Y"]


def pep_up_to_date_pct(data, local, start, end):
    term, peps, rows = latest_term(local, end), by_child(finished_peps(local)), []
    if term is None:
        return frame(rows, "counted")
    opens, closes = term
    september = pd.Timestamp(closes.year if closes.month >= 9 else closes.year - 1, 9, 1)
    for child in in_care_at(data, closes).itertuples():
        if pd.isna(child.DOB) or add_working_days(child.poc_start, 10) > closes:
            continue
        if age_on(child.DOB, opens) >= 3 and age_on(child.DOB, september) < 18:
            rows.append((child.CHILD, latest(peps.get(child.CHILD, []), "pep_date", opens, closes) is not None))
    return frame(rows, "counted")


def pep_initial_in_time_pct(data, local, start, end):
    peps, dobs, rows = by_child(finished_peps(local)), births(data), []
    for stay, due in stays_due(data, end, 10):
        if age_on(dobs.get(stay.CHILD), stay.start) in range(3, 18):
            done = latest(peps.get(stay.CHILD, []), "pep_date", stay.start, due)
            rows.append((stay.CHILD, done is not None))
    return frame(rows, "counted")


def pupil_premium_used_pct(data, local, start, end):
    term, rows = latest_term(local, end), []
    for pep in finished_peps(local) if term else []:
        if term[0] <= pep.pep_date <= term[1]:
            rows.append((pep.CHILD, pep.pp_plus_purpose != ""))
    return frame(rows, "counted")


def school_year(end):
    """The calendar year in which the latest academic year to have ended did so: 2024 for 2023-24."""
    return end.year if end >= pd.Timestamp(end.year, 8, 31) else end.year - 1


def school_cohort(data, end, ages=None):
    """Children of the twelve-month cohort at 31 March of that year, by age on 31 August before it."""
    year = school_year(end)
    children = cohort(data, pd.Timestamp(year, 3, 31))
    return [c.CHILD for c in children if ages is None or age_on(c.DOB, pd.Timestamp(year - 1, 8, 31)) in ages]


def of_school_year(rows, end):
    """Rows whose ACAD_YEAR begins with the first year of that academic year, however the second is written."""
    return [row for row in rows if row.acad_year.startswith(str(school_year(end) - 1))]


def results(data, local, end, key_stage):
    """One row of attainment for each child of the cohort who was at the end of the key stage."""
    rows = read(local, "attainment", "", "ACAD_YEAR KEY_STAGE ENG_LANG ENG_LIT MATHS ATT8 KS2_RWM")
    last = {row.CHILD: row for row in of_school_year(rows, end) if row.key_stage == key_stage}
    return [last[child] for child in school_cohort(data, end) if child in last]


def attainment_ks4_english_maths_pct(data, local, start, end):
    rows = []
    for row in results(data, local, end, "KS4"):
        english = max(number(row.eng_lang) or 0, number(row.eng_lit) or 0)
        rows.append((row.CHILD, english >= 4 and (number(row.maths) or 0) >= 4))
    return frame(rows, "counted")


def attainment_ks2_rwm_pct(data, local, start, end):
    return frame([(row.CHILD, row.ks2_rwm == "Y") for row in results(data, local, end, "KS2")], "counted")


def attainment8_average(data, local, start, end):
    scored = [(row.CHILD, number(row.att8)) for row in results(data, local, end, "KS4")]
    return frame([(child, score) for child, score in scored if score is not None], "amount")


def sessions(data, local, end):
    """Child, sessions missed and sessions possible, for each of the cohort of school age with any possible."""
    rows = read(local, "attendance", "", "ACAD_YEAR SESSIONS_POSSIBLE AUTH_ABSENCE UNAUTH_ABSENCE")
    of_child, totals = by_child(of_school_year(rows, end)), []
    for child in school_cohort(data, end, range(5, 16)):
        missed = possible = 0
        for row in of_child.get(child, []):
            possible += number(row.sessions_possible) or 0
            missed += (number(row.auth_absence) or 0) + (number(row.unauth_absence) or 0)
        if possible > 0:
            totals.append((child, missed, possible))
    return totals


def absence_overall_pct(data, local, start, end):
    return frame(sessions(data, local, end), "amount", "weight")


def absence_of_at_least(one_in):
    def measure(data, local, start, end):
        rows = [(child, missed * one_in >= possible) for child, missed, possible in sessions(data, local, end)]
        return frame(rows, "counted")

    return measure


def suspensions_pct(data, local, start, end):
    rows, year = [], school_year(end)
    events = by_child([row for row in read(local, "suspensions", "START", "TYPE") if row.type == "SUSPENSION"])
    for child in school_cohort(data, end, range(5, 16)):
        found = latest(events.get(child, []), "start", pd.Timestamp(year - 1, 9, 1), pd.Timestamp(year, 8, 31))
        rows.append((child, found is not None))
    return frame(rows, "counted")


def school_moves_midyear_pct(data, local, start, end):
    rows, year = [], school_year(end)
    schools = by_child(read(local, "schools", "START"))
    for child in school_cohort(data, end, range(5, 16)):
        if child not in schools:
            continue
        # The first school is no move; nor is one in September or August, when everybody's schools change. The cohort
        # was in care before the year began, so that no move comes before care.
        starts = sorted(row.start for row in schools[child] if not pd.isna(row.start))
        moves = [day for day in starts[1:] if pd.Timestamp(year - 1, 10, 1) <= day <= pd.Timestamp(year, 7, 31)]
        rows.append((child, bool(moves)))
    return frame(rows, "counted")


# ---------------------------------------------------------------------------------------------------------------------
# G. Missing


def return_interviews(data, local, end):
    """Each incident of going missing that ended in the twelve months, with the rows of its return interview."""
    interviews = by_child(read(local, "return_interviews", "MIS_START INTERVIEW_DATE", "OFFERED ACCEPTED"))
    answers = []
    for incident in data["missing"].itertuples():
        if incident.MISSING == "M" and twelve_months_to(end) <= incident.MIS_END <= end:
            rows = [row for row in interviews.get(incident.CHILD, []) if row.mis_start == incident.MIS_START]
            answers.append((incident.CHILD, rows))
    return answers


def return_interview_offered_pct(data, local, start, end):
    incidents = return_interviews(data, local, end)
    return frame([(child, any(row.offered == "Y" for row in rows)) for child, rows in incidents], "counted")


def return_interview_accepted_pct(data, local, start, end):
    answers = []
    for child, rows in return_interviews(data, local, end):
        answers.append((child, any(row.accepted == "Y" or not pd.isna(row.interview_date) for row in rows)))
    return frame(answers, "counted")


# ---------------------------------------------------------------------------------------------------------------------
# J. Care leavers, as listed


def leavers_who(test, ages=range(19, 22), groups=LEFT_CARE, among=lambda person, end: True):
    """A share of the people listed: those whom a test of the person's row and D finds."""

    def measure(data, local, start, end):
        people = [person for person in listed_leavers(data, local, end, groups, ages) if among(person, end)]
        return frame([(person.CHILD, test(person, end)) for person in people], "counted")

    return measure


def in_touch(person, end):
    return end - 56 * DAY <= person.latest_contact <= end


def in_eet(person, end):
    return person.activ in (EET_TO_2021 if person.snapshot_date <= pd.Timestamp("2021-03-31") else EET)


def in_neet(person, end):
    return person.activ in NEET


def suitable(person, end):
    """Digit 1, except where a type may only be unsuitable (no fixed abode, custody)."""
    return person.accom[1:2] == "1" and person.accom[:1] not in ("S", "X")


def in_the_country(person, end):
    return person.accom[:1] not in ("G", "H", "R")


def cl_accommodation_types(data, local, start, end):
    rows = []
    for person in listed_leavers(data, local, end, LEFT_CARE, range(19, 22)):
        letter = person.accom[:1]
        rows.append((person.CHILD, NOT_RECORDED if letter in ("", "0") else letter))
    return frame(rows, "part")


def cl_neet_detail(data, local, start, end):
    people = listed_leavers(data, local, end, LEFT_CARE, range(19, 22))
    return frame([(p.CHILD, p.neet_detail or NOT_RECORDED) for p in people if in_neet(p, end)], "part")


def cl_visits_in_time_pct(data, local, start, end):
    contacts, rows = read(local, "cl_contacts", "CONTACT_DATE", "CONTACT_TYPE"), []
    visits = by_child([row for row in contacts if row.contact_type in VISITS])
    for person in listed_leavers(data, local, end, LEFT_CARE, range(21)):
        found = latest(visits.get(person.CHILD, []), "contact_date", add_months(end + DAY, -2), end)
        rows.append((person.CHILD, found is not None))
    return frame(rows, "counted")


def open_allocations(local, end):
    """(worker, person) for every allocation of a personal adviser open at D, each pair once."""
    rows = read(local, "pa_allocations", "START END", "WORKER_ROLE")
    return {(r.worker, r.CHILD) for r in rows if r.worker_role == "PA" and is_open(r.start, r.end, end)}


def cl_pa_allocated_pct(data, local, start, end):
    allocated = {child for _, child in open_allocations(local, end)}
    people = listed_leavers(data, local, end, WITH_ELIGIBLE, ANY_AGE)
    return frame([(person.CHILD, person.CHILD in allocated) for person in people], "counted")


def wanted_service_pct(data, local, start, end):
    rows = []
    for letter in read(local, "entitlement_survey", "SENT_DATE RESPONSE_DATE", "WANTS_SERVICE"):
        if twelve_months_to(end) <= letter.sent_date <= end and letter.response_date <= end:
            rows.append((letter.CHILD, letter.wants_service == "Y"))
    return frame(rows, "counted")


def cl_bed_and_breakfast_count(data, local, start, end):
    """The form "ever in the period": everyone with any bed and breakfast in the twelve months, once."""
    people = []
    for row in read(local, "cl_accommodation", "START END", "ACCOM_TYPE"):
        in_window = row.start <= end and not row.end < twelve_months_to(end)
        if row.accom_type == "W" and in_window and row.CHILD not in people:
            people.append(row.CHILD)
    return frame([(child, True) for child in people], "counted")


# ---------------------------------------------------------------------------------------------------------------------
# K. Workforce: one row per worker, the worker's id in CHILD


def pa_caseload(data, local, start, end):
    return per_worker(open_allocations(local, end), local, end)


def sw_caseload(data, local, start, end):
    in_care = set(in_care_at(data, end)["CHILD"])
    return per_worker({pair for pair in social_workers(data, end) if pair[1] in in_care}, local, end)


def social_workers(data, end):
    """(worker, child) for every social worker's episode open at D, each pair once."""
    rows = data["sw"].dropna(subset="SW_ID").itertuples()
    return {(row.SW_ID, row.CHILD) for row in rows if is_open(row.SW_DECOM, row.SW_DEC, end)}


def per_worker(pairs, local, end):
    """People of each worker who holds any (amount) and the worker's full-time equivalent (weight), where known."""
    posts = [row for row in read(local, "workers", "START END", "FTE") if is_open(row.start, row.end, end)]
    times = {row.worker: number(row.fte) for row in sorted(posts, key=lambda row: row.start)}
    rows = []
    for worker in sorted({worker for worker, _ in pairs}):
        if times.get(worker):
            rows.append((worker, float(sum(w == worker for w, _ in pairs)), times[worker]))
    return frame(rows, "amount", "weight")


# ---------------------------------------------------------------------------------------------------------------------
# The measures

SHARES = {
    "care_plan_up_to_date_pct": care_plan_up_to_date_pct,
    "pathway_plan_up_to_date_pct": pathway_plan_up_to_date_pct,
    "pathway_plan_first_in_time_pct": pathway_plan_first_in_time_pct,
    "cla_visits_in_time_pct": cla_visits_in_time_pct,
    "health_assessment_pct": health_assessment_pct,
    "iha_in_time_pct": iha_in_time_pct,
    "dental_check_pct": check_within_twelve_months("DENTAL"),
    "immunisations_pct": check_within_twelve_months("IMMUNISATION"),
    "development_check_pct": check_within_twelve_months("DEVELOPMENT", range(5)),
    "sdq_completed_pct": sdq_completed_pct,
    "offending_pct": offending_pct,
    "pep_up_to_date_pct": pep_up_to_date_pct,
    "pep_initial_in_time_pct": pep_initial_in_time_pct,
    "pupil_premium_used_pct": pupil_premium_used_pct,
    "attainment_ks4_english_maths_pct": attainment_ks4_english_maths_pct,
    "attainment_ks2_rwm_pct": attainment_ks2_rwm_pct,
    "absence_persistent_pct": absence_of_at_least(10),
    "absence_severe_pct": absence_of_at_least(2),
    "suspensions_pct": suspensions_pct,
    "school_moves_midyear_pct": school_moves_midyear_pct,
    "return_interview_offered_pct": return_interview_offered_pct,
    "return_interview_accepted_pct": return_interview_accepted_pct,
    "cl_in_touch_pct": leavers_who(in_touch),
    "cl_eet_pct": leavers_who(in_eet),
    "cl_neet_pct": leavers_who(in_neet),
    "cl_suitable_accommodation_pct": leavers_who(suitable, among=in_the_country),
    "cl_visits_in_time_pct": cl_visits_in_time_pct,
    "cl_pa_allocated_pct": cl_pa_allocated_pct,
    "cl_22_25_support_pct": leavers_who(lambda person, end: person.support_status == "RECEIVING", ages=range(22, 26)),
    "wanted_service_pct": wanted_service_pct,
}
COUNTS = {
    "cl_count": leavers_who(lambda person, end: True, ages=range(17, 26)),
    "cl_parents_count": leavers_who(lambda person, end: person.is_parent == "Y", ages=range(16, 26)),
    "cl_bed_and_breakfast_count": cl_bed_and_breakfast_count,
}
MIXES = {
    "sdq_band_pct": sdq_band_pct,
    "cl_accommodation_types": cl_accommodation_types,
    "cl_neet_detail": cl_neet_detail,
}
MEANS = {"sdq_average": sdq_average, "attainment8_average": attainment8_average}
RATIOS = {"absence_overall_pct": absence_overall_pct, "pa_caseload": pa_caseload, "sw_caseload": sw_caseload}
FUNCTIONS = SHARES | COUNTS | MIXES | MEANS | RATIOS
MEASURES = list(FUNCTIONS)


def picked(data, local, measure, start, end):
    """The rows of one measure and period: CHILD with `counted`, `part` (a mix), or `amount`, for a ratio with `weight`.

    `data` is what `brute_force.clean` gives, `local` what `load_local` gives. Rows that a definition sets aside are
    left out.
    """
    return FUNCTIONS[measure](data, local, pd.Timestamp(start), pd.Timestamp(end))


def answer(data, local, measure, start, end):
    """`(numerator, denominator)` of picked rows, None for a count's denominator; `{part: number}` of a mix."""
    rows = picked(data, local, measure, start, end)
    if measure in MIXES:
        return {part: int(size) for part, size in rows["part"].value_counts().items()}
    if measure in RATIOS:
        return float(rows["amount"].sum()), float(rows["weight"].sum())
    if measure in MEANS:
        return float(rows["amount"].sum()), len(rows)
    return sum(rows["counted"]), None if measure in COUNTS else len(rows)
