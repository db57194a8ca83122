"""Who left care and how, and how long adoption took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from extract import answer, record_of
from incare.measure import Catalogue, ChoiceError
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH, UNKNOWN_START
from incare.measures.leaving_care import NOT_PLACED
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC
    ------+------------+-----+----+-------+------------+----
"""


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=lines(EPISODES, *rows), **tables)


def rows(record, measure, ending=D, **choices):
    """The rows behind a figure, by the child's id."""
    found = rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]]).sort_index()


def asides(record, measure, ending=D, **choices) -> dict[str, str]:
    """Who is set aside, and why."""
    found = rows(record, measure, ending, **choices)["aside"].astype(str)
    return found[found != ""].to_dict()


def value(record, measure, **choices) -> float:
    """The figure itself, whatever history the measure asks for."""
    found = replace(catalogue()[measure].choose(**choices), needs_history=0)
    whole = replace(record, covers=(np.datetime64("1990-04-01"), record.covers[1]))
    return calculate(Catalogue((found,)), whole, Periods.months(D, 1)).iloc[0]["value"]


# Reasons

CODES = "E11 E12 E2 E3 E4A E4B E13 E41 E43 E44 E45 E46 E47 E48 E5 E6 E7 E8 E9 E14 E15 E16 E17"


@pytest.mark.parametrize(("measure", "choices", "counted"), [
    ("ceased_adopted_pct", {}, "E11 E12"),
    ("ceased_sgo_pct", {}, "E43 E44 E45 E46 E47 E48"),
    ("ceased_cao_pct", {}, "E41"),
    ("ceased_returned_home_pct", {}, "E4A E4B"),
    ("ceased_returned_home_pct", {"how": "planned"}, "E4A"),
    ("ceased_returned_home_pct", {"how": "unplanned"}, "E4B"),
    ("ceased_stayed_with_carers_pct", {}, "E17"),
    ("ceased_independent_pct", {}, "E5 E6"),
    ("ceased_independent_pct", {"support": "supported"}, "E5"),
    ("ceased_independent_pct", {"support": "unsupported"}, "E6"),
    ("ceased_permanence_pct", {}, "E11 E12 E41 E43 E44 E45 E46 E47 E48"),
    ("ceased_permanence_pct", {"include_home": True}, "E11 E12 E41 E43 E44 E45 E46 E47 E48 E4A"),
])  # fmt: skip
def test_each_way_of_leaving_is_counted_by_its_reasons_among_all_who_left(of, measure, choices, counted):
    """Every reason once, and one child who left without a reason."""
    codes = CODES.split()
    left = [f"{code} | 01/05/2024 | S | C2 | U6 | 01/12/2024 | {code}" for code in codes]
    record = of(*left, "unsaid | 01/05/2024 | S | C2 | U6 | 01/12/2024 |")
    found = rows(record, measure, **choices)
    assert set(found.index[found["counted"]]) == set(counted.split())
    assert answer(record, measure, D, **choices) == (len(counted.split()), len(codes) + 1)
    assert found.index[~found["known"]].tolist() == ["unsaid"]


def test_reasons_that_leave_the_population_by_choice_are_set_aside(of):
    record = of(*(f"{code} | 01/05/2024 | S | C2 | U6 | 01/12/2024 | {code}" for code in ("E2", "E3", "E11")))
    assert answer(record, "ceased_adopted_pct", D, exclude=("E2", "E3")) == (1, 1)
    out = asides(record, "ceased_adopted_pct", exclude=("E2", "E3"))
    assert out == dict.fromkeys(("E2", "E3"), "reason for leaving left out by choice")


def test_a_way_of_returning_home_that_does_not_exist_is_refused():
    with pytest.raises(ChoiceError, match="how can be 'both' or 'planned' or 'unplanned'"):
        catalogue()["ceased_returned_home_pct"].choose(how="all")


@pytest.mark.parametrize(("left", "counted"), [("01/12/2024", 1), ("30/11/2024", 0)])
def test_leaving_on_the_18th_birthday_is_leaving_at_18(of, left, counted):
    header = """
        CHILD | DOB
        ------+-----------
        a     | 01/12/2006
        b     |
    """
    record = of(
        f"a | 01/05/2020 | S | C2 | U6 | {left} | E5", f"b | 01/05/2020 | S | C2 | U6 | {left} | E5", header=header
    )
    assert answer(record, "ceased_aged_18_pct", D) == (counted, 1)
    assert asides(record, "ceased_aged_18_pct") == {"b": UNKNOWN_BIRTH}


# How many

