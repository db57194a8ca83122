"""Facts that hold from a day on: who works with a child, and from when the record knows."""

from __future__ import annotations

import pandas as pd
import pytest

from extract import record_of, write
from incare.record import read
from incare.record.dated import social_workers, teams, workers

EPISODES = """
    CHILD | DECOM      | RNE
    ------+------------+----
    a     | 01/05/2023 | S
"""
TAKEN = """
    CHILD | SW_ID | SW_DECOM   | SW_DEC     | SW_REASON
    ------+-------+------------+------------+----------
"""
ADVISERS = """
    CHILD | WORKER_ID | WORKER_ROLE | START      | END
    ------+-----------+-------------+------------+-----------
    a     | P1        | PA          | 01/01/2025 |
"""
WORKERS = """
    WORKER_ID | ROLE | FTE | START | END | TEAM
    ----------+------+-----+-------+-----+-----
    P1        | PA   | 1.0 |       |     | West
"""


def lines(head: str, *rows: str) -> str:
    return head.rstrip() + "\n" + "\n".join(f"    {row}" for row in rows)


@pytest.fixture
def of(tmp_path):
    """The record of one return with rows of social workers."""
    return lambda *rows, **tables: record_of(
        tmp_path, 2025, episodes=EPISODES, sw_episodes=lines(TAKEN, *rows), **tables
    )


def spans(frame: pd.DataFrame) -> list[str]:
    """Worker, start and end of each row, in words."""
    days = [frame[name].dt.strftime("%d/%m/%Y").fillna("") for name in ("start", "end")]
    return [" ".join(filter(None, row)) for row in zip(frame["worker"], *days, strict=True)]


def test_a_social_worker_without_an_end_is_cut_where_the_next_one_starts(of):
    record = of("a | S1 | 01/05/2024 | | FCONTA", "a | S2 | 01/09/2024 | | LEFTRL")
    found = social_workers(record)
    assert spans(found) == ["S1 01/05/2024 01/09/2024", "S2 01/09/2024"]
    assert found["reason"].tolist() == ["FCONTA", "LEFTRL"]


def test_before_the_first_return_with_social_workers_nothing_is_known(of):
    """S1 ended before it and is left out; S2 was there on its first day, S3 took over from S2."""
    record = of(
        "a | S1 | 01/05/2023 | 31/03/2024 | FCONTA",
        "a | S2 | 01/05/2023 | 01/05/2024 | FCONTA",
        "a | S3 | 01/05/2024 | | TSPROC",
    )
    found = social_workers(record)
    assert spans(found) == ["S2 01/04/2024 01/05/2024", "S3 01/05/2024"]
    assert found["began"].dt.strftime("%d/%m/%Y").tolist() == ["01/05/2023", "01/05/2024"]


def test_the_first_return_is_the_earliest_of_those_that_have_the_module(tmp_path):
    for year, worker in ((2024, "S1 | 01/05/2022 | 01/06/2023"), (2025, "S2 | 01/06/2023 |")):
        write(tmp_path, year, episodes=EPISODES, sw_episodes=lines(TAKEN, f"a | {worker} | MANAGE"))
    assert spans(social_workers(read(tmp_path, area="T"))) == ["S1 01/04/2023 01/06/2023", "S2 01/06/2023"]


def test_placeholders_are_workers_of_their_own(of):
    record = of("a | XX1 | 01/05/2024 | 01/06/2024 |", "a | XX1 | 01/06/2024 | |", "a | S1 | 01/07/2024 | |")
    found = social_workers(record)
    assert found["worker"].nunique() == 3
    assert found["worker"].str.startswith("XX1").sum() == 2


def test_an_extract_without_the_module_has_no_social_workers(tmp_path):
    assert social_workers(record_of(tmp_path, 2025, episodes=EPISODES)) is None


def test_social_workers_and_advisers_are_cut_within_their_own_role(of):
    record = of("a | S1 | 01/05/2024 | | FCONTA", "a | S2 | 01/09/2024 | | LEFTRL", pa_allocations=ADVISERS)
    assert sorted(spans(workers(record))) == ["P1 01/01/2025", "S1 01/05/2024 01/09/2024", "S2 01/09/2024"]


def test_a_team_is_that_of_a_worker_whose_team_is_listed(of):
    record = of("a | S1 | 01/05/2024 | | FCONTA", pa_allocations=ADVISERS, workers=WORKERS)
    found = teams(record)
    assert found["value"].tolist() == ["West"]
    assert found["rank"].tolist() == [1]


def test_without_any_listed_team_there_is_no_breakdown_by_team(of):
    assert teams(of("a | S1 | 01/05/2024 | | FCONTA")) is None
