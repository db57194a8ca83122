"""Care leavers: how many, in touch, in education or work, where they live, who supports them.

Two bases. "birthday" is the statutory one: young people whose birthday falls in the 12 months, with the status recorded
then (OC3). "snapshot" is everyone of the age at the end of the period with the latest known status (local table).
England publishes on birthdays only: a snapshot is no like for like with it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import NOT_KNOWN, grouped, labels
from incare.kinds import Count, Mix, Share
from incare.measure import measure
from incare.measures.cohorts import UNKNOWN_BIRTH
from incare.measures.cohorts import ages as ages_of
from incare.periods import last_day, rolling
from incare.record.leavers import LEFT_OUT, left_foster_at_18
from incare.rows import Spans, count_in, latest_before, one_per_child, set_aside

# A snapshot older than this does not describe the period's last day: one quarter, with a day's grace for its length.
SNAPSHOT_DAYS = 92
STATUTORY = ("RELEVANT", "FORMER_RELEVANT")
BANDS = ("16 to 17", "18 to 20", "21 to 25", NOT_KNOWN)
STUDY = ("Higher education", "Other education", "Apprenticeship", "Training or employment")
NEET = {"G4": "NEET: illness or disability", "G5": "NEET: other", "G6": "NEET: pregnancy or parenting"}
WITHOUT_ADDRESS = {"G": "gone abroad", "H": "deported", "R": "residence not known"}
NO_INFORMATION = "No information"
NOT_IN_TOUCH = "not in touch"
ACCOMMODATION = {
    "Independent living": "U",
    "With former foster carers": "Z",
    "With parents or relatives": "B",
    "Semi-independent, with support": "D",
    "Supported lodgings": "E",
    "Residential or health setting": "C",
    "Foyer or similar": "T",
    "Ordinary lodgings": "K",
    "Bed and breakfast": "W",
    "Emergency accommodation": "V",
    "No fixed abode or homeless": "S",
    "In custody": "X",
    "Gone abroad": "G",
    "Deported": "H",
    "Residence not known": "R",
    "Other": "Y",
}
NEET_DETAIL = {
    "Mental health": "MENTAL_HEALTH",
    "Caring for someone": "CARING",
    "Cost of housing": "HOUSING_COST",
    "Benefits": "BENEFITS",
    "Waiting to start": "WAITING_START",
    "In custody": "CUSTODY",
    "Other": "OTHER",
}
GONE = {"died": ("E2",), "care transferred to another council": ("E3",), "adopted": ("E11", "E12")}

_SNAPSHOT = {
    "window": last_day,
    "needs_history": 0,
    "sources": ("care_leaver_snapshots", "people"),
    "latest_enough": True,
}
_SHOW = {"share": {"kind": Share()}}


def _either_basis(snapshot: dict | None = None, by_choice: dict | None = None, **allowed) -> dict:
    """The facts of a measure that can be asked on birthdays or of a snapshot."""
    return {
        "window": rolling(12),
        "needs_history": 12,
        "sources": ("care_leavers",),
        "allowed": {"basis": ("birthday", "snapshot"), **allowed},
        "by_choice": {"basis": {"snapshot": _SNAPSHOT | (snapshot or {})}, **(by_choice or {})},
    }


def in_snapshot(
    snapshots: Spans, people: pd.DataFrame, *, groups=STATUTORY, ages=tuple(range(16, 26)), keep=()
) -> pd.DataFrame:
    """Young people of the groups and ages in each period's latest snapshot, with their age on the last day.

    Those who died, returned home for six months or were transferred, and those whose date of birth is not known, are
    set aside; `keep` names reasons of `LEFT_OUT` that do not set aside.
    """
    rows = snapshots.latest(SNAPSHOT_DAYS)
    rows = rows[rows["eligibility"].isin(groups)]
    age = ages_of(rows, people)
    rows = rows.assign(age=age, age_band=banded(age))
    rows = rows[np.isnan(age) | np.isin(age, list(ages))]
    return _set_aside_left_out(set_aside(rows, rows["age"].isna(), UNKNOWN_BIRTH), keep)


def banded(age: np.ndarray) -> pd.Categorical:
    """The age bands of a snapshot; ages are from 16 to 25, missing is its own band."""
    band = np.searchsorted([18, 21], age, side="right")
    return pd.Categorical.from_codes(np.where(np.isnan(age), len(BANDS) - 1, band), categories=list(BANDS))


def _set_aside_left_out(rows: pd.DataFrame, keep=()) -> pd.DataFrame:
    for why in LEFT_OUT[1:]:
        if why not in keep:
            rows = set_aside(rows, rows["left_out"] == why, why)
    return rows


def _birthdays(care_leavers: Spans, ages, keep=()) -> pd.DataFrame:
    """The birthday cohort of the window; at 17 and 18 those still in care on the birthday are set aside too."""
    rows = care_leavers.starting("window")
    rows = rows[rows["age"].isna() | rows["age"].isin(list(ages))]
    named = rows["age"].map({years: str(years) for years in ages}).fillna(NOT_KNOWN)
    bands = [*(str(years) for years in sorted(set(ages))), NOT_KNOWN]
    rows = rows.assign(age_band=pd.Categorical(named, categories=bands))
    rows = _set_aside_left_out(set_aside(rows, rows["age"].isna(), UNKNOWN_BIRTH), keep)
    return set_aside(rows, rows["in_care"] & (rows["age"] <= 18), "still in care on the birthday")


def _cohort(care_leavers, snapshots, people, basis: str, ages, keep=()) -> pd.DataFrame:
    """The young people of a measure on the chosen basis."""
    if basis == "birthday":
        return _birthdays(care_leavers, ages, keep)
    return in_snapshot(snapshots, people, ages=ages, keep=keep)


@measure(
    title="Care leavers aged 17 to 21",
    kind=Count(unit="young people"),
    better="neither",
    **_either_basis({"title": "Care leavers aged 17 to 25"}),
)
def cl_count(care_leavers, care_leaver_snapshots, people, *, ages=(), basis="birthday"):
    """Care leavers whose 17th to 21st birthday fell in the 12 months.

    Population: relevant and former relevant young people in OC3, by their birthday in the 12 months.
    Counted: each person once a year, at the age reached.
    Set aside: young people who died (in care or since), returned home for six months, or whose care was transferred;
    at 17 and 18 those still in care on the birthday; date of birth not known.
    Choices: ages=() is 17 to 21 on birthdays and 17 to 25 in a snapshot; name ages to count others (the codes of OC3
    for 22 to 25 were not found). basis="birthday", or "snapshot": everyone of the ages at the end of the period in the
    latest local snapshot, not more than 92 days old.
    Source: DfE care leavers tables; SSDA903 OC3.
    """
    usual = range(17, 22) if basis == "birthday" else range(17, 26)
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, tuple(ages) or tuple(usual))
    return rows.assign(counted=True)


@measure(title="Care leavers in touch with the council", kind=Share(), better="higher", **_either_basis())
def cl_in_touch_pct(
    care_leavers,
    care_leaver_snapshots,
    people,
    *,
    ages=(19, 20, 21),
    basis="birthday",
    answers=("YES",),
    max_days=56,
):
    """Share of care leavers with whom the council was in touch around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months.
    Counted: in touch (YES). No, refuses contact and no longer requires services stay in the population.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21). basis="birthday", or "snapshot": everyone of the ages at the end of the period in the
    latest local snapshot; there in touch means a latest contact at most max_days=56 days before the last day (91 for
    three months; 0 reads the answer recorded instead). answers=("YES",) are the answers counted: NO, REFU or NREQ show
    the others. England's "not in touch" leaves out those whose activity is known from others.
    Source: LAIT; SSDA903 OC3; the eight weeks follow the two months between statutory visits.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    if basis == "birthday" or not max_days:
        return rows.assign(counted=rows["in_touch"].isin(answers), known=rows["in_touch"] != "")
    contact, on = p.days(rows["LATEST_CONTACT"]), p.days(rows["on"])
    contact = np.where(contact <= on, contact, np.datetime64("NaT", "D"))
    due = contact + np.timedelta64(max_days, "D")
    return rows.assign(
        counted=due >= on,
        known=~np.isnat(contact),
        due=due.astype("datetime64[s]"),
        done=contact.astype("datetime64[s]"),
    )


