"""Evidence for a strategy: five years of the main measures, what changed them, what may come, what is not known."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from incare.disclosure.forecasts import ProtectedForecasts
from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.stats import interrupted, trend
from incare.views import charts, numbers, shown, trend_chart
from incare.views.markup import Html, joined, tag
from incare.views.signals import windows
from incare.views.tables import laid_out, symbol_cell

CARRIED_FORWARD = ("cla_count",)
TREND_WORDS = {trend.RISING: "rising", trend.FALLING: "falling", trend.NO_CLEAR_CHANGE: "no clear change"}
TOO_SHORT = {
    "no values": "no figure can be shown",
    "too few points": "too few periods for a trend",
    "too many gaps": "too many periods are missing",
    "no overlap-free span": "seen for less than the year it looks back over",
}


def trends(protected: Protected, catalogue: Catalogue) -> pd.DataFrame:
    """The trend of every measure's total, made of the protected figures (see `stats.trend.of_series`)."""
    return trend.of_series(_totals(protected, catalogue), windows(catalogue))


def _totals(protected: Protected, catalogue: Catalogue) -> pd.DataFrame:
    frame = shown.frame_of(protected)
    ids = [known.id for known in catalogue]
    return frame[(frame["breakdown"] == "total") & frame["measure"].isin(ids)]


def five_years(protected: Protected, catalogue: Catalogue, found: pd.DataFrame) -> Html:
    """Each measure in a row: its first and newest figure, the word of its trend, and where its definition breaks."""
    body = [_row(protected, known, found) for known in catalogue]
    first, last = _span(protected, catalogue)
    notes = [
        "Trend: a word only where the change is clear of chance, allowing for neighbouring periods being alike.",
        "A figure from before a break is not compared with one from after it.",
        *_symbols(protected, catalogue),
    ]
    heads = ["Measure", "First", "Newest", "Trend", "Breaks"]
    caption = f"The main measures, {numbers.short_month(first)} to {numbers.short_month(last)}"
    return laid_out(caption, heads, body, notes, figures=[False, True, True, False, False])


def _span(protected: Protected, catalogue: Catalogue) -> tuple[pd.Timestamp, pd.Timestamp]:
    ends = _totals(protected, catalogue)["period_end"]
    return ends.min(), ends.max()


def _row(protected: Protected, known: Measure, found: pd.DataFrame) -> Html:
    rows = shown.rows(protected, known)
    seen = rows[numbers.are_shown(rows)]
    first = seen.iloc[0] if len(seen) else rows.iloc[0]
    since = numbers.short_month(first["period_end"])
    return tag(
        "tr",
        tag("th", known.title, scope="row"),
        tag("td", symbol_cell(first), tag("span", since, class_="quiet"), class_="n"),
        tag("td", tag("strong", symbol_cell(rows.iloc[-1])), class_="n"),
        tag("td", trend_word(found, known)),
        tag("td", breaks(known, rows) or "none known"),
    )  # fmt: skip


def trend_word(found: pd.DataFrame, known: Measure) -> str:
    """The word of a measure's trend, or why there is none."""
    row = found[found["measure"] == known.id].iloc[0]
    return TREND_WORDS[row["word"]] if row["status"] == "ok" else f"not tested: {TOO_SHORT.get(row['status'])}"


def breaks(known: Measure, rows: pd.DataFrame) -> str:
    """The days inside a series from which it is made otherwise, with the reason; empty where there is none."""
    said = [f"{numbers.long_date(day)}: {why}" for day, why in charts.breaks_of(known, rows)]
    version = rows["definition_version"]
    changed = (version.ne(version.shift()) & version.shift().notna()).to_numpy()
    said += [f"{numbers.long_date(day)}: new definition" for day in rows["period_start"][changed]]
    return "; ".join(said)


def _symbols(protected: Protected, catalogue: Catalogue) -> list[str]:
    frame = _totals(protected, catalogue)
    used = [name for name in ("c", "z", "x") if (frame["status"] == name).any()]
    return [f"{name}: {numbers.SYMBOLS[name]}." for name in used]


def pictures(protected: Protected, catalogue: Catalogue, found: pd.DataFrame) -> Html:
    """Each measure over five years with the line and the word of its trend, and its breaks."""
    made = [_picture(protected, known, found) for known in catalogue]
    return joined(tag("div", *made[place : place + 2], class_="gallery") for place in range(0, len(made), 2))


def _picture(protected: Protected, known: Measure, found: pd.DataFrame) -> Html:
    broken = breaks(known, shown.rows(protected, known))
    return tag(
        "section",
        tag("h3", known.title, id=f"evidence-{known.id}"),
        trend_chart.trend(protected, known, found),
        tag("p", f"Breaks: {broken}.", class_="note") if broken else None,
        class_="panel",
        aria_labelledby=f"evidence-{known.id}",
    )


def policies(protected: Protected, catalogue: Catalogue, actions: Sequence | None) -> Html:
    """Did it change anything? Each dated action on a main measure, held against how the measure would have gone on.

    `actions` are those of the params file; those with a `measure` of the catalogue and a `date` are asked about.
    Without any, the page says what to give.
    """
    asked = [a for a in actions or [] if isinstance(a, dict) and a.get("date") and a.get("measure")]
    ids = [known.id for known in catalogue]
    mine = [action for action in asked if action["measure"] in ids]
    if not mine:
        said = (
            "No policy was named. To ask what a policy changed, give the params file a line under actions with the "
            "measure it was meant to change, the date it began, and a few words as text."
        )
        return tag("p", said, class_="empty")
    return joined(_policy(protected, catalogue, number, action) for number, action in enumerate(mine, 1))


