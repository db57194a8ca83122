"""Health of children in care: who is in the twelve-month cohort, what counts as done, and by which day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extract import answer, record_of
from incare.measure import Catalogue
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
ONE = """
    CHILD | DECOM      | RNE | LS | DEC        | REC
    ------+------------+-----+----+------------+----
"""
NAMES = {
    "health_assessment_pct": "HEALTH_ASSESSMENT",
    "dental_check_pct": "TEETH_CHECK",
    "immunisations_pct": "IMMUNISATIONS",
    "substance_misuse_pct": "SUBSTANCE_MISUSE",
}


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=lines(ONE, *rows), **tables)


def rows(record, measure, ending=D, **choices):
    """The rows behind a figure, by the child's id."""
    found = rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]]).sort_index()


def asides(record, measure, ending=D, **choices):
    """Why each child is set aside; "" for those in the figure."""
    found = rows(record, measure, ending, **choices)
    return {} if found.empty else found["aside"].astype(str).to_dict()


def mean(record, measure, **choices):
    """The value of a mean and the number of rows behind it."""
    found = replace(catalogue()[measure].choose(**choices), needs_history=0)
    row = calculate(Catalogue((found,)), record, Periods.months(D, 1)).iloc[0]
    return row["value"], row["denominator"]


LONG = "a | 01/01/2024 | S | C2 | |"


# The return


def oc2(**answers) -> str:
    """One OC2 row per child; each argument is a column with an answer for every child in turn: a, b, c and so on."""
    columns = dict.fromkeys(("SDQ_SCORE", "CONVICTED", "HEALTH_ASSESSMENT")) | answers
    count = max(len(v) for v in answers.values())
    head = ["CHILD", *columns]
    found = [["abcdefgh"[n], *((v[n] if v else "") for v in columns.values())] for n in range(count)]
    return "\n".join([" | ".join(head), "-+-".join("-" for _ in head), *(" | ".join(cells) for cells in found)])


@pytest.mark.parametrize(("start", "there"), [("01/04/2024", 1), ("02/04/2024", 0)])
def test_the_cohort_are_children_in_care_from_1_april_to_31_march(of, start, there):
    record = of(f"a | {start} | S | C2 | |", oc2=oc2(HEALTH_ASSESSMENT="1"))
    assert answer(record, "health_assessment_pct", D) == (there, there)


@pytest.mark.parametrize(("left", "there"), [("31/03/2025", 0), ("01/04/2025", 1)])
def test_a_child_who_leaves_on_31_march_is_not_in_the_cohort(of, left, there):
    record = of(f"a | 01/01/2024 | S | C2 | {left} | E4A", oc2=oc2(HEALTH_ASSESSMENT="1"))
    assert answer(record, "health_assessment_pct", D) == (there, there)


@pytest.mark.parametrize(("first", "last", "there"), [
    ("28/03/2024", "31/03/2024", 1),
    ("30/03/2024", "02/04/2024", 0),
    ("02/05/2024", "04/05/2024", 0),
])  # fmt: skip
def test_a_short_break_in_the_twelve_months_breaks_the_cohort(of, first, last, there):
    record = of(LONG, f"a | {first} | S | V3 | {last} | E4A", oc2=oc2(HEALTH_ASSESSMENT="1"))
    assert answer(record, "health_assessment_pct", D) == (there, there)


def test_a_child_whose_start_of_care_is_unknown_and_recent_is_set_aside(of):
    """a came into care some time before 1 June 2024, b before 1 January 2024: b has been for twelve months."""
    record = of("a | 01/06/2024 | P | C2 | |", "b | 01/01/2024 | P | C2 | |", oc2=oc2(HEALTH_ASSESSMENT="11"))
    assert asides(record, "health_assessment_pct") == {"a": "start of care not known", "b": ""}
    assert answer(record, "health_assessment_pct", D) == (1, 1)


@pytest.mark.parametrize(("measure", "column"), NAMES.items())
def test_a_blank_answer_is_not_counted_and_not_known(of, measure, column):
    record = of(*(f"{child} | 01/01/2024 | S | C2 | |" for child in "abc"), oc2=oc2(**{column: ["1", "0", ""]}))
    assert answer(record, measure, D) == (1, 3)
    assert rows(record, measure)["known"].tolist() == [True, True, False]


