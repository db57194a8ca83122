"""What the rows of the requirements are tried on: the sample, read once, and its figures, made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from incare.committee import events, voice
from incare.measures import agreed, catalogue
from incare.pack import beside
from incare.pack import params as params_file
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.views import reading

ROOT = Path(__file__).resolve().parents[2]
QUARTER, END = "2024-25 Q4", "2025-03-31"


@pytest.fixture(scope="session")
def given():
    """The sample's params file."""
    return params_file.read(ROOT / "params" / "sample.yaml")


@pytest.fixture(scope="session")
def values(given):
    """What its notebooks are given."""
    return given.values()


@pytest.fixture(scope="session")
def record():
    """Northmere, whose figures are those of the scorecard's minutes."""
    return read("sample", area="Northmere", as_at=END)


@pytest.fixture(scope="session")
def second():
    """Southmere, whose figures are those of the care leavers' minutes."""
    return read("sample:1", area="Southmere", as_at=END)


@pytest.fixture(scope="session")
def said(values):
    """What young people say in the sample."""
    return voice.read(values["voice"])


@pytest.fixture(scope="session")
def true_beside(record, values, said):
    """The figures beside the agreed set, true."""
    happened = events.read(values["events"])
    settings = {"said": said, "events": happened, "workshop_list": values["workshops"]}
    return beside.of_quarter(record, QUARTER, profile="restricted", **settings)


@pytest.fixture(scope="session")
def public_beside(record, values, said):
    """The figures beside the agreed set, as the public sees them."""
    happened = events.read(values["events"])
    settings = {"said": said, "events": happened, "workshop_list": values["workshops"]}
    return beside.of_quarter(record, QUARTER, profile="public", **settings)


@pytest.fixture(scope="session")
def figures(record, values):
    """The agreed set over twelve quarters, true, held against its targets and its past; judged."""
    from incare.pack.figures import figures as make
    from incare.views import signals

    measures = agreed(also=values["targets"])
    shown = make(record, measures, quarter=QUARTER, periods=20, by=["age_band", "uasc"], profile="restricted",
                 targets=values["targets"])  # fmt: skip
    return signals.judge(shown, measures)


@pytest.fixture(scope="session")
def measures(values):
    """The agreed set with the measures that have a target."""
    return agreed(also=values["targets"])


@pytest.fixture(scope="session")
def asked():
    """The newest row of a measure, asked of a record with choices, a breakdown, or of a cohort."""

    def ask(record, name: str, by: tuple[str, ...] = (), cohort: str = "", periods: int = 1, **choices):
        measure = catalogue().choose({name: choices}).only([name])
        return calculate(measure, record, Periods.quarters(END, periods), by, cohort=cohort)

    return ask


@pytest.fixture(scope="session")
def latest(asked):
    """The newest figure of everyone, as a row."""

    def row(record, name: str, cohort: str = "", **choices):
        found = asked(record, name, cohort=cohort, **choices)
        return found[found["breakdown"] == "total"].iloc[-1]

    return row


@pytest.fixture(scope="session")
def words():
    """The words of a piece of a page, without markup."""
    return reading.text


@pytest.fixture(scope="session")
def text(pack, words):
    """The words of a page of the sample's pack."""
    pages: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in pages:
            pages[name] = words((pack / f"{name}.html").read_text(encoding="utf-8"))
        return pages[name]

    return of


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """A pack of one of the params files with some keys changed, made by the command; each is made once."""
    made: dict[str, Path] = {}

    def run(file: str, *notebooks: str, **changes) -> Path:
        name = json.dumps([file, notebooks, changes], sort_keys=True)
        if name not in made:
            place = tmp_path_factory.mktemp("ran")
            made[name] = published(written(place, file, **changes), place / "reports", notebooks)
        return made[name]

    return run


def written(place: Path, file: str, **changes) -> Path:
    """A params file of the project with some keys changed, in a folder; without PDF, Word file and spreadsheet."""
    path = place / f"{file}.yaml"
    path.write_text(yaml.safe_dump(at_home(file) | {"formats": []} | changes), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def two_quarters(tmp_path_factory) -> dict[str, Path]:
    """Packs of two quarters, one after the other: a child of the first was recorded only in the second."""
    import shutil

    from incare.sample import embedded

    place = tmp_path_factory.mktemp("quarters")
    shutil.copytree(embedded(0), place / "extract")
    _leave_out(place / "extract", _in_care_at("2024-12-31"))
    short = {"profile": "restricted", "periods": 2, "breakdowns": [], "mandatory": []}
    first = {"quarter": "2024-25 Q3", "as_at": "2024-12-31", "extract": str(place / "extract")}
    pages = ("20_performance_report", "60_outcomes_workshop")
    # Last quarter's pack is looked for in the folder `reports` beside that of the params file.
    home = place / "params"
    home.mkdir()
    return {
        given["quarter"]: published(written(home, "sample", **short, **given), place / "reports", pages)
        for given in (first, {"quarter": QUARTER, "as_at": END})
    }


def _in_care_at(day: str) -> str:
    """The id, in the files, of a child of the sample who was in care on a day and came some months before."""
    import pandas as pd

    from incare.sample import embedded

    episodes = pd.concat(pd.read_csv(path, dtype=str) for path in embedded(0).rglob("episodes.csv"))
    begun, ended = (pd.to_datetime(episodes[name], dayfirst=True) for name in ("DECOM", "DEC"))
    there = episodes[begun.between("2024-10-01", "2024-11-30") & (ended.isna() | (ended > day))]
    return str(there["CHILD"].iloc[0])


def _leave_out(folder: Path, child: str) -> None:
    """Take a child's rows out of every file of an extract."""
    for path in folder.rglob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if child not in line.replace('"', "").rstrip("\n").split(",")]
        path.write_text("".join(kept), encoding="utf-8")


def at_home(file: str) -> dict:
    """The keys of a params file, with the files that it names given from their root."""
    given = yaml.safe_load((ROOT / "params" / f"{file}.yaml").read_text(encoding="utf-8"))
    home = ROOT / "params"
    whole = {key: str(home / value) for key, value in given.items() if isinstance(value, str) and "/" in value}
    return given | whole | {"scenarios": [str(home / name) for name in given.get("scenarios", [])]}


def published(path: Path, reports: Path, notebooks: tuple[str, ...] = (), lib: Path = ROOT / "lib") -> Path:
    """The pack that the command makes of a params file, of some notebooks or of all that it names."""
    command = [sys.executable, "-m", "incare", "run", str(path), "--reports", str(reports), "--json",
               "--notebooks", str(ROOT / "notebooks"), "--workers", "1"]  # fmt: skip
    command += ["--only", ",".join(notebooks)] if notebooks else []
    own = os.environ | {"PYTHONPATH": str(lib)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stderr[-2000:]
    return Path(json.loads(done.stdout)["pack"])


@pytest.fixture(scope="session")
def page(words):
    """The words of a page of any pack."""

    def of(pack: Path, name: str) -> str:
        return words((pack / f"{name}.html").read_text(encoding="utf-8"))

    return of
