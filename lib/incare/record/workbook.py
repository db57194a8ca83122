"""Excel workbooks as sheets of text: dates as dd/mm/yyyy, whole numbers as digits, errors as blank.

Source: INPUTS sections 1 and 7 (text first, real dates, serial numbers refused).
"""

from __future__ import annotations

import datetime
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from incare.record import annex_a
from incare.record.files import HEADING_WITHIN, ExtractError, Sheet, group_of, heading, refuse_near_miss
from incare.record.tables import recognise

# The first bytes of files with a password, and of workbooks before 2007.
_OLD_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")
# No honest workbook of this size is packed so tightly; a hostile one unpacks until memory is full.
_PACKED_AT_MOST = 200
_SMALL = 100_000_000
_LAST_ROW = 1_048_576
# Numbers from here on have lost digits; written so, they are refused as ids in scientific notation.
_EXACT_BELOW = 1e15
_PROPERTIES = "docProps/core.xml"
_MODIFIED = re.compile(rb":modified[^>]*>(\d{4}-\d{2}-\d{2})")
_ALL_ZEROS = re.compile("0{2,}")
# What openpyxl and the unpacking below it raise on files that are damaged or are no workbook.
_BROKEN = (
    # openpyxl reads with lxml where it is installed, whose errors are syntax errors as ParseError is.
    *(zipfile.BadZipFile, zlib.error, struct.error, SyntaxError, InvalidFileException, OSError, EOFError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RuntimeError),
)


def read_workbook(path: Path, root: Path) -> tuple[list[Sheet], list[str]]:
    """The sheets of a workbook that hold a known table or Annex A list, and notices about the others.

    A sheet is known by its columns, which may stand below a title; hidden sheets are left out. Dates become dd/mm/yyyy,
    whole numbers digits (with the zeros that their format shows), TRUE and FALSE words, error values `#N/A`.
    Raises `ExtractError` when the file is no workbook, is locked with a password, unpacks to an absurd size, or a sheet
    is nearly a known table.
    """
    name = path.relative_to(root).as_posix()
    _refuse_other_files(path, name)
    sheets, titles, others, hidden = [], {}, [], []
    with _opened(path, name, values=True) as book:
        saved = _saved(path)
        for tab in book.worksheets:
            rows = None if tab.sheet_state != "visible" else _known_rows(tab, f"{name}, sheet {tab.title}")
            if rows is None:
                (others if tab.sheet_state == "visible" else hidden).append(tab.title)
                continue
            (_, top), *below = rows
            columns, width = heading(top), len(top)
            cells = [row[:width] + [""] * (width - len(row)) for _, row in below]
            lines = [line for line, _ in below]
            sheet = Sheet(f"{name}, sheet {tab.title}", group_of(path, root), columns, cells, lines, saved=saved)
            sheets.append(sheet)
            titles[tab.title] = sheet
    said = []
    if others:
        said.append(f"{name}: sheets of no table that incare reads were left out: {', '.join(others)}.")
    if hidden:
        said.append(f"{name}: hidden sheets were left out: {', '.join(hidden)}.")
    return sheets, [*said, *_formulas_without_value(path, name, titles)]


def _refuse_other_files(path: Path, name: str) -> None:
    with path.open("rb") as file:
        begins = file.read(8)
    if begins == _OLD_OR_LOCKED:
        raise ExtractError(
            f"{name} is locked with a password, or is an old workbook (.xls). Save it as .xlsx without a password."
        )
    if not zipfile.is_zipfile(path):
        raise ExtractError(
            f"{name} is not an Excel workbook (.xlsx), or is cut off. Open it in Excel and save it as .xlsx."
        )
    with _damage_told(name), zipfile.ZipFile(path) as packed:
        whole = sum(entry.file_size for entry in packed.infolist())
        if any(_leads_out(entry.filename) for entry in packed.infolist()):
            raise ExtractError(
                f"{name} holds a file whose name leads out of the workbook, which no spreadsheet program writes; "
                "it was not opened. Copy its sheets into a new workbook."
            )
    if whole > _SMALL and whole > _PACKED_AT_MOST * path.stat().st_size:
        raise ExtractError(
            f"{name} would unpack to {whole / 1e6:,.0f} MB, more than {_PACKED_AT_MOST} times its size; it was not "
            "opened. Copy its sheets into a new workbook."
        )


