"""What the record joins up beyond episodes: starts from elsewhere, places, reviews, incidents, short breaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drawn import table
from extract import answer, filled, write
from incare.record import read
from incare.record.assemble import assemble
from incare.record.missing import merged
from laws.extracts import part
from record.returns import YEAR, case, record_of

FULL = "CHILD | DECOM | RNE | LS | PLACE | PL_POST | DEC | REC"


def days(values) -> list[str]:
    return ["" if day is pd.NaT else str(day.date()) for day in pd.to_datetime(values)]


# ---- starts of care that the episodes do not show ----


def started(tmp_path, *episodes: str, poc_start: str):
    return record_of(tmp_path, case("", born={"x": "01/01/2018"}, episodes=list(episodes), poc_start=[poc_start]))


def test_the_start_of_care_and_of_the_stay_come_from_poc_start(tmp_path):
    record = started(
        tmp_path,
        "x | 10/05/2024 | L | C2 | U6 | 01/08/2024 | X1",
        "x | 01/08/2024 | P | C2 | K2 | |",
        poc_start="x | 03/03/2021 | 04/04/2022",
    )
    care = record.care_periods
    assert days(care["start"]) == ["2021-03-03"]
    assert care["left_censored"].tolist() == [False]
    episodes = record.tables["episodes"]
    assert days(episodes["start"]) == ["2024-05-10", "2024-08-01"]
    assert days(episodes["care_start"]) == ["2021-03-03"] * 2
    assert days(episodes["spell_start"]) == ["2022-04-04", "2024-08-01"]
    assert days(episodes["previous_spell_start"]) == ["", "2022-04-04"]
    assert episodes["spell_start_known"].tolist() == [True, True]
    assert days(record.carer_spells["start"]) == ["2022-04-04", "2024-08-01"]


@pytest.mark.parametrize(
    ("rne", "stay", "known", "since"),
    [
        ("L", "", False, "2024-05-10"),
        ("T", "", False, "2024-05-10"),
        ("P", "", True, "2024-05-10"),
        ("P", "04/04/2022", True, "2022-04-04"),
        ("L", "02/03/2021", False, "2024-05-10"),
        ("L", "11/05/2024", False, "2024-05-10"),
        ("L", "03/03/2021", True, "2021-03-03"),
        ("L", "10/05/2024", True, "2024-05-10"),
    ],
    ids=[
        "not given",
        "not given, same carer moved",
        "a new carer's first row says it",
        "given, though the row names a new carer",
        "before care",
        "after the first row",
        "on the first day of care",
        "on the first row's day",
    ],
)
def test_the_start_of_the_first_stay_is_known_or_not(tmp_path, rne, stay, known, since):
    record = started(tmp_path, f"x | 10/05/2024 | {rne} | C2 | U6 | |", poc_start=f"x | 03/03/2021 | {stay}")
    row = record.tables["episodes"].iloc[0]
    assert (row["spell_start_known"], days([row["spell_start"]])) == (known, [since])
    assert record.carer_spells["start_known"].tolist() == [known]


def test_a_start_before_the_birth_is_not_used(tmp_path):
    record = started(tmp_path, "x | 10/05/2024 | L | C2 | U6 | |", poc_start="x | 31/12/2017 |")
    assert record.care_periods["left_censored"].tolist() == [True]
    assert "357D" in set(record.issues["rule"])


def test_of_several_starts_given_the_latest_that_fits_is_used(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            episodes=["x | 10/05/2024 | L | C2 | U6 | |"],
            poc_start=["x | 03/03/2023 |", "x | 04/04/2016 |", "x | 11/05/2024 |"],
        ),
    )
    assert days(record.care_periods["start"]) == ["2023-03-03"]
    assert (record.issues["rule"] == "357D").sum() == 2


def test_long_in_care_is_known_again_with_a_start_from_poc_start(tmp_path):
    record = started(tmp_path, "x | 10/05/2023 | L | C2 | U6 | |", poc_start="x | 03/03/2021 | 04/04/2022")
    assert answer(record, "stability_long_term_pct", "2025-03-31") == (1, 1)


# ---- where placements lie ----

POSTCODES = """
    POSTCODE | LA_CODE   | EASTING | NORTHING
    ---------+-----------+---------+---------
    ZZ1 1AA  | E06000001 | 400000  | 300000
    ZZ2 2BB  | E06000001 | 432186  | 300000
    ZZ3 3CC  | E06000002 | 400000  | 303219
    SY1 1AA  | W06000003 | 400000  | 300000
