"""What may come, for councillors: sentences and tables of a projection, its scenarios and its past error."""

from __future__ import annotations

import pandas as pd

from incare.disclosure import projections
from incare.disclosure.projections import ALL, TOTAL, ProtectedProjection
from incare.forecast.capacity import Staffing
from incare.views import numbers, words
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

RANGE = "Likely range: the number should lie in it nineteen times in twenty, if what comes is like what was."
SMALL = "c: under 8, hidden to protect children and young people."
CEILING = 24.0
NAMES = {
    "Home": "Home to parents or relatives",
    "Permanence": "Adopted, or a permanent home by court order",
    "Other": "Other ways",
    "Reached 18": "Turned 18",
    "UASC": "Unaccompanied asylum-seeking children",
    "Not UASC": "All other children",
    "Not known": "Not known",
    ALL: "All",
}
TITLES = {
    "age_band": "Children in care by age",
    "placement": "Children in care by placement",
    "uasc": "Unaccompanied asylum-seeking children in care",
    "care_leavers": "Care leavers by age",
    "care_leavers accommodation": "Where care leavers may live",
    "entries": "Coming into care",
    "exits": "Leaving care",
}
PARTS = {"total": "the total", "age_band": "an age group", "placement": "a kind of placement"}


def checked(shown: ProtectedProjection) -> ProtectedProjection:
    """The projection itself, once it is known to be protected.

    Raises `TypeError` for one that has not been through disclosure.
    """
    if not isinstance(shown, ProtectedProjection):
        raise TypeError(
            f"Views draw only what disclosure has protected, and were given a {type(shown).__name__}: "
            "pass the projection through incare.disclosure.projections first."
        )
    return shown


def marks(shown: ProtectedProjection, found: pd.DataFrame) -> pd.DataFrame:
    """The rows a year ahead, two years ahead and so on; the last ones when less than a year is forecast."""
    ends = sorted(found["target"].unique())
    wanted = ends[3::4] or ends[-1:]
    return found[found["target"].isin(wanted)]


def when(shown: ProtectedProjection, day) -> str:
    """A day ahead as it is said: `in a year`, `in two years`, `in 6 months`."""
    origin, day = pd.Timestamp(shown.origin), pd.Timestamp(day)
    months = (day.year - origin.year) * 12 + day.month - origin.month
    years = {12: "in a year", 24: "in two years", 36: "in three years"}
    return years.get(months) or (f"in {months // 12} years" if months % 12 == 0 else f"in {months} months")


def name(category: str) -> str:
    """A category as a page names it."""
    return NAMES.get(category, str(category))


def people(value: float) -> str:
    """A number of people as printed: whole, with a comma at the thousands."""
    return f"{numbers.half_up(value):,}"


def between(row: pd.Series, low: str = "lo95", high: str = "hi95") -> str:
    """Two limits of a row, such as `585 to 700`."""
    return f"{people(row[low])} to {people(row[high])}"


def _cell(row: pd.Series) -> Html:
    """A number with its likely range below it, or the symbol of a hidden one."""
    if row["status"] != "ok":
        return tag("td", tag("abbr", "c", title=numbers.SYMBOLS["c"]), class_="n")
    sure = row["lo95"] == row["hi95"]
    likely = None if sure else tag("span", between(row), class_="quiet")
    return tag("td", tag("strong", people(row["mean"])), likely, class_="n")


def nothing(shown: ProtectedProjection, what: str) -> Html:
    """Why a part of a projection cannot be shown, in the place where it would stand."""
    why = shown.refused or "the numbers are too small to show"
    return tag("p", f"{what} is not shown: {why.rstrip('.')}.", class_="empty")


# In words


def summary(shown: ProtectedProjection) -> Html:
    """Today's number, what to expect, what the forecast rests on, how far off it was, and what a reader must know."""
    shown = checked(shown)
    total = shown.rows(TOTAL)
    if shown.refused or total.empty or (total["status"] != "ok").any():
        return nothing(shown, "A forecast")
    said = [expected(shown), basis(shown), past_error_in_words(shown), *_shock(shown)]
    said += [notice for notice in shown.notices if not _of_shock(notice)]
    first, *others = [sentence for sentence in said if sentence]
    listed = tag("ul", joined(tag("li", sentence) for sentence in others))
    return tag("p", first, class_="headline") + listed


