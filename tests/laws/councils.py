"""Whole councils for laws: every return and every local table of a small invented authority, dirtied and cut."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from functools import cache

import pandas as pd
from hypothesis import strategies as st

from incare.record.assemble import Record, assemble
from incare.record.files import TextTable
from incare.record.tables import TABLES
from incare.sample import authority

Tables = dict[tuple[int | None, str], pd.DataFrame]
# The column that says when a row begins; rows after a cut are not known on that day.
BEGINS = {
    "episodes": "DECOM",
    "reviews": "REVIEW",
    "missing": "MIS_START",
    "sw_episodes": "SW_DECOM",
    "placed_for_adoption": "DATE_PLACED",
    "care_plans": "PLAN_DATE",
    "pathway_plans": "PLAN_DATE",
    "visits": "VISIT_DATE",
    "reviews_local": "REVIEW_DATE",
    "pep": "PEP_DATE",
    "health": "CHECK_DATE",
    "sdq": "SDQ_DATE",
    "offences": "OUTCOME_DATE",
    "return_interviews": "MIS_START",
    "care_leavers": "SNAPSHOT_DATE",
    "cl_contacts": "CONTACT_DATE",
    "cl_accommodation": "START",
    "entitlement_survey": "SENT_DATE",
    "pa_allocations": "START",
    "workers": "START",
    "suspensions": "START",
    "schools": "START",
}
# What is written with an end, and goes with it.
WITH_END = {"DEC": ("REC", "REASON_PLACE_CHANGE"), "DATE_PLACED_CEASED": ("REASON_PLACED_CEASED",)}
NOT_EVENTS = ("DOB", "MC_DOB")


@cache
def _council(seed: int) -> Tables:
    return authority(seed=seed, children=40, years=4, like=None)


@dataclass(frozen=True)
class Council:
    """Some children of an invented authority; its tables are made when they are asked for."""

    seed: int
    chance: int

    @property
    def tables(self) -> Tables:
        """Every table, with the rows of the chosen children."""
        tables = _council(self.seed)
        ids = sorted({child for (_, name), table in tables.items() if name == "header" for child in table["CHILD"]})
        kept = set(random.Random(self.chance).sample(ids, min(len(ids), 25)))
        return {key: table[table["CHILD"].isin(kept)] if "CHILD" in table else table for key, table in tables.items()}


def councils() -> st.SearchStrategy[Council]:
    """A few children of one of several invented authorities, in every table."""
    return st.builds(Council, st.integers(1, 6), st.integers(0, 10_000))


def record_of(tables: Tables) -> Record:
    """The record of a council's tables; those without a row are there all the same."""
    parts = [
        TextTable(
            TABLES[name],
            f"{year or 'local'}/{name}.csv",
            (str(year or "local"), ""),
            table.reset_index(drop=True).assign(_row=range(2, len(table) + 2)),
        )
        for (year, name), table in tables.items()
    ]
    return assemble(parts, area="Testshire", as_at="2025-03-31")


def days(column: pd.Series) -> pd.Series:
    """Text dates as timestamps; blank is missing."""
    return pd.to_datetime(column, format="%d/%m/%Y", errors="coerce")


def known_by(tables: Tables, day: dt.date) -> Tables:
    """The same council as it was known at the end of a day: later rows are not there, later ends are not written."""
    cut = pd.Timestamp(day)
    born = {
        child: birth
        for (_, name), table in tables.items()
        if name == "header"
        for child, birth in zip(table["CHILD"], days(table["DOB"]), strict=True)
    }
    out = {}
    for (year, name), table in tables.items():
        table = table.copy()
        if name in BEGINS:
            table = table[~(days(table[BEGINS[name]]) > cut)].copy()
        if name == "oc3":
            table = table[[_birthday(born[child], year) <= cut for child in table["CHILD"]]].copy()
        if name in ("oc2", "previous_permanence") and pd.Timestamp(year, 3, 31) > cut:
            table = table[:0]
        if name in ("attainment", "attendance"):
            closes = table["ACAD_YEAR"].str[:4].astype(int).map(lambda first: pd.Timestamp(first + 1, 8, 31))
            table = table[closes <= cut]
        for column, kind in TABLES[name].columns.items():
            if (
                kind != "D"
                or column in NOT_EVENTS
                or column == BEGINS.get(name)
                or column not in table
                or name == "terms"
            ):
                continue
            later = days(table[column]) > cut
            table.loc[later, [column, *(c for c in WITH_END.get(column, ()) if c in table)]] = ""
        out[year, name] = table
    return out


def _ends(name: str, table: pd.DataFrame) -> list[str]:
    """The date columns of a table that may lie after the row's own day."""
    if name == "terms":
        return []
    dates = [column for column in TABLES[name].dates if column in table]
    return [column for column in dates if column not in (*NOT_EVENTS, BEGINS.get(name))]


def _birthday(born: pd.Timestamp, year: int) -> pd.Timestamp:
    """The birthday in the year to 31 March of a return."""
    first = pd.Timestamp(year - 1, 4, 1)
    for candidate in (year - 1, year):
        try:
            day = born.replace(year=candidate)
        except ValueError:
            day = pd.Timestamp(candidate, 3, 1)
        if first <= day < pd.Timestamp(year, 4, 1):
            return day
    return pd.Timestamp.max
