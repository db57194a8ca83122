"""How many young people a worker holds, and how often children's social workers change."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.measures.workforce import UNKNOWN_HOURS
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | DEC        | REC
    ------+------------+-----+------------+----
"""
HELD = """
    CHILD | WORKER_ID | WORKER_ROLE | START      | END
    ------+-----------+-------------+------------+-----------
"""
WORKERS = """
    WORKER_ID | ROLE | FTE | START      | END        | TEAM
    ----------+------+-----+------------+------------+-----
"""
TAKEN = """
    CHILD | SW_ID | SW_DECOM   | SW_DEC     | SW_REASON
    ------+-------+------------+------------+----------
"""
IN_CARE = "a | 01/05/2023 | S | |"


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


def asides(record, measure, **choices) -> dict[str, str]:
    """Who is set aside, and why."""
    found = rows(record, measure, **choices)["aside"].astype(str)
    return found[found != ""].to_dict()


def figure(record, measure, **choices):
    """The first line of a measure's series in the month."""
    chosen = catalogue().only([measure]).choose({measure: choices})
    return calculate(chosen, record, Periods.months(D, 1)).iloc[0]


# Personal advisers


def advisers(of, *workers, held=()):
    return of(IN_CARE, pa_allocations=lines(HELD, *held), workers=lines(WORKERS, *workers))


LOADS = [f"{n} | P1 | PA | 01/01/2024 |" for n in range(3)] + ["3 | P2 | PA | 01/01/2024 |"]
STAFF = ("P1 | PA | 0.5 | 01/01/2020 | | West", "P2 | PA | 1.0 | 01/01/2020 | | West", "P3 | PA | 1.0 | 01/01/2020 | |")


def test_a_caseload_is_allocations_over_full_time_equivalents_of_those_who_hold_any(of):
    """Three with a half-time adviser and one with a full-time one; P3 holds nobody: 4 over 1.5."""
    record = advisers(of, *STAFF, held=LOADS)
    assert answer(record, "pa_caseload", D) == (4, pytest.approx(1.5))
    assert figure(record, "pa_caseload")["unit"] == "young people per full-time worker"
    assert answer(record, "pa_caseload", D, statistic="per_person") == (4, pytest.approx(2))
    assert figure(record, "pa_caseload", statistic="per_person")["value"] == pytest.approx(2)


@pytest.mark.parametrize(("threshold", "above"), [(2, 3), (3, 0)])
def test_above_the_threshold_is_the_share_of_young_people_whose_adviser_holds_more(of, threshold, above):
    record = advisers(of, *STAFF, held=LOADS)
    assert answer(record, "pa_caseload", D, statistic="above_threshold", threshold=threshold) == (above, 4)
    assert figure(record, "pa_caseload", statistic="above_threshold")["unit"] == "%"


def test_without_a_list_of_workers_heads_can_be_counted_but_not_hours(of):
    record = of(IN_CARE, pa_allocations=lines(HELD, *LOADS))
    assert figure(record, "pa_caseload")["reason"] == "the extract has no workers table"
    assert answer(record, "pa_caseload", D, statistic="per_person") == (4, pytest.approx(2))


@pytest.mark.parametrize(("held", "counted"), [
    ("b | P1 | PA | 31/03/2025 |", 1),
    ("b | P1 | PA | 01/04/2025 |", 0),
    ("b | P1 | PA | 01/01/2024 | 01/04/2025", 1),
    ("b | P1 | PA | 01/01/2024 | 31/03/2025", 0),
    ("b | P1 | SW | 01/01/2024 |", 0),
])  # fmt: skip
def test_an_allocation_counts_while_it_is_open_and_for_advisers_only(of, held, counted):
    record = advisers(of, *STAFF, held=["c | P2 | PA | 01/01/2024 |", held])
    assert answer(record, "pa_caseload", D)[0] == 1 + counted


def test_one_young_person_held_twice_by_one_adviser_counts_once(of):
    record = advisers(of, *STAFF, held=["b | P2 | PA | 01/01/2024 |", "b | P2 | PA | 01/02/2024 |"])
    assert answer(record, "pa_caseload", D) == (1, pytest.approx(1))