def _active(rows: pd.DataFrame, denominator: str, activities) -> pd.DataFrame:
    """The rows counted by their activity; by choice unknown activity, or people not in touch, are set aside."""
    known = rows["activity"] != NOT_KNOWN
    if denominator == "known":
        rows = set_aside(rows, ~known, "activity not known")
    if denominator == "in_touch":
        rows = set_aside(rows, rows["in_touch"] != "YES", NOT_IN_TOUCH)
    return rows.assign(counted=rows["activity"].isin(activities), known=known)


_ACTIVITY = _either_basis(denominator=("all", "known", "in_touch"))


@measure(title="Care leavers in education, employment or training", kind=Share(), better="higher", **_ACTIVITY)
def cl_eet_pct(care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), denominator="all", basis="birthday"):
    """Share of care leavers in education, employment or training around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full or part time in higher or other education, apprenticeship, training or employment, in touch or not.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21), or (17, 18) as published apart; denominator="all" as published, "known", which sets
    unknown activity aside, or "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot":
    everyone of the ages at the end of the period in the latest local snapshot.
    Source: LAIT CareLeaverEET; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, STUDY)


@measure(title="Care leavers not in education, employment or training", kind=Share(), better="lower", **_ACTIVITY)
def cl_neet_pct(
    care_leavers,
    care_leaver_snapshots,
    people,
    *,
    ages=(19, 20, 21),
    reasons=("G4", "G5", "G6"),
    denominator="all",
    basis="birthday",
):
    """Share of care leavers known not to be in education, employment or training around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: illness or disability (G4), other (G5), pregnancy or parenting (G6). With those in education, employment or
    training and those with unknown activity they make up everyone.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21), or (17, 18); reasons=("G4", "G5", "G6"); denominator="all" as published, "known", which
    sets unknown activity aside, or "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot":
    everyone of the ages at the end of the period in the latest local snapshot.
    Source: LAIT; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, [NEET[code] for code in reasons])


