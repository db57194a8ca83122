"""The overall assessment, by rule: what goes well, what to do better, level and direction apart, and what to know."""

from __future__ import annotations

from collections.abc import Iterable
from math import erf, sqrt

import pandas as pd

from incare.committee import supplementary as single
from incare.disclosure.forecasts import ProtectedForecasts
from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.periods import Quarter
from incare.record.quality import Facts
from incare.stats import intervals
from incare.stats import trend as trends_of
from incare.views import numbers, shown, signals, tables, words
from incare.views.markup import Html, joined, tag
from incare.views.tables import laid_out

WELL, BETTER, STEADY = "What is going well", "What to do better", "Neither"
IMPROVING, WORSENING, HIGHER, LOWER, UNCLEAR = "improving", "getting worse", "rising", "falling", "no clear change"
RULE = (
    "Going well: improving beyond chance, or at the target without getting worse. To do better: getting worse beyond "
    "chance, or off target (red) without improving. Direction comes from the long trend where that can be tested, else "
    "from the comparison with the same time last year; level is the target alone. Neither list is made by hand."
)
BASELINE = "A change is called improved or worse only when its 95% interval leaves out 0."


def direction(row: pd.Series, trend: str = "") -> tuple[str, str]:
    """Where a measure is going, and by which rule: the long trend where tested, else the year before, else nothing.

    A measure with a better side is `improving` or `getting worse`, another `rising` or `falling`; `no clear change`
    where a test was made and found nothing, empty where none could be made.
    """
    if trend in (trends_of.RISING, trends_of.FALLING):
        up = trend == trends_of.RISING
        word = (HIGHER if up else LOWER) if row["better"] == "neither" else _good(up, row["better"])
        return word, "by the trend of the whole record"
    said = row.get("year_ago_word")
    found = {"improved": IMPROVING, "worse": WORSENING, "higher": HIGHER, "lower": LOWER, "no clear change": UNCLEAR}
    if isinstance(said, str) and said in found and numbers.is_shown(row):
        return found[said], "against the same time last year"
    return (UNCLEAR, "by the trend of the whole record") if trend == trends_of.NO_CLEAR_CHANGE else ("", "")


def _good(up: bool, better: str) -> str:
    return IMPROVING if up == (better == "higher") else WORSENING


def place(row: pd.Series, trend: str = "") -> str:
    """The list in which a measure's newest row belongs: going well, to do better, or neither."""
    if not numbers.is_shown(row):
        return STEADY
    going, rag = direction(row, trend)[0], row.get("rag", "none")
    if going == IMPROVING:
        return WELL
    if going == WORSENING or rag == "red":
        return BETTER
    return WELL if rag == "green" else STEADY


def level_words(found: pd.DataFrame, measure: Measure, targets: dict | None = None) -> str:
    """The level in words, against the target alone: `58%, below the target of 65%, for 12 quarters in a row`."""
    row, target = found.iloc[-1], shown.target_of(found, measure, targets)
    if not numbers.is_shown(row):
        return numbers.why_missing(row)
    figure = numbers.amount(row["value"], row["unit"])
    if target is None or row.get("rag", "none") == "none":
        return f"{figure}; no target"
    goal = f"the target of {numbers.number(target, row['unit'])}"
    if row["rag"] == "green":
        return f"{figure}, at {goal} or better"
    side = "below" if measure.better == "higher" else "above"
    periods = row.get("below_for")
    run = f", for {int(periods)} {row['grain']}s in a row" if pd.notna(periods) and periods > 1 else ""
    margin = " (within the agreed margin)" if row["rag"] == "amber" else ""
    return f"{figure}, {side} {goal}{margin}{run}"


def direction_words(row: pd.Series, trend: str = "") -> str:
    """The direction in words with its rule: `improving, by the trend of the whole record`."""
    word, rule = direction(row, trend)
    return f"{word}, {rule}" if word else "cannot be told: too few comparable figures"


