"""Files of a folder as tables of text: encoding, columns, rows and return years, nothing interpreted yet.

Source: INPUTS section 1 (which file is which, empty values, several returns).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from incare.codes import VALID
from incare.record.tables import Table, nearest, recognise

# The column by which a file of several returns stacked says which row is of which.
STACKED = "YEAR"
MISSING_WORDS = frozenset({"", "NULL", "NA", "N/A", "#N/A", "-", "NAN", "NAT", "NONE"})
_MOJIBAKE = ("Ã", "â€", "Â")
# Columns of ids, which a spreadsheet may have turned into numbers.
IDS = frozenset({"CHILD", "UPN", "SW_ID", "WORKER_ID"})
NO_NAME = "(no name of a column)"
_NAME, _DIGITS = re.compile(r"[^\W\d_][\w .,/()%&'’?:-]{0,59}"), re.compile(r"\d{2}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_YEAR = re.compile(r"(?<!\d)(20\d{2}|19\d{2})(?!\d)")
READABLE = frozenset({".csv", ".xml", ".xlsx", ".xlsm"})
# A title or a note may stand above a heading; further down it is not looked for.
HEADING_WITHIN = 20


class ExtractError(ValueError):
    """An extract that cannot be read, with the file, what was needed, what was found and what to do."""


@dataclass(frozen=True)
class TextTable:
    """One file's rows as text, with the table it was recognised as.

    `rows` has the file's columns in upper case and `_row` (the line in the file, the heading being line 1).
    `ragged` lists the lines whose number of cells differs from the heading. `latest_only` says that the rows come
    from a list of latest dates, which tells one day and no history.
    """

    table: Table
    path: str
    group: tuple[str, str]
    rows: pd.DataFrame = field(repr=False)
    ragged: tuple[int, ...] = ()
    blanked: int = 0
    extra: tuple[str, ...] = ()
    latest_only: bool = False


@dataclass(frozen=True)
class Plain:
    """The columns of a file without any peculiarity: each one's different texts, and each row's place among them.

    `texts` holds an array of objects per column, ready for `TextTable` (files of one heading may share it); `places`
    one of whole numbers; `words` the places of texts that were a word for "missing".
    """

    texts: tuple[np.ndarray, ...] = field(repr=False)
    places: tuple[np.ndarray, ...] = field(repr=False)
    words: tuple[np.ndarray, ...] = field(repr=False)


@dataclass(frozen=True)
class Sheet:
    """The cells of a CSV file or of a workbook's sheet as text, nothing recognised yet.

    `name` is how messages call it, `columns` the heading in upper case, `lines` the line or row number of each row.
    `uneven` says that rows may differ in length, which in a CSV file is a fault and in a sheet is not. `saved` is the
    day on which a workbook says it was last saved.
    `plain` holds the cells in the place of `cells` where the file could be read column by column.
    """

    name: str
    group: tuple[str, str]
    columns: tuple[str, ...]
    cells: list[list[str]] = field(repr=False)
    lines: list[int] = field(repr=False)
    uneven: bool = False
    saved: np.datetime64 | None = None
    plain: Plain | None = field(default=None, repr=False)


def find(place: Path) -> tuple[Path, list[Path], list[Path]]:
    """The folder that file names are relative to, the files incare reads, and the others, in a stable order.

    `place` is a folder, searched with its sub-folders, or one file. Raises `ExtractError` when it is missing or holds
    no file of a kind that is read.
    """
    if not place.exists():
        raise ExtractError(f"The extract {place} was not found. Write the path as seen from the params file.")
    if place.is_file():
        if place.suffix.lower() not in READABLE - {".csv"}:
            raise ExtractError(
                f"{place} is one file; an extract is a folder of files, or a single XML return (.xml), "
                "workbook (.xlsx) or database."
            )
        return place.parent, [place], []
    files = sorted(path for path in place.rglob("*") if path.is_file() and not path.name.startswith((".", "~$")))
    tables = [path for path in files if path.suffix.lower() in READABLE]
    if not tables:
        raise ExtractError(
            f"{place} holds no CSV, XML or Excel (.xlsx) file. Put the SSDA903 files there, one folder per return year."
        )
    return place, tables, [path for path in files if path not in set(tables)]


def read_text(path: Path, name: str) -> tuple[list[list[str]], list[int], list[str]]:
    """The cells of a CSV file, the line on which each row ends, and notices about its encoding.

    `name` is how the file is called in messages. Raises `ExtractError` for UTF-16, binary files and unclosed quotes.
    """
    text, notices = _decoded(path.read_bytes(), name)
    lines: list[int] = []
    cells: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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


def _decoded(data: bytes, name: str) -> tuple[str, list[str]]:
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
    return text.removeprefix("ï»¿"), notices


def sayable(name: str) -> str:
    """A column's name as a message may show it: where a heading is damaged, cells of a child stand in it."""
    return name if _NAME.fullmatch(name) and not _DIGITS.search(name) else NO_NAME