def _policy(protected: Protected, catalogue: Catalogue, number: int, action: dict) -> Html:
    known = next(known for known in catalogue if known.id == action["measure"])
    label, day = str(action.get("text") or "The policy"), pd.Timestamp(action["date"])
    heading = tag("h3", f"{known.title}: {label}", id=f"policy-{number}")
    frame = _totals(protected, catalogue)
    frame = frame[frame["measure"] == known.id]
    if not numbers.are_shown(shown.rows(protected, known)).any():
        return heading + _too_early(protected, known, day)
    back = windows(catalogue)
    try:
        answers = interrupted.of_series(frame, day, back)
    except interrupted.PolicyError:
        return heading + _too_early(protected, known, day)
    row = answers.iloc[0]
    if row["status"] != "ok":
        return heading + _too_early(protected, known, day)
    lines = interrupted.lines(frame, day, back)
    return heading + trend_chart.interrupted(protected, known, answers, lines, day, label)


def _too_early(protected: Protected, known: Measure, day: pd.Timestamp) -> Html:
    """Why a policy cannot be tested: how many figures lie on each side of its date, and how many are needed."""
    rows = shown.rows(protected, known)
    ends = rows.loc[numbers.are_shown(rows), "period_end"]
    after, fewest = int((ends >= day).sum()), interrupted.QUESTION.fewest
    said = (
        f"Begun on {numbers.long_date(day)}. What it changed cannot be told yet: {fewest} figures on each side are "
        f"needed, and there are {len(ends) - after} before it and {after} after."
    )
    return tag("p", said, class_="empty")


def by_itself(catalogue: Catalogue) -> Catalogue:
    """The measures that are forecast from their own past; children in care are carried forward one by one instead."""
    return Catalogue(tuple(known for known in catalogue if known.id not in CARRIED_FORWARD))


def ahead(found: ProtectedForecasts, catalogue: Catalogue) -> Html:
    """Each measure as it may stand a year and more ahead, with its past error beside that of repeating it."""
    rows = [(known, *found.of(known.id)) for known in catalogue]
    kept = [(known, coming, tested) for known, coming, tested in rows if len(coming) and coming["mean"].notna().all()]
    if not kept:
        return tag("p", "No measure has enough periods to be forecast.", class_="empty")
    heads = ["Measure", "At the end of", "Expected", "Likely range", "Missed by, in the past", "Repeating missed by"]
    body = [_ahead_row(*each) for each in kept]
    left = [known.title for known, coming, _ in rows if known.title not in {k.title for k, _, _ in kept}]
    notes = [
        "Each measure is carried forward from its own past alone: it knows of no policy, and of no single child.",
        "Likely range: nineteen times in twenty, if what comes is like what was.",
        f"Not forecast, as too few periods or numbers too small: {'; '.join(left)}." if left else "",
    ]
    return laid_out("What may come", heads, body, notes)


def _ahead_row(known: Measure, coming: pd.DataFrame, tested: pd.DataFrame) -> Html:
    last = coming.iloc[-1]
    tried = tested.dropna(subset="mae")
    errors = ["–", "–"]
    if len(tried):
        row = tried.loc[(tried["horizon"] - len(coming)).abs().idxmin()]
        points = " points" if known.unit == "%" else ""
        errors = [f"{numbers.half_up(row[name], 1)}{points}" for name in ("mae", "mae_last_value")]
    likely = numbers.limits(last["lo95"], last["hi95"], known.unit)
    figures = (numbers.number(last["mean"], known.unit), likely, *errors)
    return tag(
        "tr",
        tag("th", known.title, scope="row"),
        tag("td", numbers.short_month(last["ds"]), class_="n"),
        *(tag("td", figure, class_="n") for figure in figures),
    )


def unknown(protected: Protected, catalogue: Catalogue, found: pd.DataFrame) -> Html:
    """What the figures cannot say: gaps, trends without a test, breaks, and what no record holds."""
    said = [line for known in catalogue for line in _unknown_of(protected, known, found)]
    said += [
        "Figures say what changed, not why: a trend or a change after a policy may have another cause.",
        "No real change of ordinary size is sure to be found: “no clear change” is not “no change”.",
        "What children and young people say of their care is not in these figures.",
        "What is recorded late will move the newest figures.",
    ]
    return tag("ul", joined(tag("li", sentence) for sentence in said))


def _unknown_of(protected: Protected, known: Measure, found: pd.DataFrame) -> list[str]:
    rows = shown.rows(protected, known)
    lines = []
    absent = rows[~numbers.are_shown(rows)]
    if len(absent):
        why = dict.fromkeys(numbers.why_missing(row) for _, row in absent.iterrows())
        lines.append(f"{known.title}: {len(absent)} of {len(rows)} periods have no figure ({'; '.join(why)}).")
    row = found[found["measure"] == known.id].iloc[0]
    if row["status"] != "ok":
        lines.append(f"{known.title}: whether it rises or falls is not known, {TOO_SHORT.get(row['status'])}.")
    if broken := breaks(known, rows):
        lines.append(f"{known.title}: figures on the two sides of a break are not alike ({broken}).")
    return lines
