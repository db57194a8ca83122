"""Education of children in care: which term and school year a figure is about, who is in it, and what counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from extract import answer, record_of
from incare.measure import Catalogue
from incare.measures import catalogue
from incare.periods import Periods
from incare.record.schooling import read_year, year_ended_by, year_of
from incare.series import calculate, rows_of

D = "2025-03-31"
ONE = """
    CHILD | DECOM      | RNE | LS | DEC        | REC
    ------+------------+-----+----+------------+----
"""
BORN = """
    CHILD | DOB
    ------+-----------
"""
TERMS = """
    TERM           | START      | END
    ---------------+------------+-----------
    2023-24 Summer | 15/04/2024 | 23/07/2024
    2024-25 Autumn | 02/09/2024 | 20/12/2024
    2024-25 Spring | 06/01/2025 | 04/04/2025
"""
# In lists that are kept from a day on, the first row is of nobody in care: it says from when.
PEPS = """
    CHILD | TERM           | PEP_DATE   | COMPLETED | PP_PLUS_REQUESTED | PP_PLUS_AMOUNT | PP_PLUS_PURPOSE
    ------+----------------+------------+-----------+-------------------+----------------+----------------
    x     | 2019-20 Autumn | 01/10/2019 | Y         |                   |                |
"""
SINCE_2023 = "01/01/2023"


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


def children(names: str, since: str = SINCE_2023) -> tuple[str, ...]:
    """An open episode for each of the children."""
    return tuple(f"{name} | {since} | S | C2 | |" for name in names)


def born(*days: str) -> str:
    return lines(BORN, *(f"{child} | {day}" for child, day in zip("abcdefgh", days, strict=False)))


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, year=2025, **tables: record_of(tmp_path, year, episodes=lines(ONE, *rows), **tables)


def rows(record, name, ending=D, **choices):
    """The rows behind a figure, by the child's id."""
    found = rows_of(catalogue()[name].choose(**choices), record, Periods.months(ending, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]]).sort_index()


def asides(record, name, ending=D, **choices):
    """Why each child is set aside; "" for those in the figure."""
    return rows(record, name, ending, **choices)["aside"].astype(str).to_dict()


def from_long_ago(record):
    """The record as if its returns went far back."""
    return replace(record, covers=(np.datetime64("1990-04-01"), record.covers[1]))


def figure(record, name, ending=D, **choices):
    """The total's row of the series, whatever history the measure asks for."""
    found = replace(catalogue()[name].choose(**choices), needs_history=0)
    return calculate(Catalogue((found,)), from_long_ago(record), Periods.months(ending, 1)).iloc[0]


# School years


def test_a_school_year_runs_from_1_september_to_31_august():
    days = pd.to_datetime(["2024-08-31", "2024-09-01", "2025-08-31", None])
    assert year_of(days).tolist() == [2024, 2025, 2025, 0]
    assert year_ended_by(days[:3]).tolist() == [2024, 2024, 2025]


@pytest.mark.parametrize(("text", "year"), [
    ("2023-24", 2024),
    ("2023/24", 2024),
    ("2023-2024", 2024),
    ("202324", 2024),
    ("1999-00", 2000),
    (" 2023 - 24 ", 2024),
    ("2023-25", 0),
    ("2023", 0),
    ("", 0),
])  # fmt: skip
def test_school_years_are_read_when_their_two_years_follow_each_other(text, year):
    assert read_year(pd.Series([text])).tolist() == [year]


# Personal education plans: the latest term ended by 31 March is autumn, 2 September to 20 December


@pytest.mark.parametrize(("day", "completed", "counted"), [
    ("02/09/2024", "Y", 1),
    ("01/09/2024", "Y", 0),
    ("20/12/2024", "Y", 1),
    ("21/12/2024", "Y", 0),
    ("15/10/2024", "N", 0),
    ("", "Y", 0),
])  # fmt: skip
def test_a_plan_counts_if_completed_and_dated_in_the_latest_ended_term(of, day, completed, counted):
    peps = lines(PEPS, f"a | 2024-25 Autumn | {day} | {completed} | | |")
    record = of(*children("a"), pep=peps, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D) == (counted, 1)


