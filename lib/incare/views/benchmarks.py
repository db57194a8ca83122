"""How an area compares: its own figures beside England's, and published figures beside region and neighbours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from incare.disclosure.protect import Protected, write_table
from incare.measure import Catalogue, Measure
from incare.published.files import PublishedFiles
from incare.stats import neighbours as stats
from incare.views import compare_table, funnel_chart, numbers, shown, tables
from incare.views.markup import Html, joined, tag

MOST_FUNNELS = 4
TO_GIVE = (
    "Put files of Explore Education Statistics (Children looked after in England, as downloaded) and the workbook of "
    "statistical neighbours into one folder, and name the folder under the key benchmarks in the params file."
)
WOULD_ADD = (
    "This page would then show, for each published share and rate: the region's figure, the median of the statistical "
    "neighbours with the hidden ones counted, the rank and quarter among all areas, better, similar or worse by 95% "
    "intervals, and a funnel plot of all areas where the sizes of their groups are published."
)
ENGLAND_MEANING = (
    "Better or worse: England's figure lies outside the 95% interval of the figure here; similar: inside it. "
    "England's figures are of years to 31 March; a figure here of another period is compared all the same, and says "
    "its own."
)


def beside_england(found: pd.DataFrame, published: pd.DataFrame | None) -> tuple[float, int, str, str] | None:
    """England's newest figure up to a measure's newest row: value, year, the word of the comparison, and its source.

    `found` holds the rows of one measure, oldest first; `published` is the table of England's figures. None when
    there is none.
    """
    if published is None:
        return None
    frame = shown.benchmark_of(found, published).dropna(subset="value")
    if frame.empty:
        return None
    last, row = frame.sort_values("period_end").iloc[-1], found.iloc[-1]
    better = "neutral" if row["better"] == "neither" else row["better"]
    here = [row["value"], row["lower"], row["upper"]] if numbers.is_shown(row) else [float("nan")] * 3
    word = stats.category(*([value] for value in here), [last["value"]], [better])[0]
    # A number of children follows the size of the area.
    if row["unit"] not in ("%", "per 10,000", "days"):
        word = "not comparable"
    return float(last["value"]), int(last["period_end"].year), str(word), str(last["source"])


def england_cell(found: pd.DataFrame, published: pd.DataFrame | None) -> Html:
    """England's figure and the word of the comparison, as a cell of a table; a dash when there is none."""
    beside = beside_england(found, published)
    if beside is None:
        return tag("td", "–", class_="n")
    value, year, word, _ = beside
    figure = numbers.number(value, found["unit"].iloc[-1])
    return tag("td", figure, tag("span", f"{year}", class_="quiet"), compare_table.word_cell(word), class_="n")


def england(protected: Protected, catalogue: Catalogue, published: pd.DataFrame) -> Html:
    """Every measure with a published figure for England: here with its interval and period, England, and the word."""
    rows = [(m, shown.rows(protected, m)) for m in catalogue if not shown.is_mix(m)]
    compared = [(m, found, beside) for m, found in rows if (beside := beside_england(found, published))]
    if not compared:
        return tag("p", "No measure of this pack has a comparable published figure for England.", class_="empty")
    heads = ["Measure", "Here", "95% interval", "Period", "England", "Year to 31 March", "Compared"]
    body = [_england_row(m, found.iloc[-1], *beside) for m, found, beside in compared]
    without = [m.title for m, found in rows if m.id not in {known.id for known, *_ in compared}]
    sources = dict.fromkeys(beside[3] for *_, beside in compared)
    newest = pd.concat([found.tail(1) for _, found, _ in compared])
    notes = [*tables.legend(newest), ENGLAND_MEANING, f"Source: {'; '.join(sources)}."]
    right = [name in ("Here", "95% interval", "England", "Year to 31 March") for name in heads]
    made = tables.laid_out("Figures here beside England's", heads, body, notes, class_="scorecard", figures=right)
    if not without:
        return made
    return made + tag("p", f"Not applicable, no comparable published figure: {'; '.join(without)}.", class_="quiet")


def _england_row(measure: Measure, row: pd.Series, value: float, year: int, word: str, _source: str) -> Html:
    said = compare_table.word_cell(word) or tag("span", word)
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag("td", tag("strong", tables.symbol_cell(row)), tag("span", numbers.n_of_d(row), class_="quiet"), class_="n"),
        tag("td", tables.between(row, "lower", "upper", row["unit"]) if numbers.is_shown(row) else "–", class_="n"),
        tag("td", numbers.period_words(row, measure)),
        tag("td", numbers.number(value, row["unit"]), class_="n"),
        tag("td", str(year), class_="n"),
        tag("td", said),
    )


