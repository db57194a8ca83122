"""Clean on purpose: the rules of a good return hold on every row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.periods import add_working_days, age, birthday

LAST = "2025-03-31"
TEMPORARY = ("T1", "T2", "T3", "T4")
SETTING = ["PLACE", "PLACE_PROVIDER", "PL_POST", "URN"]


def neighbours(episodes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each row beside the next row of the same period of care."""
    joined = episodes["care"].eq(episodes["care"].shift(-1))
    return episodes[joined].reset_index(drop=True), episodes[joined.shift(1, fill_value=False)].reset_index(drop=True)


def test_ids_are_six_digits_unique_in_the_header_and_some_begin_with_zero(either):
    for year in range(2020, 2026):
        assert not either.tables[year, "header"]["CHILD"].duplicated().any()
    ids = either.stacked("header")["CHILD"]
    assert ids.str.fullmatch(r"\d{6}").all()
    assert ids.str.startswith("0").any()


def test_every_child_of_every_table_of_a_return_is_in_its_header(either):
    for (year, name), frame in either.tables.items():
        if year:
            assert frame["CHILD"].isin(either.tables[year, "header"]["CHILD"]).all(), (year, name)


def test_a_return_holds_just_the_episodes_open_at_some_time_in_its_year(either, dated):
    for year in range(2020, 2026):
        rows = either.tables[year, "episodes"]
        assert (dated(rows["DECOM"]) <= f"{year}-03-31").all()
        ended = dated(rows["DEC"]).dropna()
        assert (ended >= f"{year - 1}-04-01").all()
        assert (ended <= f"{year}-03-31").all()


def test_end_and_reason_are_blank_together_and_no_child_has_two_open_rows(either):
    for year in range(2020, 2026):
        rows = either.tables[year, "episodes"]
        assert ((rows["DEC"] == "") == (rows["REC"] == "")).all()
        assert not rows["CHILD"][rows["DEC"] == ""].duplicated().any()


def test_an_episode_open_at_a_years_end_appears_again_in_the_next_return(either):
    for year in range(2020, 2025):
        before, after = either.tables[year, "episodes"], either.tables[year + 1, "episodes"]
        still_open = before[before["DEC"] == ""][["CHILD", "DECOM"]]
        assert len(still_open.merge(after, on=["CHILD", "DECOM"])) == len(still_open)


def test_episodes_neither_overlap_nor_leave_gaps_inside_a_period_of_care(either):
    now, following = neighbours(either.episodes())

    assert (now["DEC"] == following["DECOM"]).all()
    assert (now["REC"] == "X1").all()
    assert following["RNE"].ne("S").all()
    everything = either.episodes()
    assert (everything["DEC"].isna() | (everything["DEC"] > everything["DECOM"])).all()
    last = everything.groupby("care").tail(1)
    assert last["REC"].ne("X1").all()


def test_no_period_of_care_begins_on_the_day_another_ended(either):
    rows = either.episodes()
    same = rows["CHILD"].eq(rows["CHILD"].shift(-1)) & rows["care"].ne(rows["care"].shift(-1))
    assert (rows["DECOM"].shift(-1)[same] > rows["DEC"][same]).all()


def test_the_reason_for_a_new_episode_agrees_with_what_changed(either):
    now, following = neighbours(either.episodes())
    # Closed rows keep the code of their own return: H5 re-coded as K3 is not a change.
    now, following = (rows.replace({"PLACE": {"H5": "K3"}}) for rows in (now, following))
    status = now["LS"] != following["LS"]
    setting = (now[SETTING] != following[SETTING]).any(axis=1)
    reason = following["RNE"]

    assert (status & ~setting)[reason == "L"].all()
    assert (setting & ~status)[reason.isin(("P", "T"))].all()
    assert (setting & status)[reason.isin(("B", "U"))].all()
    assert {"S", "L", "P", "T", "B"} <= set(either.episodes()["RNE"])


def test_after_a_stay_away_the_child_returns_to_the_same_place_with_rne_p(either):
    rows = either.episodes()
    care = rows["care"]
    away = rows["PLACE"].isin(TEMPORARY) & care.eq(care.shift(1)) & care.eq(care.shift(-1))
    before, back = rows.shift(1)[away], rows.shift(-1)[away]

    assert away.sum() > 20
    assert (back["RNE"] == "P").all()
    assert (before[["PLACE", "PL_POST"]].to_numpy() == back[["PLACE", "PL_POST"]].to_numpy()).all()
    assert rows["REC"][rows["PLACE"].isin(TEMPORARY) & rows["DEC"].notna()].eq("X1").all()
    assert (before["REASON_PLACE_CHANGE"] == "").all()
    assert (rows["REASON_PLACE_CHANGE"][away] == "").all()