def expected(shown: ProtectedProjection) -> str:
    """Today's number and what to expect a year and more ahead, in one sentence with likely ranges."""
    now = checked(shown).history(TOTAL, ALL).iloc[-1]
    opening = f"{numbers.long_date(now['day'])}: "
    opening += f"{people(now['value'])} children in care" if now["status"] == "ok" else "few children in care"
    ahead = [
        f"{when(shown, row['target'])} about {people(row['mean'])}, likely from {between(row)}"
        for _, row in marks(shown, shown.rows(TOTAL)).iterrows()
    ]
    return f"{opening}; {'; '.join(ahead)}."


def basis(shown: ProtectedProjection) -> str:
    """What the total rests on, in a sentence."""
    if projections.loses(checked(shown)):
        return (
            "On this record, repeating today’s number did better in the past than carrying every child forward. So the "
            "total here is today’s number; how it splits by age and placement still follows the children."
        )
    return (
        "Every child in the record is carried forward month by month, growing older, moving and leaving care as "
        "children did before, and joined by those expected to come into care."
    )


def past_error_in_words(shown: ProtectedProjection) -> str:
    """How far forecasts of a year ahead were off, beside repeating the last number."""
    tested = checked(shown).tested
    found = tested[tested["breakdown"] == TOTAL] if len(tested) else tested
    if not len(found):
        return "Its past error is not known: the record is too short to try the forecast on earlier dates often enough."
    row = found.loc[(found["horizon"] - 12).abs().idxmin()]
    what = "carrying every child forward" if projections.loses(shown) else "the forecast for"
    ours, repeated = (error_words(row[name]) for name in ("mae", "mae_last_value"))
    return (
        f"In the past {what} {_ahead_words(row['horizon'])} missed by {ours} on average; "
        f"repeating that day’s number missed by {repeated} ({int(row['origins'])} earlier dates)."
    )


def _ahead_words(months: int) -> str:
    return {12: "a year ahead", 24: "two years ahead"}.get(int(months), f"{int(months)} months ahead")


def error_words(size: float) -> str:
    """The size of a past error in people, in words."""
    if size < 0.5:
        return "less than one child"
    return f"about {people(size)} {'child' if size == 1 else 'children'}"


def _of_shock(notice: str) -> bool:
    return "in the last quarter were" in notice


def _shock(shown: ProtectedProjection) -> list[str]:
    """What was unusual in the last quarter, and the forecast with and without it."""
    said = [notice for notice in shown.notices if _of_shock(notice)]
    other = shown.rows("without")
    if not said or other.empty or (other["status"] != "ok").any():
        return said
    both = zip(marks(shown, shown.rows(TOTAL)).iterrows(), marks(shown, other).iterrows(), strict=True)
    pairs = [
        f"{when(shown, row['target'])} about {people(row['mean'])} with that quarter, {people(without['mean'])} without"
        for (_, row), (_, without) in both
    ]
    return [*said, f"{'; '.join(pairs)}.".capitalize()]


# Tables


def by_group(shown: ProtectedProjection, breakdown: str) -> Html:
    """A breakdown today, in a year and in two years, with likely ranges; all of them in the last row."""
    shown = checked(shown)
    title = TITLES.get(breakdown, words.breakdown_title(breakdown))
    groups = shown.categories(breakdown)
    if not groups:
        return nothing(shown, title)
    everyone = "care_leavers total" if breakdown.startswith("care_leavers") else TOTAL
    found = marks(shown, shown.rows(breakdown))
    ends = sorted(found["target"].unique())
    today = bool(len(shown.history(breakdown, groups[0])))
    heads = ["Group", *(["Today"] if today else []), *(when(shown, end).capitalize() for end in ends)]
    lines = [(breakdown, group, name(group)) for group in groups] + [(everyone, ALL, "All")]
    body = [_line(shown, part, group, label, ends, today) for part, group, label in lines]
    hidden = bool((found["status"] != "ok").any())
    notes = [RANGE, _sure(found), _joined_note(groups), _rounding(shown), SMALL if hidden else ""]
    return laid_out(f"{title}, from {numbers.long_date(shown.origin)}", heads, body, notes)