def assessment(
    protected: Protected, catalogue: Catalogue, trends: pd.DataFrame | None = None, targets: dict | None = None
) -> Html:
    """What is going well and what to do better, each measure with its level and its direction; then the rest."""
    rows = [(m, shown.rows(protected, m)) for m in catalogue if not shown.is_mix(m)]
    placed: dict[str, list[Html]] = {WELL: [], BETTER: [], STEADY: []}
    for measure, found in rows:
        trend = signals.trend_word(trends, measure)
        going = direction_words(found.iloc[-1], trend)
        said = f" {_capital(level_words(found, measure, targets))}. Direction: {going}."
        placed[place(found.iloc[-1], trend)].append(tag("li", tag("strong", f"{measure.title}."), said))
    boxes = [_box(name, placed[name]) for name in (WELL, BETTER)]
    rest = [item for item in placed[STEADY]]
    more = tag("details", tag("summary", f"{len(rest)} measures in neither list"), tag("ul", *rest)) if rest else Html()
    return tag("div", joined(boxes), class_="highlights") + more + tag("p", RULE, class_="note")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _box(name: str, items: list[Html]) -> Html:
    listed = tag("ul", *items) if items else tag("p", "None.", class_="quiet")
    return tag("section", tag("h3", name, data_contents="no"), listed)


def lists(protected: Protected, catalogue: Catalogue, trends: pd.DataFrame | None = None) -> dict[str, list[str]]:
    """The ids in each list, for those who want to look at the rule itself."""
    found: dict[str, list[str]] = {WELL: [], BETTER: [], STEADY: []}
    for measure in catalogue:
        if not shown.is_mix(measure):
            row = shown.latest(protected, measure)
            found[place(row, signals.trend_word(trends, measure))].append(measure.id)
    return found


def without_comment(protected: Protected, catalogue: Catalogue, comments: dict[str, str] | None = None) -> Html:
    """The red measures about which the service says nothing; words when there is none."""
    silent = [m for m in catalogue if not shown.is_mix(m) and words.is_red(protected, m)]
    silent = [m.title for m in silent if not words.comment((comments or {}).get(m.id))]
    if not silent:
        return tag("p", "Every red measure has a comment, or is marked as unexplained.", class_="quiet")
    return tag("p", tag("strong", "Red, and without a comment: "), "; ".join(silent), ".")


# What a reader must know of the days


def as_at(facts: Facts) -> Html:
    """The days: the quarter's end, the day of the extract, the newest record, and the lag between them in days."""
    end, cut = pd.Timestamp(facts.ends), pd.Timestamp(facts.as_at)
    behind = (cut - end).days
    said = [
        f"Figures are as at {numbers.long_date(facts.ends)}, the end of {facts.quarter}, unless they say otherwise.",
        f"The extract was made on {numbers.long_date(facts.as_at)}, {_days(behind)} after it.",
    ]
    if facts.lag_days is not None:
        said.append(f"Its newest record is of {numbers.long_date(facts.reaches)}: a lag of {_days(facts.lag_days)}.")
    return tag("p", " ".join(said), class_="note")


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def supplementary(
    given: Iterable | None, profile: str = "public", quarter: str | None = None, hide_to: int = 7
) -> Html:
    """Single numbers, each with its own day; one to seven children are hidden in public, 0 is printed as 0.

    With a quarter only those of its days and of the three months after it: a later pack prints the others.
    """
    found = [figure for figure in single.read(given) if quarter is None or _about(figure, Quarter.parse(quarter))]
    if not found:
        return Html()
    lines = [
        tag("li", f"{f.figure}: ", tag("strong", _value(f, profile, hide_to)), f" as at {numbers.long_date(f.as_at)}",
            f" ({f.source})" if f.source else "", ".")
        for f in found
    ]  # fmt: skip
    heading = tag("h3", "Later figures, each as at its own day", data_contents="no")
    return heading + tag("ul", *lines)


def _about(figure: single.Figure, quarter: Quarter) -> bool:
    """Whether a figure's day lies in the quarter or in the next."""
    return quarter in (of := Quarter.of(figure.as_at), of.previous())


def _value(figure: single.Figure, profile: str, hide_to: int) -> Html | str:
    number = numbers.half_up(figure.value, 0 if float(figure.value).is_integer() else 1)
    if profile != "public" or figure.of != single.CHILDREN or figure.value == 0:
        return f"{number:,}"
    if figure.value <= hide_to:
        return tag("abbr", "c", title=numbers.SYMBOLS["c"])
    return f"{int(numbers.half_up(figure.value / 5)) * 5:,}"


# Against a baseline, and ahead


