"""The brute force answers the catalogue's worked examples, small drawn histories, and the artificial council."""

import ast
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from .brute_force import COUNTS, MEASURES, MIXES, RATES, add_working_days, age_at, answer, clean, load, reviews_due
from .drawn_records import COLUMNS, YEARS, dirty_records, stacked, write
from .worked_examples import AGES, EPISODES, EXPECTED, FIRST_REVIEW_DUE, extract, table

YEAR = ("2024-04-01", "2025-03-31")
MARCH = ("2025-03-01", "2025-03-31")
WORKED = table(EXPECTED).set_index("CHILD")
LEAVERS = ["cl_count", "cl_eet_pct", "cl_in_touch_pct", "cl_suitable_accommodation_pct", "cl_staying_put_pct"]
BREAKDOWNS = ("age_band", "sex", "ethnicity", "uasc", "legal_status", "placement", "category_of_need")


@pytest.fixture(scope="module")
def worked():
    return clean(extract(EPISODES))


@pytest.fixture(scope="module")
def westmere():
    shared = Path(os.environ.get("INCARE_SHARED", Path(__file__).parents[3] / "shared"))
    folder = shared / "data" / "ssda903" / "westmere"
    if not folder.is_dir():
        pytest.skip(f"the artificial council is not at {folder}; set INCARE_SHARED")
    return clean(load(folder)) | {"kept": {}}


def only(measure, episodes, period=YEAR, **others):
    """The one answer of a measure to drawn tables."""
    ((_, numerator, denominator),) = answer(clean(extract(episodes, **others)), measure, *period)
    return numerator if denominator is None else (numerator, denominator)


def alone(child):
    lines = EPISODES.strip().splitlines()
    return "\n".join([lines[0], *(line for line in lines[1:] if line.split("|")[0].strip() == child)])


@pytest.mark.parametrize("child", WORKED.index)
def test_each_worked_example_has_its_stock_periods_of_care_and_placements(child):
    data, expected = clean(extract(alone(child))), WORKED.loc[child]
    in_care = answer(data, "cla_count", *YEAR)[0][1]
    three_or_more = answer(data, "stability_3plus_pct", *YEAR)[0][1:]
    spells = data["spells"]
    placements = ((spells["start"] <= YEAR[1]) & (spells["end"].isna() | (spells["end"] >= YEAR[0]))).sum()

    assert in_care == (expected["in_care"] == "yes")
    assert len(data["pocs"]) == int(expected["periods_of_care"])
    if expected["placements"]:
        assert placements == int(expected["placements"])
        assert three_or_more == (int(int(expected["placements"]) >= 3), 1)


@pytest.mark.parametrize("child", WORKED.index)
def test_each_worked_example_is_long_term_stable_or_not_or_outside_the_cohort(child):
    expected = {"yes": (1, 1), "no": (0, 1), "": (0, 0)}[WORKED.loc[child, "long_term"]]

    assert only("stability_long_term_pct", alone(child)) == expected


def test_the_worked_examples_together(worked):
    assert answer(worked, "cla_count", *YEAR) == [("All", 9, None)]
    assert answer(worked, "stability_3plus_pct", *YEAR) == [("All", 2, 9)]  # W5 and W8
    assert answer(worked, "stability_long_term_pct", *YEAR) == [("All", 2, 3)]  # W9 and W10, not W1
    assert answer(worked, "cla_started_count", *YEAR) == [("All", 2, None)]  # W5 again, W6 after respite
    assert answer(worked, "cla_ceased_count", *YEAR) == [("All", 2, None)]  # W5 and W7
    assert answer(worked, "ceased_returned_home_pct", *YEAR) == [("All", 2, 2)]
    assert answer(worked, "cla_reentry_pct", *YEAR) == [("All", 1, 2)]  # W5: out 10/06/24, in 01/09/24


@pytest.mark.parametrize(("born", "on", "years"), AGES)
def test_a_29_february_birthday_falls_on_1_march(born, on, years):
    assert age_at(pd.Series([pd.Timestamp(born)]), pd.Timestamp(on)).tolist() == [years]


@pytest.mark.parametrize(("start", "due"), FIRST_REVIEW_DUE.items())
def test_the_first_review_is_due_20_working_days_after_the_start(start, due):
    assert add_working_days(pd.Timestamp(start), 20) == pd.Timestamp(due)


def test_reviews_follow_after_3_then_6_months_from_the_date_held():
    held = [pd.Timestamp(day) for day in ("2025-03-31", "2025-07-01", "2025-12-31")]
    judged = [(f"{due:%Y-%m-%d}", met) for due, met in reviews_due(pd.Timestamp("2025-03-03"), held, True)]

    assert judged == [
        ("2025-03-31", True),
        ("2025-06-30", False),  # three months after 31 March, held a day late
        ("2026-01-01", True),
        ("2026-06-30", False),  # not held yet
    ]


def test_a_review_clock_without_its_start_begins_at_the_first_review_on_record():
    held = [pd.Timestamp("2024-05-10"), pd.Timestamp("2024-11-10")]

    assert reviews_due(pd.Timestamp("2015-01-01"), held, False) == [
        (pd.Timestamp("2024-11-10"), True),
        (pd.Timestamp("2025-05-10"), False),
    ]
    assert reviews_due(pd.Timestamp("2015-01-01"), [], False) == []


