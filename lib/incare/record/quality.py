"""How fit an extract is to report: rows in, used and set aside, by table, by rule and by return.

Restricted: these are true row counts; a page shows them through `incare.disclosure.protect_rows`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.periods import Quarter
from incare.record.assemble import Record


@dataclass(frozen=True)
class Facts:
    """What the head of a data check says: the quarter, the day of the cut, what is covered, whether rows add up."""

    quarter: str
    ends: np.datetime64
    as_at: np.datetime64
    reaches: np.datetime64
    covers: tuple[np.datetime64, np.datetime64]
    adds_up: bool
    notices: tuple[str, ...]

    @property
    def lag_days(self) -> int | None:
        """Days from the latest record to the day of the cut; None when nothing is dated."""
        return None if np.isnat(self.reaches) else int((self.as_at - self.reaches).astype(int))

    @property
    def reaches_the_quarter(self) -> bool:
        """Whether the returns cover the quarter's last day."""
        return bool(self.covers[0] <= self.ends <= self.covers[1])


def facts(record: Record, quarter: str) -> Facts:
    """The facts of a record for one quarter."""
    lines = record.reconciliation
    return Facts(
        quarter=quarter,
        ends=np.datetime64(Quarter.parse(quarter).end, "D"),
        as_at=record.as_at,
        reaches=record.reaches,
        covers=record.covers,
        adds_up=bool((lines["rows_in"] == lines["used"] + lines["set_aside"]).all() and (lines["used"] >= 0).all()),
        notices=record.notices,
    )


def by_table(record: Record) -> pd.DataFrame:
    """The reconciliation added up over files: table, rows_in, used, set_aside; returns first, then local tables."""
    columns = ["rows_in", "used", "set_aside"]
    lines = record.reconciliation.assign(local=record.reconciliation["year"] == 0).sort_values("local", kind="stable")
    return lines.groupby("table", sort=False)[columns].sum().reset_index()


def by_rule(record: Record, action: str = "") -> pd.DataFrame:
    """The issues counted: table, rule, reason, rows, most rows first; only those of one action when it is named."""
    issues = record.issues
    issues = issues[issues["action"] == action] if action else issues
    keys = ["table", "rule", "reason"] if action else ["action", "table", "rule", "reason"]
    counted = issues.groupby(keys, sort=False).size().rename("rows").reset_index()
    return counted.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def by_return(record: Record) -> pd.DataFrame:
    """Rows read by return: the year to 31 March, then a column for each SSDA903 table."""
    lines = record.reconciliation[record.reconciliation["year"] > 0]
    counted = lines.groupby(["year", "table"], sort=False)["rows_in"].sum().unstack(fill_value=0).sort_index()
    counted.insert(0, "year_to_31_march", counted.index.astype(str))
    return counted.reset_index(drop=True)
