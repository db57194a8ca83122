"""The CSV files of DfE's Explore Education Statistics, as downloaded, made one tidy table whatever their layout."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

SYMBOLS = {
    "c": "hidden, a small number",
    "z": "not applicable",
    "x": "not available",
    "k": "rounds to 0 but is not 0",
    "u": "of low reliability, not shown",
    "low": "rounds to 0 but is not 0 (workforce files)",
}
PLACES = {"National": "country", "Regional": "region", "Local authority": "area"}
NEEDED = ("time_period", "geographic_level", "old_la_code", "la_name", "new_la_code")
IDENTIFIERS = (*NEEDED, "time_identifier", "country_code", "country_name", "region_code", "region_name")
# What a release calls the same thing.
FIGURES = {
    "number": "count",
    "children_count": "count",
    "care_leaver_count": "count",
    "percentage": "percent",
    "children_percent": "percent",
    "care_leaver_percent": "percent",
    "rate_per_10000": "rate",
    "population_estimate": "population",
}
UNITS = {"count": ("children", 1.0), "percent": ("%", 100.0), "rate": ("per 10,000", 10_000.0)}
# Spellings of one label in different releases; a changed definition keeps its own label.
RESPELT = (
    (re.compile(r"^Aged (\d+) to (\d+)$"), r"\1 to \2 years"),
    (re.compile(r"^Aged (\d+)$"), r"\1 years"),
    (re.compile(r"\bnot suitable\b"), "unsuitable"),
    (re.compile(r"\bat 31 March\b"), "on 31 March"),
    (re.compile(r"^Children looked after on 31 March$"), "CLA on 31 March"),
    (re.compile(r"^Suitability total$"), "Total"),
)
# Which direction is better, by words of the line; the first that fits. Anything else is neutral.
DIRECTIONS = (
    (re.compile(r"unsuitable|not in touch|Total not in education|3 or more placements|refuses contact", re.I), "lower"),
    (
        re.compile(r"· Not in education, training or employment$|cause for concern|not known|No information", re.I),
        "lower",
    ),
    (
        re.compile(
            r"· Convicted|having a substance misuse|one or more (mid-year )?moves|missing|without authorisation",
            re.I,
        ),
        "lower",
    ),
    (re.compile(r"considered suitable|in touch with|Total in education|^Education, training or", re.I), "higher"),
    (re.compile(r"(· )Education, training or employment|same (carer|placement) for at least 2 years", re.I), "higher"),
    (re.compile(r"up to date|annual health assessment|teeth checked|SDQ score was received", re.I), "higher"),
    (re.compile(r"living with former foster carers", re.I), "higher"),
)
# Areas that were made or unmade, by the year to 31 March; the last and the first year they reported.
LAST_YEAR = {"835": 2019, "836": 2019, "837": 2019, "928": 2021, "909": 2023}
FIRST_YEAR = {"838": 2020, "839": 2020, "940": 2022, "941": 2022, "942": 2024, "943": 2024}
SUCCESSORS = {"835": "838, 839", "836": "839", "837": "839", "928": "940, 941", "909": "942, 943"}
# What stands in a column of counts without being one.
AVERAGE, SHARE = re.compile(r"^Average|average score"), "Percentage of "
BASE_OF_SHARE = "Children looked after during the year"
COLUMNS = (
    *("year", "period", "level", "la_code", "ons_code", "area", "region_code", "region_name", "line", "figure", "unit"),
    *("better", "value", "status", "area_status", "numerator", "denominator", "per"),
)


class EesError(ValueError):
    """A published file that cannot be read as one, with file, row and column."""


def read(path: Path | str) -> pd.DataFrame:
    """A file of Explore Education Statistics as a tidy table, a row per year, area, line and figure.

    Columns: `year` (the one the period ends in), `period` (as published), `level` ("country", "region", "area"),
    `la_code` (three digits; empty above areas), `ons_code`, `area`, `region_code`, `region_name`, `line` (the labels
    of the file's own columns, joined by " · ", spelt alike for releases 2022 to 2025), `figure` ("count", "percent",
    "rate", "average" or the column's name), `unit`, `better` ("higher", "lower" or "neutral", by the words of the
    line), `value`, `status` ("ok" or the published symbol), `area_status` ("current", "abolished" or "not yet
    created", by the year), `numerator`, `denominator` and `per` (numerator / denominator × per is the value). The base
    of a share is the line of its group that reproduces the published percentages; where none does, the denominator is
    missing.

    An area that was given a new national code keeps its three-digit one, and is one area. Where both codes stand in
    one year, the row with a figure is kept.

    Raises `EesError`, naming file, row and column, for a file that is not CSV in UTF-8 or lacks a column, a figure that
    is neither a number nor a known symbol, a period or level not understood, two rows for one area and line, and an
    abolished area with a figure beside its successors' for the same year (they would count twice).

    **Source** Explore Education Statistics, Children looked after in England including adoptions, 2022 to 2025.
    """
    path = Path(path)
    raw = _raw(path)
    figures = _figures(raw)
    if not figures:
        raise EesError(
            f"{path.name}: no column of figures was found; needed is one such as {', '.join(list(FIGURES)[:5])}."
        )
    labels = [name for name in raw.columns if name not in IDENTIFIERS and name not in figures]
    places = _places(raw, path).assign(**_line(raw, labels))
    values = {name: _numbers(raw, name, path) for name in figures}
    places, values = _one_row_each(places, values, path)
    _refuse_double(places, values, path)
    return _tall(places, values)


def years(table: pd.DataFrame) -> list[int]:
    """The years of a table, oldest first."""
    return sorted(int(year) for year in table["year"].unique())


# Reading


def _raw(path: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False, skipinitialspace=True)
    except FileNotFoundError:
        raise EesError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError, csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise EesError(f"{path.name} cannot be read as CSV in UTF-8 ({type(problem).__name__}).") from None
    raw.columns = [str(name).strip() for name in raw.columns]
    missing = [name for name in NEEDED if name not in raw]
    if missing:
        raise EesError(
            f"{path.name}: needed are the columns of a file of Explore Education Statistics; missing: "
            f"{', '.join(missing)}; found: {', '.join(raw.columns[:12])}."
        )
    if raw.empty:
        raise EesError(f"{path.name} has column names and no rows.")
    raw = raw.reindex(columns=[*raw.columns, *(name for name in IDENTIFIERS if name not in raw)], fill_value="")
    return raw.apply(lambda column: column.str.strip())


def _figures(raw: pd.DataFrame) -> list[str]:
    """Columns of figures: those known by name, and others in which most cells are numbers or symbols."""
    found = []
    for name in raw.columns:
        if name in IDENTIFIERS:
            continue
        cells = raw[name]
        number = pd.to_numeric(cells, errors="coerce").notna()
        if name in FIGURES or (number.any() and (number | cells.isin(list(SYMBOLS))).mean() > 0.5):
            found.append(name)
    return found


def _places(raw: pd.DataFrame, path: Path) -> pd.DataFrame:
    level = raw["geographic_level"].map(PLACES)
    _refuse(level.isna(), raw["geographic_level"], path, "geographic_level", f"one of {', '.join(PLACES)}")
    digits = raw["time_period"].str.extract(r"^(\d{4})(\d{2})?$")
    _refuse(digits[0].isna(), raw["time_period"], path, "time_period", "a year such as 2023 or 202223")
    year = digits[0].astype(int) + digits[1].notna().astype(int)
    area = level == "area"
    _refuse(area & (raw["old_la_code"] == ""), raw["la_name"], path, "old_la_code", "a three-digit code")
    code = raw["old_la_code"].where(area, "")
    names = raw["la_name"].where(area, raw["region_name"].where(level == "region", raw["country_name"]))
    national = raw["new_la_code"].where(area, raw["region_code"].where(level == "region", raw["country_code"]))
    return pd.DataFrame(
        {
            "year": year,
            "period": raw["time_period"],
            "level": level,
            "la_code": code,
            "ons_code": national,
            "area": names,
            "region_code": raw["region_code"],
            "region_name": raw["region_name"],
            "area_status": _standing(code, year),
            "row": np.arange(len(raw)) + 2,
        }
    )


def _standing(code: pd.Series, year: pd.Series) -> np.ndarray:
    """Whether an area existed in a year."""
    gone = year > code.map(LAST_YEAR).fillna(9999)
    to_come = year < code.map(FIRST_YEAR).fillna(0)
    return np.select([gone, to_come], ["abolished", "not yet created"], "current")


def _line(raw: pd.DataFrame, labels: list[str]) -> dict[str, pd.Series]:
    """The labels joined, and apart: all but the last make the group."""
    spelt = [_respelt(raw[name]) for name in labels]
    nothing = pd.Series("", index=raw.index)
    group = spelt[0].str.cat(spelt[1:-1], sep=" · ") if len(spelt) > 1 else nothing
    item = spelt[-1] if spelt else nothing
    line = spelt[0].str.cat(spelt[1:], sep=" · ") if spelt else nothing
    return {"group": group, "item": item, "line": line}


def _respelt(column: pd.Series) -> pd.Series:
    def one(text: str) -> str:
        for pattern, new in RESPELT:
            text = pattern.sub(new, text)
        return text

    # Over the few labels there are, not over the rows.
    return column.map({text: one(text) for text in column.unique()})


def _numbers(raw: pd.DataFrame, name: str, path: Path) -> pd.DataFrame:
    cells = raw[name]
    number = pd.to_numeric(cells, errors="coerce")
    symbol = cells.isin(list(SYMBOLS))
    expected = f"a number or one of the symbols {', '.join(SYMBOLS)}"
    # "nan" and "inf" are numbers to Python, and none to a reader.
    _refuse((number.isna() & ~symbol) | np.isinf(number), cells, path, name, expected)
    return pd.DataFrame({"value": number.astype(float), "status": cells.where(symbol, "ok")})


def _refuse(wrong: pd.Series, cells: pd.Series, path: Path, column: str, expected: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        found = cells.iloc[row][:20]
        many = f" ({int(wrong.sum()):,} such rows)" if wrong.sum() > 1 else ""
        raise EesError(
            f'{path.name}, row {row + 2}, column {column}: {expected} was needed; found "{found}"{many}. '
            "Download the file again, or correct the cell."
        )


# One area, one row


def _one_row_each(places: pd.DataFrame, values: dict[str, pd.DataFrame], path: Path):
    """A single row for each area and line: of two national codes of one area, the one with figures."""
    key = [places[name] for name in ("year", "period", "level", "la_code", "line")]
    key.append(places["region_code"].where(places["level"] == "region", ""))
    number = pd.DataFrame(dict(enumerate(key))).groupby(list(range(len(key))), sort=False).ngroup()
    twice = number.duplicated(keep=False)
    if not twice.any():
        return places, values
    filled = np.column_stack([table["value"].notna() for table in values.values()]).any(axis=1)
    spare = twice & ~filled & (places["ons_code"].groupby(number).transform("nunique") > 1)
    # Where neither has a figure the first one stays.
    spare &= pd.Series(filled).groupby(number).transform("any") | number.duplicated()
    left = number[~spare]
    again = left.duplicated()
    if again.any():
        second = int(again.index[again][0])
        first = int(left.index[left == left.loc[second]][0])
        row = places.loc[second]
        raise EesError(
            f"{path.name}, rows {places.loc[first, 'row']} and {row['row']}: both are {row['area']} in {row['period']} "
            f"for {row['line'] or 'the same line'}; keep one, so that it is not counted twice."
        )
    keep = ~spare.to_numpy()
    return places[keep].reset_index(drop=True), {n: t[keep].reset_index(drop=True) for n, t in values.items()}


def _refuse_double(places: pd.DataFrame, values: dict[str, pd.DataFrame], path: Path) -> None:
    """An area that is no more, or not yet, may have symbols and zeros, but no figure."""
    filled = np.column_stack([table["value"].fillna(0) != 0 for table in values.values()]).any(axis=1)
    ghost = (places["area_status"] != "current").to_numpy() & filled
    both = pd.DataFrame({"year": places["year"], "ghost": ghost, "code": places["la_code"], "filled": filled})
    for row in both[ghost].drop_duplicates(["year", "code"]).itertuples():
        others = SUCCESSORS.get(row.code) or ", ".join(old for old, new in SUCCESSORS.items() if row.code in new)
        partners = both["code"].isin(others.split(", ")) & both["filled"] & (both["year"] == row.year)
        if partners.any():
            found = places.loc[row.Index]
            raise EesError(
                f"{path.name}, row {found['row']}: {found['area']} ({row.code}) has a figure for {row.year}, and so "
                f"have {others}, which are the same place before or after a reorganisation; keep one of them."
            )


# Tall


def _tall(places: pd.DataFrame, values: dict[str, pd.DataFrame]) -> pd.DataFrame:
    kinds = {name: FIGURES.get(name, name) for name in values}
    by_kind = {kind: values[name] for name, kind in kinds.items()}
    places = places.assign(better=_direction(places["line"]))
    parts = []
    for name, kind in kinds.items():
        if kind == "population":
            continue
        unit, per = UNITS.get(kind, ("", 1.0))
        part = places.assign(figure=kind, unit=unit, per=per, **values[name])
        parts.append(part.assign(**_sums(places, by_kind, kind)))
    table = pd.concat(parts, ignore_index=True)
    return _unmixed(table)[list(COLUMNS)]


def _unmixed(table: pd.DataFrame) -> pd.DataFrame:
    """Averages and percentages that stand in a column of counts, as what they are.

    "Percentage of children who …" is the line "Children who …" over "Children looked after during the year", where
    the file has both.
    """
    counted = table["figure"] == "count"
    average = counted & table["item"].str.contains(AVERAGE)
    share = counted & table["item"].str.startswith(SHARE)
    table = table.assign(
        figure=table["figure"].mask(average, "average").mask(share, "percent"),
        unit=table["unit"].mask(average, "").mask(share, "%"),
        per=table["per"].mask(share, 100.0),
        numerator=table["numerator"].mask(average | share),
    )
    if share.any():
        key = ["year", "period", "level", "la_code", "region_code"]
        by_item = table[counted & ~average & ~share].set_index([*key, "item"])["value"]
        wanted = table.loc[share, [*key, "item"]]
        people = wanted["item"].str.removeprefix(SHARE).str.capitalize()
        for column, item in (("numerator", people), ("denominator", BASE_OF_SHARE)):
            places = pd.MultiIndex.from_frame(wanted.assign(item=item))
            table.loc[share, column] = by_item.reindex(places).to_numpy()
    return table


def _direction(line: pd.Series) -> pd.Series:
    def one(text: str) -> str:
        return next((way for pattern, way in DIRECTIONS if pattern.search(text)), "neutral")

    return line.map({text: one(text) for text in line.unique()})


def _sums(places: pd.DataFrame, tables: dict[str, pd.DataFrame], kind: str) -> dict[str, pd.Series]:
    """Numerator and denominator of a figure, where the file gives them."""
    nothing = pd.Series(np.nan, index=places.index)
    if "count" not in tables:
        return {"numerator": nothing, "denominator": nothing}
    count = tables["count"]["value"]
    if kind == "count":
        return {"numerator": count, "denominator": nothing}
    if kind == "rate" and "population" in tables:
        return {"numerator": count, "denominator": tables["population"]["value"]}
    if kind == "percent":
        return {"numerator": count, "denominator": _bases(places, count, tables["percent"]["value"])}
    return {"numerator": nothing, "denominator": nothing}


def _bases(places: pd.DataFrame, count: pd.Series, percent: pd.Series) -> pd.Series:
    """Each percentage's base: the line of its group whose count reproduces the published percentages.

    Counts of areas are exact, so a base is believed when it gives 98 in 100 of the areas' percentages to the whole
    number. The line that is 100 % of itself is tried first.
    """
    rows = pd.DataFrame(
        {
            "place": places["level"] + places["la_code"] + places["region_code"] + places["period"],
            "level": places["level"],
            "group": places["group"],
            "item": places["item"],
            "count": count,
            "percent": percent,
        }
    )
    found = pd.Series(np.nan, index=places.index)
    for _, part in rows.groupby("group", sort=False):
        wide = part.pivot(index="place", columns="item", values="count")
        whole = part[part["percent"].notna()].groupby("item")["percent"].agg(lambda p: (p == 100).mean())
        order = [*whole[whole > 0.99].index, *whole[whole <= 0.99].index]
        for _, line in part.groupby("item", sort=False):
            base = _believed(line, wide, order)
            if base is not None:
                found.loc[line.index] = wide[base].reindex(line["place"]).to_numpy()
    return found


def _believed(line: pd.DataFrame, wide: pd.DataFrame, order: list[str]) -> str | None:
    areas = line[(line["level"] == "area") & line["percent"].notna() & line["count"].notna()]
    for base in order:
        n = wide[base].reindex(areas["place"]).to_numpy()
        known = n > 0
        if not known.any():
            continue
        made = 100 * areas["count"].to_numpy()[known] / n[known]
        if (np.abs(made - areas["percent"].to_numpy()[known]) <= 0.51).mean() >= 0.98:
            return base
    return None
