"""Who each measure counts, from SSDA903 returns, one period at a time: CATALOGUE section 3, A to E and G to K.

Each function of a measure takes the cleaned tables and the first and last day of a period, and gives rows with CHILD,
the breakdown columns, and `counted` (in the numerator), `part` (of a mix) or `amount` (of a mean). Rows that a
definition sets aside are left out. A table that is not there, or a form that does not apply to the period, gives no
rows.

Nothing here comes from `incare`.
"""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from .brute_cleaning import (
    ETHNICITY,
    NO_ROWS,
    NOT_KNOWN,
    OC2_FLAGS,
    TEMPORARY,
    add_months,
    add_working_days,
    age_at,
    birthdays,
    clean_ad1,
    clean_oc3,
    groups,
    months_to,
    twelve_months_to,
)

FOSTER = ["U1", "U2", "U3", "U4", "U5", "U6"]
KINSHIP = ["U1", "U2", "U3"]
ADOPTION = ["A3", "A4", "A5", "A6"]
WITH_FOSTER_CARER = ["A3", "A5"]
RESIDENTIAL = ["K1", "K2", "S1", "R1", "R2", "R3", "R5"]
SUPPORTED = ["H5", "P2", "K3"]
ADOPTED = ["E11", "E12"]
SPECIAL_GUARDIANSHIP = ["E43", "E44", "E45", "E46", "E47", "E48"]
RETURNED_HOME = ["E4A", "E4B"]
PERMANENCE = ["E11", "E12", "E41", "E43", "E44", "E45", "E46", "E47", "E48"]
EET = ["F1", "P1", "F2", "P2", "F4", "P4", "F5", "P5"]
EET_TO_2021 = [*EET, "F3", "P3"]
NEET = ["G4", "G5", "G6"]
TOOK_PART = ["PN1", "PN2", "PN3", "PN5", "PN6"]

AGE_BANDS = {"Under 1": (0, 0), "1 to 4": (1, 4), "5 to 9": (5, 9), "10 to 15": (10, 15), "16 and over": (16, 200)}
NEEDS = {
    "Abuse or neglect": "N1",
    "Child's disability": "N2",
    "Parent's illness or disability": "N3",
    "Family in acute stress": "N4",
    "Family dysfunction": "N5",
    "Socially unacceptable behaviour": "N6",
    "Low income": "N7",
    "Absent parenting": "N8",
}
LEGAL_STATUS = {
    "Interim care order": "C1",
    "Full care order": "C2",
    "Freed for adoption": "D1",
    "Placement order": "E1",
    "Voluntary (s20)": "V2",
    "Detained for child protection": "L1 L2 L3",
    "Youth justice": "J1 J2 J3",
}
PLACEMENT = {
    "Foster: relatives or friends": "U1 U2 U3",
    "Foster: other carers": "U4 U5 U6",
    "Placed for adoption": "A3 A4 A5 A6",
    "With parents": "P1",
    "Children's homes and secure": "K1 K2",
    "Supported accommodation": "P2 H5 K3",
    "Residential schools": "S1",
    "Other residential": "R1 R2 R3 R5 P3",
    "Other placements": "Z1 Z11 Z12 Z13 Z14",
}
ACTIVITY = {
    "In education, employment or training": "F1 P1 F2 P2 F4 P4 F5 P5",
    "NEET: illness or disability": "G4",
    "NEET: other": "G5",
    "NEET: pregnancy or parenting": "G6",
}
ACCOMMODATION = list("BCDEGHKRSTUVWXYZ")
NO_INFORMATION = ""
NOT_RECORDED = "Not recorded"
PLACE_REASONS = ["CARPL", "CLOSE", "ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD", "LAREQ", "PLACE", "CUSTOD"]
PLACE_REASONS.append("OTHER")
SW_REASONS = ["MANAGE", "FCONTA", "LEFTRL", "ORGRST", "TSPROC", "ABSENC", "CHCHAN", "PCCHAN", "SWDIED", "OTHERS"]
BANDS = {"Normal": (0, 13), "Borderline": (14, 16), "Cause for concern": (17, 40)}
INTERVENTIONS = ["Received", "Offered, not taken up", NOT_RECORDED]

