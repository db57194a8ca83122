"""Files of a folder as tables of text: encoding, columns, rows and return years, nothing interpreted yet.

Source: INPUTS section 1 (which file is which, empty values, several returns).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from incare.record.tables import Table, nearest, recognise

# The column by which a file of several returns stacked says which row is of which.
STACKED = "YEAR"
MISSING_WORDS = frozenset({"", "NULL", "NA", "N/A", "#N/A", "-", "NAN", "NAT", "NONE"})
_MOJIBAKE = ("Ã", "â€", "Â")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_YEAR = re.compile(r"(?<!\d)(20\d{2}|19\d{2})(?!\d)")


class ExtractError(ValueError):
    """An extract that cannot be read, with the file, what was needed, what was found and what to do."""


@dataclass(frozen=True)
class TextTable:
    """One file's rows as text, with the table it was recognised as.

    `rows` has the file's columns in upper case and `_row` (the line in the file, the heading being line 1).
    `ragged` lists the lines whose number of cells differs from the heading.
    """

    table: Table
    path: str
    group: tuple[str, str]
    rows: pd.DataFrame = field(repr=False)
    ragged: tuple[int, ...] = ()
    blanked: int = 0
    extra: tuple[str, ...] = ()


def find(folder: Path) -> tuple[list[Path], list[Path]]:
    """The CSV files of a folder and its sub-folders, and the files of other kinds, both in a stable order.

    Raises `ExtractError` when the folder is missing or holds no CSV file.
    """
    if not folder.exists():
        raise ExtractError(f"The extract folder {folder} was not found. Write the path as seen from the params file.")
    if folder.is_file():
        raise ExtractError(
            f"{folder} is a file; the extract is a folder of CSV files, one folder or file set per return."
        )
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    tables = [path for path in files if path.suffix.lower() == ".csv"]
    if not tables:
        raise ExtractError(f"{folder} holds no CSV file. Put the SSDA903 CSV files there, one folder per return year.")
    return tables, [path for path in files if path.suffix.lower() != ".csv"]


def read_text(path: Path, name: str) -> tuple[list[list[str]], list[int], list[str]]:
    """The cells of a CSV file, the line on which each row ends, and notices about its encoding.

    `name` is how the file is called in messages. Raises `ExtractError` for UTF-16, binary files and unclosed quotes.
    """
    data = path.read_bytes()
    notices: list[str] = []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ExtractError(f"{name} is saved as UTF-16 (Excel's “Unicode text”). Save it again as CSV UTF-8.")
    if b"\x00" in data:
        raise ExtractError(f"{name} is not a text file. Save it again as CSV UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        notices.append(f"{name} is not UTF-8; it was read as Windows-1252.")
    if any(mark in text for mark in _MOJIBAKE):
        notices.append(f"{name} holds letters that look mis-saved (such as “Ã«” for “ë”); check how it was exported.")
    lines: list[int] = []
    cells: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.removeprefix("ï»¿"), newline=""), strict=True)
    try:
        for row in reader:
            if row and any(row):
                cells.append(row)
                lines.append(reader.line_num)
    except csv.Error as problem:
        raise ExtractError(
            f"{name}, row {reader.line_num}: a quotation mark is opened and not closed, or stands inside a cell. "
            "Export the file again; a cut-off file ends like this too."
        ) from problem
    return cells, lines, notices


def _heading(row: list[str]) -> list[str]:
    return [cell.replace("\xa0", " ").strip().upper() for cell in row]


def read_file(path: Path, root: Path, keep: tuple[str, ...] = ()) -> tuple[list[TextTable], list[str]]:
    """One CSV file as a table of text; no table and a notice when its columns are of no known one.

    A file that stacks several returns and says so in a column YEAR becomes a table for each year. `keep` names local
    columns to carry along; other columns that no table has are left in the file.
    Raises `ExtractError` when the file is nearly a known table (a missing column, with the nearest name found), is cut
    off in its last row, or holds ids in scientific notation.
    """
    name = path.relative_to(root).as_posix()
    cells, lines, notices = read_text(path, name)
    if not cells:
        return [], [*notices, f"{name} is empty and was left out."]
    columns = _heading(cells[0])
    twice = sorted({c for c in columns if c and columns.count(c) > 1})
    if twice:
        raise ExtractError(f"{name} has two columns called {twice[0]}. Remove or rename one.")
    table = recognise(columns)
    if table is None:
        _refuse_near_miss(name, columns)
        return [], [*notices, f"{name} was left out: its columns are of no table that incare reads."]
    stacked = STACKED in columns and STACKED not in table.columns
    wanted = {*table.columns, *(column.upper() for column in keep), *([STACKED] if stacked else [])}
    extra = tuple(c for c in columns if c and c not in wanted)
    width = len(columns)
    lengths = np.fromiter((len(row) for row in cells[1:]), int, len(cells) - 1)
    if len(lengths) and lengths[-1] < width and (lengths[:-1] == width).all():
        raise ExtractError(
            f"{name} seems cut off: its last row (row {lines[-1]}) has {lengths[-1]} of {width} cells. Export it again."
        )
    whole = [row for row, length in zip(cells[1:], lengths, strict=True) if length == width]
    frame = pd.DataFrame(np.array(whole, dtype=object).reshape(-1, width), columns=columns)
    frame, blanked = _tidy(frame[[c for c in columns if c in wanted]])
    frame["_row"] = np.array(lines[1:], dtype=int)[lengths == width]
    _refuse_scientific_ids(name, frame)
    ragged = tuple(int(line) for line, length in zip(lines[1:], lengths, strict=True) if length != width)
    part = TextTable(table, name, _group(path, root), frame, ragged, blanked, extra)
    return (_by_year(part) if stacked else [part]), notices


def _by_year(part: TextTable) -> list[TextTable]:
    """The returns that one file stacks, by its column YEAR; lines that cannot be read stay with the first.

    Raises `ExtractError` when a row has no year of four digits.
    """
    years = part.rows[STACKED]
    wrong = ~years.str.fullmatch(r"(19|20)\d{2}").to_numpy(bool)
    if wrong.any():
        raise ExtractError(
            f"{part.path}: the column {STACKED} should name each row's return by a year such as 2025; "
            f"{wrong.sum()} rows do not, the first in row {part.rows['_row'][wrong].iloc[0]}."
        )
    return [
        replace(
            part,
            path=f"{part.path}, {year}",
            group=(part.group[0], str(year)),
            rows=rows.drop(columns=STACKED).reset_index(drop=True),
            ragged=part.ragged if first else (),
            blanked=part.blanked if first else 0,
        )
        for first, (year, rows) in zip([True, *[False] * len(part.rows)], part.rows.groupby(years), strict=False)
    ]


def _refuse_near_miss(name: str, columns: list[str]) -> None:
    near = nearest(columns)
    if near is None:
        return
    table, missing = near
    lacks = ", ".join(f"{needed} (nearest: {got})" if got else needed for needed, got in missing.items())
    raise ExtractError(
        f"{name} looks like the {table.name} table but lacks the column {lacks}. Rename or add it; "
        "the order of columns does not matter."
    )


def _tidy(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Cells without outer spaces, words for “missing” blanked; and how many words were blanked."""
    blanked = 0
    out = {}
    for column in frame.columns:
        codes, values = pd.factorize(frame[column].to_numpy(), use_na_sentinel=False)
        clean = np.array([str(v).replace("\xa0", " ").strip() for v in values], dtype=object)
        absent = np.array([v.upper() in MISSING_WORDS for v in clean], dtype=bool)
        # A column of type code may hold NO; only whole words of the list above are blanked.
        blanked += int((absent & (clean != ""))[codes].sum()) if len(clean) else 0
        clean[absent] = ""
        out[column] = clean[codes] if len(clean) else codes.astype(object)
    return pd.DataFrame(out, columns=frame.columns), blanked


def _refuse_scientific_ids(name: str, frame: pd.DataFrame) -> None:
    for column in ("CHILD", "UPN", "SW_ID", "WORKER_ID"):
        if column in frame and frame[column].map(lambda text: bool(_SCIENTIFIC.fullmatch(text))).any():
            raise ExtractError(
                f"{name}: the column {column} holds numbers in scientific notation (like 1.23E+11), so different ids "
                "have become one. Export it again with the column formatted as text."
            )


def _group(path: Path, root: Path) -> tuple[str, str]:
    """The return a file belongs to: its folder, and the year in its name if there is one."""
    year = _YEAR.search(path.stem)
    folder = path.parent.relative_to(root).as_posix()
    return folder, year.group() if year else ""


def label_year(group: tuple[str, str]) -> int | None:
    """The year that a return's file name or folder carries, read as a hint only."""
    folder, stem = group
    found = stem or next(iter(_YEAR.findall(folder)[::-1]), "")
    return int(found) if found else None
