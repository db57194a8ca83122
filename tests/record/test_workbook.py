"""Workbooks: what a cell becomes, which sheets are tables, and the sentence for a file that cannot be used."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from drawn import table
from extract import filled
from incare import sample
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import ExtractError, read
from incare.record.workbook import read_workbook
from incare.series import calculate

EPISODES = """
    CHILD  | DECOM      | RNE | LS | CIN | PLACE | DEC        | REC
    -------+------------+-----+----+-----+-------+------------+----
    000001 | 01/06/2024 | S   | C2 | N1  | U6    |            |
    000002 | 13/06/2024 | S   | C2 | N1  | K2    | 01/12/2024 | E4A
"""
HEADER = """
    CHILD  | SEX | DOB        | ETHNIC
    -------+-----+------------+-------
    000001 | M   | 01/01/2015 | WBRI
    000002 | F   | 29/02/2012 | MOTH
"""
DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


def as_typed(column: str, text: str):
    """A cell as someone would type it into Excel: dates and numbers become dates and numbers, ids stay text."""
    if match := DATE.fullmatch(text):
        day, month, year = map(int, match.groups())
        return dt.datetime(year, month, day)
    if column not in ("CHILD", "UPN") and re.fullmatch(r"0|[1-9]\d{0,8}", text):
        return int(text)
    return text or None


def workbook(path: Path, **sheets: list[list]) -> Path:
    """A workbook with a sheet for each list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        tab = book.create_sheet(name)
        for row in rows:
            tab.append(row)
    book.save(path)
    return path


def rows_of(frame: pd.DataFrame) -> list[list]:
    cells = [[as_typed(column, text) for column, text in row.items()] for row in frame.to_dict("records")]
    return [list(frame.columns), *cells]


def drawn(**sheets) -> dict[str, list[list]]:
    """Sheets from drawn tables, header and episodes always among them."""
    given = {"header": HEADER, "episodes": EPISODES} | sheets
    return {name: rows_of(filled(name, table(text))) if isinstance(text, str) else text for name, text in given.items()}


def record_of(path: Path, as_at=None, keep=(), **sheets):
    return read(workbook(path, **drawn(**sheets)), area="Testshire", as_at=as_at, keep=keep)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "return 2025.xlsx"


# ---- the same figures ----


def test_a_workbook_a_year_and_one_of_local_tables_give_the_series_of_their_csv_files(tmp_path):
    csv = sample.write(tmp_path / "csv", seed=3, children=40, years=3)[0]
    (tmp_path / "books").mkdir()
    for place in {file.parent for file in csv.rglob("*.csv")}:
        frames = {f.stem: pd.read_csv(f, dtype=str, keep_default_na=False) for f in sorted(place.glob("*.csv"))}
        assert place.name == "local" or len(frames) >= 10
        sheets = {f"Sheet {n}": rows_of(frame) for n, frame in enumerate(frames.values())}
        workbook(tmp_path / "books" / f"{place.name}.xlsx", **sheets)

    records = [read(place, area="Testshire") for place in (csv, tmp_path / "books")]

    rows = [record.reconciliation.groupby(["table", "year"])[["rows_in", "used"]].sum() for record in records]
    assert_frame_equal(*rows)
    quarters = Periods.of("quarter", "2025-03-31", 2)
    by_csv, by_book = (calculate(catalogue(), record, quarters, by=("age_band", "sex")) for record in records)
    assert (by_csv["status"] == "ok").sum() > 2000
    assert_frame_equal(by_csv, by_book)


def test_a_workbook_whose_name_has_no_year_is_dated_by_its_episodes(tmp_path):
    for name, year in (("a.xlsx", "2023"), ("b.xlsx", "2024")):
        workbook(tmp_path / name, **drawn(episodes=EPISODES.replace("/2024", f"/{year}")))
    lines = read(tmp_path, area="Testshire").reconciliation
    assert sorted(set(zip(lines["file"].str[:6], lines["year"], strict=True))) == [("a.xlsx", 2024), ("b.xlsx", 2025)]


def test_a_return_split_over_csv_and_workbook_is_one_return(tmp_path):
    folder = tmp_path / "2025"
    folder.mkdir()
    filled("episodes", table(EPISODES)).to_csv(folder / "episodes.csv", index=False)
    workbook(folder / "rest.xlsx", header=drawn()["header"])
    lines = read(tmp_path, area="Testshire").reconciliation
    assert list(lines["year"]) == [2025, 2025]


# ---- cells ----

VALUES = [
    (dt.datetime(2024, 6, 1), None, "01/06/2024"),
    (dt.date(2024, 6, 1), None, "01/06/2024"),
    (dt.datetime(2024, 6, 1, 13, 30), None, "01/06/2024"),
    ("01/06/2024", None, "01/06/2024"),
    (45444, None, "45444"),
    (45444, "dd/mm/yyyy", "01/06/2024"),
    ("000123", None, "000123"),
    (123, "000000", "000123"),
    (123, None, "123"),
    (123.0, None, "123"),
    (0, None, "0"),
    (12.5, None, "12.5"),
    (True, None, "TRUE"),
    (False, None, "FALSE"),
    ("  U6\u00a0", None, "  U6\u00a0"),
    ("#N/A", None, "#N/A"),
    ("#REF!", None, "#N/A"),
    (1234567890123456789, None, "1.234568E+18"),
    (None, None, ""),
]