def test_reviews_count_by_child_and_only_when_one_was_due():
    numbers = only(
        "cla_reviews_in_time_pct",
        """
        CHILD | DECOM      | RNE | LS | PLACE | PL_POST | DEC | REC
        timely| 02/09/2024 | S   | C2 | U6    |         |     |
        late  | 02/09/2024 | S   | C2 | U6    |         |     |
        new   | 20/03/2025 | S   | C2 | U6    |         |     |
        """,
        reviews="""
        CHILD | DOB        | REVIEW     | REVIEW_CODE
        timely| 01/01/2015 | 30/09/2024 | PN1
        timely| 01/01/2015 | 30/12/2024 | PN1
        late  | 01/01/2015 | 30/09/2024 | PN1
        late  | 01/01/2015 | 31/12/2024 | PN1
        """,
    )

    assert numbers == (1, 2)


def test_stacked_returns_show_one_episode_once_and_the_later_return_closes_it():
    older = extract("CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC\namy|01/05/2023|S|C2|U6|A||", year=2024)
    newer = extract("CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC\namy|01/05/2023|S|C2|U6|A|05/06/2024|E4A", year=2025)
    data = clean({name: pd.concat([newer[name], older[name]], ignore_index=True) for name in older})

    assert answer(data, "cla_count", *YEAR)[0][1] == 0
    assert answer(data, "cla_ceased_count", *YEAR)[0][1] == 1


def test_overlaps_gaps_and_open_episodes_are_closed_at_the_next_start():
    data = clean(
        extract(
            """
            CHILD   | DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
            overlap | 01/05/2024 | S   | C2 | U6    | A       | 10/07/2024 | X1
            overlap | 01/07/2024 | P   | C2 | U6    | B       |            |
            gap     | 01/05/2024 | S   | C2 | U6    | A       | 20/06/2024 | X1
            gap     | 01/07/2024 | P   | C2 | U6    | B       |            |
            open    | 01/05/2024 | S   | C2 | U6    | A       |            |
            open    | 01/07/2024 | P   | C2 | U6    | B       |            |
            sameday | 01/05/2024 | S   | C2 | U6    | A       | 01/05/2024 | X1
            """
        )
    )
    first = data["episodes"].groupby("CHILD").first()

    assert first["DEC"].astype(str).tolist() == ["2024-07-01"] * 3
    assert data["pocs"].groupby("CHILD").size().to_dict() == {"gap": 1, "open": 1, "overlap": 1}


def test_a_last_row_that_ends_x1_ends_care_without_a_reason():
    drawn = "CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC\namy|01/05/2023|S|C2|U6|A|05/06/2024|X1"

    assert only("cla_count", drawn) == 0
    assert only("cla_ceased_count", drawn) == 1
    assert only("ceased_returned_home_pct", drawn) == (0, 1)


def test_a_child_away_on_holiday_is_shown_where_they_will_return():
    drawn = """
        CHILD | DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        amy   | 01/05/2023 | S   | C2 | U1    | A       | 25/03/2025 | X1
        amy   | 25/03/2025 | P   | C2 | T2    |         |            |
        """

    assert only("placement_kinship_pct", drawn) == (1, 1)


def test_a_left_censored_child_is_in_care_but_never_started():
    drawn = "CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC\namy|01/05/2024|L|C2|U6|A||"

    assert only("cla_count", drawn) == 1
    assert only("cla_started_count", drawn) == 0


def test_uasc_status_lasts_until_the_day_before_it_ceased():
    drawn = "CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC\n" + "\n".join(f"{c}|01/05/2023|S|V2|U6|A||" for c in "abcd")
    status = """
        CHILD | DUC
        a     |
        b     | 01/04/2025
        c     | 31/03/2025
        """

    assert only("cla_uasc_count", drawn, uasc=status) == 2  # a and b; c's status ceased on the day, d has none


def test_missing_is_counted_while_in_care_and_absences_are_not():
    drawn = """
        CHILD | DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        amy   | 01/05/2023 | S   | C2 | U6    | A       |            |
        ben   | 01/05/2023 | S   | C2 | U6    | A       | 01/08/2024 | E4A
        cleo  | 01/05/2023 | S   | C2 | U6    | A       |            |
        """
    incidents = """
        CHILD | DOB | MISSING | MIS_START  | MIS_END
        amy   |     | M       | 30/03/2025 |
        ben   |     | M       | 01/12/2024 | 02/12/2024
        cleo  |     | A       | 30/03/2025 |
        """

    assert only("missing_now_count", drawn, missing=incidents) == 1
    assert only("missing_children_pct", drawn, missing=incidents) == (1, 3)


def test_care_leavers_are_counted_at_the_birthday_in_the_year():
    tables = extract(
        """
        CHILD | DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
        amy   | 01/05/2018 | S   | C2 | U4    | A       | 10/06/2023 | E17
        ben   | 01/05/2018 | S   | C2 | K2    | A       | 10/06/2023 | E5
        cleo  | 01/05/2018 | S   | C2 | K2    | A       | 10/05/2023 | E3
        dev   | 01/05/2022 | S   | C2 | K3    | A       |            |
        """,
        oc3="""
        CHILD | DOB        | IN_TOUCH | ACTIV | ACCOM
        amy   | 10/06/2005 | YES      | F1    | Z1
        ben   | 10/06/2005 | NO       | 0     | 0
        cleo  | 10/06/2005 | YES      | F1    | U1
        dev   | 10/06/2007 | YES      | F1    | D1
        ed    | 10/06/2004 | DIED     | 0     | 0
        flo   | 10/06/2004 | YES      | G4    | X2
        gus   | 10/06/2004 | YES      | P5    | R2
        """,
    )
    tables["header"] = tables["header"].iloc[:0]
    data = clean(tables)
    counted = {m: answer(data, m, *YEAR)[0][1:] for m in LEAVERS}

    # amy and ben are 19, flo and gus 20; cleo was transferred, dev is still in care at 17, ed died
    assert counted == {
        "cl_count": (4, None),
        "cl_eet_pct": (2, 4),
        "cl_in_touch_pct": (3, 4),
        "cl_suitable_accommodation_pct": (1, 3),  # gus's residence is not known; ben stays in
        "cl_staying_put_pct": (1, 1),  # ben did not leave a foster home
    }


