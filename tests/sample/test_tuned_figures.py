"""The figures of the minutes, reckoned here from the catalogue's text and by nothing else."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from incare.periods import add_months, add_working_days, age, birthday, held_since

LAST = "2025-03-31"
D = np.datetime64(LAST, "D")
STUDYING = ("F1", "P1", "F2", "P2", "F3", "P3", "F4", "P4", "F5", "P5")
EXCLUDED = ("DIED", "RHOM")


def rounded(numerator: int, denominator: int) -> int:
    """Percent, half up."""
    return math.floor(100 * numerator / denominator + 0.5)


def days(values) -> np.ndarray:
    return np.asarray(values, dtype="datetime64[ns]").astype("datetime64[D]")


def latest(plans: pd.DataFrame, children: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """The last date of each child and the first date that still counts (REVIEW_MONTHS, else 6)."""
    last = plans.sort_values("DAY").drop_duplicates("CHILD", keep="last").set_index("CHILD").reindex(children)
    months = last["REVIEW_MONTHS"].replace("", None).fillna("6").astype(int).to_numpy()
    return days(last["DAY"]), held_since(np.full(len(children), D), months)


def care_plans(authority, dated, open_on) -> tuple[int, int]:
    here = open_on(authority.episodes(), LAST)
    recent = (here["START"] > "2015-01-05").to_numpy()
    due = np.ones(len(here), bool)
    due[recent] = add_working_days(here["START"][recent].to_numpy(), 10) <= D
    start = here[due].set_index("CHILD")["START"]
    plans = authority.local("care_plans").query("STATUS == 'AUTHORISED'")
    plans = plans.assign(DAY=dated(plans["PLAN_DATE"]))
    plans = plans[plans["CHILD"].isin(start.index) & (plans["DAY"] <= LAST)]
    plans = plans[plans["DAY"].to_numpy() >= start.loc[plans["CHILD"]].to_numpy()]
    last, limit = latest(plans, start.index)
    return int((last >= limit).sum()), len(start)


def snapshot(authority, dated) -> pd.DataFrame:
    rows = authority.local("care_leavers").query("SNAPSHOT_DATE == '31/03/2025'")
    rows = rows[~rows["IN_TOUCH"].isin(EXCLUDED)].set_index("CHILD")
    return rows.assign(YEARS=age(dated(rows["DOB"]), np.full(len(rows), D)).astype(int))


def pathway_plans(authority, dated) -> tuple[int, int]:
    rows = snapshot(authority, dated)
    rows = rows[rows["ELIGIBILITY"].isin(("ELIGIBLE", "RELEVANT", "FORMER_RELEVANT"))]
    rows = rows[(rows["YEARS"] < 21) | (rows["SUPPORT_STATUS"] == "RECEIVING")]
    plans = authority.local("pathway_plans").query("STATUS == 'AUTHORISED'")
    plans = plans.assign(DAY=dated(plans["PLAN_DATE"]))
    last, limit = latest(plans[plans["DAY"] <= LAST], rows.index)
    # Not yet due: eligible, within three months of 16 or of the thirteenth week, no plan yet.
    episodes = authority.episodes()
    ends = days(episodes["DEC"].fillna(pd.Timestamp("2030-01-01")))
    born = birthday(authority.born().reindex(episodes["CHILD"]).to_numpy(), 14)
    since = np.maximum(days(episodes["DECOM"]), born)
    # Rows of the period that began before the first return are one stretch from its known start.
    first = ~episodes.duplicated("care")
    since = np.where(first, np.maximum(days(episodes["START"]), born), since)
    lived = pd.Series(np.maximum((ends - since).astype(int), 0)).groupby(episodes["CHILD"].to_numpy()).cumsum()
    reached = episodes.assign(ELIGIBLE=ends - (lived.to_numpy() - 91))[lived.to_numpy() >= 91]
    reached = reached.drop_duplicates("CHILD").set_index("CHILD")["ELIGIBLE"].reindex(rows.index)
    base = np.maximum(birthday(dated(rows["DOB"]), 16), days(reached))
    waiting = rows["ELIGIBILITY"].eq("ELIGIBLE").to_numpy() & (add_months(base, 3) > D) & np.isnat(last)
    return int((last >= limit)[~waiting].sum()), int((~waiting).sum())


def eet_on_birthdays(authority, dated) -> tuple[int, int]:
    rows = authority.tables[2025, "oc3"]
    rows = rows[~rows["IN_TOUCH"].isin(EXCLUDED)]
    rows = rows[age(dated(rows["DOB"]), np.full(len(rows), D)) >= 19]
    return int(rows["ACTIV"].isin(STUDYING).sum()), len(rows)


def eet_on_the_day(authority, dated) -> tuple[int, int]:
    rows = snapshot(authority, dated)
    rows = rows[(rows["ELIGIBILITY"] == "FORMER_RELEVANT") & rows["YEARS"].between(19, 21)]
    return int(rows["ACTIV"].isin(STUDYING).sum()), len(rows)


def visits(authority, dated, since) -> tuple[int, int]:
    rows = snapshot(authority, dated)
    rows = rows[rows["ELIGIBILITY"].isin(("RELEVANT", "FORMER_RELEVANT")) & (rows["YEARS"] < 21)]
    seen = authority.local("cl_contacts")
    seen = seen[seen["CONTACT_TYPE"].isin(("VISIT_HOME", "FACE_TO_FACE"))]
    last = dated(seen["CONTACT_DATE"]).groupby(seen["CHILD"]).max().reindex(rows.index)
    return int((days(last) >= since).sum()), len(rows)


def test_like_croydon_74_percent_of_care_plans_are_up_to_date(like_croydon, dated, open_on):
    numerator, denominator = care_plans(like_croydon, dated, open_on)
    assert denominator > 500
    assert rounded(numerator, denominator) == 74


def test_like_croydon_70_percent_of_pathway_plans_are_up_to_date(like_croydon, dated):
    assert rounded(*pathway_plans(like_croydon, dated)) == 70


def test_like_croydon_58_percent_are_in_work_or_learning_on_either_basis(like_croydon, dated):
    assert eet_on_birthdays(like_croydon, dated) == eet_on_the_day(like_croydon, dated)
    assert rounded(*eet_on_birthdays(like_croydon, dated)) == 58


def test_like_croydon_unaccompanied_children_are_behind_in_care_plans(like_croydon, dated, open_on):
    all_of_them = care_plans(like_croydon, dated, open_on)
    uasc = like_croydon.tables[2025, "uasc"]["CHILD"]
    others = care_plans(_without(like_croydon, uasc), dated, open_on)
    behind = (all_of_them[0] - others[0]) / (all_of_them[1] - others[1])
    assert 100 * behind < 100 * others[0] / others[1] - 8


def _without(authority, children):
    kept = {
        key: frame[~frame["CHILD"].isin(children)] if "CHILD" in frame else frame
        for key, frame in authority.tables.items()
    }
    return type(authority)(kept)


def test_like_worcestershire_79_percent_of_pathway_plans_are_up_to_date(like_worcestershire, dated):
    assert rounded(*pathway_plans(like_worcestershire, dated)) == 79


def test_like_worcestershire_61_percent_are_in_work_or_learning_on_either_basis(like_worcestershire, dated):
    assert eet_on_birthdays(like_worcestershire, dated) == eet_on_the_day(like_worcestershire, dated)
    assert rounded(*eet_on_birthdays(like_worcestershire, dated)) == 61


def test_like_worcestershire_half_the_visits_are_in_time_by_months_or_by_days(like_worcestershire, dated):
    by_months = visits(like_worcestershire, dated, held_since([D], 2)[0])
    by_days = visits(like_worcestershire, dated, D - np.timedelta64(56, "D"))
    assert by_months == by_days
    assert rounded(*by_months) == 50


def test_like_worcestershire_six_and_a_half_advisers_hold_up_to_24_each(like_worcestershire):
    held = like_worcestershire.local("pa_allocations").query("END == '' and WORKER_ROLE == 'PA'")
    loads = held["WORKER_ID"].value_counts()
    fte = like_worcestershire.local("workers").set_index("WORKER_ID")["FTE"].astype(float)

    assert fte.loc[loads.index].sum() == 6.5
    assert loads.max() == 24
    assert (loads == 24).sum() >= 2
    assert len(held) == 6.5 * 24


def test_like_worcestershire_249_were_written_to_40_percent_answered_61_percent_of_them_want_a_service(
    like_worcestershire, dated
):
    letters = like_worcestershire.local("entitlement_survey")
    answers = letters[letters["RESPONSE_DATE"] != ""]
    rows = snapshot(like_worcestershire, dated)
    without = rows[
        rows["YEARS"].between(21, 25)
        & (rows["ELIGIBILITY"] == "FORMER_RELEVANT")
        & (rows["SUPPORT_STATUS"] != "RECEIVING")
    ]

    assert len(letters) == 249
    assert set(letters["CHILD"]) == set(without.index)
    assert rounded(len(answers), len(letters)) == 40
    assert rounded((answers["WANTS_SERVICE"] == "Y").sum(), len(answers)) == 61


def test_like_worcestershire_two_were_in_bed_and_breakfast_and_none_is_now(like_worcestershire):
    stays = like_worcestershire.local("cl_accommodation").query("ACCOM_TYPE == 'W'")
    assert len(stays) == 2
    assert (stays["END"] != "").all()


def test_shares_drift_slowly_to_their_tuned_end(like_croydon, dated):
    rows = like_croydon.local("care_leavers")
    rows = rows[~rows["IN_TOUCH"].isin(EXCLUDED) & (rows["ELIGIBILITY"] == "FORMER_RELEVANT")]
    years = age(dated(rows["DOB"]), dated(rows["SNAPSHOT_DATE"]))
    rows = rows[(years >= 19) & (years <= 21)]
    share = rows["ACTIV"].isin(STUDYING).groupby(dated(rows["SNAPSHOT_DATE"])).mean() * 100
    assert share.between(50, 68).all()
    assert share.diff().abs().max() < 5