CATEGORIES = {
    "age_band": [*AGE_BANDS, NOT_KNOWN],
    "sex": ["Male", "Female", NOT_KNOWN],
    "ethnicity": [*ETHNICITY, NOT_KNOWN],
    "uasc": ["UASC", "Not UASC"],
    "legal_status": [*LEGAL_STATUS, NOT_KNOWN],
    "placement": [*PLACEMENT, NOT_KNOWN],
    "category_of_need": [*NEEDS, NOT_KNOWN],
}
LEAVER_AGES = ["17", "18", "19", "20", "21"]
DAY = pd.Timedelta(days=1)


# ---------------------------------------------------------------------------------------------------------------------
# Children on a day, or in some days, with the breakdown columns


def kept(population):
    """Ask a population once for the same days, where the tables have a place to keep it: `data["kept"] = {}`."""

    @functools.wraps(population)
    def ask(data, *days, **how):
        if "kept" not in data:
            return population(data, *days, **how)
        key = f"{population.__name__} {days} {how}"
        if key not in data["kept"]:
            data["kept"][key] = population(data, *days, **how)
        return data["kept"][key].copy()

    return ask


def describe(rows, data, on, legal_status, placement):
    """Add the breakdown columns to rows of children: age on a day, and the facts of one episode."""
    rows = rows.merge(data["children"], on="CHILD", how="left")
    on = on if isinstance(on, pd.Series) else pd.Series(on, index=rows.index)
    on = on.reset_index(drop=True)
    rows["age"] = age_at(rows["DOB"], on)
    rows["age_band"] = NOT_KNOWN
    for label, (low, high) in AGE_BANDS.items():
        rows.loc[rows["age"].between(low, high), "age_band"] = label
    rows["sex"] = rows["sex"].fillna(NOT_KNOWN)
    rows["ethnicity"] = rows["ethnicity"].fillna(NOT_KNOWN)
    rows["legal_status"] = rows[legal_status].map(groups(LEGAL_STATUS)).fillna(NOT_KNOWN)
    rows["placement"] = rows[placement].map(groups(PLACEMENT)).fillna(NOT_KNOWN)
    rows["category_of_need"] = rows["need"].map(groups(NEEDS)).fillna(NOT_KNOWN)
    return rows


def mark_uasc(rows, data, on, last_day_before=False):
    """UASC where the status covers a day; with `last_day_before` the last night in care before it."""
    rows = rows.merge(data["uasc"].assign(in_uasc=True), on="CHILD", how="left")
    on = on if isinstance(on, pd.Series) else pd.Series(on, index=rows.index)
    on = on.reset_index(drop=True)
    covers = rows["DUC"].isna() | ((rows["DUC"] >= on) if last_day_before else (rows["DUC"] > on))
    rows["uasc"] = np.where(rows["in_uasc"].eq(True) & covers, "UASC", "Not UASC")
    return rows


@kept
def in_care_at(data, day):
    """One row per child in care at the end of a day, with the current episode."""
    eps = data["episodes"]
    rows = eps[(eps["DECOM"] <= day) & (eps["DEC"].isna() | (eps["DEC"] > day))]
    rows = rows.sort_values("DECOM").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    return mark_uasc(describe(rows, data, day, "LS", "place"), data, day)


@kept
def started_in(data, first, last):
    """One row per child whose care began in the days given: the first such period of care."""
    pocs = data["pocs"]
    rows = pocs[pocs["start"].between(first, last) & ~pocs["left_censored"]]
    rows = rows.sort_values("start").drop_duplicates("CHILD").reset_index(drop=True)
    return mark_uasc(describe(rows, data, rows["start"], "first_LS", "first_place"), data, rows["start"])


@kept
def ceased_in(data, first, last):
    """One row per child whose care ended in the days given: the last such period of care."""
    pocs = data["pocs"]
    return described_leavers(pocs[pocs["end"].between(first, last)], data)


@kept
def adopted_in(data, first, last):
    """One row per child who was adopted in the days given."""
    pocs = data["pocs"]
    return described_leavers(pocs[pocs["end"].between(first, last) & pocs["reason"].isin(ADOPTED)], data)


def described_leavers(pocs, data):
    """The last of each child's periods of care, described on the day it ended."""
    rows = pocs.sort_values("end").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    return mark_uasc(describe(rows, data, rows["end"], "last_LS", "last_place"), data, rows["end"], True)


