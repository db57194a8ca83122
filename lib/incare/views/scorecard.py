"""The scorecard: what is red, what moved, and whether it is signal; colour and process control side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.views import benchmarks, numbers, shown, signals, spc_chart, tables, words
from incare.views.markup import Html, joined, tag

_ROWS = (*signals.JUDGED, "not judged")
_COLUMNS = {
    "passes": "Target will be met",
    "hit or miss": "Target met or missed by chance",
    "fails": "Target will be missed",
}
MEANING = (
    "Variation is about the latest point alone, by the rules named on its chart. Assurance holds the target against "
    "the limits: only when both lie on one side of it will it be met, or missed, whatever chance brings. "
    "Fewer than 13 points that stand apart make trial limits, and the icon stays empty."
)
DISAGREE = "≠ marks the rows where colour and signal (or, with too few points, colour and long trend) disagree."


def grid(judged: Protected, catalogue: Catalogue) -> Html:
    """Every measure whose target can be judged in the cell of variation and assurance, the others by variation alone.

    The series must have been through `signals.judge`. Mixes of parts, and rows and columns without a measure, are left
    out.
    """
    rows = [(m, shown.latest(judged, m)) for m in catalogue if not shown.is_mix(m)]
    aimed = [(m, row) for m, row in rows if str(row["assurance"]) in signals.SURE]
    unsure = [(m, row) for m, row in rows if str(row["assurance"]) not in ("", *signals.SURE)]
    others = _by_variation("Targets that cannot be judged yet", unsure)
    others += _by_variation("Measures without a target", [(m, row) for m, row in rows if not str(row["assurance"])])
    if not aimed:
        return tag("p", "No grid: no measure has a target and enough points to judge it.", class_="empty") + others
    placed = [(m, row, _row_of(row), str(row["assurance"])) for m, row in aimed]
    used = [name for name in _COLUMNS if any(column == name for *_, column in placed)]
    heads = tag("tr", tag("th", "Latest point", scope="col"), *(tag("th", _COLUMNS[n], scope="col") for n in used))
    body = []
    for name in _ROWS:
        here = [item for item in placed if item[2] == name]
        if here:
            cells = (_cell([(m, row) for m, row, _, column in here if column == head]) for head in used)
            body.append(tag("tr", tag("th", _row_head(here[0][1]), scope="row"), *cells))
    caption = "Variation of the latest point by assurance of the target"
    made = tag("table", tag("caption", caption), tag("thead", heads), tag("tbody", *body), class_="scorecard grid")
    region = tag("div", made, class_="scroll", role="region", aria_label=caption, tabindex="0")
    return region + tag("p", MEANING, class_="note") + others


def _by_variation(title: str, rows: list[tuple[Measure, pd.Series]]) -> Html:
    """Measures under the icon of their variation; nothing when there are none."""
    if not rows:
        return Html()
    lines = []
    for name in _ROWS:
        here = [(m, row) for m, row in rows if _row_of(row) == name]
        if here:
            named = "; ".join(f"{m.title} ({_value(row)})" for m, row in here)
            lines.append(tag("li", _row_head(here[0][1]), f": {named}."))
    return tag("h3", title, data_contents="no") + tag("ul", *lines)


def _row_of(row: pd.Series) -> str:
    word = str(row["variation"])
    return word if word in signals.JUDGED else "not judged"


def _row_head(row: pd.Series) -> Html:
    if _row_of(row) == "not judged":
        # All that are not judged, for whatever reason, share one heading.
        row = pd.Series(row.to_dict() | {"variation": "too few points"})
    return signals.variation(row)


def _cell(items: list[tuple[Measure, pd.Series]]) -> Html:
    if not items:
        return tag("td", "–")
    return tag("td", *(tag("div", f"{m.title}: ", tag("strong", _value(row))) for m, row in items))


def _value(row: pd.Series) -> str:
    return numbers.number(row["value"], row["unit"]) if numbers.is_shown(row) else numbers.symbol(row)


def disagreements(judged: Protected, catalogue: Catalogue, trends: pd.DataFrame | None = None) -> Html:
    """Measures whose colour says one thing and whose signal says another, each in a sentence; words when none does.

    `trends` (`signals.trends`) decides where too few points stand apart for a signal.
    """
    found = [(m, shown.latest(judged, m)) for m in catalogue if not shown.is_mix(m)]
    found = [(m, row, signals.verdict(row, signals.trend_word(trends, m))) for m, row in found]
    apart = [(m, row, v) for m, row, v in found if v.agrees is False]
    unsure = [m for m, row, v in found if row.get("rag") in words.RAG and v.agrees is None]
    items = [
        tag("li", f"{m.title}: ", tables.rating(row), " ", tag("strong", _value(row)), f". {v.sentence}")
        for m, row, v in apart
    ]
    said = tag("ul", *items) if items else tag("p", "None: wherever both can be told, they say the same.")
    if not unsure:
        return said
    return said + tag(
        "p",
        f"No signal can be told yet, too few points stand apart: {'; '.join(m.title for m in unsure)}.",
        class_="quiet",
    )


def table(
    judged: Protected,
    catalogue: Catalogue,
    targets: dict | None = None,
    trends: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
) -> Html:
    """One row for each measure: figure, target and colour, earlier figures with their verdicts, signal, trend, England.

    `judged` has been through `signals.judge`; `trends` is that of `signals.trends`, `published` the table of England's
    figures. A row whose colour and signal disagree says so. Mixes of parts are left out: their total says nothing.
    """
    single = [m for m in catalogue if not shown.is_mix(m)]
    heads = ["Measure", "Latest", "Target", "Previous period", "Year before", "Signal and long trend", "England"]
    body = [_table_row(judged, m, targets, trends, published) for m in single]
    newest = pd.concat([shown.rows(judged, m).tail(1) for m in single])
    caption = f"Scorecard to {numbers.long_date(newest['period_end'].max())}"
    notes = [*tables.legend(newest), *tables.rag_meaning(judged), tables.CHANGE_MEANING, MEANING, DISAGREE]
    notes += [benchmarks.ENGLAND_MEANING] if published is not None else []
    right = [name in ("Latest", "Previous period", "Year before", "England") for name in heads]
    return tables.laid_out(caption, heads, body, notes, class_="scorecard", figures=right)


def _table_row(judged: Protected, measure: Measure, targets, trends, published) -> Html:
    found = shown.rows(judged, measure)
    row, target = found.iloc[-1], shown.target_of(found, measure, targets)
    goal = None if target is None else tag("span", f"target {numbers.number(target, row['unit'])}", class_="quiet")
    unit, count = tables.unit_and_n(row).partition(", ")[::2]
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag(
            "td",
            tag("strong", tables.symbol_cell(row)),
            *(tag("span", text, class_="quiet") for text in (unit, count) if text),
            class_="n",
        ),
        tag("td", tables.rating(row), goal),
        tables.before_cell(shown.previous(found), words.change_word(found, "previous")),
        tables.before_cell(shown.year_ago(found), words.change_word(found, "year_ago")),
        _signal(row, signals.trend_word(trends, measure)),
        benchmarks.england_cell(found, published),
    )


def icons(row: pd.Series) -> Html:
    """The icons of a judged row with their words, a line each, for a cell of a table."""
    lines = [signals.variation(row), *([signals.assurance(row)] if str(row["assurance"]) else [])]
    return joined(tag("span", line, class_="change") for line in lines)


def _signal(row: pd.Series, trend: str) -> Html:
    verdict = signals.verdict(row, trend)
    mark = tag("strong", "≠ ") if verdict.agrees is False else None
    sentence = tag("span", mark, verdict.sentence, class_="quiet") if row.get("rag") in words.RAG else None
    tested = tag("span", f"Long trend: {trend}", class_="quiet") if trend else None
    return tag("td", icons(row), tested, sentence, class_="signal")


def exceptions(
    judged: Protected,
    catalogue: Catalogue,
    targets: dict | None = None,
    trends: pd.DataFrame | None = None,
    last: int = 8,
) -> Html:
    """A control chart, a table and a verdict for every measure that is red, or whose latest point is of concern."""
    chosen = [m for m in catalogue if not shown.is_mix(m) and _is_exception(shown.latest(judged, m))]
    if not chosen:
        return tag("p", "No measure is red, and none shows a signal of concern.", class_="quiet")
    return joined(exception(judged, m, targets, trends, last) for m in chosen)


def _is_exception(row: pd.Series) -> bool:
    return numbers.is_shown(row) and (row.get("rag") == "red" or row["variation"] == "concern")


def exception(
    judged: Protected,
    measure: Measure,
    targets: dict | None = None,
    trends: pd.DataFrame | None = None,
    last: int = 8,
    more: Sequence[Html] = (),
) -> Html:
    """One measure that stands out: heading, sentence, verdict, control chart beside its newest figures, and `more`."""
    row = shown.latest(judged, measure)
    said = signals.verdict(row, signals.trend_word(trends, measure)).sentence
    long = "" if trends is None else signals.trend_sentence(trends, measure)
    return tag(
        "section",
        tag("h3", measure.title, id=f"exception-{measure.id}"),
        words.headline(judged, measure, targets, named=False),
        tag("p", tag("strong", "Signal: "), said, f" {long}" if long else None),
        tag(
            "div",
            limits_chart(judged, measure, targets),
            tag("div", tables.series(judged, measure, last)),
            class_="pair",
        ),
        *more,
        class_="panel",
        aria_labelledby=f"exception-{measure.id}",
    )


def limits_chart(judged: Protected, measure: Measure, targets: dict | None = None) -> Html:
    """The control chart from the first figure on, with what its way of counting does to it; words where none is shown.

    Periods before the first with a figure are left out: the record does not reach them.
    """
    found = shown.rows(judged, measure)
    seen = found[numbers.are_shown(found)]
    if seen.empty:
        return spc_chart.chart(judged, measure, targets=targets)
    first = seen["period_end"].min()
    chart = spc_chart.chart(judged.pipe(_from, measure.id, first), measure, targets=targets)
    begin = f"Figures begin in {numbers.short_month(first)}." if first > found["period_end"].min() else ""
    notes = " ".join(note for note in (begin, signals.caution(measure, found["grain"].iloc[-1])) if note)
    return tag("div", chart, tag("p", notes, class_="note") if notes else None)


def _from(frame: pd.DataFrame, measure: str, first: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["measure"] == measure) & (frame["period_end"] >= first)]
