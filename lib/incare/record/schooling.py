"""School years and terms: which one a day lies in, and the school tables put together by them.

A school year runs from 1 September to 31 August and is called by the calendar year it closes in: 2023-24 is 2024. The
published cohort of a school year are the children in care for the twelve months to the 31 March inside it.
Source: CATALOGUE F; INPUTS 4.5 and 4.16.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p

# 2023-24, 2023/24, 2023-2024 or, as in published tables, 202324.
_YEAR = r"(?P<opens>\d{4})\s*[-/–]?\s*(?P<closes>\d{4}|\d{2})"


def day_of(years, month: int, day: int) -> np.ndarray:
    """The day of a month in each calendar year, as `datetime64[D]`."""
    months = (np.asarray(years, dtype=np.int64) - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype(p.DAY) + (day - 1)


def year_of(days) -> np.ndarray:
    """The school year (by its closing calendar year) that each day lies in; missing days give 0."""
    days = p.days(days)
    months = np.where(np.isnat(days), np.datetime64("-1-09", "M"), days.astype("datetime64[M]")) + 4
    return months.astype("datetime64[Y]").astype(np.int64) + 1970


def year_ended_by(days) -> np.ndarray:
    """The latest school year whose 31 August is on or before each day."""
    return year_of(p.days(days) + 1) - 1


def read_year(text: pd.Series) -> np.ndarray:
    """The closing calendar year of school years written as `2023-24`, `2023/24`, `2023-2024` or `202324`; else 0."""
    parts = text.astype(str).str.strip().str.extract(f"^{_YEAR}$")
    opens = pd.to_numeric(parts["opens"]).fillna(0).to_numpy(np.int64)
    closes = pd.to_numeric(parts["closes"]).fillna(-1).to_numpy(np.int64)
    follows = (closes == opens + 1) | (closes == (opens + 1) % 100)
    return np.where(follows, opens + 1, 0)


def _with_year(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a school year that can be read, with `year`, and `start`: the first day of its cohort's twelve months."""
    year = read_year(table["ACAD_YEAR"])
    found = table.assign(year=year)[year > 0].reset_index(drop=True)
    return found.assign(start=day_of(found["year"] - 1, 4, 1).astype("datetime64[s]"))


def results(record) -> pd.DataFrame | None:
    """Results at the end of a key stage: the columns of ATTAINMENT, `year` and `start`; None without the table.

    `start` is the 1 April from which the cohort of the school year was in care: the table answers from there.
    """
    table = record.tables.get("attainment")
    return None if table is None else _with_year(table)


def sessions(record) -> pd.DataFrame | None:
    """Sessions of a child in a school year, all schools and terms added: `child, year, start, possible, absent`.

    None without the table ATTENDANCE. A blank number of sessions adds nothing.
    """
    table = record.tables.get("attendance")
    return None if table is None else _added(_counted(_with_year(table)), ["child", "year", "start"])


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    absent = rows["AUTH_ABSENCE"].fillna(0) + rows["UNAUTH_ABSENCE"].fillna(0)
    return rows.assign(possible=rows["SESSIONS_POSSIBLE"].fillna(0), absent=absent)


def _added(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return rows.groupby(by, as_index=False, observed=True)[["possible", "absent"]].sum()


def term_sessions(record) -> pd.DataFrame | None:
    """Sessions of a child in a term: `child, year, ended` (the term's last day), `possible, absent`.

    A row of ATTENDANCE belongs to the term of TERMS that is called by its year and period (`2024-25 Autumn`); rows of
    a period that TERMS does not name have no last day and are left out. None without both tables.
    """
    table, calendar = record.tables.get("attendance"), terms(record)
    if table is None or calendar is None:
        return None
    rows = _counted(_with_year(table))
    rows["name"] = rows["PERIOD"].astype(str).str.strip().str.lower()
    named = calendar[["year", "name", "end"]].drop_duplicates(["year", "name"], keep="last")
    return _added(rows.merge(named.rename(columns={"end": "ended"})), ["child", "year", "ended"])


def terms(record) -> pd.DataFrame | None:
    """Terms in order of their last day: `start`, `end` (both days included), `year` (the school year), `name`.

    `name` is the term without its year, in small letters: `autumn`. Rows of TERMS without both days, or that end before
    they start, are no terms. None without the table.
    """
    table = record.tables.get("terms")
    if table is None:
        return None
    rows = table.rename(columns={"START": "start", "END": "end"})
    rows = rows[rows["start"].notna() & (rows["end"] >= rows["start"])]
    name = rows["TERM"].astype(str).str.strip().str.replace(f"^{_YEAR}\\s*", "", regex=True).str.lower()
    rows = rows.assign(name=name, year=year_of(rows["end"]))
    return rows.sort_values(["end", "start"], kind="stable", ignore_index=True)[["start", "end", "year", "name"]]


def exclusions(record) -> pd.DataFrame | None:
    """Suspensions and permanent exclusions: `child, day, kind` (SUSPENSION, PERMANENT), `year, start`.

    None without the table SUSPENSIONS. `start` is the 1 April from which the cohort of the school year was in care, of
    the year after when the row lies past 31 December: a list that begins later in a school year does not answer for it.
    """
    table = record.tables.get("suspensions")
    if table is None:
        return None
    rows = table[table["START"].notna()].reset_index(drop=True)
    year = year_of(rows["START"])
    late = p.days(rows["START"]) >= day_of(year, 1, 1)
    return pd.DataFrame(
        {
            "child": rows["child"].to_numpy(),
            "day": rows["START"].to_numpy(),
            "kind": rows["TYPE"].to_numpy(object),
            "year": year,
            "start": day_of(year - 1 + late, 4, 1).astype("datetime64[s]"),
        }
    )