@kept
def in_care_during(data, first, last):
    """One row per child in care at any time in the days given, with the latest episode in them."""
    eps = data["episodes"]
    rows = eps[(eps["DECOM"] <= last) & (eps["DEC"].isna() | (eps["DEC"] >= first))]
    rows = rows.sort_values("DECOM").drop_duplicates("CHILD", keep="last").reset_index(drop=True)
    on = rows["poc_end"].where(rows["poc_end"] <= last, last)
    night = on.where(rows["poc_end"].isna() | (rows["poc_end"] > last), on - DAY)
    return mark_uasc(describe(rows, data, on, "LS", "place"), data, night)


def on_the_day(events, day, data, last_day_too=False):
    """Events of children in care on that day, with the episode of the day; a child may have several.

    With `last_day_too` the day on which the period of care ends belongs to it.
    """
    eps = data["episodes"].drop(columns="SOURCE_YEAR")
    rows = events.assign(event=range(len(events)), day=events[day])[["event", "day", "CHILD"]].merge(eps, on="CHILD")
    still = rows["poc_end"].isna() | (rows["poc_end"] > rows["day"])
    if last_day_too:
        still |= rows["poc_end"] == rows["day"]
    rows = rows[(rows["DECOM"] <= rows["day"]) & still]
    rows = rows.sort_values("DECOM").drop_duplicates("event", keep="last").sort_values("event").reset_index(drop=True)
    facts = events.drop(columns="CHILD").reset_index(drop=True)
    rows = rows.merge(facts, left_on="event", right_index=True)
    return mark_uasc(describe(rows, data, rows["day"], "LS", "place"), data, rows["day"])


@kept
def care_leavers(data, end, ages, returned_home=False):
    """Young people whose birthday lies in the twelve months to a day, exclusions made.

    With `returned_home` those who went home for six months stay in.
    """
    rows = data["oc3"] if data["oc3"] is not None else clean_oc3({"oc3": NO_ROWS}, data["children"])
    rows = rows[rows["birthday"].between(twelve_months_to(end), end) & rows["age"].isin(ages)]
    rows = rows[~rows["IN_TOUCH"].isin(["DIED"] if returned_home else ["DIED", "RHOM"])]
    pocs = data["pocs"][["CHILD", "start", "end", "reason", "last_place"]].sort_values("start")
    pairs = rows[["CHILD", "birthday"]].merge(pocs, on="CHILD")
    pairs = pairs[pairs["start"] <= pairs["birthday"]]
    latest = pairs.drop_duplicates("CHILD", keep="last")
    transferred = latest.loc[latest["reason"].isin(["E2", "E3"]) & (latest["end"] <= latest["birthday"]), "CHILD"]
    still = pairs.loc[pairs["end"].isna() | (pairs["end"] > pairs["birthday"]), "CHILD"]
    rows = rows[~rows["CHILD"].isin(transferred)]
    rows = rows[~(rows["age"].isin([17, 18]) & rows["CHILD"].isin(still))]
    rows = rows.merge(data["children"][["CHILD", "sex", "ethnicity"]], on="CHILD", how="left")
    rows["age_band"] = rows["age"].astype(int).astype(str)
    rows["sex"] = rows["sex"].fillna(NOT_KNOWN)
    rows["ethnicity"] = rows["ethnicity"].fillna(NOT_KNOWN)
    rows["uasc"] = np.where(rows["CHILD"].isin(data["uasc"]["CHILD"]), "UASC", "Not UASC")
    return rows


def nobody(data, end):
    """No rows, with the columns of rows."""
    return in_care_at(data, end).iloc[:0]


# ---------------------------------------------------------------------------------------------------------------------
# A. Entering care


def cla_started_count(data, start, end):
    return started_in(data, start, end).assign(counted=True)


def cla_started_rate(data, start, end):
    return started_in(data, twelve_months_to(end), end).assign(counted=True)


def cla_started_uasc_pct(data, start, end):
    rows = started_in(data, twelve_months_to(end), end)
    return rows.assign(counted=rows["uasc"] == "UASC")


def cla_reentry_pct(data, start, end):
    rows = started_in(data, twelve_months_to(end), end)
    pocs = data["pocs"]
    left = pocs[pocs["end"].notna() & ~pocs["reason"].isin(["E2", "E3"])][["CHILD", "end"]]
    pairs = rows[["CHILD", "start"]].merge(left.rename(columns={"end": "left_on"}), on="CHILD")
    within = (pairs["left_on"] < pairs["start"]) & (pairs["start"] <= pairs["left_on"] + pd.DateOffset(months=12))
    return rows.assign(counted=rows["CHILD"].isin(pairs.loc[within, "CHILD"]))


