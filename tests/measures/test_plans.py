"""Plans and visits: the last day on which each is in time, who is due one, and every choice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import answer, record_of
from incare import periods as p
from incare.measures import catalogue
from incare.measures.cohorts import UNKNOWN_BIRTH, UNKNOWN_START
from incare.measures.plans import NOT_YET_DUE, in_date_until
from incare.periods import Periods
from incare.series import rows_of

D = "2025-03-31"
HEADER = """
    CHILD | DOB
    ------+-----------
    other | 01/01/2015
"""
EPISODES = """
    CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC
    ------+------------+-----+----+-------+------------+----
"""


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return, given as rows of episodes and drawn tables."""
    return lambda *rows, **tables: record_of(tmp_path, 2025, **({"episodes": lines(EPISODES, *rows)} | tables))


def rows(record, measure, ending=D, **choices):
    """The rows behind a figure, by the person's id."""
    found = rows_of(catalogue()[measure].choose(**choices), record, Periods.months(ending, 1))
    return found.set_index(record.people["id"].to_numpy()[found["child"]]).sort_index()


def asides(record, measure, ending=D, **choices) -> dict[str, str]:
    """Who is set aside, and why."""
    found = rows(record, measure, ending, **choices)["aside"].astype(str)
    return found[found != ""].to_dict()


def dates(record, measure, who="a", **choices) -> list[str]:
    """When it was last done and when it is due, of one person."""
    row = rows(record, measure, **choices).loc[who]
    return ["" if pd.isna(row[name]) else f"{row[name]:%Y-%m-%d}" for name in ("done", "due")]


# In date


@given(
    st.dates(pd.Timestamp("2020-01-01").date(), pd.Timestamp("2028-12-31").date()),
    st.integers(1, 24),
    st.integers(-40, 40),
)
def test_in_date_is_not_older_than_the_months_on_the_day(done, months, off):
    """The same line as that of a plan dated on or after the day so many months before the morrow (CATALOGUE 1.1)."""
    until = in_date_until(np.array([done], "datetime64[D]"), months)[0]
    on = p.add_months([done], months)[0] + off
    assert (on <= until) == (np.datetime64(done, "D") >= p.held_since([on], months)[0])


@pytest.mark.parametrize(("done", "months", "until"), [
    ("2024-10-01", 6, "2025-03-31"),
    ("2024-09-30", 6, "2025-03-30"),
    ("2025-02-28", 1, "2025-03-30"),
    ("2025-01-30", 1, "2025-02-27"),
])  # fmt: skip
def test_the_last_day_in_date_at_the_end_of_months(done, months, until):
    assert in_date_until(np.array([done], "datetime64[D]"), months)[0] == np.datetime64(until)


# Care plans

PLANS = """
    CHILD | PLAN_DATE  | STATUS     | REVIEW_MONTHS
    ------+------------+------------+--------------
    other | 01/02/2024 | AUTHORISED |
"""
IN_CARE = "a | 01/05/2024 | S | C2 | U6 | |"


@pytest.mark.parametrize(("dated", "choices", "counted"), [
    ("01/10/2024", {}, 1),
    ("30/09/2024", {}, 0),
    ("01/01/2025", {"max_months": 3}, 1),
    ("31/12/2024", {"max_months": 3}, 0),
    ("03/02/2025", {"max_days": 56}, 1),
    ("02/02/2025", {"max_days": 56}, 0),
])  # fmt: skip
def test_a_care_plan_is_up_to_date_by_months_or_by_days(of, dated, choices, counted):
    record = of(IN_CARE, care_plans=lines(PLANS, f"a | {dated} | AUTHORISED |"))
    assert answer(record, "care_plan_up_to_date_pct", D, **choices) == (counted, 1)


def test_the_child_s_own_months_stand_before_the_days_of_all(of):
    record = of(IN_CARE, care_plans=lines(PLANS, "a | 01/06/2024 | AUTHORISED | 12"))
    assert answer(record, "care_plan_up_to_date_pct", D, max_days=56) == (1, 1)
    assert dates(record, "care_plan_up_to_date_pct", max_days=56) == ["2024-06-01", "2025-05-31"]