def test_the_rate_uses_the_estimate_of_the_year_before_the_financial_year_closes():
    data = clean(extract(alone("W1")))
    data["population"] = table(
        "YEAR|AGE_FROM|AGE_TO|PERSONS\n2022|0|17|900\n2023|0|17|950\n2024|0|17|1000\n2024|18|24|400"
    )

    assert answer(data, "cla_rate", "2025-01-01", "2025-03-31") == [("All", 1, 1000)]
    assert answer(data, "cla_rate", "2024-01-01", "2024-03-31") == [("All", 1, 950)]
    assert answer(data, "cla_rate", "2025-04-01", "2025-06-30") == [("All", 1, 1000)]  # 2025 is not there yet


# ---------------------------------------------------------------------------------------------------------------------
# Cleaning


def rows(*lines, head="CHILD|DECOM|RNE|LS|PLACE|PL_POST|DEC|REC"):
    """A drawn table from its lines; a cell left out at the end of a line is blank."""
    width = head.count("|")
    return "\n".join([head, *(line + "|" * (width - line.count("|")) for line in lines)])


def born(**days):
    """A header of children and their dates of birth."""
    return rows(*(f"{child}|{day}" for child, day in days.items()), head="CHILD|DOB")


def parts(measure, episodes, period=MARCH, by=None, **others):
    """The parts of a mix, or categories of a breakdown, that have anyone in them, with their numbers."""
    found = answer(clean(extract(episodes, **others)), measure, *period, by=by)
    return {category: number for category, number, _ in found if number}


def test_a_row_whose_end_is_no_date_is_dropped_and_one_without_an_end_is_open():
    assert only("cla_count", rows("a|01/05/2023|S|C2|U6|A|31/02/2024|E4A", "b|01/05/2023|S|C2|U6|A")) == 1


def test_a_date_of_birth_after_the_first_episode_gives_no_age():
    episodes = rows("a|01/05/2020|S|C2|U6", "b|01/05/2020|S|C2|U6")

    assert parts("cla_breakdown", episodes, header=born(a="01/05/2020", b="02/05/2020")) == {
        "1 to 4": 1,
        "Not known": 1,
    }


def test_a_child_who_is_not_in_the_header_has_the_date_of_birth_of_another_table():
    episodes, reviews = rows("a|01/05/2020|S|C2|U6"), rows("a|01/01/2008|01/06/2024", head="CHILD|DOB|REVIEW")

    assert parts("cla_breakdown", episodes, header=born(z=""), reviews=reviews) == {"16 and over": 1}


def test_of_two_rows_of_a_young_person_in_one_return_the_more_complete_counts():
    oc3 = rows("a|10/06/2005|YES|F1|U1", "a|10/06/2005|NO|G5|", head="CHILD|DOB|IN_TOUCH|ACTIV|ACCOM")

    assert only("cl_eet_pct", rows("z|01/05/2020|S|C2|U6"), oc3=oc3) == (1, 1)


def test_uasc_status_that_is_said_to_last_longer_ends_at_18():
    episodes, status = rows("a|01/05/2023|S|V2|U6"), rows("a|01/06/2025", head="CHILD|DUC")

    assert only("cla_uasc_count", episodes, header=born(a="31/03/2007"), uasc=status) == 0
    assert only("cla_uasc_count", episodes, header=born(a="01/04/2007"), uasc=status) == 1


def test_the_category_of_need_is_the_first_recorded_in_the_period_of_care():
    episodes = rows(
        "a|01/05/2023|S|C2|N1|01/06/2023|X1",
        "a|01/06/2023|L|C1|N5||",
        "b|01/05/2020|S|C2|N1|01/05/2021|E4A",
        "b|01/05/2023|S|C2||01/06/2023|X1",
        "b|01/06/2023|L|C1|N8||",
        "c|01/05/2023|S|C2|n9||",
        head="CHILD|DECOM|RNE|LS|CIN|DEC|REC",
    )
    drawn = extract(episodes)
    drawn["episodes"][["PLACE", "PL_POST"]] = "U6", ""

    found = answer(clean(drawn), "cla_count", *MARCH, by="category_of_need")
    assert {name: n for name, n, _ in found if n} == {"Abuse or neglect": 1, "Absent parenting": 1, "Not known": 1}


# ---------------------------------------------------------------------------------------------------------------------
# A. Entering care, B. In care


def test_starts_per_10_000_count_a_child_once_in_the_twelve_months():
    episodes = rows("a|01/05/2024|S|V2|U6||01/06/2024|E4A", "a|01/08/2024|S|V2|U6", "b|31/03/2024|S|V2|U6")
    data = clean(extract(episodes))
    data["population"] = table("YEAR|AGE_FROM|AGE_TO|PERSONS\n2024|0|17|1000")

    assert answer(data, "cla_started_rate", *MARCH) == [("All", 1, 1000)]
    assert answer(data, "cla_ceased_rate", *MARCH) == [("All", 1, 1000)]


def test_a_start_is_uasc_by_the_status_on_the_day_of_the_first_start():
    episodes = rows(*(f"{child}|01/05/2024|S|V2|U6" for child in "abcd"))
    status = rows("a|", "b|02/05/2024", "c|01/05/2024", head="CHILD|DUC")

    assert only("cla_started_uasc_pct", episodes, uasc=status) == (2, 4)  # a and b; c's had ended, d never had it


