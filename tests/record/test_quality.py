"""The facts that a data check prints."""

from __future__ import annotations

from extract import record_of, write
from incare.record import quality, read
from incare.views.fitness import fitness

EPISODES = """
    CHILD | DECOM      | RNE | LS | DEC        | REC
    ------+------------+-----+----+------------+----
    a     | 01/05/2024 | S   | C2 |            |
    b     | 01/06/2024 | S   | V4 | 05/06/2024 | E4A
    c     | 20/03/2025 | S   | C2 |            |
"""


def test_the_lag_runs_from_the_latest_record_to_the_day_of_the_cut(tmp_path):
    facts = quality.facts(record_of(tmp_path, 2025, as_at="2025-03-31", episodes=EPISODES), "2024-25 Q4")
    assert facts.lag_days == 11
    assert facts.adds_up
    assert facts.reaches_the_quarter


def test_rows_add_up_by_table_and_by_rule(tmp_path):
    record = record_of(tmp_path, 2025, episodes=EPISODES)
    by_table = quality.by_table(record).set_index("table")
    assert by_table.loc["episodes"].tolist() == [3, 2, 1]
    by_rule = quality.by_rule(record, "set aside")
    assert by_rule[["table", "rule", "rows"]].to_numpy().tolist() == [["episodes", "RESPITE", 1]]


def test_rows_are_listed_by_return(tmp_path):
    write(tmp_path, 2024, episodes=EPISODES.replace("2025", "2024").replace("/2024", "/2023"))
    write(tmp_path, 2025, episodes=EPISODES)
    listed = quality.by_return(read(tmp_path, area="Testshire"))
    assert listed[["year_to_31_march", "episodes"]].to_numpy().tolist() == [["2024", 3], ["2025", 3]]


def test_a_quarter_outside_the_returns_is_said(tmp_path):
    record = record_of(tmp_path, 2025, episodes=EPISODES)
    inside, outside = (fitness(quality.facts(record, quarter)).text for quarter in ("2024-25 Q4", "2025-26 Q2"))
    assert "and cover it" in inside
    assert "and do not cover it" in outside