def test_an_interval_of_nought_is_none(of):
    record = of(IN_CARE, care_plans=lines(PLANS, "a | 01/11/2024 | AUTHORISED | 0"))
    assert answer(record, "care_plan_up_to_date_pct", D) == (1, 1)


def test_a_first_plan_not_yet_due_sets_the_child_aside_and_due_days_are_named(of):
    """a came less than ten working days before; b was due on 16 May and has no plan, c's is too old."""
    record = of(
        "a | 18/03/2025 | S | C2 | U6 | |",
        "b | 01/05/2024 | S | C2 | U6 | |",
        "c | 01/05/2024 | S | C2 | U6 | |",
        care_plans=lines(PLANS, "c | 15/05/2024 | AUTHORISED |", "c | 01/04/2025 | AUTHORISED |"),
    )
    assert answer(record, "care_plan_up_to_date_pct", D) == (0, 2)
    assert asides(record, "care_plan_up_to_date_pct") == {"a": NOT_YET_DUE}
    assert dates(record, "care_plan_up_to_date_pct", "b") == ["", "2024-05-16"]
    assert dates(record, "care_plan_up_to_date_pct", "c") == ["2024-05-15", "2024-11-14"]
    assert asides(record, "care_plan_up_to_date_pct", first_within_working_days=9) == {}


@pytest.mark.parametrize(("rne", "counted"), [("S", 0), ("P", 1)])
def test_a_plan_from_before_a_start_is_of_earlier_care_but_not_where_the_start_is_unknown(of, rne, counted):
    record = of(f"a | 01/12/2024 | {rne} | C2 | U6 | |", care_plans=lines(PLANS, "a | 01/11/2024 | AUTHORISED |"))
    assert answer(record, "care_plan_up_to_date_pct", D) == (counted, 1)


# Pathway plans

PATHWAYS = """
    CHILD | PLAN_DATE  | KIND   | STATUS     | REVIEW_MONTHS
    ------+------------+--------+------------+--------------
    other | 01/10/2023 | REVIEW | AUTHORISED |
"""


def person(child="a", born="01/06/2005", group="FORMER_RELEVANT", **said) -> dict[str, str]:
    """A young person in the snapshot: in touch, in education, living independently, unless said otherwise."""
    usual = {"SNAPSHOT_DATE": D, "IN_TOUCH": "YES", "ACTIV": "F2", "ACCOM": "U1", "SUPPORT_STATUS": ""}
    named = {"in_touch": "IN_TOUCH", "accom": "ACCOM", "support": "SUPPORT_STATUS"}
    return usual | {"CHILD": child, "DOB": born, "ELIGIBILITY": group} | {named[n]: text for n, text in said.items()}


def snapshot(*people: dict[str, str]) -> dict:
    """The tables of a record with a snapshot, and a child in care who is in none of them."""
    episodes = lines(EPISODES, "other | 01/05/2024 | S | C2 | U6 | |")
    return {"care_leavers": pd.DataFrame(list(people)), "header": HEADER, "episodes": episodes}


@pytest.mark.parametrize(("dated", "months", "choices", "counted"), [
    ("01/10/2024", "", {}, 1),
    ("30/09/2024", "", {}, 0),
    ("30/09/2024", "12", {}, 1),
    ("01/04/2024", "", {"max_months": 12}, 1),
    ("31/03/2024", "", {"max_months": 12}, 0),
    ("01/10/2024", "", {"max_days": 180}, 0),
    ("02/10/2024", "", {"max_days": 180}, 1),
    ("02/10/2024", "", {"max_days": 180, "short_for": ("U",)}, 0),
    ("01/01/2025", "12", {"short_for": ("U", "K")}, 1),
    ("31/12/2024", "12", {"short_for": ("U", "K")}, 0),
    ("31/12/2024", "12", {"short_for": ("K",)}, 1),
    ("31/12/2024", "", {"short_for": ("U",), "short_months": 4}, 1),
])  # fmt: skip
def test_a_pathway_plan_is_up_to_date_by_the_council_s_or_the_person_s_interval(of, dated, months, choices, counted):
    plans = lines(PATHWAYS, f"a | {dated} | REVIEW | AUTHORISED | {months}")
    record = of(**snapshot(person()), pathway_plans=plans)
    assert answer(record, "pathway_plan_up_to_date_pct", D, **choices) == (counted, 1)