@measure(
    title="Why care leavers are not in education, employment or training",
    kind=Mix(of="neet_reason"),
    better="neither",
    **_either_basis(),
)
def cl_neet_reasons(care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), basis="birthday"):
    """Care leavers by whether they are in education, employment or training, and if not, the reason recorded.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months.
    Counted: illness or disability (G4), pregnancy or parenting (G6), other (G5); not known is a row of its own.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21). basis="birthday", or "snapshot": everyone of the ages at the end of the period in the
    latest local snapshot.
    Source: DfE care leavers tables; SSDA903 OC3.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return rows.assign(part=rows["neet_reason"].array, counted=True, known=rows["neet_reason"] != NOT_KNOWN)


@measure(
    title="What keeps care leavers from education, employment or training",
    kind=Mix(of="neet_detail"),
    better="neither",
    window=last_day,
    latest_enough=True,
)
def cl_neet_detail(care_leaver_snapshots, people, *, ages=(19, 20, 21)):
    """Care leavers not in education, employment or training, by what their adviser says stands in the way.

    Population: care leavers aged 19 to 21 at the end of the period who are not in education, employment or training
    (G4, G5, G6) in the latest local snapshot, not more than 92 days old.
    Counted: each by the one obstacle recorded; "Not recorded" is a row of its own.
    Set aside: young people who died, returned home for six months, or were transferred to another council; date of
    birth not known.
    Choices: ages=(19, 20, 21). The basis is the snapshot: the returns do not ask.
    Source: local (CARE_LEAVERS, NEET_DETAIL).
    """
    rows = in_snapshot(care_leaver_snapshots, people, ages=ages)
    rows = rows[rows["activity"].isin(NEET.values())]
    part = _labelled(rows["NEET_DETAIL"], NEET_DETAIL, "Not recorded")
    return rows.assign(part=part, counted=True, known=part != "Not recorded")


def _labelled(codes: pd.Series, groups: dict[str, str], unknown: str) -> pd.Categorical:
    return pd.Categorical(codes.map(grouped(groups)).fillna(unknown), categories=labels(groups, unknown))


@measure(title="Care leavers in higher education", kind=Share(), better="higher", **_ACTIVITY)
def cl_higher_education_pct(
    care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), denominator="all", basis="birthday"
):
    """Share of care leavers studying at university or in other higher education around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full time (F1) or part time (P1) in higher education.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21); denominator="all" as published, "known", which sets unknown activity aside, or
    "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot": everyone of the ages at the end of
    the period in the latest local snapshot.
    Source: LAIT; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, ["Higher education"])


