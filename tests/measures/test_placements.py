"""Where children live, how far from home, and how often they move: the code, the day or the distance that decides."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH, UNKNOWN_START
from incare.measures.placements import UNKNOWN_STAY
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


def placed(*codes: str) -> list[str]:
    """One child in each placement since May 2024."""
    return [f"{number}-{code} | 01/05/2024 | S | {code} | |" for number, code in enumerate(codes)]


def behind(record, measure, ending=D, **choices):
    """The rows behind a figure of one month."""
    return rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))


def set_aside_from(record, measure, ending=D, **choices) -> dict[str, int]:
    """How many rows were set aside, by reason."""
    reasons = behind(record, measure, ending, **choices)["aside"].astype(str)
    return reasons[reasons != ""].value_counts().to_dict()


def parts(record, measure, ending=D, **choices) -> dict[str, int]:
    """The parts of a mix that have any rows."""
    return behind(record, measure, ending, **choices)["part"].value_counts().loc[lambda n: n > 0].to_dict()


# The type of placement


def test_every_child_is_in_one_published_group_and_an_unknown_code_in_a_group_of_its_own(of):
    codes = ["U1", "U4", "A6", "P1", "K1", "K3", "S1", "R5", "P3", "Z1", "R4"]
    assert parts(of(*placed(*codes)), "placement_type_pct") == {
        "Foster: relatives or friends": 1,
        "Foster: other carers": 1,
        "Placed for adoption": 1,
        "With parents": 1,
        "Children's homes and secure": 1,
        "Supported accommodation": 1,
        "Residential schools": 1,
        "Other residential": 2,
        "Other placements": 1,
        "Not known": 1,
    }


@pytest.mark.parametrize("measure", [
    "placement_type_pct",
    "placement_kinship_pct",
    "placement_residential_pct",
    "placement_foster_pct",
    "placement_with_parents_pct",
    "placement_supported_accommodation_pct",
    "foster_or_adoption_10_16_pct",
    "family_environment_pct",
])  # fmt: skip
def test_a_placement_that_is_not_known_stays_in_and_is_said_to_be_not_recorded(of, measure):
    rows = behind(of(*placed("U1", "R4")), measure)
    assert rows["known"].tolist() == [True, False]


def test_a_child_in_a_temporary_placement_is_where_it_was_before(of):
    record = of("a | 01/05/2024 | S | U1 | 30/03/2025 | X1", "a | 30/03/2025 | P | T3 | |")
    assert answer(record, "placement_kinship_pct", D) == (1, 1)
    assert answer(record, "placement_foster_pct", D) == (1, 1)


@pytest.mark.parametrize(("measure", "counted"), [
    ("placement_foster_pct", 3),
    ("placement_with_parents_pct", 1),
    ("placement_supported_accommodation_pct", 3),
    ("family_environment_pct", 8),
])  # fmt: skip
def test_shares_of_all_children_in_care_by_code(of, measure, counted):
    codes = ["U1", "U4", "U6", "P1", "A3", "A4", "A5", "A6", "K3", "H5", "P2", "K2", "Z1"]
    assert answer(of(*placed(*codes)), measure, D) == (counted, 13)


SIXTEEN = """
    CHILD  | DOB
    -------+-----------
    0-K3   | 31/03/2009
    1-K3   | 01/04/2009
    2-U6   | 01/01/2008
    3-K3   |
"""


def test_supported_accommodation_can_be_asked_of_those_aged_16_or_over(of):
    """The first turns 16 on the day, the second a day later, the birth date of the last is not known."""
    record = of(*placed("K3", "K3", "U6", "K3"), header=SIXTEEN)
    assert answer(record, "placement_supported_accommodation_pct", D) == (3, 4)
    assert answer(record, "placement_supported_accommodation_pct", D, of="16_and_over") == (1, 2)
    reasons = set_aside_from(record, "placement_supported_accommodation_pct", of="16_and_over")
    assert reasons == {UNKNOWN_BIRTH: 1}


@pytest.mark.parametrize("measure", ["placement_type_pct", "placement_supported_accommodation_pct"])
def test_the_new_service_of_supported_accommodation_is_marked_as_a_break(measure):
    assert list(catalogue()[measure].breaks) == ["2023-10-28"]


def test_kinship_can_be_asked_of_the_placements_in_which_care_begins(of):
    """a moved to a relative later, b began with one, c is in no foster care, d began before the year."""
    record = of(
        "a | 01/05/2024 | S | U6 | 01/06/2024 | X1",
        "a | 01/06/2024 | P | U1 | |",
        "b | 01/05/2024 | S | U3 | 01/06/2024 | X1",
        "b | 01/06/2024 | P | K2 | |",
        "c | 01/05/2024 | S | K2 | |",
        "d | 31/03/2024 | S | U1 | |",
        "e | 01/05/2024 | P | U1 | |",
    )
    assert answer(record, "placement_kinship_pct", D) == (3, 5)
    assert answer(record, "placement_kinship_pct", D, at="start") == (1, 3)
    assert answer(record, "placement_kinship_pct", D, at="start", of="foster") == (1, 2)
    assert set_aside_from(record, "placement_kinship_pct", at="start") == {UNKNOWN_START: 1}


TEENS = """
    CHILD | DOB
    ------+-----------
    0-U6  |
    1-P1  | 01/01/2012
    2-U6  | 01/01/2012