@pytest.mark.parametrize("measure", NAMES)
def test_a_child_of_the_cohort_without_an_oc2_row_is_set_aside(of, measure):
    record = of(LONG, "b | 01/01/2024 | S | C2 | |", oc2=oc2(**{NAMES[measure]: "1"}))
    assert asides(record, measure) == {"a": "", "b": "no OC2 row"}
    assert answer(record, measure, D) == (1, 1)


def test_the_return_answers_at_31_march_only(of):
    record = of(LONG, oc2=oc2(HEALTH_ASSESSMENT="1"))
    measure = replace(catalogue()["health_assessment_pct"], needs_history=0)
    series = calculate(Catalogue((measure,)), record, Periods.quarters(D, 2))
    assert series["status"].tolist() == ["x", "ok"]
    assert series["reason"].tolist() == ["the return answers this for the year to 31 March only", ""]


def test_each_year_is_answered_by_its_own_return(tmp_path):
    from extract import write

    episodes = lines(ONE, "a | 01/01/2022 | S | C2 | |")
    write(tmp_path, 2024, episodes=episodes, oc2=oc2(HEALTH_ASSESSMENT="0"))
    record = record_of(tmp_path, 2025, episodes=episodes, oc2=oc2(HEALTH_ASSESSMENT="1"))
    assert answer(record, "health_assessment_pct", "2024-03-31") == (0, 1)
    assert answer(record, "health_assessment_pct", D) == (1, 1)


BORN = """
    CHILD | DOB
    ------+-----------
"""


def born(*days: str) -> str:
    return lines(BORN, *(f"{child} | {day}" for child, day in zip("abcdefgh", days, strict=False)))


def test_development_is_asked_of_children_under_five_on_the_day(of):
    """a turns five on 1 April, b on 31 March; the birth date of c is unknown."""
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abc"),
        header=born("01/04/2020", "31/03/2020", ""),
        oc2=oc2(HEALTH_CHECK="111"),
    )
    assert answer(record, "development_check_pct", D) == (1, 1)
    assert asides(record, "development_check_pct") == {"a": "", "c": "date of birth not known"}


# Lists of checks


# The first row is of nobody in care: it says from when the council has kept the list.
CHECKS = """
    CHILD | CHECK_TYPE   | CHECK_DATE | STATUS
    ------+--------------+------------+----------
    x     | OPTICAL      | 01/04/2020 | COMPLETED
"""


@pytest.mark.parametrize(("kind", "day", "status", "done"), [
    ("RHA", "01/04/2024", "COMPLETED", 1),
    ("RHA", "31/03/2024", "COMPLETED", 0),
    ("IHA", "01/04/2024", "COMPLETED", 1),
    ("RHA", "31/03/2025", "COMPLETED", 1),
    ("RHA", "01/04/2025", "COMPLETED", 0),
    ("RHA", "01/09/2024", "REFUSED", 0),
    ("RHA", "01/09/2024", "PLANNED", 0),
    ("RHA", "01/09/2024", "CANCELLED", 0),
    ("DENTAL", "01/09/2024", "COMPLETED", 0),
])  # fmt: skip
def test_an_assessment_counts_for_twelve_months_if_it_was_done(of, kind, day, status, done):
    record = of(LONG, health=lines(CHECKS, f"a | {kind} | {day} | {status}"))
    assert answer(record, "health_assessment_pct", D, form="dates") == (done, 1)


@pytest.mark.parametrize(("birth", "day", "done"), [
    ("01/04/2020", "01/10/2024", 1),
    ("01/04/2020", "30/09/2024", 0),
    ("31/03/2020", "30/09/2024", 1),
])  # fmt: skip
def test_an_assessment_of_a_child_under_five_counts_for_six_months(of, birth, day, done):
    record = of(LONG, header=born(birth), health=lines(CHECKS, f"a | RHA | {day} | COMPLETED"))
    assert answer(record, "health_assessment_pct", D, form="dates") == (done, 1)


