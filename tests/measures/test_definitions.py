"""Where each measure's line runs: the day, the code or the age that decides."""

from __future__ import annotations

import pytest

from extract import answer, record_of

D = "2025-03-31"
ONE = """
    CHILD | DECOM      | RNE | PLACE | DEC        | REC
    ------+------------+-----+-------+------------+----
"""


def episodes(*rows: str) -> str:
    return ONE.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, episodes=episodes(*rows), **tables)


# Entering care


@pytest.mark.parametrize(("again", "counted"), [("01/06/2024", 1), ("10/06/2024", 1), ("11/06/2024", 0)])
def test_a_return_within_twelve_months_of_leaving_is_a_re_entry(of, again, counted):
    record = of("a | 01/01/2023 | S | U6 | 10/06/2023 | E4A", f"a | {again} | S | U6 | |")
    assert answer(record, "cla_reentry_pct", D) == (counted, 1)


@pytest.mark.parametrize("reason", ["E3", "E2"])
def test_an_earlier_transfer_or_death_makes_no_re_entry(of, reason):
    record = of(f"a | 01/01/2024 | S | U6 | 10/03/2024 | {reason}", "a | 01/06/2024 | S | U6 | |")
    assert answer(record, "cla_reentry_pct", D) == (0, 1)


def test_children_are_counted_once_a_period_and_starts_every_time(of):
    record = of("a | 03/03/2025 | S | U6 | 10/03/2025 | E4A", "a | 20/03/2025 | S | U6 | |")
    assert answer(record, "cla_started_count", D)[0] == 1
    assert answer(record, "cla_started_count", D, count="starts")[0] == 2


# In care


@pytest.mark.parametrize(("start", "end", "there"), [
    ("31/03/2025", "", 1),
    ("01/05/2024", "31/03/2025", 0),
    ("01/05/2024", "01/04/2025", 1),
])  # fmt: skip
def test_who_starts_on_the_day_is_in_care_and_who_leaves_on_it_is_not(of, start, end, there):
    record = of(f"a | {start} | S | U6 | {end} | {'E4A' if end else ''}")
    assert answer(record, "cla_count", D)[0] == there


@pytest.mark.parametrize(("until", "counted"), [("", 1), ("01/04/2025", 1), ("31/03/2025", 0), ("01/01/2025", 0)])
def test_uasc_status_must_cover_the_day(of, until, counted):
    uasc = f"""
        CHILD | DOB        | DUC
        ------+------------+-----------
        a     | 01/01/2008 | {until}
    """
    record = of("a | 01/05/2024 | S | K2 | |", "b | 01/05/2024 | S | U6 | |", uasc=uasc)
    assert answer(record, "cla_uasc_count", D)[0] == counted


# Placements


def test_kinship_of_all_children_or_of_those_in_foster_care(of):
    record = of(*(f"{place} | 01/05/2024 | S | {place} | |" for place in ("U1", "U3", "U6", "K2", "P1")))
    assert answer(record, "placement_kinship_pct", D) == (2, 5)
    assert answer(record, "placement_kinship_pct", D, of="foster") == (2, 3)


def test_residential_care_with_and_without_schools_but_never_supported_accommodation(of):
    record = of(*(f"{place} | 01/05/2024 | S | {place} | |" for place in ("K1", "K2", "S1", "R5", "K3")))
    assert answer(record, "placement_residential_pct", D) == (4, 5)
    assert answer(record, "placement_residential_pct", D, scope="homes") == (2, 5)


TEENS = """
    CHILD | DOB
    ------+-----------
    nine  | 01/04/2015
    ten   | 31/03/2015
    last  | 01/04/2009
    old   | 31/03/2009
    home  | 01/01/2012
"""


