"""Near England: the shares of CATALOGUE section 5, with wide tolerance, and a steady number in care."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.periods import age, birthday

LAST = "2025-03-31"


def share(claims) -> float:
    return 100 * float(np.mean(claims))


def test_about_650_are_in_care_at_every_months_end(either, open_on):
    episodes = either.episodes()
    stock = [len(open_on(episodes, day)) for day in pd.date_range("2019-04-30", LAST, freq="ME")]
    assert len(stock) == 72
    assert all(600 <= number <= 700 for number in stock)
    assert abs(np.mean(stock) - 650) < 8


@pytest.mark.parametrize(
    ("codes", "low", "high"),
    [
        (("U1", "U2", "U3", "U4", "U5", "U6"), 62, 74),  # 67
        (("K1", "K2"), 8, 15),  # 12
        (("K3",), 5, 12),  # 9
        (("P1",), 3, 9),  # 6
        (("A3", "A4", "A5", "A6"), 1, 5),  # 2
        (("U1", "U2", "U3"), 12, 24),
    ],
)
def test_where_children_live_is_near_england(either, open_on, codes, low, high):
    assert low <= share(open_on(either.episodes(), LAST)["PLACE"].isin(codes)) <= high


def test_who_they_are_is_near_england(either, open_on):
    here = open_on(either.episodes(), LAST)
    years = age(either.born().reindex(here["CHILD"]).to_numpy(), np.full(len(here), np.datetime64(LAST)))
    bands = np.histogram(years, [0, 1, 5, 10, 16, 18])[0] / len(here) * 100
    header = either.tables[2025, "header"].set_index("CHILD").loc[here["CHILD"]]
    uasc = either.tables[2025, "uasc"].query("DUC == ''")["CHILD"]

    assert np.abs(bands - [4.4, 12.3, 18.5, 37.8, 27.0]).max() < 7  # children by age at 31 March 2025
    assert 52 <= share(header["SEX"] == "M") <= 61
    assert 5 <= share(here["CHILD"].isin(uasc)) <= 11
    assert 49 <= share(here["LS"] == "C2") <= 66
    assert 11 <= share(here["LS"] == "C1") <= 26
    assert 13 <= share(here["LS"] == "V2") <= 25
    assert 57 <= share(here["CIN"] == "N1") <= 75


def test_starts_and_leavings_are_near_england(either):
    rows = either.episodes()
    year = (rows["DECOM"] >= "2024-04-01") & (rows["RNE"] == "S")
    ended = rows[(rows["DEC"] >= "2024-04-01") & ~rows["REC"].isin(("", "X1"))]

    assert 225 <= rows["CHILD"][year].nunique() <= 290
    assert 225 <= len(ended) <= 300
    grown = birthday(either.born().reindex(ended["CHILD"]).to_numpy(), 18)
    assert 32 <= share(ended["DEC"].to_numpy().astype("datetime64[D]") >= grown) <= 50  # 40
    assert 5 <= share(ended["REC"].isin(("E11", "E12"))) <= 14  # 9
    assert 8 <= share(ended["REC"].isin(("E45", "E46", "E47", "E48"))) <= 20  # 12
    assert 14 <= share(ended["REC"].isin(("E4A", "E4B"))) <= 28  # 19
    assert 3 <= share(ended["REC"] == "E3") <= 13  # 8
    assert 11 <= share(ended["REC"] == "E17") <= 24  # 17


def spells(authority) -> pd.DataFrame:
    """Carer spells (CATALOGUE 1.7) with their period's and their own start."""
    rows = authority.episodes()
    away = rows["PLACE"].str.startswith("T")
    back = away.shift(1, fill_value=False) & rows["care"].eq(rows["care"].shift(1))
    opens = ~rows.duplicated("care") | (rows["RNE"].isin(("P", "B")) & ~away & ~back)
    rows["spell"] = opens.cumsum()
    found = rows.drop_duplicates("spell").rename(columns={"START": "since", "DECOM": "start", "RNE": "rne"})
    found["end"] = rows.drop_duplicates("spell", keep="last")["DEC"].to_numpy()
    known = authority.local("poc_start").set_index("CHILD")["SPELL_START_DATE"]
    censored = ~found.duplicated("care") & found["rne"].ne("S")
    known = pd.to_datetime(known.reindex(found["CHILD"][censored]), format="%d/%m/%Y")
    found.loc[censored, "start"] = known.to_numpy()
    return found


def test_moves_are_near_england(either, open_on):
    found = spells(either)
    here = open_on(either.episodes(), LAST)["CHILD"]
    mine = found[found["CHILD"].isin(here)]
    in_year = mine[(mine["start"] <= LAST) & (mine["end"].isna() | (mine["end"] >= "2024-04-01"))]
    assert 6 <= share(in_year.groupby("CHILD").size().reindex(here) >= 3) <= 14  # 10

    now = mine[mine["end"].isna()]
    years = age(either.born().reindex(now["CHILD"]).to_numpy(), np.full(len(now), np.datetime64(LAST)))
    long = now[(years < 16) & (now["since"] <= "2022-10-01")]
    assert len(long) > 150
    assert 58 <= share(long["start"] <= "2023-04-01") <= 78  # 69


