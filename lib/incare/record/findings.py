"""The issues table: every row set aside, repaired or flagged, with rule, file, row and column.

Source: INPUTS section 9 (never drop silently).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incare.record.rules import RULES, SET_ASIDE

COLUMNS = ["rule", "table", "file", "row", "column", "action", "reason"]


@dataclass(frozen=True, eq=False)
class Finding:
    """The rows of one table that one rule touched: where each stands, and whose it is.

    `ids` never leave the record: `collect` leaves them out, `whose` turns them into numbers.
    """

    rule: str
    table: str
    column: str
    files: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    ids: np.ndarray = field(repr=False)


def note(rule: str, table: str, rows: pd.DataFrame, where: np.ndarray, column: str = "") -> Finding:
    """Which rule touched which line of which file: the rows where `where` is true.

    `rows` carries `_file` and `_row`, and CHILD where a row is of a child.
    """
    files = rows["_file"].array[where]
    if isinstance(files, pd.Categorical):
        files = files.categories.to_numpy(object)[files.codes]
    lines = rows["_row"].to_numpy(int)[where]
    ids = rows["CHILD"].array[where].to_numpy(object) if "CHILD" in rows else np.full(len(lines), "", object)
    return Finding(rule, table, column, np.asarray(files, dtype=object), lines, ids)


def collect(findings: list[Finding]) -> pd.DataFrame:
    """All findings as one table, a line per row and rule in the order of the work, without any value of a row."""
    if not findings:
        return pd.DataFrame(columns=COLUMNS)
    sizes = [len(found.rows) for found in findings]

    def spread(values: list[str]) -> np.ndarray:
        return np.repeat(np.array(values, dtype=object), sizes)

    return pd.DataFrame(
        {
            "rule": spread([found.rule for found in findings]),
            "table": spread([found.table for found in findings]),
            "file": np.concatenate([found.files for found in findings]),
            "row": np.concatenate([found.rows for found in findings]),
            "column": spread([found.column for found in findings]),
            "action": spread([RULES[found.rule].action for found in findings]),
            "reason": spread([RULES[found.rule].reason for found in findings]),
        },
        columns=COLUMNS,
    )


def whose(findings: list[Finding], ids: pd.Index) -> np.ndarray:
    """The number of the person behind each line of `collect`; -1 where a row is of no person or has no id."""
    if not findings:
        return np.zeros(0, dtype=int)
    return ids.get_indexer(np.concatenate([found.ids for found in findings]))


def split(
    rows: pd.DataFrame, out: np.ndarray, rule: str, table: str, column: str = "", findings: list[Finding] | None = None
) -> pd.DataFrame:
    """The rows that stay; those where `out` is true are noted in `findings` under the rule."""
    out = np.asarray(out, dtype=bool)
    if out.any():
        findings.append(note(rule, table, rows, out, column))
        rows = rows[~out]
    return rows


def flag(
    rows: pd.DataFrame,
    where: np.ndarray,
    rule: str,
    table: str,
    column: str = "",
    findings: list[Finding] | None = None,
) -> None:
    """Note the rows where `where` is true; they stay in use."""
    where = np.asarray(where, dtype=bool)
    if where.any():
        findings.append(note(rule, table, rows, where, column))


def reconcile(rows_in: pd.DataFrame, issues: pd.DataFrame) -> pd.DataFrame:
    """Rows in = rows used + rows set aside, a line per table and file.

    `rows_in` has columns table, file, year, rows_in. Returns table, file, year, rows_in, used, set_aside.
    """
    gone = (issues["action"] == SET_ASIDE).to_numpy(bool)
    tables, files = (issues[column].to_numpy(object)[gone] for column in ("table", "file"))
    aside = Counter(zip(tables, files, strict=True))
    lines = list(zip(rows_in["table"], rows_in["file"], strict=True))
    if len(set(lines)) != len(lines):
        raise ValueError("A file has two lines for one table, so that its rows would be counted twice.")
    left_out = np.array([aside[line] for line in lines], dtype=int)
    used = rows_in["rows_in"].to_numpy() - left_out
    return rows_in[["table", "file", "year", "rows_in"]].assign(used=used, set_aside=left_out)
