"""Going missing from care: which incidents count, how often, and what followed."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import calculate, rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE | PLACE | DEC        | REC
    ------+------------+-----+-------+------------+----
"""
INCIDENTS = """
    CHILD | MISSING | MIS_START  | MIS_END
    ------+---------+------------+-----------
"""
INTERVIEWS = """
    CHILD | MIS_START  | OFFERED | ACCEPTED | INTERVIEW_DATE
    ------+------------+---------+----------+---------------
"""
STAYING = [f"{child} | 01/01/2024 | S | U6 | |" for child in "abc"]


def drawn(head: str, rows) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of three children in care with missing incidents, and perhaps rows of return interviews."""

    def made(*incidents: str, interviews=(), care=STAYING, **more):
        more |= {"return_interviews": drawn(INTERVIEWS, interviews)} if interviews else {}
        missing = drawn(INCIDENTS, incidents)
        return record_of(tmp_path, 2025, episodes=drawn(EPISODES, care), missing=missing, **more)

    return made


def behind(record, measure, ending=D, **choices):
    """The rows behind a figure of one month."""
    return rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))


def test_the_list_of_who_is_missing_now_says_for_how_many_days(of):
    """a has been missing since 28 March in two overlapping rows, b came back on the day, c is away."""
    record = of(
        "a | M | 30/03/2025 |",
        "a | M | 28/03/2025 |",
        "b | M | 30/03/2025 | 31/03/2025",
        "c | A | 01/03/2025 |",
    )
    rows = behind(record, "missing_now_count")
    assert rows["counted"].tolist() == [True, False, False]
    assert rows["days_missing"].iloc[0] == 3
    assert rows["days_missing"].iloc[1:].isna().all()


@pytest.mark.parametrize(("start", "end", "counted"), [
    ("01/03/2024", "31/03/2024", 0),
    ("01/03/2024", "01/04/2024", 1),
    ("31/03/2025", "", 1),
    ("05/05/2024", "05/05/2024", 1),
])  # fmt: skip
@pytest.mark.parametrize(("measure", "kind"), [("missing_children_pct", "M"), ("away_children_pct", "A")])
def test_an_incident_counts_when_it_touches_the_year_however_short(of, measure, kind, start, end, counted):
    record = of(f"a | {kind} | {start} | {end}")
    assert answer(record, measure, D) == (counted, 3)


def test_missing_and_away_are_counted_apart(of):
    record = of("a | M | 01/06/2024 | 02/06/2024", "b | A | 01/06/2024 | 02/06/2024", "c | A | 01/06/2024 |")
    assert answer(record, "missing_children_pct", D) == (1, 3)
    assert answer(record, "away_children_pct", D) == (2, 3)
    assert answer(record, "missing_incidents_count", D)[0] == 1


@pytest.mark.parametrize(("second", "gap", "incidents"), [
    ("04/06/2024", 0, 1),
    ("05/06/2024", 0, 2),
    ("05/06/2024", 1, 1),
    ("06/06/2024", 1, 2),
    ("06/06/2024", 2, 1),
])  # fmt: skip
def test_incidents_that_overlap_are_one_and_those_that_follow_by_choice(of, second, gap, incidents):
    """The first ends on 5 June; b's incident is another child's."""
    record = of(
        "a | M | 01/06/2024 | 05/06/2024",
        f"a | M | {second} | 08/06/2024",
        "b | M | 04/06/2024 | 05/06/2024",
    )
    assert answer(record, "missing_incidents_count", D, merge_gap_days=gap)[0] == incidents + 1


def test_an_incident_inside_a_longer_one_and_one_after_it_are_with_it(of):
    record = of(
        "a | M | 01/06/2024 | 30/06/2024",
        "a | M | 05/06/2024 | 06/06/2024",
        "a | M | 20/06/2024 | 21/06/2024",
        "a | M | 01/07/2024 |",
        "a | M | 05/07/2024 | 06/07/2024",
    )
    rows = behind(record, "missing_incidents_count")
    assert rows["start"].dt.strftime("%d/%m").tolist() == ["01/06", "01/07"]
    assert rows["end"].isna().tolist() == [False, True]


BORN = """
    CHILD | DOB
    ------+-----------
    a     | 05/06/2008