# ---------------------------------------------------------------------------------------------------------------------
# B. In care


def cla_count(data, start, end):
    return in_care_at(data, end).assign(counted=True)


def cla_breakdown(data, start, end):
    rows = in_care_at(data, end)
    return rows.assign(part=rows["age_band"])


def cla_uasc(data, start, end):
    rows = in_care_at(data, end)
    return rows.assign(counted=rows["uasc"] == "UASC")


def cla_any_time_count(data, start, end):
    return in_care_during(data, twelve_months_to(end), end).assign(counted=True)


def in_care_for(data, end, months):
    """Children in care on a day and for all of the months to it.

    A period of care whose start is not known counts when its first row had begun by then: the child was in care since.
    """
    rows = in_care_at(data, end)
    return rows[rows["poc_start"] <= months_to(end, months)]


@kept
def in_care_all_year(data, end):
    """Children in care for the twelve months to a day, without a short break in them."""
    rows = in_care_for(data, end, 12)
    breaks = data["respite"]
    # The day a break ends is not a day of it.
    breaks = breaks[(breaks["DECOM"] <= end) & ~(breaks["DEC"] <= twelve_months_to(end))]
    return rows[~rows["CHILD"].isin(breaks["CHILD"])].reset_index(drop=True)


def cla_12m_count(data, start, end):
    return in_care_all_year(data, end).assign(counted=True)


# ---------------------------------------------------------------------------------------------------------------------
# C. Placements


def placement_type_pct(data, start, end):
    rows = in_care_at(data, end)
    return rows.assign(part=rows["placement"])


def placement_share(codes):
    def measure(data, start, end):
        rows = in_care_at(data, end)
        return rows.assign(counted=rows["place"].isin(codes))

    return measure


def foster_or_adoption_10_16_pct(data, start, end):
    rows = in_care_at(data, end)
    rows = rows[rows["age"].between(10, 15)]
    return rows.assign(counted=rows["place"].isin(FOSTER + ADOPTION))


def placement_out_of_area_pct(data, start, end):
    if "PL_LOCATION" not in data["columns"]:
        return nobody(data, end).assign(counted=False)
    rows = in_care_at(data, end)
    return rows.assign(counted=rows["location"] == "OUT", known=rows["location"].isin(["IN", "OUT"]))


def placement_over_20_miles_pct(data, start, end):
    if "PL_LOCATION" not in data["columns"] or "PL_DISTANCE" not in data["columns"]:
        return nobody(data, end).assign(counted=False)
    rows = in_care_at(data, end)
    miles = rows["distance"].round(1)
    # Unknown: 999.9 and anything past belief (454), and a distance given for a child who is or was UASC (406).
    far = (miles > 20) & (miles <= 350) & ~rows["CHILD"].isin(data["uasc"]["CHILD"])
    return rows.assign(counted=far & (rows["location"] == "OUT"))


def three_spells(rows, data, first, last):
    """Mark the children with three or more carer spells that overlap the days given."""
    spells = data["spells"]
    in_window = (spells["start"] <= last) & (spells["end"].isna() | (spells["end"] >= first))
    number = spells[in_window].groupby("CHILD").size()
    return rows.assign(counted=rows["CHILD"].map(number).fillna(0) >= 3)


def stability_3plus_pct(data, start, end):
    return three_spells(in_care_at(data, end), data, twelve_months_to(end), end)


def stability_3plus_2y_pct(data, start, end):
    return three_spells(in_care_for(data, end, 24), data, months_to(end, 24), end)


def stability_long_term_pct(data, start, end):
    rows = in_care_at(data, end)
    rows = rows[(rows["age"] < 16) & (rows["poc_start"] <= months_to(end, 30)) & ~rows["left_censored"]]
    two_years = months_to(end, 24)
    # The spell before this one in the same period of care: a new adoptive placement is joined to it.
    spells = data["spells"].sort_values(["poc", "start"])
    earlier = spells.groupby("poc")["start"].shift().set_axis(spells["spell"])
    joined = rows["place"].isin(["A4", "A6"]) & (rows["spell"].map(earlier) <= two_years)
    return rows.assign(counted=(rows["spell_start"] <= two_years) | joined)