TWICE = ("a | 01/05/2023 | S | C2 | U6 | 01/04/2024 | E4A", "a | 01/06/2024 | S | C2 | U6 | 31/03/2025 | E45")


@pytest.mark.parametrize(("choices", "counted"), [
    ({}, 1),
    ({"window": "rolling"}, 1),
    ({"window": "rolling", "count": "ends"}, 2),
    ({"window": "year_to_date", "count": "ends"}, 2),
])  # fmt: skip
def test_children_are_counted_once_by_their_last_end_and_ends_by_choice(of, choices, counted):
    assert answer(of(*TWICE), "cla_ceased_count", D, **choices)[0] == counted


POPULATION = """
    YEAR | AGE_FROM | AGE_TO | PERSONS
    -----+----------+--------+--------
    2024 | 0        | 17     | 12000
"""


def test_the_rate_of_leaving_counts_a_child_once_over_twelve_months(of):
    """a leaves twice in the 12 months, b on the day before them: one of 12,000 residents."""
    record = of(*TWICE, "b | 01/05/2023 | S | C2 | U6 | 31/03/2024 | E4A", population=POPULATION)
    assert answer(record, "cla_ceased_rate", D) == (1, 12000)
    assert answer(record, "cla_ceased_rate", D, "quarter", window="period") == (1, 12000)
    assert answer(record, "cla_ceased_rate", D, "quarter", window="period", annualise=True) == (1, 3000)


# Adoption

ADOPTED = (
    "a | 01/04/2022 | S | C2 | U6 | 01/10/2022 | X1",
    "a | 01/10/2022 | L | E1 | U6 | 01/04/2023 | X1",
    "a | 01/04/2023 | P | E1 | A6 | 01/02/2025 | E12",
)
AD1 = """
    CHILD | DATE_INT   | DATE_MATCH | FOSTER_CARE
    ------+------------+------------+------------
    {who} | {decided}  | {matched}  | {carer}
"""


def ad1(who="a", decided="01/08/2022", matched="01/03/2023", carer="0") -> str:
    return AD1.format(who=who, decided=decided, matched=matched, carer=carer)


def test_adoption_is_timed_from_care_to_placement_and_from_order_to_match(of):
    """Care 1 April 2022, order 1 October, match 1 March 2023, placed 1 April 2023: 365 and 151 days."""
    record = of(*ADOPTED, ad1=ad1())
    assert answer(record, "adoption_a1_days", D) == (365, 1)
    assert answer(record, "adoption_a10_days", D) == (365, 1)
    assert answer(record, "adoption_a2_days", D) == (151, 1)


@pytest.mark.parametrize(("matched", "days"), [("02/10/2022", 1), ("01/10/2022", 0), ("01/09/2022", 0)])
def test_a_match_before_the_placement_order_counts_nought(of, matched, days):
    assert answer(of(*ADOPTED, ad1=ad1(matched=matched)), "adoption_a2_days", D) == (days, 1)


def test_the_clock_stops_at_the_run_of_placements_that_lasts_to_the_order(of):
    """A first adoptive family failed: the second, from 1 June 2023, counts (426 days from 1 April 2022)."""
    record = of(
        "a | 01/04/2022 | S | E1 | U6 | 01/09/2022 | X1",
        "a | 01/09/2022 | P | E1 | A6 | 01/12/2022 | X1",
        "a | 01/12/2022 | P | E1 | U6 | 01/06/2023 | X1",
        "a | 01/06/2023 | P | E1 | A6 | 01/01/2024 | X1",
        "a | 01/01/2024 | T | E1 | A6 | 01/02/2025 | E12",
    )
    assert answer(record, "adoption_a1_days", D) == (426, 1)


def test_the_run_of_one_child_is_not_that_of_the_child_before(of):
    """a was placed after 30 days, b at once: both rows stand side by side in the record."""
    record = of(
        "a | 01/04/2022 | S | E1 | U6 | 01/05/2022 | X1",
        "a | 01/05/2022 | P | E1 | A6 | 01/02/2025 | E12",
        "b | 01/06/2022 | S | E1 | A6 | 01/02/2025 | E12",
    )
    assert rows(record, "adoption_a1_days", years=1)["amount"].to_dict() == {"a": 30, "b": 0}


FOSTER_CARER = (
    "a | 01/04/2022 | S | C2 | U6 | 01/05/2022 | X1",
    "a | 01/05/2022 | P | C2 | U6 | 01/10/2022 | X1",
    "a | 01/10/2022 | {rne} | E1 | {place} | 01/02/2025 | E12",
)


