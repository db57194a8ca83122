"""Reviews on time, reviews still due, and who took part in them."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH
from incare.measures.reviews import STILL_DUE, UNKNOWN_DUE
from incare.periods import Periods
from incare.rows import used
from incare.series import rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | PLACE | DEC        | REC
    ------+------------+-----+-------+------------+----
"""
REVIEWS = """
    CHILD | REVIEW     | REVIEW_CODE
    ------+------------+------------
"""
IN_TIME = "cla_reviews_in_time_pct"
TOOK_PART = "cla_review_participation_pct"


def drawn(head: str, rows) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of children with the reviews they had; "a" alone, in care since 30 April 2024, unless drawn."""

    def made(*reviews: str, care=("a | 30/04/2024 | S | U6 | |",), **more):
        return record_of(tmp_path, 2025, episodes=drawn(EPISODES, care), reviews=drawn(REVIEWS, reviews), **more)

    return made


def behind(record, measure, ending=D, **choices):
    """The rows behind a figure of one month."""
    return rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))


def set_aside_from(record, measure, ending=D, **choices) -> dict[str, int]:
    """How many rows were set aside, by reason."""
    reasons = behind(record, measure, ending, **choices)["aside"].astype(str)
    return reasons[reasons != ""].value_counts().to_dict()


def figure(record, measure=IN_TIME, ending=D, **choices) -> tuple[int, int]:
    """Numerator and denominator of one month, with the record reaching back no further than it does."""
    rows = used(behind(record, measure, ending, **choices))
    return rows["counted"].sum(), len(rows)


def dates(record, ending=D, **choices) -> list[list[str]]:
    """When the review to act on was due and done; "" where it was not."""
    found = behind(record, IN_TIME, ending, **choices)[["due", "done"]]
    return found.apply(lambda days: days.dt.strftime("%Y-%m-%d")).fillna("").to_numpy().tolist()


# All on time


def test_a_first_review_is_due_twenty_working_days_after_care_began(of):
    """A start on Monday 3 March is due on 31 March, on 4 April after two bank holidays at Easter and one in May."""
    for start, due in (("03/03/2025", "2025-03-31"), ("04/03/2025", None)):
        record = of("x | 01/05/2024 | PN1", care=[f"a | {start} | S | U6 | |"])
        assert answer(record, IN_TIME, D) == ((0, 1) if due else (0, 0))
        assert dates(record) == ([[due, ""]] if due else [])


def test_the_list_shows_the_last_late_review_before_later_ones_in_time(of):
    """Due 30 May and held late on 3 June; due 3 September and held early on 1 August, so due again on 1 February."""
    record = of("a | 03/06/2024 | PN1", "a | 01/08/2024 | PN1", "a | 31/01/2025 | PN1")
    assert answer(record, IN_TIME, D) == (0, 1)
    assert dates(record) == [["2024-05-30", "2024-06-03"]]


def test_a_review_held_after_the_last_day_is_not_done_by_then(of):
    record = of("a | 20/05/2024 | PN1", "a | 01/09/2024 | PN1")
    assert answer(record, IN_TIME, "2024-08-31") == (0, 1)
    assert dates(record, "2024-08-31") == [["2024-08-20", ""]]


LONG = ("a | 01/01/2023 | S | U6 | |",)


def test_a_child_without_any_review_on_record_is_set_aside(of):
    """a came before the record of reviews begins, b within it, c too recently for a review to be due."""
    care = [*LONG, "b | 30/04/2024 | S | U6 | |", "c | 20/03/2025 | S | U6 | |"]
    record = of("x | 01/05/2024 | PN1", care=care)
    assert figure(record) == (0, 1)
    assert set_aside_from(record, IN_TIME) == {UNKNOWN_DUE: 1}


def test_a_review_still_due_from_before_the_year_is_set_aside_or_late_by_choice(of, tmp_path):
    """The last review was on 1 September 2023, the next was due on 1 March 2024."""
    from extract import write

    write(tmp_path, 2024, episodes=drawn(EPISODES, LONG), reviews=drawn(REVIEWS, ["a | 01/09/2023 | PN1"]))
    record = of("x | 01/05/2024 | PN1", care=LONG)
    assert figure(record) == (0, 0)
    assert set_aside_from(record, IN_TIME) == {STILL_DUE: 1}
    assert figure(record, count_overdue=True) == (0, 1)
    assert dates(record) == [["2024-03-01", ""]]
    # At the end of February 2025 it was due in the 12 months.
    assert figure(record, ending="2025-02-28") == (0, 1)


# Each review


def test_the_second_form_is_of_the_reviews_due_in_the_year(of):
    """a: due 30 May, held; due 20 August, late; due 1 March, not held. b left before the first was due."""
    care = ["a | 30/04/2024 | S | U6 | |", "b | 30/04/2024 | S | U6 | 30/05/2024 | E4A"]
    record = of("a | 20/05/2024 | PN1", "a | 01/09/2024 | PN1", care=care)
    assert answer(record, IN_TIME, D, form="reviews") == (1, 3)
    assert dates(record, form="reviews") == [
        ["2024-05-30", "2024-05-20"],
        ["2024-08-20", "2024-09-01"],
        ["2025-03-01", ""],
    ]


def test_a_review_is_described_by_the_placement_on_the_day_it_was_due(of):
    """Due on 30 May, when the child moved from a home to a carer; the next was due two months later."""
    care = ["a | 30/04/2024 | S | K2 | 30/05/2024 | X1", "a | 30/05/2024 | P | U6 | 30/06/2024 | E4A"]
    rows = behind(of("a | 20/05/2024 | PN1", care=care), IN_TIME, form="reviews")
    assert rows["placement"].astype(str).tolist() == ["Foster: other carers"]


# The next review


@pytest.mark.parametrize(("ending", "up_to_date", "due"), [
    ("2024-04-30", 1, "2024-05-30"),
    ("2024-05-31", 1, "2024-08-20"),
    ("2024-08-31", 0, "2024-08-20"),
    ("2024-09-30", 1, "2025-03-01"),
    ("2025-02-28", 1, "2025-03-01"),
    ("2025-03-31", 0, "2025-03-01"),
])  # fmt: skip
def test_the_third_form_asks_whether_the_next_review_is_overdue(of, ending, up_to_date, due):
    """Held on 20 May, ten days early, and on 1 September, twelve days late."""
    record = of("a | 20/05/2024 | PN1", "a | 01/09/2024 | PN1")
    assert answer(record, IN_TIME, ending, form="current") == (up_to_date, 1)
    assert behind(record, IN_TIME, ending, form="current")["due"].astype(str).tolist() == [due]


def test_a_review_due_on_the_last_day_is_not_overdue_yet(of):
    record = of("x | 01/05/2024 | PN1", care=["a | 03/03/2025 | S | U6 | |"])
    assert answer(record, IN_TIME, D, form="current") == (1, 1)


def test_the_next_review_of_a_child_without_one_on_record_is_not_known_until_the_first(of):
    """a came before the record of reviews begins; the first review on record is of 15 September."""
    record = of("a | 15/09/2024 | PN1", care=LONG)
    assert figure(record, ending="2024-08-31", form="current") == (0, 0)
    assert set_aside_from(record, IN_TIME, "2024-08-31", form="current") == {UNKNOWN_DUE: 1}
    assert figure(record, ending="2024-09-30", form="current") == (1, 1)
    assert figure(record, ending="2025-02-28", form="current") == (1, 1)
    assert figure(record, form="current") == (0, 1)


def test_a_child_who_leaves_before_the_next_review_is_due_is_not_overdue(of):
    record = of("a | 20/05/2024 | PN1", care=["a | 30/04/2024 | S | U6 | 10/07/2024 | E4A"])
    assert answer(record, IN_TIME, "2024-06-30", form="current") == (1, 1)


PLANNED = """
    CHILD | DUE_DATE   | REVIEW_DATE | CANCELLED | REVIEW_CODE
    ------+------------+-------------+-----------+------------
    a     | 30/05/2024 | 20/05/2024  |           | PN1
    a     | 01/08/2024 |             |           |
    a     | 01/09/2024 | 01/09/2024  |           | PN1