def test_two_plans_in_a_term_count_once_and_the_list_says_until_when(of):
    peps = lines(PEPS, *(f"a | 2024-25 Autumn | {day} | Y | | |" for day in ("15/10/2024", "15/11/2024")))
    record = of(*children("a"), pep=peps, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D) == (1, 1)
    row = rows(record, "pep_up_to_date_pct").iloc[0]
    assert [str(row[day].date()) for day in ("on", "due", "done")] == ["2024-12-20", "2024-12-20", "2024-11-15"]


@pytest.mark.parametrize(("ending", "counted"), [("2024-11-30", 0), ("2024-12-31", 1), ("2025-04-30", 0)])
def test_the_latest_term_changes_on_its_last_day(of, ending, counted):
    """November asks about summer, December about autumn, April about spring; the plan is of autumn."""
    record = of(*children("a"), year=2026, pep=lines(PEPS, "a | x | 15/10/2024 | Y | | |"), terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", ending) == (counted, 1)


def test_a_term_that_ends_or_begins_on_the_day_is_the_term_of_the_day(of):
    """Spring ends on 31 March and a last term begins on that day: b's plan is of the day before spring."""
    last = ("2024-25 Spring | 06/01/2025 | 31/03/2025", "2024-25 Last | 31/03/2025 | 18/07/2025")
    terms = lines("\n".join(TERMS.splitlines()[:-1]), *last)
    peps = lines(PEPS, "a | x | 06/01/2025 | Y | | |", "b | x | 05/01/2025 | Y | | |")
    record = of(*children("ab"), pep=peps, terms=terms)
    assert answer(record, "pep_up_to_date_pct", D) == (1, 2)
    # Under way is the last term, the one before it is spring.
    assert answer(record, "pep_up_to_date_pct", D, form="snapshot") == (1, 2)
    assert rows(record, "pep_up_to_date_pct", form="snapshot")["due"].dt.month.tolist() == [7, 7]


def test_before_the_first_term_nobody_is_asked_about(of):
    record = of(*children("a"), pep=PEPS, terms=TERMS, year=2025)
    assert answer(record, "pep_up_to_date_pct", "2024-06-30") == (0, 0)
    assert answer(record, "pep_up_to_date_pct", "2024-03-31", form="snapshot") == (0, 0)


@pytest.mark.parametrize(("start", "left", "asked"), [
    ("06/12/2024", "", 1),
    ("09/12/2024", "", 0),
    ("01/01/2024", "20/12/2024", 0),
    ("01/01/2024", "21/12/2024", 1),
])  # fmt: skip
def test_plans_are_asked_of_children_in_care_at_the_end_of_the_term_for_ten_working_days(of, start, left, asked):
    """The tenth working day after Friday 6 December is Friday 20 December, the last day of term."""
    record = of(f"a | {start} | S | C2 | {left} | {'E4A' if left else ''}", pep=PEPS, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D) == (0, asked)


def test_five_working_days_can_be_chosen_and_a_recent_unknown_start_is_set_aside(of):
    record = of("a | 13/12/2024 | S | C2 | |", "b | 09/12/2024 | P | C2 | |", pep=PEPS, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D, days=5) == (0, 2)
    assert asides(record, "pep_up_to_date_pct") == {"b": "start of care not known"}


@pytest.mark.parametrize(("birth", "pep", "school"), [
    ("02/09/2021", 1, 0),
    ("03/09/2021", 0, 0),
    ("31/08/2019", 1, 1),
    ("01/09/2019", 1, 0),
    ("01/09/2008", 1, 1),
    ("31/08/2008", 1, 0),
    ("02/09/2006", 1, 0),
    ("01/09/2006", 0, 0),
])  # fmt: skip
def test_plans_are_asked_from_three_at_the_start_of_term_to_the_school_year_of_turning_18(of, birth, pep, school):
    """By choice from 5 to 15 on 31 August."""
    record = of(*children("a"), header=born(birth), pep=PEPS, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D) == (0, pep)
    assert answer(record, "pep_up_to_date_pct", D, ages="school") == (0, school)


def test_the_youngest_age_can_be_chosen_and_an_unknown_age_is_set_aside(of):
    record = of(*children("ab"), header=born("02/09/2022", ""), pep=PEPS, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D, min_age=2) == (0, 1)
    for ages in ("pep", "school"):
        assert asides(record, "pep_up_to_date_pct", ages=ages) == {"b": "date of birth not known"}


@pytest.mark.parametrize(("day", "counted"), [
    ("02/09/2024", 1),
    ("01/09/2024", 0),
    ("31/03/2025", 1),
    ("01/04/2025", 0),
])  # fmt: skip
def test_the_snapshot_takes_a_plan_of_the_term_under_way_or_the_one_before(of, day, counted):
    """On 31 March the spring term is under way; b came into care in it, c left."""
    later = ("b | 03/02/2025 | S | C2 | |", "c | 01/01/2024 | S | C2 | 01/03/2025 | E4A")
    record = of(*children("a"), *later, pep=lines(PEPS, f"a | x | {day} | Y | | |"), terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", D, form="snapshot") == (counted, 2)


def test_in_holidays_the_snapshot_stays_with_the_term_just_over(of):
    """On 31 August 2024 that is summer: the first of the list, so that no earlier term counts."""
    peps = lines(PEPS, "a | x | 15/04/2024 | Y | | |", "b | x | 14/04/2024 | Y | | |")
    record = of(*children("ab"), pep=peps, terms=TERMS)
    assert answer(record, "pep_up_to_date_pct", "2024-08-31", form="snapshot") == (1, 2)


# First plans: care from 30 April 2024, the tenth working day is 15 May


@pytest.mark.parametrize(("day", "completed", "in_time"), [
    ("15/05/2024", "Y", 1),
    ("16/05/2024", "Y", 0),
    ("30/04/2024", "Y", 1),
    ("29/04/2024", "Y", 0),
    ("10/05/2024", "N", 0),
])  # fmt: skip
def test_a_first_plan_is_in_time_from_the_start_of_care_to_the_tenth_working_day(of, day, completed, in_time):
    record = of("a | 30/04/2024 | S | C2 | |", pep=lines(PEPS, f"a | x | {day} | {completed} | | |"))
    assert answer(record, "pep_initial_in_time_pct", D) == (in_time, 1)


@pytest.mark.parametrize(("birth", "left", "asked"), [
    ("30/04/2021", "", 1),
    ("01/05/2021", "", 0),
    ("01/05/2006", "", 1),
    ("30/04/2006", "", 0),
    ("01/01/2015", "15/05/2024", 0),
    ("01/01/2015", "16/05/2024", 1),
])  # fmt: skip
def test_first_plans_are_asked_of_ages_three_to_seventeen_still_in_care(of, birth, left, asked):
    record = of(f"a | 30/04/2024 | S | C2 | {left} | {'E4A' if left else ''}", header=born(birth), pep=PEPS)
    assert answer(record, "pep_initial_in_time_pct", D) == (0, asked)


def test_first_plans_of_other_days_and_ages_and_those_set_aside(of):
    episodes = (*children("ac", "30/04/2024"), "b | 30/04/2024 | P | C2 | |")
    peps = lines(PEPS, "a | x | 16/05/2024 | Y | | |")
    record = of(*episodes, header=born("01/05/2021", "01/01/2015", ""), pep=peps)
    assert answer(record, "pep_initial_in_time_pct", D, days=20, min_age=2) == (1, 1)
    assert answer(record, "pep_initial_in_time_pct", D, days=20, min_age=1, max_age=1) == (0, 0)
    found = asides(record, "pep_initial_in_time_pct")
    assert found == {"b": "start of care not known", "c": "date of birth not known"}


def test_the_due_day_of_a_first_plan_decides_the_period(of):
    record = of("a | 30/04/2024 | S | C2 | |", pep=PEPS)
    asked = [answer(record, "pep_initial_in_time_pct", end, window="period")[1] for end in ("2024-04-30", "2024-05-31")]
    assert asked == [0, 1]


# Pupil premium


def test_the_use_of_pupil_premium_is_asked_of_completed_plans_of_the_term(of):
    """Five plans: of a two; b's names no purpose, c's is of spring, d's not completed, e left before the plan."""
    peps = lines(
        PEPS,
        "a | 2024-25 Autumn | 15/10/2024 | Y | Y | 400 | TUITION",
        "a | 2024-25 Autumn | 15/11/2024 | Y | Y | 100 | HORSES",
        "b | 2024-25 Autumn | 20/12/2024 | Y | N |     |",
        "c | 2024-25 Spring | 15/01/2025 | Y | Y | 900 | EQUIPMENT",
        "d | 2024-25 Autumn | 15/10/2024 | N | Y | 900 | INTEREST",
        "e | 2024-25 Autumn | 15/10/2024 | Y | Y | 900 | WELLBEING",
        "f | 2024-25 Autumn | 02/09/2024 | Y | Y | 100 | INTEREST",
        "g | 2024-25 Autumn | 02/09/2024 | Y |   |     |",
    )
    left = ("e | 01/01/2024 | S | C2 | 15/10/2024 | E4A", "f | 01/01/2024 | S | C2 | 03/09/2024 | E4A")
    record = of(*children("abcdg"), *left, pep=peps, terms=TERMS)
    assert answer(record, "pupil_premium_used_pct", D) == (3, 5)
    assert rows(record, "pupil_premium_used_pct")["known"].to_dict() == {"a": True, "b": True, "f": True, "g": False}
    parts = rows(record, "pupil_premium_purposes")["part"].astype(str)
    assert sorted(parts) == ["An interest", "Not recorded", "Not recorded", "Other", "Tuition"]


def test_the_mean_amount_is_0_for_plans_that_asked_for_none_and_sets_others_aside(of):
    peps = lines(
        PEPS,
        "a | 2024-25 Autumn | 15/10/2024 | Y | Y | 400 | TUITION",
        "b | 2024-25 Autumn | 15/10/2024 | Y | N |     |",
        "c | 2024-25 Autumn | 15/10/2024 | Y | Y |     | TUITION",
        "d | 2024-25 Autumn | 15/10/2024 | Y |   |     |",
    )
    record = of(*children("abcd"), pep=peps, terms=TERMS)
    found = figure(record, "pupil_premium_used_pct", measure="amount")
    assert (found["value"], found["denominator"], found["unit"]) == ((400 + 0) / 2, 2, "£ per plan")
    why = "no amount recorded"
    assert asides(record, "pupil_premium_used_pct", measure="amount") == {"a": "", "b": "", "c": why, "d": why}


def test_a_plan_is_shown_with_the_placement_of_its_day(of):
    """b's need is known and a plan has the episode that was open on its day."""
    peps = lines(PEPS, "a | 2024-25 Autumn | 15/10/2024 | Y | Y | 400 | TUITION")
    episodes = ("a | 01/01/2023 | S | C1 | 15/10/2024 | X1", "a | 15/10/2024 | L | C2 | |")
    record = of(*episodes, pep=peps, terms=TERMS)
    measures = Catalogue((replace(catalogue()["pupil_premium_used_pct"], needs_history=0),))
    found = calculate(measures, record, Periods.months(D, 1), by=("legal_status",))
    counted = found[(found["breakdown"] == "legal_status") & (found["numerator"] > 0)]
    assert counted["category"].tolist() == ["Full care order"]


# Results: 31 March 2025 asks about the school year 2023-24, of the cohort at 31 March 2024


RESULTS = """
    CHILD | ACAD_YEAR | KEY_STAGE | ENG_LANG | ENG_LIT | MATHS | ATT8 | KS2_RWM
    ------+-----------+-----------+----------+---------+-------+------+--------
"""


def test_english_and_maths_need_maths_and_either_english(of):
    """a passes with literature, b with language, c fails maths, d fails English, e was entered for nothing."""
    results = lines(
        RESULTS,
        "a | 2023-24 | KS4 | 3 | 4 | 4 | |",
        "b | 2023-24 | KS4 | 4 |   | 9 | |",
        "c | 2023-24 | KS4 | 9 | 9 | 3 | |",
        "d | 2023-24 | KS4 | 3 | 3 | 9 | |",
        "e | 2023-24 | KS4 |   |   |   | |",
    )
    record = of(*children("abcde"), attainment=results)
    assert answer(record, "attainment_ks4_english_maths_pct", D) == (2, 5)
    assert answer(record, "attainment_ks4_english_maths_pct", D, grade=5) == (0, 5)


@pytest.mark.parametrize(("ending", "counted"), [
    ("2024-07-31", (0, 0)),
    ("2024-08-31", (1, 1)),
    ("2025-07-31", (1, 1)),
    ("2025-08-31", (0, 1)),
])  # fmt: skip
def test_a_school_year_s_results_are_reported_from_31_august_until_the_next(of, ending, counted):
    results = lines(
        RESULTS,
        "a | 2023-24 | KS4 | 5 | 5 | 5 | |",
        "b | 2024-25 | KS4 | 1 | 1 | 1 | |",
        "c | 2024 | KS4 | 9 | 9 | 9 | |",
    )
    record = of(*children("abc"), year=2026, attainment=results)
    assert answer(record, "attainment_ks4_english_maths_pct", ending) == counted


@pytest.mark.parametrize(("start", "left", "asked"), [
    ("01/04/2023", "", 1),
    ("02/04/2023", "", 0),
    ("01/01/2023", "31/03/2024", 0),
    ("01/01/2023", "01/04/2024", 1),
])  # fmt: skip
def test_the_cohort_is_that_of_the_31_march_inside_the_school_year(of, start, left, asked):
    results = lines(RESULTS, "a | 2023-24 | KS4 | 5 | 5 | 5 | 40 |")
    record = of(f"a | {start} | S | C2 | {left} | {'E4A' if left else ''}", attainment=results)
    assert answer(record, "attainment_ks4_english_maths_pct", D) == (asked, asked)


def test_a_short_break_in_the_twelve_months_to_that_31_march_breaks_the_cohort(of):
    """a's break is after the twelve months, b's in them; b alone has failed."""
    breaks = ("a | 02/04/2024 | S | V3 | 05/04/2024 | E4A", "b | 28/03/2024 | S | V3 | 30/03/2024 | E4A")
    grades = {"a": 5, "b": 1, "c": 5}
    results = lines(RESULTS, *(f"{child} | 2023-24 | KS4 | {n} | {n} | {n} | |" for child, n in grades.items()))
    record = of(*children("abc"), *breaks, attainment=results)
    assert answer(record, "attainment_ks4_english_maths_pct", D) == (2, 2)


def test_children_at_the_end_of_a_key_stage_without_results_are_set_aside(of):
    """a, b and c were 15, 14 and 16 on 31 August 2023; d was 10. The start of e is unknown and recent."""
    record = of(
        *children("abcd"),
        "e | 01/06/2023 | P | C2 | |",
        header=born("31/08/2008", "01/09/2008", "31/08/2007", "31/08/2013", "01/01/2008"),
        attainment=lines(RESULTS, "e | 2023-24 | KS4 | 5 | 5 | 5 | 40 | "),
    )
    unknown = "start of care not known"
    assert asides(record, "attainment_ks4_english_maths_pct") == {"a": "no results recorded", "e": unknown}
    assert asides(record, "attainment_ks2_rwm_pct") == {"d": "no results recorded"}


def test_key_stage_2_counts_yes_and_a_blank_is_not_known(of):
    answers = [f"{child} | 2023-24 | KS2 | | | | | {met}" for child, met in zip("abc", ("Y", "N", ""), strict=True)]
    record = of(*children("abcd"), attainment=lines(RESULTS, *answers, "d | 2023-24 | KS4 | | | | | Y"))
    assert answer(record, "attainment_ks2_rwm_pct", D) == (1, 3)
    assert rows(record, "attainment_ks2_rwm_pct")["known"].tolist() == [True, True, False]


def test_attainment_8_is_a_mean_of_scores_and_a_missing_score_is_set_aside(of):
    scores = [f"{child} | 2023-24 | KS4 | | | | {score} |" for child, score in {"a": "20.5", "b": "0", "c": ""}.items()]
    record = of(*children("abc"), attainment=lines(RESULTS, *scores))
    found = figure(record, "attainment8_average")
    assert (found["value"], found["denominator"]) == ((20.5 + 0) / 2, 2)
    assert asides(record, "attainment8_average")["c"] == "no Attainment 8 score recorded"


def test_results_cannot_be_compared_across_the_years_without_examinations():
    days = sorted(catalogue()["attainment_ks4_english_maths_pct"].breaks)
    assert days == ["2020-08-31", "2021-08-31", "2022-08-31"]


def test_years_before_the_list_of_results_begins_are_not_available(of):
    """The first results are of 2023-24, whose cohort was in care from 1 April 2023."""
    record = of(*children("a"), attainment=lines(RESULTS, "a | 2023-24 | KS4 | 5 | 5 | 5 | |"))
    measure = catalogue().only(["attainment_ks4_english_maths_pct"])
    series = calculate(measure, from_long_ago(record), Periods.months("2024-09-30", 3))
    assert series["status"].tolist() == ["x", "ok", "ok"]


# Absence


SESSIONS = """
    CHILD | ACAD_YEAR | PERIOD | SESSIONS_POSSIBLE | AUTH_ABSENCE | UNAUTH_ABSENCE
    ------+-----------+--------+-------------------+--------------+---------------
"""
SCHOOL_AGE = [*["01/01/2014"] * 8]


def test_absence_adds_the_sessions_of_all_terms_before_it_divides(of):
    """a missed 10 of 200, b 30 of 100: 40 of 300, not the mean of 5 % and 30 %."""
    sessions = lines(
        SESSIONS,
        "a | 2023-24 | Autumn | 100 | 6  | 0",
        "a | 2023-24 | Spring | 100 | 0  | 4",
        "b | 2023-24 | Autumn | 100 | 20 | 10",
        "a | 2022-23 | Autumn | 100 | 99 | 0",
    )
    record = of(*children("ab"), header=born(*SCHOOL_AGE), attendance=sessions)
    found = figure(record, "absence_overall_pct")
    assert (found["numerator"], found["denominator"], found["unit"]) == (40, 300, "% of sessions")
    assert found["value"] == pytest.approx(100 * 40 / 300)


@pytest.mark.parametrize(("missed", "persistent", "severe"), [(19, 0, 0), (20, 1, 0), (99, 1, 0), (100, 1, 1)])
def test_a_tenth_is_persistent_and_a_half_is_severe(of, missed, persistent, severe):
    """Of 200 sessions at two schools."""
    sessions = lines(SESSIONS, f"a | 2023-24 | 1 | 150 | {missed} | 0", "a | 2023-24 | 2 | 50 | 0 | ")
    record = of(*children("a"), header=born(*SCHOOL_AGE), attendance=sessions)
    assert answer(record, "absence_persistent_pct", D) == (persistent, 1)
    assert answer(record, "absence_severe_pct", D) == (severe, 1)


def test_other_thresholds_can_be_chosen(of):
    record = of(*children("a"), header=born(*SCHOOL_AGE), attendance=lines(SESSIONS, "a | 2023-24 | 1 | 100 | 15 | 0"))
    assert answer(record, "absence_persistent_pct", D, threshold=15) == (1, 1)
    assert answer(record, "absence_persistent_pct", D, threshold=16) == (0, 1)
    assert answer(record, "absence_severe_pct", D, threshold=15) == (1, 1)


@pytest.mark.parametrize(("birth", "asked"), [
    ("31/08/2018", 1),
    ("01/09/2018", 0),
    ("01/09/2007", 1),
    ("31/08/2007", 0),
])  # fmt: skip
def test_pupils_are_five_to_fifteen_on_the_31_august_before_the_school_year(of, birth, asked):
    sessions = lines(SESSIONS, "a | 2023-24 | Autumn | 100 | 50 | 0")
    suspended = lines(SUSPENSIONS, "a | 01/10/2023 | 2 | SUSPENSION")
    record = of(*children("a"), header=born(birth), attendance=sessions, suspensions=suspended)
    assert answer(record, "absence_severe_pct", D) == (asked, asked)
    assert answer(record, "suspensions_pct", D) == (asked, asked)


def test_pupils_without_sessions_are_set_aside(of):
    """b has no row, c no possible session, d an unknown age, e an unknown start less than a year before."""
    record = of(
        *children("abcd"),
        "e | 01/06/2023 | P | C2 | |",
        header=born(*["01/01/2014"] * 3, "", "01/01/2014"),
        attendance=lines(SESSIONS, "a | 2023-24 | Autumn | 100 | 1 | 0", "c | 2023-24 | Autumn | 0 | 0 | 0"),
    )
    nothing = "no sessions recorded"
    expected = {"a": "", "b": nothing, "c": nothing, "d": "date of birth not known", "e": "start of care not known"}
    for measure in ("absence_overall_pct", "absence_persistent_pct", "absence_severe_pct"):
        assert asides(record, measure) == expected
        assert figure(record, measure)["people"] == 1


@pytest.mark.parametrize(("ending", "missed", "possible"), [
    ("2024-11-30", 0, 0),
    ("2024-12-31", 5, 100),
    ("2025-03-31", 5, 100),
    ("2025-04-30", 25, 180),
])  # fmt: skip
def test_to_date_takes_the_terms_ended_so_far(of, ending, missed, possible):
    """Autumn ended on 20 December, spring on 4 April; no term is called Night school."""
    sessions = lines(
        SESSIONS,
        "a | 2024/25 | autumn       | 100 | 5  | 0",
        "a | 2024/25 | Spring       | 80  | 20 | 0",
        "a | 2024/25 | Night school | 50  | 50 | 0",
        "a | 2023/24 | Summer       | 90  | 90 | 0",
    )
    record = of(*children("a"), year=2026, header=born(*SCHOOL_AGE), attendance=sessions, terms=TERMS)
    found = figure(record, "absence_overall_pct", ending, to_date=True)
    assert (found["numerator"], found["denominator"]) == (missed, possible)


def test_to_date_takes_the_cohort_of_the_last_day(of):
    """b has been in care for twelve months at 31 December 2024, c a day less; at 31 March 2024 only a was in care."""
    sessions = lines(SESSIONS, *(f"{child} | 2024-25 | Autumn | 100 | 60 | 0" for child in "abc"))
    later = (*children("b", "01/01/2024"), *children("c", "02/01/2024"))
    record = of(*children("a"), *later, header=born(*SCHOOL_AGE), attendance=sessions, terms=TERMS)
    assert answer(record, "absence_severe_pct", "2024-12-31", to_date=True) == (2, 2)


# Exclusions


SUSPENSIONS = """
    CHILD | START      | SESSIONS | TYPE
    ------+------------+----------+-----------
    x     | 01/10/2019 | 1        | SUSPENSION
"""


@pytest.mark.parametrize(("day", "kind", "counted"), [
    ("01/09/2023", "SUSPENSION", 1),
    ("31/08/2023", "SUSPENSION", 0),
    ("31/08/2024", "SUSPENSION", 1),
    ("01/09/2024", "SUSPENSION", 0),
    ("01/10/2023", "PERMANENT", 0),
])  # fmt: skip
def test_a_pupil_suspended_in_the_school_year_counts_once(of, day, kind, counted):
    twice = (f"b | 01/{month}/2023 | 1 | SUSPENSION" for month in (10, 11))
    suspended = lines(SUSPENSIONS, f"a | {day} | 2 | {kind}", *twice)
    record = of(*children("abc"), header=born(*SCHOOL_AGE), suspensions=suspended)
    assert answer(record, "suspensions_pct", D) == (counted + 1, 3)


def test_every_permanent_exclusion_of_the_school_year_is_counted(of):
    suspended = lines(
        SUSPENSIONS,
        "a | 01/09/2023 | | PERMANENT",
        "a | 01/02/2024 | | PERMANENT",
        "b | 31/08/2023 | | PERMANENT",
        "b | 01/02/2024 | 4 | SUSPENSION",
        "c | 01/02/2024 | | PERMANENT",
    )
    record = of(*children("ab"), *children("c", "02/04/2023"), header=born(*SCHOOL_AGE), suspensions=suspended)
    assert figure(record, "permanent_exclusions_count")["value"] == 2


@pytest.mark.parametrize(("first", "status"), [("31/12/2023", "ok"), ("01/01/2024", "x")])
def test_a_list_of_suspensions_that_begins_after_the_autumn_does_not_answer_for_the_year(of, first, status):
    head = "\n".join(SUSPENSIONS.splitlines()[:3])
    record = of(*children("a"), header=born(*SCHOOL_AGE), suspensions=lines(head, f"a | {first} | 2 | SUSPENSION"))
    measure = catalogue().only(["suspensions_pct"])
    assert calculate(measure, from_long_ago(record), Periods.months("2024-08-31", 1))["status"].tolist() == [status]


# Schools


SCHOOLS = """
    CHILD | SCHOOL_URN | START      | END
    ------+------------+------------+-----------
"""


@pytest.mark.parametrize(("day", "moved"), [
    ("30/09/2023", 0),
    ("01/10/2023", 1),
    ("31/07/2024", 1),
    ("01/08/2024", 0),
    ("01/02/2023", 0),
])  # fmt: skip
def test_a_school_that_starts_from_october_to_july_is_a_move(of, day, moved):
    schools = lines(SCHOOLS, "a | 1 | 01/09/2020 | 01/02/2023", f"a | 2 | {day} | ", "b | 3 | 01/11/2023 |")
    record = of(*children("ab"), header=born(*SCHOOL_AGE), schools=schools)
    # The first school of b is not a move.
    assert answer(record, "school_moves_midyear_pct", D) == (moved, 2)


def test_pupils_on_no_roll_in_the_school_year_are_set_aside(of):
    """a left school the day before the year, b on its first day; c starts the day after it, d on its last day."""
    schools = lines(
        SCHOOLS,
        "a | 1 | 01/09/2020 | 31/08/2023",
        "b | 1 | 01/09/2020 | 01/09/2023",
        "c | 1 | 01/09/2024 |",
        "d | 1 | 31/08/2024 |",
    )
    record = of(*children("abcde"), header=born(*["01/01/2014"] * 4, ""), schools=schools)
    nowhere = "not matched to a school"
    expected = {"a": nowhere, "b": "", "c": nowhere, "d": "", "e": "date of birth not known"}
    assert asides(record, "school_moves_midyear_pct") == expected


@pytest.mark.parametrize(("start", "moved"), [("01/02/2024", 1), ("02/02/2024", 0)])
def test_as_published_all_in_care_at_31_march_are_asked_and_moves_before_care_are_not_counted(of, start, moved):
    """a moved school on 1 February; b moved in November, between two times in care that year."""
    twice = ("b | 01/06/2023 | S | C2 | 15/10/2023 | E4A", "b | 01/03/2024 | S | C2 | |")
    schools = lines(
        SCHOOLS, *(f"{child} | 1 | 01/09/2020 | " for child in "ab"), "a | 2 | 01/02/2024 |", "b | 2 | 10/11/2023 |"
    )
    record = of(f"a | {start} | S | C2 | |", *twice, header=born(*SCHOOL_AGE), schools=schools)
    assert answer(record, "school_moves_midyear_pct", D, cohort="in_care") == (moved + 1, 2)
    assert answer(record, "school_moves_midyear_pct", D) == (0, 0)


# All together


def test_periods_asked_together_are_the_periods_asked_alone(of):
    tables = {
        "header": born(*SCHOOL_AGE),
        "terms": TERMS,
        "pep": lines(PEPS, "a | x | 15/10/2024 | Y | Y | 400 | TUITION", "b | x | 15/06/2024 | Y | N | |"),
        "attainment": lines(RESULTS, "a | 2022-23 | KS4 | 5 | 5 | 5 | 40 | Y", "b | 2023-24 | KS2 | | | | | Y"),
        "attendance": lines(SESSIONS, "a | 2023-24 | Autumn | 100 | 15 | 0", "b | 2024-25 | Autumn | 90 | 50 | 0"),
        "suspensions": lines(SUSPENSIONS, "a | 01/10/2022 | 2 | SUSPENSION", "b | 01/10/2023 | | PERMANENT"),
        "schools": lines(SCHOOLS, "a | 1 | 01/09/2020 | 01/02/2024", "a | 2 | 01/02/2024 |", "b | 1 | 01/09/2020 |"),
    }
    record = from_long_ago(of(*children("ab"), "c | 01/02/2024 | S | C2 | 01/02/2025 | E4A", **tables))
    measures = catalogue().topic("education")
    measures = Catalogue(tuple(replace(m, needs_history=0) for m in measures))
    quarters = Periods.quarters(D, 4)
    together = calculate(measures, record, quarters)
    alone = pd.concat(calculate(measures, record, Periods.quarters(end, 1)) for end in quarters.ends)
    key = ["measure", "breakdown", "category", "period_end"]
    left, right = (frame.sort_values(key).reset_index(drop=True)[[*key, "numerator", "denominator", "status"]]
                   for frame in (together, alone))  # fmt: skip
    pd.testing.assert_frame_equal(left, right)
    assert (left["status"] == "ok").any()
