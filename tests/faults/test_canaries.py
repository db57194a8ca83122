"""Planted ids, names, postcodes and dates of birth, and hostile text: none of them is in any byte that leaves a run."""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import docx
import openpyxl
import pytest
import typst
import yaml

from house import environment
from incare import sample
from incare.pack import sheets
from tests.faults.canaries import BORN, IDS, NAMES, UPNS, hits, layers, left, plant, wanted

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ("00_data_check", "20_performance_report")
# Names of districts, which a pack may show, from people who do not mean well.
DISTRICTS = ["<script>alert('team')</script>", '=HYPERLINK("http://evil","x")', "@SUM(A1)", "North & <b>West</b>"]


def planted(folder: Path) -> Path:
    """An invented authority of which six children carry canaries, and whose districts have hostile names."""
    (place,) = sample.write(folder, seed=5, children=150, years=3)
    plant(Path(place), DISTRICTS)
    return Path(place)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder with a published pack of real notebooks, and what the run said."""
    folder = tmp_path_factory.mktemp("canaries")
    extract = planted(folder / "extract")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    (folder / "params").mkdir()
    params = {
        "area": "Testshire <i>East</i> & West",
        "quarter": "2024-25 Q4",
        "as_at": "2025-03-31",
        "extract": str(extract),
        "notebooks": list(NOTEBOOKS),
        "local_columns": ["DISTRICT"],
        "breakdowns": ["district"],
        "commentary": {"overall": "<script>alert('comment')</script> and <img src=x onerror=alert(1)>"},
        "signed_by": ["<b onclick=alert(1)>A. Analyst</b>"],
    }
    (folder / "params" / "q4.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    command = [sys.executable, "-m", "incare", "run", str(folder / "params" / "q4.yaml")]
    ended = subprocess.run(command, capture_output=True, env=environment(), timeout=500)
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    return folder, ended.stdout + ended.stderr


def test_the_canaries_are_in_what_the_run_read(house):
    folder, _ = house
    read = b"".join(path.read_bytes() for path in (folder / "extract").rglob("*.csv"))

    assert {kind: bool(pattern.search(read)) for kind, pattern in wanted().items()} == dict.fromkeys(wanted(), True)


def test_no_canary_is_in_any_byte_of_a_page_data_file_manifest_picture_or_message(house):
    folder, said = house
    files = left(folder) | {"what the run said": said}

    assert len([name for name in files if name.endswith(".html")]) >= len(NOTEBOOKS) + 1
    assert sum(data.count(b"data:image/png") for data in files.values()) > 20
    assert hits(wanted(), files) == {}


@pytest.mark.parametrize("name", ["report.pdf", "report.docx", "appendix.xlsx"])
def test_the_search_reads_what_a_printed_or_office_file_says(house, name):
    """Most of its words are packed: the file's own bytes do not hold them."""
    folder, _ = house
    (file,) = folder.glob(f"reports/*/*/{name}")
    raw = file.read_bytes()

    assert layers(raw).count(b"children") > raw.count(b"children")


def test_hostile_text_is_shown_as_text_on_every_page(house):
    folder, _ = house
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("reports/*/*/*.html")}

    assert any("&lt;script&gt;alert" in page for page in pages.values())
    for page in pages.values():
        assert not re.search(
            r"<script[^>]*>\s*alert|<img src=x|<b onclick|onerror=(?!alert\(1\)&gt;)|<i>East", page, re.IGNORECASE
        )


def test_no_cell_of_a_data_file_is_a_formula(house):
    folder, _ = house
    cells = []
    for path in folder.glob("reports/*/*/data/*.csv"):
        cells += [cell for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))) for cell in row]

    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if sheets.is_formula(cell)] == []


def test_a_canary_in_a_sheet_a_letter_or_a_page_in_print_is_found_by_this_search(tmp_path):
    book, sheet, letter = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["Peregrine", IDS[2]])
    book.save(sheet)
    text = docx.Document()
    line = text.add_paragraph("by Otto")
    line.add_run("line").bold = True  # one word in two runs
    text.core_properties.author = NAMES[4]
    text.save(letter)
    (tmp_path / "page.typ").write_text(f"#set document(author: {UPNS[0]!r})\nborn {BORN[0]}".replace("'", '"'))
    page = typst.compile(str(tmp_path / "page.typ"), format="pdf")

    def found(data):
        return {kind for kind, pattern in wanted().items() if pattern.search(layers(data))}

    assert found(sheet.getvalue()) == {"ids", "names"}
    assert b"Ottoline" in layers(letter.getvalue())
    assert b"Ignatius" in layers(letter.getvalue())
    assert found(page) == {"dates of birth", "UPNs"}
    assert not any(pattern.search(sheet.getvalue()) for pattern in wanted().values())


def test_a_canary_anywhere_is_found_by_this_search():
    note = b"zTXt" + b"Title\0\0" + zlib.compress(b"by Ottoline Brambleshaw")
    chunk = (len(note) - 4).to_bytes(4, "big") + note + bytes(4)
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk)
    page = b'<img src="data:image/png;base64,' + picture + b'">'

    assert wanted()["names"].search(page) is None
    assert wanted()["names"].search(layers(page))
    assert wanted()["dates of birth"].search(b"born 17 Feb 2012")
    assert wanted()["postcodes"].search(b"zz979zx")