def test_children_in_care_at_any_time_include_one_who_left_on_the_first_day():
    episodes = rows(
        "a|01/05/2020|S|V2|U6||01/04/2024|E4A", "b|01/05/2020|S|V2|U6||31/03/2024|E4A", "c|31/03/2025|S|V2|U6"
    )

    assert only("cla_any_time_count", episodes, MARCH) == 2  # a and c


def test_twelve_months_in_care_without_a_short_break():
    episodes = rows(
        "begun on 1 April|01/04/2024|S|V2|U6",
        "begun on 2 April|02/04/2024|S|V2|U6",
        "here before|01/04/2024|L|V2|U6",
        "first seen later|02/04/2024|L|V2|U6",
        "short break|01/01/2024|S|V4|U6||01/06/2024|E4A",
        "short break|05/01/2024|S|V2|U6",
        "break before|01/01/2024|S|V4|U6||01/04/2024|E4A",
        "break before|01/04/2024|S|V2|U6",
    )

    assert only("cla_12m_count", episodes, MARCH) == 3  # 1 April, here before, break before


# ---------------------------------------------------------------------------------------------------------------------
# C. Placements


@pytest.mark.parametrize(
    ("measure", "counted"),
    [
        ("placement_foster_pct", 2),  # U1 U6
        ("placement_with_parents_pct", 1),  # P1
        ("placement_supported_accommodation_pct", 3),  # P2 H5 K3
        ("family_environment_pct", 4),  # U1 U6 A5 P1
    ],
)
def test_shares_of_placements(measure, counted):
    episodes = rows(
        *(f"{place}|01/05/2024|S|C2|{place}" for place in ["U1", "U6", "A5", "P1", "P2", "H5", "K3", "K2", "Z1"]),
        "?|01/05/2024|S|C2",
    )

    assert only(measure, episodes, MARCH) == (counted, 10)


def test_distance_and_boundary_are_those_of_the_placement_the_child_will_return_to():
    places = rows(
        "near|01/05/2024|S|C2|U6|||OUT|20.0",
        "rounded|01/05/2024|S|C2|U6|||OUT|20.04",
        "far|01/05/2024|S|C2|U6|||OUT|20.1",
        "far inside|01/05/2024|S|C2|U6|||IN|35",
        "unknown|01/05/2024|S|C2|U6|||OUT|999.9",
        "blank|01/05/2024|S|C2|U6|||  |",
        "away|01/05/2024|S|C2|U6|10/03/2025|X1|OUT|50",
        "away|10/03/2025|P|C2|T3|||IN|1",
        "incredible|01/05/2024|S|C2|U6|||OUT|351",
        "seeking asylum|01/05/2024|S|C2|U6|||OUT|60",
        "begun away|01/05/2024|S|C2|T4|||OUT|60",
        "begun away too|01/05/2024|S|C2|T4|||OUT|60",
        head="CHILD|DECOM|RNE|LS|PLACE|DEC|REC|PL_LOCATION|PL_DISTANCE",
    )
    drawn = extract(places, uasc=rows("seeking asylum|01/06/2024", head="CHILD|DUC"))
    drawn["episodes"]["PL_POST"] = ""

    assert answer(clean(drawn), "placement_out_of_area_pct", *MARCH) == [
        ("All", 7, 11)
    ]  # not far inside, blank, begun away
    assert answer(clean(drawn), "placement_over_20_miles_pct", *MARCH) == [("All", 2, 11)]  # far, and the one away


@pytest.mark.parametrize("measure", ["placement_out_of_area_pct", "placement_over_20_miles_pct"])
def test_without_the_columns_of_place_nobody_is_counted(measure):
    assert only(measure, rows("a|01/05/2024|S|C2|U6"), MARCH) == (0, 0)


def test_three_placements_in_two_years_need_two_years_in_care():
    moves = ["|01/05/2023|X1", "|01/08/2023|X1", ""]
    days = ["01/04/2023|S", "01/05/2023|P", "01/08/2023|P"]
    moved = [f"moved|{day}|C2|U6|{n}{end}" for n, (day, end) in enumerate(zip(days, moves, strict=True))]
    late = [line.replace("moved", "late").replace("01/04/2023", "02/04/2023") for line in moved]

    assert only("stability_3plus_2y_pct", rows(*moved, *late, "still|01/05/2020|L|C2|U6"), MARCH) == (1, 2)


def test_reasons_for_change_are_counted_on_the_row_that_ended_but_not_about_a_temporary_placement():
    episodes = rows(
        "a|01/05/2023|S|C2|U6|01/05/2024|X1|CREQB",  # counted
        "a|01/05/2024|P|C2|U6|01/06/2024|X1|CHILD",  # only the legal status changed
        "a|01/06/2024|L|C1|U6|01/07/2024|X1|",  # counted, not recorded
        "a|01/07/2024|T|C1|U6|01/08/2024|X1|",  # into a temporary placement
        "a|01/08/2024|P|C1|T3|09/08/2024|X1|",  # out of it
        "a|09/08/2024|P|C1|U6|01/09/2024|X1|LIIAF",  # counted, not a code of the list
        "a|01/09/2024|B|C2|K2|01/10/2024|E4A|PLACE",  # left care
        "b|01/05/2023|S|C2|U6|31/03/2024|X1|CARPL",  # before the twelve months
        "b|31/03/2024|P|C2|K2|||",
        head="CHILD|DECOM|RNE|LS|PLACE|DEC|REC|REASON_PLACE_CHANGE",
    )
    drawn = extract(episodes)
    drawn["episodes"]["PL_POST"] = ""

    found = answer(clean(drawn), "placement_change_reasons", *MARCH)
    assert {name: numbers for name, *numbers in found if numbers[0]} == {"CREQB": [1, 3], "Not recorded": [2, 3]}


