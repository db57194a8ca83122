"""The brute force on local tables, held to small drawn tables whose sums can be checked by eye."""

import pandas as pd
import pytest

from incare import sample

from . import brute_local
from .brute_force import clean, load
from .brute_local import COUNTS, MEANS, MEASURES, MIXES, RATIOS, answer, load_local, picked, thirteen_weeks
from .worked_examples import extract, table

D = "2025-03-31"
USUAL = {"RNE": "S", "LS": "C2", "PLACE": "U6", "PL_POST": ""}
RETURNED = ["reviews", "missing", "sw_episodes"]
TEN = "01/01/2015"


def council(episodes, born=TEN, **tables):
    """Cleaned episodes and local tables of one drawn council; `born` is everybody's date of birth, or each one's."""
    drawn = table(episodes)
    for column, usual in USUAL.items():
        drawn[column] = drawn.get(column, usual)
    drawn["DEC"] = drawn.get("DEC", "")
    drawn["REC"] = drawn.get("REC", drawn["DEC"].map(lambda ended: "E4A" if ended else ""))
    children = drawn["CHILD"].drop_duplicates()
    dobs = born if isinstance(born, dict) else dict.fromkeys(children, born)
    header = pd.DataFrame({"CHILD": list(dobs), "DOB": list(dobs.values()), "SEX": "F", "ETHNIC": "WBRI"})
    returned = {name: text for name, text in tables.items() if name in RETURNED}
    raw = extract("CHILD | DECOM", **returned)
    raw |= {"episodes": lined(drawn), "header": header.assign(SOURCE_YEAR=2025)}
    local = {name: table(text) for name, text in tables.items() if name not in RETURNED}
    return clean(raw), local


def lined(drawn):
    """Drawn episodes with the columns of a return that are not drawn."""
    return drawn.assign(PLACE_PROVIDER="", URN="", SOURCE_YEAR=2025)


def of(measure, episodes, end=D, born=TEN, **tables):
    """The answer of one measure to a drawn council."""
    return answer(*council(episodes, born, **tables), measure, end, end)


ONE = """
    CHILD | DECOM
    a     | 01/05/2022
"""


# Plans


@pytest.mark.parametrize(
    ("date", "status", "months", "counted"),
    [
        ("01/10/2024", "AUTHORISED", "", 1),
        ("30/09/2024", "AUTHORISED", "", 0),
        ("01/04/2025", "AUTHORISED", "", 0),
        ("31/03/2025", "DRAFT", "", 0),
        ("31/03/2025", "", "", 1),
        ("01/04/2024", "AUTHORISED", "12", 1),
        ("31/12/2024", "AUTHORISED", "3", 0),
        ("01/05/2022", "AUTHORISED", "36", 1),  # the day care began
        ("30/04/2022", "AUTHORISED", "36", 0),
    ],
)
def test_a_care_plan_is_up_to_date_for_six_months_or_its_own(date, status, months, counted):
    plans = f"CHILD | PLAN_DATE | STATUS | REVIEW_MONTHS\n a | {date} | {status} | {months}"
    assert of("care_plan_up_to_date_pct", ONE, care_plans=plans) == (counted, 1)


def test_the_latest_plan_says_when_it_is_due_for_review():
    plans = """
        CHILD | PLAN_DATE  | STATUS     | REVIEW_MONTHS
        a     | 01/05/2024 | AUTHORISED | 12
        a     | 01/06/2024 | AUTHORISED | 6
        a     | 01/02/2025 | DRAFT      | 12
    """
    assert of("care_plan_up_to_date_pct", ONE, care_plans=plans) == (0, 1)


def test_of_two_plans_of_one_day_the_lower_in_the_table_holds():
    header, long, short = "CHILD | PLAN_DATE | REVIEW_MONTHS", "a | 01/06/2024 | 12", "a | 01/06/2024 | 6"
    assert of("care_plan_up_to_date_pct", ONE, care_plans="\n".join([header, long, short])) == (0, 1)
    assert of("care_plan_up_to_date_pct", ONE, care_plans="\n".join([header, short, long])) == (1, 1)


def test_a_care_plan_is_due_ten_working_days_after_the_start_and_belongs_to_the_period_of_care():
    episodes = """
        CHILD | DECOM      | DEC        | RNE
        due   | 17/03/2025 |            | S
        not   | 18/03/2025 |            | S
        again | 01/06/2024 | 01/12/2024 | S
        again | 01/01/2025 |            | S
        older | 01/01/2025 |            | P
    """
    plans = "CHILD | PLAN_DATE | STATUS\n again | 01/11/2024 | AUTHORISED\n older | 01/11/2024 | AUTHORISED"
    # due has none; again's is of the earlier period; older was in care before its first row, so its plan counts.
    assert of("care_plan_up_to_date_pct", episodes, care_plans=plans) == (1, 3)


def leaver(**given):
    """One line of CARE_LEAVERS."""
    usual = {"CHILD": "a", "SNAPSHOT_DATE": "31/03/2025", "DOB": "01/01/2005", "ELIGIBILITY": "FORMER_RELEVANT"}
    return usual | {"IN_TOUCH": "YES", "ACTIV": "F2", "ACCOM": "U1", "IS_PARENT": "N"} | given


def leavers(*people):
    """CARE_LEAVERS drawn from what differs in each person; ids a, b, c and so on."""
    lines = [leaver(**({"CHILD": chr(ord("a") + place)} | given)) for place, given in enumerate(people)]
    frame = pd.DataFrame(lines).fillna("")
    return "\n".join([" | ".join(frame.columns), *(" | ".join(row) for row in frame.to_numpy())])