def test_by_dates_a_child_of_unknown_age_is_set_aside(of):
    record = of(LONG, header=born(""), health=lines(CHECKS, "a | RHA | 01/12/2024 | COMPLETED"))
    assert asides(record, "health_assessment_pct", form="dates") == {"a": "date of birth not known"}


def test_the_list_to_act_on_says_when_the_last_was_done_and_the_next_is_due(of):
    record = of(LONG, health=lines(CHECKS, "a | RHA | 10/02/2024 | COMPLETED", "a | RHA | 10/02/2025 | REFUSED"))
    row = rows(record, "health_assessment_pct", form="dates").loc["a"]
    assert (str(row["done"].date()), str(row["due"].date()), row["counted"]) == ("2024-02-10", "2025-02-10", False)


@pytest.mark.parametrize(("start", "there"), [("03/03/2025", 1), ("04/03/2025", 0)])
def test_all_due_are_children_in_care_for_twenty_working_days(of, start, there):
    """The twentieth working day after Monday 3 March is Monday 31 March."""
    record = of(f"a | {start} | S | C2 | |", health=lines(CHECKS, "a | IHA | 30/03/2025 | COMPLETED"))
    assert answer(record, "health_assessment_pct", D, form="dates", cohort="all_due") == (there, there)
    assert answer(record, "health_assessment_pct", D, form="dates") == (0, 0)


@pytest.mark.parametrize(("day", "done"), [("10/11/2024", 1), ("09/11/2024", 0)])
def test_an_assessment_from_more_than_three_months_before_care_does_not_count(of, day, done):
    record = of("a | 10/02/2025 | S | C2 | |", health=lines(CHECKS, f"a | IHA | {day} | COMPLETED"))
    assert answer(record, "health_assessment_pct", D, form="dates", cohort="all_due") == (done, 1)


def test_among_all_due_an_unknown_start_of_care_is_set_aside_unless_a_year_old(of):
    """b has been in care for a year at least; a and c for an unknown time, c perhaps for less than 20 days."""
    episodes = ("a | 01/06/2024 | P | C2 | |", "b | 01/04/2024 | P | C2 | |", "c | 20/03/2025 | P | C2 | |")
    record = of(*episodes, health=lines(CHECKS, "b | RHA | 01/12/2024 | COMPLETED"))
    unknown = "start of care not known"
    found = asides(record, "health_assessment_pct", form="dates", cohort="all_due")
    assert found == {"a": unknown, "b": "", "c": unknown}


@pytest.mark.parametrize(("measure", "kind"), [
    ("dental_check_pct", "DENTAL"),
    ("immunisations_pct", "IMMUNISATION"),
    ("development_check_pct", "DEVELOPMENT"),
])  # fmt: skip
def test_other_checks_count_for_twelve_months(of, measure, kind):
    """a had the check on 1 April, b a day earlier, c declined it, d had an optical check."""
    checks = [
        f"a | {kind}  | 01/04/2024 | COMPLETED",
        f"b | {kind}  | 31/03/2024 | COMPLETED",
        f"c | {kind}  | 01/12/2024 | REFUSED",
        "d  | OPTICAL | 01/12/2024 | COMPLETED",
    ]
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcd"),
        header=born(*["01/06/2021"] * 4),
        health=lines(CHECKS, *checks),
    )
    assert answer(record, measure, D, form="dates") == (1, 4)


def test_by_dates_any_month_can_be_asked(of):
    record = of("a | 01/01/2023 | S | C2 | |", health=lines(CHECKS, "a | DENTAL | 01/12/2023 | COMPLETED"))
    assert answer(record, "dental_check_pct", "2024-11-30", form="dates") == (1, 1)
    assert answer(record, "dental_check_pct", "2024-12-31", form="dates") == (0, 1)


# Initial assessments: care from 30 April 2024, the twentieth working day is 30 May


