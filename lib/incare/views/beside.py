"""Figures beside the agreed measures: work that is due, waits, definitions, homes, and who turns eighteen."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from incare.committee import events as happened
from incare.committee.voice import Voice, name_of, waits_of
from incare.disclosure.protect import Protected
from incare.measure import Measure
from incare.views import funnel_chart, numbers, shown, tables
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

NOT_HERE = "not applicable, the extract does not say"
SINCE_NOTE = "Whether the council knew at the time is not recorded in this extract."
SUITABLE = {
    "published": "as published: gone abroad and residence not known left out",
    "known": "of those whose accommodation is known",
    "in_touch": "of those in touch",
    "all": "of everyone",
}


def _row(beside: Protected, measure: str) -> pd.Series | None:
    return shown.latest(beside, measure) if shown.has_rows(beside, measure, "total") else None


def _said(row: pd.Series | None) -> str:
    if row is None:
        return NOT_HERE
    if not numbers.is_shown(row):
        return numbers.why_missing(row)
    part = numbers.n_of_d(row)
    return numbers.amount(row["value"], row["unit"]) + (f" ({part})" if part else "")


def falling_due(beside: Protected, measure: Measure, advisers: float = float("nan")) -> Html:
    """How many plans are overdue and fall due month by month, and how many that is for each full-time adviser."""
    name = f"due_{measure.id}"
    if not shown.has_rows(beside, name, "when"):
        return tag("p", f"Work that falls due: {NOT_HERE}.", class_="quiet")
    found = shown.rows(beside, name, "when")
    each = advisers == advisers and advisers > 0
    heads = ["When", "Plans", *(["For each full-time adviser"] if each else [])]
    body = [
        tag(
            "tr",
            tag("th", str(row["category"]), scope="row"),
            tag("td", tables.symbol_cell(row), class_="n"),
            tag("td", _share(row, advisers), class_="n") if each else None,
        )
        for _, row in found.iterrows()
    ]
    posts = f"{numbers.half_up(advisers, 1)} full-time advisers hold somebody." if each else ""
    notes = ["Falling due: the day on which the newest plan goes out of date.", posts, tables.rounding(beside),
             *tables.legend(found)]  # fmt: skip
    return laid_out(f"{measure.title}: overdue, and falling due", heads, body, notes)


def _share(row: pd.Series, advisers: float) -> str:
    return f"{numbers.half_up(row['value'] / advisers, 1)}" if numbers.is_shown(row) else "–"


def quality(beside: Protected) -> Html:
    """How long a pathway plan takes from the assessment: median and the middle half."""
    row = _row(beside, "pathway_plan_days_median")
    if row is None or not numbers.is_shown(row):
        return tag("p", f"Days from assessment to pathway plan: {_said(row)}.", class_="quiet")
    low, high = (_row(beside, f"pathway_plan_days_{side}_quartile") for side in ("lower", "upper"))
    middle = numbers.limits(low["value"], high["value"])
    half, plans = numbers.amount(row["value"], "days"), numbers.number(row["denominator"])
    return tag(
        "p",
        f"From assessment to pathway plan, half took {half} or less; the middle half took {middle} days "
        f"(n = {plans}, plans of the twelve months).",
    )


def late_renewals(beside: Protected) -> Html:
    """How many pathway plans came after the earlier one had gone out of date, and how late these were."""
    share, days = _row(beside, "pathway_plan_late_pct"), _row(beside, "pathway_plan_days_late_median")
    said = f"Pathway plans of the twelve months made after the earlier one had gone out of date: {_said(share)}."
    if days is not None and numbers.is_shown(days):
        said += f" Half of these were late by {_said(days)} or less."
    return tag("p", said, class_="quiet" if share is None else None)


def late_reviews(beside: Protected) -> Html:
    """How late reviews were, and how many children have one overdue, by team."""
    late = _row(beside, "review_days_late_median")
    first = tag("p", f"Of the reviews held late in the twelve months, half were late by {_said(late)} or less."
                if late is not None and numbers.is_shown(late) else f"Days late: {_said(late)}.")  # fmt: skip
    name = "review_overdue_pct"
    if not shown.has_rows(beside, name, "total"):
        return first
    everyone = tag("p", f"Children with a review overdue: {_said(_row(beside, name))}.")
    if not shown.has_rows(beside, name, "team"):
        return first + everyone
    return first + everyone + _groups(beside, name, "team", "Children with a review overdue, by team", "Team")


def _groups(beside: Protected, name: str, by: str, caption: str, head: str) -> Html:
    if not shown.has_rows(beside, name, by):
        return tag("p", f"{caption}: {NOT_HERE}.", class_="quiet")
    found = shown.rows(beside, name, by)
    everyone = shown.rows(beside, name).tail(1)
    both = pd.concat([found, everyone])
    last = len(both) - 1
    body = [
        tag("tr", tag("th", "Everyone" if n == last else str(row["category"]), scope="row"),
            tag("td", tag("strong", tables.symbol_cell(row)), class_="n"),
            tag("td", numbers.n_of_d(row) or "–", class_="n"), class_="all" if n == last else None)
        for n, (_, row) in enumerate(both.iterrows())
    ]  # fmt: skip
    return laid_out(caption, [head, "%", "Number"], body, [*tables.legend(both), tables.rounding(beside)])


def returners(beside: Protected, protected: Protected) -> Html:
    """Work and learning with those counted in who returned home for six months, beside the published way."""
    row, usual = _row(beside, "cl_eet_with_returners_pct"), shown.latest(protected, "cl_eet_pct")
    said = (
        f"National figures leave out young people who returned home for six months or more. The published way: "
        f"{_said(usual)}. With them counted in: {_said(row)}."
    )
    return tag("p", said)


def by_home(beside: Protected) -> Html:
    """Work and learning by where young people live."""
    caption = "In education, employment or training, by where young people live"
    return _groups(beside, "cl_eet_by_accommodation_pct", "accommodation", caption, "Home")


def staying_put(beside: Protected) -> Html:
    """Staying put with former foster carers, by special educational needs."""
    caption = "Staying put with former foster carers, by education, health and care plan"
    return _groups(beside, "cl_staying_put_by_need_pct", "ehcp", caption, "Has such a plan")


def sustained(beside: Protected) -> Html:
    """Who kept work or learning for three, six and twelve months."""
    lines = [
        tag("li", f"For {word} months: {_said(_row(beside, f'eet_sustained_{months}m_pct'))}.")
        for months, word in ((3, "three"), (6, "six"), (12, "twelve"))
    ]
    first = tag(
        "p", "Of those in work or learning that long ago and still known now, so many were in it every quarter since:"
    )
    return first + tag("ul", *lines)


def definitions(beside: Protected, measure: str, words: dict[str, str] | None = None) -> Html:
    """A share under each of its definitions, beside the words for each."""
    words = words or SUITABLE
    there = {value: _row(beside, f"{measure}_{value}") for value in words}
    if all(row is None for row in there.values()):
        return tag("p", f"Other definitions: {NOT_HERE}.", class_="quiet")
    body = [
        tag("tr", tag("th", said, scope="row"), tag("td", tag("strong", tables.symbol_cell(there[value])), class_="n"),
            tag("td", numbers.n_of_d(there[value]) or "–", class_="n"))
        for value, said in words.items()
        if there[value] is not None
    ]  # fmt: skip
    rows = pd.DataFrame([row for row in there.values() if row is not None])
    note = "Hidden where two definitions differ by so few that they would tell of them."
    return laid_out(
        "The same question by other definitions", ["Definition", "%", "Number"], body, [*tables.legend(rows), note]
    )


def turning_18(beside: Protected) -> Html:
    """Children in care by the quarter in which they turn eighteen, and how many have a personal adviser."""
    name = "turning_18_with_adviser_pct"
    if not shown.has_rows(beside, name, "quarter"):
        return tag("p", f"Turning eighteen: {NOT_HERE}.", class_="quiet")
    found = shown.rows(beside, name, "quarter")
    both = pd.concat([found, shown.rows(beside, name).tail(1)])
    last = len(both) - 1
    body = [
        tag("tr", tag("th", "All of these" if n == last else str(row["category"]), scope="row"),
            tag("td", "c" if pd.isna(row["denominator"]) else numbers.number(row["denominator"]), class_="n"),
            tag("td", tag("strong", tables.symbol_cell(row)), class_="n"), class_="all" if n == last else None)
        for n, (_, row) in enumerate(both.iterrows())
    ]  # fmt: skip
    heads = ["Turns eighteen in", "Young people", "Have a personal adviser"]
    notes = [*tables.legend(both), tables.rounding(beside)]
    return laid_out("Children in care who turn eighteen, by quarter", heads, body, notes)


def since(beside: Protected, events: Iterable | None) -> Html:
    """How many care leavers were in bed and breakfast since each event that asks for it; nothing without one."""
    lines = []
    for event in happened.read(events):
        row = _row(beside, f"bed_and_breakfast_since_{event.on:%Y%m%d}")
        if row is not None:
            day = numbers.long_date(event.on)
            lines.append(tag("li", f"{event.text} ({day}): {_said(row)} in bed and breakfast on any day since."))
    if not lines:
        return Html()
    return tag("ul", *lines) + tag("p", SINCE_NOTE, class_="note")


def workshops(beside: Protected) -> Html:
    """Who had been to a tenancy workshop by seventeen and a half."""
    row = _row(beside, "workshop_by_17_and_a_half_pct")
    if row is None:
        said = "Tenancy workshops: not applicable, no list was named under the key workshops."
        return tag("p", said, class_="quiet")
    who = "those who became that age in care in the twelve months"
    return tag("p", f"Had been to a tenancy workshop by seventeen and a half: {_said(row)} of {who}.")


def waits(beside: Protected, said: Voice) -> Html:
    """How long waits are, with those still waiting counted for as long as they have waited."""
    lines = []
    for what in waits_of(said):
        middle, long = (_row(beside, f"wait_{name}_{name_of(what)}") for name in ("median", "90th"))
        lines.append(tag("li", f"{what}: half waited {_said(middle)} or less, nine in ten {_said(long)} or less."))
    if not lines:
        return tag("p", "Waits: not applicable, none were handed in under the key voice.", class_="quiet")
    return tag("ul", *lines) + tag("p", "Waits that have not ended count with the days so far.", class_="note")


def ceiling(found: tuple[int, int] | None, most: float) -> Html:
    """How many advisers hold more young people than the ceiling."""
    if found is None:
        return tag("p", f"Advisers above the ceiling: {NOT_HERE}.", class_="quiet")
    return tag("p", f"Advisers who hold more than {numbers.number(most)} each: {found[0]} of {found[1]}.")


def funnel(beside: Protected, measure: Measure) -> Html:
    """The teams of a measure round the whole; words where fewer than three can be shown."""
    return joined([funnel_chart.groups(beside, measure, "team")])
