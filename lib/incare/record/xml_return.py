"""The SSDA903 return as XML: read as a stream into the tables that the same return has as CSV files.

Every element is placed by the names of the items in it, not by its own: `DECOM` belongs to an episode, `REVIEW` to a
review, `ACCOM` to the care-leaver table, wherever they stand. Source: INPUTS sections 1 and 2.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

import numpy as np
import pandas as pd
from defusedxml import DefusedXmlException, sax

from incare.record.files import ExtractError, TextTable, group_of, text_table
from incare.record.tables import SSDA903, TABLES

# Items whose names in XML differ from those of the CSV columns.
_ALSO_CALLED = {"CHILDID": "CHILD", "PL": "PLACE"}
_OF_THE_CHILD = ("CHILD", "SEX", "DOB")
_UASC_FLAGS = ("UASC", "UASC_STATUS")
_YES = frozenset({"1", "Y", "YES", "TRUE"})
# Needed columns that a whole return may be without, because the item is left out where it is blank.
_MAY_BE_ABSENT = frozenset(
    {"DEC", "REC", "DUC", "MIS_END", "DATE_PLACED_CEASED", "SDQ_SCORE", "CONVICTED", "HEALTH_ASSESSMENT"}
)
# What the parser calls a document that ends too early.
_ENDS_EARLY = frozenset({3, 5, 6, 20})


def _owners() -> dict[str, str]:
    """The table of each column that only one SSDA903 table has."""
    seen = Counter(column for name in SSDA903 for column in TABLES[name].columns)
    return {c: name for name in SSDA903 for c in TABLES[name].columns if seen[c] == 1 and c not in _OF_THE_CHILD}


def read_xml(path: Path, root: Path, keep: tuple[str, ...] = ()) -> tuple[list[TextTable], list[str]]:
    """The tables of one XML return, and notices; no table when the file is XML of something else.

    Rows are numbered by the line on which their element begins; where a file is not broken into lines, by the number of
    the element. `keep` names local items of the header to carry along. Nothing outside the file is opened, and memory
    grows with the text of the return alone.
    Raises `ExtractError` when the file is cut off or malformed, declares a document type or entities, or lacks an item
    of which every row needs one.
    """
    name = path.relative_to(root).as_posix()
    if path.stat().st_size == 0:
        return [], [f"{name} is empty and was left out."]
    found = _Return({column.upper() for column in keep})
    try:
        with path.open("rb") as file:
            sax.parse(file, found, forbid_dtd=True)
    except SAXParseException as problem:
        raise ExtractError(_malformed(name, problem)) from None
    except DefusedXmlException:
        raise ExtractError(
            f"{name} declares a document type or entities, which a return never does and which can be used to do harm. "
            "It was not read; export it again."
        ) from None
    if not found.rows:
        return [], [f"{name} was left out: it holds no child of an SSDA903 return."]
    _refuse_missing_items(name, found)
    by_line = all(len(set(lines)) == len(lines) for lines in found.lines.values())
    group = group_of(path, root)
    parts = [_part(found, table, name, group, by_line) for table in SSDA903 if table in found.rows]
    said = [] if by_line else [f"{name} is not broken into lines, so its rows are numbered by element."]
    return parts, said


def _malformed(name: str, problem: SAXParseException) -> str:
    code = getattr(problem.getException(), "code", None)
    line = problem.getLineNumber()
    if code in _ENDS_EARLY:
        return f"{name} is cut off: it ends in line {line} before all elements are closed. Export it again."
    return f"{name}, line {line}: this is not well-formed XML. Export it again, or ask the supplier of the system."


def _refuse_missing_items(name: str, found: _Return) -> None:
    for table, rows in found.rows.items():
        for column in TABLES[table].must:
            of_the_child = column in _OF_THE_CHILD and table != "header"
            if column in _MAY_BE_ABSENT or of_the_child or any(rows[column]):
                continue
            near = difflib.get_close_matches(column, sorted(found.unread), 1, 0.5)
            hint = f" (nearest: {near[0]})" if near else ""
            raise ExtractError(f"{name} looks like an SSDA903 return, but no row of {table} has {column}{hint}.")


def _part(found: _Return, table: str, name: str, group: tuple[str, str], by_line: bool) -> TextTable:
    columns, lines = found.rows[table], np.array(found.lines[table], dtype=int)
    number = lines if by_line else np.arange(1, len(lines) + 1)
    doubled = np.zeros(len(lines), dtype=bool)
    doubled[found.doubled[table]] = True
    filled = {c: cells for c, cells in columns.items() if c in _OF_THE_CHILD or any(cells)}
    return text_table(
        TABLES[table],
        f"{name}, {table} by {'line' if by_line else 'element'}",
        group,
        pd.DataFrame({c: np.array(cells, dtype=object)[~doubled] for c, cells in filled.items()}),
        number[~doubled],
        ragged=tuple(number[doubled].tolist()),
        extra=tuple(sorted(found.unread)) if table == "header" else (),
    )


class _Return(ContentHandler):
    """Rows gathered while the file is read: `rows` and `lines` by table, `doubled` the places of rows to set aside.

    An element with items in it becomes a row of each table that the items belong to. The child's own items (id, sex,
    date of birth) are known for sure only when the child's element closes; its rows wait until then.
    """

    def __init__(self, keep: set[str]):
        super().__init__()
        # A local name that a table has already stays with that table.
        keep = keep - set(_OF_THE_CHILD) - set(_owners())
        self.owner = _owners() | dict.fromkeys(keep, "header")
        self.columns = {name: tuple(TABLES[name].columns) for name in SSDA903}
        self.columns["header"] += tuple(sorted(keep))
        self.rows: dict[str, dict[str, list[str]]] = {}
        self.lines: dict[str, list[int]] = defaultdict(list)
        self.doubled: dict[str, list[int]] = defaultdict(list)
        self.unread: set[str] = set()
        # Open elements: name, line, and its items as (name, text), or None while it has none.
        self.open: list[list] = []
        self.text: list[str] = []
        self.waiting: list[tuple[str, int, dict[str, str], bool]] = []
        self.child: dict[str, str] = {}
        # The same dates, codes and ids stand in many rows; each text is kept once.
        self.known: dict[str, str] = {}

    def startElement(self, name, attrs):  # noqa: N802
        if self.open and self.open[-1][2] is None:
            self.open[-1][2] = []
        self.open.append([name, self._locator.getLineNumber(), None])
        self.text.clear()

    def characters(self, content):
        self.text.append(content)

    def endElement(self, name):  # noqa: N802
        name, line, items = self.open.pop()
        name = name.rpartition(":")[2].upper()
        if items is not None:
            self._element(line, items)
            if name == "CHILD":
                self._close_child()
        elif self.open:
            text = "".join(self.text).strip()
            self.open[-1][2].append((_ALSO_CALLED.get(name, name), self.known.setdefault(text, text)))

    def _element(self, line: int, items: list[tuple[str, str]]) -> None:
        """Place the items of one element in the rows they belong to."""
        main = any(column == "CHILD" or self.owner.get(column) == "header" for column, _ in items)
        values: dict[str, dict[str, str]] = {"header": {}} if main else {}
        # In the child's own element, blank items of another table say that the child has no row there.
        certain, twice = {"header"} if main else set(TABLES), set()
        for column, text in items:
            if column in _UASC_FLAGS:
                if text.upper() in _YES:
                    values.setdefault("uasc", {})
                    certain.add("uasc")
                continue
            table = "header" if main and column in _OF_THE_CHILD else self.owner.get(column)
            if table is not None:
                cells = values.setdefault(table, {})
                if column in cells:
                    twice.add(table)
                cells[column] = text
            elif column in _OF_THE_CHILD:
                self.child.setdefault(column, text)
            else:
                self.unread.add(column)
        for table, cells in values.items():
            if table in certain or any(cells.values()):
                self.waiting.append((table, line, cells, table in twice))
        if main:
            self.child |= {column: values["header"].get(column, "") for column in _OF_THE_CHILD}

    def _close_child(self) -> None:
        for table, line, cells, twice in self.waiting:
            rows = self.rows.setdefault(table, {column: [] for column in self.columns[table]})
            for column, filled in rows.items():
                filled.append(cells.get(column) or (self.child.get(column, "") if column in _OF_THE_CHILD else ""))
            if twice:
                self.doubled[table].append(len(self.lines[table]))
            self.lines[table].append(line)
        self.waiting.clear()
        self.child.clear()