def placement_change_reasons(data, start, end):
    eps = data["episodes"]
    following = eps.groupby("CHILD")[["RNE", "PLACE"]].shift(-1)
    ended = (eps["REC"] == "X1") & eps["DEC"].between(twelve_months_to(end), end)
    moved = following["RNE"].isin(["P", "B", "T", "U"])
    temporary = eps["PLACE"].isin(TEMPORARY) | following["PLACE"].isin(TEMPORARY)
    rows = eps[ended & moved & ~temporary].reset_index(drop=True)
    rows = mark_uasc(describe(rows, data, rows["DEC"], "LS", "place"), data, rows["DEC"], True)
    recorded = rows["REASON_PLACE_CHANGE"].isin(PLACE_REASONS)
    return rows.assign(part=rows["REASON_PLACE_CHANGE"].where(recorded, NOT_RECORDED))


def placement_moves_per_child(data, start, end):
    first = twelve_months_to(end)
    rows = in_care_during(data, first, end)
    spells = data["spells"].sort_values("start")
    later = spells[spells.duplicated("poc")]
    moves = later[later["start"].between(first, end)].groupby("CHILD").size()
    return rows.assign(amount=rows["CHILD"].map(moves).fillna(0).astype(float))


# ---------------------------------------------------------------------------------------------------------------------
# D. Reviews


def cla_reviews_in_time_pct(data, start, end):
    rows = in_care_at(data, end)
    if data["reviews"] is None:
        return nobody(data, end).assign(counted=False)
    first = twelve_months_to(end)
    held = data["reviews"][data["reviews"]["REVIEW"] <= end].groupby("CHILD")["REVIEW"].apply(list)
    judged = []
    for row in rows.itertuples():
        dates = [date for date in held.get(row.CHILD, []) if date >= row.poc_start]
        known = not row.left_censored and row.poc_start >= data["record_start"]
        met = [ok for due, ok in reviews_due(row.poc_start, dates, known) if first <= due <= end]
        judged.append(all(met) if met else None)
    rows["counted"] = judged
    rows = rows[rows["counted"].notna()]
    return rows.assign(counted=rows["counted"].astype(bool))


def reviews_due(start, held, known_from_start):
    """Each due date with whether it was met; the last one, not yet held, as not met."""
    answers = []
    if known_from_start:
        due, months = add_working_days(start, 20), 3
    elif held:
        due, months, held = add_months(held[0], 6), 6, held[1:]
    else:
        return []
    for date in held:
        answers.append((due, date <= due))
        due, months = add_months(date, months), 6
    answers.append((due, False))
    return answers


def cla_review_participation_pct(data, start, end):
    if data["reviews"] is None:
        return nobody(data, end).assign(counted=False)
    reviews = data["reviews"][["CHILD", "REVIEW", "REVIEW_CODE"]]
    reviews = reviews[reviews["REVIEW"].between(twelve_months_to(end), end)]
    rows = on_the_day(reviews, "REVIEW", data, last_day_too=True)
    rows = rows[rows["age"] >= 4]
    return rows.assign(counted=rows["REVIEW_CODE"].isin(TOOK_PART), known=rows["REVIEW_CODE"].notna())


# ---------------------------------------------------------------------------------------------------------------------
# E. Health and H. Offending: the forms of the OC2 table, at 31 March only


@kept
def health_cohort(data, end):
    """Children in care for the twelve months to 31 March who have a row in that year's OC2 table."""
    oc2 = data["oc2"]
    if oc2 is None or (end.month, end.day) != (3, 31):
        return nobody(data, end).assign(**dict.fromkeys(["SDQ_SCORE", *OC2_FLAGS], np.nan))
    rows = oc2[oc2["SOURCE_YEAR"] == end.year].drop(columns="SOURCE_YEAR")
    return in_care_all_year(data, end).merge(rows, on="CHILD")


def health_share(column, low=None, high=None):
    """The share with a flag, of all ages or of those from `low` to `high`; a blank is not counted and not known."""

    def measure(data, start, end):
        rows = health_cohort(data, end)
        if low is not None:
            rows = rows[rows["age"].between(low, high)]
        return rows.assign(counted=rows[column] == 1, known=rows[column].notna())

    return measure


def sdq_completed_pct(data, start, end):
    rows = health_cohort(data, end)
    rows = rows[rows["age"].between(5, 16)]
    return rows.assign(counted=rows["SDQ_SCORE"].notna())


def sdq_average(data, start, end):
    rows = sdq_completed_pct(data, start, end)
    rows = rows[rows["counted"].astype(bool)]
    return rows.assign(amount=rows["SDQ_SCORE"].astype(float))