def baseline(protected: Protected, catalogue: Catalogue, day: str | None) -> Html:
    """Each measure now beside its figure at a baseline day, with the change, its 95 % interval, and what may be said.

    The baseline is the last period that had ended by the day. Without a day, or a figure there, no claim is made.
    """
    if not day:
        return tag(
            "p",
            "No baseline was named, so no improvement is claimed. Name a day under the key baseline.",
            class_="quiet",
        )
    rows = [(m, *_since(protected, m, pd.Timestamp(day))) for m in catalogue if not shown.is_mix(m)]
    kept = [(m, then, now) for m, then, now in rows if then is not None]
    if not kept:
        return tag(
            "p", f"No measure has a figure by {numbers.long_date(day)}, so no improvement is claimed.", class_="quiet"
        )
    heads = ["Measure", "Baseline", "Now", "Change", "95% interval", "In words"]
    body = [_baseline_row(*each) for each in kept]
    left = [m.title for m, then, _ in rows if then is None]
    at = numbers.long_date(max(then["period_end"] for _, then, _ in kept))
    notes = [BASELINE, f"No figure at the baseline, so no claim: {'; '.join(left)}." if left else ""]
    right = [n not in ("Measure", "In words") for n in heads]
    return laid_out(f"Since the baseline of {at}", heads, body, notes, class_="scorecard", figures=right)


def _since(protected: Protected, measure: Measure, day: pd.Timestamp) -> tuple[pd.Series | None, pd.Series]:
    found = shown.rows(protected, measure)
    before = found[(found["period_end"] <= day) & (found["period_end"] > day - pd.DateOffset(months=3))]
    now = found.iloc[-1]
    usable = len(before) and numbers.is_shown(before.iloc[-1]) and numbers.is_shown(now)
    return (before.iloc[-1] if usable else None), now


def baseline_change(then: pd.Series, now: pd.Series) -> tuple[float, float, float, str]:
    """Change, its 95 % limits, and the word they allow: improved, worse, higher, lower, no clear change.

    Shares by Newcombe's limits, counts by the exact conditional test; another kind of figure has no limits and the
    word "no test". A changed definition is "not comparable". Both rows are as `incare.series` has them: `value` in the
    measure's unit, `numerator`, `denominator`, `unit`, `better`, `definition_version`; so are change and limits.
    **Source** Newcombe (1998), method 10; Przyborowski and Wilenski (1940) for two counts.
    """
    gap = float(now["value"]) - float(then["value"])
    if int(now["definition_version"]) != int(then["definition_version"]):
        return gap, float("nan"), float("nan"), "not comparable"
    if now["unit"] == "%" and pd.notna(now["denominator"]) and pd.notna(then["denominator"]):
        pairs = [(row["value"] * row["denominator"] / 100, row["denominator"]) for row in (now, then)]
        _, low, high = (float(x) for x in intervals.difference(*pairs[0], *pairs[1]))
    elif pd.isna(now["denominator"]) and now["value"] == now["numerator"]:
        _, low, high = (float(x) for x in intervals.counts_change(now["value"], then["value"]))
    else:
        return gap, float("nan"), float("nan"), "no test"
    if not (low > 0 or high < 0):
        return gap, low, high, UNCLEAR
    up = low > 0
    word = ("higher" if up else "lower") if now["better"] == "neither" else (
        "improved" if up == (now["better"] == "higher") else "worse")  # fmt: skip
    return gap, low, high, word


def _baseline_row(measure: Measure, then: pd.Series, now: pd.Series) -> Html:
    gap, low, high, word = baseline_change(then, now)
    between = "–" if pd.isna(low) else f"{_signed(low)} to {_signed(high)}"
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag("td", numbers.number(then["value"], measure.unit), class_="n"),
        tag("td", tag("strong", numbers.number(now["value"], measure.unit)), class_="n"),
        tag("td", _signed(gap), class_="n"),
        tag("td", between, class_="n"),
        tag("td", tables.change(word)),
    )


def _signed(value: float) -> str:
    size = numbers.half_up(abs(value), 0 if float(value).is_integer() else 1)
    return f"{'+' if value > 0 and size else '−' if value < 0 and size else ''}{size:,}"