"""


@pytest.mark.parametrize(("ending", "up_to_date"), [("2024-07-31", 1), ("2024-08-31", 0), ("2024-09-30", 1)])
def test_a_planned_review_is_awaited_until_a_later_one_is_held(of, ending, up_to_date):
    """The review of 1 August was never held; the one of 1 September took its place."""
    record = of("a | 20/05/2024 | PN1", reviews_local=PLANNED)
    assert figure(record, ending=ending, form="current") == (up_to_date, 1)


def test_a_planned_review_that_was_not_held_is_late_in_the_year_it_was_due(of):
    record = of("a | 20/05/2024 | PN1", reviews_local=PLANNED)
    assert figure(record, ending="2024-07-31") == (1, 1)
    assert figure(record, ending="2024-09-30") == (0, 1)


# Taking part


CODES = ["PN0", "PN1", "PN2", "PN3", "PN4", "PN5", "PN6", "PN7", ""]
ONE_EACH = [f"a | {day:02d}/06/2024 | {code}" for day, code in enumerate(CODES, 1)]


@pytest.mark.parametrize(("choices", "counted"), [
    ({}, 5),
    ({"pn4_counts": True}, 6),
    ({"attended": True}, 4),
])  # fmt: skip
def test_taking_part_is_by_code_and_a_missing_code_stays_in(of, choices, counted):
    record = of(*ONE_EACH)
    assert answer(record, TOOK_PART, D, **choices) == (counted, 9)
    assert behind(record, TOOK_PART)["known"].sum() == 7


BORN = """
    CHILD | DOB
    ------+-----------
    four  | 01/06/2020
    three | 02/06/2020
    lost  |
