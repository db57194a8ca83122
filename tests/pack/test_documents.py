"""The PDF, the Word file and the spreadsheet of a pack say what its pages and data files say, in an accessible form."""

from __future__ import annotations

import base64
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from incare.pack import documents, export, warm
from incare.pack.appendix import SHORTHAND, About, to_workbook
from incare.pack.document import (
    Cell,
    Document,
    DocumentError,
    Grid,
    Heading,
    Items,
    Paragraph,
    Picture,
    Report,
    Run,
    Terms,
    read_facts,
    read_report,
)
from incare.pack.pdf import to_pdf
from incare.pack.word import to_word

DAY = date(2025, 9, 30)
FOOTER = {"area": "Testshire", "quarter": "2025-26 Q2", "as_at": "12 October 2025", "profile": "public", "version": "1"}
TITLE = "Children in care and care leavers: Testshire, 2025-26 Q2"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(out, "png")
    return out.getvalue()


MAIN = f"""
<div class="prose"><p>What is <strong>red</strong>, and why?</p></div>
<h2>Children in care</h2>
<p class="headline"><strong>55</strong> children. <svg><circle/></svg></p>
<ul><li>Off target: <strong>74%</strong></li><li>On target</li></ul>
<figure class="chart"><img alt="Line chart of children in care." width="480"
  src="data:image/png;base64,{base64.b64encode(picture()).decode()}"/>
<figcaption><strong>Children</strong> (count).</figcaption></figure>
<div class="scroll"><table><caption>By quarter</caption>
<thead><tr><th scope="col">Quarter</th><th scope="col" class="n">Children</th></tr></thead>
<tbody><tr><th scope="row">Jul–Sep</th><td class="n"><span>55</span><span class="quiet">no clear change</span></td></tr>
<tr><th scope="row">Apr–Jun</th><td class="n"><abbr title="hidden">c</abbr></td></tr></tbody></table></div>
<details class="card"><summary><span>Definition</span></summary>
<dl><div><dt>Counted</dt><dd>children &lt; 18</dd></div></dl></details>
"""


def page(main: str = MAIN, title: str = "Scorecard") -> str:
    return f'<html lang="en-GB"><body><h1>{title}</h1><nav><p>Contents</p></nav><main>{main}</main></body></html>'


def document(*reports: Report, restricted: bool = False) -> Document:
    return Document(TITLE, (("Area", "Testshire"),), restricted, "Small numbers are hidden.", reports)


def test_a_page_is_read_as_blocks_in_their_order_with_nothing_but_what_a_reader_sees():
    report = read_report(page())
    assert report.title == "Scorecard"
    assert report.blocks == (
        Paragraph((Run("What is "), Run("red", True), Run(", and why?"))),
        Heading(2, "Children in care"),
        Paragraph((Run("55", True), Run(" children.")), "headline"),
        Items(((Run("Off target: "), Run("74%", True)), (Run("On target"),))),
        Picture(picture(), "Line chart of children in care.", (Run("Children", True), Run(" (count).")), 480),
        Grid(
            "By quarter",
            ((Cell("Quarter", True), Cell("Children", True, True)),),
            (
                (Cell("Jul–Sep", True), Cell("55\nno clear change", number=True)),
                (Cell("Apr–Jun", True), Cell("c", number=True)),
            ),
        ),
        Paragraph((Run("Definition", True),)),
        Terms((("Counted", "children < 18"),)),
    )


def test_definitions_that_a_page_folds_away_can_be_left_out():
    kinds = {type(block) for block in read_report(page(), cards=False).blocks}
    assert Terms not in kinds
    assert Grid in kinds


def test_a_cell_that_spans_columns_leaves_its_row_as_long_as_the_others():
    grid = read_report(
        page("<table><tbody><tr><td colspan='2'>both</td></tr><tr><td>a</td><td>b</td></tr></tbody></table>")
    ).blocks[0]
    assert [[cell.text for cell in row] for row in grid.rows] == [["both", ""], ["a", "b"]]


def test_a_picture_without_words_is_refused():
    with pytest.raises(DocumentError, match="no words that say what it shows"):
        read_report(page("<figure><img src='data:image/png;base64,AA==' alt=''/></figure>"))


def test_the_facts_of_a_footer_are_read_from_a_real_page():
    html = export.index_page([], {"title": TITLE, "footer": FOOTER})
    assert dict(read_facts(html))["Area"] == "Testshire"


# PDF


def tags(node, found: list):
    """Every structure element of a PDF as (kind, has alternate text)."""
    node = node.get_object()
    if not hasattr(node, "get"):
        return found
    if node.get("/S"):
        found.append((str(node["/S"]), bool(node.get("/Alt"))))
    inside = node.get("/K", [])
    for child in inside if isinstance(inside, list) else [inside]:
        if hasattr(child, "get_object") and hasattr(child.get_object(), "get"):
            tags(child, found)
    return found


