"""Tables of protected series for reading: real captions and headings, figures aligned, symbols explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.views import charts, numbers, shown, words
from incare.views.markup import Html, joined, tag

RAG_MEANING = (
    "Green: at the target or better. Amber: within the agreed margin of it. Red: further away. "
    "Measures without a target, or where neither direction is better, have no colour."
)
ROUNDED_RATINGS = (
    "Colours follow the figures as printed, rounded to whole percentages: a figure within half a point of a limit "
    "may have another colour in the report for officers."
)
CHANGE_MEANING = (
    "A change is called improved or worse only when chance alone would rarely produce it (95% interval); "
    "otherwise the word is “no clear change”."
)
_SHAPES = {
    "Green": '<circle cx="7" cy="7" r="6"/>',
    "Amber": '<path d="M7 1 13.5 13H.5z"/>',
    "Red": '<path d="M1 1h12v12H1z"/>',
}
_ARROWS = {"improved": "✓", "worse": "✕", "higher": "↑", "lower": "↓"}
# Columns that hold one child's particulars; a table for the page never has them.
_PERSONAL = {"child", "child_id", "dob", "date_of_birth", "upn", "name", "forename", "surname", "postcode", "address"}


def scorecard(protected: Protected, catalogue: Catalogue, sparklines: bool = True, targets: dict | None = None) -> Html:
    """One row for each measure: newest figure, target and its colour, earlier figures, what changed, a small line.

    Mixes of parts are left out: their total says nothing.
    """
    single = [m for m in catalogue if not shown.is_mix(m)]
    heads = ["Measure", "Latest", "Target", "Rating", "Previous period", "Year before", *["Trend"] * sparklines]
    body = [_scorecard_row(protected, m, sparklines, targets) for m in single]
    found = pd.concat([shown.rows(protected, m).tail(1) for m in single])
    end = numbers.long_date(found["period_end"].max())
    notes = [*legend(found), *rag_meaning(protected), CHANGE_MEANING]
    return laid_out(f"Scorecard to {end}", heads, body, notes, class_="scorecard")


def _scorecard_row(protected: Protected, measure: Measure, sparklines: bool, targets: dict | None) -> Html:
    found = shown.rows(protected, measure)
    row, target = found.iloc[-1], shown.target_of(found, measure, targets)
    cells = [
        tag("th", measure.title, scope="row"),
        tag("td", tag("strong", symbol_cell(row)), tag("span", unit_and_n(row), class_="quiet"), class_="n"),
        tag("td", "–" if target is None else numbers.number(target, row["unit"]), class_="n"),
        tag("td", rating(row)),
        before_cell(shown.previous(found), words.change_word(found, "previous")),
        before_cell(shown.year_ago(found), words.change_word(found, "year_ago")),
    ]
    if sparklines:
        cells.append(tag("td", charts.sparkline(protected, measure)))
    return tag("tr", *cells)


def before_cell(before: pd.Series | None, word: str) -> Html:
    """An earlier figure as a cell, with the word of what changed since."""
    return tag("td", symbol_cell(before), change(word) if word else None, class_="n")


def rag_meaning(protected: Protected) -> list[str]:
    """What the colours mean, and in public that rounding may change one."""
    return [RAG_MEANING] + ([ROUNDED_RATINGS] if protected.profile == "public" else [])


def unit_and_n(row: pd.Series) -> str:
    """The unit and the numbers behind a figure, as small print; empty for a percentage that has none."""
    unit = "" if row["unit"] == "%" or not numbers.is_shown(row) else row["unit"]
    return ", ".join(text for text in (unit, numbers.n_of_d(row)) if text)


def rating(row: pd.Series) -> Html:
    """Green, amber or red as a word, a shape and a colour; a dash where there is none."""
    word = words.rag_word(row) if numbers.is_shown(row) else ""
    if not word:
        return Html("–")
    shape = Html(f'<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">{_SHAPES[word]}</svg>')
    return tag("span", shape, word, class_=f"rag {word.lower()}")


def change(word: str) -> Html:
    """A change word with its mark."""
    mark = tag("span", _ARROWS[word], aria_hidden="true") + Html(" ") if word in _ARROWS else None
    return tag("span", mark, word, class_=f"change {word.split()[0]}")


def series(protected: Protected, measure: Measure | str, last: int = 8) -> Html:
    """A measure's newest periods, newest first: figure, counts, 95 % interval."""
    known = shown.facts(measure)
    found = shown.rows(protected, known).tail(last).iloc[::-1]
    grain = found["grain"].iloc[0].capitalize()
    heads = [grain, *_figure_heads(known, found)]
    body = [
        tag(
            "tr",
            tag("th", numbers.period_label(row["period_end"], row["grain"]), scope="row", class_="date"),
            *_figures(row, heads),
        )
        for _, row in found.iterrows()
    ]
    return laid_out(f"{known.title}, last {len(found)} {grain.lower()}s", heads, body, legend(found))