NOBODY = "CHILD | DECOM\n zz | 01/05/2025"


def of_leavers(measure, *people, end=D, **tables):
    """The answer of a measure to a list of care leavers of whom the return knows nothing."""
    return of(measure, NOBODY, end=end, care_leavers=leavers(*people), **tables)


def test_pathway_plans_of_those_listed_by_group_age_and_exclusion():
    people = [
        {},  # 20, plan in time
        {},  # 20, plan too old
        {},  # 20, no plan
        {"DOB": "01/04/2003", "SUPPORT_STATUS": "RECEIVING"},  # 21, supported, plan
        {"DOB": "01/04/2003", "SUPPORT_STATUS": "NOT_REQUESTED"},  # 21: not in
        {"DOB": "31/03/1999", "SUPPORT_STATUS": "RECEIVING"},  # 26: not in
        {"ELIGIBILITY": "QUALIFYING"},  # not in
        {"IN_TOUCH": "RHOM"},  # not in
        {"IN_TOUCH": "DIED"},  # not in
        {"RESP_LA_TRANSFERRED": "Y"},  # not in
        {"IN_TOUCH": "REFU"},  # stays in, no plan
        {"ELIGIBILITY": "RELEVANT", "DOB": "01/03/2009"},  # 16, left care: due, no plan
    ]
    plans = """
        CHILD | PLAN_DATE  | STATUS     | REVIEW_MONTHS | KIND
        a     | 01/10/2024 | AUTHORISED |               | REVIEW
        b     | 30/09/2024 | AUTHORISED |               | FIRST
        d     | 01/05/2024 | AUTHORISED | 12            | REVIEW
        f     | 01/03/2025 | AUTHORISED |               | REVIEW
    """
    # a b c d k l, of whom a and d
    assert of_leavers("pathway_plan_up_to_date_pct", *people, pathway_plans=plans) == (2, 6)


@pytest.mark.parametrize(
    ("born", "plan", "expected"),
    [
        ("31/12/2008", "", (0, 1)),
        ("01/01/2009", "", (0, 0)),
        ("01/01/2009", "15/01/2025", (1, 1)),
        ("01/01/2009", "01/04/2025", (0, 0)),
    ],
)
def test_an_eligible_child_is_due_a_pathway_plan_three_months_after_turning_sixteen(born, plan, expected):
    listed = leavers({"ELIGIBILITY": "ELIGIBLE", "DOB": born})
    plans = f"CHILD | PLAN_DATE | STATUS\n a | {plan} | AUTHORISED"
    assert of("pathway_plan_up_to_date_pct", ONE, born=born, care_leavers=listed, pathway_plans=plans) == expected


def test_a_list_older_than_92_days_is_no_list_and_a_later_one_replaces_it():
    early, late = leaver(SNAPSHOT_DATE="31/12/2024"), leaver(SNAPSHOT_DATE="31/03/2025", CHILD="b")
    listed = "\n".join([" | ".join(early), " | ".join(early.values()), " | ".join(late.values())])
    for end, number in [("2024-12-30", 0), ("2025-03-30", 1), (D, 1), ("2025-07-01", 1), ("2025-07-02", 0)]:
        assert of("cl_count", NOBODY, end=end, care_leavers=listed) == (number, None)
    assert picked(*council(NOBODY, care_leavers=listed), "cl_count", D, D)["CHILD"].tolist() == ["b"]


def stays(*dates, known=True):
    """Periods of care of one child."""
    rows = [(pd.Timestamp(start), pd.Timestamp(end) if end else pd.NaT) for start, end in dates]
    frame = pd.DataFrame(rows, columns=["start", "end"])
    return list(frame.assign(left_censored=[not known] + [False] * (len(rows) - 1)).itertuples())


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        # The catalogue's example: 42 days from the 14th birthday to 01/10/2020, 49 more from 15/07/2022.
        ([("2020-07-01", "2020-10-01"), ("2022-07-15", "2022-09-25")], "2022-09-02"),
        ([("2016-07-01", "")], "2022-08-20"),
        ([("2022-09-01", "")], "2022-12-01"),
        ([("2022-09-01", "2022-12-01")], "2022-12-01"),
        ([("2022-09-01", "2022-11-30")], None),
        ([("2018-07-01", "2022-08-20")], None),
        ([("2018-07-01", "2022-08-21")], "2022-08-20"),
        ([("2018-07-01", "2021-01-01"), ("2023-02-03", "2023-02-10")], "2023-02-03"),
    ],
)
def test_a_child_becomes_eligible_at_sixteen_in_care_with_thirteen_weeks_since_fourteen(dates, day):
    found, sure = thirteen_weeks(stays(*dates), pd.Timestamp("2006-08-20"))
    assert (found, sure) == (day and pd.Timestamp(day), True)


@pytest.mark.parametrize(("start", "sure"), [("2020-08-20", True), ("2022-05-21", True), ("2022-05-22", False)])
def test_days_before_the_record_may_bring_the_day_forward(start, sure):
    # 91 days from 21/05/2022 end on the 16th birthday, 20/08/2022: the days not known about change nothing.
    assert thirteen_weeks(stays((start, ""), known=False), pd.Timestamp("2006-08-20"))[1] == sure


