"""The brute force answers the catalogue's worked examples, small drawn histories, and the artificial council."""

import os
from pathlib import Path

import pandas as pd
import pytest

from .brute_force import COUNTS, MEASURES, MIXES, add_working_days, age_at, answer, clean, load, reviews_due
from .worked_examples import AGES, EPISODES, EXPECTED, FIRST_REVIEW_DUE, extract, table

YEAR = ("2024-04-01", "2025-03-31")
WORKED = table(EXPECTED).set_index("CHILD")


@pytest.fixture(scope="module")
def worked():
    return clean(extract(EPISODES))


@pytest.fixture(scope="module")
def westmere():
    shared = Path(os.environ.get("INCARE_SHARED", Path(__file__).parents[3] / "shared"))
    folder = shared / "data" / "ssda903" / "westmere"
    if not folder.is_dir():
        pytest.skip(f"the artificial council is not at {folder}; set INCARE_SHARED")
    return clean(load(folder))


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
    counted = {m: answer(data, m, *YEAR)[0][1:] for m in MEASURES if m.startswith("cl_") and m not in MIXES}

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


@pytest.mark.parametrize("measure", [m for m in MEASURES if m != "cla_rate"])
def test_every_breakdown_adds_up_to_the_whole(westmere, measure):
    whole = answer(westmere, measure, *YEAR)
    for by in ("age_band", "sex", "ethnicity", "uasc", "legal_status", "placement"):
        parts = answer(westmere, measure, *YEAR, by=by)
        if not parts:
            assert measure.startswith("cl_")
            continue
        assert sum(part[1] for part in parts) == sum(row[1] for row in whole)
        if measure not in COUNTS and measure not in MIXES:
            assert sum(part[2] for part in parts) == whole[0][2]
