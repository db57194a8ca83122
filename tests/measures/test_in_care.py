"""Who is in care on a day, during a year and for a year, and what describes them."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_START
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | LS | DEC        | REC
    ------+------------+-----+----+------------+----
"""


def episodes(*rows: str) -> str:
    return EPISODES.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=episodes(*rows), **tables)


def behind(record, measure, ending=D, **choices):
    """The rows behind a figure of one month."""
    return rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))


def set_aside_from(record, measure, ending=D, **choices) -> dict[str, int]:
    """How many rows were set aside, by reason."""
    reasons = behind(record, measure, ending, **choices)["aside"].astype(str)
    return reasons[reasons != ""].value_counts().to_dict()


# On the day


POPULATION = """
    YEAR | AGE_FROM | AGE_TO | PERSONS
    -----+----------+--------+--------
    2024 | 0        | 17     | 12000
"""
AGES = """
    CHILD | DOB
    ------+-----------
    baby  | 01/04/2024
    one   | 31/03/2024
    five  | 31/03/2020
    ten   | 31/03/2015
    teen  | 31/03/2009
    adult | 31/03/2007
    lost  |
"""
EVERYONE = ("baby", "one", "five", "ten", "teen", "adult", "lost")


@pytest.fixture
def all_ages(of):
    return of(*(f"{child} | 01/04/2024 | S | C2 | |" for child in EVERYONE), header=AGES, population=POPULATION)


def test_the_rate_counts_everyone_in_care_unless_adults_are_left_out_by_choice(all_ages):
    assert answer(all_ages, "cla_rate", D) == (7, 12_000)
    assert answer(all_ages, "cla_rate", D, under_18_only=True) == (6, 12_000)
    assert set_aside_from(all_ages, "cla_rate", under_18_only=True) == {"18 or over": 1}


def profile(record, **choices) -> dict[str, int]:
    """The groups of the profile that have anybody in them."""
    return behind(record, "cla_breakdown", **choices)["part"].value_counts().loc[lambda n: n > 0].to_dict()


def test_the_profile_by_age_has_the_published_bands_and_a_group_for_unknown(all_ages):
    assert profile(all_ages) == {
        "Under 1": 1,
        "1 to 4": 1,
        "5 to 9": 1,
        "10 to 15": 1,
        "16 and over": 2,
        "Not known": 1,
    }
    assert behind(all_ages, "cla_breakdown")["known"].sum() == 6


DESCRIBED = """
    CHILD | DOB        | SEX | ETHNIC
    ------+------------+-----+-------
    a     | 01/01/2015 | 1   | CHNE
    b     | 01/01/2015 | F   | REFU
    c     | 01/01/2015 | U   | WBRI
"""
UASC = """
    CHILD | DOB        | DUC
    ------+------------+-----------
    a     | 01/01/2015 |
    b     | 01/01/2015 | 31/03/2025
    gone  | 01/01/2015 |
"""


@pytest.fixture
def described(of):
    """a moved from a home to a carer and back to another legal status; need is that of the first row."""
    drawn = """
        CHILD | DECOM      | RNE | LS | CIN | PLACE | DEC        | REC
        ------+------------+-----+----+-----+-------+------------+----
        a     | 01/05/2024 | S   | C1 | N8  | K2    | 01/06/2024 | X1
        a     | 01/06/2024 | B   | C2 | N1  | U1    |            |
        b     | 01/05/2024 | S   | V2 | N1  | R4    |            |
        c     | 01/05/2024 | S   | J1 | N9  | T1    |            |
        gone  | 01/05/2024 | S   | V2 | N1  | U6    | 31/03/2025 | E4A
    """
    return lambda folder: record_of(folder, 2025, episodes=drawn, header=DESCRIBED, uasc=UASC)


@pytest.mark.parametrize(("group", "expected"), [
    ("sex", {"Male": 1, "Female": 1, "Not known": 1}),
    ("ethnicity", {"Asian": 1, "White": 1, "Not known": 1}),
    ("uasc", {"UASC": 1, "Not UASC": 2}),
    ("legal_status", {"Full care order": 1, "Voluntary (s20)": 1, "Youth justice": 1}),
    ("placement", {"Foster: relatives or friends": 1, "Not known": 2}),
])  # fmt: skip
def test_the_profile_can_be_asked_by_each_group(described, tmp_path, group, expected):
    assert profile(described(tmp_path), of=group) == expected