def sdq_band_pct(data, start, end):
    rows = sdq_average(data, start, end).assign(part="")
    for label, (low, high) in BANDS.items():
        rows.loc[rows["amount"].between(low, high), "part"] = label
    return rows


def substance_intervention_pct(data, start, end):
    rows = health_cohort(data, end)
    rows = rows[rows["SUBSTANCE_MISUSE"] == 1].assign(part=NOT_RECORDED)
    rows.loc[rows["INTERVENTION_OFFERED"] == 1, "part"] = "Offered, not taken up"
    rows.loc[rows["INTERVENTION_RECEIVED"] == 1, "part"] = "Received"
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# G. Missing


def missing_now_count(data, start, end):
    rows = in_care_at(data, end)
    incidents = data["missing"]
    if incidents is None:
        return nobody(data, end).assign(counted=False)
    open_now = incidents[
        (incidents["MISSING"] == "M")
        & (incidents["MIS_START"] <= end)
        & (incidents["MIS_END"].isna() | (incidents["MIS_END"] > end))
    ]
    return rows.assign(counted=rows["CHILD"].isin(open_now["CHILD"]))


def merged(incidents):
    """Incidents of each child as (start, end), those that overlap made one; those that only touch stay apart."""
    answers = {}
    for row in incidents.sort_values(["CHILD", "MIS_START"]).itertuples():
        spans = answers.setdefault(row.CHILD, [])
        start, end = row.MIS_START, pd.Timestamp.max if pd.isna(row.MIS_END) else row.MIS_END
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return answers


def incidents_in_care(data, kind, first, last):
    """The incidents, overlapping ones merged, that each child had while in care in the days given.

    `{child: first days of them in care}`. The day care ends is not a day in care; an incident's last day is one of it.
    """
    care = {}
    for poc in data["pocs"].sort_values("start").itertuples():
        care.setdefault(poc.CHILD, []).append((poc.start, pd.Timestamp.max if pd.isna(poc.end) else poc.end - DAY))
    answers = {}
    for child, spans in merged(data["missing"][data["missing"]["MISSING"] == kind]).items():
        for begins, ends in spans:
            met = [max(begins, came) for came, left in care.get(child, []) if begins <= left and came <= ends]
            seen = [max(begins, came, first) <= min(ends, left, last) for came, left in care.get(child, [])]
            if any(seen):
                answers.setdefault(child, []).append(met[0])
    return answers


@kept
def children_and_incidents(data, kind, end):
    """Children in care at any time in the twelve months, with their number of incidents."""
    if data["missing"] is None:
        return nobody(data, end).assign(incidents=0)
    first = twelve_months_to(end)
    rows = in_care_during(data, first, end)
    incidents = incidents_in_care(data, kind, first, end)
    return rows.assign(incidents=[len(incidents.get(child, [])) for child in rows["CHILD"]])


def incident_share(kind):
    def measure(data, start, end):
        rows = children_and_incidents(data, kind, end)
        return rows.assign(counted=rows["incidents"] >= 1)

    return measure


def missing_incidents_count(data, start, end):
    if data["missing"] is None:
        return nobody(data, end).assign(counted=False)
    incidents = incidents_in_care(data, "M", twelve_months_to(end), end)
    events = [(child, day) for child, days in incidents.items() for day in days]
    events = pd.DataFrame(events, columns=["CHILD", "began"]).astype({"CHILD": str, "began": "datetime64[s]"})
    return on_the_day(events, "began", data).assign(counted=True)


def missing_incidents_per_child(data, start, end):
    rows = children_and_incidents(data, "M", end)
    rows = rows[rows["incidents"] >= 1]
    return rows.assign(amount=rows["incidents"].astype(float))


def missing_repeat_pct(data, start, end):
    rows = children_and_incidents(data, "M", end)
    rows = rows[rows["incidents"] >= 1]
    return rows.assign(counted=rows["incidents"] >= 2)


# ---------------------------------------------------------------------------------------------------------------------
# I. Leaving care and permanence


def cla_ceased_count(data, start, end):
    return ceased_in(data, start, end).assign(counted=True)


def cla_ceased_rate(data, start, end):
    return ceased_in(data, twelve_months_to(end), end).assign(counted=True)


def ceased_share(reasons):
    def measure(data, start, end):
        rows = ceased_in(data, twelve_months_to(end), end)
        return rows.assign(counted=rows["reason"].isin(reasons))

    return measure