"""


def test_incidents_are_described_on_the_day_the_child_went_missing(of):
    """From a home and aged 15; back with a carer and aged 16."""
    care = ["a | 01/01/2024 | S | K2 | 05/06/2024 | X1", "a | 05/06/2024 | P | U6 | |"]
    record = of("a | M | 04/06/2024 | 10/06/2024", care=care, header=BORN)
    asked = catalogue().only(["missing_incidents_count"]), record, Periods.months(D, 1)
    series = calculate(*asked, by=("placement", "age_band"))
    groups = series.query("breakdown != 'total' and numerator > 0")["category"].tolist()
    assert groups == ["Children's homes and secure", "10 to 15"]


OFTEN = (
    "a | M | 01/06/2024 | 02/06/2024",
    "a | M | 02/06/2024 | 03/06/2024",
    "a | M | 01/09/2024 | 02/09/2024",
    "b | M | 01/03/2024 | 01/04/2024",
    "b | M | 01/01/2024 | 31/03/2024",
    "c | A | 01/06/2024 | 02/06/2024",
)


def test_incidents_per_child_are_of_those_who_went_missing(of):
    """a three times, b once in the year: four of two."""
    row = calculate(catalogue().only(["missing_incidents_per_child"]), of(*OFTEN), Periods.months(D, 1)).iloc[0]
    assert (row["numerator"], row["denominator"], row["value"]) == (4, 2, 2)
    joined = (
        catalogue().only(["missing_incidents_per_child"]).choose({"missing_incidents_per_child": {"merge_gap_days": 1}})
    )
    assert calculate(joined, of(*OFTEN), Periods.months(D, 1)).iloc[0]["numerator"] == 3


@pytest.mark.parametrize(("choices", "expected"), [
    ({}, (1, 2)),
    ({"times": 3}, (1, 2)),
    ({"times": 4}, (0, 2)),
    ({"times": 3, "merge_gap_days": 1}, (0, 2)),
])  # fmt: skip
def test_repeatedly_missing_is_two_incidents_or_more_in_the_year(of, choices, expected):
    assert answer(of(*OFTEN), "missing_repeat_pct", D, **choices) == expected


def test_an_incident_left_open_ends_with_care(of):
    care = ["a | 01/01/2024 | S | U6 | 01/03/2024 | E4A", "a | 01/05/2024 | S | U6 | |"]
    record = of("a | M | 20/02/2024 |", care=care)
    assert answer(record, "missing_children_pct", D) == (0, 1)
    assert answer(record, "missing_now_count", D)[0] == 0


# What followed


BACK = (
    "a | M | 01/03/2024 | 31/03/2024",
    "a | M | 20/03/2024 | 01/04/2024",
    "a | M | 01/06/2024 | 02/06/2024",
    "b | M | 01/06/2024 | 02/06/2024",
    "b | M | 01/09/2024 | 10/09/2024",
    "c | M | 20/03/2025 |",
    "c | A | 01/06/2024 | 02/06/2024",
)


def test_interviews_are_asked_of_incidents_that_ended_in_the_year(of):
    """Four ended in it: a's second (overlapping, yet an incident of its own) and third, both of b."""
    interviews = ["a | 20/03/2024 | Y | N |", "a | 01/06/2024 | N | N |", "b | 02/06/2024 | Y | Y | 03/06/2024"]
    record = of(*BACK, interviews=interviews)
    assert answer(record, "return_interview_offered_pct", D) == (1, 4)
    assert answer(record, "return_interview_accepted_pct", D) == (0, 4)
    assert behind(record, "return_interview_offered_pct")["known"].sum() == 2


# Of an incident before the year, so that the table reaches back far enough.
EARLIER = "x | 01/01/2024 | Y | Y |"


@pytest.mark.parametrize(("accepted", "held", "days", "counted"), [
    ("Y", "", 0, 1),
    ("", "20/09/2024", 0, 1),
    ("N", "", 0, 0),
    ("Y", "", 3, 0),
    ("Y", "13/09/2024", 3, 1),
    ("Y", "14/09/2024", 3, 0),
    ("Y", "09/09/2024", 3, 0),
])  # fmt: skip
def test_an_interview_is_held_when_accepted_or_dated_and_in_time_by_its_date(of, accepted, held, days, counted):
    """b came back on 10 September."""
    record = of(BACK[4], interviews=[EARLIER, f"b | 01/09/2024 | Y | {accepted} | {held}"])
    assert answer(record, "return_interview_accepted_pct", D, within_days=days) == (counted, 1)


def test_an_interview_is_due_three_days_after_the_return(of):
    rows = behind(of(BACK[4], interviews=["b | 01/09/2024 | Y | Y | 12/09/2024"]), "return_interview_accepted_pct")
    assert rows[["due", "done"]].astype(str).to_numpy().tolist() == [["2024-09-13", "2024-09-12"]]


def test_interviews_before_the_table_of_them_begins_are_not_available_rather_than_not_offered(of):
    record = of(*BACK, interviews=["b | 01/09/2024 | Y | Y | 12/09/2024"])
    row = calculate(catalogue().only(["return_interview_offered_pct"]), record, Periods.months(D, 1)).iloc[0]
    assert row["status"] == "x"
    assert row["reason"] == "the return interviews table begins on 2024-09-01; this needs 12 months of history"