@measure(title="Care leavers in an apprenticeship", kind=Share(), better="higher", **_ACTIVITY)
def cl_apprenticeship_pct(
    care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), denominator="all", basis="birthday"
):
    """Share of care leavers in an apprenticeship around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full time (F4) or part time (P4) in an apprenticeship. Returns up to 2020-21 do not tell them from other
    training (F3, P3).
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21); denominator="all" as published, "known", which sets unknown activity aside, or
    "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot": everyone of the ages at the end of
    the period in the latest local snapshot.
    Source: LAIT; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, ["Apprenticeship"])


@measure(title="Care leavers in training or employment", kind=Share(), better="higher", **_ACTIVITY)
def cl_employment_training_pct(
    care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), denominator="all", basis="birthday"
):
    """Share of care leavers in training or employment other than an apprenticeship around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full time (F5) or part time (P5), and F3 and P3 in returns up to 2020-21, which hold apprenticeships too.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21); denominator="all" as published, "known", which sets unknown activity aside, or
    "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot": everyone of the ages at the end of
    the period in the latest local snapshot.
    Source: LAIT; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, ["Training or employment"])


@measure(title="Care leavers in education other than higher education", kind=Share(), better="higher", **_ACTIVITY)
def cl_other_education_pct(
    care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), denominator="all", basis="birthday"
):
    """Share of care leavers in school, college or other education below higher education around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with unknown activity too.
    Counted: full time (F2) or part time (P2).
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21); denominator="all" as published, "known", which sets unknown activity aside, or
    "in_touch", which sets aside those not in touch. basis="birthday", or "snapshot": everyone of the ages at the end of
    the period in the latest local snapshot.
    Source: LAIT; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    return _active(rows, denominator, ["Other education"])


@measure(
    title="Care leavers in suitable accommodation",
    kind=Share(),
    better="higher",
    **_either_basis(definition=("published", "known", "in_touch", "all")),
)
def cl_suitable_accommodation_pct(
    care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), definition="published", basis="birthday"
):
    """Share of care leavers whose accommodation was judged suitable around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those with no information too.
    Counted: accommodation recorded as suitable: safe, secure and affordable for the young person, in the judgement of
    their worker. No fixed abode and custody are never suitable; bed and breakfast is when the worker says so.
    Set aside: gone abroad (G), deported (H), residence not known (R); young people who died, returned home for six
    months, or were transferred to another council; at 17 and 18 those still in care on the birthday; date of birth not
    known.
    Choices: ages=(19, 20, 21), or (17, 18); definition="published"; "known" sets those with no information aside too,
    "in_touch" those not in touch; "all" keeps those gone abroad, deported or of unknown residence in. basis="birthday",
    or "snapshot": everyone of the ages at the end of the period in the latest local snapshot.
    Source: LAIT; DfE outcome 4 notes; Care Leavers Regulations 2010, regulation 9.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    known = rows["suitable"] != NO_INFORMATION
    if definition != "all":
        for letter, why in WITHOUT_ADDRESS.items():
            rows = set_aside(rows, rows["accommodation"] == letter, why)
    if definition == "known":
        rows = set_aside(rows, ~known, "no information on accommodation")
    if definition == "in_touch":
        rows = set_aside(rows, rows["in_touch"] != "YES", NOT_IN_TOUCH)
    return rows.assign(counted=rows["suitable"] == "Suitable", known=known)


