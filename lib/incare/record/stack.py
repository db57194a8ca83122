"""Text tables of several returns become one typed table each: dates, numbers and codes read, copies set aside.

Source: INPUTS section 1 (reading), CATALOGUE 1.2 rules 1 to 3 (stacking).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import VALID
from incare.record import cells
from incare.record.cells import read_codes, read_dates, read_numbers
from incare.record.files import ExtractError, TextTable
from incare.record.findings import Finding, flag, split
from incare.record.rules import BLANKS, CODES, ONCE, UNREADABLE
from incare.record.tables import Table

_WHY = {
    cells.SERIAL: "they are Excel serial numbers; format the column as a date (dd/mm/yyyy) and export again",
    cells.SHORT_YEAR: "their years have two digits; export with four-digit years",
    cells.MONTH_FIRST: "they are written month first; export as dd/mm/yyyy",
    cells.NOT_A_DATE: "dates are written dd/mm/yyyy or yyyy-mm-dd",
}
_CANNOT = tuple(_WHY)


def last_day(years) -> np.ndarray:
    """The last day of the returns that close in the years given: 31 March."""
    years = np.asarray(years, dtype=np.int64)
    return ((years - 1970) * 12 + 3).astype("datetime64[M]").astype("datetime64[D]") - 1


def stack(
    table: Table,
    parts: list[tuple[TextTable, int]],
    findings: list[Finding],
    earlier: dict[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """All parts of one table (with their closing return years, 0 for local tables) as one typed frame.

    Adds `_file`, `_row`, `_year`. Rows that cannot be used are noted in `findings` and left out; copies that a later
    return states again are also put into `earlier` under the table's name, for comparison.
    Raises `ExtractError` when most dates of a needed column cannot be read.
    """
    for part, _ in parts:
        if part.ragged:
            lost = pd.DataFrame({"_file": part.path, "_row": list(part.ragged)})
            flag(lost, np.ones(len(lost), bool), "F1", table.name, findings=findings)
    rows = _typed(table, _together(table, parts), findings).infer_objects().reset_index(drop=True)
    rows.columns = rows.columns.astype("str")
    return _one_row_per_key(table, rows, findings, {} if earlier is None else earlier)


def _together(table: Table, parts: list[tuple[TextTable, int]]) -> pd.DataFrame:
    """The parts under one another, every column of the table there; a column that a file lacks is blank."""
    columns = dict.fromkeys([*table.columns, *(c for part, _ in parts for c in part.rows.columns if c != "_row")])
    sizes = [len(part.rows) for part, _ in parts]

    def cell(column: str) -> np.ndarray:
        filled = [
            part.rows[column].to_numpy(object) if column in part.rows else np.full(size, "", object)
            for (part, _), size in zip(parts, sizes, strict=True)
        ]
        return np.concatenate(filled)

    # The names of columns stay plain objects until the table is typed: as text they are looked up far more slowly.
    names = pd.Index(list(columns), dtype=object)
    frame = pd.DataFrame({column: cell(column) for column in columns}, columns=names, dtype=object)
    frame["_row"] = np.concatenate([part.rows["_row"].to_numpy(int) for part, _ in parts])
    paths = list(dict.fromkeys(part.path for part, _ in parts))
    place = np.repeat([paths.index(part.path) for part, _ in parts], sizes)
    frame["_file"] = pd.Categorical.from_codes(place, categories=paths)
    frame["_year"] = np.repeat([year for _, year in parts], sizes)
    return frame


def _typed(table: Table, rows: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    for column in table.filled:
        rule = BLANKS.get((table.name, column), "F2")
        rows = split(rows, (rows[column] == "").to_numpy(), rule, table.name, column, findings)
    # Dates first: whether an old code may stand depends on when the row began.
    for column in table.dates:
        rows = _dates(table, rows, column, findings)
    for column, kind in table.columns.items():
        if kind in "IN":
            rows[column], wrong = read_numbers(rows[column])
            flag(rows, wrong, "C8", table.name, column, findings)
        elif kind == "C" or (table.name, column) in VALID:
            rows = _codes(table, rows, column, findings)
    return rows


def _codes(table: Table, rows: pd.DataFrame, column: str, findings: list[Finding]) -> pd.DataFrame:
    read = read_codes(rows[column], table.name, column, rows["_year"].to_numpy())
    flag(rows, read.unknown, CODES.get((table.name, column), "C6"), table.name, column, findings)
    flag(rows, read.labelled, "C9", table.name, column, findings)
    out_of_year = read.out_of_year
    if table.name == "episodes" and out_of_year.any():
        out_of_year = out_of_year & ~_closed_history(rows)
    flag(rows, out_of_year, "C7", table.name, column, findings)
    rows[column] = read.codes
    return rows


def _closed_history(rows: pd.DataFrame) -> np.ndarray:
    """Episodes that began before their return's year and have ended: they keep the code of the year they began in."""
    began = rows["DECOM"].to_numpy("datetime64[D]") <= last_day(rows["_year"].to_numpy() - 1)
    return began & rows["DEC"].notna().to_numpy()


