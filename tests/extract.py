"""Extracts written from drawn tables, read back by incare as a council's files would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from drawn import table
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import Record, read
from incare.series import calculate

BLANKS = {
    "episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
    "header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "uasc": "CHILD SEX DOB DUC",
    "missing": "CHILD DOB MISSING MIS_START MIS_END",
    "oc3": "CHILD DOB IN_TOUCH ACTIV ACCOM",
}
USUAL = {
    "LS": "C2",
    "CIN": "N1",
    "PLACE": "U6",
    "SEX": "M",
    "ETHNIC": "WBRI",
    "DOB": "01/01/2015",
    "REVIEW_CODE": "PN1",
}


def filled(name: str, drawn: pd.DataFrame) -> pd.DataFrame:
    """A drawn table with the columns it leaves out: the usual value where a row needs one, else blank."""
    columns = BLANKS.get(name, " ".join(drawn.columns)).split()
    usual = {column: USUAL.get(column, "") for column in columns if column not in drawn}
    return drawn.assign(**usual)[[*columns, *(c for c in drawn.columns if c not in columns)]]


def write(folder: Path, year: int, **drawn: str | pd.DataFrame) -> Path:
    """One return as CSV files in `<folder>/<year>`; tables are drawn text or frames."""
    place = folder / str(year)
    place.mkdir(parents=True, exist_ok=True)
    frames = {name: table(text) if isinstance(text, str) else text for name, text in drawn.items()}
    if "header" not in frames:
        frames["header"] = frames["episodes"][["CHILD"]].drop_duplicates()
    for name, frame in frames.items():
        filled(name, frame).to_csv(place / f"{name}.csv", index=False)
    return folder


def record_of(folder: Path, year: int, as_at: str | None = None, **drawn: str | pd.DataFrame) -> Record:
    """The record of one return given as drawn tables."""
    return read(write(folder, year, **drawn), area="Testshire", as_at=as_at)


def answer(record: Record, measure: str, ending: str, grain: str = "month", **choices) -> tuple[float, float]:
    """Numerator and denominator of a measure in one period, whatever history it asks for."""
    from dataclasses import replace

    found = replace(catalogue()[measure].choose(**choices), needs_history=0)
    whole = replace(record, covers=(np.datetime64("1990-04-01"), record.covers[1]))
    series = calculate(type(catalogue())((found,)), whole, Periods.of(grain, ending, 1))
    row = series[series["breakdown"] == "total"].iloc[0]
    assert row["status"] in ("ok", "z"), row["reason"]
    return row["numerator"], row["denominator"]
