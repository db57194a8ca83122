"""One row per child or young person: birth date, sex, ethnicity, UASC status, gathered from every table.

Source: INPUTS sections 2.1 and 8 (the header wins; the latest return wins; differences are reported).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import ETHNICITY, NOT_KNOWN, SEX, grouped, labels
from incare.record.findings import flag

NAT = np.datetime64("NaT", "s")


def everyone(tables: dict[str, pd.DataFrame]) -> pd.Index:
    """The ids of everyone in any table, sorted; a person's number is the place in this index."""
    found = [table["CHILD"].unique() for table in tables.values() if "CHILD" in table]
    return pd.Index(np.unique(np.concatenate([np.asarray(ids, dtype=object) for ids in found])), name="id", dtype="str")


def numbered(table: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """The table with `child`, the number of each row's person."""
    return table.assign(child=ids.get_indexer(table["CHILD"])) if "CHILD" in table else table


def children(
    tables: dict[str, pd.DataFrame], ids: pd.Index, keep: tuple[str, ...], findings: list[pd.DataFrame]
) -> pd.DataFrame:
    """One row for everyone in any table, with what describes a person.

    `tables` are the typed tables, numbered by `ids`. Returns `id, born, sex, ethnicity, uasc_until, ever_uasc` and the
    kept local columns. `born` is a date or missing; `uasc_until` is the day UASC status ended, missing when it has not;
    `ever_uasc` says whether a UASC row exists. Children found outside the header only are noted (INT03).
    """
    header = tables.get("header", pd.DataFrame(columns=["CHILD", "DOB", "SEX", "ETHNIC"])).set_index("CHILD")
    people = pd.DataFrame(index=ids)
    people["born"] = _born(ids, header, tables, findings)
    people["sex"] = _grouped(header["SEX"].reindex(ids), SEX)
    people["ethnicity"] = _grouped(header["ETHNIC"].reindex(ids), ETHNICITY)
    uasc = tables.get("uasc")
    people["ever_uasc"] = ids.isin(uasc["CHILD"]) if uasc is not None else False
    people["uasc_until"] = uasc.set_index("CHILD")["DUC"].reindex(ids).to_numpy() if uasc is not None else NAT
    for column in keep:
        if column.upper() in header:
            values = header[column.upper()].reindex(ids).replace("", np.nan).fillna("Unallocated")
            people[column.lower()] = pd.Categorical(values)
    return people.reset_index()


def _grouped(codes: pd.Series, groups: dict[str, str]) -> pd.Categorical:
    return pd.Categorical(codes.map(grouped(groups)).fillna(NOT_KNOWN), categories=labels(groups))


def _born(ids, header, tables, findings) -> np.ndarray:
    born = header["DOB"].reindex(ids).to_numpy("datetime64[s]").copy()
    listed = ids.isin(header.index)
    for name, table in tables.items():
        if name == "header" or "child" not in table:
            continue
        child = table["child"].to_numpy()
        first = ~table["child"].duplicated().to_numpy()
        flag(table, first & ~listed[child], "INT03", name, "CHILD", findings)
        if "DOB" not in table:
            continue
        dob = table["DOB"].to_numpy("datetime64[s]")
        flag(table, (born[child] != dob) & listed[child] & ~np.isnat(dob), "INT11", name, "DOB", findings)
        fill = np.isnat(born[child]) & ~np.isnat(dob)
        born[child[fill]] = dob[fill]
    return born