def _dates(table: Table, rows: pd.DataFrame, column: str, findings: list[Finding]) -> pd.DataFrame:
    read = read_dates(rows[column])
    _refuse_unreadable_column(rows, column, read.what)
    rows[column] = read.days
    needed = column in table.filled
    drop = np.zeros(len(rows), bool)
    dummy = read.what == cells.DUMMY
    flag(rows, dummy, "C5", table.name, column, findings)
    if needed or column == "DEC":
        rules = UNREADABLE.get((table.name, column), UNREADABLE["", ""])
        for what, rule in zip((cells.NOT_A_DATE, cells.SERIAL, cells.SHORT_YEAR), rules, strict=True):
            bad = read.what == what
            if what == cells.NOT_A_DATE:
                bad |= (read.what == cells.MONTH_FIRST) | (dummy & needed)
            flag(rows, bad, rule, table.name, column, findings)
            drop |= bad
    else:
        flag(rows, np.isin(read.what, _CANNOT), "C4", table.name, column, findings)
    return rows[~drop] if drop.any() else rows


def _refuse_unreadable_column(rows: pd.DataFrame, column: str, what: np.ndarray) -> None:
    """Refuse a file in whose column most dates cannot be read, or some can only be month first."""
    bad = np.isin(what, _CANNOT)
    if not bad.any():
        return
    files = rows["_file"].array
    for place in np.unique(files.codes[bad]):
        mine = files.codes == place
        _refuse_unreadable_part(str(files.categories[place]), rows[mine], column, what[mine])


def _refuse_unreadable_part(file: str, rows: pd.DataFrame, column: str, what: np.ndarray) -> None:
    bad = np.isin(what, _CANNOT)
    filled = what != cells.BLANK
    # One date that can only be month-first, in a column where none can only be day-first, damns the whole column.
    text = rows[column]
    swapped = what == cells.MONTH_FIRST
    if swapped.any() and not text[what == cells.DATE].str.extract(r"^(\d{1,2})/")[0].astype(float).gt(12).any():
        main, rows_bad = cells.MONTH_FIRST, swapped
    elif bad.sum() > max(filled.sum() / 2, 2):
        main, rows_bad = int(np.bincount(what[bad]).argmax()), bad
    else:
        return
    first = rows.loc[rows_bad, "_row"].iloc[0]
    raise ExtractError(
        f"{file}: {rows_bad.sum()} of {filled.sum()} dates in the column {column} cannot be read "
        f"(first in row {first}): {_WHY[main]}."
    )


def _one_row_per_key(
    table: Table, rows: pd.DataFrame, findings: list[Finding], earlier: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """The latest return's row of each key; within one return the row with the end date, then the fullest.

    Source: CATALOGUE 1.2 rule 3 (VAL 1001).
    """
    key = _numbers(rows, [*table.key, "_year"] if table.yearly else list(table.key))
    if len(pd.unique(key)) == len(key):
        return rows
    several = pd.Series(key).duplicated(keep=False).to_numpy()
    content = [c for c in rows.columns if c not in ("_file", "_row")]
    copy = np.zeros(len(rows), bool)
    copy[several] = rows[several].duplicated(content).to_numpy()
    split(rows, copy, "S1", table.name, findings=findings)
    number = np.flatnonzero(several & ~copy)
    rivals = rows.iloc[number]
    order = _best_first(table, rivals, key[number])
    ranked, year = number[order], rivals["_year"].to_numpy()[order]
    first = np.r_[True, key[ranked][1:] != key[ranked][:-1]]
    kept_year = year[np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))]
    older, same = ~first & (kept_year > year), ~first & (kept_year == year)
    earlier[table.name] = rows.iloc[ranked[older]]
    split(rows.iloc[ranked[older]], np.ones(older.sum(), bool), "S2", table.name, findings=findings)
    split(rows.iloc[ranked[same]], np.ones(same.sum(), bool), ONCE.get(table.name, "S3"), table.name, findings=findings)
    out = copy
    out[ranked[~first]] = True
    return rows[~out].reset_index(drop=True)


def _numbers(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """One number per distinct combination of the columns' values; blanks equal blanks."""
    combined = None
    for column in columns:
        codes, values = pd.factorize(rows[column], use_na_sentinel=False)
        combined = codes if combined is None else pd.factorize(combined * (len(values) + 1) + codes)[0]
    return combined


def _best_first(table: Table, rows: pd.DataFrame, key: np.ndarray) -> np.ndarray:
    """The order in which the row to keep stands first in its key: latest return, ended, fullest, last in its file."""
    ended = rows["DEC"].notna().to_numpy() if "DEC" in table.columns else np.zeros(len(rows), bool)
    blanks = np.zeros(len(rows), dtype=int)
    for column in table.columns:
        blanks += (
            (rows[column].isna() | (rows[column] == "")).to_numpy()
            if _is_text(rows[column])
            else rows[column].isna().to_numpy()
        )
    return np.lexsort([-np.arange(len(rows)), blanks, ~ended, -rows["_year"].to_numpy(), key])


def _is_text(column: pd.Series) -> bool:
    return column.dtype == object or str(column.dtype) == "str"
