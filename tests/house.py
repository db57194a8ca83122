"""A small council in a folder: an extract, a params file and notebooks, run as an analyst would run them."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pandas as pd
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import extract

# Ids long and odd enough that none can stand in a page by chance.
CHILDREN = [f"CANARY{number:04}" for number in range(1, 13)]
POSTCODE = "ZZ9 9ZX"
AT = datetime(2025, 10, 15, 9, 30, tzinfo=UTC)

SAY = "from incare.views.markup import Html\nHtml({!r})"


class House:
    """The folder with `params/`, `notebooks/`, `extracts/` and `reports/`."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("params", "notebooks"):
            (folder / name).mkdir(parents=True)
        episodes = pd.DataFrame({"CHILD": CHILDREN, "DECOM": "01/05/2025", "RNE": "S", "DEC": "", "REC": ""})
        episodes["DECOM"] = [f"{1 + n:02}/{4 + n % 6:02}/2025" for n in range(len(CHILDREN))]
        extract.write(folder / "extracts", 2026, episodes=episodes.assign(HOME_POST=POSTCODE))
        self.params = folder / "params" / "q2.yaml"
        self.write_params()

    def copied(self, folder: Path) -> House:
        """The same council in another folder, packs included."""
        shutil.copytree(self.folder, folder)
        other = object.__new__(House)
        other.folder, other.params = folder, folder / "params" / "q2.yaml"
        return other

    @property
    def pack(self) -> Path:
        """Where the pack is published."""
        return self.folder / "reports" / "testshire" / "2025-26-q2"

    def write_params(self, **changes) -> Path:
        """Write the params file; a key given as None is left out."""
        usual = {
            "area": "Testshire",
            "quarter": "2025-26 Q2",
            "as_at": "2025-10-15",
            "extract": "../extracts",
            "formats": [],
            "notebooks": sorted(p.stem for p in (self.folder / "notebooks").glob("*.ipynb")) or ["10_first"],
        }
        keys = {key: value for key, value in (usual | changes).items() if value is not None}
        self.params.write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
        return self.params

    def notebook(self, name: str, *cells: str, parameters: str = 'area: str = ""\noutput: str = ""') -> None:
        """Write a notebook whose last cells are given, and name it in the params file."""
        tagged = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        heading = new_markdown_cell(f"# Report {name[3:]}\n\nWhat does {name[3:]} say?")
        node = new_notebook(cells=[heading, tagged, *map(new_code_cell, cells)])
        nbformat.write(node, self.folder / "notebooks" / f"{name}.ipynb")
        self.write_params()

    def says(self, name: str, text: str) -> None:
        """A notebook that shows one sentence."""
        self.notebook(name, SAY.format(f"<p>{text}</p>"))

    def command(self, *words: str, **more) -> subprocess.Popen:
        """Start `incare <words>` as a process of its own."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([sys.executable, "-m", "incare", *map(str, words)], env=environment(), **pipes | more)

    def published(self) -> House:
        """Run the quarter, which must publish its pack."""
        ended = self.run()
        assert ended.returncode == 0, ended.stderr
        return self

    def as_database(self, path: Path) -> Path:
        """The extract as a SQLite file, a table for each of its files."""
        with sqlite3.connect(path) as base:
            for file in (self.folder / "extracts" / "2026").glob("*.csv"):
                rows = pd.read_csv(file, dtype=str, keep_default_na=False)
                rows.assign(YEAR="2026").to_sql(file.stem, base, index=False)
        return path

    def run(self, *options: str) -> subprocess.CompletedProcess:
        """Run the quarter and wait."""
        process = self.command("run", self.params, *options)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def environment() -> dict[str, str]:
    """This process's environment with the package under test on the path, and bytecode kept out of the repository."""
    lib = str(Path(extract.__file__).resolve().parents[1] / "lib")
    kept = {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "incare-bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    return os.environ | kept | {"PYTHONPATH": os.pathsep.join(filter(None, [lib, os.environ.get("PYTHONPATH", "")]))}
