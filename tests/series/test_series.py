"""The tidy series: its columns, its empty groups, and what it says when it cannot say a number."""

from __future__ import annotations

import pandas as pd
import pytest

from drawn import table
from extract import filled, record_of
from incare.measures import catalogue
from incare.periods import Periods
from incare.series import ACCOUNT, COLUMNS, BreakdownError, calculate, residents

EPISODES = """
    CHILD | DECOM      | RNE | DEC        | REC
    ------+------------+-----+------------+----
    a     | 01/05/2024 | S   |            |
    b     | 01/06/2024 | S   | 31/12/2024 | E4A
    c     | 01/02/2025 | S   |            |
"""
HEADER = """
    CHILD | SEX | DOB        | TEAM
    ------+-----+------------+------
    a     | M   | 01/01/2015 | North
    b     | F   | 01/01/2010 | South
    c     | M   | 01/01/2009 |
"""


@pytest.fixture
def record(tmp_path):
    return record_of(tmp_path, 2025, episodes=EPISODES, header=HEADER)


def asked(record, *names, periods=None, by=()):
    return calculate(catalogue().only(names), record, periods or Periods.quarters("2025-03-31", 2), by=by)


def newest(series, breakdown):
    """The rows of the last quarter by one breakdown."""
    return series[(series["breakdown"] == breakdown) & (series["period_end"] == pd.Timestamp("2025-03-31"))]


def test_the_columns_are_those_of_the_contract_in_its_order(record):
    assert list(asked(record, "cla_count").columns) == [*COLUMNS, *ACCOUNT]


def test_every_period_is_answered_in_one_call(record):
    months = asked(record, "cla_count", periods=Periods.months("2025-03-31", 12))
    assert months["numerator"].tolist() == [0, 1, 2, 2, 2, 2, 2, 2, 1, 1, 2, 2]


def test_an_empty_group_is_a_row(record):
    by_sex = newest(asked(record, "cla_count", by=("sex",)), "sex")
    assert dict(zip(by_sex["category"], by_sex["numerator"], strict=True)) == {"Male": 2, "Female": 0, "Not known": 0}


def test_a_share_of_nobody_is_not_applicable_and_says_so(record):
    row = newest(asked(record, "placement_kinship_pct", by=("sex",)), "sex").query("category == 'Female'")
    assert row[["status", "reason"]].to_numpy().tolist() == [["z", "nobody in the group"]]
    assert row["value"].isna().all()


def test_a_quarter_in_which_nothing_happened_counts_nought(record):
    quiet = asked(record, "cla_started_count", "cla_ceased_count", periods=Periods.quarters("2024-09-30", 1))
    assert quiet["numerator"].tolist() == [0, 0]
    assert quiet["status"].tolist() == ["ok", "ok"]


def test_too_little_history_is_not_available_and_says_how_much_is_needed(record):
    row = asked(record, "stability_long_term_pct").iloc[-1]
    assert row["status"] == "x"
    assert row["reason"] == "the record runs from 2024-04-01 to 2025-03-31; this needs 30 months of history"


def test_a_missing_table_is_not_available_and_is_named(record):
    row = asked(record, "care_plan_up_to_date_pct").iloc[-1]
    assert (row["status"], row["reason"]) == ("x", "the extract has no care plans table")


def test_a_quarter_after_the_returns_is_not_available(record):
    assert asked(record, "cla_count", periods=Periods.quarters("2025-06-30", 1))["status"].tolist() == ["x"]


def test_a_local_column_is_a_breakdown_with_unallocated_kept(tmp_path):
    from incare.record import read

    record_of(tmp_path, 2025, episodes=EPISODES, header=HEADER)
    record = read(tmp_path, area="Testshire", keep=("TEAM",))
    teams = newest(asked(record, "cla_count", by=("team",)), "team")
    assert dict(zip(teams["category"], teams["numerator"], strict=True)) == {"North": 1, "South": 0, "Unallocated": 1}


def test_a_breakdown_that_does_not_exist_is_refused_with_those_there_are(record):
    with pytest.raises(BreakdownError, match=r"no breakdown called colour; there are: age_band, sex"):
        asked(record, "cla_count", by=("colour",))


def test_the_parts_of_a_mix_add_up_to_everyone(record):
    parts = newest(asked(record, "placement_type_pct"), "placement_type")
    assert parts["numerator"].sum() == 2
    assert (parts["denominator"] == 2).all()


def test_the_rate_of_a_year_to_march_uses_the_estimate_of_the_year_before():
    people = filled("population", table("""
        YEAR | AGE_FROM | AGE_TO | PERSONS
        -----+----------+--------+--------
        2023 | 0        | 17     | 1000
        2024 | 0        | 9      | 1100
        2024 | 10       | 17     | 900
    """)).astype(int)  # fmt: skip
    ends = pd.to_datetime(["2024-03-31", "2024-04-30", "2025-03-31", "2026-03-31", "2023-03-31"]).to_numpy()
    found = residents(people, ends.astype("datetime64[D]"))
    assert found[:4].tolist() == [1000, 1100 + 900, 1100 + 900, 1100 + 900]
    assert pd.isna(found[4])