"""


def placed(tmp_path, episodes: str, **tables):
    return read(write(tmp_path, 2025, episodes=episodes, **tables), area="Testshire")


def whereabouts(record) -> list[tuple[str, float]]:
    rows = record.tables["episodes"]
    return list(zip(rows["location"], rows["miles"], strict=True))


def test_place_and_distance_are_worked_out_from_postcodes(tmp_path):
    """32,186 metres are 20.0 miles; 3,219 are 2.0."""
    record = placed(
        tmp_path,
        """
        CHILD | DECOM      | RNE | PLACE | HOME_POST | PL_POST
        ------+------------+-----+-------+-----------+--------
        a     | 01/05/2024 | S   | U6    | ZZ1 1AA   | zz22bb
        b     | 01/05/2024 | S   | U6    | ZZ1 1AA   | ZZ3 3CC
        c     | 01/05/2024 | S   | U6    | ZZ1 1AA   | SY1 1AA
        d     | 01/05/2024 | S   | U6    | ZZ1 1AA   | ZZ9 9ZZ
        e     | 01/05/2024 | S   | U6    | SY1 1AA   | ZZ1 1AA
        f     | 01/05/2024 | S   | U6    |           |
        """,
        postcodes=POSTCODES,
    )
    expected = [("In area", 20.0), ("Out of area", 2.0), ("Out of area", 0.0), ("Not known", None), ("In area", None)]
    expected += [("Not known", None)]
    for (place, miles), (expected_place, expected_miles) in zip(whereabouts(record), expected, strict=True):
        assert place == expected_place
        assert np.isnan(miles) if expected_miles is None else miles == expected_miles
    assert any("E06000001" in said for said in record.notices)


@pytest.mark.parametrize(
    ("la_code", "places"),
    [("e06000002", ["In area", "Out of area"]), ("301", ["Not known", "Out of area"])],
    ids=["given", "given in another scheme, which tells nothing but that Wales is outside"],
)
def test_the_council_s_own_code_may_be_given(la_code, places):
    episodes = table("""
        CHILD | DECOM      | RNE | PLACE | HOME_POST | PL_POST
        ------+------------+-----+-------+-----------+--------
        a     | 01/05/2024 | S   | U6    | ZZ1 1AA   | ZZ3 3CC
        b     | 01/05/2024 | S   | U6    | ZZ1 1AA   | SY1 1AA
    """)
    parts = [part("episodes", filled("episodes", episodes)), part("postcodes", table(POSTCODES))]
    parts.append(part("header", filled("header", episodes[["CHILD"]])))
    record = assemble(parts, area="Testshire", la_code=la_code)
    assert list(record.tables["episodes"]["location"]) == places


def test_stated_places_and_distances_go_before_postcodes_and_unusable_ones_do_not(tmp_path):
    record = placed(
        tmp_path,
        """
        CHILD | DECOM      | RNE | HOME_POST | PL_POST | PL_LOCATION | PL_DISTANCE | PL_LA
        ------+------------+-----+-----------+---------+-------------+-------------+----------
        a     | 01/05/2024 | S   | ZZ1 1AA   | ZZ2 2BB | OUT         | 31.5        |
        b     | 01/05/2024 | S   | ZZ1 1AA   | ZZ2 2BB |             | 999.9       |
        c     | 01/05/2024 | S   | ZZ1 1AA   | ZZ2 2BB |             | -3          | S12000005
        d     | 01/05/2024 | S   | ZZ1 1AA   |         |             | 999.9       | E06000001
        """,
        postcodes=POSTCODES,
    )
    found = whereabouts(record)
    assert found[:3] == [("Out of area", 31.5), ("In area", 20.0), ("Out of area", 20.0)]
    assert found[3][0] == "In area"
    assert np.isnan(found[3][1])


def test_a_child_who_came_alone_has_a_place_but_no_distance(tmp_path):
    record = record_of(
        tmp_path,
        case("", located=["x | 01/06/2024 | S | U6 | | ZZ2 2BB | OUT | 40"], uasc=["x | F | 01/01/2015 | 01/06/2023"]),
    )
    ((place, miles),) = whereabouts(record)
    assert place == "Out of area"
    assert np.isnan(miles)


def test_away_for_a_while_a_child_is_shown_where_it_lives(tmp_path):
    record = placed(
        tmp_path,
        """
        CHILD | DECOM      | RNE | PLACE | PL_LOCATION | PL_DISTANCE | PLACE_PROVIDER | URN      | DEC        | REC
        ------+------------+-----+-------+-------------+-------------+----------------+----------+------------+----
        a     | 01/05/2024 | S   | K2    | OUT         | 31.5        | PR4            | SC123456 | 01/06/2024 | X1
        a     | 01/06/2024 | P   | T1    | IN          | 1.0         |                |          |            |
        """,
    )
    rows = record.tables["episodes"]
    assert whereabouts(record) == [("Out of area", 31.5)] * 2
    assert list(rows["provider"]) == ["PR4", "PR4"]
    assert list(rows["urn"]) == ["SC123456", "SC123456"]
    assert list(rows["temporary"]) == [False, True]


def test_an_extract_that_tells_no_place_has_none(tmp_path):
    record = record_of(tmp_path, case("", episodes=[f"x | {YEAR}"]))
    assert record.located is None
    assert list(record.tables["episodes"]["location"]) == ["Not known"]


# ---- reviews ----


def due(record) -> list[tuple[int, str, str]]:
    rows = record.due_reviews
    return list(zip(rows["number"], days(rows["start"]), days(rows["held"]), strict=True))


def reviewed(tmp_path, *rows: str, start="03/06/2024", **tables):
    """A child in care since a Monday: the first review is due on 1 July."""
    drawn = {"reviews_local": list(rows)} if rows else {}
    return record_of(tmp_path, case("", episodes=[f"x | {start} | S | C2 | U6 | |"], **drawn, **tables))


def test_the_council_s_own_due_days_are_used(tmp_path):
    record = reviewed(tmp_path, "x | 24/06/2024 | 26/06/2024 | N | PN1", "x | 20/09/2024 | 18/09/2024 | N | PN2")
    assert due(record) == [
        (1, "2024-06-24", "2024-06-26"),
        (2, "2024-09-20", "2024-09-18"),
        (3, "2025-03-18", ""),
    ]


def test_due_days_that_the_council_left_blank_are_derived(tmp_path):
    record = reviewed(tmp_path, "x | | 26/06/2024 | N | PN1", "x | | 18/09/2024 | N | PN2")
    assert due(record) == [
        (1, "2024-07-01", "2024-06-26"),
        (2, "2024-09-26", "2024-09-18"),
        (3, "2025-03-18", ""),
    ]


def test_a_planned_review_takes_the_place_of_a_derived_one_and_a_missed_one_stays_due(tmp_path):
    record = reviewed(tmp_path, "x | 24/06/2024 | | |", "x | 01/08/2024 | 01/08/2024 | | PN1", "x | 20/10/2024 | | |")
    assert due(record) == [
        (1, "2024-08-01", "2024-08-01"),
        (2, "2024-06-24", ""),
        (2, "2024-10-20", ""),
    ]


def test_a_missed_review_does_not_stand_for_the_next_one(tmp_path):
    record = reviewed(tmp_path, "x | 24/06/2024 | | |", "x | 01/08/2024 | 01/08/2024 | | PN1")
    assert due(record)[1:] == [(2, "2024-06-24", ""), (2, "2024-11-01", "")]


def test_a_review_planned_and_held_in_two_rows_is_one(tmp_path):
    record = reviewed(tmp_path, "x | 24/06/2024 | | |", "x | 24/06/2024 | 26/06/2024 | | PN1")
    assert due(record) == [(1, "2024-06-24", "2024-06-26"), (2, "2024-09-26", "")]


def test_a_cancelled_review_is_out_and_two_on_a_day_are_one(tmp_path):
    record = reviewed(
        tmp_path,
        "x | 24/06/2024 | 20/06/2024 | Y | PN7",
        "x | 24/06/2024 | 26/06/2024 | N |",
        "x | 25/06/2024 | 26/06/2024 | N | PN1",
    )
    assert due(record)[:1] == [(1, "2024-06-24", "2024-06-26")]
    assert record.held_reviews["code"].tolist() == ["PN1"]
    assert record.held_reviews.columns.tolist() == ["child", "care", "start", "code"]


def test_participation_comes_from_the_return_where_the_local_table_has_no_codes(tmp_path):
    returned = ["x | | 26/06/2024 | PN2", "x | | 18/09/2024 | PN3"]
    without = reviewed(tmp_path / "a", "x | 24/06/2024 | 26/06/2024 | N |", reviews=returned)
    assert without.held_reviews["code"].tolist() == ["PN2", "PN3"]
    with_some = reviewed(
        tmp_path / "b",
        "x | 24/06/2024 | 26/06/2024 | N |",
        "x | 24/09/2024 | 20/09/2024 | N | PN5",
        reviews=returned,
    )
    assert days(with_some.held_reviews["start"]) == ["2024-06-26", "2024-09-20"]
    assert with_some.held_reviews["code"].tolist() == ["PN2", "PN5"]


def test_without_any_review_the_first_is_due_after_twenty_working_days(tmp_path):
    record = reviewed(tmp_path, reviews=["other | | 01/07/2024 | PN1"])
    assert due(record) == [(1, "2024-07-01", "")]


def test_reviews_of_a_later_return_do_not_judge_care_that_began_before_them(tmp_path):
    episodes = ["x | 03/07/2023 | S | C2 | U6 | |"]
    record = record_of(
        tmp_path, case("", before={"episodes": episodes}, episodes=episodes, reviews=["x | | 01/07/2024 | PN1"])
    )
    assert str(record.begins["reviews"]) == "2024-04-01"
    assert due(record) == [(2, "2025-01-01", "")]


# ---- missing incidents ----

INCIDENTS = """
    child | kind | start      | end
    ------+------+------------+-----------
    1     | M    | 2024-06-01 | 2024-06-05
    1     | M    | 2024-06-03 | 2024-06-04
    1     | M    | 2024-06-04 | 2024-06-08
    1     | M    | 2024-06-08 | 2024-06-09
    1     | M    | 2024-06-10 | 2024-06-11
    1     | A    | 2024-06-02 | 2024-06-03
    2     | M    | 2024-06-02 | 2024-06-02
    2     | M    | 2024-06-20 |
    2     | M    | 2024-07-20 | 2024-07-21