@measure(
    title="Where care leavers live",
    kind=Mix(of="accommodation"),
    better="neither",
    **_either_basis(),
)
def cl_accommodation_types(care_leavers, care_leaver_snapshots, people, *, ages=(19, 20, 21), basis="birthday"):
    """Care leavers by the kind of accommodation recorded around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, those gone abroad, deported or of
    unknown residence too.
    Counted: each by the letter of the accommodation, suitable or not; "No information" is a row of its own.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: ages=(19, 20, 21). basis="birthday", or "snapshot": everyone of the ages at the end of the period in the
    latest local snapshot.
    Source: DfE care leavers tables; SSDA903 OC3.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    part = _labelled(rows["accommodation"], ACCOMMODATION, NO_INFORMATION)
    return rows.assign(part=part, counted=True, known=part != NO_INFORMATION)


@measure(
    title="Care leavers in bed and breakfast",
    kind=Count(unit="young people"),
    better="lower",
    **_either_basis(
        form=("status", "ever"),
        by_choice={
            "form": {
                "ever": {
                    "sources": ("cl_accommodation", "people"),
                    "window": rolling(12),
                    "needs_history": 12,
                    "latest_enough": False,
                }
            }
        },
    ),
)
def cl_bed_and_breakfast_count(
    care_leavers,
    care_leaver_snapshots,
    cl_accommodation,
    people,
    *,
    types=("W",),
    ages=(),
    form="status",
    basis="birthday",
):
    """Care leavers living in bed and breakfast around their birthday.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months.
    Counted: accommodation W, judged suitable or not; a worker may call it suitable.
    Set aside: young people who died, returned home for six months, or were transferred to another council; at 17 and 18
    those still in care on the birthday; date of birth not known.
    Choices: types=("W",); the watch list has V (emergency), S (no fixed abode) and X (custody) too. ages=() is 19 to 21
    for a status and everyone with form="ever"; name ages to count others. form="status" reads the one recorded; "ever"
    counts everyone who stayed there on any day of the 12 months, as the accommodation history says, at their age at the
    end of the period (also people who are no longer in touch, or no longer counted as care leavers).
    basis="birthday", or "snapshot": everyone of the ages at the end of the period in the latest local snapshot.
    Source: DfE care leavers tables; Worcestershire board of October 2017 (since the inspection).
    """
    if form == "ever":
        return _stayed(cl_accommodation, people, types, ages).assign(counted=True)
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages or (19, 20, 21))
    known = rows["accommodation"].isin(ACCOMMODATION.values())
    return rows.assign(counted=rows["accommodation"].isin(types), known=known)


def _stayed(stays: Spans, people: pd.DataFrame, types, ages) -> pd.DataFrame:
    """People with a stay of the types in the window, by the last such stay; of the ages only, if any are named."""
    rows = stays.overlapping("window")
    rows = one_per_child(rows[rows["ACCOM_TYPE"].isin(types)], keep="last")
    if not ages:
        return rows
    age = ages_of(rows, people, stays.periods.ends[rows["period"].to_numpy()])
    return set_aside(rows, np.isnan(age), UNKNOWN_BIRTH)[np.isnan(age) | np.isin(age, list(ages))]


@measure(
    title="Care leavers staying with their former foster carers",
    kind=Share(),
    better="higher",
    **_either_basis({"sources": ("care_leaver_snapshots", "people", "care_periods")}) | {"needs_history": 36},
)
def cl_staying_put_pct(care_leavers, care_leaver_snapshots, people, care_periods, *, ages=(19, 20), basis="birthday"):
    """Share of care leavers who left foster care on their 18th birthday and live with their former foster carers.

    Population: care leavers whose 19th or 20th birthday fell in the 12 months and who left care from a foster placement
    on their 18th birthday.
    Counted: accommodation Z (with former foster carers), whether suitable or not.
    Set aside: young people who died, returned home for six months, or were transferred to another council; date of
    birth not known; at 18 those still in care on the birthday; in a snapshot those who turned 18 before the record of
    care begins.
    Choices: ages=(19, 20); (18,) is published apart; never 17, when nobody has left at 18. basis="birthday", or
    "snapshot": everyone of the ages at the end of the period in the latest local snapshot.
    Source: LAIT StayingPut; DfE.
    """
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages)
    if basis == "snapshot":
        rows = _with_leaving_at_18(rows, care_periods.table, people)
    rows = rows[rows["left_foster_at_18"]]
    known = rows["accommodation"].isin(ACCOMMODATION.values())
    return rows.assign(counted=rows["accommodation"] == "Z", known=known)


def _with_leaving_at_18(rows: pd.DataFrame, care: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows with whether each left foster care at 18; who turned 18 before any known end of care is set aside."""
    left = left_foster_at_18(care, care["last_place"].astype(str).to_numpy(), people)[rows["child"]]
    eighteenth = p.birthday(p.days(people["born"]), 18)[rows["child"]]
    before = eighteenth < care["end"].min().to_datetime64() if care["end"].notna().any() else np.ones(len(rows), bool)
    unknown = before | rows["age"].isna().to_numpy()
    return set_aside(rows, before, "turned 18 before the record of care begins").assign(
        left_foster_at_18=left | unknown
    )


