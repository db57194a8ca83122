"""Read an extract: a folder of CSV files, XML returns and workbooks, one such file, or a database, to one record."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from incare.record import held
from incare.record.assemble import Record, assemble
from incare.record.files import (
    NO_NAME,
    Sheet,
    TextTable,
    find,
    heading,
    read_csv,
    refuse_near_miss,
    sayable,
    tables_of,
    whole_return,
)
from incare.record.plain import plain_sheets
from incare.record.tables import recognise

# As in `incare.record.database`, whose drivers are imported only when one is read.
_DATABASES = (".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3")
_KIND = re.compile(r"\.(csv|xml|xls[xm])\b", re.IGNORECASE)
# Files beside an extract that nobody takes for data.
_NO_DATA = frozenset({"", ".txt", ".md", ".ini"})


def read(
    extract: str | Path,
    *,
    area: str,
    as_at=None,
    keep: tuple[str, ...] = (),
    only: frozenset[str] | None = None,
) -> Record:
    """Read an extract: SSDA903 returns as CSV, XML or workbook, local tables beside them, Annex A lists, or a database.

    `extract` is a folder with any of these files (or the tables of the Standard Safeguarding Dataset, a file each), a
    single XML return or workbook, or a database (an address with
    `://`, or a DuckDB or SQLite file). Tables are recognised by their columns, return years by their dates. `as_at` is
    the day the extract was cut (without it the last day of the latest return, or the latest date of an Annex A list);
    rows that start later are set aside. `keep` names local header columns, `only` the tables to read when not all are
    wanted (CSV files of others are not opened beyond their heading, and findings that set no row aside, most of which
    compare tables, are not looked for).
    Raises `ExtractError` when the extract, a needed table or a needed column is missing, or a file cannot be trusted.
    Source: INPUTS sections 1, 2, 3, 7 and 9.
    """
    keep = tuple(keep)
    if (held_already := held.find(extract, area, as_at, keep, only)) is not None:
        return held_already
    if _is_database(extract):
        from incare.record.database import label, tables

        parts, notices, fingerprint = tables(str(extract), keep, as_at=as_at)
        notices = [*notices, *_left_unread(parts)]
        # The address may hold a password; its label does not.
        return _record(parts, notices, fingerprint, area=area, as_at=as_at, keep=keep, name=label(str(extract)))
    place = _place(extract)
    root, paths, others = find(place)
    wanted = [path for path in paths if _is_wanted(path, only)]
    found = _Found(plain=plain_sheets([path for path in wanted if path.suffix.lower() == ".csv"], root))
    for path in wanted:
        found.add(path, root, keep)
    found.take_standard(as_at, keep)
    as_at = found.take_lists(as_at, keep)
    notices = [*found.notices, *_ignored(others, root), *_left_unread(found.parts)]
    given = {"area": area, "as_at": as_at, "keep": keep, "name": str(place), "rules": only is None}
    # A reader of a few tables does not wait for the others to be hashed.
    return _record(found.parts, notices, _fingerprint(paths if only is None else wanted, root), **given)


def fingerprint(extract: str | Path) -> str:
    """The fingerprint that the record of an extract would have, by its files; empty for a database.

    Only reading a database tells what it holds. Raises `ExtractError` when there is no such extract.
    """
    if _is_database(extract):
        return ""
    root, paths, _ = find(_place(extract))
    return _fingerprint(paths, root)


def _record(parts, notices, fingerprint, **given) -> Record:
    record = assemble(parts, **given)
    said = (*dict.fromkeys([*notices, *_given_twice(record.reconciliation)]), *record.notices)
    return replace(record, notices=said, fingerprint=fingerprint)


@dataclass
class _Found:
    """What has been read so far: tables, lists and Standard tables that wait for the others, and notices.

    `plain` has the sheets of files that were read together.
    """

    parts: list[TextTable] = field(default_factory=list)
    lists: list[Sheet] = field(default_factory=list)
    standard: dict[str, list[Sheet]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    plain: dict[Path, Sheet] = field(default_factory=dict)

    def add(self, path: Path, root: Path, keep: tuple[str, ...]) -> None:
        """Read one file."""
        if path.suffix.lower() == ".xml":
            # Imported when needed, like the reader of workbooks: most extracts are CSV files.
            from incare.record.xml_return import read_xml

            parts, said = read_xml(path, root, keep)
        else:
            parts, said = self._of_sheets(path, root, keep)
        name = path.relative_to(root).as_posix()
        self.parts += parts if path.suffix.lower() == ".csv" or not parts else whole_return(parts, name)
        self.notices += said

    def _of_sheets(self, path: Path, root: Path, keep: tuple[str, ...]) -> tuple[list[TextTable], list[str]]:
        from incare.record import annex_a, ssd

        if path in self.plain:
            sheets, said = [self.plain[path]], []
        elif path.suffix.lower() == ".csv":
            sheets, said = read_csv(path, root)
        else:
            from incare.record.workbook import read_workbook

            sheets, said = read_workbook(path, root)
        parts = []
        for sheet in sheets:
            tables = tables_of(sheet, keep)
            parts += tables
            if tables:
                continue
            if annex_a.which(sheet.columns):
                self.lists.append(sheet)
            elif origin := ssd.recognise(sheet.columns):
                self.standard.setdefault(origin, []).append(sheet)
            else:
                refuse_near_miss(sheet.name, sheet.columns)
                annex_a.refuse_near_miss(sheet.name, sheet.columns)
                said.append(f"{sheet.name} was left out: its columns are of no table that incare reads.")
        return parts, said

    def take_lists(self, as_at, keep: tuple[str, ...]):
        """Add what the Annex A lists fill; returns the day of the cut, theirs if there are no other episodes."""
        if not self.lists:
            return as_at
        from incare.record.annex_a import lists_as_tables

        present = frozenset(part.table.name for part in self.parts)
        parts, said, day = lists_as_tables(self.lists, as_at=as_at, present=present, keep=keep)
        self.parts += parts
        self.notices += said
        return as_at if "episodes" in present else day

    def take_standard(self, as_at, keep: tuple[str, ...]) -> None:
        """Add what the tables of the Standard Safeguarding Dataset fill."""
        if not self.standard:
            return
        from incare.record.ssd import parts_of_sheets

        parts, said = parts_of_sheets(self.standard, {part.table.name for part in self.parts}, as_at=as_at, keep=keep)
        self.parts += parts
        self.notices += said


def _is_wanted(path: Path, only: frozenset[str] | None) -> bool:
    """Whether a file may hold one of the tables wanted: anything but a CSV file of another table."""
    if only is None or path.suffix.lower() != ".csv":
        return True
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        table = recognise(heading(file.readline().rstrip("\r\n").replace('"', "").split(",")))
    return table is None or table.name in only


def _is_database(extract: str | Path) -> bool:
    text = str(extract)
    return "://" in text or text.partition("?")[0].lower().endswith(_DATABASES)


def _place(extract: str | Path) -> Path:
    text = str(extract)
    if text == "sample" or text.startswith("sample:"):
        from incare import sample

        return sample.embedded(int(text.partition(":")[2] or 0))
    return Path(extract)


def _ignored(others: list[Path], root: Path) -> list[str]:
    kinds = sorted({path.suffix.lower() for path in others} - _NO_DATA)
    if not kinds:
        return []
    return [f"Files of the kinds {', '.join(kinds)} in {root.name} were left out; CSV, XML and .xlsx files are read."]


def _left_unread(parts: list[TextTable]) -> list[str]:
    said = []
    # One cell that is no name says that the heading is damaged, so the others may be cells of a child as well.
    said_of = ({sayable(column) for column in part.extra} for part in parts)
    names = sorted(set().union(*(names if NO_NAME not in names else {NO_NAME} for names in said_of)))
    if names:
        said.append(f"Columns that no table has were left unread: {', '.join(names)}.")
    blanked = sum(part.blanked for part in parts)
    if blanked:
        said.append(f"{blanked:,} cells holding a word for missing (such as NULL or N/A) were read as blank.")
    return said


def _given_twice(reconciliation: pd.DataFrame) -> list[str]:
    """A notice for each return whose episodes came in files of different kinds: probably one return given twice."""
    lines = reconciliation[reconciliation["table"] == "episodes"]
    said = []
    by_year: dict[int, list[str]] = {}
    for year, file in sorted(zip(lines["year"], lines["file"], strict=True), key=lambda line: line[0]):
        by_year.setdefault(year, []).append(file)
    for year, files in by_year.items():
        if len({kind.group(1).lower() if (kind := _KIND.search(file)) else "" for file in files}) > 1:
            said.append(
                f"The return for the year to 31 March {year} was given more than once: {'; '.join(files)}. "
                "Rows that stand in both are counted once."
            )
    return said


def _fingerprint(paths: list[Path], root: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.relative_to(root).as_posix().encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
