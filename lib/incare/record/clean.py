"""Clean episodes: short breaks out, then overlaps and gaps repaired by numbered rules.

Order: parse, de-duplicate, drop V3/V4/V1, then repair. Source: CATALOGUE 1.2, 1.3; INPUTS section 8.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import RESPITE
from incare.record.findings import Finding, flag, split
from incare.record.stack import last_day

NAT = np.datetime64("NaT", "s")


def clean_episodes(rows: pd.DataFrame, as_at: np.datetime64, findings: list[Finding]) -> pd.DataFrame:
    """Episodes of care in date order, one after another per child, with every change noted.

    `rows` is the typed episodes table. Returns the same columns, sorted by CHILD and DECOM, with ends repaired so that
    no episode overlaps the next and every continuation starts where the earlier one ended.
    """
    rows = rows.sort_values(["CHILD", "DECOM"], kind="stable")
    _flag_short_break_overlaps(rows, findings)
    _flag_reasons_without_end(rows, findings)
    rows = split(rows, rows["LS"].isin(RESPITE), "RESPITE", "episodes", "LS", findings)
    rows = split(rows, rows["DECOM"] > as_at, "S4", "episodes", "DECOM", findings)
    rows = split(rows, rows["DEC"] < rows["DECOM"], "356", "episodes", "DEC", findings)
    rows = split(rows, rows["DEC"] == rows["DECOM"], "355", "episodes", "DEC", findings)
    rows = rows.reset_index(drop=True)
    _flag_ends(rows, findings)
    return _joined(rows, findings)


def short_breaks(rows: pd.DataFrame, as_at: np.datetime64) -> pd.DataFrame:
    """Short breaks (V1, V3, V4) as spans: `child, start, end` (blank while it goes on), by child and start.

    `rows` is the typed episodes table with `child`; breaks that start after `as_at`, or end before they start, are left
    out. They are no care, but a child with one has not been in care without a break. Source: CATALOGUE 1.3 and 1.8.
    """
    respite = rows["LS"].isin(RESPITE)
    if not respite.any():
        return pd.DataFrame({"child": np.zeros(0, int), "start": np.zeros(0, NAT.dtype), "end": np.zeros(0, NAT.dtype)})
    mine = respite & (rows["DECOM"] <= as_at) & ~(rows["DEC"] < rows["DECOM"])
    rows = rows[mine].sort_values(["child", "DECOM"], kind="stable", ignore_index=True)
    return pd.DataFrame({"child": rows["child"], "start": rows["DECOM"], "end": rows["DEC"]})


def _flag_short_break_overlaps(rows: pd.DataFrame, findings: list[Finding]) -> None:
    respite = rows["LS"].isin(RESPITE)
    if not respite.any():
        return
    same = rows["CHILD"].shift(-1) == rows["CHILD"]
    overlap = same & (rows["DEC"] > rows["DECOM"].shift(-1))
    flag(rows, overlap & (respite | respite.shift(-1, fill_value=False)), "501R", "episodes", "DEC", findings)


def _flag_reasons_without_end(rows: pd.DataFrame, findings: list[Finding]) -> None:
    is_open = np.isnat(rows["DEC"].to_numpy("datetime64[s]"))
    reasons = rows["REC"].to_numpy(object)[is_open]
    for rule, begins in (("148", "E"), ("148X", "X1")):
        where = is_open.copy()
        where[is_open] = [text == begins if begins == "X1" else text.startswith(begins) for text in reasons]
        flag(rows, where, rule, "episodes", "REC", findings)


def _flag_ends(rows: pd.DataFrame, findings: list[Finding]) -> None:
    flag(rows, rows["DEC"].notna() & (rows["REC"] == ""), "148R", "episodes", "REC", findings)
    closing = last_day(rows["_year"]).astype("datetime64[s]")
    flag(rows, rows["DEC"].to_numpy("datetime64[s]") > closing, "385", "episodes", "DEC", findings)


def _joined(rows: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Repair each end against the next start of the same child (CATALOGUE 1.2 rules 5 and 6)."""
    if rows.empty:
        return rows
    ids, start = rows["CHILD"].to_numpy(object), rows["DECOM"].to_numpy("datetime64[s]")
    same = np.r_[ids[1:] == ids[:-1], False]
    next_start = np.where(same, np.r_[start[1:], NAT], NAT)
    continues = same & np.r_[rows["RNE"].to_numpy(object)[1:] != "S", False]
    end = rows["DEC"].to_numpy("datetime64[s]").copy()
    reason = rows["REC"].to_numpy(object).copy()
    overlap = same & (end > next_start)
    left_open = same & np.isnat(end)
    gap = continues & (reason == "X1") & (end < next_start)
    for where, rule in ((overlap, "501"), (left_open, "142"), (gap, "388")):
        flag(rows, where, rule, "episodes", "DEC", findings)
    moved = overlap | left_open | gap
    end[moved] = next_start[moved]
    reason[left_open & continues] = "X1"
    # A reason beside an end that stays blank is an exit that has not happened: the episode is open.
    reason[np.isnat(end)] = ""
    return rows.assign(DEC=end, REC=reason)