def test_the_pdf_is_tagged_in_its_language_and_says_what_each_picture_shows():
    import pypdf

    made = pypdf.PdfReader(io.BytesIO(to_pdf(document(read_report(page())))))
    root = made.trailer["/Root"]
    kinds = tags(root["/StructTreeRoot"], [])
    names = [kind for kind, _ in kinds]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert made.metadata.title == TITLE
    assert {"/H1", "/H2", "/P", "/L", "/LI", "/Table", "/TR", "/TH", "/TD", "/Figure", "/Caption"} <= set(names)
    assert [alt for kind, alt in kinds if kind == "/Figure"] == [True]
    # PDF/UA-1 says so itself.
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    words = " ".join("".join(one.extract_text() for one in made.pages).split())
    for said in ("Scorecard", "74%", "no clear change", "children < 18"):
        assert said in words


def test_no_text_of_a_page_is_taken_for_an_instruction_to_the_typesetter():
    import pypdf

    sly = '#panic("run") $x$ *bold* @ref [a](b) \\ // <script>'
    report = Report("R", (Paragraph((Run(sly),)), Heading(2, sly), Grid(sly, ((Cell(sly, True),),), ((Cell(sly),),))))
    made = pypdf.PdfReader(io.BytesIO(to_pdf(document(report))))
    assert "".join(one.extract_text() for one in made.pages).count('panic("run")') >= 4


def test_a_restricted_pack_says_so_on_every_page_of_its_pdf():
    import pypdf

    report = Report("R", tuple(Paragraph((Run("word " * 400),)) for _ in range(6)))
    made = pypdf.PdfReader(io.BytesIO(to_pdf(document(report, restricted=True))))
    assert len(made.pages) > 3
    assert all("RESTRICTED" in one.extract_text() for one in made.pages)


# Word


def test_the_word_file_has_headings_repeated_table_heads_and_pictures_with_words():
    import docx

    made = docx.Document(io.BytesIO(to_word(document(read_report(page())), DAY)))
    assert [p.text for p in made.paragraphs if p.style.name.startswith("Heading")] == [
        "Reports in this file",
        "Scorecard",
        "Children in care",
    ]
    (table,) = made.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Quarter", "Children"],
        ["Jul–Sep", "55\nno clear change"],
        ["Apr–Jun", "c"],
    ]
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
    assert [drawn.get("descr") for drawn in made.element.xpath("//wp:docPr")] == ["Line chart of children in care."]
    assert made.core_properties.title == TITLE
    assert made.core_properties.language == "en-GB"


@pytest.fixture
def office() -> str:
    """LibreOffice; without it the test is skipped, but in CI it fails."""
    found = shutil.which("soffice")
    if found is None:
        missing = "LibreOffice (soffice) is not installed"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


def test_libreoffice_opens_the_word_file_and_the_spreadsheet(tmp_path, office):
    (tmp_path / "report.docx").write_bytes(to_word(document(read_report(page())), DAY))
    (tmp_path / "appendix.xlsx").write_bytes(to_workbook(FIGURES, None, ABOUT, DAY))
    command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", tmp_path / "out", tmp_path / "report.docx", tmp_path / "appendix.xlsx"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    import pypdf

    words = "".join(one.extract_text() for one in pypdf.PdfReader(tmp_path / "out" / "report.pdf").pages)
    assert "Children in care" in words
    assert "no clear change" in words
    assert pypdf.PdfReader(tmp_path / "out" / "appendix.pdf").pages


# Spreadsheet

FIGURES = pd.DataFrame(
    [
        ["cla_count", "2025-04-01", "2025-06-30", "total", "All", "55", "z", "55", "41", "72", "children", "", ""],
        ["cla_count", "2025-07-01", "2025-09-30", "total", "All", "c", "z", "c", "", "", "children", "", ""],
        ["cla_count", "2025-07-01", "2025-09-30", "team", "=1+1", "12.5", "40", "31", "1", "2", "%", "90", "why"],
    ],
    columns=(
        *("measure", "period_start", "period_end", "breakdown", "category", "numerator", "denominator", "value"),
        *("lower", "upper", "unit", "target", "reason"),
    ),
)
ABOUT = About(TITLE, (("Area", "Testshire"),), "Small numbers are hidden.", {"cla_count": "Children in care"})