@pytest.mark.parametrize(
    ("born", "plan", "status", "expected"),
    [
        ("31/12/2007", "31/03/2024", "AUTHORISED", (0, 0)),  # due 31/03/2024, before the twelve months
        ("01/01/2008", "01/04/2024", "AUTHORISED", (1, 1)),
        ("01/01/2008", "02/04/2024", "AUTHORISED", (0, 1)),
        ("01/01/2008", "01/04/2024", "DRAFT", (0, 1)),
        ("31/12/2008", "", "", (0, 1)),  # due 31/03/2025
        ("01/01/2009", "", "", (0, 0)),
    ],
)
def test_the_first_pathway_plan_is_due_three_months_after_becoming_eligible(born, plan, status, expected):
    plans = f"CHILD | PLAN_DATE | STATUS | KIND\n a | {plan} | {status} | REVIEW"
    assert of("pathway_plan_first_in_time_pct", ONE, born=born, pathway_plans=plans) == expected


def test_nobody_adopted_or_not_surely_eligible_is_due_a_first_plan():
    episodes = """
        CHILD   | DECOM      | DEC        | REC | RNE
        in      | 01/05/2022 |            |     | S
        left    | 01/05/2022 | 01/10/2024 | E4A | S
        adopted | 01/05/2022 | 01/10/2024 | E11 | S
        unsure  | 01/08/2024 |            |     | P
        short   | 01/08/2024 | 01/09/2024 | E4A | S
    """
    found = of(
        "pathway_plan_first_in_time_pct", episodes, born="01/07/2008", pathway_plans="CHILD | PLAN_DATE | STATUS"
    )
    assert found == (0, 2)


# Visits


def visited(date, end=D, **given):
    """Whether the one child of a spell is visited in time, given the last visit and what else is drawn."""
    row = {"DECOM": "01/05/2024", "RNE": "S", "LS": "C2", "PLACE": "U6", "SEEN": "Y", "DAYS": ""} | given
    episodes = "CHILD | DECOM | RNE | LS | PLACE\n a | " + " | ".join(row[c] for c in ("DECOM", "RNE", "LS", "PLACE"))
    visits = f"CHILD | VISIT_DATE | SEEN | INTERVAL_DAYS\n a | {date} | {row['SEEN']} | {row['DAYS']}"
    reviews = f"CHILD | REVIEW_DATE | CANCELLED\n a | {row.get('REVIEW', '')} | {row.get('CANCELLED', '')}"
    ((counted, children),) = [of("cla_visits_in_time_pct", episodes, end=end, visits=visits, reviews_local=reviews)]
    assert children == 1
    return bool(counted)


@pytest.mark.parametrize(
    ("date", "given", "in_time"),
    [
        ("17/02/2025", {}, True),  # 42 days
        ("16/02/2025", {}, False),
        ("17/02/2025", {"SEEN": "N"}, False),
        ("17/02/2025", {"SEEN": ""}, True),
        ("01/04/2025", {}, False),  # after D, and none before
        ("01/03/2025", {"DAYS": "30"}, True),
        ("28/02/2025", {"DAYS": "30"}, False),
        ("31/12/2024", {"PLACE": "U4", "DECOM": "01/04/2024"}, True),  # three months after a year
        ("30/12/2024", {"PLACE": "U4", "DECOM": "01/04/2024"}, False),
        ("31/12/2024", {"PLACE": "U4", "DECOM": "02/04/2024"}, False),
        ("31/12/2024", {"PLACE": "U6", "DECOM": "01/04/2024"}, False),
        ("24/03/2025", {"PLACE": "P1", "LS": "C1"}, True),  # weekly until the first review
        ("23/03/2025", {"PLACE": "P1", "LS": "C1"}, False),
        ("03/03/2025", {"PLACE": "P1", "LS": "C1", "REVIEW": "01/06/2024"}, True),  # then 28 days
        ("02/03/2025", {"PLACE": "P1", "LS": "C1", "REVIEW": "01/06/2024"}, False),
        ("03/03/2025", {"PLACE": "P1", "LS": "C1", "REVIEW": "01/06/2024", "CANCELLED": "Y"}, False),
        ("03/03/2025", {"PLACE": "P1", "LS": "C1", "REVIEW": "30/04/2024"}, False),
        ("17/02/2025", {"PLACE": "P1", "LS": "C2"}, True),
        ("", {"DECOM": "24/03/2025"}, True),  # the first seven days
        ("", {"DECOM": "23/03/2025"}, False),
        ("22/03/2025", {"DECOM": "23/03/2025"}, False),  # a visit before the spell
        ("22/03/2025", {"DECOM": "23/03/2025", "RNE": "P"}, True),  # the spell began before its first row
        ("", {"DECOM": "24/03/2025", "RNE": "P"}, False),
    ],
)
def test_a_child_is_visited_in_time(date, given, in_time):
    assert visited(date, **given) == in_time


def test_a_change_with_the_same_carer_keeps_the_visits_and_a_new_carer_does_not():
    episodes = """
        CHILD | DECOM      | RNE | PL_POST | DEC        | REC
        same  | 01/05/2024 | S   | A       | 20/03/2025 | X1
        same  | 20/03/2025 | T   | B       |            |
        new   | 01/05/2024 | S   | A       | 20/03/2025 | X1
        new   | 20/03/2025 | P   | B       |            |
    """
    visits = "CHILD | VISIT_DATE | SEEN\n same | 10/03/2025 | Y\n new | 10/03/2025 | Y"
    data, local = council(episodes, visits=visits)
    rows = picked(data, local, "cla_visits_in_time_pct", D, D).set_index("CHILD")["counted"]
    assert rows.to_dict() == {"same": True, "new": False}