"""


def test_who_is_left_out_of_ten_to_sixteen_is_counted_with_the_reason(of):
    record = of(*placed("U6", "P1", "U6"), header=TEENS)
    measure = "foster_or_adoption_10_16_pct"
    assert answer(record, measure, D) == (1, 2)
    assert set_aside_from(record, measure) == {UNKNOWN_BIRTH: 1}
    assert answer(record, measure, D, exclude_placed_with_parents=True) == (1, 1)
    reasons = set_aside_from(record, measure, exclude_placed_with_parents=True)
    assert reasons == {UNKNOWN_BIRTH: 1, "living with parents": 1}


# Where


FAR = """
    CHILD | DECOM      | RNE | PLACE | DEC | REC | PL_LOCATION | PL_DISTANCE
    ------+------------+-----+-------+-----+-----+-------------+------------
    near  | 01/05/2024 | S   | U6    |     |     | IN          | 20.1
    out   | 01/05/2024 | S   | U6    |     |     | OUT         | 20.0
    far   | 01/05/2024 | S   | U6    |     |     | OUT         | 20.1
    asked | 01/05/2024 | S   | U6    |     |     | OUT         | 999.9
    blank | 01/05/2024 | S   | U6    |     |     |             |
"""


@pytest.fixture
def far(tmp_path):
    return record_of(tmp_path, 2025, episodes=FAR)


def test_out_of_area_is_of_all_children_also_those_whose_place_is_not_known(far):
    assert answer(far, "placement_out_of_area_pct", D) == (3, 5)
    assert behind(far, "placement_out_of_area_pct")["known"].sum() == 4


def test_more_than_twenty_miles_is_strictly_more_and_never_unknown(far):
    assert answer(far, "placement_over_20_miles_pct", D) == (1, 5)
    assert answer(far, "placement_over_20_miles_pct", D, variant="distance_only") == (2, 5)
    assert answer(far, "placement_over_20_miles_pct", D, miles=19.9) == (2, 5)
    assert behind(far, "placement_over_20_miles_pct")["known"].sum() == 3


def test_without_places_out_of_area_is_not_available(of):
    row = calculate(catalogue().only(["placement_out_of_area_pct"]), of(*placed("U6")), Periods.months(D, 1)).iloc[0]
    assert (row["status"], row["reason"]) == ("x", "the extract has no placement locations table")


# How often


def test_three_carers_in_the_year_count_and_two_do_not(of):
    """a's first placement ended on 1 April, b's the day before."""
    moves = ["01/04/2024", "31/03/2024"]
    rows = [
        row
        for child, day in zip("ab", moves, strict=True)
        for row in (
            f"{child} | 01/05/2023 | S | U6 | {day} | X1",
            f"{child} | {day} | P | U4 | 01/12/2024 | X1",
            f"{child} | 01/12/2024 | P | K2 | |",
        )
    ]
    assert answer(of(*rows), "stability_3plus_pct", D) == (1, 2)
    assert answer(of(*rows), "stability_3plus_pct", D, placements=2) == (2, 2)


def same_carers(of):
    return of(
        "a | 01/01/2023 | S | U6 | 01/05/2024 | X1",
        "a | 01/05/2024 | T | U6 | 01/09/2024 | X1",
        "a | 01/09/2024 | U | A5 | |",
    )


@pytest.mark.parametrize("measure", ["stability_3plus_pct", "stability_3plus_2y_pct"])
def test_moves_with_the_same_carers_count_only_by_choice(of, measure):
    record = same_carers(of)
    assert answer(record, measure, D) == (0, 1)
    assert answer(record, measure, D, count_same_carer_changes=True) == (1, 1)


@pytest.mark.parametrize(("start", "population"), [("01/04/2023", 1), ("02/04/2023", 0)])
def test_two_years_in_care_are_without_a_gap_to_the_day(of, start, population):
    record = of(
        f"a | {start} | S | U6 | 01/06/2023 | X1",
        "a | 01/06/2023 | P | U4 | 01/07/2023 | X1",
        "a | 01/07/2023 | P | K2 | |",
        "b | 01/01/2022 | S | U6 | 01/06/2024 | E4A",
        "b | 01/07/2024 | S | U6 | |",
    )
    assert answer(record, "stability_3plus_2y_pct", D) == (population, population)


def test_an_unknown_start_within_the_two_years_is_set_aside_and_an_older_row_is_not(of):
    record = of("a | 01/04/2023 | P | U6 | |", "b | 02/04/2023 | P | U6 | |")
    assert answer(record, "stability_3plus_2y_pct", D) == (0, 1)
    assert set_aside_from(record, "stability_3plus_2y_pct") == {UNKNOWN_START: 1}


LONG = """
    CHILD  | DOB
    -------+-----------
    stable | 01/01/2015
    lost   |
    middle | 01/01/2015
    old    | 01/01/2008