@pytest.mark.parametrize(("line", "known"), [
    ("P1 | PA | 0.5 | 01/01/2020 |            |", True),
    ("P1 | PA | 0.5 |            |            |", True),
    ("P1 | PA | 0.5 | 01/01/2020 | 01/04/2025 |", True),
    ("P1 | PA | 0.5 | 01/01/2020 | 31/03/2025 |", False),
    ("P1 | PA | 0.5 | 01/04/2025 |            |", False),
    ("P1 | PA |     | 01/01/2020 |            |", False),
    ("P1 | PA | 0   | 01/01/2020 |            |", False),
    ("P9 | PA | 0.5 | 01/01/2020 |            |", False),
])  # fmt: skip
def test_advisers_whose_hours_on_the_day_are_not_known_set_their_young_people_aside(of, line, known):
    record = advisers(of, line, "P2 | PA | 1.0 | 01/01/2020 | |", held=LOADS)
    assert answer(record, "pa_caseload", D) == ((4, pytest.approx(1.5)) if known else (1, pytest.approx(1)))
    assert asides(record, "pa_caseload") == ({} if known else dict.fromkeys("012", UNKNOWN_HOURS))


def test_hours_are_those_of_the_post_begun_last(of):
    record = advisers(
        of,
        "P2 | PA | 1.0 | 01/01/2020 | 01/01/2025 |",
        "P2 | PA | 0.4 | 01/01/2025 | |",
        held=["b | P2 | PA | 01/01/2024 |"],
    )
    assert answer(record, "pa_caseload", D) == (1, pytest.approx(0.4))
    assert answer(record, "pa_caseload", "2024-12-31") == (1, pytest.approx(1.0))


def test_parts_of_a_caseload_by_group_keep_to_the_whole(of):
    """The adviser's half post is shared by those held: two of three are a third each of 0.5."""
    header = (
        "CHILD | SEX | DOB\n---+---+---\na | F | 01/01/2010\n0 | F | 01/01/2005\n1 | F | 01/01/2005\n2 | M | 01/01/2005"
    )
    record = of(IN_CARE, pa_allocations=lines(HELD, *LOADS[:3]), workers=lines(WORKERS, *STAFF), header=header)
    series = calculate(catalogue().only(["pa_caseload"]), record, Periods.months(D, 1), by=("sex",))
    found = series[series["category"].isin(["Female", "Male"])].set_index("category")
    assert found["denominator"].to_dict() == {"Male": pytest.approx(1 / 6), "Female": pytest.approx(2 / 6)}
    assert found["value"].tolist() == [pytest.approx(6), pytest.approx(6)]


# Social workers


def test_social_workers_hold_children_in_care_only(of):
    """a and b are in care, c has left, d has no worker: two children, with one worker of 0.5 and one of 1."""
    record = of(
        IN_CARE,
        "b | 01/05/2023 | S | |",
        "c | 01/05/2023 | S | 31/03/2025 | E4A",
        "d | 01/05/2023 | S | |",
        sw_episodes=lines(
            TAKEN,
            "a | S1 | 01/05/2023 | | FCONTA",
            "b | S2 | 01/05/2023 | | FCONTA",
            "c | S2 | 01/05/2023 | | FCONTA",
        ),
        workers=lines(WORKERS, "S1 | SW | 0.5 | 01/01/2020 | |", "S2 | SW | 1.0 | 01/01/2020 | |"),
    )
    assert answer(record, "sw_caseload", D) == (2, pytest.approx(1.5))
    assert answer(record, "sw_caseload", D, statistic="per_person") == (2, pytest.approx(2))
    assert answer(record, "sw_caseload", D, statistic="above_threshold", threshold=0) == (2, 2)


def test_a_child_whose_social_worker_s_hours_are_not_known_is_set_aside(of):
    record = of(
        IN_CARE,
        sw_episodes=lines(TAKEN, "a | S1 | 01/05/2024 | |"),
        workers=lines(WORKERS, "S2 | SW | 1.0 | 01/01/2020 | |"),
    )
    assert answer(record, "sw_caseload", D) == (0, 0)
    assert asides(record, "sw_caseload") == {"a": UNKNOWN_HOURS}