def test_reviews_of_the_return_serve_where_no_local_table_does():
    episodes = "CHILD | DECOM | LS | PLACE\n a | 01/05/2024 | C1 | P1"
    tables = {"visits": "CHILD | VISIT_DATE\n a | 03/03/2025"}
    assert of("cla_visits_in_time_pct", episodes, **tables) == (0, 1)
    assert of("cla_visits_in_time_pct", episodes, **tables, reviews="CHILD | REVIEW\n a | 01/06/2024") == (1, 1)


# Health and offending


@pytest.mark.parametrize(
    ("rows", "children"),
    [
        (["a | 01/04/2024 | | S | C2"], 1),
        (["a | 02/04/2024 | | S | C2"], 0),
        (["a | 01/04/2024 | | P | C2"], 1),  # its start is not known, and was earlier still
        (["a | 01/04/2024 | 31/03/2025 | S | C2"], 0),
        (["a | 01/05/2022 | | S | C2", "a | 01/06/2024 | 08/06/2024 | S | V3"], 0),
        (["a | 01/05/2022 | | S | C2", "a | 25/03/2024 | 02/04/2024 | S | V4"], 0),
        (["a | 25/03/2024 | 01/04/2024 | S | V3", "a | 01/04/2024 | | S | C2"], 0),
        (["a | 25/03/2024 | 31/03/2024 | S | V3", "a | 01/04/2024 | | S | C2"], 1),
        (["a | 25/02/2024 | | S | V4", "a | 01/03/2024 | | S | C2"], 1),  # left open: it ended where care began
        (["a | 01/05/2022 | | S | C2", "a | 01/06/2024 | | S | V4"], 0),
    ],
)
def test_the_cohort_is_in_care_for_twelve_months_without_a_short_break(rows, children):
    episodes = "\n".join(["CHILD | DECOM | DEC | RNE | LS", *rows])
    assert of("dental_check_pct", episodes, health="CHILD | CHECK_TYPE | CHECK_DATE | STATUS") == (0, children)


@pytest.mark.parametrize(
    ("born", "kind", "date", "status", "counted"),
    [
        ("31/03/2020", "RHA", "01/04/2024", "COMPLETED", 1),  # five on the day
        ("31/03/2020", "RHA", "31/03/2024", "COMPLETED", 0),
        ("01/04/2020", "RHA", "01/10/2024", "COMPLETED", 1),  # still four
        ("01/04/2020", "RHA", "30/09/2024", "COMPLETED", 0),
        (TEN, "IHA", "01/04/2024", "COMPLETED", 1),
        (TEN, "DENTAL", "01/04/2024", "COMPLETED", 0),
        (TEN, "RHA", "01/04/2024", "REFUSED", 0),
        (TEN, "RHA", "01/04/2025", "COMPLETED", 0),
    ],
)
def test_a_health_assessment_lasts_a_year_and_half_a_year_under_five(born, kind, date, status, counted):
    health = f"CHILD | CHECK_TYPE | CHECK_DATE | STATUS\n a | {kind} | {date} | {status}"
    assert of("health_assessment_pct", ONE, born=born, health=health) == (counted, 1)


def test_checks_of_teeth_immunisations_and_development_within_twelve_months():
    episodes = "CHILD | DECOM\n four | 01/05/2022\n five | 01/05/2022"
    health = """
        CHILD | CHECK_TYPE   | CHECK_DATE | STATUS
        four  | DENTAL       | 01/04/2024 | COMPLETED
        five  | DENTAL       | 31/03/2024 | COMPLETED
        four  | IMMUNISATION | 01/05/2024 | COMPLETED
        five  | IMMUNISATION | 01/05/2024 | COMPLETED
        four  | DEVELOPMENT  | 01/05/2024 | CANCELLED
    """
    data = council(episodes, born={"four": "01/04/2020", "five": "31/03/2020"}, health=health)
    assert answer(*data, "dental_check_pct", D, D) == (1, 2)
    assert answer(*data, "immunisations_pct", D, D) == (2, 2)
    assert answer(*data, "development_check_pct", D, D) == (0, 1)


def test_strengths_and_difficulties_by_score_mean_and_band():
    children = {
        "zero": "01/04/2008",  # 16
        "mild": TEN,
        "high": TEN,
        "never": TEN,
        "old": TEN,
        "wrong": TEN,
        "later": TEN,
        "adult": "31/03/2008",  # 17: not in
        "small": "01/04/2020",  # 4: not in
    }
    episodes = "\n".join(["CHILD | DECOM", *(f"{child} | 01/05/2022" for child in children)])
    scores = """
        CHILD | SDQ_DATE   | SDQ_SCORE | SDQ_REASON
        zero  | 01/04/2024 | 0         |
        mild  | 01/06/2024 | 30        |
        mild  | 01/12/2024 | 14        |
        high  | 01/06/2024 | 17        |
        high  | 01/12/2024 |           | SDQ5
        old   | 31/03/2024 | 20        |
        wrong | 01/06/2024 | 41        |
        later | 01/04/2025 | 20        |
        adult | 01/06/2024 | 20        |
        small | 01/06/2024 | 20        |
    """
    data = council(episodes, born=children, sdq=scores)
    assert answer(*data, "sdq_completed_pct", D, D) == (3, 7)
    assert answer(*data, "sdq_average", D, D) == (0 + 14 + 17, 3)
    assert answer(*data, "sdq_band_pct", D, D) == {"Normal": 1, "Borderline": 1, "Cause for concern": 1}