def _line(shown: ProtectedProjection, breakdown: str, group: str, label: str, ends, today: bool) -> Html:
    rows = shown.rows(breakdown, group).set_index("target")
    past = shown.history(breakdown, group)
    cells = []
    if today:
        known = len(past) and past.iloc[-1]["status"] == "ok"
        cells.append(tag("td", people(past.iloc[-1]["value"]) if known else "c", class_="n"))
    cells += [_cell(rows.loc[end]) for end in ends]
    return tag("tr", tag("th", label, scope="row"), *cells, class_="all" if group == ALL else None)


def _joined_note(groups: list[str]) -> str:
    if projections.OTHERS in groups:
        return "All others: kinds too small to show by themselves, joined."
    return ""


def _sure(found: pd.DataFrame) -> str:
    sure = (found["status"] == "ok") & (found["lo95"] == found["hi95"])
    return "Without a range: nearly certain, as these young people are known and only grow older." if sure.any() else ""


def _rounding(shown: ProtectedProjection) -> str:
    return f"Rounded to the nearest {shown.base}, so the parts may not add up." if shown.base > 1 else ""


def flows(shown: ProtectedProjection) -> Html:
    """Children expected to come into care and to leave it, by year, among them those who turn 18."""
    shown = checked(shown)
    if shown.flows.empty:
        return nothing(shown, "Coming into care and leaving it")
    return joined(_flow(shown, part) for part in ("entries", "exits"))


def _flow(shown: ProtectedProjection, part: str) -> Html:
    found = shown.flows[shown.flows["breakdown"] == part]
    years = sorted(found["year"].unique())
    groups = [*(group for group in dict.fromkeys(found["category"]) if group != ALL), ALL]
    heads = ["By age" if part == "entries" else "By way", *(_year_ahead(shown, year) for year in years)]
    rows = found.set_index(["category", "year"])
    body = [
        tag(
            "tr",
            tag("th", name(group), scope="row"),
            *(_cell(rows.loc[(group, year)]) for year in years),
            class_="all" if group == ALL else None,
        )
        for group in groups
    ]
    notes = [RANGE, _joined_note(groups), _rounding(shown), SMALL if (found["status"] != "ok").any() else ""]
    return laid_out(f"{TITLES[part]}: children a year", heads, body, notes)


def _year_ahead(shown: ProtectedProjection, year: int) -> str:
    end = pd.Timestamp(shown.origin) + pd.offsets.MonthEnd(12 * int(year))
    return f"Year to {numbers.long_date(end)}"


def scenarios(shown: ProtectedProjection) -> Html:
    """What each scenario file changes: the number under it, the difference, and the likely range of the difference."""
    shown = checked(shown)
    if shown.refused:
        return nothing(shown, "What if")
    if shown.changes.empty:
        said = "No scenario was given. Name scenario files under scenarios in the params file to see what they change."
        return tag("p", said, class_="empty")
    return joined(_scenario(shown, label) for label in dict.fromkeys(shown.changes["scenario"]))


def _scenario(shown: ProtectedProjection, label: str) -> Html:
    found = shown.changes[shown.changes["scenario"] == label]
    ends = sorted(found["target"].unique())
    heads = ["Children in care"]
    for end in ends:
        heads += [f"{when(shown, end).capitalize()}: number", "Change", "Likely range of the change"]
    wanted = found[found["breakdown"].isin((TOTAL, "placement", "age_band"))]
    # A scenario that moves children between ages does so by moving the total; the ages are shown where they differ.
    lines = [(TOTAL, ALL)]
    for breakdown in ("placement", "age_band"):
        mine = wanted[wanted["breakdown"] == breakdown]
        moved = mine[(mine["status"] == "ok") & (mine["mean"] != 0)]
        lines += [(breakdown, group) for group in dict.fromkeys(moved["category"])]
    rows = wanted.set_index(["breakdown", "category", "target"])
    body = [
        tag(
            "tr",
            tag("th", "All children in care" if group == ALL else name(group), scope="row"),
            *(cell for end in ends for cell in _change_cells(rows.loc[(breakdown, group, end)])),
            class_="all" if group == ALL else None,
        )
        for breakdown, group in lines
    ]
    hidden = bool((wanted.loc[wanted["category"] == ALL, "status"] != "ok").any())
    notes = [
        "Change: how many more or fewer than without the scenario, everything else left to the same chances.",
        "Groups that are not listed change by fewer than 8 children either way." if shown.base > 1 else "",
        "under 8: a change too small to show." if hidden else "",
        _rounding(shown),
    ]
    return laid_out(f"What if: {label}", heads, body, notes) + _entries_line(shown, found)


