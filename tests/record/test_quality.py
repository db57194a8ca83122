"""The facts that a data check prints."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from extract import record_of, write
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import quality, read
from incare.record.assemble import without_children
from incare.record.rules import RULES
from incare.series import calculate
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


# ---- which measures a rule moves, and by how much ----

DIRTY = """
    CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC
    ------+------------+-----+----+-------+------------+----
    a     | 01/05/2024 | S   | C2 | U6    |            |
    b     | 01/05/2024 | S   | C2 | U6    | 10/08/2024 | X1
    b     | 01/08/2024 | P   | C2 | K2    |            |
    c     | 01/05/2024 | P   | C2 | K2    |            |
    d     | 01/05/2024 | S   | C2 | R4    |            |
"""
STOCK, KINDS = "cla_count", "placement_residential_pct"


def in_care(record, measures) -> pd.DataFrame:
    """A toy answer: children with an open episode, and how many of these live in a home."""
    now = record.tables["episodes"][record.tables["episodes"]["end"].isna()]
    answers = {STOCK: float(len(now)), KINDS: 100 * (now["place"] == "K2").mean()}
    return pd.DataFrame({"measure": measures, "value": [answers[name] for name in measures]})


def test_each_measure_is_given_with_and_without_the_children_that_a_rule_touched(tmp_path):
    """Of a, b, c and d, two live in a home: b, whose rows overlap (501), and c. d has an unknown code (146)."""
    found = quality.effects(record_of(tmp_path, 2025, episodes=DIRTY), in_care, [STOCK, KINDS])
    assert found.drop(columns="reason").to_numpy().tolist() == [
        ["146", 1, KINDS, 50.0, pytest.approx(200 / 3), pytest.approx(50 - 200 / 3)],
        ["501", 1, STOCK, 4.0, 3.0, 1.0],
    ]
    assert found["reason"].tolist() == [RULES["146"].reason, RULES["501"].reason]


def test_a_record_is_asked_once_whole_and_once_per_group_of_children(tmp_path):
    asked = []

    def ask(record, measures):
        asked.append((len(record.tables["episodes"]), measures))
        return in_care(record, measures)

    # Both rules touch b alone, so one answer without b does for both.
    drawn = (
        DIRTY.replace("a     | 01/05/2024 | S   | C2 | U6    |            |", "")
        + "    b | 01/09/2024 | P | C2 | R4 | |"
    )
    drawn = drawn.replace("c     | 01/05/2024 | P   | C2 | K2    |            |", "").replace("R4    |", "K2    |", 1)
    record = record_of(tmp_path, 2025, episodes=drawn)
    found = quality.effects(record, ask, [STOCK, KINDS])
    assert set(found["rule"]) == {"142", "146", "501"}
    assert asked == [(4, (STOCK, KINDS)), (1, (STOCK, KINDS))]


def test_only_the_rules_and_measures_named_are_looked_at(tmp_path):
    record = record_of(tmp_path, 2025, episodes=DIRTY)
    assert quality.effects(record, in_care, [KINDS], rules=["501"]).empty
    assert quality.effects(record, in_care, [STOCK], rules=["501"])["rule"].tolist() == ["501"]
    assert quality.effects(record, in_care, []).columns.tolist() == quality.EFFECTS


def test_a_rule_that_found_nothing_or_nobody_has_no_line(tmp_path):
    folder = write(tmp_path, 2025, episodes=EPISODES)
    path = folder / "2025" / "episodes.csv"
    heading, first, *others = path.read_text().splitlines()
    path.write_text("\n".join([heading, first + ",surplus", *others]) + "\n")
    record = read(folder, area="Testshire")
    assert "F1" in set(record.issues["rule"])
    assert quality.effects(record, in_care, [STOCK]).empty


REVIEWS = """
    CHILD | REVIEW
    ------+-----------
    a     | 01/06/2024
    b     | 02/06/2024
    d     | 03/06/2024
"""
MISSING = """
    CHILD | MISSING | MIS_START  | MIS_END
    ------+---------+------------+-----------
    b     | M       | 01/06/2024 | 02/06/2024
    d     | M       | 01/06/2024 | 02/06/2024
"""


def test_a_record_without_some_children_gives_the_figures_of_an_extract_without_them(tmp_path):
    def series(record):
        found = calculate(catalogue(), record, Periods.months("2025-03-31", 12), by=("age_band", "placement"))
        return found.drop(columns="area")

    def without_b(drawn: str) -> str:
        return "\n".join(line for line in drawn.splitlines() if not line.strip().startswith("b "))

    header = "CHILD | DOB\n---\na | 01/01/2015\nb | 01/01/2010\nc | 01/01/2015\nd | 01/01/2015"
    whole = record_of(tmp_path / "whole", 2025, episodes=DIRTY, header=header, reviews=REVIEWS, missing=MISSING)
    fewer = record_of(
        tmp_path / "fewer",
        2025,
        **{
            name: without_b(drawn)
            for name, drawn in {"episodes": DIRTY, "header": header, "reviews": REVIEWS, "missing": MISSING}.items()
        },
    )
    less = without_children(whole, np.flatnonzero(whole.people["id"] == "b"))
    pd.testing.assert_frame_equal(series(less), series(fewer))
    assert len(less.people) == len(whole.people)
    assert len(whole.tables["episodes"]) == 5