def test_a_draft_and_a_plan_of_the_morrow_are_no_plans(of):
    plans = lines(PATHWAYS, "a | 01/03/2025 | REVIEW | DRAFT |", "a | 01/04/2025 | REVIEW | AUTHORISED |")
    assert answer(of(**snapshot(person()), pathway_plans=plans), "pathway_plan_up_to_date_pct", D) == (0, 1)


def test_who_needs_a_pathway_plan_is_a_choice(of):
    """Former relevant, relevant, eligible and qualifying; at 21 those who receive support or not."""
    people = [
        person("f"),
        person("r", "01/06/2007", "RELEVANT"),
        person("e", "01/06/2007", "ELIGIBLE"),
        person("q", "01/06/2005", "QUALIFYING"),
        person("s", "31/03/2004", support="RECEIVING"),
        person("n", "31/03/2004", support="DECLINED"),
        person("y", "01/04/2004", support="DECLINED"),
        person("w", "31/03/1999", support="RECEIVING"),
        person("nreq", in_touch="NREQ"),
    ]
    record = of(**snapshot(*people), pathway_plans=PATHWAYS)

    def who(**choices):
        found = rows(record, "pathway_plan_up_to_date_pct", **choices)
        return " ".join(found.index[(found["aside"].astype(str) == "")])

    assert who() == "e f nreq r s y"
    assert who(from_21="all") == "e f n nreq r s y"
    assert who(groups=("RELEVANT", "FORMER_RELEVANT")) == "f nreq r s y"
    assert who(exclude_declined=True) == "e f r s y"
    assert asides(record, "pathway_plan_up_to_date_pct", exclude_declined=True) == {
        "nreq": "declined the service, left out by choice"
    }


def test_a_first_pathway_plan_is_due_three_months_after_16_or_after_becoming_eligible(of):
    """a turned 16 three months before, b a day less; c reached 91 days on 31 December, d a day later; e has a plan."""
    people = [person(child, "31/12/2008", "ELIGIBLE") for child in "ace"] + [person("b", "01/01/2009", "ELIGIBLE")]
    people += [person("d", "31/12/2008", "ELIGIBLE")]
    tables = snapshot(*people)
    stays = [f"{child} | 01/05/2024 | S | C2 | U6 | |" for child in "abe"]
    tables["episodes"] = lines(EPISODES, *stays, "c | 01/10/2024 | S | C2 | U6 | |", "d | 02/10/2024 | S | C2 | U6 | |")
    record = of(**tables, pathway_plans=lines(PATHWAYS, "b | 01/02/2025 | FIRST | AUTHORISED |"))
    assert asides(record, "pathway_plan_up_to_date_pct") == {"d": NOT_YET_DUE}
    assert answer(record, "pathway_plan_up_to_date_pct", D) == (1, 4)
    assert dates(record, "pathway_plan_up_to_date_pct") == ["", "2025-03-31"]
    assert dates(record, "pathway_plan_up_to_date_pct", "b") == ["2025-02-01", "2025-07-31"]
    sooner = asides(record, "pathway_plan_up_to_date_pct", first_within_months=4)
    assert sorted(sooner) == ["a", "c", "d", "e"]


def test_those_left_out_of_pathway_plans_are_set_aside_with_the_reason(of):
    people = [person("died", in_touch="DIED"), person("home", in_touch="RHOM"), person("dob", "")]
    record = of(**snapshot(*people, person()), pathway_plans=PATHWAYS)
    assert answer(record, "pathway_plan_up_to_date_pct", D) == (0, 1)
    assert asides(record, "pathway_plan_up_to_date_pct") == {
        "died": "died", "home": "returned home for six months", "dob": UNKNOWN_BIRTH,
    }  # fmt: skip


# First pathway plans


def first_plans(of, *stays, plans=(), born="01/06/2008"):
    people = lines(HEADER, *(f"{child} | {born}" for child in dict.fromkeys(stay.split(" |")[0] for stay in stays)))
    return of(*stays, header=people, pathway_plans=lines(PATHWAYS, *plans))


