"""What someone who means harm could try with a file, a setting or a cell, and what never stands in the code."""

from __future__ import annotations

import ast
import sqlite3
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from house import House
from incare import __main__ as commands
from incare.pack import gate, sheets
from incare.published import neighbours
from incare.record import ExtractError, read

PACKAGE = Path(commands.__file__).parent
SECRET = "hunter2-oyster"


# ---- the code ----

# Each runs what it reads, or hands a text to a shell.
RUNS = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
CALLS = {"eval", "exec", "compile", "yaml.load", "yaml.unsafe_load", "yaml.full_load", "os.system", "os.popen"}
CALLS |= {"pd.read_pickle", "pandas.read_pickle", "np.load", "torch.load"}


def dangers(source: str) -> list[str]:
    """Lines that import or call what runs the data it reads, hand a text to a shell, or build SQL from text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [f"{node.lineno}: import {name}" for name in names if name.split(".")[0] in RUNS]
        if isinstance(node, ast.Attribute) and node.attr in ("to_pickle", "read_pickle"):
            found.append(f"{node.lineno}: {node.attr}")
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            shell = any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords)
            if name in CALLS or shell:
                found.append(f"{node.lineno}: {name}")
            sql = name.split(".")[-1] in ("execute", "text", "executemany") and bool(node.args)
            if sql and isinstance(node.args[0], ast.JoinedStr | ast.BinOp) and not name.endswith("axes.text"):
                found.append(f"{node.lineno}: SQL made of text")
    return found


def test_no_module_runs_what_it_reads_or_makes_sql_of_text():
    found = {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in PACKAGE.rglob("*.py")
        if (lines := dangers(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "frame.to_pickle('x')",
        "import yaml\nyaml.load(text)",
        "eval(cell)",
        "import subprocess\nsubprocess.run(command, shell=True)",
        "connection.execute(f'SELECT * FROM {table}')",
        "connection.execute('SELECT ' + column)",
    ],
)
def test_a_line_that_would_is_noticed(line):
    assert len(dangers(line)) == 1


# ---- workbooks ----


def workbook(path: Path, *rows) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


NEAR = (("LA num", "LA Name", "SN1", "SNP"), ("353", "Oldham", "351", "Close"))


def with_a_file(path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/evil", "/etc/passwd", "xl/../../evil.xml", "C:\\evil.xml", "..\\evil"]
)
def test_a_workbook_whose_files_lead_out_of_it_is_not_opened(tmp_path, name):
    path = with_a_file(workbook(tmp_path / "sn_1.xlsx", *NEAR), name, b"x")

    with pytest.raises(ExtractError, match="leads out of the workbook"):
        read(path, area="Testshire")
    with pytest.raises(neighbours.NeighbourListError, match="leads out of the workbook"):
        neighbours.read(path)
    assert [found.name for found in tmp_path.iterdir()] == ["sn_1.xlsx"]


def test_a_workbook_that_would_fill_the_memory_is_not_opened(tmp_path):
    path = with_a_file(workbook(tmp_path / "sn_1.xlsx", *NEAR), "xl/worksheets/sheet9.xml", b"0" * 150_000_000)

    with pytest.raises(ExtractError, match="would unpack to 150 MB"):
        read(path, area="Testshire")
    with pytest.raises(neighbours.NeighbourListError, match="would unpack to 150 MB"):
        neighbours.read(path)


def test_a_list_of_neighbours_that_is_damaged_is_refused_in_words(tmp_path):
    path = workbook(tmp_path / "sn_1.xlsx", *NEAR)
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(neighbours.NeighbourListError, match="is not an Excel workbook"):
        neighbours.read(path)
    with pytest.raises(neighbours.NeighbourListError, match="has headings and no rows"):
        neighbours.read(workbook(tmp_path / "sn_2.xlsx", NEAR[0]))


# ---- databases ----


def test_a_table_or_column_named_like_a_command_is_a_name(tmp_path):
    house = House(tmp_path / "council")
    path = house.as_database(tmp_path / "care.db")
    with sqlite3.connect(path) as base:
        base.execute('CREATE TABLE "x""; DROP TABLE episodes; --" ("CHILD" TEXT, "a""; DROP TABLE header; --" TEXT)')

    record = read(path, area="Testshire", as_at="2025-10-15", keep=('a"; DROP TABLE header; --',))

    assert len(record.tables["episodes"]) == 12
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT count(*) FROM episodes").fetchone() == (12,)


def test_a_password_in_the_extract_s_address_is_in_no_file_and_no_message(tmp_path):
    house = House(tmp_path / "council")
    path = house.as_database(tmp_path / "care.db")
    reads = "from incare.record import read; record = read(extract, area='Testshire', as_at='2025-10-15');"
    says = "from incare.views.markup import Html\nHtml('<p>Everyone was read</p>' if len(record.people) == 12 else '')"
    house.notebook("10_first", reads, says, parameters='extract: str = ""\noutput: str = ""')
    # A second notebook fails, so that executed notebooks and logs stay for a look.
    house.notebook("20_fails", "raise ValueError(extract)", parameters='extract: str = ""')
    house.write_params(extract=f"sqlite:///{path}?password={SECRET}")

    failed = house.run()
    assert "1 of 2 notebooks failed" in failed.stderr
    kept = [p for p in (house.folder / "reports").rglob("*") if p.is_file()]
    assert {"10_first.ipynb", "20_fails.log", "page.json"} <= {p.name for p in kept}
    (house.folder / "notebooks" / "20_fails.ipynb").unlink()
    house.write_params(extract=f"sqlite:///{path}?password={SECRET}", notebooks=["10_first"])
    ended = house.run("--resume")

    assert ended.returncode == 0, ended.stderr
    assert "Everyone was read" in (house.pack / "10_first.html").read_text()
    kept += [p for p in (house.folder / "reports").rglob("*") if p.is_file()]
    assert [p.name for p in kept if p.exists() and SECRET.encode() in p.read_bytes()] == []
    assert SECRET not in failed.stdout + failed.stderr + ended.stdout + ended.stderr


# ---- spreadsheets ----

FORMULAS = ['=HYPERLINK("http://evil")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_a_cell_or_a_heading_becomes_text(text):
    frame = pd.DataFrame({"facet": [text, "North"], text: [1.5, -2.0]})

    plain = sheets.plain(frame)

    assert plain.iloc[:, 0].tolist() == [f"'{text}", "North"]
    assert plain.columns.tolist() == ["facet", f"'{text}"]
    assert frame.columns.tolist() == ["facet", text]  # what was given is as it was


def test_numbers_dates_blanks_and_groups_stay_as_they_are():
    frame = pd.DataFrame(
        {
            "value": [-1.5, None],
            "text": ["-12", "+3.5%"],
            "day": pd.to_datetime(["2024-01-01", None]),
            "group": pd.Categorical(["a", None]),
        }
    )

    pd.testing.assert_frame_equal(sheets.plain(frame), frame)


def test_every_csv_that_a_command_writes_is_made_plain(tmp_path):
    frame = pd.DataFrame({"team": ["=1+1"], "value": [-1.0]})

    commands._write_frame(frame, tmp_path / "out.csv")

    assert (tmp_path / "out.csv").read_text() == "team,value\n'=1+1,-1.0\n"


def test_a_pack_with_a_formula_in_a_data_file_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("team,value\n=1+1,-1.0\n'=2,+3\n")
    found = gate.inspect(tmp_path, [])

    assert found["data files hold no spreadsheet formula"] == ["data/a.csv holds 1 cell that a spreadsheet would run"]


def test_the_series_command_writes_a_district_with_a_formula_for_a_name_as_text(tmp_path):
    house = House(tmp_path / "council")
    for file in house.folder.glob("extracts/*/header.csv"):
        pd.read_csv(file, dtype=str, keep_default_na=False).assign(DISTRICT="=1+1").to_csv(file, index=False)
    house.write_params(local_columns=["DISTRICT"])
    out = tmp_path / "series.csv"

    process = house.command("series", house.params, "--measures", "cla_count", "--by", "district", "-o", out)
    _, errors = process.communicate(timeout=120)

    assert process.returncode == 0, errors
    categories = set(pd.read_csv(out, dtype=str)["category"].dropna())
    assert "'=1+1" in categories
    assert "=1+1" not in categories


# ---- XML ----


def test_xml_that_declares_entities_is_not_read(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><EXPSSDA903>&c;</EXPSSDA903>'
    (tmp_path / "return.xml").write_text(bomb)

    with pytest.raises(ExtractError, match="declares a document type or entities"):
        read(tmp_path / "return.xml", area="Testshire")


def test_no_other_parser_of_xml_is_called():
    parsers = ("xml.etree", "xml.dom", "lxml", "xml.sax ", "xml.sax.handler", "xml.sax.expatreader", "import xml")
    found = [
        f"{path.name}: {ast.unparse(node)}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and any(name in ast.unparse(node) for name in parsers)
    ]
    # The name of an error and the base class of a handler; defusedxml does the reading.
    assert sorted(found) == [
        "xml_return.py: from xml.sax import SAXParseException",
        "xml_return.py: from xml.sax.handler import ContentHandler",
    ]


def test_openpyxl_reads_its_xml_without_entities():
    """openpyxl uses defusedxml when it is installed; a workbook with entities is refused (see test_workbook)."""
    from openpyxl.xml import DEFUSEDXML

    assert DEFUSEDXML