@pytest.mark.parametrize(("rne", "place", "carer", "days"), [
    ("U", "A5", "1", 30),
    ("U", "A5", "0", 30),
    ("P", "A5", "", 30),
    ("U", "A6", "1", 30),
    ("U", "A6", "0", 183),
    ("B", "A6", "0", 183),
])  # fmt: skip
def test_the_clock_of_a10_stops_when_the_child_came_to_the_foster_carer_who_adopts(of, rne, place, carer, days):
    """In care 1 April 2022, with the carer from 1 May (30 days), placed for adoption there on 1 October (183 days)."""
    record = of(*(row.format(rne=rne, place=place) for row in FOSTER_CARER), ad1=ad1(carer=carer))
    assert answer(record, "adoption_a10_days", D) == (days, 1)
    assert answer(record, "adoption_a1_days", D) == (183, 1)


@pytest.mark.parametrize(("choices", "days"), [({}, 183), ({"fostering_for_adoption": True}, 30)])
def test_fostering_for_adoption_stops_the_clock_by_choice(of, choices, days):
    record = of(
        "a | 01/04/2022 | S | C2 | U6 | 01/05/2022 | X1",
        "a | 01/05/2022 | P | C2 | U5 | 01/10/2022 | X1",
        "a | 01/10/2022 | U | E1 | A6 | 01/02/2025 | E12",
        ad1=ad1(),
    )
    assert answer(record, "adoption_a1_days", D, **choices) == (days, 1)
    assert answer(record, "adoption_a10_days", D, **choices) == (days, 1)


@pytest.mark.parametrize(("years", "population"), [(3, 3), (2, 2), (1, 1)])
def test_adoptions_of_three_years_or_fewer_are_looked_at(of, years, population):
    """Orders on the first day of each of three years, and one the day before them."""
    orders = ["01/04/2024", "01/04/2023", "01/04/2022", "31/03/2022"]
    record = of(*(f"{n} | 01/04/2021 | S | E1 | A6 | {day} | E12" for n, day in enumerate(orders)))
    assert answer(record, "adoption_a1_days", D, years=years)[1] == population


def test_children_whose_adoption_cannot_be_timed_are_set_aside_with_the_reason(of):
    """b was in care before the record, c was never placed, d had no order, e no match; a is timed."""
    record = of(
        *ADOPTED,
        "b | 01/04/2022 | P | E1 | A6 | 01/02/2025 | E12",
        "c | 01/04/2022 | S | E1 | U6 | 01/02/2025 | E12",
        "d | 01/04/2022 | S | V2 | A4 | 01/02/2025 | E11",
        "e | 01/04/2022 | S | E1 | A6 | 01/02/2025 | E12",
        ad1=ad1() + "    d     | 01/08/2022 | 01/03/2023 | 0",
    )
    timed = {"b": UNKNOWN_START, "c": NOT_PLACED}
    assert asides(record, "adoption_a1_days", years=1) == timed
    assert asides(record, "adoption_a10_days", years=1) == timed
    not_dated = {"d": "no placement order recorded", "e": "day of the match not recorded"}
    assert asides(record, "adoption_a2_days", years=1) == timed | not_dated


@pytest.mark.parametrize(("placed", "in_time"), [("10/06/2023", 1), ("11/06/2023", 0)])
def test_placed_on_the_day_twelve_months_after_the_decision_is_in_time(of, placed, in_time):
    record = of(
        f"a | 01/04/2022 | S | E1 | U6 | {placed} | X1",
        f"a | {placed} | P | E1 | A6 | 01/02/2025 | E12",
        ad1=ad1(decided="10/06/2022"),
    )
    assert answer(record, "adopted_placed_within_12m_pct", D) == (in_time, 1)


def test_without_the_adoption_module_the_latest_decision_that_stands_counts(of):
    """One decision stands, of ten months before the move; two were reversed. b has none, c was not placed."""
    decisions = """
        CHILD | DATE_PLACED | DATE_PLACED_CEASED
        ------+-------------+-------------------
        a     | 01/06/2022  |
        a     | 01/01/2022  | 01/02/2022
        a     | 01/07/2022  | 01/08/2022
        c     | 01/06/2022  |
    """
    record = of(
        *ADOPTED,
        "b | 01/04/2022 | S | E1 | A6 | 01/02/2025 | E12",
        "c | 01/04/2022 | S | E1 | U6 | 01/02/2025 | E12",
        placed_for_adoption=decisions,
    )
    assert answer(record, "adopted_placed_within_12m_pct", D) == (1, 1)
    why = {"b": "decision to place not recorded", "c": NOT_PLACED}
    assert asides(record, "adopted_placed_within_12m_pct") == why
    assert answer(record, "adopted_placed_within_12m_pct", D, months=9) == (0, 1)