@measure(
    title="Care leavers who returned to their families",
    kind=Count(unit="young people"),
    better="neither",
    **_either_basis(by_choice={"show": _SHOW}, show=("count", "share"), who=("six_months", "accommodation")),
)
def cl_returned_home_count(
    care_leavers,
    care_leaver_snapshots,
    people,
    *,
    ages=(19, 20, 21),
    who="six_months",
    show="count",
    basis="birthday",
):
    """Care leavers who returned home to a parent for six months or more.

    Population: care leavers whose 19th, 20th or 21st birthday fell in the 12 months, before those who returned home are
    set aside, as every other measure of care leavers does.
    Counted: returned home for six months (RHOM) to a parent or another person with parental responsibility.
    Set aside: young people who died or were transferred to another council; at 17 and 18 those still in care on the
    birthday; date of birth not known.
    Choices: ages=(19, 20, 21). who="six_months", or "accommodation": care leavers whose accommodation is with parents
    or relatives (B), after all exclusions. show="count", or "share" of the population. basis="birthday", or "snapshot":
    everyone of the ages at the end of the period in the latest local snapshot.
    Source: SSDA903 OC3; Southwark board (young people who return to their birth families).
    """
    keep = ("returned home for six months",) if who == "six_months" else ()
    rows = _cohort(care_leavers, care_leaver_snapshots, people, basis, ages, keep)
    if who == "six_months":
        return rows.assign(counted=rows["in_touch"] == "RHOM", known=rows["in_touch"] != "")
    return rows.assign(counted=rows["accommodation"] == "B", known=rows["accommodation"].isin(ACCOMMODATION.values()))


@measure(
    title="Young people with a personal adviser",
    kind=Share(),
    better="higher",
    window=last_day,
    sources=("care_leaver_snapshots", "people", "pa_allocations"),
    allowed={"form": ("now", "by_17th_birthday", "named")},
    by_choice={
        "form": {
            "by_17th_birthday": {
                "sources": ("people", "pa_allocations", "care_periods"),
                "window": rolling(12),
                "needs_history": 12,
            },
            "named": {"sources": ("care_leaver_snapshots", "people"), "latest_enough": True},
        }
    },
)
def cl_pa_allocated_pct(
    care_leaver_snapshots,
    people,
    pa_allocations,
    care_periods,
    *,
    groups=("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"),
    form="now",
):
    """Share of young people entitled to a personal adviser who have one.

    Population: eligible, relevant and former relevant young people aged 16 to 25 in the latest local snapshot, not more
    than 92 days old, those over 21 who receive no support too.
    Counted: an allocation with the role PA open at the end of the last day.
    Set aside: young people who died, returned home for six months, or were transferred to another council; date of
    birth not known. With form="by_17th_birthday": died, transferred or adopted by that day.
    Choices: groups=("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"). form="now"; "named" reads the name in the snapshot
    instead of the allocations; "by_17th_birthday" asks of those who turned 17 in the 12 months and had met the 13-week
    test by then whether a first allocation had begun by the birthday (groups then play no part).
    Source: Care Leavers Regulations 2010, regulation 2; Worcestershire board of October 2017 (allocation at 17).
    """
    if form == "by_17th_birthday":
        return _allocated_by_17(people, pa_allocations, care_periods)
    rows = in_snapshot(care_leaver_snapshots, people, groups=groups)
    if form == "named":
        return rows.assign(counted=rows["PERSONAL_ADVISER"] != "")
    held = pa_allocations.at("end")
    return rows.assign(counted=count_in(held[held["WORKER_ROLE"] == "PA"], rows) > 0)


def _allocated_by_17(people: pd.DataFrame, allocations: Spans, care_periods: Spans) -> pd.DataFrame:
    """Young people on their 17th birthday, eligible by then, and when their first personal adviser began."""
    birthday = p.birthday(p.days(people["born"]), 17)
    child = np.flatnonzero(p.days(people["eligible_from"]) <= birthday)
    events = pd.DataFrame({"child": child, "start": birthday[child].astype("datetime64[s]")})
    rows = Spans(events, allocations.periods, allocations.window).starting("window")
    rows = _set_aside_gone(rows, care_periods.table)
    advisers = allocations.table[allocations.table["WORKER_ROLE"] == "PA"]
    first = advisers.groupby("child")["start"].min().reindex(rows["child"]).to_numpy("datetime64[s]")
    on_time = first <= rows["start"].to_numpy("datetime64[s]")
    # An adviser who came later is not named: it would tell an earlier period what came after it.
    done = np.where(on_time, first, np.datetime64("NaT", "s"))
    return rows.assign(counted=on_time, due=rows["start"], done=done)