def test_the_need_of_the_profile_is_that_of_the_first_episode(described, tmp_path):
    rows = behind(described(tmp_path), "cla_breakdown", of="category_of_need").sort_values("child")
    assert [need.split()[0] for need in rows["part"].astype(str)] == ["Absent", "Abuse", "Not"]
    assert rows["known"].tolist() == [True, True, False]


def test_the_parts_of_a_profile_add_up_to_everyone_in_care(described, tmp_path):
    series = calculate(catalogue().only(["cla_breakdown"]), described(tmp_path), Periods.months(D, 1))
    parts = series[series["breakdown"] == "profile"]
    assert parts["numerator"].sum() == 3
    assert (parts["denominator"] == 3).all()


def test_the_share_of_uasc_is_of_all_children_in_care(described, tmp_path):
    """b's status ended on the day, gone left on it."""
    record = described(tmp_path)
    assert answer(record, "cla_uasc_pct", D) == (1, 3)
    assert answer(record, "cla_uasc_count", D)[0] == 1


def test_without_a_uasc_file_the_number_of_uasc_is_not_nought_but_not_available(of):
    record = of("a | 01/05/2024 | S | C2 | |")
    series = calculate(catalogue().only(["cla_uasc_count", "cla_uasc_pct"]), record, Periods.months(D, 1))
    assert series["status"].tolist() == ["x", "x"]


# In the year


@pytest.mark.parametrize(("start", "end", "there"), [
    ("01/01/2024", "31/03/2024", 0),
    ("01/01/2024", "01/04/2024", 1),
    ("31/03/2025", "", 1),
    ("01/06/2024", "02/06/2024", 1),
])  # fmt: skip
def test_any_time_in_the_year_includes_who_left_on_its_first_day(of, start, end, there):
    record = of(f"a | {start} | S | C2 | {end} | {'E4A' if end else ''}")
    assert answer(record, "cla_any_time_count", D)[0] == there


def test_a_child_in_care_twice_in_the_year_is_counted_once(of):
    record = of("a | 01/05/2024 | S | C2 | 01/06/2024 | E4A", "a | 01/09/2024 | S | C2 | |")
    assert answer(record, "cla_any_time_count", D)[0] == 1


@pytest.mark.parametrize(("start", "counted"), [("01/04/2024", 1), ("02/04/2024", 0)])
def test_a_start_on_1_april_is_twelve_months_at_31_march(of, start, counted):
    record = of(f"a | {start} | S | C2 | 01/05/2024 | X1", "a | 01/05/2024 | P | C2 | |")
    assert answer(record, "cla_12m_count", D)[0] == counted


@pytest.mark.parametrize(("break_starts", "break_ends", "counted"), [
    ("20/03/2024", "01/04/2024", 1),
    ("20/03/2024", "02/04/2024", 0),
    ("30/03/2025", "31/03/2025", 0),
])  # fmt: skip
def test_a_night_of_a_short_break_in_the_year_breaks_the_twelve_months(of, break_starts, break_ends, counted):
    record = of("a | 01/01/2024 | S | C2 | |", f"a | {break_starts} | S | V3 | {break_ends} | E4A")
    assert answer(record, "cla_count", D)[0] == 1
    assert answer(record, "cla_12m_count", D)[0] == counted


def test_care_that_began_again_in_the_year_is_not_twelve_months(of):
    record = of("a | 01/01/2023 | S | C2 | 01/05/2024 | E4A", "a | 01/06/2024 | S | C2 | |")
    assert answer(record, "cla_12m_count", D)[0] == 0


def test_an_unknown_start_counts_if_the_first_row_is_old_enough_and_is_set_aside_if_not(of):
    record = of("a | 01/04/2024 | P | C2 | |", "b | 02/04/2024 | P | C2 | |")
    assert answer(record, "cla_12m_count", D)[0] == 1
    assert set_aside_from(record, "cla_12m_count") == {UNKNOWN_START: 1}