@pytest.mark.parametrize(("choices", "expected"), [
    ({}, (2, 3)),
    ({"max_age": 16}, (3, 4)),
    ({"exclude_placed_with_parents": True}, (2, 2)),
])  # fmt: skip
def test_ten_to_sixteen_ends_before_the_birthday_unless_chosen_otherwise(of, choices, expected):
    rows = [f"{name} | 01/05/2024 | S | U6 | |" for name in ("nine", "ten", "last", "old")]
    record = of(*rows, "home | 01/05/2024 | S | P1 | |", header=TEENS)
    assert answer(record, "foster_or_adoption_10_16_pct", D, **choices) == expected


# Reviews


REVIEWS = """
    CHILD | REVIEW
    ------+-----------
    a     | {first}
    a     | {second}
"""


@pytest.mark.parametrize(("first", "second", "on_time"), [
    ("30/05/2024", "30/08/2024", 1),
    ("31/05/2024", "30/08/2024", 0),
    ("30/05/2024", "31/08/2024", 0),
    ("20/05/2024", "20/08/2024", 1),
    ("20/05/2024", "21/08/2024", 0),
])  # fmt: skip
def test_a_review_on_the_due_day_is_on_time_and_a_day_later_is_late(of, first, second, on_time):
    """Care from 30 April: the first is due on 30 May, 20 working days later, the second three months after it."""
    record = of("a | 30/04/2024 | S | U6 | |", reviews=REVIEWS.format(first=first, second=second))
    assert answer(record, "cla_reviews_in_time_pct", "2024-09-30") == (on_time, 1)


def test_a_review_not_held_by_its_due_day_is_late_before_the_next_is_held(of):
    record = of("a | 30/04/2024 | S | U6 | |", reviews=REVIEWS.format(first="30/05/2024", second="30/05/2024"))
    assert answer(record, "cla_reviews_in_time_pct", "2024-08-31") == (0, 1)


# Missing


def test_missing_now_is_m_without_an_end_on_the_day(of):
    missing = """
        CHILD | MISSING | MIS_START  | MIS_END
        ------+---------+------------+-----------
        a     | M       | 30/03/2025 |
        b     | M       | 30/03/2025 | 31/03/2025
        c     | A       | 30/03/2025 |
    """
    record = of(*(f"{child} | 01/05/2024 | S | U6 | |" for child in "abc"), missing=missing)
    assert answer(record, "missing_now_count", D)[0] == 1
    assert answer(record, "missing_children_pct", D) == (2, 3)


# Leaving care


def test_only_the_last_end_of_a_child_gives_the_reason(of):
    record = of("a | 01/05/2024 | S | U6 | 01/06/2024 | E4A", "a | 01/09/2024 | S | U6 | 01/12/2024 | E45")
    assert answer(record, "ceased_sgo_pct", D) == (1, 1)
    assert answer(record, "ceased_returned_home_pct", D) == (0, 1)


def test_planned_and_unplanned_returns_are_apart_by_choice_and_transfers_leave_by_choice(of):
    ends = {"a": "E4A", "b": "E4B", "c": "E3", "d": "E11"}
    record = of(*(f"{child} | 01/05/2024 | S | U6 | 01/12/2024 | {reason}" for child, reason in ends.items()))
    assert answer(record, "ceased_returned_home_pct", D) == (2, 4)
    assert answer(record, "ceased_returned_home_pct", D, how="unplanned") == (1, 4)
    assert answer(record, "ceased_adopted_pct", D, exclude=("E3",)) == (1, 3)


# Care leavers


OC3 = """
    CHILD | DOB        | IN_TOUCH | ACTIV | ACCOM
    ------+------------+----------+-------+------
    eet   | 01/06/2004 | YES      | F4    | Z1
    neet  | 01/06/2004 | YES      | G5    | S2
    lost  | 01/06/2004 | NO       | 0     | 0
    gone  | 01/06/2004 | YES      | F2    | G1
    home  | 01/06/2004 | RHOM     | 0     | 0
    moved | 01/06/2004 | YES      | F5    | U1
    young | 01/06/2007 | YES      | F2    | D1
    still | 01/06/2006 | YES      | F2    | D1
"""