def test_nobody_stays_in_care_past_the_eighteenth_birthday(either):
    rows = either.episodes()
    grown = birthday(either.born().reindex(rows["CHILD"]).to_numpy(), 18)
    ended = rows["DEC"].fillna(pd.Timestamp("2025-03-31")).to_numpy().astype("datetime64[D]")
    assert (ended <= grown).all()
    assert (rows["DECOM"].to_numpy().astype("datetime64[D]") >= birthday(either.born().reindex(rows["CHILD"]), 0)).all()


def test_category_of_need_is_one_for_the_whole_period_of_care(either):
    assert len(either.episodes()[["care", "CIN"]].drop_duplicates()) == either.episodes()["care"].max()


def test_placement_codes_fit_their_time_and_the_childs_age(either):
    rows = either.stacked("episodes")
    codes = rows.groupby("YEAR")["PLACE"].agg(set)
    assert all("K3" not in codes[year] for year in range(2020, 2025))
    assert not codes[2025] & {"H5", "P2"}
    assert "P2" in codes[2023]

    started = rows.merge(either.born().rename("BORN"), left_on="CHILD", right_index=True)
    alone = started[started["PLACE"].isin(("P2", "H5", "K3"))]
    assert (age(alone["BORN"], pd.to_datetime(alone["DECOM"], format="%d/%m/%Y")) >= 16).all()


def test_providers_and_parents_go_together(either):
    rows = either.episodes()
    assert (rows["PLACE_PROVIDER"].eq("PR0") == rows["PLACE"].eq("P1")).all()
    assert (rows["PLACE_PROVIDER"][rows["PLACE"].isin((*TEMPORARY, "Z1"))] == "").all()
    assert rows["LS"][rows["PLACE"] == "P1"].isin(("C1", "C2", "E1")).all()


def test_unaccompanied_children_have_no_home_postcode_and_lose_the_status_at_eighteen(either, dated):
    uasc = either.stacked("uasc")
    rows = either.episodes()
    ended = uasc[uasc["DUC"] != ""]

    assert (rows["HOME_POST"].eq("") == rows["CHILD"].isin(uasc["CHILD"])).mean() > 0.99
    assert (rows["HOME_POST"][rows["CHILD"].isin(uasc["CHILD"])] == "").all()
    assert (dated(ended["DUC"]).to_numpy().astype("datetime64[D]") == birthday(dated(ended["DOB"]), 18)).all()


def test_adoption_tables_agree_with_the_episodes(either, dated):
    rows = either.episodes()
    adopted = rows[rows["REC"].isin(("E11", "E12"))].set_index("CHILD")
    form = either.stacked("ad1").set_index("CHILD").loc[adopted.index]
    decided = either.stacked("placed_for_adoption").drop_duplicates("CHILD", keep="last").set_index("CHILD")
    first_placed = rows[rows["PLACE"].isin(("A3", "A4", "A5", "A6"))].groupby("CHILD")["DECOM"].min()

    assert adopted["PLACE"].isin(("A3", "A4", "A5", "A6")).all()
    assert (form["FOSTER_CARE"].eq("1") == adopted["PLACE"].isin(("A3", "A5"))).all()
    assert (adopted["LS"].eq("E1") == adopted["PLACE"].isin(("A5", "A6"))).all()
    assert (dated(form["DATE_INT"]) <= dated(form["DATE_MATCH"])).all()
    assert (dated(form["DATE_MATCH"]) <= first_placed.loc[adopted.index]).all()
    assert (decided.loc[adopted.index, "DATE_PLACED"] == form["DATE_INT"]).all()
    changed = rows[rows["PLACE"].isin(("A3", "A5")) & rows["RNE"].ne("L")]
    assert changed["RNE"].isin(("S", "T", "U")).all()


def test_short_breaks_are_short_and_a_child_is_v3_or_v4_never_both(either, dated):
    rows = either.stacked("episodes")
    breaks = rows[rows["LS"].isin(("V3", "V4"))]
    lasted = (dated(breaks["DEC"]) - dated(breaks["DECOM"])).dt.days

    assert (breaks["RNE"] == "S").all()
    assert lasted[breaks["LS"] == "V3"].dropna().le(17).all()
    assert not breaks[["CHILD", "LS"]].drop_duplicates()["CHILD"].duplicated().any()
    assert not rows["CHILD"][~rows["LS"].isin(("V3", "V4"))].isin(breaks["CHILD"]).any()


def test_missing_incidents_do_not_overlap_lie_in_care_and_none_is_open_at_the_end(either, dated):
    rows = either.stacked("missing")
    last = rows.drop_duplicates(["CHILD", "MIS_START"], keep="last").assign(
        start=lambda t: dated(t["MIS_START"]), end=lambda t: dated(t["MIS_END"])
    )
    last = last.sort_values(["CHILD", "start"])
    same = last["CHILD"].eq(last["CHILD"].shift(-1))

    assert (last["start"].shift(-1)[same] > last["end"][same]).all()
    assert (last["end"] >= last["start"]).all()
    assert set(last["MISSING"]) == {"M", "A"}
    both = last.merge(either.periods(), on="CHILD")
    inside = (both["start"] >= both["START"]) & (both["END"].isna() | (both["end"] <= both["END"]))
    assert both[inside].drop_duplicates(["CHILD", "MIS_START"]).shape[0] == len(last)