def summary(protected: Protected, catalogue: Catalogue, published: pd.DataFrame) -> Html:
    """Which measures are better, worse, or no different from England, by the intervals and never by hand."""
    rows = [(m, shown.rows(protected, m)) for m in catalogue if not shown.is_mix(m)]
    words = {m.title: beside[2] for m, found in rows if (beside := beside_england(found, published))}
    boxes = {
        "Better than England": ("better",), "Worse than England": ("worse",),
        "Higher or lower, neither being better": ("higher", "lower"), "Similar to England": ("similar",),
    }  # fmt: skip
    listed = (_box(name, [title for title, word in words.items() if word in wanted]) for name, wanted in boxes.items())
    return tag("div", joined(listed), class_="highlights")


def _box(name: str, titles: list[str]) -> Html:
    listed = tag("ul", *(tag("li", title) for title in titles)) if titles else tag("p", "None.", class_="quiet")
    return tag("section", tag("h3", name, data_contents="no"), listed)


def region_and_neighbours(files: PublishedFiles, area: str, comparators: Sequence[str] = ()) -> Html:
    """A section for each published table: the area beside England, region and neighbours, and its funnel plots.

    `comparators` names areas, by name or code, that stand in the place of the statistical neighbours. Without tables
    the page says what to give and what it would add; what could not be read or found is named.
    """
    problems = [tag("p", problem, class_="empty") for problem in files.problems]
    if not files.tables:
        return joined(problems) + tag("p", TO_GIVE) + tag("p", WOULD_ADD)
    parts = [_table_section(name, table, files, area, comparators) for name, table in files.tables.items()]
    return joined([*problems, _who(files, area, comparators), *parts])


# What the page prints of a comparison, and the file beside it holds.
WRITTEN = (
    *("table", "year", "area", "line", "figure", "unit", "better", "value", "numerator", "denominator", "lower"),
    *("upper", "england", "england_category", "region", "region_category", "neighbours_median", "neighbours_used"),
    *("neighbours_total", "neighbours_category", "rank", "ranked", "quartile_band", "previous_value", "areas_shown"),
)


def write(
    files: PublishedFiles,
    area: str,
    comparators: Sequence[str] = (),
    folder: str | os.PathLike | None = "",
    name: str = "published",
) -> Path | None:
    """Write the published figures that the page compares as `<folder>/<name>.csv`; None without a folder or a figure.

    Columns: those of `WRITTEN`, a row for each line of each table; `table` is the file's name, `areas_shown` how many
    areas have a figure whose size is known, as a funnel draws them. The figures are DfE's own and are not protected
    again: what is published cannot be taken back, and a reader may look it up. Tables without the area are left out.
    **Source** the files given; Explore Education Statistics.
    """
    parts = []
    for title, table in files.tables.items():
        try:
            _, _, compared = _beside(table, files, area, comparators)
        except stats.NeighboursError:
            continue
        chosen, _ = _chosen(compared)
        counted = table[(table["level"] == "area") & table["numerator"].notna() & (table["denominator"] > 0)]
        known = counted.groupby(["line", "figure", "year"]).size().rename("areas_shown").reset_index()
        parts.append(chosen.merge(known, on=["line", "figure", "year"], how="left").assign(table=title))
    if not parts:
        return None
    found = pd.concat(parts, ignore_index=True)
    return write_table(found[[column for column in WRITTEN if column in found]], folder, name)


def _beside(table: pd.DataFrame, files: PublishedFiles, area: str, comparators: Sequence[str]):
    """The area's code, the list of its neighbours, and its figures beside others'."""
    code = stats.find_area(table, area)
    near = _named(table, code, comparators) if comparators else files.neighbours
    return code, near, stats.compare(table, code, near)