BORN = """
    CHILD | DOB
    ------+-----------
    eet   | 01/06/2004
    moved | 01/06/2004
    still | 01/06/2006
"""


@pytest.fixture
def leavers(of):
    return of(
        "moved | 01/05/2020 | S | U6 | 01/05/2021 | E3",
        "still | 01/05/2023 | S | U6 | 02/06/2024 | E5",
        "eet | 01/05/2020 | S | U6 | 01/06/2022 | E17",
        oc3=OC3,
        header=BORN,
    )


def test_care_leavers_are_those_with_a_birthday_in_the_year_who_are_not_excluded(leavers):
    """home went home, moved was transferred, still was in care on the 18th birthday; five are left."""
    assert answer(leavers, "cl_count", D)[0] == 5
    assert answer(leavers, "cl_in_touch_pct", D) == (3, 4)


def test_unknown_activity_stays_in_the_denominator_unless_known_is_chosen(leavers):
    assert answer(leavers, "cl_eet_pct", D) == (2, 4)
    assert answer(leavers, "cl_eet_pct", D, denominator="known") == (2, 3)


def test_gone_abroad_leaves_the_accommodation_measure_and_no_information_stays(leavers):
    assert answer(leavers, "cl_suitable_accommodation_pct", D) == (1, 3)


def test_staying_put_is_of_those_who_left_foster_care_on_their_18th_birthday(leavers):
    assert answer(leavers, "cl_staying_put_pct", D, ages=(20,)) == (1, 1)


# Plans and visits


def local(record_rows, name, text, tmp_path):
    from drawn import table

    table(text).to_csv(tmp_path / f"{name}.csv", index=False)
    return record_of(tmp_path, 2025, episodes=episodes(*record_rows))


@pytest.mark.parametrize(("dated", "status", "months", "counted"), [
    ("01/10/2024", "AUTHORISED", "", 1),
    ("30/09/2024", "AUTHORISED", "", 0),
    ("30/09/2024", "AUTHORISED", "12", 1),
    ("01/03/2025", "DRAFT", "", 0),
    ("01/04/2025", "AUTHORISED", "", 0),
])  # fmt: skip
def test_a_care_plan_is_up_to_date_for_six_months_or_the_child_s_own_interval(tmp_path, dated, status, months, counted):
    plans = f"""
        CHILD | PLAN_DATE  | STATUS     | REVIEW_MONTHS
        ------+------------+------------+--------------
        a     | 01/05/2024 | AUTHORISED |
        a     | {dated}    | {status}   | {months}
    """
    record = local(["a | 01/05/2024 | S | U6 | |"], "care_plans", plans, tmp_path)
    assert answer(record, "care_plan_up_to_date_pct", D) == (counted, 1)


def test_a_first_care_plan_is_not_due_for_ten_working_days(tmp_path):
    plans = """
        CHILD | PLAN_DATE  | STATUS
        ------+------------+-----------
        b     | 01/02/2024 | AUTHORISED
    """
    rows = ["a | 17/03/2025 | S | U6 | |", "b | 14/03/2025 | S | U6 | |"]
    record = local(rows, "care_plans", plans, tmp_path)
    # The tenth working day is 28 March for b and 31 March for a: both are due, and b's plan is of no period of care.
    assert answer(record, "care_plan_up_to_date_pct", D) == (0, 2)
    record = local(["a | 18/03/2025 | S | U6 | |", rows[1]], "care_plans", plans, tmp_path)
    assert answer(record, "care_plan_up_to_date_pct", D) == (0, 1)


SNAPSHOT = """
    CHILD | SNAPSHOT_DATE | DOB        | ELIGIBILITY     | IN_TOUCH | ACTIV | ACCOM | SUPPORT_STATUS
    ------+---------------+------------+-----------------+----------+-------+-------+---------------
    a     | 31/03/2025    | 01/06/2005 | FORMER_RELEVANT | YES      | F2    | U1    |
    b     | 31/03/2025    | 01/06/2002 | FORMER_RELEVANT | YES      | F2    | U1    | NOT_REQUESTED
    c     | 31/03/2025    | 01/06/2005 | FORMER_RELEVANT | DIED     | 0     | 0     |
    d     | 31/03/2025    | 01/02/2009 | ELIGIBLE        | YES      | 0     |       |
    e     | 31/12/2024    | 01/06/2005 | FORMER_RELEVANT | YES      | F2    | U1    |
"""


