"""Hypothesis draws small authorities: chains of episodes, respite, missing incidents, reviews and care leavers."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from hypothesis import strategies as st

from drawn import table
from extract import filled
from incare.record.assemble import Record, assemble
from incare.record.files import TextTable
from incare.record.tables import TABLES

FIRST, LAST = dt.date(2022, 4, 1), dt.date(2025, 3, 31)
PLACES = ["U1", "U4", "U6", "K2", "P1", "A5", "A6", "Z1", "T3", "T4", "R9", "H5"]


EARLY = table("""
    CHILD | DECOM      | RNE | DEC        | REC
    ------+------------+-----+------------+----
    zzz   | 01/05/2021 | S   | 02/06/2021 | E4A
""")


def written(day: dt.date | None) -> str:
    return "" if day is None else day.strftime("%d/%m/%Y")


@st.composite
def chains(draw, child: str) -> list[dict]:
    """A child's episodes in date order: linked by X1, ended by a reason, sometimes starting again."""
    day = draw(st.dates(dt.date(2019, 1, 1), LAST - dt.timedelta(days=1)))
    rows, rne = [], draw(st.sampled_from(["S", "S", "S", "P"]))
    for _ in range(draw(st.integers(1, 5))):
        length = draw(st.integers(1, 500))
        reason = draw(st.sampled_from(["X1", "X1", "E4A", "E11", "E45", "E3", ""]))
        end = day + dt.timedelta(days=length)
        goes_on = reason == "" or end > LAST
        rows.append(
            {
                "CHILD": child,
                "DECOM": day,
                "RNE": rne,
                "LS": draw(st.sampled_from(["C1", "C2", "V2", "V2", "E1", "V4"])),
                "PLACE": draw(st.sampled_from(PLACES)),
                "PL_POST": draw(st.sampled_from(["ZZ1 1AA", "ZZ2 2BB", ""])),
                "DEC": None if goes_on else end,
                "REC": "" if goes_on else reason,
            }
        )
        if goes_on:
            break
        day = end if reason == "X1" else end + dt.timedelta(days=draw(st.integers(1, 400)))
        rne = draw(st.sampled_from(["P", "L", "T", "B", "U"])) if reason == "X1" else "S"
        if day >= LAST:
            break
    return rows


@st.composite
def authorities(draw) -> dict[str, pd.DataFrame]:
    """Tables of text for one authority of up to six people."""
    ids = [f"{number:03d}" for number in range(draw(st.integers(1, 6)))]
    episodes = [row for child in ids for row in draw(chains(child))]
    born = {child: draw(st.dates(dt.date(2003, 1, 1), dt.date(2018, 12, 31))) for child in ids}
    header = [
        {
            "CHILD": child,
            "SEX": draw(st.sampled_from(["M", "F", "X"])),
            "DOB": written(born[child]),
            "ETHNIC": draw(st.sampled_from(["WBRI", "BAFR", "REFU"])),
        }
        for child in ids
    ]
    tables = {
        "episodes": [row | {"DECOM": written(row["DECOM"]), "DEC": written(row["DEC"])} for row in episodes],
        "header": header,
        "uasc": [{"CHILD": child, "SEX": "M", "DOB": written(born[child])} for child in ids[:1]],
        "missing": [
            {"CHILD": child, "MISSING": draw(st.sampled_from(["M", "A"])), "MIS_START": written(day), "MIS_END": ""}
            for child in ids
            for day in draw(st.lists(st.dates(FIRST, LAST), max_size=2))
        ],
        "reviews": [
            {"CHILD": child, "REVIEW": written(day), "REVIEW_CODE": "PN1"}
            for child in ids
            for day in draw(st.lists(st.dates(FIRST, LAST), max_size=4))
        ],
        "oc3": [
            {"CHILD": child, "DOB": written(born[child]), "IN_TOUCH": "YES", "ACTIV": "F2", "ACCOM": "Z1"}
            for child in ids
        ],
    }
    return {name: filled(name, pd.DataFrame(rows, dtype="str")) for name, rows in tables.items() if rows}


def part(name: str, frame: pd.DataFrame, year: int = 2025) -> TextTable:
    """A frame of text as incare reads it from a file of that return."""
    return TextTable(TABLES[name], f"{year}/{name}.csv", (str(year), ""), frame.assign(_row=range(2, len(frame) + 2)))


def record_of(tables: dict[str, pd.DataFrame]) -> Record:
    """The record of the authority, as three returns of which the last holds every row."""
    early = filled("episodes", EARLY)
    parts = [part("episodes", early, year) for year in (2021, 2022, 2023, 2024)]
    tables = {"header": filled("header", tables["episodes"][["CHILD"]].drop_duplicates())} | tables
    return assemble([*parts, *(part(name, frame) for name, frame in tables.items())], area="Testshire")
