"""What the notebooks of a run share is made once, is the same for all, and made anew when what it rests on changes."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from incare.disclosure import projections
from incare.pack import forecasts, shared
from incare.periods import Quarter
from incare.record import read

KINSHIP = Path(__file__).resolve().parents[2] / "params" / "scenarios" / "more_kinship.yaml"
QUARTER = "2024-25 Q4"
WANTS = (0.61, 0.4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run is going on, whose processes share this folder."""
    monkeypatch.setenv(shared.PLACE, str(tmp_path))
    return tmp_path


def test_frames_are_made_once_for_the_same_facts_and_anew_for_others(folder):
    made = []

    def make() -> dict[str, pd.DataFrame]:
        made.append(1)
        days = pd.to_datetime(["2025-03-31"]).astype("datetime64[s]")
        return {"one": pd.DataFrame({"n": [len(made)], "day": days, "word": pd.Series(["x"], dtype=object)})}

    first, again, other = (shared.once([fact], make)["one"] for fact in ("a", "a", "b"))
    assert made == [1, 1]
    pd.testing.assert_frame_equal(first, again)
    assert [first["n"].item(), other["n"].item()] == [1, 2]
    assert first["day"].dtype == "datetime64[s]"


def test_what_is_torn_while_it_is_written_is_made_again(folder, monkeypatch):
    def torn(frame, place):
        Path(place).write_bytes(b"half")
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(pd.DataFrame, "to_parquet", torn)
        with pytest.raises(OSError, match="no space left"):
            shared.once(["a"], lambda: {"one": pd.DataFrame({"n": [1]})})
    assert shared.once(["a"], lambda: {"one": pd.DataFrame({"n": [2]})})["one"]["n"].tolist() == [2]


def test_outside_a_run_nothing_is_kept(monkeypatch):
    monkeypatch.delenv(shared.PLACE, raising=False)
    assert shared.folder() is None
    assert shared.pack() == {}
    made = [shared.once(["a"], lambda n=n: {"one": pd.DataFrame({"n": [n]})})["one"]["n"].item() for n in (1, 2)]
    assert made == [1, 2]


@pytest.fixture(scope="module")
def record():
    return read("sample", area="Northmere", as_at="2025-03-31")


@pytest.mark.parametrize("profile", ["public", "restricted"])
def test_two_notebooks_share_one_projection_which_is_the_one_they_would_make_by_themselves(
    record, folder, monkeypatch, profile
):
    settings = {"scenario_files": [KINSHIP], "profile": profile}
    alone = projections.of_record(record, Quarter.parse(QUARTER).end, 4, wants=WANTS, **settings)
    # The first asks for nothing of the survey, the second does.
    first = forecasts.ahead(record, QUARTER, 4, **settings)
    monkeypatch.setattr(forecasts, "of_record", lambda *a, **k: pytest.fail("it was made a second time"))
    second = forecasts.ahead(record, QUARTER, 4, wants=WANTS, **settings)
    assert first.advisers["low"].isna().all()
    for each in fields(alone):
        mine, theirs = getattr(second, each.name), getattr(alone, each.name)
        if isinstance(theirs, pd.DataFrame):
            pd.testing.assert_frame_equal(mine, theirs)
        else:
            assert (mine, type(mine)) == (theirs, type(theirs)), each.name


def test_a_projection_that_is_refused_is_shared_with_its_reason(record, folder):
    # Before the record begins nothing can be projected from.
    first, second = (forecasts.ahead(record, "2010-11 Q4", 4, wants=wants) for wants in (None, WANTS))
    assert first.refused == second.refused != ""
    assert second.ahead.empty


def test_a_changed_scenario_file_is_projected_anew(record, folder, tmp_path):
    file = tmp_path / "more.yaml"
    file.write_text("name: First\nstaffing: {advisers: 6.5}\n", encoding="utf-8")
    assert forecasts.ahead(record, QUARTER, 1, scenario_files=[file]).staffing[0][0] == "First"
    file.write_text("name: Second\nstaffing: {advisers: 6.5, complexity: 2}\n", encoding="utf-8")
    name, staff = forecasts.ahead(record, QUARTER, 1, scenario_files=[file]).staffing[0]
    assert (name, staff.complexity) == ("Second", 2)
