"""Questions on a page, and the page that answers one: some measures of some children, beside the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from incare.committee import questions as register
from incare.committee.questions import Question
from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.periods import Quarter
from incare.stats import intervals
from incare.views import cards, charts, funnel_chart, numbers, shown, tables, words
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

NONE = "No question was handed in. Those given under the key questions of the params file are kept until answered."
IN, REST, ALL = "asked about", "the rest", "all"
DIFFERENCE = (
    "Difference: the group less the rest, with its 95% interval, made from the figures as printed. Higher or lower is "
    "said only where the interval leaves out 0."
)
FUNNEL_KINDS = ("%",)


@dataclass(frozen=True)
class Answer:
    """What was asked, protected: `rows` has a measure's group, the rest and everyone as `group`; `split` a breakdown.

    `rows` is a frame of protected figures with the column `group`; `split` a protected series of the children asked
    about by `by`, or None. `why` says why there is nothing to show.
    """

    measures: Catalogue
    cohort: str
    by: str
    rows: pd.DataFrame
    profile: str
    split: Protected | None = None
    why: str = ""


def report(questions: Iterable | None, quarter: str, as_at: str) -> Html:
    """The questions still open, with who asked and when, and those answered this quarter with the page that did."""
    given = register.read(questions)
    if not given:
        return tag("p", NONE, class_="empty")
    waiting, answered = register.standing(given, Quarter.parse(quarter).start, date.fromisoformat(str(as_at)))
    opened = [tag("li", tag("strong", q.question), f" {_asked(q)}", _route(q), _ask(q)) for q in waiting]
    closed = [tag("li", tag("strong", q.question), f" {_asked(q)} ", _answer(q)) for q in answered]
    return (
        tag("h3", "Not answered yet", data_contents="no")
        + (tag("ul", *opened) if opened else tag("p", "None.", class_="quiet"))
        + tag("h3", "Answered since the quarter began", data_contents="no")
        + (tag("ul", *closed) if closed else tag("p", "None.", class_="quiet"))
    )


def _asked(q: Question) -> str:
    who = q.who or "Asked"
    return f"({who}, {numbers.long_date(q.asked)})" if q.asked else f"({who})"


def _route(q: Question) -> str:
    return f" Passed to: {q.route}." if q.route else ""


def _ask(q: Question) -> Html | None:
    """How to answer it, when measures are named."""
    if not q.measures:
        return None
    cohort = f' --cohort "{q.cohort}"' if q.cohort else ""
    return tag(
        "span", " To answer it: ", tag("code", f"incare ask PARAMS.yaml --measures {','.join(q.measures)}{cohort}")
    )


def _answer(q: Question) -> str:
    by = f" See {q.answered_by}." if q.answered_by else ""
    return f"{q.answer or 'Answered.'}{by}"


def answered_here(questions: Iterable | None, measures: Iterable[str], cohort: str) -> Html:
    """The questions of the register that a page with some measures of a cohort answers; words when none does."""
    found = register.answers(register.read(questions), measures, cohort)
    if not found:
        return tag("p", "No question of the register asks for these measures of these children.", class_="quiet")
    return tag("ul", *(tag("li", f"{q.question} {_asked(q)}") for q in found))


# The page that answers


def title(answer: Answer) -> str:
    """What was asked, as a heading."""
    whom = f" of: {answer.cohort}" if answer.cohort else ""
    return f"{'; '.join(m.title for m in answer.measures)}{whom}"


def heading(answer: Answer) -> Html:
    """What was asked, in a sentence at the head of the page."""
    by = f", by {words.breakdown_title(answer.by)}" if answer.by else ""
    return tag("p", tag("strong", "Asked: "), f"{title(answer)}{by}.", class_="headline")


def summary(answer: Answer) -> Html:
    """A sentence for each measure: the group, the rest, the difference with its interval, or why it is not shown."""
    if answer.why:
        return tag("p", answer.why, class_="empty")
    return tag("ul", *(tag("li", _said(answer, m)) for m in answer.measures))


def _said(answer: Answer, measure: Measure) -> str:
    sides = _sides(answer, measure)
    row = sides[IN if answer.cohort else ALL]
    if not numbers.is_shown(row):
        return f"{measure.title}: {numbers.why_missing(row)}."
    told = f"{measure.title}: {_figure(row)}"
    if not answer.cohort:
        return f"{told}, {numbers.period_words(row, measure)}."
    rest = sides[REST]
    if not numbers.is_shown(rest):
        return f"{told}; the rest: {numbers.why_missing(rest)}."
    return f"{told}; the rest: {_figure(rest)}. {difference_words(row, rest)}"


def _figure(row: pd.Series) -> str:
    part = numbers.n_of_d(row)
    return numbers.amount(row["value"], row["unit"]) + (f" ({part})" if part and row["unit"] == "%" else "")


def _sides(answer: Answer, measure: Measure) -> dict[str, pd.Series]:
    mine = answer.rows[(answer.rows["measure"] == measure.id) & (answer.rows["breakdown"] == "total")]
    newest = mine[mine["period_end"] == mine["period_end"].max()]
    return {row["group"]: row for _, row in newest.iterrows()}


def difference(row: pd.Series, rest: pd.Series) -> tuple[float, float, float] | None:
    """The group less the rest in percentage points with 95 % limits; None for figures that are not two shares."""
    if row["unit"] != "%" or not (numbers.is_shown(row) and numbers.is_shown(rest)):
        return None
    pairs = [(r["value"] * r["denominator"] / 100, r["denominator"]) for r in (row, rest)]
    if any(pd.isna(part) or not whole > 0 for part, whole in pairs):
        return None
    gap, low, high = intervals.difference(*pairs[0], *pairs[1])
    return float(gap), float(low), float(high)


def difference_words(row: pd.Series, rest: pd.Series) -> str:
    """`8 points lower, 95% interval 2 to 14 points lower: clearly lower (worse).`, or that no difference is clear."""
    found = difference(row, rest)
    if found is None:
        return "No interval is given for this kind of figure."
    gap, low, high = found
    size = f"{_signed(gap)} points, 95% interval {_signed(low)} to {_signed(high)}"
    if low <= 0 <= high:
        return f"Difference {size}: no clear difference."
    word = "higher" if gap > 0 else "lower"
    good = (word == row["better"]) if row["better"] in ("higher", "lower") else None
    verdict = "" if good is None else ", which is better" if good else ", which is worse"
    return f"Difference {size}: clearly {word}{verdict}."


def _signed(value: float) -> str:
    size = numbers.half_up(abs(value))
    return f"{'+' if value > 0 and size else '−' if value < 0 and size else ''}{size}"


def table(answer: Answer) -> Html:
    """A row for each measure: the group, the rest, everyone, and the difference with its interval."""
    if answer.why:
        return Html()
    groups = [IN, REST, ALL] if answer.cohort else [ALL]
    heads = [
        "Measure",
        *(name.capitalize() for name in groups),
        *(["Difference", "95% interval"] if answer.cohort else []),
    ]
    body, used = [], []
    for measure in answer.measures:
        sides = _sides(answer, measure)
        cells = [_cell(sides[name]) for name in groups]
        used += [sides[name] for name in groups]
        if answer.cohort:
            found = difference(sides[IN], sides[REST])
            cells += [tag("td", text, class_="n") for text in _gap_cells(found)]
        body.append(tag("tr", tag("th", measure.title, scope="row"), *cells))
    end = numbers.long_date(answer.rows["period_end"].max())
    caption = f"Asked about: {answer.cohort or 'everyone'}, to {end}"
    base = "Counts are rounded to the nearest 5, so they may not add up." if answer.profile == "public" else ""
    notes = [*tables.legend(pd.DataFrame(used)), DIFFERENCE if answer.cohort else "", base]
    return laid_out(caption, heads, body, notes)


def _cell(row: pd.Series) -> Html:
    return tag(
        "td", tag("strong", tables.symbol_cell(row)), tag("span", numbers.n_of_d(row), class_="quiet"), class_="n"
    )


def _gap_cells(found) -> tuple[str, str]:
    if found is None:
        return "–", "–"
    gap, low, high = found
    return f"{_signed(gap)} points", f"{_signed(low)} to {_signed(high)}"


def over_time(answer: Answer) -> Html:
    """Each measure of the group and of the rest over the periods, a table each; nothing without a cohort."""
    if answer.why or not answer.cohort:
        return Html()
    return joined(_history(answer, measure) for measure in answer.measures)


def _history(answer: Answer, measure: Measure) -> Html:
    mine = answer.rows[(answer.rows["measure"] == measure.id) & (answer.rows["breakdown"] == "total")]
    ends = sorted(mine["period_end"].unique())[::-1]
    cells = {(row["period_end"], row["group"]): row for _, row in mine.iterrows()}
    grain = mine["grain"].iloc[0]
    body = [
        tag(
            "tr",
            tag("th", numbers.period_label(end, grain), scope="row", class_="date"),
            *(_cell(cells[end, name]) for name in (IN, REST, ALL)),
        )
        for end in ends
    ]
    heads = [grain.capitalize(), IN.capitalize(), REST.capitalize(), ALL.capitalize()]
    return laid_out(f"{measure.title}, by {grain}", heads, body, tables.legend(mine))


def by_group(answer: Answer) -> Html:
    """The measures of the children asked about by a breakdown: chart, table, and a funnel for shares."""
    if answer.split is None or answer.why:
        said = "No breakdown was asked. Give one with --by, such as team." if not answer.why else ""
        return tag("p", said, class_="quiet") if said else Html()
    return joined(_group(answer, measure) for measure in answer.measures)


def _group(answer: Answer, measure: Measure) -> Html:
    heading = tag("h3", f"{measure.title} by {words.breakdown_title(answer.by)}", id=f"by-{measure.id}")
    if shown.is_mix(measure) or not shown.has_groups(answer.split, measure, answer.by):
        return heading + tag("p", "Not applicable: this breakdown does not apply to the measure.", class_="quiet")
    pair = tag(
        "div",
        charts.breakdown(answer.split, measure, answer.by),
        tag("div", tables.breakdown(answer.split, measure, answer.by)),
        class_="pair",
    )
    funnel = funnel_chart.groups(answer.split, measure, answer.by) if measure.unit in FUNNEL_KINDS else None
    return heading + pair + (funnel or Html())


def definitions(answer: Answer) -> Html:
    """The definition card of each measure, opened."""
    return joined(cards.definition(measure, opened=True) for measure in answer.measures)
