"""What a notebook reaches: a changed file of incare runs again only the notebooks that use it."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import pytest

from incare.pack.reach import Reach, imported

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lib" / "incare"


def sources(name: str) -> tuple[str, ...]:
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return tuple("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def drawn(folder: Path, **files: str) -> Reach:
    """A package of a few files; `room_part` is the file room/part.py."""
    for name, text in {"__init__": "", **files}.items():
        place = folder / f"{name.replace('__init__', 'INIT').replace('_', '/').replace('INIT', '__init__')}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        (place.parent / "__init__.py").touch()
    return Reach(folder)


def test_a_notebook_reaches_what_its_modules_import_even_inside_a_function(tmp_path):
    reach = drawn(
        tmp_path,
        views_chart="import numpy\nfrom incare.stats import trend as t",
        stats_trend="def slope():\n    from incare.periods import (\n        Quarter,  # one\n        Month,\n    )",
        periods="",
        views_other="",
    )

    found = reach.files(("from incare.views import chart",))

    assert found == {
        *("__init__.py", "views/__init__.py", "views/chart.py"),
        *("stats/__init__.py", "stats/trend.py", "periods.py"),
    }


def test_a_table_beside_a_module_counts_with_it(tmp_path):
    reach = drawn(tmp_path, published_england="")
    (tmp_path / "published" / "england.csv").write_text("1", encoding="utf-8")
    before = reach.fingerprint(("import incare.published.england",))

    (tmp_path / "published" / "england.csv").write_text("2", encoding="utf-8")

    assert Reach(tmp_path).fingerprint(("import incare.published.england",)) != before


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("from incare.record import read", {"incare.record", "incare.record.read"}),
        ("    from incare import record as r, views", {"incare", "incare.record", "incare.views"}),
        ("import numpy, incare.periods as p", {"incare.periods"}),
        ("x = 1; from incare.kinds import *", {"incare.kinds"}),
        ("from incareful import read", set()),
    ],
)
def test_an_import_is_read_as_it_is_written(line, names):
    assert imported(line) == names


def test_every_import_of_the_package_is_found_as_the_parser_finds_it():
    missed = {}
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        wanted = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "incare":
                wanted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names if alias.name.split(".")[0] == "incare"}
        missed |= {path.name: wanted - imported(text)} if wanted - imported(text) else {}

    assert missed == {}


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reach") / "incare"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize(
    ("changed", "run_again", "stand"),
    [
        ("views/voice.py", ["60_outcomes_workshop", "40_care_leavers"], ["00_data_check", "10_scorecard", "catalogue"]),
        ("measures/health.py", ["10_scorecard", "20_performance_report", "catalogue"], []),
        ("forecast/simulate.py", ["50_cohort_forecast", "40_care_leavers"], ["00_data_check", "catalogue"]),
        ("pack/templates/style.css", ["00_data_check", "10_scorecard", "catalogue"], []),
        ("pack/word.py", [], ["00_data_check", "10_scorecard", "20_performance_report"]),
    ],
)
def test_a_changed_file_runs_again_what_uses_it_and_nothing_else(copied, changed, run_again, stand):
    def hashes():
        return {name: Reach(copied).fingerprint(sources(name)) for name in [*run_again, *stand]}

    before = hashes()
    with (copied / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    after = hashes()

    assert [name for name in before if before[name] != after[name]] == run_again