def test_missing_is_near_england(either):
    rows = either.episodes()
    any_time = rows["CHILD"][(rows["DEC"].isna()) | (rows["DEC"] >= "2024-04-01")].nunique()
    incidents = either.tables[2025, "missing"].query("MISSING == 'M'")
    assert 8 <= 100 * incidents["CHILD"].nunique() / any_time <= 14.5  # 11
    assert 3 <= len(incidents) / incidents["CHILD"].nunique() <= 9  # 7


def test_care_leavers_are_near_england(either, dated):
    rows = either.tables[2025, "oc3"]
    rows = rows[~rows["IN_TOUCH"].isin(("DIED", "RHOM"))]
    years = age(dated(rows["DOB"]), np.full(len(rows), np.datetime64(LAST)))
    older, younger = rows[years >= 19], rows[years < 19]
    housed = older[~older["ACCOM"].str[0].isin(("G", "H", "R"))]

    assert 240 <= len(older) <= 350
    assert 85 <= len(younger) <= 140
    assert 91 <= share(older["IN_TOUCH"] == "YES") <= 97  # 94
    assert 84 <= share(housed["ACCOM"].str[1:] == "1") <= 93  # 89
    assert 4 <= share(older["ACTIV"] == "0") <= 9  # 6


def test_a_third_of_those_who_left_foster_carers_at_18_are_staying_put_at_19_and_20(either, dated):
    rows = either.tables[2025, "oc3"].set_index("CHILD")
    years = age(dated(rows["DOB"]), np.full(len(rows), np.datetime64(LAST)))
    rows = rows[(years == 19) | (years == 20)]
    last = either.episodes().drop_duplicates("CHILD", keep="last").set_index("CHILD").reindex(rows.index)
    at_18 = last["DEC"].to_numpy().astype("datetime64[D]") == birthday(dated(rows["DOB"]), 18)
    fostered = rows[at_18 & last["PLACE"].str.startswith("U").to_numpy(bool, na_value=False)]
    assert len(fostered) > 60
    assert 22 <= share(fostered["ACCOM"].str[0] == "Z") <= 45  # 33


def test_reviews_health_and_plans_for_learning_are_near_england(either, open_on, dated):
    held = either.local("reviews_local").query("CANCELLED == 'N'")
    due, day = dated(held["DUE_DATE"]), dated(held["REVIEW_DATE"])
    here = open_on(either.episodes(), LAST)["CHILD"]
    wanted = held["CHILD"].isin(here) & (due >= "2024-04-01") & (due <= LAST)
    assert 84 <= share((day <= due)[wanted].groupby(held["CHILD"][wanted]).all()) <= 95

    oc2 = either.tables[2025, "oc2"]
    assert 85 <= share(oc2["HEALTH_ASSESSMENT"] == "1") <= 96  # 90
    assert 75 <= share(oc2["TEETH_CHECK"] == "1") <= 90  # 81
    assert 78 <= share(oc2["IMMUNISATIONS"] == "1") <= 91  # 84
    scores = oc2["SDQ_SCORE"][oc2["SDQ_SCORE"] != ""].astype(int)
    assert scores.between(0, 40).all()
    assert 13 <= scores.mean() <= 16.5  # 14.9
    assert 85 <= share(either.local("pep")["COMPLETED"] == "Y") <= 97


def test_social_workers_change_about_as_often_as_in_england(either, open_on):
    rows = either.tables[2025, "sw_episodes"]
    here = open_on(either.episodes(), LAST)["CHILD"]
    workers = rows.groupby("CHILD")["SW_ID"].nunique().reindex(here)
    assert workers.notna().all()
    assert 18 <= share(workers >= 3) <= 36  # 27


def test_distance_and_council_can_be_reckoned_from_the_postcodes(either, open_on):
    here = open_on(either.episodes(), LAST)
    towns = either.local("postcodes").set_index("POSTCODE")
    outside = towns["LA_CODE"].reindex(here["PL_POST"]).to_numpy() != "E99000001"
    point = [towns[["EASTING", "NORTHING"]].astype(float).reindex(here[p]).to_numpy() for p in ("HOME_POST", "PL_POST")]
    miles = np.sqrt(((point[0] - point[1]) ** 2).sum(axis=1)) / 1609.3
    assert 33 <= share(outside) <= 52  # 44
    assert 14 <= share((miles > 20) & outside) <= 28  # 18


def test_about_67_in_10_000_residents_are_in_care(either):
    residents = int(either.local("population").query("YEAR == '2024'")["PERSONS"].iloc[0])
    assert 64 <= 650 / residents * 10_000 <= 70


def test_six_in_a_hundred_have_short_breaks_only(either):
    rows = either.stacked("episodes")
    breaks = rows["CHILD"][rows["LS"].isin(("V3", "V4"))].nunique()
    assert 4 <= 100 * breaks / 650 <= 8
