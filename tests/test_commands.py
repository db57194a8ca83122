"""The command line: help with an example for every command, exit codes, and errors in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from house import CHILDREN, House, environment

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    *("run", "check", "series", "forecast", "forecast-series", "spc", "compare", "measures", "audit"),
    *("sample", "partition", "ask", "lab"),
)
# Rooms that do not exist yet offer no command and no option.
ABSENT = ("--engine", "--install-completion")


def incare(*words) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "incare", *map(str, words)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("commands") / "council")
    house.says("10_first", "first pack")
    return house


def test_help_lists_the_commands_that_work_and_no_others():
    shown = incare("--help")

    assert shown.returncode == 0
    listed = [line.split()[0] for line in shown.stdout.partition("Commands:")[2].splitlines() if line.startswith("  ")]
    assert [word for word in listed if word in (*COMMANDS, *ABSENT)] == list(COMMANDS)
    assert not [word for word in ABSENT if word.startswith("--") and word in shown.stdout]


def test_help_loads_nothing_that_takes_time():
    code = "import sys, runpy; sys.argv = ['incare', '--help']; runpy.run_module('incare', run_name='__main__')"
    command = [sys.executable, "-X", "importtime", "-c", code]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)

    loaded = {line.rpartition("|")[2].strip() for line in shown.stderr.splitlines() if line.startswith("import time:")}
    assert "typer" in loaded
    assert not loaded & {"pandas", "numpy", "matplotlib", "nbformat", "papermill", "scipy", "statsmodels"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_one_example(command):
    shown = incare(command, "--help")

    assert shown.returncode == 0
    assert shown.stdout.count("Example: incare") == 1
    assert f"Example: incare {command} " in shown.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["spc", "in.csv"],
        ["run"],
        ["run", "q2.yaml", "--engine", "spark"],
        ["run", "q2.yaml", "--workers", "0"],
        ["run", "q2.yaml", "--profile", "secret"],
        ["series", "q2.yaml"],
        ["forecast-series", "in.csv", "-o", "out.csv"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_2(words):
    assert incare(*words).returncode == 2


def test_a_wrong_path_is_answered_in_one_sentence():
    shown = incare("run", "params/none.yaml")

    assert shown.returncode == 1
    assert shown.stderr == "incare: There is no params file params/none.yaml. Give the path of a YAML file.\n"


def test_the_params_files_that_come_with_incare_are_good():
    from incare.pack import params

    files = sorted((ROOT / "params").glob("*.yaml"))
    assert len(files) >= 2
    for file in files:
        assert params.read(file).is_sample


# run


def test_a_run_says_what_was_read_and_where_the_pack_is(house):
    shown = incare("run", house.params, "--only", "10_first", "--workers", "1")

    assert shown.returncode == 0, shown.stderr
    assert "Testshire, 2025-26 Q2, public profile, as at 15 October 2025" in shown.stdout
    assert ["episodes", "12", "12", "0"] in [line.split() for line in shown.stdout.splitlines()]
    assert shown.stdout.splitlines()[-1] == f"Published in {house.pack}"
    assert "\x1b" not in shown.stdout
    assert json.loads((house.pack / "manifest.json").read_text())["notebooks"][0]["name"] == "10_first"


def test_a_run_for_a_program_prints_one_json_object(house, tmp_path):
    shown = incare("run", house.params, "--json", "--profile", "restricted", "--reports", tmp_path / "other")

    told = json.loads(shown.stdout)
    assert told["pack"] == str(tmp_path / "other" / "testshire" / "2025-26-q2")
    assert [notebook["name"] for notebook in told["notebooks"]] == ["10_first"]
    manifest = json.loads(Path(told["pack"], "manifest.json").read_text())
    assert (manifest["profile"], manifest["params"]["profile"]) == ("restricted", "restricted")


def test_a_run_of_a_notebook_that_is_not_there_ends_with_1(house):
    shown = incare("run", house.params, "--only", "10_frist")

    assert shown.returncode == 1
    assert shown.stderr.startswith("incare: `10_frist` is not one of this run's notebooks; did you mean `10_first`?")


# check


def test_check_prints_one_page_and_no_child(house):
    shown = incare("check", house.params)

    assert shown.returncode == 0, shown.stderr
    # The latest start is 12 September; the as-at date 15 October is 33 days later.
    assert "As at 15 October 2025. The latest record is of 12 September 2025, 33 days before." in shown.stdout
    assert shown.stdout.splitlines()[-1] == "Fit to report."
    assert not [child for child in CHILDREN if child in shown.stdout]


def test_check_of_a_label_that_disagrees_ends_with_1_and_both_dates(house, tmp_path):
    other = tmp_path / "params" / "q4.yaml"
    other.parent.mkdir()
    text = house.params.read_text().replace("2025-26 Q2", "2025-26 Q4").replace("2025-10-15", "2026-04-15")
    other.write_text(text.replace("../extracts", str(house.folder / "extracts")))

    shown = incare("check", other)

    assert shown.returncode == 1
    assert (
        "Not fit: The label says 2025-26 Q4, which ends on 31 March 2026; the extract's latest record" in shown.stdout
    )
    assert json.loads(incare("check", other, "--json").stdout)["fit"] is False


def test_check_of_a_folder_needs_no_quarter(house):
    shown = json.loads(incare("check", house.folder / "extracts", "--json").stdout)

    assert (shown["fit"], shown["quarter"]) == (True, "")
    assert {row["table"]: row["used"] for row in shown["rows"]} == {"episodes": 12, "header": 12}


def test_check_of_an_extract_without_a_needed_table_ends_with_1(house, tmp_path):
    (tmp_path / "2026").mkdir()
    header = (house.folder / "extracts" / "2026" / "header.csv").read_text()
    (tmp_path / "2026" / "header.csv").write_text(header)

    shown = incare("check", tmp_path)

    assert shown.returncode == 1
    assert "has no episodes table" in shown.stderr


# series, forecast-series, measures, sample


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_series_writes_the_tidy_series(house, tmp_path, ending):
    file = tmp_path / f"series.{ending}"

    shown = incare("series", house.params, "--measures", "cla_count", "--periods", "2", "--by", "sex", "-o", file)

    assert shown.returncode == 0, shown.stderr
    rows = pd.read_csv(file) if ending == "csv" else pd.read_parquet(file)
    total = rows[(rows["breakdown"] == "total") & (rows["period_end"].astype(str).str.startswith("2025-09-30"))]
    assert total["value"].tolist() == [12.0]
    assert set(rows["breakdown"]) == {"total", "sex"}
    assert list(tmp_path.iterdir()) == [file]


def test_series_of_a_measure_that_does_not_exist_or_to_another_kind_of_file_ends_with_1(house, tmp_path):
    shown = incare("series", house.params, "--measures", "cla_cuont", "-o", tmp_path / "s.csv")
    assert (shown.returncode, shown.stderr) == (1, "incare: No measure is called cla_cuont. Did you mean cla_count?\n")

    shown = incare("series", house.params, "-o", tmp_path / "s.xlsx")
    assert (shown.returncode, shown.stderr) == (1, "incare: s.xlsx: a file ending in .csv or .parquet was needed.\n")
    assert not list(tmp_path.iterdir())


def test_forecast_series_adds_the_rows_after_the_last(tmp_path):
    ends = pd.date_range("2020-03-31", periods=20, freq="QE")
    pd.DataFrame({"unique_id": "007", "ds": ends, "y": range(100, 120)}).to_csv(tmp_path / "in.csv", index=False)

    shown = incare("forecast-series", tmp_path / "in.csv", "--horizon", "2", "-o", tmp_path / "out.csv")

    assert shown.returncode == 0, shown.stderr
    rows = pd.read_csv(tmp_path / "out.csv", dtype={"unique_id": str})
    assert rows.columns.tolist() == ["unique_id", "ds", "mean", "lo80", "hi80", "lo95", "hi95", "method"]
    assert rows[["unique_id", "ds"]].to_numpy().tolist() == [["007", "2025-03-31"], ["007", "2025-06-30"]]


def test_forecast_series_of_a_file_that_is_none_ends_with_1(tmp_path):
    shown = incare("forecast-series", tmp_path / "none.csv", "--horizon", "2", "-o", tmp_path / "out.csv")

    assert (shown.returncode, shown.stderr) == (1, f"incare: There is no file {tmp_path / 'none.csv'}.\n")


def test_measures_lists_them_by_topic_and_prints_a_card():
    listed = json.loads(incare("measures", "--topic", "in_care", "--json").stdout)["measures"]
    assert "cla_count" in [measure["id"] for measure in listed]
    assert {measure["topic"] for measure in listed} == {"in_care"}

    card = incare("measures", "cla_count").stdout
    assert "Title: Children in care" in card
    assert "Population: " in card
    assert "cla_count" in incare("measures").stdout


def test_measures_of_an_unknown_topic_names_those_there_are():
    shown = incare("measures", "--topic", "incare")

    assert shown.returncode == 1
    assert shown.stderr.startswith("incare: No topic is called incare; there are: entering, in_care,")


def test_sample_writes_an_authority_that_check_reads_and_no_folder_is_written_twice(tmp_path):
    folder = tmp_path / "sample"

    shown = incare("sample", folder, "--children", "60", "--years", "2")

    assert shown.returncode == 0, shown.stderr
    place = shown.stdout.partition("incare check ")[2].strip()
    assert json.loads(incare("check", place, "--json").stdout)["fit"] is True
    again = incare("sample", folder)
    assert again.returncode == 1
    assert "is not empty; give a new or an empty folder." in again.stderr


# Errors that are not ours


def test_an_unexpected_error_is_told_by_type_and_its_message_goes_to_a_restricted_log():
    from incare.__main__ import _told

    told = _told(ValueError(f"cannot parse {CHILDREN[0]}"))

    assert told.startswith("an unexpected ValueError; the whole error is in ")
    assert CHILDREN[0] not in told
    log = Path(told.partition("error is in ")[2].partition(" (restricted")[0])
    assert CHILDREN[0] in log.read_text(encoding="utf-8")
    log.unlink()