def test_moves_per_child_leave_out_the_first_placement_of_each_period_of_care():
    data = clean(extract(EPISODES))

    # W1, W3, W5 (again in care, then moved) and W10 moved once, W8 twice; ten children were in care
    assert answer(data, "placement_moves_per_child", *MARCH) == [("All", 6.0, 10)]


# ---------------------------------------------------------------------------------------------------------------------
# D. Reviews


def test_participation_counts_reviews_from_the_fourth_birthday_within_care():
    episodes = rows("a|01/05/2023|S|C2|U6||01/03/2025|E4A")
    reviews = rows(
        "a|01/03/2024|PN1",  # before the twelve months
        "a|09/06/2024|PN1",  # aged three
        "a|10/06/2024|PN1",
        "a|10/07/2024|PN4",
        "a|10/08/2024|",
        "a|10/09/2024|PN6",
        "a|10/09/2024|",  # the same review
        "a|01/03/2025|PN7",
        "a|02/03/2025|PN1",  # after care
        head="CHILD|REVIEW|REVIEW_CODE",
    )

    numbers = only("cla_review_participation_pct", episodes, MARCH, header=born(a="10/06/2020"), reviews=reviews)
    assert numbers == (2, 5)
    assert only("cla_review_participation_pct", episodes, MARCH, header=born(a=""), reviews=reviews) == (0, 0)


# ---------------------------------------------------------------------------------------------------------------------
# E. Health, H. Offending

OC2 = "CHILD|HEALTH_ASSESSMENT|TEETH_CHECK|IMMUNISATIONS|HEALTH_CHECK|CONVICTED|SDQ_SCORE|SUBSTANCE_MISUSE"
OC2 += "|INTERVENTION_RECEIVED|INTERVENTION_OFFERED"
ANNUAL = rows(
    "baby|1|1|1|1|||0",
    "child|1|0|1.0|||0|0",
    "teen|0||1||1|14|1|0|1",
    "teenager|1|1|0||0|17|1|1|0",
    "sixteen|1|1|1|||41|1",
    "seventeen|perhaps|1|1||0|20|0",
    "newcomer|1|1|1|1|1|10|1|1",
    head=OC2,
)
ANNUAL_BORN = born(
    baby="01/04/2020",
    child="31/03/2020",
    teen="01/01/2012",
    teenager="01/01/2010",
    sixteen="01/04/2008",
    seventeen="31/03/2008",
    newcomer="01/01/2010",
    unlisted="01/01/2010",
)
ANNUAL_CARE = rows(
    *(
        f"{name}|01/04/2020|S|C2|U6"
        for name in ["baby", "child", "teen", "teenager", "sixteen", "seventeen", "unlisted"]
    ),
    "newcomer|01/05/2024|S|C2|U6",
)


@pytest.mark.parametrize(
    ("measure", "numbers"),
    [
        ("health_assessment_pct", (4, 6)),  # not done: teen, and seventeen, whose flag cannot be read
        ("dental_check_pct", (4, 6)),
        ("immunisations_pct", (5, 6)),
        ("development_check_pct", (1, 1)),  # the baby is four, the child five
        ("sdq_completed_pct", (3, 4)),  # child 0, teen 14, teenager 17; sixteen's 41 is no score
        ("substance_misuse_pct", (3, 6)),
        ("offending_pct", (1, 4)),  # of those aged 10 to 17; sixteen's row is blank
    ],
)
def test_annual_health_is_of_children_in_care_all_year_with_a_row(measure, numbers):
    annual = {"header": ANNUAL_BORN, "oc2": ANNUAL}

    assert only(measure, ANNUAL_CARE, MARCH, **annual) == numbers
    assert only(measure, ANNUAL_CARE, ("2025-02-01", "2025-02-28"), **annual) == (0, 0)


def test_strengths_and_difficulties_scores():
    annual = {"header": ANNUAL_BORN, "oc2": ANNUAL}

    assert only("sdq_average", ANNUAL_CARE, MARCH, **annual) == (0 + 14 + 17, 3)
    bands = {"Normal": 1, "Borderline": 1, "Cause for concern": 1}
    assert parts("sdq_band_pct", ANNUAL_CARE, **annual) == bands


def test_help_with_substance_misuse_is_received_offered_or_not_recorded():
    found = parts("substance_intervention_pct", ANNUAL_CARE, header=ANNUAL_BORN, oc2=ANNUAL)

    assert found == {"Received": 1, "Offered, not taken up": 1, "Not recorded": 1}


# ---------------------------------------------------------------------------------------------------------------------
# G. Missing


def test_incidents_that_overlap_are_one_and_those_that_touch_are_two():
    episodes = rows(*(f"{child}|01/05/2020|S|C2|U6" for child in "abcd"), "gone|01/05/2020|S|C2|U6||01/06/2024|E4A")
    incidents = rows(
        "a|M|01/06/2024|05/06/2024",
        "a|M|04/06/2024|08/06/2024",
        "a|M|08/06/2024|09/06/2024",
        "b|M|30/03/2024|01/04/2024",  # carried over
        "b|M|30/03/2024|",  # the same, as first reported
        "c|A|01/06/2024|02/06/2024",
        "d|M|01/06/2023|02/06/2023",
        "gone|M|06/06/2024|07/06/2024",  # from the day care ended
        head="CHILD|MISSING|MIS_START|MIS_END",
    )
    data = clean(extract(episodes, missing=incidents))

    assert answer(data, "missing_incidents_count", *MARCH) == [("All", 3, None)]  # a two, b one
    assert answer(data, "missing_incidents_per_child", *MARCH) == [("All", 3.0, 2)]
    assert answer(data, "missing_repeat_pct", *MARCH) == [("All", 1, 2)]
    assert answer(data, "away_children_pct", *MARCH) == [("All", 1, 5)]