def _leads_out(name: str) -> bool:
    """Whether a packed file would be written elsewhere than below the folder that it is unpacked into."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or ":" in parts[0]


@contextmanager
def opened(path: Path, name: str) -> Iterator:
    """A workbook with its stored results, after the checks that `read_workbook` makes of any file.

    Raises `ExtractError` as `read_workbook` does, also for damage that is found while rows are read.
    """
    _refuse_other_files(path, name)
    with _opened(path, name, values=True) as book:
        yield book


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except ExtractError:
        raise
    except _BROKEN as problem:
        raise ExtractError(
            f"{name} is damaged or is not an Excel workbook. Open it in Excel and save it as .xlsx."
        ) from problem


@contextmanager
def _opened(path: Path, name: str, *, values: bool) -> Iterator:
    """The workbook, with its results (`values`) or its formulas, closed at the end; damage told in words."""
    with _damage_told(name), warnings.catch_warnings():
        # About drop-down lists, headers and other decoration that is not read.
        warnings.simplefilter("ignore")
        book = load_workbook(path, read_only=True, data_only=values, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _saved(path: Path) -> np.datetime64 | None:
    """The day on which the workbook says it was last saved; openpyxl would put today's date where it says nothing."""
    with zipfile.ZipFile(path) as packed:
        if _PROPERTIES not in packed.namelist():
            return None
        found = _MODIFIED.search(packed.read(_PROPERTIES))
    return np.datetime64(found[1].decode(), "D") if found else None


def _known_rows(tab, name: str) -> list[tuple[int, list[str]]] | None:
    """The sheet's rows from its heading on, each with its number; None when no heading is known.

    Raises `ExtractError` for a heading that is nearly known.
    """
    rows = _filled_rows(tab, name)
    first: list[tuple[int, list[str]]] = []
    for line, row in rows:
        if recognise(heading(row)) or annex_a.which(heading(row)):
            return [(line, row), *rows]
        first.append((line, row))
        if len(first) == HEADING_WITHIN:
            break
    for _, row in first:
        refuse_near_miss(name, heading(row))
        annex_a.refuse_near_miss(name, heading(row))
    return None


def _filled_rows(tab, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its number, as text without blanks at its end."""
    # The size that a sheet claims to have is often wrong.
    tab.reset_dimensions()
    for line, row in enumerate(tab.iter_rows(), 1):
        if line > _LAST_ROW:
            raise ExtractError(f"{name} has more rows than a sheet can have. Copy it into a new workbook.")
        texts = [_text(cell) for cell in row]
        while texts and not texts[-1].strip():
            texts.pop()
        if texts:
            yield line, texts


def _text(cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return "#N/A"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.date):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    if isinstance(value, int | float):
        return _digits(value, cell.number_format)
    return str(value)


def _digits(value: float, shown_as: str | None) -> str:
    if value != value or abs(value) >= _EXACT_BELOW:
        return f"{value:E}"
    if value != int(value):
        return repr(value)
    zeros = len(shown_as) if shown_as and _ALL_ZEROS.fullmatch(shown_as) else 0
    return str(int(value)).zfill(zeros)


def _formulas_without_value(path: Path, name: str, sheets: dict[str, Sheet]) -> list[str]:
    """A notice for each sheet where a formula stands and no result is stored, so that its cell was read as blank."""
    with _damage_told(name):
        any_formula = bool(sheets) and _has_formulas(path)
    if not any_formula:
        return []
    said = []
    with _opened(path, name, values=False) as book:
        for title, sheet in sheets.items():
            empty, cells = 0, dict(zip(sheet.lines, sheet.cells, strict=True))
            tab = book[title]
            tab.reset_dimensions()
            for line, row in enumerate(tab.iter_rows(), 1):
                texts = cells.get(line)
                if texts is not None:
                    empty += sum(c.data_type == "f" and not text for c, text in zip(row, texts, strict=False))
            if empty:
                said.append(
                    f"{sheet.name}: {empty:,} cells were read as blank, because they hold a formula without a stored "
                    "result; open the workbook in Excel and save it."
                )
    return said


def _has_formulas(path: Path) -> bool:
    """Whether any sheet holds a formula, found in the packed text so that most workbooks are opened once only."""
    with zipfile.ZipFile(path) as packed:
        for entry in packed.namelist():
            if not entry.startswith("xl/worksheets/"):
                continue
            with packed.open(entry) as text:
                before = b""
                while piece := text.read(1 << 20):
                    if re.search(rb"<f[ >/]", before + piece):
                        return True
                    before = piece[-3:]
    return False