@pytest.mark.parametrize(("day", "in_time"), [
    ("30/05/2024", 1),
    ("31/05/2024", 0),
    ("30/01/2024", 1),
    ("29/01/2024", 0),
])  # fmt: skip
def test_an_initial_assessment_is_in_time_from_three_months_before_to_the_due_day(of, day, in_time):
    record = of("a | 30/04/2024 | S | C2 | |", health=lines(CHECKS, f"a | IHA | {day} | COMPLETED"))
    assert answer(record, "iha_in_time_pct", D) == (in_time, 1)


def test_the_first_assessment_decides_and_a_refused_one_is_none(of):
    checks = ("a | IHA | 20/05/2024 | REFUSED", "a | RHA | 29/05/2024 | COMPLETED", "b | IHA | 20/05/2024 | REFUSED")
    record = of("a | 30/04/2024 | S | C2 | |", "b | 30/04/2024 | S | C2 | |", health=lines(CHECKS, *checks))
    assert answer(record, "iha_in_time_pct", D) == (1, 2)
    found = rows(record, "iha_in_time_pct")
    assert found["due"].dt.strftime("%d/%m/%Y").tolist() == ["30/05/2024"] * 2
    assert found["done"].dt.strftime("%d/%m/%Y").fillna("").tolist() == ["29/05/2024", ""]


@pytest.mark.parametrize(("left", "asked"), [("30/05/2024", 0), ("31/05/2024", 1)])
def test_a_child_who_leaves_by_the_due_day_is_not_asked_about(of, left, asked):
    checks = lines(CHECKS, "a | IHA | 20/05/2024 | COMPLETED")
    record = of(f"a | 30/04/2024 | S | C2 | {left} | E4A", health=checks)
    assert answer(record, "iha_in_time_pct", D) == (asked, asked)


@pytest.mark.parametrize(("ending", "asked"), [("2024-04-30", 0), ("2024-05-31", 1), ("2024-06-30", 0)])
def test_the_due_day_decides_the_period(of, ending, asked):
    record = of("a | 30/04/2024 | S | C2 | |", health=lines(CHECKS, "a | IHA | 02/04/2024 | COMPLETED"))
    assert answer(record, "iha_in_time_pct", ending, window="period") == (asked, asked)


@pytest.mark.parametrize(("ending", "asked"), [("2025-04-30", 1), ("2025-05-31", 0)])
def test_over_twelve_months_the_due_day_lies_in_them(tmp_path, ending, asked):
    """Due on 30 May 2024: inside the twelve months to 30 April 2025, outside those to 31 May."""
    record = record_of(
        tmp_path,
        2026,
        episodes=lines(ONE, "a | 30/04/2024 | S | C2 | |"),
        health=lines(CHECKS, "a | IHA | 20/05/2024 | COMPLETED"),
    )
    assert answer(record, "iha_in_time_pct", ending) == (asked, asked)


def test_an_assessment_after_the_period_is_not_seen_yet(of):
    record = of("a | 30/04/2024 | S | C2 | |", health=lines(CHECKS, "a | IHA | 10/06/2024 | COMPLETED"))
    assert rows(record, "iha_in_time_pct", "2024-05-31")["done"].isna().all()
    assert rows(record, "iha_in_time_pct", "2024-06-30")["done"].notna().all()


def test_other_numbers_of_days_can_be_chosen_and_unknown_starts_are_set_aside(of):
    """The tenth working day after 30 April is 15 May; the assessment of the 16th is late for it."""
    checks = lines(CHECKS, "a | IHA | 16/05/2024 | COMPLETED")
    record = of("a | 30/04/2024 | S | C2 | |", "b | 30/04/2024 | P | C2 | |", health=checks)
    assert answer(record, "iha_in_time_pct", D) == (1, 1)
    assert answer(record, "iha_in_time_pct", D, days=10) == (0, 1)
    assert asides(record, "iha_in_time_pct") == {"a": "", "b": "start of care not known"}


# Strengths and difficulties


@pytest.mark.parametrize(("birth", "asked"), [
    ("01/04/2020", 0),
    ("31/03/2020", 1),
    ("01/04/2008", 1),
    ("31/03/2008", 0),
])  # fmt: skip
def test_scores_are_asked_of_ages_five_to_sixteen_on_the_day(of, birth, asked):
    record = of(LONG, header=born(birth), oc2=oc2(SDQ_SCORE=["12"]))
    assert answer(record, "sdq_completed_pct", D) == (asked, asked)


