"""Missing incidents inside care: impossible ones set aside, open ones ended with care, overlapping ones joined.

Source: CATALOGUE G; INPUTS section 8, validator rules 564 to 581.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record.findings import Finding, flag, split

_ORIGIN = np.datetime64("1900-01-01", "D")
_FAR = np.datetime64("2999-12-31", "D")
NAT_DAY = np.datetime64("NaT", "D")


def care_of(child: np.ndarray, on: np.ndarray, care: pd.DataFrame) -> np.ndarray:
    """The position of the child's latest period of care that started on or before a day; -1 when there is none.

    `care` is sorted by child and start.
    """
    if not len(care):
        return np.full(len(child), -1)
    owner = care["child"].to_numpy()
    key = owner * 100_000 + (p.days(care["start"]) - _ORIGIN).astype(int)
    found = np.searchsorted(key, child * 100_000 + (on - _ORIGIN).astype(int), side="right") - 1
    return np.where((found >= 0) & (owner[np.maximum(found, 0)] == child), found, -1)


def incidents(rows: pd.DataFrame, care: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Incidents as stated, a line per row used: `child, kind` (M missing, A away), `start`, `end`, `incident`.

    `end` is blank while it goes on; an incident that starts and ends on one day is one. An incident that ends before it
    starts, or starts outside care, is set aside; one that runs past the end of care is ended with it. Rows of one child
    and kind that overlap carry the same number `incident` (rule 574); `merged` makes one line of them.
    """
    rows = split(rows, rows["MIS_END"] < rows["MIS_START"], "567", "missing", "MIS_END", findings)
    start, end = p.days(rows["MIS_START"]), p.days(rows["MIS_END"])
    at = care_of(rows["child"].to_numpy(), start, care)
    care_end = p.days(care["end"])[at] if len(care) else np.full(len(rows), NAT_DAY)
    before, after = at < 0, (at >= 0) & ~np.isnat(care_end) & (start >= care_end)
    inside = ~before & ~after
    split(rows, before, "581", "missing", "MIS_START", findings)
    split(rows, after, "578", "missing", "MIS_START", findings)
    rows = rows[inside].reset_index(drop=True)
    start, end, at, care_end = start[inside], end[inside], at[inside], care_end[inside]
    past = ~np.isnat(care_end) & (np.isnat(end) | (end > care_end))
    flag(rows, past, "577", "missing", "MIS_END", findings)
    if len(care):
        at_the_end = ~np.isnat(care_end) & (np.isnat(end) | (end >= care_end)) & (rows["MISSING"] == "M").to_numpy()
        flag(rows, at_the_end & (care["reason"] != "E8").to_numpy()[at], "580", "missing", "MIS_END", findings)
    out = pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "kind": rows["MISSING"].to_numpy(object),
            "start": start.astype("datetime64[s]"),
            "end": np.where(past, care_end, end).astype("datetime64[s]"),
        }
    )
    out["incident"], joins = _numbers(out, 0)
    flag(rows, joins, "574", "missing", "MIS_START", findings)
    return out


def _numbers(rows: pd.DataFrame, gap_days: int) -> tuple[np.ndarray, np.ndarray]:
    """The incident that each row belongs to, and which rows join an earlier row's.

    A row joins when it starts before the latest end so far of the same child and kind; with `gap_days` n, no more than
    n-1 days after it (1 joins incidents that touch).
    """
    order = np.lexsort([p.days(rows["end"]), p.days(rows["start"]), pd.factorize(rows["kind"])[0], rows["child"]])
    taken = rows.iloc[order]
    start = (p.days(taken["start"]) - _ORIGIN).astype(int)
    until = p.days(taken["end"])
    until = (np.where(np.isnat(until), _FAR, until) - _ORIGIN).astype(int)
    group = np.cumsum(_changes(taken["child"].to_numpy()) | _changes(taken["kind"].to_numpy(object)))
    # One running maximum serves all groups: each lives in a range of its own.
    lift = group * 1_000_000
    latest = np.maximum.accumulate(until + lift) - lift if len(until) else until
    joins = np.r_[False, (start[1:] < latest[:-1] + gap_days) & (group[1:] == group[:-1])] if len(start) else start > 0
    number, joined = np.empty(len(rows), int), np.zeros(len(rows), bool)
    number[order], joined[order] = np.cumsum(~joins) - 1, joins
    return number, joined


def _changes(values: np.ndarray) -> np.ndarray:
    return np.r_[True, values[1:] != values[:-1]] if len(values) else np.zeros(0, bool)


def merged(rows: pd.DataFrame, gap_days: int = 0) -> pd.DataFrame:
    """One line per incident: overlapping rows of one child and kind joined, `child, kind, start, end`.

    `rows` has `child, kind, start, end` (blank while it goes on). By default only true overlaps are joined: an incident
    that starts on the day another ends is another. With `gap_days=1` those that touch are joined too, with more those
    that lie up to `gap_days` - 1 days apart. An open incident takes in the later ones.
    Source: CATALOGUE G (`missing_incidents_count`), validator rule 574.
    """
    number, _ = _numbers(rows, gap_days)
    lines = rows.assign(number=number, end=rows["end"].fillna(pd.Timestamp(_FAR)))
    by = lines.groupby("number", sort=True)
    out = by[["child", "kind"]].first()
    out["start"], end = by["start"].min(), by["end"].max()
    out["end"] = end.mask(end == pd.Timestamp(_FAR))
    return out.astype({"start": "datetime64[s]", "end": "datetime64[s]"}).reset_index(drop=True)
