"""Offending: who is of the age on the day, and which outcomes of the year count."""

from __future__ import annotations

import pytest

from extract import answer, record_of
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import rows_of

D = "2025-03-31"
EPISODES = """
    CHILD | DECOM      | RNE
    ------+------------+----
    nine  | 01/01/2024 | S
    ten   | 01/01/2024 | S
    last  | 01/01/2024 | S
    adult | 01/01/2024 | S
    who   | 01/01/2024 | S
    new   | 02/04/2024 | S
"""
BORN = """
    CHILD | DOB
    ------+-----------
    nine  | 01/04/2015
    ten   | 31/03/2015
    last  | 01/04/2007
    adult | 31/03/2007
    who   |
    new   | 01/01/2010
"""
OC2 = """
    CHILD | SDQ_SCORE | HEALTH_ASSESSMENT | CONVICTED
    ------+-----------+-------------------+----------
    nine  |           |                   | 1
    ten   |           |                   | 1
    last  |           |                   | {last}
    adult |           |                   | 1
    who   |           |                   | 1
    new   |           |                   | 1
"""


def known(record, **choices):
    measure = catalogue()["offending_pct"].choose(**choices)
    found = rows_of(measure, record, Periods.months(D, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]])


@pytest.mark.parametrize(("last", "counted", "known_too"), [("1", 2, True), ("0", 1, True), ("", 1, False)])
def test_the_return_is_read_for_ages_ten_to_seventeen_and_a_blank_is_not_known(tmp_path, last, counted, known_too):
    """nine turns ten on 1 April, ten on 31 March; last turns 18 on 1 April, adult on 31 March; new came too late."""
    record = record_of(tmp_path, 2025, episodes=EPISODES, header=BORN, oc2=OC2.format(last=last))
    assert answer(record, "offending_pct", D) == (counted, 2)
    found = known(record)
    assert found.loc["last", "known"] == known_too
    assert found["aside"].astype(str).to_dict() == {"ten": "", "last": "", "who": "date of birth not known"}


def test_a_child_without_an_oc2_row_is_set_aside(tmp_path):
    oc2 = "\n".join(line for line in OC2.format(last="1").splitlines() if "last" not in line)
    record = record_of(tmp_path, 2025, episodes=EPISODES, header=BORN, oc2=oc2)
    assert answer(record, "offending_pct", D) == (1, 1)
    assert known(record).loc["last", "aside"] == "no OC2 row"


@pytest.mark.parametrize(("day", "outcome", "counted"), [
    ("01/04/2024", "CONVICTION", 1),
    ("31/03/2024", "CONVICTION", 0),
    ("31/03/2025", "YOUTH_CAUTION", 1),
    ("01/04/2025", "YOUTH_CAUTION", 0),
    ("01/09/2024", "YOUTH_CONDITIONAL_CAUTION", 1),
])  # fmt: skip
def test_by_dates_an_outcome_of_the_twelve_months_counts_once(tmp_path, day, outcome, counted):
    offences = f"""
        CHILD | OUTCOME_DATE | OUTCOME
        ------+--------------+--------
        ten   | {day}        | {outcome}
        ten   | 01/01/2024   | CONVICTION
        nine  | 01/09/2024   | CONVICTION
    """
    record = record_of(tmp_path, 2025, episodes=EPISODES, header=BORN, offences=offences)
    assert answer(record, "offending_pct", D, form="dates") == (counted, 2)


def test_two_outcomes_of_a_child_count_once(tmp_path):
    offences = """
        CHILD | OUTCOME_DATE | OUTCOME
        ------+--------------+--------
        adult | 01/01/2024   | CONVICTION
        ten   | 01/05/2024   | CONVICTION
        ten   | 01/06/2024   | YOUTH_CAUTION
    """
    record = record_of(tmp_path, 2025, episodes=EPISODES, header=BORN, offences=offences)
    assert answer(record, "offending_pct", D, form="dates") == (1, 2)
