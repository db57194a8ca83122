"""Dates, ages, working days and quarters: the examples of the catalogue and their neighbours."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare import periods as p
from incare.periods import PeriodError, Periods, Quarter, rolling, year_to_date

BORN = st.dates(dt.date(1990, 1, 1), dt.date(2024, 12, 31))


def one(values) -> str:
    return str(np.asarray(values)[0])


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2024-02-29", 16),
        ("2007-03-31", "2025-03-31", 18),
        ("2007-04-01", "2025-03-31", 17),
    ],
)
def test_age_is_exact_to_the_day_and_a_leap_birthday_falls_on_1_march(born, on, years):
    assert p.age(p.days([born]), p.days([on]))[0] == years


@given(BORN, st.integers(0, 25))
def test_a_person_reaches_an_age_on_the_birthday_and_not_the_day_before(born, years):
    birthday = p.birthday(p.days([born]), years)
    assert p.age(p.days([born]), birthday)[0] == years
    assert p.age(p.days([born]), birthday - 1)[0] == years - 1


def test_the_age_of_an_unknown_birth_is_unknown():
    assert np.isnan(p.age(p.days(["NaT"]), p.days(["2025-03-31"]))[0])


@pytest.mark.parametrize(
    ("start", "due"),
    [("2025-03-03", "2025-03-31"), ("2025-04-04", "2025-05-07"), ("2025-12-22", "2026-01-22")],
)
def test_the_first_review_is_due_after_twenty_working_days(start, due):
    assert one(p.add_working_days(p.days([start]), 20)) == due


def test_working_days_outside_the_listed_years_are_refused():
    with pytest.raises(PeriodError, match="bank holidays are listed"):
        p.add_working_days(p.days(["2027-12-20"]), 20)


@pytest.mark.parametrize(
    ("months", "since"), [(12, "2024-04-01"), (24, "2023-04-01"), (30, "2022-10-01"), (6, "2024-10-01")]
)
def test_a_start_on_the_first_of_the_month_counts_as_whole_months_at_the_end(months, since):
    assert one(p.held_since(p.days(["2025-03-31"]), months)) == since


def test_months_are_clipped_to_the_end_of_the_month():
    assert one(p.add_months(p.days(["2025-01-31"]), 1)) == "2025-02-28"


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("2025-26 Q2", dt.date(2025, 7, 1), dt.date(2025, 9, 30)),
        ("2018-19 Q4", dt.date(2019, 1, 1), dt.date(2019, 3, 31)),
        ("1999-00 Q3", dt.date(1999, 10, 1), dt.date(1999, 12, 31)),
    ],
)
def test_a_quarter_label_names_its_days(label, start, end):
    quarter = Quarter.parse(label)
    assert (quarter.start, quarter.end, quarter.label) == (start, end, label)


@pytest.mark.parametrize("label", ["2024-25 Q5", "2018-20 Q1", "2024/25 Q1", "24-25 Q1", "Q1 2024-25", "2024-25Q1", ""])
def test_a_label_spelt_otherwise_is_refused(label):
    with pytest.raises(PeriodError):
        Quarter.parse(label)


def test_the_quarter_before_q1_is_q4_of_the_year_before():
    assert Quarter.parse("2024-25 Q1").previous().label == "2023-24 Q4"


def test_months_and_quarters_end_on_the_day_asked():
    months, quarters = Periods.months("2025-03-31", 3), Periods.quarters("2025-03-31", 2)
    assert [str(d) for d in months.starts] == ["2025-01-01", "2025-02-01", "2025-03-01"]
    assert [str(d) for d in quarters.starts] == ["2024-10-01", "2025-01-01"]


@pytest.mark.parametrize("ending", ["2025-03-30", "2025-02-28"])
def test_a_quarter_that_ends_elsewhere_is_refused(ending):
    with pytest.raises(PeriodError):
        Periods.quarters(ending, 4)


def test_windows_reach_back_twelve_months_or_to_the_last_1_april():
    periods = Periods.months("2025-05-31", 3)
    assert [str(d) for d in rolling(12).starts(periods)] == ["2024-04-01", "2024-05-01", "2024-06-01"]
    assert [str(d) for d in year_to_date.starts(periods)] == ["2024-04-01", "2025-04-01", "2025-04-01"]