def test_offences_with_an_outcome_in_the_twelve_months_of_children_aged_ten_to_seventeen():
    born = {"a": "31/03/2015", "b": "01/04/2015", "c": "01/04/2007", "d": "31/03/2007", "e": TEN}
    episodes = "\n".join(["CHILD | DECOM", *(f"{child} | 01/05/2022" for child in born)])
    offences = """
        CHILD | OUTCOME_DATE | OUTCOME
        a     | 01/04/2024   | CONVICTION
        b     | 01/06/2024   | CONVICTION
        c     | 31/03/2025   | YOUTH_CAUTION
        d     | 01/06/2024   | CONVICTION
        e     | 31/03/2024   | CONVICTION
    """
    # a is ten today, c seventeen; b is nine and d eighteen; e's outcome is of the year before.
    assert of("offending_pct", episodes, born=born, offences=offences) == (2, 3)


@pytest.mark.parametrize(
    ("start", "end", "check", "expected"),
    [
        ("03/03/2025", "", "31/03/2025", (1, 1)),  # due 31/03/2025
        ("04/03/2025", "", "", (0, 0)),  # due 01/04/2025
        ("29/02/2024", "", "", (0, 0)),  # due 28/03/2024
        ("01/03/2024", "", "02/04/2024", (1, 1)),  # due 02/04/2024, after Good Friday and Easter Monday
        ("03/03/2025", "", "01/04/2025", (0, 1)),
        ("03/03/2025", "", "03/12/2024", (1, 1)),  # three months before
        ("03/03/2025", "", "02/12/2024", (0, 1)),
        ("03/02/2025", "03/03/2025", "10/02/2025", (0, 0)),  # left on the due day
        ("03/02/2025", "04/03/2025", "10/02/2025", (1, 1)),
    ],
)
def test_the_initial_health_assessment_is_due_in_twenty_working_days(start, end, check, expected):
    health = f"CHILD | CHECK_TYPE | CHECK_DATE | STATUS\n a | IHA | {check} | COMPLETED"
    assert of("iha_in_time_pct", f"CHILD | DECOM | DEC\n a | {start} | {end}", health=health) == expected


def test_an_unknown_start_of_care_has_no_due_day():
    episodes = "CHILD | DECOM | RNE\n a | 03/03/2025 | P"
    assert of("iha_in_time_pct", episodes, health="CHILD | CHECK_TYPE | CHECK_DATE | STATUS") == (0, 0)
    assert of("pep_initial_in_time_pct", episodes, pep="CHILD | PEP_DATE | COMPLETED") == (0, 0)


# Education

TERMS = """
    TERM           | START      | END
    2023-24 Summer | 15/04/2024 | 24/07/2024
    2024-25 Autumn | 03/09/2024 | 20/12/2024
    2024-25 Spring | 06/01/2025 | 04/04/2025
"""


def test_a_personal_education_plan_in_the_latest_ended_term():
    episodes = """
        CHILD | DECOM      | DEC
        done  | 01/05/2022 |
        draft | 01/05/2022 |
        older | 01/05/2022 |
        later | 01/05/2022 |
        gone  | 01/05/2022 | 20/12/2024
        new   | 09/12/2024 |
        first | 06/12/2024 |
        small | 01/05/2022 |
        grown | 01/05/2022 |
        last  | 01/05/2022 |
    """
    born = dict.fromkeys(["done", "draft", "older", "later", "gone", "new", "first"], TEN)
    born |= {"small": "04/09/2021", "grown": "01/09/2006", "last": "02/09/2006"}
    peps = """
        CHILD | PEP_DATE   | COMPLETED | PP_PLUS_PURPOSE
        done  | 03/09/2024 | Y         | TUITION
        done  | 20/12/2024 | Y         |
        draft | 10/10/2024 | N         | TUITION
        older | 24/07/2024 | Y         | TUITION
        later | 21/12/2024 | Y         | TUITION
        gone  | 10/10/2024 | Y         | INTEREST
        last  | 10/10/2024 | Y         |
              | 10/10/2024 | Y         |
    """
    data = council(episodes, born, terms=TERMS, pep=peps)
    # In: done, draft, older, later, first (ten working days on the last day) and last (18 in this academic year).
    assert answer(*data, "pep_up_to_date_pct", D, D) == (2, 6)
    assert answer(*data, "pupil_premium_used_pct", D, D) == (2, 4)  # done twice, gone, last
    assert answer(*data, "pep_up_to_date_pct", "2024-12-20", "2024-12-20") == (2, 6)
    assert answer(*data, "pep_up_to_date_pct", "2024-12-19", "2024-12-19") == (1, 7)  # the summer term: older
    assert answer(*data, "pep_up_to_date_pct", "2024-07-01", "2024-07-01") == (0, 0)  # no term has ended


@pytest.mark.parametrize(
    ("start", "end", "born", "pep", "expected"),
    [
        ("17/03/2025", "", TEN, "31/03/2025", (1, 1)),
        ("18/03/2025", "", TEN, "31/03/2025", (0, 0)),  # due 01/04/2025
        ("17/03/2025", "", TEN, "01/04/2025", (0, 1)),
        ("17/03/2025", "", TEN, "16/03/2025", (0, 1)),  # before care
        ("03/03/2025", "17/03/2025", TEN, "10/03/2025", (0, 0)),
        ("17/03/2025", "", "17/03/2022", "", (0, 1)),  # three that day
        ("17/03/2025", "", "18/03/2022", "", (0, 0)),
    ],
)
def test_the_first_personal_education_plan_is_due_in_ten_working_days(start, end, born, pep, expected):
    peps = f"CHILD | PEP_DATE | COMPLETED\n a | {pep} | Y"
    assert of("pep_initial_in_time_pct", f"CHILD | DECOM | DEC\n a | {start} | {end}", born=born, pep=peps) == expected


