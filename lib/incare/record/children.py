"""One row per child or young person: birth date, sex, ethnicity, UASC status, gathered from every table.

Source: INPUTS sections 2.1 and 8 (the header wins; the latest return wins; differences are reported).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.codes import ETHNICITY, SEX
from incare.record.cells import in_groups
from incare.record.findings import Finding, flag
from incare.record.rules import BORN, UNLISTED
from incare.record.stack import last_day

NAT = np.datetime64("NaT", "s")


def everyone(tables: dict[str, pd.DataFrame]) -> pd.Index:
    """The ids of everyone in any table, sorted; a person's number is the place in this index."""
    found = [table["CHILD"].unique() for table in tables.values() if "CHILD" in table]
    return pd.Index(np.unique(np.concatenate([np.asarray(ids, dtype=object) for ids in found])), name="id", dtype="str")


def numbered(table: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """The table with `child`, the number of each row's person."""
    return table.assign(child=ids.get_indexer(table["CHILD"])) if "CHILD" in table else table


def children(
    tables: dict[str, pd.DataFrame], ids: pd.Index, keep: tuple[str, ...], findings: list[Finding]
) -> pd.DataFrame:
    """One row for everyone in any table, with what describes a person.

    `tables` are the typed tables, numbered by `ids`. Returns `id, born, sex, ethnicity, uasc_until, ever_uasc` and the
    kept local columns. `born` is a date or missing; `uasc_until` is the day UASC status ended, at the latest the 18th
    birthday, missing when it has not; `ever_uasc` says whether a UASC row exists. Children found outside the header
    only are noted (INT01 to INT09), so is a date of birth that differs from the header's (INT11 to INT18).
    """
    header = tables.get("header", pd.DataFrame(columns=["CHILD", "DOB", "SEX", "ETHNIC"]))
    at = pd.Index(header["CHILD"]).get_indexer(ids)

    def of_header(column: str, none) -> np.ndarray:
        values = header[column].to_numpy("datetime64[s]" if column == "DOB" else object)
        return np.where(at >= 0, values[at], none) if len(values) else np.full(len(ids), none)

    born = _born(of_header("DOB", NAT), at >= 0, tables, findings)
    uasc = tables.get("uasc")
    people = {
        "id": ids,
        "born": born,
        "sex": in_groups(of_header("SEX", ""), SEX),
        "ethnicity": in_groups(of_header("ETHNIC", ""), ETHNICITY),
        "ever_uasc": ids.isin(uasc["CHILD"]) if uasc is not None else np.zeros(len(ids), bool),
        "uasc_until": _uasc_until(uasc, p.days(born), findings),
    }
    for column in keep:
        if column.upper() in header:
            values = header.set_index("CHILD")[column.upper()].reindex(ids)
            people[column.lower()] = pd.Categorical(values.replace("", np.nan).fillna("Unallocated"))
    return pd.DataFrame(people)


def _uasc_until(uasc: pd.DataFrame | None, born: np.ndarray, findings: list[Finding]) -> np.ndarray:
    """The day UASC status ended: the day stated, but not after the 18th birthday (rule 304)."""
    until = np.full(len(born), NAT)
    if uasc is None:
        return until
    child, ended = uasc["child"].to_numpy(), uasc["DUC"].to_numpy("datetime64[s]")
    eighteenth = p.birthday(born, 18).astype("datetime64[s]")[child]
    late = ended > eighteenth
    flag(uasc, late, "304", "uasc", "DUC", findings)
    until[child] = np.where(late, eighteenth, ended)
    return until


def _born(born: np.ndarray, listed: np.ndarray, tables, findings) -> np.ndarray:
    """Birth dates by person: the header's (`born`, of those `listed` there), else that of another table."""
    if listed.any():
        header = tables["header"]
        future = header["DOB"].to_numpy("datetime64[s]") > last_day(header["_year"]).astype("datetime64[s]")
        flag(header, future, "301", "header", "DOB", findings)
        born[header["child"].to_numpy()[future]] = NAT
    for name, table in tables.items():
        if name == "header" or "child" not in table:
            continue
        child = table["child"].to_numpy()
        first = ~table["child"].duplicated().to_numpy()
        flag(table, first & ~listed[child], UNLISTED.get(name, "H1"), name, "CHILD", findings)
        if "DOB" not in table:
            continue
        dob = table["DOB"].to_numpy("datetime64[s]")
        differs = (born[child] != dob) & listed[child] & ~np.isnat(born[child]) & ~np.isnat(dob)
        flag(table, differs, BORN.get(name, "H2"), name, "DOB", findings)
        fill = np.isnat(born[child]) & ~np.isnat(dob)
        born[child[fill]] = dob[fill]
    return born
