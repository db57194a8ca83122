"""The `scenarios` of a params file: found, readable, and given to notebooks as places."""

from __future__ import annotations

from pathlib import Path

import pytest

from incare.pack import params

ROOT = Path(__file__).resolve().parents[2]
GOOD = "area: Testshire\nquarter: 2025-26 Q2\nas_at: 2025-10-15\nextract: sample\n"


def write(folder, text: str, **files: str):
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    path = folder / "q2.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_file_starts_at_the_params_file_and_reaches_notebooks_whole(tmp_path):
    found = params.read(write(tmp_path, GOOD + "scenarios: [more.yaml]\n", more="name: More\n"))
    assert found.values()["scenarios"] == [str((tmp_path / "more.yaml").resolve())]
    assert found.as_written()["scenarios"] == ["more.yaml"]


def test_without_scenarios_there_are_none(tmp_path):
    assert params.read(write(tmp_path, GOOD)).values()["scenarios"] == []


def test_a_manifest_shows_no_folder_of_this_machine(tmp_path):
    place = tmp_path / "more.yaml"
    found = params.read(write(tmp_path, GOOD + f"scenarios: ['{place}']\n", more="name: More\n"))
    assert found.as_written()["scenarios"] == ["more.yaml"]


def test_a_missing_file_is_named_with_its_line(tmp_path):
    with pytest.raises(params.ParamsError, match=r"line 5: `scenarios` names less.yaml, which is not there"):
        params.read(write(tmp_path, GOOD + "scenarios: [less.yaml]\n"))


def test_a_misspelt_scenario_stops_the_run_with_the_nearest_key(tmp_path):
    with pytest.raises(params.ParamsError, match=r"more.yaml: kinshp: unknown key; did you mean kinship"):
        params.read(write(tmp_path, GOOD + "scenarios: [more.yaml]\n", more="name: More\nkinshp: [{percent: 5}]\n"))


def test_the_scenario_that_comes_with_the_package_can_be_read(tmp_path):
    from incare.forecast import scenarios

    found = scenarios.read(ROOT / "params" / "scenarios/more_kinship.yaml")
    assert found.kinship
    assert found.staffing.ceiling == 24
