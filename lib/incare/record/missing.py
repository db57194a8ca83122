"""Missing incidents inside care: impossible ones set aside, those left open ended with the period of care.

Source: CATALOGUE G; INPUTS section 8, validator rules 564 to 580.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.record.findings import flag, split

_ORIGIN = np.datetime64("1900-01-01", "D")


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


def incidents(rows: pd.DataFrame, care: pd.DataFrame, findings: list[pd.DataFrame]) -> pd.DataFrame:
    """Incidents with `child, kind` (M missing, A away), `start`, `end` (blank while it goes on).

    An incident that ends before it starts, or starts outside care, is set aside; one that runs past the end of care is
    ended with it.
    """
    rows = split(rows, rows["MIS_END"] < rows["MIS_START"], "567", "missing", "MIS_END", findings)
    start, end = p.days(rows["MIS_START"]), p.days(rows["MIS_END"])
    at = care_of(rows["child"].to_numpy(), start, care)
    care_end = p.days(care["end"])[at] if len(care) else np.full(len(rows), np.datetime64("NaT", "D"))
    outside = (at < 0) | (~np.isnat(care_end) & (start >= care_end))
    rows = split(rows, outside, "575", "missing", "MIS_START", findings)
    start, end, care_end = start[~outside], end[~outside], care_end[~outside]
    past = ~np.isnat(care_end) & (np.isnat(end) | (end > care_end))
    flag(rows, past, "577", "missing", "MIS_END", findings)
    end = np.where(past, care_end, end)
    return pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "kind": rows["MISSING"].to_numpy(object),
            "start": start.astype("datetime64[s]"),
            "end": end.astype("datetime64[s]"),
        }
    )