@pytest.mark.parametrize(("value", "shown_as", "text"), VALUES)
def test_what_a_cell_becomes(path, value, shown_as, text):
    book = openpyxl.Workbook()
    book.active.append(["TERM", "START", "END"])
    book.active.append([value, "x", "x"])
    if shown_as:
        book.active["A2"].number_format = shown_as
    book.save(path)
    sheets, _ = read_workbook(path, path.parent)
    assert sheets[0].cells == [[text, "x", "x"]]


def test_ids_keep_their_zeros_whether_they_are_text_or_shown_by_a_format(path):
    book = openpyxl.load_workbook(workbook(path, **drawn()))
    for row, value in ((2, 1), (3, 2)):
        book["header"].cell(row, 1).value = value
        book["header"].cell(row, 1).number_format = "000000"
    book.save(path)
    assert list(read(path, area="Testshire").people["id"]) == ["000001", "000002"]


def test_true_and_false_cells_become_the_codes_of_their_column(path):
    header, values = ["CHILD", "SDQ_SCORE", "CONVICTED", "HEALTH_ASSESSMENT"], ["000001", 12.0, True, False]
    row = record_of(path, oc2=[header, values]).tables["oc2"].iloc[0]
    assert (row["SDQ_SCORE"], row["CONVICTED"], row["HEALTH_ASSESSMENT"]) == (12, "1", "0")


def test_serial_numbers_in_place_of_dates_are_refused_as_in_a_csv_file(path):
    sheets = drawn()
    for row, serial in zip(sheets["episodes"][1:], (45444, 45456), strict=True):
        row[1] = serial
    sheets["episodes"].append(["000003", 45460, *sheets["episodes"][1][2:]])
    with pytest.raises(ExtractError, match=r"sheet episodes: 3 of 3 dates in the column DECOM .* Excel serial numbers"):
        read(workbook(path, **sheets), area="Testshire")


def test_one_serial_number_sets_its_row_aside(path):
    sheets = drawn()
    sheets["episodes"].append(["000001", 45460, *sheets["episodes"][2][2:]])
    record = read(workbook(path, **sheets), area="Testshire")
    assert record.issues.loc[record.issues["rule"] == "141S", ["file", "row"]].to_numpy().tolist() == [
        ["return 2025.xlsx, sheet episodes", 4]
    ]


def test_a_long_number_as_id_has_lost_digits_and_is_refused(path):
    sheets = drawn()
    sheets["header"][1][0] = 12345678901234567
    with pytest.raises(ExtractError, match="sheet header: the column CHILD holds numbers in scientific notation"):
        read(workbook(path, **sheets), area="Testshire")


def test_a_formula_counts_by_its_stored_result_and_is_told_when_there_is_none(path):
    sheets = drawn()
    # openpyxl writes formulas without results, as programs other than Excel do.
    sheets["episodes"][2][sheets["episodes"][0].index("DEC")] = "=B3+171"
    sheets["episodes"][2][sheets["episodes"][0].index("REC")] = '=IF(TRUE,"E4A","")'
    record = read(workbook(path, **sheets), area="Testshire")
    assert record.tables["episodes"]["end"].isna().all()
    assert any("sheet episodes: 2 cells were read as blank, because they hold a formula" in s for s in record.notices)


# ---- sheets ----


def test_sheets_are_known_by_their_columns_and_others_are_named(path):
    record = record_of(path, Notes=[["Return of Testshire"], ["Sent on", dt.date(2025, 6, 1)]], empty=[])
    assert "return 2025.xlsx: sheets of no table that incare reads were left out: Notes, empty." in record.notices
    assert len(record.tables["episodes"]) == 2


def test_a_title_above_the_heading_is_passed_over_and_rows_keep_their_numbers(path):
    sheets = drawn(episodes=EPISODES.replace("01/06/2024", "xx/06/2024"))
    sheets["episodes"] = [["Episodes of Testshire"], [], ["confidential", None, "2025"], *sheets["episodes"]]
    book = openpyxl.load_workbook(workbook(path, **sheets))
    book["episodes"].merge_cells("A1:M1")
    book.save(path)
    record = read(path, area="Testshire")
    assert record.issues.loc[record.issues["rule"] == "141", "row"].tolist() == [5]
    assert len(record.tables["episodes"]) == 1


def test_blank_rows_and_notes_beside_the_table_are_no_rows(path):
    sheets = drawn()
    sheets["header"][1:1] = [[], [None, " "]]
    sheets["header"][-1] = [*sheets["header"][-1], None, "checked by AB"]
    record = read(workbook(path, **sheets), area="Testshire")
    assert record.reconciliation.set_index("table").loc["header", "rows_in"] == 2


