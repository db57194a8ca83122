"""The figures of a pack as a spreadsheet by the public sector's guidance, cell for cell those of its CSV files."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from incare.pack.steady import steady

SHORTHAND = {
    "c": "hidden to protect children and young people",
    "z": "does not apply",
    "x": "not available: the extract lacks a table, or its history is too short",
    "low": "rounds to 0 but is not 0",
}
_FIGURES = {
    "title": "Measure",
    "period": "Period",
    "breakdown": "Breakdown",
    "category": "Group",
    "value": "Value",
    "unit": "Unit",
    "numerator": "Number",
    "denominator": "Out of",
    "lower": "95% interval from",
    "upper": "95% interval to",
    "target": "Target",
    "completeness": "Recorded for (%)",
    "reason": "Why there is no figure",
}
_FORECAST = {
    "target": "Day",
    "breakdown": "Breakdown",
    "category": "Group",
    "mean": "Expected",
    "lo80": "80% interval from",
    "hi80": "80% interval to",
    "lo95": "95% interval from",
    "hi95": "95% interval to",
}
_TOTAL = "total"


class AppendixError(ValueError):
    """Figures that a spreadsheet cannot be made of, with what was missing."""


@dataclass(frozen=True)
class About:
    """What the cover says: title, the facts of the pack's footer, its privacy note; and the measures' titles by id."""

    title: str
    facts: tuple[tuple[str, str], ...]
    privacy: str
    measures: dict[str, str]


def to_workbook(figures: pd.DataFrame, forecast: pd.DataFrame | None, about: About, day: date) -> bytes:
    """The protected figures as .xlsx: cover, contents; sheets of the latest figures, all periods, groups and forecast.

    `figures` and `forecast` are the pack's data files read as text, so that every cell says what the CSV says: a
    number, or one of the shorthands. Dated `day`; the same figures give the same bytes.
    Raises `AppendixError` when a column is missing.

    **Source** Government Analysis Function, Releasing statistics in spreadsheets; by the library gptables.
    """
    import gptables

    sheets = _sheets(figures, forecast, about)
    tables = {name: _table(gptables, name, title, rows) for name, (title, rows) in sheets.items()}
    cover = gptables.Cover(
        cover_label="Cover",
        title=about.title,
        intro=[about.privacy],
        about=[f"{name}: {what}" for name, what in about.facts],
    )
    with tempfile.TemporaryDirectory(prefix="incare-xlsx-") as folder, warnings.catch_warnings():
        path = Path(folder) / "appendix.xlsx"
        # The library warns of a sheet of notes that these tables do not need, and of its own use of pandas.
        warnings.simplefilter("ignore")
        gptables.write_workbook(
            filename=str(path),
            sheets=tables,
            cover=cover,
            workbook_options={"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        return steady(path.read_bytes(), day)


def _sheets(figures: pd.DataFrame, forecast: pd.DataFrame | None, about: About) -> dict[str, tuple[str, pd.DataFrame]]:
    known = figures.assign(
        title=[about.measures.get(name, name) for name in figures["measure"]],
        period=figures["period_start"] + " to " + figures["period_end"],
        # A cell of special characters alone is against the guidance: screen readers pass over it.
        unit=figures["unit"].replace("%", "percent"),
        reason=figures.get("reason", pd.Series("", index=figures.index)),
    )
    total = known[known["breakdown"] == _TOTAL]
    last = total["period_end"] == total.groupby("measure")["period_end"].transform("max")
    found = {
        "Latest": ("Latest figure of every measure", _named(total[last], _FIGURES, {"breakdown", "category"})),
        "All_periods": ("Every measure, every period", _named(total, _FIGURES, {"breakdown", "category"})),
    }
    groups = known[known["breakdown"] != _TOTAL]
    if len(groups):
        found["Groups"] = ("Every measure by group, every period", _named(groups, _FIGURES, {"target", "completeness"}))
    if forecast is not None and len(forecast):
        found["Forecast"] = ("Children in care expected, by month", _named(forecast, _FORECAST, set()))
    return found


def _named(rows: pd.DataFrame, names: dict[str, str], without: set[str]) -> pd.DataFrame:
    wanted = {column: name for column, name in names.items() if column not in without and column in rows}
    lacking = [column for column in ("value", "mean") if column in names and column not in rows]
    if lacking:
        raise AppendixError(f"The figures have no column {lacking[0]}; a spreadsheet of them cannot be made.")
    return rows[list(wanted)].rename(columns=wanted).map(_cell).reset_index(drop=True)


def _cell(text: str):
    """A number as a number; a shorthand, a name or a date as it is; what is empty does not apply."""
    if not isinstance(text, str):
        return text
    try:
        return float(text) if "." in text or "e" in text.lower() else int(text)
    except ValueError:
        return text or "z"


def _table(gptables, name: str, title: str, rows: pd.DataFrame):
    return gptables.GPTable(
        table=rows,
        table_name=name.lower(),
        title=title,
        subtitles=[],
        source="Source: the council's own records, protected as the cover says.",
        instructions="This worksheet contains one table.",
        legend=[f"{mark}: {meaning}" for mark, meaning in SHORTHAND.items()],
        index_columns={},
    )
