"""Who counts as coming into care, and who as coming back."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH, UNKNOWN_START
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | PLACE | DEC        | REC
    ------+------------+-----+-------+------------+----
"""


def episodes(*rows: str) -> str:
    return EPISODES.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=episodes(*rows), **tables)


def set_aside_from(record, measure, ending=D, **choices) -> dict[str, int]:
    """How many rows of one month were set aside, by reason."""
    rows = rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))
    reasons = rows["aside"].astype(str)
    return reasons[reasons != ""].value_counts().to_dict()


# Starts


@pytest.mark.parametrize(("window", "counted"), [("period", 1), ("year_to_date", 2), ("rolling", 4)])
def test_starts_are_counted_in_the_period_the_year_to_date_or_twelve_months(of, window, counted):
    """September 2024: one starts in it, one in April, two earlier in the 12 months, one the day before them."""
    days = ["30/09/2024", "01/04/2024", "31/03/2024", "01/10/2023", "30/09/2023"]
    record = of(*(f"{number} | {day} | S | U6 | |" for number, day in enumerate(days)))
    assert answer(record, "cla_started_count", "2024-09-30", window=window)[0] == counted


def test_a_child_whose_first_row_is_no_start_is_set_aside_unless_another_start_is_known(of):
    """a has no start; b has one after a row that is none."""
    record = of(
        "a | 02/03/2025 | P | U6 | |",
        "b | 02/03/2025 | P | U6 | 05/03/2025 | E4A",
        "b | 20/03/2025 | S | U6 | |",
    )
    assert answer(record, "cla_started_count", D)[0] == 1
    assert set_aside_from(record, "cla_started_count") == {UNKNOWN_START: 1}
    assert set_aside_from(record, "cla_started_count", count="starts") == {UNKNOWN_START: 2}


def test_a_start_has_the_first_legal_status_and_placement_whatever_came_later(of):
    record = of("a | 02/03/2025 | S | U1 | 10/03/2025 | X1", "a | 10/03/2025 | P | K2 | |")
    series = calculate(catalogue().only(["cla_started_count"]), record, Periods.months(D, 1), by=("placement",))
    assert series.query("numerator > 0 and breakdown == 'placement'")["category"].tolist() == [
        "Foster: relatives or friends"
    ]


POPULATION = """
    YEAR | AGE_FROM | AGE_TO | PERSONS
    -----+----------+--------+--------
    2024 | 0        | 17     | 12000
"""


def test_the_rate_of_starts_counts_a_child_once_over_twelve_months(of):
    """a starts twice, b before the 12 months; two of 12,000 residents."""
    record = of(
        "a | 01/04/2024 | S | U6 | 01/06/2024 | E4A",
        "a | 01/09/2024 | S | U6 | |",
        "b | 31/03/2024 | S | U6 | |",
        "c | 31/03/2025 | S | U6 | |",
        population=POPULATION,
    )
    assert answer(record, "cla_started_rate", D) == (2, 12_000)


def test_the_rate_of_a_month_is_made_annual_only_by_choice(of):
    record = of("c | 31/03/2025 | S | U6 | |", population=POPULATION)
    assert answer(record, "cla_started_rate", D, window="period") == (1, 12_000)
    assert answer(record, "cla_started_rate", D, window="period", annualise=True) == (1, 1_000)


@pytest.mark.parametrize(("until", "counted"), [("", 1), ("02/06/2024", 1), ("01/06/2024", 0)])
def test_uasc_status_must_cover_the_first_start_in_the_year(of, until, counted):
    """a starts on 1 June and again later; b is not in the UASC file."""
    uasc = f"""
        CHILD | DOB        | DUC
        ------+------------+-----------
        a     | 01/01/2008 | {until}
    """
    record = of(
        "a | 01/06/2024 | S | U6 | 01/07/2024 | E4A",
        "a | 01/09/2024 | S | U6 | |",
        "b | 01/06/2024 | S | U6 | |",
        uasc=uasc,
    )
    assert answer(record, "cla_started_uasc_pct", D) == (counted, 2)


def test_without_a_uasc_file_nobody_can_say_how_many_starts_are_uasc(of):
    record = of("a | 01/06/2024 | S | U6 | |")
    row = calculate(catalogue().only(["cla_started_uasc_pct"]), record, Periods.months(D, 1)).iloc[0]
    assert (row["status"], row["reason"]) == ("x", "the extract has no uasc table")


