"""A pack of some of the pages: its figures are in its data files, and are those of the whole pack."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import yaml

from incare.disclosure import ledger
from incare.disclosure.audit import audit_pack
from incare.disclosure.released import read_pack
from tests.requirements.conftest import at_home, published

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_scorecard_alone_is_published_with_its_figures_and_recorded(pack, tmp_path):
    params = tmp_path / "params" / "q4.yaml"
    params.parent.mkdir()
    params.write_text(yaml.safe_dump(at_home("sample") | {"formats": []}), encoding="utf-8")
    alone = published(params, tmp_path / "reports", ("10_scorecard",))

    assert (alone / "data" / "figures.csv").read_bytes() == (pack / "data" / "figures.csv").read_bytes()
    (entry,) = ledger.read(tmp_path / "reports" / ledger.NAME)
    recorded, shown = (frame.loc[frame["status"] == "ok"] for frame in (entry.cells(), read_pack(alone)))
    assert set(recorded["measure"]) == set(shown["measure"])
    assert len(shown["measure"].unique()) > 20
    assert audit_pack(alone).safe


def code(path: Path) -> str:
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")


ASKING = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if "= figures(" in code(path)]


@pytest.mark.parametrize("path", ASKING, ids=lambda path: path.stem)
def test_a_notebook_that_asks_for_figures_writes_them(path):
    assert ".write(output, " in code(path)


def test_most_notebooks_ask_for_figures():
    assert {"10_scorecard", "20_performance_report", "40_care_leavers"} <= {path.stem for path in ASKING}