def test_first_reviews_fall_due_after_twenty_working_days(either, dated):
    held = either.local("reviews_local")
    held = set(zip(held["CHILD"], dated(held["DUE_DATE"]), strict=True))
    new = either.periods()
    lasted = (new["END"].fillna(pd.Timestamp("2025-04-01")) - new["START"]).dt.days
    new = new[(new["START"] >= "2019-04-01") & (lasted > 80)]
    due = pd.to_datetime(add_working_days(new["START"].to_numpy(), 20))

    assert len(new) > 800
    assert all(pair in held for pair in zip(new["CHILD"], due, strict=True))


def test_oc3_codes_obey_the_rules_of_the_list(either, dated):
    rows = either.stacked("oc3")
    years = age(dated(rows["DOB"]), [f"{year}-03-31" for year in rows["YEAR"]])
    gone = rows["IN_TOUCH"].isin(("DIED", "RHOM"))

    assert set(years) == {17, 18, 19, 20, 21}
    assert not rows.duplicated(["CHILD", "YEAR"]).any()
    assert (rows["ACTIV"][gone] == "0").all()
    assert (rows["ACCOM"][gone] == "0").all()
    assert not rows["ACCOM"].isin(("S1", "X1")).any()
    assert not rows["ACCOM"][years == 17].str[0].isin(("T", "Z")).any()
    old, new = rows["ACTIV"][rows["YEAR"] <= 2021], rows["ACTIV"][rows["YEAR"] >= 2022]
    assert not old.isin(("F4", "P4", "F5", "P5")).any()
    assert not new.isin(("F3", "P3")).any()
    assert set(rows["IN_TOUCH"]) >= {"YES", "NO", "REFU", "NREQ"}


def test_oc3_lists_everyone_entitled_who_had_left_by_the_birthday(like_croydon, dated):
    born, spans = like_croydon.born(), like_croydon.periods()
    day = {k: birthday(born.reindex(spans["CHILD"]).to_numpy(), k) for k in (14, 16)}
    start = spans["START"].to_numpy().astype("datetime64[D]")
    end = spans["END"].fillna(pd.Timestamp(LAST)).to_numpy().astype("datetime64[D]")
    for floor in (14, 16):
        lived = (end - np.maximum(start, day[floor])).astype(int)
        spans[f"since_{floor}"] = np.maximum(lived, 0)
    total = spans.groupby("CHILD").agg(s14=("since_14", "sum"), s16=("since_16", "sum"), rec=("REC", "last"))
    entitled = total[(total["s14"] >= 91) & (total["s16"] >= 1) & ~total["rec"].isin(("E3", "E11", "E12", ""))]

    # Those who turned 18 in the year and left no later than on that day.
    grown = birthday(born.reindex(entitled.index).to_numpy(), 18)
    turned = entitled.index[(grown >= np.datetime64("2024-04-01")) & (grown <= np.datetime64("2025-03-31"))]
    listed = like_croydon.tables[2025, "oc3"]
    listed = listed[age(dated(listed["DOB"]), ["2025-03-31"] * len(listed)) == 18]["CHILD"]
    assert set(turned) == set(listed)


def test_the_last_snapshot_repeats_what_oc3_last_said(either):
    snapshot = either.local("care_leavers")
    last = snapshot[snapshot["SNAPSHOT_DATE"] == "31/03/2025"].set_index("CHILD")
    oc3 = either.tables[2025, "oc3"].set_index("CHILD")
    columns = ["IN_TOUCH", "ACTIV", "ACCOM"]

    assert (oc3[columns] == last.loc[oc3.index, columns]).all().all()
    assert snapshot["SNAPSHOT_DATE"].nunique() == 8
    assert not snapshot.duplicated(["CHILD", "SNAPSHOT_DATE"]).any()


def test_snapshots_hold_ages_16_to_25_and_status_for_everyone_who_has_left(either, dated):
    rows = either.local("care_leavers")
    years = age(dated(rows["DOB"]), dated(rows["SNAPSHOT_DATE"]))

    assert set(years) == set(range(16, 26))
    left = rows["ELIGIBILITY"] != "ELIGIBLE"
    assert rows["IN_TOUCH"].ne("").all()
    assert (rows["ACCOM"].eq("0") == rows["IN_TOUCH"].ne("YES"))[left].all()
    assert rows["ACCOM"][left].ne("").all()
    assert rows["SUPPORT_STATUS"][(years < 21)].eq("").all()


def test_an_adviser_or_social_worker_exists_for_every_open_allocation(either):
    held = either.local("pa_allocations")
    assert held["WORKER_ID"].isin(either.local("workers")["WORKER_ID"]).all()
    assert not held["CHILD"][held["END"] == ""].duplicated().any()
    assert either.stacked("sw_episodes")["SW_ID"].isin(either.local("workers")["WORKER_ID"]).all()