def sheets(data: bytes) -> dict[str, list[list]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def test_the_spreadsheet_says_cell_for_cell_what_the_data_file_says():
    found = sheets(to_workbook(FIGURES, None, ABOUT, DAY))
    assert list(found) == ["Cover", "Contents", "Latest", "All_periods", "Groups"]
    table = found["All_periods"]
    head = next(n for n, row in enumerate(table) if row[0] == "Measure")
    assert table[head][:6] == ["Measure", "Period", "Value", "Unit", "Number", "Out of"]
    assert [row[:6] for row in table[head + 1 :] if row[0]] == [
        ["Children in care", "2025-04-01 to 2025-06-30", 55, "children", 55, "z"],
        ["Children in care", "2025-07-01 to 2025-09-30", "c", "children", "c", "z"],
    ]


def test_the_spreadsheet_explains_its_shorthand_and_runs_no_cell():
    data = to_workbook(FIGURES, None, ABOUT, DAY)
    assert {f"{mark}: {meaning}" for mark, meaning in SHORTHAND.items()} <= {
        row[0] for row in sheets(data)["Latest"] if row[0]
    }
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "worksheets" in name)


# A pack


def test_the_same_pages_give_the_same_bytes_and_the_files_carry_no_clock():
    report, when = document(read_report(page())), date(2031, 1, 2)
    assert to_pdf(report) == to_pdf(report)
    assert to_word(report, DAY) == to_word(report, DAY)
    assert to_workbook(FIGURES, None, ABOUT, DAY) == to_workbook(FIGURES, None, ABOUT, DAY)
    for data in (to_word(report, when), to_workbook(FIGURES, None, ABOUT, when)):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = parts.read("docProps/core.xml")
            assert core.count(b"2031-01-02T00:00:00Z") >= 1
            assert b"2025" not in core.replace(TITLE.encode(), b"")


PAGES = ["10_scorecard.html", "catalogue.html"]
GIVEN = {"title": TITLE, "footer": FOOTER, "measures": {}, "day": DAY}
FORMATS = tuple(documents.FORMATS)
MADE = ("report.pdf", "report.docx", "appendix.xlsx")


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "pack"
    (folder / "data").mkdir(parents=True)
    FIGURES.to_csv(folder / "data" / "figures.csv", index=False)
    (folder / "10_scorecard.html").write_text(page(), encoding="utf-8")
    (folder / "catalogue.html").write_text(page(title="Catalogue"), encoding="utf-8")
    return folder


def test_a_pack_gets_the_formats_asked_for_and_definitions_once(pack):
    assert documents.write(pack, PAGES, formats=("spreadsheet",), **GIVEN) == ("appendix.xlsx",)
    assert documents.write(pack, PAGES, **GIVEN) == MADE == documents.names(pack, FORMATS)
    whole = documents.read(pack, PAGES, title=TITLE, facts=(), privacy="", restricted=False)
    assert [any(isinstance(block, Terms) for block in report.blocks) for report in whole.reports] == [False, True]


def test_a_pack_without_figures_has_no_spreadsheet(pack):
    (pack / "data" / "figures.csv").unlink()
    assert documents.names(pack, FORMATS) == documents.write(pack, PAGES, **GIVEN) == MADE[:2]


# Beside the rest of a run


@pytest.fixture(scope="module")
def forks(tmp_path_factory):
    """The address of a process that forks, and what its forks print."""
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are forked on Linux only")
    log = (tmp_path_factory.mktemp("warm") / "log").open("w+b")
    with log, tempfile.TemporaryDirectory() as folder, warm.Warm(Path(folder), {}, log, {}) as started:
        yield started.address, log


def test_written_by_forks_or_by_the_run_itself_the_files_are_the_same_to_the_byte(pack, forks):
    documents.write(pack, PAGES, **GIVEN)
    expected = {name: (pack / name).read_bytes() for name in MADE}
    for address in (forks[0], "", "/nobody/listens"):
        for name in MADE:
            (pack / name).unlink()
        with documents.making(address, pack, PAGES, FORMATS, **GIVEN) as finish:
            finish()
        assert {name: (pack / name).read_bytes() for name in MADE} == expected


def test_what_fails_in_a_fork_is_written_by_the_run_or_refused_by_it_in_words(pack, forks):
    (pack / "10_scorecard.html").write_text("<p>no main part</p>", encoding="utf-8")
    with (
        documents.making(forks[0], pack, PAGES, FORMATS, **GIVEN) as finish,
        pytest.raises(DocumentError, match="no main part"),
    ):
        finish()
    assert b"DocumentError" in os.pread(forks[1].fileno(), 100_000, 0)
    assert (pack / "appendix.xlsx").exists()


def test_leaving_before_the_files_are_written_ends_the_forks(pack, forks):
    import psutil

    with documents.making(forks[0], pack, PAGES, FORMATS, **GIVEN):
        server = next(p for p in psutil.Process().children() if "incare.pack.warm" in p.cmdline())
        assert len(server.children()) == len(documents.TOGETHER)
    assert [fork for fork in server.children() if fork.status() != psutil.STATUS_ZOMBIE] == []


def test_a_fork_calls_nothing_but_functions_of_incare(forks):
    assert warm.call(forks[0], "os:abort", {}).wait(20) == 1