"""


@pytest.mark.parametrize(("gap_days", "of_child_1"), [(0, 3), (1, 2), (2, 1)])
def test_incidents_of_one_child_and_kind_that_overlap_are_one(gap_days, of_child_1):
    rows = table(INCIDENTS)
    rows = rows.assign(
        child=rows["child"].astype(int),
        start=pd.to_datetime(rows["start"]).astype("datetime64[s]"),
        end=pd.to_datetime(rows["end"].replace("", None)).astype("datetime64[s]"),
    )
    found = merged(rows.sample(frac=1, random_state=1), gap_days)
    mine = found[(found["child"] == 1) & (found["kind"] == "M")]
    assert len(mine) == of_child_1
    assert days(mine["end"])[0] == {0: "2024-06-08", 1: "2024-06-09", 2: "2024-06-11"}[gap_days]
    assert (found["kind"] == "A").sum() == 1
    # An open incident takes in the later one; one of no length stays.
    assert list(zip(*(days(found[found["child"] == 2][c]) for c in ("start", "end")), strict=True)) == [
        ("2024-06-02", "2024-06-02"),
        ("2024-06-20", ""),
    ]


def test_every_row_of_an_incident_stays_in_the_table_under_one_number(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "", episodes=[f"x | {YEAR}"], missing=["x | M | 01/06/2024 | 05/06/2024", "x | M | 03/06/2024 | 07/06/2024"]
        ),
    )
    assert record.tables["missing"]["incident"].tolist() == [0, 0]
    assert list(zip(days(record.incidents["start"]), days(record.incidents["end"]), strict=True)) == [
        ("2024-06-01", "2024-06-07")
    ]


# ---- short breaks and same-carer changes ----


def test_short_breaks_are_kept_as_spans_outside_care(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            episodes=[
                "x | 01/06/2024 | S | V3 | U6 | 03/06/2024 | E4A",
                "x | 01/08/2024 | S | V4 | U6 | |",
                "y | 01/06/2024 | S | V2 | U6 | |",
            ],
        ),
    )
    assert list(zip(days(record.respite["start"]), days(record.respite["end"]), strict=True)) == [
        ("2024-06-01", "2024-06-03"),
        ("2024-08-01", ""),
    ]
    assert set(record.people["id"].to_numpy()[record.respite["child"]]) == {"x"}
    assert len(record.tables["episodes"]) == 1


def test_placement_spells_count_moves_with_the_same_carer(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            episodes=[
                "x | 01/05/2024 | S | C1 | U6 | 01/06/2024 | X1",
                "x | 01/06/2024 | L | C2 | U6 | 01/07/2024 | X1",
                "x | 01/07/2024 | T | C2 | U5 | 01/08/2024 | X1",
                "x | 01/08/2024 | P | C2 | T3 | 08/08/2024 | X1",
                "x | 08/08/2024 | T | C2 | K2 | |",
            ],
        ),
    )
    assert days(record.carer_spells["start"]) == ["2024-05-01"]
    assert days(record.placement_spells["start"]) == ["2024-05-01", "2024-07-01", "2024-08-08"]


def test_uasc_status_ends_on_the_18th_birthday_at_the_latest(tmp_path):
    record = record_of(
        tmp_path, case("", born={"x": "29/02/2004"}, uasc=["x | F | 29/02/2004 | 01/09/2022", "y | F | 01/01/2015 |"])
    )
    by_id = record.people.set_index("id")["uasc_until"]
    assert days([by_id["x"], by_id["y"]]) == ["2022-03-01", ""]


def test_suitability_stored_apart_from_the_type_is_read_beside_it(tmp_path):
    leavers = """
        CHILD | SNAPSHOT_DATE | DOB        | ELIGIBILITY | IN_TOUCH | ACTIV | ACCOM_TYPE | SUITABLE
        ------+---------------+------------+-------------+----------+-------+------------+---------
        x     | 31/03/2025    | 01/05/2005 | RELEVANT    | YES      | F2    | U          | 2
    """
    write(tmp_path, 2025, episodes=table(FULL + "\n---\nx | 01/01/2020 | S | C2 | U6 | | |"), care_leavers=leavers)
    assert read(tmp_path, area="Testshire").care_leaver_snapshots["suitable"].tolist() == ["Unsuitable"]


def test_a_social_worker_left_open_ends_where_the_next_begins(tmp_path):
    record = record_of(
        tmp_path,
        case(
            "",
            episodes=[f"x | {YEAR}"],
            sw_episodes=["x | SW2 | 01/06/2024 | |", "x | SW1 | 01/01/2024 | |", "x | SW3 | 01/09/2024 | 30/09/2024 |"],
        ),
    )
    ends = record.tables["sw_episodes"].set_index("SW_ID")["SW_DEC"]
    assert days([ends["SW1"], ends["SW2"], ends["SW3"]]) == ["2024-06-01", "2024-09-01", "2024-09-30"]