def _chosen(compared: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The newest year's shares and rates that a page prints, and how many lines without a direction it leaves out."""
    now = compared[(compared["year"] == compared["year"].max()) & (compared["figure"] != "count")]
    now = now[~((now["value"] == 100) & (now["england"] == 100))]
    directed = now[now["better"] != "neutral"]
    chosen = directed if len(directed) else now
    return chosen, now["line"].nunique() - chosen["line"].nunique()


def _who(files: PublishedFiles, area: str, comparators: Sequence[str]) -> Html:
    if comparators:
        return tag("p", f"Neighbours: the areas named in the params file ({', '.join(comparators)}).")
    if files.neighbours is None:
        return tag("p", "No list of statistical neighbours was given: put its workbook into the same folder.")
    places = pd.concat([table[table["level"] == "area"] for table in files.tables.values()])
    names = places.drop_duplicates("la_code").set_index("la_code")["area"]
    try:
        code = stats.find_area(places, area)
    except stats.NeighboursError as problem:
        return tag("p", str(problem), class_="empty")
    codes = files.neighbours.loc[files.neighbours["la_code"] == code, "neighbour_code"]
    if codes.empty:
        return tag("p", "The list of statistical neighbours does not hold this area.", class_="empty")
    listed = ", ".join(names.get(near, f"{near} (not in these files)") for near in codes)
    return tag("p", f"Statistical neighbours, the closest first: {listed}.")


def _table_section(name: str, table: pd.DataFrame, files: PublishedFiles, area: str, comparators) -> Html:
    title = tag("h3", _title(name), id=f"published-{name.replace(' ', '-')}")
    try:
        code, near, compared = _beside(table, files, area, comparators)
    except stats.NeighboursError as problem:
        return title + tag("p", str(problem), class_="empty")
    year = int(compared["year"].max())
    chosen, left = _chosen(compared)
    if chosen.empty:
        return title + tag("p", "The table has no share or rate to compare.", class_="empty")
    lines = list(dict.fromkeys(chosen["line"]))
    more = tag("p", f"{left} further lines, of which neither direction is better, are left out.", class_="note")
    # How many rows have hidden neighbours stands under the table.
    said = [tag("p", note, class_="note") for note in stats.notes(chosen) if not note.startswith("In ")]
    return joined(
        [
            title,
            # The caption names the table, so that two of them on a page can be told apart.
            compare_table.table(
                compared.assign(area=f"{compared['area'].iloc[0]}: {_lower(_title(name))}"), year, lines
            ),
            *said,
            more if left else Html(),
            _best(table, near, code, chosen, _title(name)),
            _funnels(table, code, near, chosen),
        ]
    )


def _named(table: pd.DataFrame, code: str, comparators: Sequence[str]) -> pd.DataFrame:
    """The areas named in the params file as a list of neighbours."""
    codes = [found for name in comparators if (found := stats.find_area(table, name)) != code]
    return pd.DataFrame({"la_code": code, "rank": range(1, len(codes) + 1), "neighbour_code": codes})


def _best(table: pd.DataFrame, near: pd.DataFrame | None, code: str, chosen: pd.DataFrame, title: str) -> Html:
    """The neighbour with the best published figure of each line, so that its practice can be asked for."""
    if near is None:
        return Html()
    codes = near.loc[near["la_code"] == code, "neighbour_code"]
    areas = table[table["la_code"].isin(codes) & (table["level"] == "area") & (table["status"] == "ok")]
    body = []
    for row in chosen[chosen["better"] != "neutral"].itertuples():
        there = areas[(areas["line"] == row.line) & (areas["figure"] == row.figure) & (areas["year"] == row.year)]
        if there.empty:
            continue
        top = there["value"].max() if row.better == "higher" else there["value"].min()
        names = there.loc[there["value"] == top, "area"]
        body.append(
            tag(
                "tr",
                tag("th", row.line, scope="row"),
                tag("td", ", ".join(names)),
                tag("td", numbers.number(top, row.unit), class_="n"),
                tag("td", f"{len(there)} of {codes.nunique()}", class_="n"),
            )
        )
    if not body:
        return Html()
    heads = ["Published figure", "Best among neighbours", "Figure", "With a figure"]
    caption = f"{title}: whose practice to ask about"
    return tables.laid_out(caption, heads, body, [], figures=[False, False, True, True])


def _funnels(table: pd.DataFrame, code: str, near: pd.DataFrame | None, chosen: pd.DataFrame) -> Html:
    """Funnel plots of the lines in which the area differs from England, where sizes are known."""
    apart = chosen[
        chosen["england_category"].isin(["better", "worse", "higher", "lower"]) & chosen["denominator"].gt(0)
    ]
    drawn = []
    for row in apart.head(MOST_FUNNELS).itertuples():
        try:
            drawn.append(funnel_chart.areas(table, row.line, code, near, int(row.year), row.figure))
        except funnel_chart.FunnelChartError:
            continue
    if not drawn:
        return tag("p", "No funnel plot: the area differs from England in no line whose sizes are published.",
                   class_="quiet")  # fmt: skip
    return tag("div", *drawn, class_="pair")


_OPENINGS = (
    ("la cla ", "children looked after "),
    ("la care leavers ", "care leavers "),
    ("cla ", "children looked after "),
    ("la ", ""),
)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _title(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").strip()
    for short, long in _OPENINGS:
        if words.lower().startswith(short):
            words = long + words[len(short) :]
            break
    return words[:1].upper() + words[1:]