@pytest.mark.parametrize(("workers", "counted"), [
    (["S1 | 01/05/2023 | 01/04/2024", "S2 | 01/04/2024 | 31/03/2025", "S3 | 31/03/2025 |"], 1),
    (["S1 | 01/05/2023 | 31/03/2024", "S2 | 31/03/2024 | 31/03/2025", "S3 | 31/03/2025 |"], 0),
    (["S1 | 01/05/2023 | 01/04/2024", "S2 | 01/04/2024 | 01/04/2025", "S3 | 01/04/2025 |"], 0),
    (["S1 | 01/05/2023 | 01/06/2024", "S2 | 01/06/2024 | 01/09/2024", "S1 | 01/09/2024 |"], 0),
    (["XX | 01/05/2023 | 01/06/2024", "XX | 01/06/2024 | 01/09/2024", "XX | 01/09/2024 |"], 1),
    (["S1 | 01/05/2023 |", "S2 | 01/06/2024 |", "S3 | 01/09/2024 |"], 1),
    (["S1 | 01/02/2024 |", "S2 | 01/03/2024 |", "S3 | 01/09/2024 |"], 0),
])  # fmt: skip
def test_three_social_workers_are_three_different_ones_on_any_day_of_the_twelve_months(of, workers, counted):
    """One who left on the first day counts, one who left a day sooner does not; a blank end is the next one's start."""
    record = of(IN_CARE, sw_episodes=lines(TAKEN, *(f"a | {worker} |" for worker in workers)))
    assert answer(record, "sw_three_plus_pct", D) == (counted, 1)


def test_time_before_care_counts_and_a_child_without_any_worker_stays_in(of):
    record = of(
        "a | 01/12/2024 | S | |",
        "b | 01/12/2024 | S | |",
        "left | 01/12/2024 | S | 01/02/2025 | E4A",
        sw_episodes=lines(
            TAKEN,
            "a | S1 | 01/03/2024 | 01/06/2024 |",
            "a | S2 | 01/06/2024 | 01/12/2024 |",
            "a | S3 | 01/12/2024 | |",
            "left | S3 | 01/03/2024 | |",
        ),
    )
    assert answer(record, "sw_three_plus_pct", D) == (1, 2)
    assert answer(record, "sw_three_plus_pct", D, number=4) == (0, 2)
    assert rows(record, "sw_three_plus_pct")["known"].to_dict() == {"a": True, "b": False}


def test_changes_are_those_of_children_in_care_on_the_day_by_their_reason(of):
    """Not counted: the day before the window, the day care ended, the time before care."""
    record = of(
        "a | 01/05/2023 | S | |",
        "b | 01/06/2024 | S | 01/09/2024 | E4A",
        sw_episodes=lines(
            TAKEN,
            "a | S1 | 31/03/2024 | 01/04/2024 | MANAGE",
            "a | S2 | 01/04/2024 | 01/09/2024 | LEFTRL",
            "a | S3 | 01/09/2024 | 31/03/2025 | ",
            "a | S4 | 31/03/2025 | | TSPROC",
            "b | S1 | 31/05/2024 | 01/06/2024 | FCONTA",
            "b | S2 | 01/06/2024 | 01/09/2024 | FCONTA",
            "b | S3 | 01/09/2024 | | CHCHAN",
        ),
    )
    series = calculate(catalogue().only(["sw_changes_reasons"]), record, Periods.months(D, 1))
    found = series[(series["breakdown"] == "worker_change") & (series["numerator"] > 0)]
    assert dict(zip(found["category"], found["numerator"], strict=True)) == {
        "Worker left": 1, "Usual transfer between teams": 1, "First or renewed contact": 1, "Not recorded": 1,
    }  # fmt: skip
    assert rows(record, "sw_changes_reasons")["known"].sum() == 3


def test_every_reason_of_a_change_has_words_of_its_own(of):
    codes = ["MANAGE", "FCONTA", "LEFTRL", "ORGRST", "TSPROC", "ABSENC", "CHCHAN", "PCCHAN", "SWDIED", "OTHERS"]
    taken = [f"a | S{n} | 0{n % 9 + 1}/0{n // 9 + 5}/2024 | | {code}" for n, code in enumerate(codes)]
    record = of(IN_CARE, sw_episodes=lines(TAKEN, "a | S99 | 01/03/2024 | | MANAGE", *taken))
    found = rows(record, "sw_changes_reasons")["part"]
    assert found.astype(str).nunique() == len(codes)
    assert "Not recorded" not in set(found)
