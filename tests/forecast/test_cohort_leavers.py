"""Care leavers ahead: the 13-week test, birthdays, and what entitlement to 25 adds."""

from __future__ import annotations

import numpy as np
import pytest

from drawn_care import ORIGIN, care, closed
from extract import record_of
from incare.forecast import cohort, leavers
from incare.forecast.simulate import FIRST_LEAVER, simulate

HEADER = """
CHILD | DOB
------+-----------
19    | 01/06/2005
22    | 01/06/2002
23    | 01/07/2001
24    | 15/05/2000
26    | 01/01/1999
small | 01/01/2015
"""
EPISODES = """
CHILD | DECOM      | RNE | DEC        | REC
------+------------+-----+------------+----
19    | 01/01/2018 | S   | 01/06/2023 | E7
22    | 01/01/2016 | S   | 01/06/2020 | E7
23    | 01/01/2016 | S   | 01/07/2019 | E7
24    | 01/01/2016 | S   | 15/05/2018 | E7
26    | 01/01/2014 | S   | 01/01/2017 | E7
small | 10/01/2024 | S   |            |
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return record_of(tmp_path_factory.mktemp("leavers"), 2025, header=HEADER, episodes=EPISODES)


def test_those_owed_support_are_found_by_the_13_week_test_and_their_birthday(record):
    assert sorted(leavers.born_of(record, ORIGIN).astype(str)) == [
        "2000-05-15",
        "2001-07-01",
        "2002-06-01",
        "2005-06-01",
    ]


def test_entitlement_to_25_adds_exactly_the_planted_young_people(record):
    made = cohort.project(record, 3, sims=40)

    young = leavers.leavers(record, made)

    added = young.until(leavers.FULL) - young.until(leavers.USUAL)
    # At the ends of April, May and June: the young people of 22, 23 and 24; the third turns 25 on 15 May.
    assert added.mean(axis=0).tolist() == [3, 2, 2]
    assert (added == added[0]).all()


def test_a_young_person_who_turns_18_in_care_becomes_a_care_leaver():
    found = care(["2007-04-15"], ["2020-01-01"], first="2019-04-01")

    paths = simulate(found, closed(0, 0, 0), 13, 20, np.random.default_rng(1))

    at_18 = paths.leavers[:, :, 18 - FIRST_LEAVER]
    assert (at_18[:, :12] == 1).all()
    assert (paths.leavers[:, 12, 19 - FIRST_LEAVER] == 1).all()


def test_under_13_weeks_in_care_is_no_entitlement():
    # 18 on 10 April: 92 days after 8 January (met), 90 days after 10 January (not met).
    for start, owed in (("2025-01-08", 1), ("2025-01-10", 0)):
        found = care(["2007-04-10"], [start], first="2023-04-01")

        paths = simulate(found, closed(0, 0, 0), 1, 20, np.random.default_rng(1))

        assert (paths.leavers.sum(axis=2)[:, 0] == owed).all()
        assert (paths.left[:, 0, 3] == 1).all()


def test_those_who_go_home_before_18_are_no_care_leavers():
    found = care(["2008-06-01"] * 50, ["2020-01-01"] * 50, first="2019-04-01")

    home = simulate(found, closed(0.3, 0, 0), 6, 40, np.random.default_rng(1))
    other = simulate(found, closed(0, 0, 0.3), 6, 40, np.random.default_rng(1))

    assert home.leavers.sum() == 0
    assert (other.leavers.sum(axis=2)[:, -1] == other.left.sum(axis=(1, 2))).all()


def test_without_a_snapshot_nothing_is_said_of_contact(record):
    made = cohort.project(record, 2, sims=40)
    young = leavers.leavers(record, made)

    assert young.in_touch is None
    assert set(leavers.table(young, made)["breakdown"]) == {"care_leavers"}