def test_hidden_sheets_are_left_out_and_said(path):
    book = openpyxl.load_workbook(workbook(path, **drawn(old=EPISODES.replace("000001", "000009"))))
    book["old"].sheet_state = "veryHidden"
    book.save(path)
    record = read(path, area="Testshire")
    assert list(record.people["id"]) == ["000001", "000002"]
    assert "return 2025.xlsx: hidden sheets were left out: old." in record.notices


def test_a_sheet_with_a_heading_and_no_row_is_a_table_without_rows(path):
    record = record_of(path, reviews=[["CHILD", "DOB", "REVIEW", "REVIEW_CODE"]])
    assert record.reconciliation.set_index("table").loc["reviews", "rows_in"] == 0
    assert len(record.tables["reviews"]) == 0


def test_two_sheets_of_one_table_are_both_read(path):
    more = EPISODES.replace("000001", "000003").replace("000002", "000004")
    record = record_of(path, more=more, **{"header": HEADER})
    assert len(record.tables["episodes"]) == 4


def test_local_columns_are_carried_along_from_a_sheet(path):
    sheets = drawn()
    sheets["header"] = [[*row, team] for row, team in zip(sheets["header"], ("Team", "North", "South"), strict=True)]
    record = read(workbook(path, **sheets), area="Testshire", keep=["team"])
    assert list(record.people["team"]) == ["North", "South"]


def test_a_column_year_stacks_returns_in_one_sheet(path):
    sheets = drawn()
    for name in ("header", "episodes"):
        sheets[name] = [[*row, "YEAR" if not n else 2024 + n] for n, row in enumerate(sheets[name])]
    lines = read(workbook(path, **sheets), area="Testshire").reconciliation
    assert sorted(set(lines["year"])) == [2025, 2026]


def test_lists_of_providers_hold_no_table_of_a_return(shared):
    folder = shared / "data" / "ssda903" / "lac_validator_fake"
    books = sorted(folder.glob("*.xlsx"))
    assert len(books) == 5
    for book in books:
        sheets, said = read_workbook(book, folder)
        names = ", ".join(openpyxl.load_workbook(book, read_only=True).sheetnames)
        assert sheets == []
        assert said == [f"{book.name}: sheets of no table that incare reads were left out: {names}."]


# ---- what is refused ----


def heading(sheets, name, old, new):
    sheets[name][0] = [new if column == old else column for column in sheets[name][0]]
    return sheets


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda s: heading(s, "episodes", "DECOM", "DECOMM"),
            r"sheet episodes looks like the episodes table",
        ),
        (lambda s: heading(s, "episodes", "URN", "DECOM"), r"sheet episodes has two columns called DECOM"),
        (lambda s: s | {"episodes": [["a title"], *heading(s, "episodes", "DECOM", "X")["episodes"]]}, "column DECOM"),
        (lambda s: {"header": s["header"]}, r"has no episodes table; what was found: header"),
        (lambda s: {"notes": [["nothing"]]}, r"has no episodes and header table; what was found: no known table"),
    ],
    ids=["misspelt", "two alike", "misspelt below a title", "no episodes", "no table"],
)
def test_sheets_that_cannot_be_trusted_are_refused_in_words(path, change, said):
    with pytest.raises(ExtractError, match=said) as refusal:
        read(workbook(path, **change(drawn())), area="Testshire")
    assert "return 2025.xlsx" in str(refusal.value)
    assert "000001" not in str(refusal.value)


def half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def without_the_book(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("letter.txt", "not a workbook")


def torn_sheet(path: Path) -> None:
    other = path.with_suffix(".other")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for entry in before.namelist():
            data = before.read(entry)
            after.writestr(entry, data[: len(data) // 2] if entry == "xl/worksheets/sheet1.xml" else data)
    shutil.move(other, path)


def with_an_entity(path: Path) -> None:
    other = path.with_suffix(".other")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for entry in before.namelist():
            data = before.read(entry)
            if entry == "xl/worksheets/sheet1.xml":
                data = b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + data.split(b"?>", 1)[-1]
            after.writestr(entry, data)
    shutil.move(other, path)


def torn_directory(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x09\x09", 1))


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet9.xml", b"0" * 150_000_000)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.write_bytes(b"CHILD,DECOM\n000001,01/06/2024\n"), "is not an Excel workbook"),
        (lambda path: path.write_bytes(b""), "is not an Excel workbook"),
        (half, "is not an Excel workbook"),
        (without_the_book, "is damaged or is not an Excel workbook"),
        (torn_directory, "is damaged or is not an Excel workbook"),
        (torn_sheet, "is damaged or is not an Excel workbook"),
        (with_an_entity, "is damaged or is not an Excel workbook"),
        (lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512)), "is locked with a password"),
        (bomb, r"would unpack to 150 MB, more than 200 times its size; it was not opened"),
    ],
    ids=["csv", "empty", "half", "another zip", "torn directory", "torn sheet", "entity", "password", "bomb"],
)
def test_a_file_that_is_no_sound_workbook_is_refused_in_words(path, harm, said):
    harm(workbook(path, **drawn()))
    with pytest.raises(ExtractError, match=said) as refusal:
        read(path, area="Testshire")
    assert "return 2025.xlsx" in str(refusal.value)
    assert "000001" not in str(refusal.value)