def _set_aside_gone(rows: pd.DataFrame, care: pd.DataFrame) -> pd.DataFrame:
    """Those whose latest period of care had ended by the day in death, transfer or adoption, set aside."""
    found = latest_before(care, rows)
    at = np.maximum(found, 0)
    ended = (found >= 0) & (p.days(care["end"])[at] <= p.days(rows["on"])) if len(care) else np.zeros(len(rows), bool)
    reason = np.where(ended, care["reason"].to_numpy(object)[at], "") if len(care) else np.full(len(rows), "")
    for why, codes in GONE.items():
        rows = set_aside(rows, np.isin(reason, codes), why)
    return rows


@measure(
    title="Care leavers aged 22 to 25 who receive support",
    kind=Share(),
    better="neither",
    window=last_day,
    latest_enough=True,
)
def cl_22_25_support_pct(care_leaver_snapshots, people, *, ages=(22, 23, 24, 25), status=("RECEIVING",)):
    """Share of care leavers aged 22 to 25 who asked for support and receive it.

    Population: relevant and former relevant young people aged 22 to 25 at the end of the period in the latest local
    snapshot, not more than 92 days old.
    Counted: support status RECEIVING. Those not in touch, who declined or did not ask stay in the population.
    Set aside: young people who died, returned home for six months, or were transferred to another council; date of
    birth not known.
    Choices: ages=(22, 23, 24, 25), or 21 too; status=("RECEIVING",) are the statuses counted, such as NOT_IN_TOUCH.
    England publishes by birthday in the year (58 % at 22 and 43 % at 23 in 2025); this is a snapshot, as the codes of
    the returns for these ages were not found.
    Source: DfE care leavers releases 2023 to 2025; local (CARE_LEAVERS, SUPPORT_STATUS).
    """
    rows = in_snapshot(care_leaver_snapshots, people, ages=ages)
    return rows.assign(counted=rows["support"].isin(status), known=rows["support"] != "")


@measure(
    title="Young people who want a service, of those who answered",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def wanted_service_pct(entitlement_survey, *, answers=("Y",)):
    """Share of the young people who answered a letter about their entitlement who want a service.

    Population: letters sent in the 12 months that were answered by the end of the period: respondents, not all who
    were written to.
    Counted: wants a service (Y). Unsure stays in the population.
    Set aside: letters without an answer yet, so that letters sent are those answered and those set aside.
    Choices: answers=("Y",) are the answers counted: N or UNSURE show the others.
    Source: Worcestershire board of October 2017 (61 % of respondents); local (ENTITLEMENT_SURVEY).
    """
    rows = entitlement_survey.starting("window")
    ends = entitlement_survey.periods.ends[rows["period"].to_numpy()]
    rows = set_aside(rows, ~(p.days(rows["RESPONSE_DATE"]) <= ends), "no answer yet")
    return rows.assign(counted=rows["WANTS_SERVICE"].isin(answers), known=rows["WANTS_SERVICE"] != "")


@measure(
    title="Care leavers who are parents",
    kind=Count(unit="young people"),
    better="neither",
    window=last_day,
    latest_enough=True,
    allowed={"show": ("count", "share")},
    by_choice={"show": _SHOW},
)
def cl_parents_count(care_leaver_snapshots, people, *, ages=tuple(range(16, 26)), living_with=False, show="count"):
    """Care leavers who have a child of their own, mothers and fathers.

    Population: relevant and former relevant young people aged 16 to 25 at the end of the period in the latest local
    snapshot, not more than 92 days old.
    Counted: recorded as a parent.
    Set aside: young people who died, returned home for six months, or were transferred to another council; date of
    birth not known.
    Choices: ages from 16 to 25; living_with=False, or True for parents whose child lives with them; show="count", or
    "share" of the population.
    Source: local (CARE_LEAVERS, IS_PARENT). The returns cannot say: MOTHER covers girls in care, G6 only those not in
    education, employment or training.
    """
    rows = in_snapshot(care_leaver_snapshots, people, ages=ages)
    parent = rows["IS_PARENT"] == "Y"
    counted = parent & (rows["CHILD_LIVES_WITH"] == "Y") if living_with else parent
    return rows.assign(counted=counted, known=rows["IS_PARENT"] != "")