# Coming back


@pytest.mark.parametrize(("months", "counted"), [(12, 1), (6, 1), (3, 0)])
def test_the_longest_gap_that_makes_a_return_can_be_chosen(of, months, counted):
    record = of("a | 01/01/2024 | S | U6 | 10/03/2024 | E4A", "a | 10/09/2024 | S | U6 | |")
    assert answer(record, "cla_reentry_pct", D, months=months) == (counted, 1)


def test_a_start_on_the_day_care_ended_is_no_return(of):
    record = of("a | 01/01/2024 | S | U6 | 10/06/2024 | E4A", "a | 10/06/2024 | S | U6 | |")
    assert answer(record, "cla_reentry_pct", D) == (0, 1)


@pytest.mark.parametrize(("left", "leavers"), [
    ("31/03/2023", 0),
    ("01/04/2023", 1),
    ("31/03/2024", 1),
    ("01/04/2024", 0),
])  # fmt: skip
def test_the_exit_form_asks_of_those_who_left_in_the_year_before_last(of, left, leavers):
    record = of(f"a | 01/01/2023 | S | U6 | {left} | E4A")
    assert answer(record, "cla_reentry_pct", D, form="exit") == (0, leavers)


@pytest.mark.parametrize(("again", "returned"), [("10/03/2024", 1), ("10/06/2024", 1), ("11/06/2024", 0)])
def test_in_the_exit_form_a_new_start_within_twelve_months_is_a_return(of, again, returned):
    record = of("a | 01/01/2023 | S | U6 | 10/06/2023 | E4A", f"a | {again} | S | U6 | |")
    assert answer(record, "cla_reentry_pct", D, form="exit") == (returned, 1)


def test_the_exit_form_with_six_months_asks_of_those_who_left_until_six_months_ago(of):
    """The year of leaving is 1 October 2023 to 30 September 2024."""
    record = of(
        "a | 01/01/2023 | S | U6 | 30/09/2024 | E4A",
        "a | 30/03/2025 | S | U6 | |",
        "b | 01/01/2023 | S | U6 | 01/10/2024 | E4A",
        "c | 01/01/2023 | S | U6 | 30/09/2023 | E4A",
    )
    assert answer(record, "cla_reentry_pct", D, form="exit", months=6) == (1, 1)


BORN = """
    CHILD | DOB
    ------+-----------
    kept  | 02/06/2005
    adult | 01/06/2005
    died  | 01/01/2015
    moved | 01/01/2015
    lost  |
    again | 01/01/2015
"""


def test_the_exit_form_leaves_out_adults_and_sets_others_aside_with_the_reason(of):
    """Everyone left on 1 June 2023, adult on the 18th birthday, kept the day before it."""
    reasons = {"kept": "E4A", "adult": "E5", "died": "E2", "moved": "E3", "lost": "E4A", "again": "E4A"}
    left = [f"{child} | 01/01/2023 | S | U6 | 01/06/2023 | {reason}" for child, reason in reasons.items()]
    record = of(*left, "again | 01/06/2023 | S | U6 | |", header=BORN)
    assert answer(record, "cla_reentry_pct", D, form="exit") == (0, 1)
    assert set_aside_from(record, "cla_reentry_pct", form="exit") == {
        "died": 1,
        "care taken over by another council": 1,
        UNKNOWN_BIRTH: 1,
        "care starts again on the day it ended": 1,
    }


def test_a_child_who_left_twice_is_in_the_exit_form_once_by_the_first_time(of):
    record = of(
        "a | 01/01/2023 | S | U6 | 10/06/2023 | E4A",
        "a | 01/08/2023 | S | U6 | 01/10/2023 | E4A",
    )
    assert answer(record, "cla_reentry_pct", D, form="exit") == (1, 1)


def test_a_return_of_a_child_whose_first_start_is_unknown_is_set_aside(of):
    record = of("a | 01/06/2024 | L | U6 | |")
    assert answer(record, "cla_reentry_pct", D) == (0, 0)
    assert set_aside_from(record, "cla_reentry_pct") == {UNKNOWN_START: 1}
