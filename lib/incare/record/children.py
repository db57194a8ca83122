"""One row per child or young person: birth date, sex, ethnicity, UASC status, gathered from every table.

Source: INPUTS sections 2.1 and 8 (the header wins; the latest return wins; differences are reported).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.codes import ETHNICITY, NOT_KNOWN, SEX, grouped, labels
from incare.record.findings import flag

NAT = np.datetime64("NaT", "s")


def children(tables: dict[str, pd.DataFrame], keep: tuple[str, ...], findings: list[pd.DataFrame]) -> pd.DataFrame:
    """Everyone in any table: `id, born, sex, ethnicity, uasc_until, ever_uasc` and kept local columns.

    `tables` are the typed tables. `born` is a date or missing; `uasc_until` is the day UASC status ended, missing when
    it has not; `ever_uasc` says whether a UASC row exists. Children found outside the header only are noted (INT03).
    """
    ids = pd.Index(
        sorted({child for table in tables.values() if "CHILD" in table for child in table["CHILD"].unique()}), name="id"
    )
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
    for name, table in tables.items():
        if name == "header" or "CHILD" not in table:
            continue
        place = ids.get_indexer(table["CHILD"])
        outside = ~table["CHILD"].isin(header.index).to_numpy()
        flag(
            table[outside].drop_duplicates("CHILD"),
            np.ones(table.loc[outside, "CHILD"].nunique(), bool),
            "INT03",
            name,
            "CHILD",
            findings,
        )
        if "DOB" not in table:
            continue
        dob = table["DOB"].to_numpy("datetime64[s]")
        flag(table, (born[place] != dob) & ~outside & ~np.isnat(dob), "INT11", name, "DOB", findings)
        fill = np.isnat(born[place]) & ~np.isnat(dob)
        born[place[fill]] = dob[fill]
    return born