def test_a_score_of_0_is_a_score_and_41_is_none(of):
    """a, b and c have scores of 0, 40 and 41; d has a reason, e neither; f has no row and g no birth date."""
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcdefg"),
        header=born(*["01/06/2012"] * 6, ""),
        oc2=oc2(SDQ_SCORE=["0", "40", "41", "", ""], SDQ_REASON=["", "", "", "SDQ2", ""]),
    )
    assert answer(record, "sdq_completed_pct", D) == (2, 5)
    found = rows(record, "sdq_completed_pct")
    assert found["known"].tolist()[:5] == [True, True, False, True, False]
    assert found["aside"].astype(str).tolist() == [*[""] * 5, "no OC2 row", "date of birth not known"]


SCORES = """
    CHILD | SDQ_DATE   | SDQ_SCORE | SDQ_REASON
    ------+------------+-----------+-----------
"""


def test_by_dates_the_latest_score_of_the_twelve_months_is_read(of):
    """a: 1 April 2024; b: a day too early; c: refused after two scores; d: scored after a refusal; e: after the day."""
    scores = [
        "a | 01/04/2024 | 20 |",
        "b | 31/03/2024 | 20 |",
        "c | 01/05/2024 | 30 |",
        "c | 01/06/2024 | 15 |",
        "c | 01/02/2025 |    | SDQ5",
        "d | 01/05/2024 |    | SDQ5",
        "d | 01/02/2025 | 10 |",
        "e | 01/04/2025 | 20 |",
    ]
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcde"),
        header=born(*["01/06/2012"] * 5),
        sdq=lines(SCORES, *scores),
    )
    assert answer(record, "sdq_completed_pct", D, form="dates") == (3, 5)
    assert mean(record, "sdq_average", form="dates") == ((20 + 15 + 10) / 3, 3)
    assert rows(record, "sdq_completed_pct", form="dates")["known"].tolist() == [True, False, True, True, False]


def test_the_average_is_of_valid_scores_and_others_are_set_aside(of):
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcd"),
        oc2=oc2(SDQ_SCORE=["0", "17", "", "99"]),
    )
    assert mean(record, "sdq_average") == ((0 + 17) / 2, 2)
    found = asides(record, "sdq_average")
    assert found == {"a": "", "b": "", "c": "no valid score", "d": "no valid score"}


def test_bands_begin_at_14_and_17(of):
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcdef"),
        oc2=oc2(SDQ_SCORE=["0", "13", "14", "16", "17", ""]),
    )
    found = rows(record, "sdq_band_pct")
    assert found["part"].tolist()[:5] == ["Normal", "Normal", "Borderline", "Borderline", "Cause for concern"]
    assert found["aside"].tolist()[5] == "no valid score"
    assert answer(record, "sdq_band_pct", D) == (5, 5)


# Substance misuse


def test_help_is_received_or_offered_or_not_recorded_for_those_with_a_problem(of):
    """a received it, b was offered it, c neither, d is blank, e has no problem, f both: it was received."""
    record = of(
        *(f"{child} | 01/01/2024 | S | C2 | |" for child in "abcdef"),
        oc2=oc2(
            SUBSTANCE_MISUSE="111101",
            INTERVENTION_RECEIVED=["1", "0", "0", "", "", "1"],
            INTERVENTION_OFFERED=["", "1", "0", "", "", "1"],
        ),
    )
    found = rows(record, "substance_intervention_pct")
    received, offered, neither = "Received", "Offered, not taken up", "Not recorded"
    assert dict(found["part"]) == {"a": received, "b": offered, "c": neither, "d": neither, "f": received}
    assert found["known"].tolist() == [True, True, True, False, True]
    assert answer(record, "substance_misuse_pct", D) == (5, 6)


def test_all_ages_are_asked_about_substance_misuse(of):
    record = of(LONG, header=born("01/01/2024"), oc2=oc2(SUBSTANCE_MISUSE="0"))
    assert answer(record, "substance_misuse_pct", D) == (0, 1)
