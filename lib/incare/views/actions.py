"""Actions and events on a page: what is open, due and overdue, its parts and routes, and marks for the charts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from incare.committee import actions as agreed
from incare.committee import events as happened
from incare.committee import received as receipts
from incare.committee.actions import CLOSED, DUE, OPEN, OVERDUE, Standing
from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.periods import Quarter
from incare.views import numbers, shown
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

WORDS = {OVERDUE: "Overdue", DUE: "Due", OPEN: "Open", CLOSED: "Closed"}
NONE = "No action was handed in. Those given under the key actions of the params file are kept here until closed."
MEANING = (
    "Overdue: its day is past. Due: its day lies within the three months after the day of the extract. Closed: done "
    "since the quarter began; it is not carried further."
)


def marks(
    actions: Iterable | None,
    events: Iterable | None = None,
    measures: Catalogue | None = None,
    until: str | None = None,
) -> list[dict]:
    """What charts draw: `measure, date, text` of every dated action and event; events without measures go on all.

    What began after the day `until` is left out: the report of an earlier quarter knows nothing of it.
    """
    every = [m.id for m in measures] if measures is not None else []
    found = agreed.marks(agreed.read(actions)) + happened.marks(happened.read(events), every)
    return [mark for mark in found if _known(mark["date"], until)]


def _known(day: str | date, until: str | None) -> bool:
    return until is None or date.fromisoformat(str(day)) <= date.fromisoformat(str(until))


def report(actions: Iterable | None, quarter: str, as_at: str, measures: Catalogue | None = None) -> Html:
    """Every action of the quarter: a sentence with the numbers, then a row each with owner, day, route and parts."""
    found = _standing(actions, quarter, as_at)
    if not found:
        return tag("p", NONE, class_="empty")
    heads = ["Action", "Standing", "Agreed", "Due", "Owner", "Goes to", "Meant to change"]
    body = [_row(each, as_at, measures) for each in found]
    day = numbers.long_date(as_at)
    made = laid_out(f"Actions as at {day}", heads, body, [MEANING], figures=[False] * len(heads))
    return tag("p", counted(found), class_="headline") + made


def _standing(actions: Iterable | None, quarter: str, as_at: str) -> tuple[Standing, ...]:
    return agreed.standing(agreed.read(actions), Quarter.parse(quarter).start, date.fromisoformat(str(as_at)))


def counted(found: Iterable[Standing]) -> str:
    """How many actions there are by standing, and how many an earlier quarter brought, in a sentence."""
    found = list(found)
    parts = [f"{n} {WORDS[s].lower()}" for s in WORDS if (n := sum(f.standing == s for f in found))]
    carried = sum(f.carried and f.standing != CLOSED for f in found)
    early = f" Carried forward from earlier quarters: {carried}." if carried else ""
    return f"Actions: {', '.join(parts)}.{early}"


def _row(each: Standing, as_at: str, measures: Catalogue | None) -> Html:
    action = each.action
    late = f", {each.days_overdue} day{'s' * (each.days_overdue != 1)} late" if each.days_overdue else ""
    carried = tag("span", "carried forward", class_="quiet") if each.carried and each.standing != CLOSED else None
    outcome = tag("span", action.outcome, class_="quiet") if action.outcome and each.standing == CLOSED else None
    titles = {m.id: m.title for m in measures} if measures is not None else {}
    aims = "; ".join(titles.get(name, shown.facts(name).title) for name in action.measures)
    return tag(
        "tr",
        tag("th", action.text, _parts(each, as_at), scope="row"),
        tag("td", tag("strong", WORDS[each.standing]), late or None, carried, outcome),
        tag("td", _day(action.began)),
        tag("td", _day(action.closed if each.standing == CLOSED else action.due)),
        tag("td", action.owner or "–"),
        tag("td", action.route or "–"),
        tag("td", aims or "–"),
    )


def _parts(each: Standing, as_at: str) -> Html | None:
    parts = each.action.parts
    if not parts:
        return None
    on = date.fromisoformat(str(as_at))
    lines = [
        tag("li", f"{part.text}: {'done ' + _day(part.closed) if part.closed and part.closed <= on else 'open'}")
        for part in parts
    ]
    done = f"{each.action.parts_done(on)} of its {len(parts)} parts done:"
    return tag("br") + tag("span", done, class_="quiet") + tag("ul", *lines)


def _day(on: date | None) -> str:
    return "–" if on is None else numbers.long_date(on)


def by_route(actions: Iterable | None, quarter: str, as_at: str) -> Html:
    """The open actions that go to another body, under its name; words when none does."""
    found = [f for f in _standing(actions, quarter, as_at) if f.action.route and f.standing != CLOSED]
    if not found:
        return tag("p", "No open action goes to another body.", class_="quiet")
    routes = dict.fromkeys(f.action.route for f in found)
    lines = [
        tag("li", tag("strong", f"{route}: "), "; ".join(f.action.text for f in found if f.action.route == route), ".")
        for route in routes
    ]
    return tag("ul", *lines)


def events(given: Iterable | None, until: str | None = None) -> Html:
    """The events with their days, up to the day `until`; nothing when there is none."""
    found = [event for event in happened.read(given) if _known(event.on, until)]
    if not found:
        return Html()
    lines = [tag("li", tag("strong", f"{numbers.long_date(event.on)}: "), f"{event.text}.") for event in found]
    return tag("h3", "Events that may lie behind the figures", data_contents="no") + tag("ul", *lines)


def beside_others(
    protected: Protected, measure: Measure | str, others: pd.DataFrame | None, given: Iterable | None = None
) -> Html:
    """One measure beside other areas, year by year, with the difference and the events of each year.

    `others` is as `shown.benchmark_of` takes it: England's published figures, or neighbours'. What happened to everyone
    shows in both; what happened here alone shows in the difference.
    """
    known = shown.facts(measure)
    found = shown.rows(protected, known)
    beside = shown.benchmark_of(found, others).dropna(subset="value")
    ends = {row["period_end"]: row for _, row in found.iterrows() if row["period_end"].month == 3}
    years = sorted(set(ends) & set(beside["period_end"]))
    if not years:
        said = f"{known.title} beside others: not applicable, no year has both figures."
        return tag("p", said, class_="quiet")
    areas = list(dict.fromkeys(beside["area"]))
    table = beside.drop_duplicates(["area", "period_end"], keep="last").set_index(["period_end", "area"])["value"]
    heads = ["Year to", "Here", *(cell for name in areas for cell in (name, "Difference")), "Events of the year"]
    marked = [e for e in happened.read(given) if not e.measures or known.id in e.measures]
    body = [_year(ends[end], end, areas, table, marked, known) for end in years]
    note = "What happens to every area moves both figures; what happens here alone moves the difference."
    right = [n not in ("Year to", "Events of the year") for n in heads]
    return laid_out(f"{known.title} beside other areas, by year", heads, body, [note], figures=right)


def _year(row: pd.Series, end: pd.Timestamp, areas, table: pd.Series, marked, known: Measure) -> Html:
    cells = []
    for name in areas:
        value = table.get((end, name))
        gap = "–"
        if value is not None and numbers.is_shown(row):
            size = float(row["value"]) - float(value)
            sign = "+" if size > 0 else "−" if size < 0 else ""
            gap = f"{sign}{numbers.half_up(abs(size), 0 if size.is_integer() else 1)}"
        cells += [
            tag("td", "–" if value is None else numbers.number(value, known.unit), class_="n"),
            tag("td", gap, class_="n"),
        ]
    inside = [e for e in marked if end - pd.DateOffset(years=1) < pd.Timestamp(e.on) <= end]
    said = "; ".join(f"{e.text} ({numbers.long_date(e.on)})" for e in inside)
    return tag(
        "tr",
        tag("th", numbers.long_date(end), scope="row"),
        tag("td", tag("strong", numbers.cell(row)), class_="n"),
        *cells,
        tag("td", said or "–"),
    )


def received(given: Iterable | None, folder: str = "") -> Html:
    """Which packs were received by whom, and whether the pack on disk is still the same; nothing without an entry."""
    found = receipts.read(given)
    if not found:
        return Html()
    lines = []
    for each in found:
        on = f" on {_day(each.on)}" if each.on else ""
        short = f", hash {each.hash[:12]}" if each.hash else ""
        state = f": {receipts.verdict(each, folder)}" if folder else ""
        lines.append(tag("li", f"{each.quarter}, received by {each.by}{on}{short}{state}."))
    return tag("h3", "Packs received", data_contents="no") + joined([tag("ul", *lines)])