@pytest.mark.parametrize(("dated", "status", "counted"), [
    ("01/09/2024", "AUTHORISED", 1),
    ("02/09/2024", "AUTHORISED", 0),
    ("01/09/2024", "DRAFT", 0),
    ("01/03/2024", "AUTHORISED", 1),
])  # fmt: skip
def test_a_first_pathway_plan_by_the_day_three_months_after_16_is_in_time(of, dated, status, counted):
    record = first_plans(of, IN_CARE.replace("2024", "2023"), plans=[f"a | {dated} | FIRST | {status} |"])
    assert answer(record, "pathway_plan_first_in_time_pct", D) == (counted, 1)
    done = dated if counted else ""
    assert dates(record, "pathway_plan_first_in_time_pct") == ["-".join(done.split("/")[::-1]), "2024-09-01"]


@pytest.mark.parametrize(("came", "due"), [("01/03/2024", "2024-09-01"), ("02/03/2024", "2024-09-01"),
                                           ("03/03/2024", "2024-09-02"), ("15/08/2024", "2025-02-14")])  # fmt: skip
def test_a_first_pathway_plan_is_due_from_the_91st_day_where_that_is_after_16(of, came, due):
    """2 March to 1 June 2024, the 16th birthday, are 91 days; 15 August to 14 November too."""
    record = first_plans(of, f"a | {came} | S | C2 | U6 | |")
    assert dates(record, "pathway_plan_first_in_time_pct") == ["", due]
    assert answer(record, "pathway_plan_first_in_time_pct", D, first_within_months=9)[1] == (due != "2025-02-14")


@pytest.mark.parametrize(
    ("born", "there"), [("01/01/2008", 1), ("31/12/2007", 0), ("31/12/2008", 1), ("01/01/2009", 0)]
)
def test_first_pathway_plans_are_those_that_fell_due_in_the_twelve_months(of, born, there):
    record = first_plans(of, "a | 01/05/2022 | S | C2 | U6 | |", born=born)
    assert answer(record, "pathway_plan_first_in_time_pct", D)[1] == there


def test_a_first_pathway_plan_of_unknown_due_day_or_of_an_adopted_child_is_set_aside(of):
    """b came before the record, after 14, and 91 known days end after 16; c before 14; d came after 16, unknown."""
    record = first_plans(
        of,
        "a | 01/04/2024 | S | C2 | U6 | |",
        "b | 01/04/2024 | P | C2 | U6 | |",
        "c | 01/04/2022 | P | C2 | U6 | 01/05/2022 | E4A",
        "c | 01/04/2024 | S | C2 | U6 | |",
        "d | 01/07/2024 | P | C2 | U6 | |",
        "e | 01/04/2023 | S | E1 | A6 | 31/03/2025 | E12",
        "f | 01/04/2023 | P | C2 | U6 | |",
    )
    assert asides(record, "pathway_plan_first_in_time_pct") == {"b": UNKNOWN_START, "d": UNKNOWN_START, "e": "adopted"}
    assert answer(record, "pathway_plan_first_in_time_pct", D) == (0, 3)


# Visits to children in care

VISITS = """
    CHILD | VISIT_DATE | SEEN | INTERVAL_DAYS
    ------+------------+------+--------------
    other | 01/01/2024 | Y    |
"""


@pytest.mark.parametrize(("visited", "seen", "choices", "counted"), [
    ("17/02/2025", "Y", {}, 1),
    ("16/02/2025", "Y", {}, 0),
    ("17/02/2025", "", {}, 1),
    ("17/02/2025", "N", {}, 0),
    ("01/04/2025", "Y", {}, 0),
    ("16/02/2025", "Y", {"default_days": 43}, 1),
    ("17/02/2025", "Y", {"working_days": 30}, 1),
    ("14/02/2025", "Y", {"working_days": 30}, 0),
])  # fmt: skip
def test_a_child_is_visited_in_time_up_to_the_42nd_day(of, visited, seen, choices, counted):
    """42 days before 31 March is 17 February, a Monday; 30 working days too."""
    record = of(IN_CARE, visits=lines(VISITS, f"a | {visited} | {seen} |"))
    assert answer(record, "cla_visits_in_time_pct", D, **choices) == (counted, 1)