def _period_head(row: pd.Series) -> Html:
    return tag("th", numbers.period_label(row["period_end"], row["grain"]), scope="row", class_="date")


def breakdown(protected: Protected, measure: Measure | str, by: str) -> Html:
    """The newest period by category, with everyone in the last row."""
    known = shown.facts(measure)
    found = shown.newest(shown.rows(protected, known, by))
    everyone = shown.rows(protected, known).tail(1)
    both = pd.concat([found, everyone])
    heads = ["Group", *_figure_heads(known, both)]
    body = [
        tag("tr", tag("th", row["category"], scope="row"), *_figures(row, heads), class_="all" if last else None)
        for row, last in _with_last(both)
    ]
    caption = f"{known.title} by {words.breakdown_title(by)}, {numbers.period_words(found.iloc[0], known)}"
    return laid_out(caption, heads, body, [*legend(both), rounding(protected)])


def mix(protected: Protected, measure: Measure | str, last: int = 5) -> Html:
    """The parts of a mix over the newest periods, oldest first, each part a row."""
    known = shown.facts(measure)
    found = shown.rows(protected, known, known.parts)
    ends = sorted(found["period_end"].unique())[-last:]
    found = found[found["period_end"].isin(ends)]
    grain = found["grain"].iloc[0]
    heads = ["Part", *(numbers.period_label(end, grain) for end in ends)]
    body = [_mix_row(part, rows) for part, rows in found.groupby("category", sort=False)]
    caption = f"{known.title}, {known.unit}, {grain}s to {numbers.long_date(ends[-1])}"
    return laid_out(caption, heads, body, [*legend(found), rounding(protected)])


def _mix_row(part: str, rows: pd.DataFrame) -> Html:
    figures = (tag("td", symbol_cell(row), class_="n") for _, row in rows.iterrows())
    return tag("tr", tag("th", part, scope="row"), *figures)


def parts_by(protected: Protected, measure: Measure | str, by: str) -> Html:
    """The parts of a mix in the newest period, each part a row and each group of a breakdown a column."""
    known = shown.facts(measure)
    found = shown.newest(shown.rows(protected, known, f"{by} / {known.parts}"))
    group, part = (found["category"].str.split(" / ", n=1).str[n] for n in (0, 1))
    everyone = shown.newest(shown.rows(protected, known, known.parts)).set_index("category")
    groups, parts = list(dict.fromkeys(group)), list(dict.fromkeys(part))
    cells = {(g, p): row for g, p, (_, row) in zip(group, part, found.iterrows(), strict=True)}
    body = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            *(tag("td", symbol_cell(cells.get((g, name))), class_="n") for g in groups),
            tag("td", symbol_cell(everyone.loc[name]), class_="n"),
        )
        for name in parts
    ]
    caption = (
        f"{known.title} by {words.breakdown_title(by)}, {known.unit}, {numbers.period_words(found.iloc[0], known)}"
    )
    return laid_out(caption, ["Part", *groups, "All"], body, [*legend(found), rounding(protected)])


def forecast(forecasts, measure: Measure | str, every: int = 1) -> Html:
    """What is expected at each coming date, with 80 % and 95 % intervals; `every` keeps each n-th date and the last."""
    known = shown.facts(measure)
    frame = words.forecast_frame(forecasts, known)
    kept = frame.iloc[::-1].iloc[::every].iloc[::-1]
    heads = ["Date", "Expected", "80% interval", "95% interval"]
    body = [
        tag(
            "tr",
            tag("th", numbers.short_month(row["ds"]), scope="row", class_="date"),
            tag("td", numbers.number(row["mean"], known.unit), class_="n"),
            *(tag("td", between(row, low, high, known.unit), class_="n") for low, high in _BANDS),
        )
        for _, row in kept.iterrows()
    ]
    method = f"Method: {frame['method'].iloc[0]}." if "method" in frame else ""
    return laid_out(f"{known.title}: forecast, {known.unit}", heads, body, [method])


