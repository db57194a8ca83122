"""An area's published figures beside England, its region and its statistical neighbours, as a table to read."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from incare.published.ees import SYMBOLS
from incare.views import numbers
from incare.views.markup import Html, tag

HEADS = ("Measure", "Here", "England", "Region", "Neighbours (median)", "Rank", "Since the year before")
MARKS = {"better": "✓", "worse": "✕", "higher": "↑", "lower": "↓", "similar": "≈"}
MEANING = (
    "Better and worse: England's (or the region's, or the neighbours') figure lies outside the 95% interval of the "
    "figure here. Similar: inside it. Rank 1 is best, or the highest where neither direction is better. Bands are "
    "quarters of the areas with a figure, A the best. The word beside the neighbours compares with all of them "
    "together. Hidden figures are counted and left out; where fewer than half can be seen there is neither word nor "
    "band, as small numbers are the ones that are hidden."
)


def table(compared: pd.DataFrame, year: int | None = None, lines: Sequence[str] = ()) -> Html:
    """The shares and rates of one year, a row for each line; `lines` chooses and orders them.

    `compared` is as `stats.neighbours.compare` returns it. Symbols stand where a figure is not published, explained
    under the table. Raises `ValueError` for a year or lines that it does not hold.
    """
    year = int(compared["year"].max()) if year is None else year
    rows = compared[(compared["year"] == year) & (compared["figure"] != "count")]
    absent = [line for line in lines if line not in set(rows["line"])]
    if rows.empty or absent:
        found = ", ".join(f"“{line}”" for line in absent) or "shares or rates"
        raise ValueError(f"The comparison for {year} holds no {found}.")
    if lines:
        rows = rows.set_index("line").loc[list(lines)].reset_index()
    else:
        # A whole is 100 % of itself everywhere, and says nothing.
        rows = rows[~((rows["value"] == 100) & (rows["england"] == 100))]
    head = tag("tr", *(tag("th", name, scope="col", class_="n" if i else None) for i, name in enumerate(HEADS)))
    body = [_row(row) for _, row in rows.iterrows()]
    caption = f"{rows['area'].iloc[0]} compared, year to 31 March {year}"
    made = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body), class_="compare")
    region = tag("div", made, class_="scroll", role="region", aria_label=caption, tabindex="0")
    said = " ".join([*_symbols(rows), *_counts(rows), MEANING, f"Region: {rows['region_name'].iloc[0]}."])
    return region + tag("p", said, class_="note")


def _row(row: pd.Series) -> Html:
    return tag(
        "tr",
        tag("th", row["line"], scope="row"),
        tag("td", tag("strong", _figure(row["value"], row["status"], row["unit"])), _quiet(_of(row)), class_="n"),
        _other(row, "england"),
        _other(row, "region"),
        _neighbours(row),
        tag("td", _rank(row), _quiet(f"band {row['quartile_band']}" if row["quartile_band"] else ""), class_="n"),
        tag("td", _travel(row), class_="n"),
    )


def _figure(value, status: str, unit: str) -> str:
    if status != "ok" or pd.isna(value):
        return str(status) if status in SYMBOLS else "–"
    return numbers.number(value, unit)


def _quiet(text: str) -> Html | None:
    return tag("span", f" {text}", class_="quiet") if text else None


def _of(row: pd.Series) -> str:
    parts = []
    if row["unit"] == "%" and pd.notna(row["numerator"]) and pd.notna(row["denominator"]):
        parts.append(f"{row['numerator']:,.0f} of {row['denominator']:,.0f}")
    if pd.notna(row["lower"]) and pd.notna(row["upper"]):
        parts.append(numbers.limits(row["lower"], row["upper"], row["unit"]))
    return ", ".join(parts)


def _other(row: pd.Series, name: str) -> Html:
    return tag(
        "td", _figure(row[name], row[f"{name}_status"], row["unit"]), word_cell(row[f"{name}_category"]), class_="n"
    )


def word_cell(category: str) -> Html | None:
    """The word of a comparison with its mark, to stand in a cell; None when nothing was compared."""
    if category not in MARKS:
        return None
    mark = tag("span", MARKS[category], aria_hidden="true")
    return tag("span", Html(" ") + mark + Html(" "), category, class_=f"change {category}")


def _neighbours(row: pd.Series) -> Html:
    if pd.isna(row["neighbours_total"]):
        return tag("td", "–", class_="n")
    value = _figure(row["neighbours_median"], "ok", row["unit"])
    used = f"{row['neighbours_used']} of {row['neighbours_total']}"
    return tag("td", value, _quiet(used), word_cell(row["neighbours_category"]), class_="n")


def _rank(row: pd.Series) -> str:
    return "–" if pd.isna(row["rank"]) else f"{row['rank']} of {row['ranked']}"


def _travel(row: pd.Series) -> str | Html:
    if pd.isna(row["change"]):
        return "–"
    sign = "+" if row["change"] > 0 else "−" if row["change"] < 0 else "±"
    points = " points" if row["unit"] == "%" else ""
    return f"{sign}{abs(row['change']):g}{points}, {row['direction']}"


def _symbols(rows: pd.DataFrame) -> list[str]:
    used = {s for name in ("status", "england_status", "region_status") for s in rows[name] if s in SYMBOLS}
    return [f"{symbol}: {SYMBOLS[symbol]}." for symbol in SYMBOLS if symbol in used]


def _counts(rows: pd.DataFrame) -> list[str]:
    hidden = rows["neighbours_suppressed"].fillna(0).gt(0).sum()
    return [f"In {hidden} of {len(rows)} lines some neighbours' figures are hidden."] if hidden else []