def chances(found: ProtectedForecasts, catalogue: Catalogue, targets: dict | None = None) -> Html:
    """For each measure with a target: what is expected at the end, its likely range, and the chance of the target.

    The chance is read from the forecast's own 95 % range as a bell curve, to the nearest 5 %; it knows of no plan.
    """
    rows = [(m, found.of(m.id)[0]) for m in catalogue if m.id in (targets or {}) and m.better in ("higher", "lower")]
    kept = [(m, ahead) for m, ahead in rows if len(ahead) and ahead["mean"].notna().all()]
    if not kept:
        return tag("p", "No measure with a target has enough periods to be forecast.", class_="empty")
    heads = ["Measure", "Target", "By", "Expected", "Likely range", "Chance of the target"]
    body = [_chance_row(m, ahead.iloc[-1], targets[m.id]["target"]) for m, ahead in kept]
    note = "Chance: if what comes is like what was, to the nearest 5%. A plan that changes things changes it."
    right = [n not in ("Measure",) for n in heads]
    return laid_out("Can the targets be reached?", heads, body, [note], figures=right)


def _chance_row(measure: Measure, last: pd.Series, target: float) -> Html:
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag("td", numbers.number(target, measure.unit), class_="n"),
        tag("td", numbers.short_month(last["ds"]), class_="n"),
        tag("td", numbers.number(last["mean"], measure.unit), class_="n"),
        tag("td", numbers.limits(last["lo95"], last["hi95"], measure.unit), class_="n"),
        tag("td", tag("strong", chance_words(chance(last, target, measure.better))), class_="n"),
    )


def chance(last: pd.Series, target: float, better: str) -> float:
    """The chance, 0 to 1, that a forecast ends at a target or better, as a bell curve over its 95 % range.

    `last` has `mean, lo95, hi95` in the measure's unit; `better` is "higher" or "lower". A range without width gives 0
    or 1. **Source** the normal distribution; nothing but the forecast's own range goes in.
    """
    spread = (float(last["hi95"]) - float(last["lo95"])) / (2 * 1.959964)
    if not spread > 0:
        return float((last["mean"] >= target) if better == "higher" else (last["mean"] <= target))
    distance = (float(last["mean"]) - target) / spread
    above = 0.5 * (1 + erf(distance / sqrt(2)))
    return above if better == "higher" else 1 - above


def chance_words(share: float) -> str:
    """A chance to the nearest 5 %; `under 5%` and `over 95%` at the ends."""
    rounded = int(numbers.half_up(share * 20)) * 5
    return "under 5%" if share < 0.05 else "over 95%" if share > 0.95 else f"{min(max(rounded, 5), 95)}%"


def mix_changes(protected: Protected, catalogue: Catalogue) -> Html:
    """How the parts of each mix moved since the year before: points, 95 % interval, higher or lower beyond chance."""
    return joined(
        _mix_change(protected, m) for m in catalogue if shown.is_mix(m) and shown.has_rows(protected, m, m.parts)
    )


def _mix_change(protected: Protected, measure: Measure) -> Html:
    now = shown.newest(shown.rows(protected, measure, measure.parts))
    heads = ["Part", "Year before", "Now", "Change", "95% interval", "In words"]
    body = [_part_row(row) for _, row in now.iterrows() if str(row.get("year_ago_word")) != "nan"]
    if not body:
        return Html()
    note = "Parts that are hidden in one of the two years have no change. The changes of all parts add up to 0."
    right = [n not in ("Part", "In words") for n in heads]
    return laid_out(f"{measure.title}: what changed since the year before", heads, body, [note], figures=right)


def _part_row(row: pd.Series) -> Html:
    told = numbers.is_shown(row) and pd.notna(row["year_ago_difference"]) and pd.notna(row["year_ago_lower"])
    before = row["year_ago_value"]
    return tag(
        "tr",
        tag("th", str(row["category"]), scope="row"),
        tag("td", "–" if pd.isna(before) else numbers.number(before, row["unit"]), class_="n"),
        tag("td", tag("strong", numbers.cell(row)), class_="n"),
        tag("td", f"{_signed(row['year_ago_difference'])}" if told else "–", class_="n"),
        tag("td", f"{_signed(row['year_ago_lower'])} to {_signed(row['year_ago_upper'])}" if told else "–", class_="n"),
        tag("td", tables.change(str(row["year_ago_word"])) if told else "–"),
    )