@pytest.mark.parametrize(
    ("place", "carer", "counted"), [("A5", "1", 1), ("A6", "1", 1), ("A5", "0", 0), ("A6", "0", 0)]
)
def test_the_adoption_module_says_whether_the_foster_carer_adopted(of, place, carer, counted):
    record = of(f"a | 01/04/2022 | S | E1 | {place} | 01/02/2025 | E12", ad1=ad1(carer=carer))
    assert answer(record, "adopted_by_foster_carer_count", D)[0] == counted


def test_without_it_a3_and_a5_are_adoptions_by_the_foster_carer(of):
    places = ("A3", "A4", "A5", "A6", "U6")
    record = of(*(f"{place} | 01/04/2022 | S | E1 | {place} | 01/02/2025 | E12" for place in places))
    assert answer(record, "adopted_by_foster_carer_count", D)[0] == 2
    assert answer(record, "adopted_by_foster_carer_count", D, show="share") == (2, 5)
    known = rows(record, "adopted_by_foster_carer_count")["known"]
    assert known.index[~known].tolist() == ["U6"]


LIST = """
    CHILD | ENTERED_CARE | DECISION   | PLACEMENT_ORDER | MATCHED    | PLACED     | ADOPTION_ORDER | FFA_PLACED
    ------+--------------+------------+-----------------+------------+------------+----------------+-----------
    a     | 01/01/2022   | 01/06/2022 | 01/07/2022      | 01/09/2022 | 02/04/2023 | 01/02/2025     |
    b     | 01/01/2023   | 01/06/2023 | 01/07/2023      | 01/09/2023 | 01/01/2024 | 01/03/2025     | 01/12/2023
    c     | 01/01/2023   | 01/06/2023 |                 |            |            |                |
"""


def test_annex_a_list_10_adds_the_adoptions_that_the_episodes_do_not_hold(of):
    """a is in both: its own placement stands, 365 days, with the list's match; b is in the list only; c not adopted."""
    record = of(*ADOPTED, adoption_list=LIST)
    assert answer(record, "adoption_a1_days", D) == (365 + 365, 2)
    assert answer(record, "adoption_a1_days", D, fostering_for_adoption=True) == (365 + 334, 2)
    # a: order of 1 October 2022, so the match of 1 September counts 0; b: 1 July to 1 September.
    assert answer(record, "adoption_a2_days", D) == (0 + 62, 2)
    assert answer(record, "adopted_placed_within_12m_pct", D) == (2, 2)


def test_annex_a_list_10_says_when_care_began_where_the_episodes_do_not(of):
    record = of("a | 01/04/2022 | P | E1 | A6 | 01/02/2025 | E12", adoption_list=LIST)
    found = rows(record, "adoption_a1_days", years=1)
    assert found.loc["a", "care_start"].isoformat()[:10] == "2022-01-01"
    assert found.loc["a", "amount"] == 90


# Time in care

LEFT = (
    "a | 01/04/2024 | S | C2 | U6 | 11/04/2024 | E4A",
    "a | 01/05/2024 | S | C2 | U6 | 31/05/2024 | E4A",
    "b | 01/05/2024 | S | C2 | U6 | 10/08/2024 | X1",
    "b | 10/08/2024 | P | C2 | U6 | 10/08/2024 | E4A",
    "c | 01/06/2024 | S | C2 | U6 | 02/06/2024 | E4A",
    "d | 01/06/2024 | P | C2 | U6 | 02/06/2024 | E4A",
    "e | 21/03/2025 | S | C2 | U6 | |",
    "f | 21/03/2025 | P | C2 | U6 | |",
)


def test_time_in_care_is_the_length_of_the_last_period_of_those_who_left(of):
    """a 30 days (the later period), b 101, c 1; d is set aside, e and f are still in care."""
    record = of(*LEFT)
    assert answer(record, "time_in_care_days", D) == (30 + 101 + 1, 3)
    assert value(record, "time_in_care_days", statistic="median") == 30
    assert asides(record, "time_in_care_days") == {"d": UNKNOWN_START}


def test_time_in_care_of_those_in_care_runs_to_the_last_day(of):
    record = of(*LEFT)
    assert answer(record, "time_in_care_days", D, of="in_care") == (10, 1)
    assert asides(record, "time_in_care_days", of="in_care") == {"f": UNKNOWN_START}