def test_an_incident_is_described_on_its_first_day_in_care():
    episodes = rows("a|01/05/2020|S|C1|U6||01/10/2024|X1", "a|01/10/2024|L|C2|U6")
    incidents = rows("a|M|30/09/2024|02/10/2024", "a|M|03/10/2024|", head="CHILD|MISSING|MIS_START|MIS_END")

    found = parts("missing_incidents_count", episodes, by="legal_status", missing=incidents)
    assert found == {"Interim care order": 1, "Full care order": 1}


def test_an_incident_left_open_ends_with_the_period_of_care():
    episodes = rows("a|01/05/2020|S|C2|U6||01/06/2023|E4A", "a|01/09/2023|S|C2|U6")
    incidents = rows("a|M|01/05/2023|", head="CHILD|MISSING|MIS_START|MIS_END")

    assert only("missing_now_count", episodes, MARCH, missing=incidents) == 0
    assert only("missing_children_pct", episodes, MARCH, missing=incidents) == (0, 1)


# ---------------------------------------------------------------------------------------------------------------------
# I. Leaving care and permanence


@pytest.mark.parametrize(
    ("measure", "counted"),
    [
        ("ceased_cao_pct", 1),  # E41
        ("ceased_stayed_with_carers_pct", 1),  # E17
        ("ceased_independent_pct", 2),  # E5 E6
        ("ceased_permanence_pct", 4),  # E11 E41 E43 E48
    ],
)
def test_shares_of_reasons_for_leaving(measure, counted):
    reasons = ["E11", "E41", "E43", "E48", "E17", "E5", "E6", "E3"]
    episodes = rows(*(f"{reason}|01/05/2020|S|C2|U6||01/05/2024|{reason}" for reason in reasons))

    assert only(measure, episodes, MARCH) == (counted, 8)


def test_who_left_on_the_18th_birthday_left_aged_18():
    episodes = rows(*(f"{child}|01/05/2020|S|C2|U6||10/06/2024|E17" for child in "abc"))

    assert only("ceased_aged_18_pct", episodes, MARCH, header=born(a="10/06/2006", b="11/06/2006", c="")) == (1, 2)


ADOPTED_CARE = rows(
    "carer|01/04/2022|S|C2|U6||01/06/2022|X1",
    "carer|01/06/2022|P|C2|U6|A|01/10/2022|X1",
    "carer|01/10/2022|L|E1|U6|A|01/04/2023|X1",
    "carer|01/04/2023|T|E1|A5|A|01/05/2024|E12",
    "other|01/04/2022|S|E1|U6||01/04/2023|X1",
    "other|01/04/2023|P|E1|A6||01/07/2023|X1",  # disrupted
    "other|01/07/2023|P|E1|U6||01/10/2023|X1",
    "other|01/10/2023|P|E1|A6||10/10/2023|X1",
    "other|10/10/2023|P|E1|T3||20/10/2023|X1",
    "other|20/10/2023|P|E1|A6||01/05/2024|E12",
    "unseen|01/10/2022|P|E1|A6||01/05/2024|E11",
    "unplaced|01/04/2022|S|E1|U6||01/05/2024|E11",
    "long ago|01/04/2019|S|E1|A6||31/03/2022|E11",
)
AD1 = rows(
    "carer|01/04/2022|01/11/2022|1",
    "other|30/09/2022|01/03/2022|0",
    "unplaced|01/01/2023|01/01/2023|0",
    head="CHILD|DATE_INT|DATE_MATCH|FOSTER_CARE",
)


def days(first, last):
    return (pd.Timestamp(last) - pd.Timestamp(first)).days


def test_days_to_adoption():
    start, moved_in, order = "2022-04-01", "2022-06-01", "2022-10-01"

    # the run that led to adoption is the last; unseen's start of care is not known
    total = days(start, "2023-04-01") + days(start, "2023-10-01")
    assert only("adoption_a1_days", ADOPTED_CARE, MARCH, ad1=AD1) == (total, 2)
    total = days(start, moved_in) + days(start, "2023-10-01")
    assert only("adoption_a10_days", ADOPTED_CARE, MARCH, ad1=AD1) == (total, 2)
    # the other child was matched before the order: no days
    assert only("adoption_a2_days", ADOPTED_CARE, MARCH, ad1=AD1) == (days(order, "2022-11-01") + 0, 2)


def test_adopted_by_the_foster_carer_by_the_adoption_table_or_without_one_by_the_last_placement():
    episodes = rows(
        *(
            f"{child}|01/05/2020|S|E1|{place}||01/05/2024|E11"
            for child, place in zip("abcd", ["A5", "A6"] * 2, strict=True)
        )
    )
    ad1 = rows("c||0", "d||1", head="CHILD|DATE_MATCH|FOSTER_CARE")

    assert only("adopted_by_foster_carer_count", episodes, MARCH, ad1=ad1) == 2  # a and d
    assert only("adopted_by_foster_carer_count", episodes, MARCH) == 2  # a and c


