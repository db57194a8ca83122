"""The issues table: every row set aside, repaired or flagged, with rule, file, row and column.

Source: INPUTS section 9 (never drop silently).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.record.rules import RULES, SET_ASIDE

COLUMNS = ["rule", "table", "file", "row", "column", "action", "reason"]
PLACE = ["_file", "_row"]


def note(rule: str, table: str, rows: pd.DataFrame, column: str = "") -> pd.DataFrame:
    """One finding per row: which rule touched which line of which file.

    `rows` carries `_file` and `_row`; no value of the row itself is copied.
    """
    facts = RULES[rule]
    return pd.DataFrame(
        {
            "rule": rule,
            "table": table,
            "file": rows["_file"].astype(str).to_numpy(),
            "row": rows["_row"].to_numpy(int),
            "column": column,
            "action": facts.action,
            "reason": facts.reason,
        },
        columns=COLUMNS,
    )


def collect(findings: list[pd.DataFrame]) -> pd.DataFrame:
    """All findings as one table, in the order of the rules' work."""
    filled = [found for found in findings if len(found)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=COLUMNS)


def split(rows: pd.DataFrame, out: np.ndarray, rule: str, table: str, column: str = "", findings=None) -> pd.DataFrame:
    """The rows that stay; those where `out` is true are noted in `findings` under the rule."""
    out = np.asarray(out, dtype=bool)
    if out.any():
        findings.append(note(rule, table, rows[out], column))
        rows = rows[~out]
    return rows


def flag(rows: pd.DataFrame, where: np.ndarray, rule: str, table: str, column: str = "", findings=None) -> None:
    """Note the rows where `where` is true; they stay in use."""
    where = np.asarray(where, dtype=bool)
    if where.any():
        findings.append(note(rule, table, rows[where], column))


def reconcile(rows_in: pd.DataFrame, issues: pd.DataFrame) -> pd.DataFrame:
    """Rows in = rows used + rows set aside, a line per table and file.

    `rows_in` has columns table, file, year, rows_in. Returns table, file, year, rows_in, used, set_aside.
    """
    aside = issues[issues["action"] == SET_ASIDE].groupby(["table", "file"]).size().rename("set_aside")
    out = rows_in.merge(aside.reset_index(), on=["table", "file"], how="left", validate="one_to_one")
    out["set_aside"] = out["set_aside"].fillna(0).astype(int)
    out["used"] = out["rows_in"] - out["set_aside"]
    return out[["table", "file", "year", "rows_in", "used", "set_aside"]]