_BANDS = (("lo80", "hi80"), ("lo95", "hi95"))


def backtest(frame: pd.DataFrame, unit: str = "", title: str = "") -> Html:
    """How wrong the forecasting method was when tried on past dates, beside two simple rivals.

    `title` names what was forecast, so that two such tables on a page can be told apart.
    """
    heads = ["Periods ahead", "Tries", "Mean error", "Last value repeated", "Same season last year"]
    heads += ["In 80% interval", "In 95% interval"]
    body = [_backtest_row(row) for _, row in frame.iterrows()]
    methods = frame["method"].dropna().unique()
    notes = [
        f"Method: {'; '.join(methods)}." if len(methods) else "",
        "Mean error: how far the forecast was from what happened, on average. Smaller is better.",
    ]
    caption = f"Past error of the forecast{f': {title}' if title else ''}{f', {unit}' if unit else ''}"
    return laid_out(caption, heads, body, notes)


def _backtest_row(row: pd.Series) -> Html:
    errors = (_plain_number(row[c], 1) for c in ("mae", "mae_last_value", "mae_seasonal_naive"))
    covers = ("–" if pd.isna(row[c]) else numbers.number(row[c], "%") for c in ("cover80", "cover95"))
    figures = (_plain_number(row["origins"]), *errors, *covers)
    ahead = tag("th", _plain_number(row["horizon"]), scope="row")
    return tag("tr", ahead, *(tag("td", f, class_="n") for f in figures))


def benchmark(protected: Protected, measure: Measure | str, given: pd.DataFrame | None = None) -> Html:
    """Other areas' published figures, or the words that there are none to compare with.

    `given` is as `shown.benchmark_of` takes it; without it the rows' own `benchmark_value` is shown.
    """
    known = shown.facts(measure)
    frame = shown.benchmark_of(shown.rows(protected, known), given)
    if frame.empty:
        return tag("p", "Benchmark: not applicable. No published figure is comparable.", class_="quiet")
    newest = frame.sort_values("period_end").groupby("area", sort=False).tail(1)
    body = [_benchmark_row(row, known) for _, row in newest.iterrows()]
    sources = "; ".join(dict.fromkeys(frame["source"].dropna())) if "source" in frame else ""
    heads = ["Area", "Published figure", "Period ending"]
    return laid_out(f"{known.title}: other areas", heads, body, [f"Source: {sources}." if sources else ""])


def _benchmark_row(row: pd.Series, known: Measure) -> Html:
    published = numbers.number(row["value"], known.unit) if pd.notna(row["value"]) else str(row.get("status") or "x")
    return tag(
        "tr",
        tag("th", row["area"], scope="row"),
        tag("td", published, class_="n"),
        tag("td", numbers.long_date(row["period_end"]), class_="n"),
    )


# Columns whose numbers are names.
_TEXTS = ("rule", "table", "year_to_31_march")
# Columns whose names are written otherwise than as words.
_HEADS = {"year_to_31_march": "Year to 31 March", "ad1": "AD1", "oc2": "OC2", "oc3": "OC3", "uasc": "UASC"}


def plain(frame, caption: str, heads: dict[str, str] | None = None) -> Html:
    """Any small table of counts and words, such as a reconciliation, as it stands.

    `frame` is protected, or a frame without child-level columns. `heads` gives the columns to show, in order, with
    their headings; without it all are shown under their own names. Raises `TypeError` for a frame with a child's
    particulars.
    """
    rows = frame.frame if isinstance(frame, Protected) else frame
    rows = rows if heads is None else rows[list(heads)]
    personal = [name for name in rows.columns if str(name).lower() in _PERSONAL]
    if personal:
        raise TypeError(f"A page never shows rows of children; this table has the column {personal[0]}. Count first.")
    if rows.empty:
        return tag("p", tag("strong", caption), ": none.")
    figures = [name not in _TEXTS and _is_figures(rows[name]) for name in rows.columns]
    body = [_plain_row(row, figures) for row in rows.itertuples(index=False)]
    known = _HEADS | (heads or {})
    named = [known.get(name, str(name).replace("_", " ").capitalize()) for name in rows.columns]
    return laid_out(caption, named, body, [], figures=figures)