@pytest.mark.parametrize(("came", "visited", "choices", "counted"), [
    ("24/03/2025", "", {}, 1),
    ("23/03/2025", "", {}, 0),
    ("24/03/2025", "23/03/2025", {}, 1),
    ("23/03/2025", "22/03/2025", {}, 0),
    ("23/03/2025", "23/03/2025", {}, 1),
    ("23/03/2025", "", {"first_days": 8}, 1),
])  # fmt: skip
def test_the_first_visit_is_due_seven_days_after_coming_to_the_carers(of, came, visited, choices, counted):
    stay = (f"a | 01/05/2024 | S | C2 | U6 | {came} | X1", f"a | {came} | P | C2 | U6 | |")
    seen = [f"a | {visited} | Y |"] if visited else []
    assert answer(of(*stay, visits=lines(VISITS, *seen)), "cla_visits_in_time_pct", D, **choices) == (counted, 1)


def test_a_move_with_the_same_carers_does_not_start_again(of):
    stay = ("a | 01/05/2024 | S | C2 | U6 | 23/03/2025 | X1", "a | 23/03/2025 | T | C2 | U6 | |")
    assert answer(of(*stay, visits=lines(VISITS, "a | 01/03/2025 | Y |")), "cla_visits_in_time_pct", D) == (1, 1)


@pytest.mark.parametrize(("place", "came", "visited", "choices", "counted"), [
    ("U4", "01/04/2024", "31/12/2024", {}, 1),
    ("U4", "01/04/2024", "30/12/2024", {}, 0),
    ("U1", "01/04/2024", "31/12/2024", {}, 1),
    ("U4", "02/04/2024", "31/12/2024", {}, 0),
    ("U6", "01/04/2024", "31/12/2024", {}, 0),
    ("U6", "01/04/2024", "31/12/2024", {"long_term_codes": ("U6",)}, 1),
    ("U4", "01/04/2024", "01/12/2024", {"long_term_months": 4}, 1),
])  # fmt: skip
def test_after_a_year_in_a_long_term_home_three_months_are_enough(of, place, came, visited, choices, counted):
    """A year on 31 March is since 1 April; a visit of 31 December is good to 31 March, one of the 30th to the 30th."""
    record = of(f"a | {came} | S | C2 | {place} | |", visits=lines(VISITS, f"a | {visited} | Y |"))
    assert answer(record, "cla_visits_in_time_pct", D, **choices) == (counted, 1)


REVIEWED = """
    CHILD | REVIEW
    ------+-----------
    a     | {day}
"""


@pytest.mark.parametrize(("status", "visited", "reviewed", "counted"), [
    ("C1", "24/03/2025", "", 1),
    ("C1", "23/03/2025", "", 0),
    ("C1", "03/03/2025", "01/06/2024", 1),
    ("C1", "02/03/2025", "01/06/2024", 0),
    ("C2", "17/02/2025", "", 1),
])  # fmt: skip
def test_with_parents_under_an_interim_order_visits_are_weekly_until_a_review_then_every_28_days(
    of, status, visited, reviewed, counted
):
    tables = {"reviews": REVIEWED.format(day=reviewed)} if reviewed else {}
    record = of(f"a | 01/05/2024 | S | {status} | P1 | |", visits=lines(VISITS, f"a | {visited} | Y |"), **tables)
    assert answer(record, "cla_visits_in_time_pct", D) == (counted, 1)


def test_a_review_held_before_the_child_came_to_the_parents_is_not_the_first_one_there(of):
    record = of(
        "a | 01/05/2024 | S | C1 | U6 | 01/09/2024 | X1",
        "a | 01/09/2024 | P | C1 | P1 | |",
        visits=lines(VISITS, "a | 10/03/2025 | Y |"),
        reviews=REVIEWED.format(day="01/06/2024"),
    )
    assert answer(record, "cla_visits_in_time_pct", D) == (0, 1)