PUPILS = """
    CHILD | DECOM      | DEC
    a     | 01/04/2023 |
    b     | 01/05/2021 | 01/04/2024
    c     | 01/05/2021 |
    d     | 01/05/2021 |
    e     | 01/05/2021 |
    late  | 02/04/2023 |
    left  | 01/05/2021 | 31/03/2024
"""


def test_attainment_of_children_in_care_for_twelve_months_at_31_march_of_the_year():
    attainment = """
        CHILD | ACAD_YEAR | KEY_STAGE | ENG_LANG | ENG_LIT | MATHS | ATT8 | KS2_RWM
        a     | 2023-24   | KS4       | 3        | 4       | 4     | 40.5 |
        b     | 2023/24   | KS4       | 4        |         | 3     | 20   |
        c     | 2023-24   | KS4       |          |         |       |      |
        d     | 2022-23   | KS4       | 9        | 9       | 9     | 90   |
        late  | 2023-24   | KS4       | 9        | 9       | 9     | 90   |
        left  | 2023-24   | KS4       | 9        | 9       | 9     | 90   |
        d     | 2023-24   | KS2       |          |         |       |      | Y
        c     | 2023-24   | KS2       |          |         |       |      | N
    """
    data = council(PUPILS, attainment=attainment)
    for end in ("2024-08-31", D, "2025-08-30"):
        assert answer(*data, "attainment_ks4_english_maths_pct", end, end) == (1, 3)
        assert answer(*data, "attainment8_average", end, end) == (60.5, 2)
        assert answer(*data, "attainment_ks2_rwm_pct", end, end) == (1, 2)
    assert answer(*data, "attainment_ks4_english_maths_pct", "2024-08-30", "2024-08-30") == (1, 1)  # d in 2022-23
    assert answer(*data, "attainment_ks4_english_maths_pct", "2025-08-31", "2025-08-31") == (0, 0)


AGES = {"a": TEN, "b": TEN, "c": "31/08/2018", "d": "01/09/2018", "e": TEN, "late": TEN, "left": TEN}


def test_absence_is_a_ratio_of_sums_and_persistent_from_ten_per_cent_of_ones_own_sessions():
    attendance = """
        CHILD | ACAD_YEAR | PERIOD | SESSIONS_POSSIBLE | AUTH_ABSENCE | UNAUTH_ABSENCE
        a     | 2023-24   | Autumn | 100               | 5            | 4
        a     | 2023-24   | Spring | 100               | 6            | 5
        b     | 2023-24   | Autumn | 100               | 9            | 0
        c     | 2023-24   | Autumn | 50                | 5            | 20
        c     | 2022-23   | Autumn | 50                | 50           | 0
        d     | 2023-24   | Autumn | 50                | 50           | 0
        e     | 2023-24   | Autumn | 0                 | 0            | 0
        late  | 2023-24   | Autumn | 50                | 50           | 0
    """
    data = council(PUPILS, AGES, attendance=attendance)
    # a missed 20 of 200, b 9 of 100, c 25 of 50; e had no sessions, d was four on 31/08/2023, late not in all year.
    assert answer(*data, "absence_overall_pct", D, D) == (54, 350)
    assert answer(*data, "absence_persistent_pct", D, D) == (2, 3)
    assert answer(*data, "absence_severe_pct", D, D) == (1, 3)


def test_suspensions_between_1_september_and_31_august():
    suspensions = """
        CHILD | START      | SESSIONS | TYPE
        a     | 01/09/2023 | 2        | SUSPENSION
        a     | 31/08/2024 | 2        | SUSPENSION
        b     | 31/08/2023 | 2        | SUSPENSION
        c     | 01/10/2023 | 2        | PERMANENT
        d     | 01/10/2023 | 2        | SUSPENSION
    """
    assert of("suspensions_pct", PUPILS, born=AGES, suspensions=suspensions) == (1, 4)  # a of a, b, c, e


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (["01/09/2020", "01/10/2023"], (1, 1)),
        (["01/09/2020", "30/09/2023"], (0, 1)),
        (["01/09/2020", "31/07/2024"], (1, 1)),
        (["01/09/2020", "01/08/2024"], (0, 1)),
        (["01/09/2020", "01/07/2023"], (0, 1)),
        (["01/10/2023"], (0, 1)),
        ([], (0, 0)),
    ],
)
def test_a_school_move_outside_august_and_september_that_is_not_the_first_school(starts, expected):
    schools = "\n".join(["CHILD | SCHOOL_URN | START", *(f"a | 1 | {start}" for start in starts)])
    assert of("school_moves_midyear_pct", ONE, schools=schools) == expected


# Missing


def test_return_interviews_of_incidents_that_ended_in_the_twelve_months():
    missing = """
        CHILD | MISSING | MIS_START  | MIS_END
        a     | M       | 30/03/2024 | 01/04/2024
        a     | M       | 01/06/2024 | 02/06/2024
        a     | M       | 01/07/2024 | 02/07/2024
        a     | M       | 01/08/2024 | 02/08/2024
        a     | M       | 30/03/2025 | 01/04/2025
        a     | M       | 29/03/2025 |
        a     | A       | 01/09/2024 | 02/09/2024
        a     | M       | 30/03/2023 | 31/03/2024
    """
    interviews = """
        CHILD | MIS_START  | OFFERED | ACCEPTED | INTERVIEW_DATE
        a     | 30/03/2024 | Y       | N        |
        a     | 01/06/2024 | Y       | Y        | 03/06/2024
        a     | 01/07/2024 | Y       |          | 04/07/2024
        a     | 30/03/2025 | Y       | Y        | 02/04/2025
    """
    data = council(ONE, missing=missing, return_interviews=interviews)
    assert answer(*data, "return_interview_offered_pct", D, D) == (3, 4)  # nothing was recorded for August
    assert answer(*data, "return_interview_accepted_pct", D, D) == (2, 4)


