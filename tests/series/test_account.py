"""Who is in a figure, who was left out and why, and how much was recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from extract import record_of
from incare.disclosure import protect
from incare.kinds import Count, Mean, Share
from incare.measure import Catalogue, measure
from incare.measures import catalogue
from incare.periods import Periods, last_day
from incare.rows import one_per_child, set_aside, used
from incare.series import account, calculate, rows_of
from incare.worklist import worklist

EPISODES = """
    CHILD | DECOM      | RNE | PLACE | DEC | REC
    ------+------------+-----+-------+-----+----
    a     | 01/05/2024 | S   | U6    |     |
    b     | 01/05/2024 | S   | U1    |     |
    c     | 01/05/2024 | S   | K2    |     |
    d     | 01/05/2024 | S   | K2    |     |
    e     | 01/05/2024 | S   | K2    |     |
"""
MARCH = Periods.months("2025-03-31", 1)


@measure(title="Seen", kind=Share(), better="higher", window=last_day)
def seen_pct(in_care, people):
    """Share seen: in foster care; those of d and e are not known, e is set aside.

    Population: all.
    Counted: foster care.
    """
    rows = one_per_child(in_care.at("end"))
    name = people["id"].to_numpy()[rows["child"]]
    rows = set_aside(rows, name == "e", "date of birth not known")
    due = np.where(name == "c", np.datetime64("2025-03-01"), np.datetime64("NaT")).astype("datetime64[s]")
    return rows.assign(counted=rows["place"].isin(["U6", "U1"]), known=~np.isin(name, ["d", "e"]), due=due)


@measure(title="Days", kind=Mean(), better="lower", window=last_day)
def days_in_care(in_care):
    """Days."""
    rows = one_per_child(in_care.at("end"))
    return rows.assign(amount=(rows["on"] - rows["care_start"]).dt.days.astype(float))


@pytest.fixture
def record(tmp_path):
    return record_of(tmp_path, 2025, episodes=EPISODES)


@measure(title="In foster care", kind=Count(), better="neither", window=last_day)
def fostered_count(in_care, people):
    """In foster care; whether they are is recorded for a alone, and in the first month for nobody."""
    rows = one_per_child(in_care.at("end"))
    known = (people["id"].to_numpy()[rows["child"]] == "a") & (rows["period"] > 0)
    return rows.assign(counted=known, known=known)


def test_a_count_of_what_is_recorded_for_nobody_is_not_available_rather_than_0(record):
    rows = calculate(Catalogue((fostered_count,)), record, Periods.months("2025-03-31", 2), by=("sex",))

    found = rows.loc[rows["breakdown"] == "total", ["numerator", "status", "reason"]].to_numpy().tolist()
    assert found[1] == [1, "ok", ""]
    assert np.isnan(found[0][0])
    assert found[0][1:] == ["x", "it is recorded for nobody"]
    assert (rows["status"] == "x").groupby(rows["period_end"]).mean().tolist() == [1, 0]


def test_who_is_set_aside_is_in_no_figure_and_is_counted(record):
    row = calculate(Catalogue((seen_pct,)), record, MARCH).iloc[0]
    assert (row["numerator"], row["denominator"], row["value"]) == (2, 4, 50)
    assert (row["people"], row["set_aside"], row["recorded"]) == (4, 1, 3)


def test_population_is_used_plus_set_aside_reason_by_reason(record):
    found = account(Catalogue((seen_pct,)), record, MARCH)
    assert found[["reason", "rows", "used", "recorded"]].to_numpy().tolist() == [["date of birth not known", 1, 4, 3]]


def test_a_measure_that_sets_nobody_aside_has_one_line_of_nought(record):
    found = account(catalogue().only(["cla_count"]), record, MARCH)
    assert found[["reason", "rows", "used", "recorded"]].to_numpy().tolist() == [["", 0, 5, 5]]


def test_an_earlier_reason_stays():
    rows = set_aside(pd.DataFrame({"x": [1, 2, 3]}), [True, False, False], "first")
    rows = set_aside(rows, [True, True, False], "second")
    assert rows["aside"].astype(str).tolist() == ["first", "second", ""]
    assert used(rows)["x"].tolist() == [3]


def test_a_mean_is_of_the_people_behind_it(record):
    row = calculate(Catalogue((days_in_care,)), record, MARCH).iloc[0]
    # 1 May 2024 to 31 March 2025: 334 days, five times.
    assert (row["numerator"], row["denominator"], row["value"], row["people"]) == (5 * 334, 5, 334, 5)


def test_a_cohort_is_part_of_the_children_and_keeps_the_measures_own_rules(record):
    series = calculate(
        catalogue().only(["cla_count"]), record, MARCH, cohort='placement != "Children\'s homes and secure"'
    )
    assert series["numerator"].tolist() == [2]
    assert len(rows_of(seen_pct, record, MARCH, 'sex == "Male"')) == 5


def test_public_figures_say_how_complete_they_are_only_where_that_names_nobody(record):
    shown = protect(calculate(Catalogue((seen_pct,)), record, MARCH)).frame
    assert shown[["set_aside", "completeness"]].isna().all(axis=None)
    true = protect(calculate(Catalogue((seen_pct,)), record, MARCH), "restricted").frame.iloc[0]
    assert (true["set_aside"], true["completeness"]) == (1, 75)
    assert not {"people", "recorded"} & set(shown.columns)


def test_a_mean_of_a_few_people_is_hidden_however_large_its_denominator(record):
    series = calculate(Catalogue((days_in_care,)), record, MARCH).assign(denominator=5000.0)
    assert protect(series).frame["status"].tolist() == ["c"]


# The list behind the number


def test_the_list_names_whom_to_act_on_with_what_was_due(record):
    found = worklist(seen_pct, record, MARCH)
    assert found[["id", "standing", "days_overdue"]].astype(object).where(found.notna(), None).to_numpy().tolist() == [
        ["c", "not counted", 30],
        ["d", "not counted", None],
    ]


def test_everyone_is_on_the_whole_list_with_the_reason_of_those_set_aside(record):
    found = worklist(seen_pct, record, MARCH, everyone=True).set_index("id")
    assert found["standing"].value_counts().to_dict() == {"counted": 2, "not counted": 2, "set aside": 1}
    assert found.loc["e", "why"] == "date of birth not known"


def test_a_list_has_the_team_and_worker_of_the_day(tmp_path):
    workers = """
        CHILD | SW_ID | SW_DECOM   | SW_DEC
        ------+-------+------------+-----------
        c     | SW1   | 01/05/2024 | 01/03/2025
        c     | SW2   | 01/03/2025 |
        d     | SW1   | 01/05/2024 | 01/03/2025
    """
    teams = """
        WORKER_ID | ROLE | FTE | START      | END | TEAM
        ----------+------+-----+------------+-----+------
        SW1       | SW   | 1   | 01/01/2020 |     | North
        SW2       | SW   | 1   | 01/01/2020 |     | South
    """
    record = record_of(tmp_path, 2025, episodes=EPISODES, sw_episodes=workers, workers=teams)
    found = worklist(seen_pct, record, MARCH).set_index("id")
    assert found["team"].to_dict() == {"c": "South", "d": "Unallocated"}
    assert found["worker"].to_dict() == {"c": "SW2", "d": "Unallocated"}
    series = calculate(Catalogue((seen_pct,)), record, MARCH, by=("team",))
    by_team = series[series["breakdown"] == "team"].set_index("category")["denominator"]
    assert by_team.to_dict() == {"North": 0, "South": 1, "Unallocated": 3}
    assert by_team.sum() == series.set_index("breakdown").loc["total", "denominator"]