@pytest.mark.parametrize(("interval", "counted"), [("60", 1), ("59", 0), ("0", 0), ("", 0)])
def test_the_interval_noted_with_the_latest_visit_stands_before_all_others(of, interval, counted):
    """30 January is 60 days before 31 March; an interval of 0 is none."""
    record = of(IN_CARE, visits=lines(VISITS, f"a | 30/01/2025 | Y | {interval}", "a | 01/01/2025 | Y | 200"))
    assert answer(record, "cla_visits_in_time_pct", D) == (counted, 1)


@pytest.mark.parametrize(("visited", "counted"), [("17/02/2025", 1), ("16/02/2025", 0), ("", 0)])
def test_where_the_coming_is_not_known_the_latest_visit_alone_decides(of, visited, counted):
    """The first row changes the legal status only: the child had come before, and a visit of before it counts."""
    seen = [f"a | {visited} | Y |"] if visited else []
    record = of("a | 28/03/2025 | L | C2 | U6 | |", visits=lines(VISITS, *seen))
    assert answer(record, "cla_visits_in_time_pct", D) == (counted, 1)


def test_a_list_of_visits_says_when_each_was_made_and_the_next_was_due(of):
    record = of(
        IN_CARE,
        "b | 01/03/2025 | S | C2 | U6 | |",
        visits=lines(VISITS, "a | 01/02/2025 | Y |", "b | 01/02/2025 | Y |"),
    )
    assert dates(record, "cla_visits_in_time_pct", "a") == ["2025-02-01", "2025-03-15"]
    assert dates(record, "cla_visits_in_time_pct", "b") == ["2025-02-01", "2025-03-08"]


# Visits to care leavers

CONTACTS = """
    CHILD | CONTACT_DATE | CONTACT_TYPE
    ------+--------------+-------------
    other | 01/01/2024   | VISIT_HOME
"""


@pytest.mark.parametrize(("seen", "how", "choices", "counted"), [
    ("01/02/2025", "VISIT_HOME", {}, 1),
    ("31/01/2025", "VISIT_HOME", {}, 0),
    ("03/02/2025", "FACE_TO_FACE", {"max_days": 56}, 1),
    ("02/02/2025", "FACE_TO_FACE", {"max_days": 56}, 0),
    ("01/01/2025", "VISIT_HOME", {"months": 3}, 1),
    ("01/03/2025", "ATTEMPT", {}, 0),
    ("01/03/2025", "VIDEO", {}, 0),
    ("01/03/2025", "VIDEO", {"contact_types": ("VIDEO",)}, 1),
    ("01/04/2025", "VISIT_HOME", {}, 0),
])  # fmt: skip
def test_a_care_leaver_is_seen_in_person_within_the_time(of, seen, how, choices, counted):
    record = of(**snapshot(person()), cl_contacts=lines(CONTACTS, f"a | {seen} | {how}"))
    assert answer(record, "cl_visits_in_time_pct", D, **choices) == (counted, 1)


def test_visits_are_owed_under_21_and_by_choice_to_those_who_receive_support(of):
    people = [
        person("under", "01/04/2004"),
        person("at", "31/03/2004", support="RECEIVING"),
        person("not", "31/03/2004", support="DECLINED"),
        person("young", "01/06/2007", "RELEVANT"),
        person("care", "01/06/2007", "ELIGIBLE"),
        person("died", in_touch="DIED"),
        person("dob", ""),
    ]
    record = of(**snapshot(*people), cl_contacts=lines(CONTACTS, "under | 01/03/2025 | VISIT_HOME"))
    assert answer(record, "cl_visits_in_time_pct", D) == (1, 2)
    assert answer(record, "cl_visits_in_time_pct", D, also_receiving=True) == (1, 3)
    assert answer(record, "cl_visits_in_time_pct", D, under_age=18) == (0, 1)
    assert asides(record, "cl_visits_in_time_pct") == {"died": "died", "dob": UNKNOWN_BIRTH}
    assert dates(record, "cl_visits_in_time_pct", "under") == ["2025-03-01", "2025-04-30"]
    assert dates(record, "cl_visits_in_time_pct", "young") == ["", ""]
