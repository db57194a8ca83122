"""Facts about a person that hold from a day on: the team that works with them, whether they have an EHC plan.

Each is a frame `child, start, end, value`; a breakdown reads the one that holds on a row's day, so that what is
recorded later cannot change an earlier figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NAT = np.datetime64("NaT", "s")
COLUMNS = ["child", "start", "end", "value"]


def workers(record) -> pd.DataFrame | None:
    """Who works with a child from when to when: `child, start, end, worker, role, team`; None without such a table.

    Social workers come from SWEpisodes, personal advisers and others from PA_ALLOCATIONS, teams from WORKERS. A span
    without an end is cut at the start of the child's next one in the same role. Source: INPUTS 2.3, 4.14, 4.15.
    """
    parts = []
    social = record.tables.get("sw_episodes")
    if social is not None:
        parts.append(_spans(social, "SW_ID", "SW_DECOM", "SW_DEC", "SW"))
    advisers = record.tables.get("pa_allocations")
    if advisers is not None:
        parts.append(_spans(advisers, "WORKER_ID", "START", "END", advisers["WORKER_ROLE"]))
    if not parts:
        return None
    rows = pd.concat(parts, ignore_index=True).sort_values(["child", "role", "start"], kind="stable", ignore_index=True)
    following = (
        rows["start"]
        .shift(-1)
        .where((rows["child"] == rows["child"].shift(-1)) & (rows["role"] == rows["role"].shift(-1)))
    )
    rows["end"] = rows["end"].fillna(following)
    listed = record.tables.get("workers")
    team = {} if listed is None else listed.drop_duplicates("WORKER_ID", keep="last").set_index("WORKER_ID")["TEAM"]
    rows["team"] = rows["worker"].map(team).astype(object).fillna("").astype(str)
    return rows


def _spans(table: pd.DataFrame, worker: str, start: str, end: str, role) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "child": table["child"].to_numpy(),
            "start": table[start].to_numpy("datetime64[s]"),
            "end": table[end].to_numpy("datetime64[s]"),
            "worker": table[worker].astype(str).to_numpy(object),
            "role": role if isinstance(role, str) else role.to_numpy(object),
        }
    )


def social_workers(record) -> pd.DataFrame | None:
    """Children's social workers in the returns: `child, start, end, worker, reason, began`; None without the module.

    `began` is the day the worker took the child, `start` that day or the first day of the earliest return that has the
    module if later: before it the record does not know who else there was. An end that is missing is the start of the
    child's next worker. A placeholder (an id that begins XX) is a worker of its own each time.
    Source: INPUTS 2.3 and 8 (SW02, SW10); CATALOGUE K.
    """
    table = record.tables.get("sw_episodes")
    if table is None:
        return None
    rows = _spans(table, "SW_ID", "SW_DECOM", "SW_DEC", "SW").drop(columns="role")
    reason = table["SW_REASON"] if "SW_REASON" in table else pd.Series("", index=table.index)
    rows = rows.assign(reason=reason.to_numpy(object), began=rows["start"])
    rows = rows[rows["start"].notna()].sort_values(["child", "start"], kind="stable", ignore_index=True)
    rows["end"] = rows["end"].fillna(rows.groupby("child")["start"].shift(-1))
    placeholder = rows["worker"].str.upper().str.startswith("XX").to_numpy(bool)
    numbered = rows["worker"] + " " + pd.Series(np.arange(len(rows)), index=rows.index).astype(str)
    rows["worker"] = rows["worker"].where(~placeholder, numbered)
    first = np.datetime64(f"{int(table['_year'].min()) - 1}-04-01", "s") if len(table) else NAT
    rows["start"] = rows["start"].clip(lower=first)
    return rows[rows["end"].isna() | (rows["end"] >= rows["start"])].reset_index(drop=True)


def teams(record) -> pd.DataFrame | None:
    """The team of each child's social worker, and of the personal adviser while there is no social worker."""
    rows = workers(record)
    if rows is None or not (rows["team"] != "").any():
        return None
    rows = rows[rows["team"] != ""].assign(rank=(rows["role"] != "SW").astype(int))
    return rows.rename(columns={"team": "value"})[[*COLUMNS, "rank"]].reset_index(drop=True)


def plans_for_special_needs(record) -> pd.DataFrame | None:
    """Whether an education, health and care plan is recorded: from care leavers' snapshots and attainment."""
    parts = []
    leavers = record.tables.get("care_leavers")
    if leavers is not None and "EHCP" in leavers:
        named = leavers["EHCP"].map({"Y": "Yes", "N": "No"})
        parts.append(pd.DataFrame({"child": leavers["child"], "start": leavers["SNAPSHOT_DATE"], "value": named}))
    results = record.tables.get("attainment")
    if results is not None and "SEN" in results:
        year = results["ACAD_YEAR"].astype(str).str.extract(r"^(\d{4})")[0].astype(float)
        closes = pd.to_datetime((year + 1).map("{:.0f}-08-31".format), errors="coerce").astype("datetime64[s]")
        named = results["SEN"].map({"EHCP": "Yes", "SUPPORT": "No", "NONE": "No"})
        parts.append(pd.DataFrame({"child": results["child"], "start": closes, "value": named}))
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    rows = rows[rows["value"].notna() & rows["start"].notna()]
    return rows.assign(end=NAT)[COLUMNS].reset_index(drop=True) if len(rows) else None


DATED = {"team": teams, "ehcp": plans_for_special_needs}


def dated(record, name: str) -> pd.DataFrame | None:
    """The facts of one name, made once per record; None when the extract has no table for them."""
    kept = record.__dict__.setdefault("_dated", {})
    if name not in kept:
        kept[name] = DATED[name](record)
    return kept[name]