def _is_figures(column: pd.Series) -> bool:
    """Whether a column holds numbers, or numbers as printed with hidden ones among them."""
    if pd.api.types.is_numeric_dtype(column):
        return True
    return bool(column.astype(str).str.fullmatch(r"[\d,]+(\.\d+)?|[czx]").all()) and column.astype(str).ne("").all()


def _plain_row(row: tuple, figures: list[bool]) -> Html:
    first, *others = row
    return tag(
        "tr",
        tag("th", _plain_text(first), scope="row"),
        *(tag("td", _plain_text(v), class_="n" if f else None) for v, f in zip(others, figures[1:], strict=True)),
    )


def _plain_text(value) -> str:
    if isinstance(value, pd.Timestamp) and pd.notna(value):
        return numbers.long_date(value)
    if pd.isna(value):
        return "–"
    return value if isinstance(value, str) else _plain_number(value, 0 if float(value).is_integer() else 1)


# Shared by the tables above


def _figure_heads(known: Measure, found: pd.DataFrame) -> list[str]:
    heads = [known.unit.capitalize() if known.unit != "%" else "%"]
    if any(numbers.n_of_d(row) for _, row in found.iterrows()):
        heads.append("Number")
    if found[["lower", "upper"]].notna().any(axis=None):
        heads.append("95% interval")
    return heads


def _figures(row: pd.Series, heads: Sequence[str]) -> list[Html]:
    cells = [tag("td", tag("strong", symbol_cell(row)), class_="n")]
    if "Number" in heads:
        cells.append(tag("td", numbers.n_of_d(row) or "–", class_="n"))
    if "95% interval" in heads:
        cells.append(tag("td", between(row, "lower", "upper", row["unit"]), class_="n"))
    return cells


def between(row: pd.Series, low: str, high: str, unit: str) -> str:
    """Two limits of a row as printed in a unit, such as `70% to 77%`; a dash where one is missing."""
    if pd.isna(row[low]) or pd.isna(row[high]):
        return "–"
    return numbers.limits(row[low], row[high], unit)


def symbol_cell(row: pd.Series | None) -> Html:
    """A row's figure, or its symbol with the meaning for those who hear the page."""
    text = numbers.cell(row)
    if row is None or numbers.is_shown(row):
        return tag("span", text)
    return tag("abbr", text, title=numbers.SYMBOLS[text])


def legend(found: pd.DataFrame) -> list[str]:
    """One note for each symbol used, and each reason given once."""
    missing = [row for _, row in found.iterrows() if not numbers.is_shown(row)]
    return [
        f"{symbol}: {meaning}."
        for symbol, meaning in dict.fromkeys((numbers.symbol(r), numbers.why_missing(r)) for r in missing)
    ]


def rounding(protected: Protected) -> str:
    """The note that counts are rounded; empty in the restricted profile."""
    base = protected.rules.base
    return f"Counts are rounded to the nearest {base}, so they may not add up." if protected.profile == "public" else ""


def _plain_number(value, places: int = 0) -> str:
    return "–" if pd.isna(value) else f"{numbers.half_up(value, places):,}"


def _with_last(frame: pd.DataFrame):
    count = len(frame)
    return [(row, i == count - 1) for i, (_, row) in enumerate(frame.iterrows())]


def laid_out(
    caption: str,
    heads: Sequence[str],
    body: Iterable[Html],
    notes: Iterable[str],
    class_: str | None = None,
    figures: Sequence[bool] | None = None,
) -> Html:
    """A table in a region of its own that scrolls sideways, so that the page never does."""
    texts = ("Measure", "Rating", "Trend", "Method")
    right = figures or [i > 0 and name not in texts for i, name in enumerate(heads)]
    head = tag("tr", *(tag("th", n, scope="col", class_="n" if r else None) for n, r in zip(heads, right, strict=True)))
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", joined(body)), class_=class_)
    region = tag("div", table, class_="scroll", role="region", aria_label=caption, tabindex="0")
    said = " ".join(note for note in notes if note)
    return region + (tag("p", said, class_="note") if said else Html())
