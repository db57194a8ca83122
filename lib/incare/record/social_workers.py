"""Social workers of a child one after another: open and overlapping episodes end where the next starts.

Source: INPUTS section 8 (SW02 to SW17: tolerate seven days, cut at the next start); CATALOGUE K (`sw_three_plus_pct`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.record.findings import Finding, flag

TOLERANCE = np.timedelta64(7, "D")


def one_after_another(rows: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """The typed SWEpisodes table with SW_DEC repaired against the child's next SW_DECOM; rows keep their order.

    A worker left open with a later one ends where that starts (SW08); so does one that overlaps it by more than seven
    days (SW10). A shorter overlap is a handover and stays.
    """
    order = np.lexsort([rows["SW_DEC"], rows["SW_DECOM"], rows["child"]])
    taken = rows.iloc[order]
    child, start = taken["child"].to_numpy(), taken["SW_DECOM"].to_numpy("datetime64[s]")
    end = taken["SW_DEC"].to_numpy("datetime64[s]").copy()
    following = np.full(len(taken), np.datetime64("NaT", "s"))
    if len(taken):
        following[:-1] = np.where(child[1:] == child[:-1], start[1:], following[:-1])
    left_open = np.isnat(end) & ~np.isnat(following)
    overlap = end > following + TOLERANCE
    flag(taken, left_open, "SW08", "sw_episodes", "SW_DEC", findings)
    flag(taken, overlap, "SW10", "sw_episodes", "SW_DEC", findings)
    end[left_open | overlap] = following[left_open | overlap]
    repaired = np.empty_like(end)
    repaired[order] = end
    return rows.assign(SW_DEC=repaired)