# Care leavers, as listed


def test_care_leavers_of_seventeen_to_twenty_five_by_group_and_exclusion():
    people = [
        {"ELIGIBILITY": "RELEVANT", "DOB": "31/03/2008"},  # 17
        {"ELIGIBILITY": "RELEVANT", "DOB": "01/04/2008"},  # 16: not in
        {"DOB": "01/04/1999"},  # 25
        {"DOB": "31/03/1999"},  # 26: not in
        {"ELIGIBILITY": "ELIGIBLE", "DOB": "31/03/2008"},
        {"ELIGIBILITY": "QUALIFYING"},
        {"IN_TOUCH": "NREQ"},
        {"IN_TOUCH": "RHOM"},
        {"RESP_LA_TRANSFERRED": "Y"},
        {"DOB": ""},
    ]
    assert of_leavers("cl_count", *people) == (3, None)


def test_the_header_gives_the_date_of_birth_before_the_list_does():
    listed = leavers({"DOB": "01/01/1990"})
    assert of("cl_count", NOBODY, born={"a": "01/01/2005"}, care_leavers=listed) == (1, None)


@pytest.mark.parametrize(("contact", "counted"), [("03/02/2025", 1), ("02/02/2025", 0), ("", 0), ("01/04/2025", 0)])
def test_in_touch_is_a_contact_in_the_last_56_days(contact, counted):
    assert of_leavers("cl_in_touch_pct", {"LATEST_CONTACT": contact}) == (counted, 1)


def test_activity_of_those_aged_nineteen_to_twenty_one_with_the_unknown_kept():
    people = [
        {"ACTIV": "F2"},
        {"ACTIV": "P5"},
        {"ACTIV": "F3"},  # a code of returns to 2020-21
        {"ACTIV": "G4", "NEET_DETAIL": "MENTAL_HEALTH"},
        {"ACTIV": "G5"},
        {"ACTIV": "0.0", "IN_TOUCH": "NO"},
        {"ACTIV": "F1", "DOB": "01/04/2006"},  # 18: not in
        {"ACTIV": "F1", "DOB": "31/03/2003"},  # 22: not in
    ]
    assert of_leavers("cl_eet_pct", *people) == (2, 6)
    assert of_leavers("cl_neet_pct", *people) == (2, 6)
    assert of_leavers("cl_neet_detail", *people) == {"MENTAL_HEALTH": 1, "Not recorded": 1}


def test_suitable_accommodation_leaves_out_those_abroad_deported_or_not_known_and_the_types_do_not():
    people = [{"ACCOM": code} for code in ("U1", "Z1", "W2", "X1", "0", "", "G1", "H2", "R1")]
    people.append({"ACCOM": "", "ACCOM_TYPE": "B", "SUITABLE": "1"})
    assert of_leavers("cl_suitable_accommodation_pct", *people) == (3, 7)  # U1 Z1 B1 of U1 Z1 W2 X1 0 blank B1
    types = of_leavers("cl_accommodation_types", *people)
    assert types == dict.fromkeys("UZWXGHRB", 1) | {"Not recorded": 2}


@pytest.mark.parametrize(
    ("date", "kind", "counted"),
    [
        ("01/02/2025", "VISIT_HOME", 1),
        ("31/01/2025", "VISIT_HOME", 0),
        ("01/03/2025", "FACE_TO_FACE", 1),
        ("01/03/2025", "PHONE", 0),
        ("01/03/2025", "ATTEMPT", 0),
        ("01/04/2025", "VISIT_HOME", 0),
    ],
)
def test_a_care_leaver_under_twenty_one_is_visited_within_two_months(date, kind, counted):
    contacts = f"CHILD | CONTACT_DATE | CONTACT_TYPE\n a | {date} | {kind}"
    people = [{"DOB": "01/04/2004"}, {"DOB": "31/03/2004"}]  # 20 and 21
    assert of_leavers("cl_visits_in_time_pct", *people, cl_contacts=contacts) == (counted, 1)


ALLOCATIONS = """
    CHILD | WORKER_ID | WORKER_ROLE | START      | END
    a     | one       | PA          | 31/03/2025 |
    a     | one       | PA          | 01/01/2025 | 01/04/2025
    b     | one       | PA          | 01/01/2025 | 31/03/2025
    c     | one       | PA          | 01/01/2025 |
    d     | one       | SW          | 01/01/2025 |
    e     | two       | PA          | 01/01/2025 |
    f     | two       | PA          | 01/04/2025 |
    g     | three     | PA          | 01/01/2025 |
"""


def test_a_personal_adviser_is_allocated_where_an_allocation_is_open():
    people = [{"ELIGIBILITY": "ELIGIBLE", "DOB": "01/01/2009"}, {}, {"DOB": "01/01/1995"}, {}]
    assert of_leavers("cl_pa_allocated_pct", *people, pa_allocations=ALLOCATIONS) == (2, 4)  # a and c