def ceased_aged_18_pct(data, start, end):
    rows = ceased_in(data, twelve_months_to(end), end)
    rows = rows[rows["DOB"].notna()]
    return rows.assign(counted=rows["end"] >= birthdays(rows["DOB"], 18))


@kept
def adoptions(data, first, last):
    """Adopted children with the facts of their adoption: placed, moved in with the carer, foster carer, court, AD1."""
    rows = adopted_in(data, first, last)
    ad1 = data["ad1"] if data["ad1"] is not None else clean_ad1({"ad1": NO_ROWS})
    rows = rows.merge(ad1.drop(columns="SOURCE_YEAR").assign(in_ad1=True), on="CHILD", how="left")
    placed, moved_in, court = [], [], []
    for row in rows.itertuples():
        care = data["episodes"][data["episodes"]["poc"] == row.poc]
        run_start, run_spell = final_adoptive_run(care)
        # In care before the record begins, a first row that changed the legal status only is no move.
        if row.left_censored and len(care) and run_start == care["DECOM"].iloc[0] and care["RNE"].iloc[0] == "L":
            run_start = pd.NaT
        placed.append(run_start)
        moved_in.append(run_spell)
        court.append(care.loc[care["LS"].isin(["E1", "D1"]), "DECOM"].min())
    for name, days in (("placed", placed), ("moved_in", moved_in), ("court", court)):
        rows[name] = pd.Series(days, index=rows.index, dtype="datetime64[s]")
    last_with_carer = rows["last_place"].isin(WITH_FOSTER_CARER)
    rows["by_foster_carer"] = (rows["FOSTER_CARE"] == 1) | (rows["FOSTER_CARE"].isna() & last_with_carer)
    rows["by_carer_or_code"] = (rows["FOSTER_CARE"] == 1) | last_with_carer
    return rows


def final_adoptive_run(care):
    """The first day of the last unbroken run of A3 to A6, and of the child's spell with the carer of that day.

    A row in T0 to T4 does not break the run. A3 and A5 are adoption by the present carer: where such a row opens a
    spell, the carer is that of the spell before.
    """
    run_start, spell_start, in_run, before = pd.NaT, pd.NaT, False, pd.NaT
    for row in care.itertuples():
        adoptive = row.place in ADOPTION
        if adoptive and not in_run:
            run_start, spell_start = row.DECOM, row.spell_start
            if row.place in WITH_FOSTER_CARER and row.spell_start == row.DECOM and not pd.isna(before):
                spell_start = before
        in_run, before = adoptive, row.spell_start
    return run_start, spell_start


def adopted_by_foster_carer_count(data, start, end):
    rows = adoptions(data, twelve_months_to(end), end)
    return rows.assign(counted=rows["by_foster_carer"])


def days_between(rows, first, last):
    """The rows with both days known, and the days between them."""
    rows = rows.assign(first_day=first, last_day=last)
    rows = rows[rows["first_day"].notna() & rows["last_day"].notna()]
    return rows.assign(amount=(rows["last_day"] - rows["first_day"]).dt.days.astype(float))


def adoption_a1_days(data, start, end):
    rows = adoptions(data, months_to(end, 36), end)
    rows = rows[~rows["left_censored"]]
    return days_between(rows, rows["start"], rows["placed"])


def adoption_a10_days(data, start, end):
    rows = adoptions(data, months_to(end, 36), end)
    rows = rows[~rows["left_censored"]]
    return days_between(rows, rows["start"], rows["moved_in"].where(rows["by_carer_or_code"], rows["placed"]))


def adoption_a2_days(data, start, end):
    rows = adoptions(data, months_to(end, 36), end)
    rows = rows[~rows["left_censored"] & rows["placed"].notna()]
    rows = days_between(rows, rows["court"], rows["DATE_MATCH"])
    return rows.assign(amount=rows["amount"].clip(lower=0))


def adopted_placed_within_12m_pct(data, start, end):
    rows = adoptions(data, twelve_months_to(end), end)
    rows["decided"] = rows["DATE_INT"]
    if data["decisions"] is not None:
        standing = data["decisions"][data["decisions"]["DATE_PLACED_CEASED"].isna()]
        latest = standing.groupby("CHILD")["DATE_PLACED"].max().to_dict()
        rows["decided"] = [
            latest.get(child, pd.NaT) if pd.isna(day) else day
            for child, day in zip(rows["CHILD"], rows["DATE_INT"], strict=True)
        ]
        rows["decided"] = pd.to_datetime(rows["decided"])
    rows = rows[rows["decided"].notna() & rows["placed"].notna()]
    return rows.assign(counted=rows["placed"] <= rows["decided"] + pd.DateOffset(months=12))