def _change_cells(row: pd.Series) -> list[Html]:
    if row["status"] != "ok":
        return [tag("td", "–", class_="n"), tag("td", "under 8", class_="n"), tag("td", "–", class_="n")]
    level = tag("td", people(row["level"]), class_="n")
    change = tag("td", tag("strong", _signed(row["mean"])), class_="n")
    if row["mean"] == 0 and row["lo95"] == 0 and row["hi95"] == 0:
        return [level, tag("td", tag("strong", "none"), class_="n"), tag("td", "–", class_="n")]
    return [level, change, tag("td", f"{_signed(row['lo95'])} to {_signed(row['hi95'])}", class_="n")]


def _signed(value: float) -> str:
    size = people(abs(value))
    sign = "" if size == "0" else "+" if value > 0 else "−"
    return f"{sign}{size}"


def _entries_line(shown: ProtectedProjection, found: pd.DataFrame) -> Html:
    rows = found[(found["breakdown"] == "entries so far") & (found["status"] == "ok")]
    said = [
        f"{when(shown, row['target'])} {_signed(row['mean'])}" for _, row in rows.iterrows() if abs(row["mean"]) >= 0.5
    ]
    return tag("p", f"Children coming into care by then: {'; '.join(said)}.", class_="note") if said else Html()


def targets(shown: ProtectedProjection) -> Html:
    """How likely each target of the scenario files is met, with the scenario and without it."""
    shown = checked(shown)
    if shown.refused:
        return nothing(shown, "The chance of reaching a target")
    if shown.chances.empty:
        said = (
            "No target for the number in care was given. A scenario file may name one: targets, with children and by."
        )
        return tag("p", said, class_="empty")
    heads = ["At most", "By", "Scenario", "Chance with it", "Chance without it"]
    body = [
        tag(
            "tr",
            tag("th", f"{people(row['children'])} children in care", scope="row"),
            tag("td", numbers.long_date(row["by"])),
            tag("td", row["scenario"]),
            *(tag("td", _chance(row[part]), class_="n") for part in ("chance", "chance_without")),
        )
        for _, row in shown.chances.iterrows()
    ]
    note = "Chance: of every hundred futures that were drawn, how many reach the target; to the nearest five."
    return laid_out(
        "How likely a target is met", heads, body, [note if shown.base > 1 else ""], figures=[False] * 3 + [True] * 2
    )


def _chance(percent: float) -> str:
    if pd.isna(percent):
        return "not a month’s end of the forecast"
    if percent < 5:
        return "under 5 in 100"
    if percent > 95:
        return "over 95 in 100"
    return f"about {int(percent)} in 100"


def past_error(shown: ProtectedProjection) -> Html:
    """How far earlier forecasts were off, beside repeating the last number, and how often their ranges held."""
    shown = checked(shown)
    if shown.refused:
        return nothing(shown, "Past error")
    sentence = tag("p", past_error_in_words(shown), class_="headline")
    if projections.untested(shown):
        return sentence
    tested = shown.tested[shown.tested["origins"] > 0]
    heads = [
        "Looking ahead",
        "Of",
        "Earlier dates",
        "Forecast missed by",
        "Repeating missed by",
        "Held by 8-in-10 range",
    ]
    heads += ["Held by 19-in-20 range"]
    body = [
        tag(
            "tr",
            tag("th", _ahead_words(row["horizon"]), scope="row"),
            tag("td", PARTS[row["breakdown"]]),
            tag("td", f"{int(row['origins'])}", class_="n"),
            *(tag("td", people(row[part]), class_="n") for part in ("mae", "mae_last_value")),
            *(tag("td", f"{people(row[part])} of 100", class_="n") for part in ("cover80", "cover95")),
        )
        for _, row in tested.iterrows()
    ]
    notes = [
        "The same forecast made from earlier days of this record, held against what then happened; in children.",
        "Repeating: taking the number of that day for every day to come.",
        "A range held when what happened lay in it: 80 of 100 and 95 of 100 are right.",
        _narrow(tested),
        "Looks ahead that could be tried from fewer than three dates are left out." if shown.base > 1 else "",
    ]
    made = laid_out("Past error", heads, body, notes, figures=[False, False, *[True] * 5])
    return sentence + made