def test_placed_within_twelve_months_of_the_decision():
    # carer: decided 01/04/2022, placed a year later to the day; other: decided 30/09/2022, placed 01/10/2023
    assert only("adopted_placed_within_12m_pct", ADOPTED_CARE, MARCH, ad1=AD1) == (1, 2)

    decisions = rows(
        "unseen|01/01/2020|01/02/2020",
        "unseen|01/10/2021|",
        "unseen|01/05/2022|01/06/2022",  # reversed
        "unplaced|01/05/2022|",
        head="CHILD|DATE_PLACED|DATE_PLACED_CEASED",
    )
    tables = {"ad1": AD1, "placed_for_adoption": decisions}
    assert only("adopted_placed_within_12m_pct", ADOPTED_CARE, MARCH, **tables) == (2, 3)


def test_time_in_care_is_of_the_last_period_of_care_that_ended_if_its_start_is_known():
    episodes = rows(
        "a|01/05/2024|S|C2|U6||11/05/2024|E4A",
        "a|01/06/2024|S|C2|U6||21/06/2024|E4A",
        "b|01/05/2024|L|C2|U6||01/06/2024|E4A",
        "c|31/12/2024|S|C2|U6||31/01/2025|E4A",
    )

    assert only("time_in_care_days", episodes, MARCH) == (20 + 31, 2)


# ---------------------------------------------------------------------------------------------------------------------
# J. Care leavers

LEFT = rows("z|01/05/2018|S|C2|U4||10/06/2019|E4A")
OC3 = "CHILD|DOB|IN_TOUCH|ACTIV|ACCOM"


@pytest.mark.parametrize(
    ("measure", "counted"),
    [
        ("cl_neet_pct", 3),
        ("cl_higher_education_pct", 2),
        ("cl_other_education_pct", 1),
        ("cl_apprenticeship_pct", 1),
        ("cl_employment_training_pct", 2),
        ("cl_eet_pct", 6),
    ],
)
def test_activities_of_care_leavers(measure, counted):
    codes = ["F1", "P1", "F2", "P4", "F5", "P5", "G4", "G5", "G6", "F3", "0"]
    oc3 = rows(*(f"{code}|10/06/2005|YES|{code}|U1" for code in codes), head=OC3)

    assert only(measure, LEFT, oc3=oc3) == (counted, 11)  # F3 is of returns up to 2021


def test_f3_counts_in_returns_up_to_2021():
    drawn = extract(LEFT, year=2021, oc3=rows("a|10/06/2001|YES|F3|U1", head=OC3))

    assert answer(clean(drawn), "cl_employment_training_pct", "2020-04-01", "2021-03-31") == [("All", 1, 1)]


def test_accommodation_by_letter():
    codes = ["Z1", "Z2", "W1", "W2", "G1", "X1", "0", "", "01", "Q1"]
    oc3 = rows(*(f"{n}|10/06/2005|YES|F1|{code}" for n, code in enumerate(codes)), head=OC3)

    found = parts("cl_accommodation_types", LEFT, YEAR, oc3=oc3)
    assert found == {"Z": 2, "W": 2, "G": 1, "X": 1, "": 4}
    assert only("cl_bed_and_breakfast_count", LEFT, oc3=oc3) == 2
    # Z1 and W1; X1 can only be unsuitable, 01 and Q1 are no codes, and who went abroad is not asked
    assert only("cl_suitable_accommodation_pct", LEFT, oc3=oc3) == (2, 9)


def test_those_who_returned_home_are_counted_before_they_leave_the_cohort():
    oc3 = rows("a|10/06/2005|RHOM|0|0", "b|10/06/2005|YES|F1|U1", "c|10/06/2007|RHOM|0|0", head=OC3)

    assert only("cl_returned_home_count", LEFT, oc3=oc3) == 1  # c is 17
    assert only("cl_eet_pct", LEFT, oc3=oc3) == (1, 1)


# ---------------------------------------------------------------------------------------------------------------------
# K. Social workers

SW = "CHILD|SW_ID|SW_DECOM|SW_DEC|SW_REASON"


def test_three_social_workers_in_the_year_are_three_people():
    episodes = rows(*(f"{child}|01/05/2020|S|C2|U6" for child in "abcd"))
    workers = rows(
        "a|SW1|01/01/2023|01/06/2024|",
        "a|SW2|01/06/2024|01/09/2024|",
        "a|SW1|01/09/2024||",  # the first one again
        "b|SW1|01/01/2024||",  # cut at the next start
        "b|SW2|01/04/2024|01/06/2024|",
        "b|SW3|01/06/2024||",
        "c|XX1|01/06/2024|01/07/2024|",
        "c|XX1|01/07/2024|01/08/2024|",
        "c|XX1|01/08/2024||",
        "d|SW1|01/01/2024||",  # cut the day before the window
        "d|SW2|31/03/2024|01/06/2024|",
        "d|SW3|01/06/2024||",
        "d||01/07/2024||",  # nobody
        head=SW,
    )

    assert only("sw_three_plus_pct", episodes, MARCH, sw_episodes=workers) == (2, 4)  # b and c
    first = rows("a|SW1|01/04/2024||", head=SW)  # the table must reach back to the first day of the twelve months
    assert only("sw_three_plus_pct", episodes, MARCH, sw_episodes=first) == (0, 4)
    assert only("sw_three_plus_pct", episodes, MARCH, sw_episodes=first.replace("01/04", "02/04")) == (0, 0)