def test_a_pathway_plan_is_asked_of_those_entitled_in_the_latest_snapshot(tmp_path):
    """b is over 21 without support, c died, d turned 16 less than three months ago, e is in an older snapshot."""
    from drawn import table

    table(SNAPSHOT).to_csv(tmp_path / "care_leavers.csv", index=False)
    plans = """
        CHILD | PLAN_DATE  | KIND   | STATUS
        ------+------------+--------+-----------
        a     | 01/10/2024 | REVIEW | AUTHORISED
        x     | 01/10/2023 | REVIEW | AUTHORISED
    """
    record = local(["d | 01/05/2024 | S | U6 | |"], "pathway_plans", plans, tmp_path)
    assert answer(record, "pathway_plan_up_to_date_pct", D) == (1, 1)


@pytest.mark.parametrize(("seen", "how", "counted"), [
    ("01/02/2025", "VISIT_HOME", 1),
    ("31/01/2025", "VISIT_HOME", 0),
    ("30/03/2025", "PHONE", 0),
    ("30/03/2025", "FACE_TO_FACE", 1),
])  # fmt: skip
def test_a_care_leaver_is_visited_in_person_within_two_months(tmp_path, seen, how, counted):
    from drawn import table

    table(SNAPSHOT).to_csv(tmp_path / "care_leavers.csv", index=False)
    contacts = f"""
        CHILD | CONTACT_DATE | CONTACT_TYPE
        ------+--------------+-------------
        a     | {seen}       | {how}
        x     | 01/01/2024   | VISIT_HOME
    """
    record = local(["d | 01/05/2024 | S | U6 | |"], "cl_contacts", contacts, tmp_path)
    assert answer(record, "cl_visits_in_time_pct", D) == (counted, 1)


# Long-term stability


LONG = """
    CHILD | DOB
    ------+-----------
    a     | {born}
"""


@pytest.mark.parametrize(("born", "population"), [("01/04/2009", 1), ("31/03/2009", 0)])
def test_a_sixteenth_birthday_on_the_day_takes_the_child_out_of_long_term_stability(of, born, population):
    record = of("a | 01/01/2020 | S | U6 | |", header=LONG.format(born=born))
    assert answer(record, "stability_long_term_pct", D) == (population, population)


@pytest.mark.parametrize(("place", "before", "settled"), [
    ("A6", "01/04/2023", 1),
    ("A6", "02/04/2023", 0),
    ("U4", "01/04/2023", 0),
])  # fmt: skip
def test_a_placement_for_adoption_is_joined_to_the_one_before_it(of, place, before, settled):
    record = of(
        f"a | 01/01/2020 | S | U6 | {before} | X1",
        f"a | {before} | P | U1 | 01/07/2024 | X1",
        f"a | 01/07/2024 | P | {place} | |",
    )
    assert answer(record, "stability_long_term_pct", D) == (settled, 1)


@pytest.mark.parametrize(("accom", "suitable"), [("S1", 0), ("X1", 0), ("W1", 1), ("U2", 0), ("Y1", 1)])
def test_no_fixed_abode_and_custody_are_never_suitable(of, accom, suitable):
    leaver = f"""
        CHILD | DOB        | IN_TOUCH | ACTIV | ACCOM
        ------+------------+----------+-------+------
        b     | 01/06/2004 | YES      | F2    | {accom}
    """
    record = of("a | 01/05/2024 | S | U6 | |", oc3=leaver)
    assert answer(record, "cl_suitable_accommodation_pct", D) == (suitable, 1)