"""


def test_long_term_stability_says_who_is_left_out_and_why(of):
    """old is over 16 and does not belong, with a known start or without."""
    record = of(
        "stable | 01/10/2022 | S | U6 | |",
        "lost | 01/01/2022 | S | U6 | |",
        "middle | 01/01/2022 | P | U6 | |",
        "old | 01/01/2022 | P | U6 | |",
        header=LONG,
    )
    assert answer(record, "stability_long_term_pct", D) == (1, 1)
    assert set_aside_from(record, "stability_long_term_pct") == {UNKNOWN_BIRTH: 1, UNKNOWN_START: 1}


@pytest.mark.parametrize(("stay", "expected", "reasons"), [
    ("01/04/2023", (1, 1), {}),
    ("02/04/2023", (0, 1), {}),
    ("", (0, 0), {UNKNOWN_STAY: 1}),
])  # fmt: skip
def test_a_supplied_start_of_care_needs_the_start_of_the_stay_too_where_that_decides(of, stay, expected, reasons):
    """The first row of the record is a change of legal status in May 2023: the stay had begun by then."""
    starts = f"""
        CHILD | POC_START_DATE | SPELL_START_DATE
        ------+----------------+-----------------
        a     | 01/01/2020     | {stay}
    """
    record = of("a | 01/05/2023 | L | U6 | |", poc_start=starts)
    assert answer(record, "stability_long_term_pct", D) == expected
    assert set_aside_from(record, "stability_long_term_pct") == reasons


# Why


CHANGES = """
    CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC | REASON_PLACE_CHANGE
    ------+------------+-----+----+-------+------------+-----+--------------------
    first | 01/01/2024 | S   | C2 | U6    | 01/04/2024 | X1  | CARPL
    first | 01/04/2024 | P   | C2 | U4    | 31/03/2025 | X1  | CREQB
    first | 31/03/2025 | P   | C2 | U4    |            |     |
    early | 01/01/2024 | S   | C2 | U6    | 31/03/2024 | X1  | STAND
    early | 31/03/2024 | P   | C2 | U4    |            |     |
    same  | 01/01/2024 | S   | C1 | U6    | 01/05/2024 | X1  | PLACE
    same  | 01/05/2024 | U   | E1 | A5    |            |     |
    legal | 01/01/2024 | S   | C1 | U6    | 01/05/2024 | X1  |
    legal | 01/05/2024 | L   | C2 | U6    |            |     |
    away  | 01/01/2024 | S   | C2 | U6    | 01/05/2024 | X1  |
    away  | 01/05/2024 | P   | C2 | T1    | 20/05/2024 | X1  |
    away  | 20/05/2024 | P   | C2 | U6    | 01/06/2024 | E4A | OTHER
    blank | 01/01/2024 | S   | C2 | U6    | 01/05/2024 | X1  |
    blank | 01/05/2024 | B   | C1 | U4    | 01/06/2024 | X1  | NONE2
    blank | 01/06/2024 | T   | C1 | U4    |            |     |
"""


@pytest.fixture
def changes(tmp_path):
    return record_of(tmp_path, 2025, episodes=CHANGES)


def test_the_reason_is_that_of_the_placement_that_ended_by_a_move_in_the_year(changes):
    """Not a change of legal status, a temporary placement on either side, an end of care or a move before the year."""
    assert parts(changes, "placement_change_reasons") == {
        "Carrying out or changing the care plan": 1,
        "Carer asked: the child's behaviour": 1,
        "Only the status of the placement changed": 1,
        "Not recorded": 2,
    }
    assert behind(changes, "placement_change_reasons")["known"].sum() == 3


def test_unplanned_disruptions_are_set_against_the_others_by_choice(changes):
    assert parts(changes, "placement_change_reasons", group="planned") == {
        "Unplanned disruption": 1,
        "Planned or another reason": 2,
        "Not recorded": 2,
    }


def test_moves_are_new_carers_in_the_year_after_the_first_of_each_period_of_care(of):
    """a moves twice (once within a year that began before), b never, c left on the first day: two moves, three."""
    record = of(
        "a | 01/01/2024 | S | U6 | 01/04/2024 | X1",
        "a | 01/04/2024 | P | U4 | 01/06/2024 | E4A",
        "a | 01/09/2024 | S | U6 | 01/10/2024 | X1",
        "a | 01/10/2024 | T | U6 | 01/11/2024 | X1",
        "a | 01/11/2024 | B | K2 | |",
        "b | 01/05/2024 | S | U6 | |",
        "c | 01/01/2024 | S | U6 | 31/03/2024 | X1",
        "c | 31/03/2024 | P | U4 | 01/04/2024 | E4A",
    )
    row = calculate(catalogue().only(["placement_moves_per_child"]), record, Periods.months(D, 1)).iloc[0]
    assert (row["numerator"], row["denominator"], row["value"]) == (2, 3, pytest.approx(2 / 3))
    assert row["unit"] == "moves"