def test_changes_of_social_worker_by_reason_while_in_care():
    episodes = rows("a|01/05/2024|S|C2|U6||01/03/2025|E4A")
    workers = rows(
        "a|SW1|30/04/2024|01/05/2024|MANAGE",  # before care
        "a|SW2|01/05/2024|01/06/2024|fconta",
        "a|SW3|01/06/2024|01/07/2024|",
        "a|SW4|01/07/2024|01/03/2025|SWLAZY",
        "a||01/08/2024|01/03/2025|MANAGE",  # nobody
        "a|SW5|01/03/2025||MANAGE",  # the day care ended
        head=SW,
    )

    assert parts("sw_changes_reasons", episodes, sw_episodes=workers) == {"FCONTA": 1, "Not recorded": 2}


# ---------------------------------------------------------------------------------------------------------------------
# Independence and the drawn records


@pytest.mark.parametrize("name", ["brute_cleaning", "brute_returns", "brute_force", "drawn_records", "worked_examples"])
def test_the_reference_imports_nothing_from_incare(name):
    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    assert [module for module in imported if "incare" in module] == []


def dirt(raw):
    """What may be wrong in a drawn record, in words, and whether it is."""
    text = raw["episodes"].astype(str).apply(lambda column: column.str.strip())
    days = {name: pd.to_datetime(text[name], format="%d/%m/%Y", errors="coerce") for name in ("DECOM", "DEC")}
    order = text.assign(**days).sort_values(["CHILD", "DECOM", "SOURCE_YEAR"])
    first = order.drop_duplicates("CHILD").set_index("CHILD")
    latest = order.drop_duplicates(["CHILD", "DECOM"], keep="last")
    following = latest.groupby("CHILD")["DECOM"].shift(-1)
    header = raw["header"]
    born_on = pd.to_datetime(header["DOB"], format="%d/%m/%Y", errors="coerce")
    cases = {
        "overlap": latest["DEC"] > following,
        "gap after X1": (latest["REC"] == "X1") & (latest["DEC"] < following),
        "open row before another": (latest["DEC"].isna()) & following.notna() & (latest["REC"] == ""),
        "same-day row": latest["DEC"] == latest["DECOM"],
        "end before start": latest["DEC"] < latest["DECOM"],
        "copies with other ends": order.groupby(["CHILD", "DECOM"])["DEC"].agg(lambda ends: len(set(ends.dropna())))
        > 1,
        "short break": text["LS"].isin(["V3", "V4"]),
        "temporary placement": text["PLACE"].isin(["T0", "T1", "T2", "T3", "T4"]),
        "first row not S": first["RNE"] != "S",
        "back in care": (latest["RNE"] == "S") & latest.duplicated("CHILD"),
        "adopted": text["REC"].isin(["E11", "E12"]),
        "lower case": text["LS"].str.islower(),
        "unknown code": text["PLACE"] == "R4",
        "unreadable end": text["DEC"] == "31/02/2024",
        "not in the header": ~text["CHILD"].isin(header["CHILD"]),
        "without a date of birth": born_on.isna(),
        "born after the first episode": born_on > header["CHILD"].map(first["DECOM"]),
        "location": pd.Series(["PL_LOCATION" in text]),
    }
    return {name: bool(rows.any()) for name, rows in cases.items()}


def test_the_drawn_records_have_every_table_and_every_kind_of_dirt():
    seen = dict.fromkeys(COLUMNS, False)

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(dirty_records())
    def draw(record):
        raw = stacked(record)
        for kind, found in (dict.fromkeys(raw, True) | dirt(raw)).items():
            seen[kind] = seen.get(kind, False) or found
        assert all(set(frame) >= set(COLUMNS[name].split()) for (_, name), frame in record.items())
        assert all((year, "episodes") in record for year in YEARS)

    draw()
    assert [kind for kind, found in seen.items() if not found] == []


@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(dirty_records())
def test_every_measure_answers_a_drawn_record_and_its_files_alike(tmp_path_factory, record):
    folder = write(record, tmp_path_factory.mktemp("drawn"))
    from_tables, from_files = clean(stacked(record)) | {"kept": {}}, clean(load(folder)) | {"kept": {}}
    for measure in MEASURES:
        for by in (None, "age_band"):
            one, other = answer(from_tables, measure, *MARCH, by=by), answer(from_files, measure, *MARCH, by=by)
            assert one == other, measure


def test_the_artificial_council_has_between_580_and_720_children_in_care(westmere):
    ends = [f"{year}-03-31" for year in range(2020, 2026)]

    assert all(580 <= answer(westmere, "cla_count", end, end)[0][1] <= 720 for end in ends)


def test_stock_is_the_month_before_plus_starts_less_ceases_every_month(westmere):
    before = answer(westmere, "cla_count", "2019-04-30", "2019-04-30")[0][1]
    for end in pd.date_range("2019-05-31", "2025-03-31", freq="ME"):
        month = (end.replace(day=1), end)
        now, started, ceased = (
            answer(westmere, m, *month)[0][1] for m in ("cla_count", "cla_started_count", "cla_ceased_count")
        )
        assert now == before + started - ceased, f"{end:%B %Y}"
        before = now


@pytest.mark.parametrize("measure", [m for m in MEASURES if m not in RATES])
def test_every_breakdown_adds_up_to_the_whole(westmere, measure):
    whole = answer(westmere, measure, *YEAR)
    for by in BREAKDOWNS:
        parts = answer(westmere, measure, *YEAR, by=by)
        if not parts:
            assert measure.startswith("cl_")
            continue
        assert sum(part[1] for part in parts) == sum(row[1] for row in whole)
        if measure not in COUNTS and measure not in MIXES:
            assert sum(part[2] for part in parts) == whole[0][2]