"""


def test_taking_part_is_asked_of_children_aged_four_on_the_day_of_the_review(tmp_path):
    care = [f"{child} | 30/04/2024 | S | U6 | |" for child in ("four", "three", "lost")]
    reviews = """
        CHILD | DOB | REVIEW     | REVIEW_CODE
        ------+-----+------------+------------
        four  |     | 01/06/2024 | PN1
        three |     | 01/06/2024 | PN1
        lost  |     | 01/06/2024 | PN1
    """
    record = record_of(tmp_path, 2025, episodes=drawn(EPISODES, care), reviews=reviews, header=BORN)
    for level in ("reviews", "child"):
        assert answer(record, TOOK_PART, D, level=level) == (1, 1)
        assert set_aside_from(record, TOOK_PART, level=level) == {UNKNOWN_BIRTH: 1}


@pytest.mark.parametrize(("day", "reviews"), [("31/03/2024", 0), ("01/04/2024", 1), ("31/03/2025", 1)])
def test_taking_part_looks_at_twelve_months(of, day, reviews):
    record = of(f"a | {day} | PN1", care=LONG)
    assert answer(record, TOOK_PART, D) == (reviews, reviews)


def test_of_children_those_count_who_took_part_every_time(of):
    """b did not once, c left care, d had no review."""
    care = [
        *(f"{child} | 30/04/2024 | S | U6 | |" for child in "abd"),
        "c | 30/04/2024 | S | U6 | 01/07/2024 | E4A",
    ]
    reviews = ["a | 01/06/2024 | PN1", "a | 01/09/2024 | PN5", "b | 01/06/2024 | PN1", "b | 01/09/2024 | PN7"]
    record = of(*reviews, "c | 01/06/2024 | PN1", care=care)
    assert answer(record, TOOK_PART, D) == (4, 5)
    assert answer(record, TOOK_PART, D, level="child") == (1, 2)
