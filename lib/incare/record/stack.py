"""Text tables of several returns become one typed table each: dates, numbers and codes read, copies set aside.

Source: INPUTS section 1 (reading), CATALOGUE 1.2 rules 1 to 3 (stacking).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.record import cells
from incare.record.cells import read_codes, read_dates, read_numbers
from incare.record.files import ExtractError, TextTable
from incare.record.findings import flag, split
from incare.record.tables import Table

_UNREADABLE = {cells.NOT_A_DATE: "C1", cells.MONTH_FIRST: "C1", cells.SERIAL: "C2", cells.SHORT_YEAR: "C3"}
_WHY = {
    cells.SERIAL: "they are Excel serial numbers; format the column as a date (dd/mm/yyyy) and export again",
    cells.SHORT_YEAR: "their years have two digits; export with four-digit years",
    cells.MONTH_FIRST: "they are written month first; export as dd/mm/yyyy",
    cells.NOT_A_DATE: "dates are written dd/mm/yyyy or yyyy-mm-dd",
}


def stack(table: Table, parts: list[tuple[TextTable, int]], findings: list[pd.DataFrame]) -> pd.DataFrame:
    """All parts of one table (with their closing return years, 0 for local tables) as one typed frame.

    Adds `_file`, `_row`, `_year`. Rows that cannot be used are noted in `findings` and left out.
    Raises `ExtractError` when most dates of a needed column cannot be read.
    """
    frames = []
    for part, year in parts:
        frame = part.rows.assign(_file=part.path, _year=year)
        if part.ragged:
            lost = pd.DataFrame({"_file": part.path, "_row": list(part.ragged)})
            flag(lost, np.ones(len(lost), bool), "F1", table.name, findings=findings)
        frames.append(_typed(table, frame, year, findings))
    rows = pd.concat(frames, ignore_index=True)
    rows["_file"] = rows["_file"].astype("category")
    return _one_row_per_key(table, _without_copies(table, rows, findings), findings)


def _typed(table: Table, rows: pd.DataFrame, year: int, findings: list[pd.DataFrame]) -> pd.DataFrame:
    for column in table.columns:
        if column not in rows:
            rows[column] = ""
    for column in table.filled:
        rows = split(rows, (rows[column] == "").to_numpy(), "F2", table.name, column, findings)
    for column, kind in table.columns.items():
        if kind == "D":
            rows = _dates(table, rows, column, findings)
        elif kind in "IN":
            rows[column], wrong = read_numbers(rows[column])
            flag(rows, wrong, "C8", table.name, column, findings)
        elif kind == "C":
            codes, unknown, out_of_year = read_codes(rows[column], table.name, column, year)
            rows[column] = codes
            flag(rows, unknown, "C6", table.name, column, findings)
            flag(rows, out_of_year, "C7", table.name, column, findings)
    return rows


def _dates(table: Table, rows: pd.DataFrame, column: str, findings: list[pd.DataFrame]) -> pd.DataFrame:
    read = read_dates(rows[column])
    _refuse_unreadable_column(table, rows, column, read.what)
    rows = rows.assign(**{column: read.days})
    flag(rows, read.what == cells.DUMMY, "C5", table.name, column, findings)
    drop = np.zeros(len(rows), bool)
    for what, rule in _UNREADABLE.items():
        bad = read.what == what
        if column in table.filled or column == "DEC":
            flag(rows, bad, "147" if column == "DEC" else rule, table.name, column, findings)
            drop |= bad
        else:
            flag(rows, bad, "C4", table.name, column, findings)
    if column in table.filled:
        dummy = read.what == cells.DUMMY
        flag(rows, dummy, "C1", table.name, column, findings)
        drop |= dummy
    return rows[~drop]


def _refuse_unreadable_column(table: Table, rows: pd.DataFrame, column: str, what: np.ndarray) -> None:
    bad = np.isin(what, list(_UNREADABLE))
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
        f"{rows['_file'].iloc[0]}: {rows_bad.sum()} of {filled.sum()} dates in the column {column} cannot be read "
        f"(first in row {first}): {_WHY[main]}."
    )


def _without_copies(table: Table, rows: pd.DataFrame, findings: list[pd.DataFrame]) -> pd.DataFrame:
    content = [c for c in rows.columns if c not in ("_file", "_row")]
    return split(rows, rows.duplicated(content).to_numpy(), "S1", table.name, findings=findings)


def _one_row_per_key(table: Table, rows: pd.DataFrame, findings: list[pd.DataFrame]) -> pd.DataFrame:
    """The latest return's row of each key; within one return the row with the end date, then the fullest.

    Source: CATALOGUE 1.2 rule 3 (VAL 1001).
    """
    key = [*table.key, "_year"] if table.yearly else list(table.key)
    ended = rows["DEC"].notna() if "DEC" in table.columns else pd.Series(False, index=rows.index)
    blanks = sum(
        (rows[c].isna() | (rows[c] == "")) if rows[c].dtype == object or str(rows[c].dtype) == "str" else rows[c].isna()
        for c in table.columns
    )
    order = pd.DataFrame({"year": -rows["_year"], "open": ~ended, "blanks": blanks, "late": -np.arange(len(rows))})
    ranked = rows.iloc[np.lexsort([order["late"], order["blanks"], order["open"], order["year"]])]
    extra = ranked.duplicated(key).to_numpy()
    best = ranked[~extra].set_index(key, drop=False)["_year"] if extra.any() else None
    if best is not None:
        copies = ranked[extra]
        kept_year = best.reindex(pd.MultiIndex.from_frame(copies[key]) if len(key) > 1 else copies[key[0]]).to_numpy()
        older = kept_year > copies["_year"].to_numpy()
        split(copies[older], np.ones(older.sum(), bool), "S2", table.name, findings=findings)
        split(copies[~older], np.ones((~older).sum(), bool), "S3", table.name, findings=findings)
    return ranked[~extra].sort_index().reset_index(drop=True)