def time_in_care_days(data, start, end):
    rows = ceased_in(data, twelve_months_to(end), end)
    rows = rows[~rows["left_censored"]]
    return days_between(rows, rows["start"], rows["end"])


# ---------------------------------------------------------------------------------------------------------------------
# J. Care leavers, by their birthday in the twelve months


def cl_count(data, start, end):
    return care_leavers(data, end, [17, 18, 19, 20, 21]).assign(counted=True)


def in_eet(rows):
    return rows["ACTIV"].isin(EET) | (rows["ACTIV"].isin(EET_TO_2021) & (rows["SOURCE_YEAR"] <= 2021))


def cl_eet_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    return rows.assign(counted=in_eet(rows))


def activity_share(codes):
    def measure(data, start, end):
        rows = care_leavers(data, end, [19, 20, 21])
        return rows.assign(counted=rows["ACTIV"].isin(codes))

    return measure


def cl_employment_training_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    to_2021 = rows["ACTIV"].isin(["F3", "P3"]) & (rows["SOURCE_YEAR"] <= 2021)
    return rows.assign(counted=rows["ACTIV"].isin(["F5", "P5"]) | to_2021)


def cl_neet_reasons(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    rows["part"] = rows["ACTIV"].map(groups(ACTIVITY)).fillna(NOT_KNOWN)
    rows.loc[in_eet(rows), "part"] = next(iter(ACTIVITY))
    return rows


def cl_suitable_accommodation_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    letter, digit = rows["ACCOM"].str[:1], rows["ACCOM"].str[1:]
    rows = rows.assign(counted=letter.isin(ACCOMMODATION) & (digit == "1"))
    return rows[~letter.isin(["G", "H", "R"])]


def cl_accommodation_types(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    letter = rows["ACCOM"].str[:1]
    return rows.assign(part=letter.where(letter.isin(ACCOMMODATION), NO_INFORMATION))


def cl_bed_and_breakfast_count(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    return rows.assign(counted=rows["ACCOM"].isin(["W1", "W2"]))


def cl_returned_home_count(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21], returned_home=True)
    return rows.assign(counted=rows["IN_TOUCH"] == "RHOM")


def cl_in_touch_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20, 21])
    return rows.assign(counted=rows["IN_TOUCH"] == "YES")


def cl_staying_put_pct(data, start, end):
    rows = care_leavers(data, end, [19, 20])
    pocs = data["pocs"].loc[data["pocs"]["last_place"].isin(FOSTER), ["CHILD", "end"]]
    pairs = rows[["CHILD", "eighteenth"]].merge(pocs, on="CHILD")
    rows = rows[rows["CHILD"].isin(pairs.loc[pairs["end"] == pairs["eighteenth"], "CHILD"])]
    return rows.assign(counted=rows["ACCOM"].isin(["Z1", "Z2"]))


# ---------------------------------------------------------------------------------------------------------------------
# K. Social workers


def sw_three_plus_pct(data, start, end):
    first, workers = twelve_months_to(end), data["sw"]
    if workers is None or not workers["SW_DECOM"].min() <= first:
        return nobody(data, end).assign(counted=False)
    rows = in_care_at(data, end)
    in_window = (workers["SW_DECOM"] <= end) & ~(workers["SW_DEC"] < first)
    different = {}
    for row in workers[in_window].itertuples():
        # XX stands for a worker without a number: two rows of it need not be one person.
        person = (row.SW_ID, row.SW_DECOM) if row.SW_ID.startswith("XX") else row.SW_ID
        different.setdefault(row.CHILD, set()).add(person)
    return rows.assign(counted=[len(different.get(child, ())) >= 3 for child in rows["CHILD"]])


def sw_changes_reasons(data, start, end):
    if data["sw"] is None:
        return nobody(data, end).assign(part="")
    new = data["sw"][["CHILD", "SW_DECOM", "SW_REASON"]]
    rows = on_the_day(new[new["SW_DECOM"].between(twelve_months_to(end), end)], "SW_DECOM", data)
    return rows.assign(part=rows["SW_REASON"].where(rows["SW_REASON"].isin(SW_REASONS), NOT_RECORDED))
