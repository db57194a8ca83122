"""An extract of many areas is split into a folder for each: every row in one of them, as it was written."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from drawn import table
from incare import sample
from incare.areas import Question, series_by_area
from incare.partition import partition
from incare.periods import Periods
from incare.record import ExtractError

ROWS = """
LA        | CHILD | DECOM      | NOTE
----------+-------+------------+------------------
Northmere | 007   | 01/04/2024 | one, "two"
Eastlow   | 008   | 02/04/2024 |
          | 009   | 03/04/2024 | of nobody
Northmere | 010   | 2024-04-04 | =1+1
"""


@pytest.fixture
def national(tmp_path):
    folder = tmp_path / "national" / "2025"
    folder.mkdir(parents=True)
    table(ROWS).to_csv(folder / "episodes.csv", index=False)
    return folder.parent


def text(path) -> list[list[str]]:
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_numpy().tolist()


def test_each_area_has_its_rows_in_their_order_and_as_they_were_written(national, tmp_path):
    told = partition(national, tmp_path / "areas")

    assert text(tmp_path / "areas" / "Northmere" / "2025" / "episodes.csv") == [
        ["007", "01/04/2024", 'one, "two"'],
        ["010", "2024-04-04", "=1+1"],
    ]
    assert text(tmp_path / "areas" / "Eastlow" / "2025" / "episodes.csv") == [["008", "02/04/2024", ""]]
    # 4 rows = 3 written + 1 that names no area.
    assert told.to_dict("records") == [{"table": "2025/episodes", "rows": 4, "areas": 2, "written": 3, "set_aside": 1}]
    assert sorted(place.name for place in tmp_path.iterdir()) == ["areas", "national"]


@pytest.mark.parametrize("kind", ["parquet", "duckdb"])
def test_a_parquet_file_and_a_duckdb_file_are_split_into_the_same_rows(national, tmp_path, kind):
    partition(national, tmp_path / "areas")
    source = tmp_path / f"episodes.{kind}"
    if kind == "parquet":
        table(ROWS).to_parquet(source)
    else:
        with duckdb.connect(source) as connection:
            connection.execute(
                f"CREATE TABLE episodes AS SELECT * FROM read_csv('{national}/2025/*.csv', all_varchar=1)"
            )

    partition(source, tmp_path / "other")

    for area in ("Northmere", "Eastlow"):
        one, other = (tmp_path / place / area for place in ("areas/", "other/"))
        assert text(one / "2025" / "episodes.csv") == text(other / "episodes.csv")


def test_the_figures_of_the_parts_are_those_of_the_areas_own_extracts(tmp_path):
    own = sample.write(tmp_path / "own", seed=5, children=40, years=2, areas=2)
    for folder in own:
        for path in (folder / "ssda903").rglob("*.csv"):
            goal = tmp_path / "national" / path.parent.name / path.name
            goal.parent.mkdir(parents=True, exist_ok=True)
            rows = pd.read_csv(path, dtype=str, keep_default_na=False).assign(LA=folder.name)
            rows.to_csv(goal, mode="a", index=False, header=not goal.exists())

    partition(tmp_path / "national", tmp_path / "areas")

    question = Question(("cla_count", "cla_started_count", "ceased_adopted_pct"), Periods.quarters("2025-03-31", 4))
    for folder in own:
        # Only the returns were stacked.
        for place in (folder / "local").iterdir():
            place.unlink()
    whole, parts = (list(series_by_area(tmp_path / name, question, workers=1)) for name in ("own", "areas"))
    assert len(whole) == len(parts) == 2
    for one, other in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(one, other)
    assert whole[0]["numerator"].sum() > 0


def test_a_table_without_the_column_is_refused_and_nothing_is_written(national, tmp_path):
    table(ROWS).drop(columns="LA").to_csv(national / "2025" / "uasc.csv", index=False)
    with pytest.raises(ExtractError, match="2025/uasc has no column LA"):
        partition(national, tmp_path / "areas")
    assert [place.name for place in tmp_path.iterdir()] == ["national"]


def test_a_column_of_something_else_than_areas_is_refused_without_saying_what_it_holds(national, tmp_path):
    many = pd.DataFrame({"LA": [f"child{number}" for number in range(1001)]})
    many.to_csv(national / "2025" / "header.csv", index=False)
    with pytest.raises(ExtractError, match="more than 1,000 different values") as refused:
        partition(national, tmp_path / "areas")
    assert "child" not in str(refused.value)


def test_white_space_around_an_area_does_not_count(national, tmp_path):
    pd.DataFrame({"LA": ["Eastlow ", "Eastlow"], "CHILD": ["1", "2"]}).to_csv(
        national / "2025" / "uasc.csv", index=False
    )
    partition(national, tmp_path / "areas")
    assert text(tmp_path / "areas" / "Eastlow" / "2025" / "uasc.csv") == [["1"], ["2"]]


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b", "CON|"])
def test_an_area_that_cannot_name_a_folder_is_refused(national, tmp_path, name):
    pd.DataFrame({"LA": [name, "Eastlow"], "CHILD": ["1", "2"]}).to_csv(national / "2025" / "uasc.csv", index=False)
    with pytest.raises(ExtractError, match="1 of 2 values in the column LA of 2025/uasc cannot name a folder"):
        partition(national, tmp_path / "areas")


def test_names_that_differ_in_case_only_are_refused_as_some_systems_cannot_part_them(national, tmp_path):
    pd.DataFrame({"LA": ["Eastlow", "EASTLOW"]}).to_csv(national / "2025" / "uasc.csv", index=False)
    with pytest.raises(ExtractError, match="differ in case only"):
        partition(national, tmp_path / "areas")


def test_a_torn_file_is_refused_by_its_line_and_not_by_its_cells(national, tmp_path):
    (national / "2025" / "episodes.csv").write_text('LA,CHILD\nEastlow,1\nEastlow,"4711\n')
    with pytest.raises(ExtractError, match="2025/episodes cannot be read") as refused:
        partition(national, tmp_path / "areas")
    assert "4711" not in str(refused.value)


def test_a_folder_that_holds_something_is_left_alone(national, tmp_path):
    (tmp_path / "areas").mkdir()
    (tmp_path / "areas" / "kept").touch()
    with pytest.raises(ExtractError, match="is not empty"):
        partition(national, tmp_path / "areas")
    assert [place.name for place in (tmp_path / "areas").iterdir()] == ["kept"]


@pytest.mark.parametrize("source", ["nowhere", "empty", "text.xyz"])
def test_nothing_to_split_is_said(tmp_path, source):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.xyz").write_text("no database")
    with pytest.raises(ExtractError, match=r"does not exist|holds no table|nor a DuckDB file"):
        partition(tmp_path / source, tmp_path / "areas")