def heading(row: list[str]) -> tuple[str, ...]:
    """The names of columns as they are compared: in upper case, without outer spaces."""
    return tuple(cell.replace("\xa0", " ").strip().upper() for cell in row)


def read_csv(path: Path, root: Path) -> tuple[list[Sheet], list[str]]:
    """One CSV file as a sheet of text, and notices; no sheet when it is empty.

    Raises `ExtractError` when the file cannot be read as text.
    """
    name = path.relative_to(root).as_posix()
    cells, lines, notices = read_text(path, name)
    if not cells:
        return [], [*notices, f"{name} is empty and was left out."]
    return [Sheet(name, group_of(path, root), heading(cells[0]), cells[1:], lines[1:], uneven=True)], notices


def tables_of(sheet: Sheet, keep: tuple[str, ...] = ()) -> list[TextTable]:
    """The tables that a sheet of text holds: one by its columns, or none when they are of no known table.

    A sheet that stacks several returns and says so in a column YEAR becomes a table for each year. `keep` names local
    columns to carry along; other columns that no table has are left unread.
    Raises `ExtractError` when the sheet is nearly a known table (a missing column, with the nearest name found), has
    two columns of one name, is cut off in its last row, or holds ids in scientific notation.
    """
    table = recognise(sheet.columns)
    if table is None:
        return []
    columns = list(sheet.columns)
    refuse_twice(sheet, columns)
    stacked = STACKED in columns and STACKED not in table.columns
    wanted = {*table.columns, *(column.upper() for column in keep), *([STACKED] if stacked else [])}
    kept, extra = [c for c in columns if c in wanted], tuple(c for c in columns if c and c not in wanted)
    if sheet.plain is not None:
        part = _plain_table(table, sheet, kept, extra)
    else:
        frame, lines, ragged = even(sheet)
        part = text_table(table, sheet.name, sheet.group, frame[kept], lines, ragged=ragged, extra=extra)
    return _by_year(part) if stacked else [part]


def refuse_twice(sheet: Sheet, wanted: Iterable[str]) -> None:
    """Raise `ExtractError` when two columns have the same one of the names wanted."""
    twice = sorted({name for name in wanted if name and sheet.columns.count(name) > 1})
    if twice:
        raise ExtractError(f"{sheet.name} has two columns called {sayable(twice[0])}. Remove or rename one.")


def even(sheet: Sheet) -> tuple[pd.DataFrame, np.ndarray, tuple[int, ...]]:
    """The rows as long as the heading with their lines, and the lines of the others."""
    width, rows, lines = len(sheet.columns), sheet.cells, np.array(sheet.lines, dtype=int)
    whole = np.ones(len(rows), dtype=bool)
    if sheet.uneven:
        lengths = np.fromiter((len(row) for row in rows), int, len(rows))
        whole = lengths == width
        if len(lengths) and lengths[-1] < width and whole[:-1].all():
            raise ExtractError(
                f"{sheet.name} seems cut off: its last row (row {lines[-1]}) has {lengths[-1]} of {width} cells. "
                "Export it again."
            )
        rows = [row for row, good in zip(rows, whole, strict=True) if good]
    frame = pd.DataFrame(np.array(rows, dtype=object).reshape(-1, width), columns=list(sheet.columns), dtype=object)
    return frame, lines[whole], tuple(lines[~whole].tolist())


def text_table(
    table: Table,
    name: str,
    group: tuple[str, str],
    frame: pd.DataFrame,
    lines,
    *,
    ragged: tuple[int, ...] = (),
    extra: tuple[str, ...] = (),
) -> TextTable:
    """A frame of cells as they came, made ready: spaces cut, words for "missing" blanked, TRUE and FALSE as codes.

    `lines` are the line numbers of its rows. Raises `ExtractError` for ids in scientific notation.
    """
    out, blanked = {}, 0
    for column in frame.columns:
        place, different = pd.factorize(frame[column].to_numpy(object), use_na_sentinel=False)
        ready, words = _tidied(different)
        blanked += _how_many(place, words)
        _refuse_scientific(name, column, ready)
        out[column] = _coded(table, column, ready)[place]
    return _as_part(table, name, group, out, lines, ragged, blanked, extra)


def _plain_table(table: Table, sheet: Sheet, kept: list[str], extra: tuple[str, ...]) -> TextTable:
    """What `text_table` makes, of columns that are ready already."""
    plain, out, blanked = sheet.plain, {}, 0
    for column in kept:
        n = sheet.columns.index(column)
        texts, place = plain.texts[n], plain.places[n]
        if column in IDS and "+" in "".join(texts):
            _refuse_scientific(sheet.name, column, texts[np.unique(place)])
        out[column] = _coded(table, column, texts)[place]
        blanked += _how_many(place, plain.words[n])
    return _as_part(table, sheet.name, sheet.group, out, sheet.lines, (), blanked, extra)