def test_caseload_is_open_allocations_over_the_full_time_equivalents_of_those_who_hold_any():
    workers = """
        WORKER_ID | ROLE | FTE | START      | END
        one       | PA   | 1.0 | 01/01/2020 | 01/01/2024
        one       | PA   | 0.5 | 01/01/2024 |
        two       | PA   | 1   | 01/01/2020 |
        two       | PA   | 0.4 | 01/04/2025 |
        three     | PA   |     | 01/01/2020 |
        four      | PA   | 1.0 | 01/01/2020 |
    """
    # one holds a (once) and c in half a post, two holds e; three's post is not known; four holds nobody.
    assert of("pa_caseload", NOBODY, pa_allocations=ALLOCATIONS, workers=workers) == (2 + 1, 0.5 + 1)


def test_social_workers_hold_the_children_in_care_whose_episode_with_them_is_open():
    episodes = "CHILD | DECOM | DEC\n a | 01/05/2022 | \n b | 01/05/2022 | \n c | 01/05/2022 | 31/03/2025"
    held = """
        CHILD | SW_ID | SW_DECOM   | SW_DEC
        a     | one   | 01/05/2022 |
        a     | two   | 01/05/2024 |
        b     | two   | 01/05/2022 | 01/04/2025
        b     | XX1   | 31/03/2025 |
        c     | two   | 01/05/2022 |
    """
    workers = "WORKER_ID | ROLE | FTE | START | END\n one | SW | 1 | 01/01/2020 | \n two | SW | 0.8 | 01/01/2020 |"
    # one's episode with a was left open and ends where two's begins; c has left care; XX1 has no post.
    assert of("sw_caseload", episodes, sw_episodes=held, workers=workers) == (2, 0.8)


def test_support_at_twenty_two_to_twenty_five():
    people = [
        {"DOB": "31/03/2003", "SUPPORT_STATUS": "RECEIVING"},
        {"DOB": "01/04/1999", "SUPPORT_STATUS": "DECLINED"},
        {"DOB": "01/01/2000"},
        {"DOB": "01/04/2003", "SUPPORT_STATUS": "RECEIVING"},  # 21
    ]
    assert of_leavers("cl_22_25_support_pct", *people) == (1, 3)


def test_a_service_is_wanted_by_some_of_those_who_answered():
    survey = """
        CHILD | SENT_DATE  | RESPONSE_DATE | WANTS_SERVICE
        a     | 01/04/2024 | 01/05/2024    | Y
        b     | 01/04/2024 | 01/05/2024    | N
        c     | 01/04/2024 | 01/05/2024    | UNSURE
        d     | 01/04/2024 |               |
        e     | 01/03/2025 | 01/04/2025    | Y
        f     | 31/03/2024 | 01/05/2024    | Y
    """
    assert of("wanted_service_pct", NOBODY, entitlement_survey=survey) == (1, 3)


def test_parents_among_care_leavers():
    people = [
        {"IS_PARENT": "Y"},
        {},
        {"IS_PARENT": "Y", "DOB": "01/04/2009"},  # 15
        {"IS_PARENT": "Y", "DOB": "31/03/1999"},  # 26
        {"IS_PARENT": "Y", "ELIGIBILITY": "RELEVANT", "DOB": "31/03/2009"},  # 16
    ]
    assert of_leavers("cl_parents_count", *people) == (2, None)


def test_bed_and_breakfast_at_any_time_in_the_twelve_months_counts_people():
    homes = """
        CHILD | START      | END        | ACCOM_TYPE
        a     | 01/03/2024 | 01/04/2024 | W
        b     | 01/03/2024 | 31/03/2024 | W
        c     | 31/03/2025 |            | W
        d     | 01/04/2025 |            | W
        e     | 01/06/2024 | 02/06/2024 | W
        e     | 01/07/2024 | 02/07/2024 | W
        f     | 01/06/2024 |            | V
    """
    assert of("cl_bed_and_breakfast_count", NOBODY, cl_accommodation=homes) == (3, None)


# The record around the measures


def test_a_supplied_start_of_care_makes_an_unknown_one_known():
    episodes = "CHILD | DECOM | RNE\n a | 10/03/2025 | P\n b | 28/02/2025 | P"
    starts = """
        CHILD | POC_START_DATE | SPELL_START_DATE
        a     | 03/03/2025     | 05/03/2025
        b     | 03/03/2025     | 03/03/2025
    """
    data, local = council(episodes, poc_start=starts, health="CHILD | CHECK_TYPE | CHECK_DATE | STATUS")
    known = brute_local.with_known_starts(data, local)
    assert answer(data, local, "iha_in_time_pct", D, D) == (0, 0)
    assert answer(known, local, "iha_in_time_pct", D, D) == (0, 1)  # a; b's start lies after its first row
    spells = known["episodes"].set_index("CHILD")["spell_start"]
    assert spells.to_dict() == {"a": pd.Timestamp("2025-03-05"), "b": pd.Timestamp("2025-02-28")}


def test_a_table_that_is_not_there_is_an_error_and_not_a_nought():
    with pytest.raises(KeyError, match="care_plans"):
        of("care_plan_up_to_date_pct", ONE)


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    (folder,) = sample.write(tmp_path_factory.mktemp("invented"), seed=3, children=120, years=4, areas=1)
    return clean(load(folder)), load_local(folder)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_somebody_to_count_in_an_invented_authority(invented, measure):
    rows = picked(*invented, measure, "2025-01-01", D)
    columns = ["part"] if measure in MIXES else ["amount"] if measure in MEANS else ["counted"]
    assert list(rows.columns) == ["CHILD", *(["amount", "weight"] if measure in RATIOS else columns)]
    assert len(rows) > 0
    assert not rows.isna().any(axis=None)
    if measure in COUNTS:
        assert rows["CHILD"].is_unique