def _narrow(tested: pd.DataFrame) -> str:
    """A warning where the ranges of parts held clearly less often than they should."""
    year = tested[(tested["horizon"] == 12) & (tested["cover80"] < 70)]
    parts = [PARTS[part] for part in year["breakdown"]]
    return f"For {' and '.join(parts)} the ranges were too narrow on this record: read them as wider." if parts else ""


def advisers(shown: ProtectedProjection) -> Html:
    """Young people to support and the full-time advisers they need, until 21 and until 25, with the take-up range."""
    shown = checked(shown)
    found = shown.advisers
    if shown.refused or found.empty:
        return nothing(shown, "How many advisers are needed")
    given = shown.staffing[-1] if shown.staffing else None
    staff = given[1] if given else Staffing(0.0, CEILING)
    heads = ["How many", *(_today_or(shown, day) for day in found["target"])]
    lines = [("Young people up to 21", found["people"]), ("Added by support until 25, if all want it", found["added"])]
    surveyed = bool(found["low"].notna().any())
    if surveyed:
        lines += [("Of these, want it: at least", found["low"]), ("… most likely, if those who did not answer are like "
                   "those who did", found["mid"]), ("… at most", found["high"])]  # fmt: skip
    body = [_adviser_row(label, values, people) for label, values in lines]
    # Advisers follow from the printed numbers, so that they say no more than these.
    extra = [("low", "fewest"), ("high", "most")] if surveyed else [("added", "all of them")]
    body.append(_adviser_row("Advisers needed until 21", staff.needed(found["people"]), _fte))
    if given and staff.advisers:
        each = f"Young people for each of {_fte(staff.advisers)} advisers, until 21"
        body.append(_adviser_row(each, staff.caseload(found["people"]), _fte))
    body += [
        _adviser_row(f"Advisers needed until 25 ({what} want it)", staff.needed(found["people"] + found[part]), _fte)
        for part, what in extra
    ]
    notes = [
        f"Advisers: full-time, at {people(staff.ceiling)} young people each"
        + (f", as the scenario {given[0]} says." if given else "; a scenario file’s staffing changes that."),
        f"Each young person counts as {staff.complexity:g}, as that scenario says." if staff.complexity != 1 else "",
        f"There are {_fte(staff.advisers)} advisers under that scenario, with places for {people(staff.places)}."
        if given and staff.advisers
        else "",
        "" if surveyed else "No survey of what young people want is in the extract, so take-up is not narrowed down.",
        _rounding(shown),
        SMALL if found[["people", "added"]].isna().any(axis=None) else "",
    ]
    return laid_out("Young people to support, and the advisers they need", heads, body, notes)


def _today_or(shown: ProtectedProjection, day) -> str:
    return "Today" if pd.Timestamp(day) == pd.Timestamp(shown.origin) else when(shown, day).capitalize()


def _adviser_row(label: str, values, printed) -> Html:
    cells = (tag("td", "c" if pd.isna(value) else printed(value), class_="n") for value in values)
    return tag("tr", tag("th", label, scope="row"), *cells)


def _fte(value: float) -> str:
    return f"{numbers.half_up(value, 1):,}"


def leavers_ahead(shown: ProtectedProjection) -> Html:
    """Care leavers by age ahead, and how many may be in touch and stay with former carers."""
    shown = checked(shown)
    if shown.refused or not shown.categories("care_leavers total"):
        return nothing(shown, "Care leavers to come")
    said = [
        f"{label}: " + "; ".join(
            f"{when(shown, row['target'])} about {people(row['mean'])}, likely from {between(row)}"
            for _, row in marks(shown, shown.rows(part)).iterrows()
            if row["status"] == "ok"
        ) + "."
        for part, label in (
            ("care_leavers total", "Care leavers aged 16 to 24"),
            ("care_leavers in touch", "In touch with the council, if the share stays as it is"),
            ("care_leavers staying put", "Aged 18 to 20 and staying with former foster carers"),
        )
        if (shown.rows(part)["status"] == "ok").any()
    ]  # fmt: skip
    return tag("ul", joined(tag("li", sentence) for sentence in said)) + by_group(shown, "care_leavers")