def _as_part(table, name, group, columns, lines, ragged, blanked, extra) -> TextTable:
    # Text stays plain objects until the tables are typed: changing its form at every step would take half the time.
    # So do the names of columns: pandas builds anew what it finds them by whenever a frame of text names gains one.
    rows = pd.DataFrame(columns, columns=pd.Index(list(columns), dtype=object), dtype=object)
    rows["_row"] = np.asarray(lines, dtype=int)
    return TextTable(table, name, group, rows, ragged, blanked, extra)


def _coded(table: Table, column: str, texts: np.ndarray) -> np.ndarray:
    """The different texts of a column, with TRUE and FALSE as codes in a column of codes."""
    return _truth_as_code(texts, table.name, column) if table.columns.get(column) == "C" else texts


def _tidied(different) -> tuple[np.ndarray, list[int]]:
    """Different cells without outer spaces, words for “missing” blanked; and the places of those words."""
    texts = [str(cell).replace("\xa0", " ").strip() for cell in different]
    words = [place for place, text in enumerate(texts) if text and text.upper() in MISSING_WORDS]
    out = np.empty(len(texts), dtype=object)
    out[:] = texts
    out[words] = ""
    return out, words


def _how_many(place: np.ndarray, words) -> int:
    """How many cells hold one of the texts whose places are given."""
    return int(np.isin(place, words).sum()) if len(words) else 0


def _truth_as_code(texts: np.ndarray, table: str, column: str) -> np.ndarray:
    """A spreadsheet's TRUE and FALSE as the codes that the column has for yes and no."""
    found = [(place, text.upper()) for place, text in enumerate(texts) if text.upper() in ("TRUE", "FALSE")]
    if not found:
        return texts
    valid = VALID.get((table, column), ("Y", "N"))
    pair = next((pair for pair in (("1", "0"), ("Y", "N"), ("YES", "NO")) if set(pair) <= set(valid)), None)
    if pair is None:
        return texts
    coded = texts.copy()
    for place, word in found:
        coded[place] = pair[word == "FALSE"]
    return coded


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


def refuse_near_miss(name: str, columns: tuple[str, ...]) -> None:
    """Raise `ExtractError` for a heading that is nearly that of a known table."""
    near = nearest(columns)
    if near is None:
        return
    table, missing = near
    lacks = ", ".join(f"{needed} (nearest: {sayable(got)})" if got else needed for needed, got in missing.items())
    raise ExtractError(
        f"{name} looks like the {table.name} table but lacks the column {lacks}. Rename or add it; "
        "the order of columns does not matter."
    )


def tidied(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Cells without outer spaces, words for “missing” blanked; and how many words were blanked."""
    blanked, out = 0, {}
    for column in frame.columns:
        place, different = pd.factorize(frame[column].to_numpy(object), use_na_sentinel=False)
        texts, words = _tidied(different)
        blanked += _how_many(place, words)
        out[column] = texts[place]
    return pd.DataFrame(out, columns=frame.columns, dtype=object), blanked


def refuse_scientific_ids(name: str, frame: pd.DataFrame) -> None:
    """Raise `ExtractError` when a column of ids holds numbers in scientific notation."""
    for column in IDS & set(frame.columns):
        _refuse_scientific(name, column, frame[column].unique())


def _refuse_scientific(name: str, column: str, values) -> None:
    if column in IDS and any("+" in text and _SCIENTIFIC.fullmatch(text) for text in values):
        raise ExtractError(
            f"{name}: the column {column} holds numbers in scientific notation (like 1.23E+11), so different ids "
            "have become one. Export it again with the column formatted as text."
        )


def group_of(path: Path, root: Path) -> tuple[str, str]:
    """The return a file belongs to: its folder, and the year in its name if there is one."""
    year = _YEAR.search(path.stem)
    folder = path.parent.relative_to(root).as_posix()
    return folder, year.group() if year else ""


def whole_return(parts: list[TextTable], name: str) -> list[TextTable]:
    """The parts of a file that is a return by itself, when neither its name nor its folder says of which year."""
    held = {part.table.name for part in parts}
    if not {"episodes", "header"} <= held or label_year(parts[0].group):
        return parts
    return [replace(part, group=(name, "")) for part in parts]


def label_year(group: tuple[str, str]) -> int | None:
    """The year that a return's file name or folder carries, read as a hint only."""
    folder, stem = group
    found = stem or next(iter(_YEAR.findall(folder)[::-1]), "")
    return int(found) if found else None
