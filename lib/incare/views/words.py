"""Sentences about protected figures: every number is read from the frame, every direction from a statistic."""

from __future__ import annotations

import re

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Catalogue, Measure
from incare.measures import TOPICS
from incare.views import numbers, shown
from incare.views.markup import Html, joined, tag

# What the earlier period is called, by the prefix of the columns that `stats.compare.change` adds.
_SINCE = {"previous": "the previous {grain}", "year_ago": "the same time last year"}
RAG = {"green": "Green", "amber": "Amber", "red": "Red"}
_POPULATIONS = ("young people", "care leavers", "children", "reviews", "missing incidents", "incidents", "plans")
BREAKDOWNS = {
    "age_band": "age",
    "sex": "sex",
    "ethnicity": "ethnic group",
    "uasc": "unaccompanied asylum-seeking status (UASC)",
    "legal_status": "legal status",
    "placement": "placement",
    "placement_type": "placement type",
}


def topic_title(topic: str) -> str:
    """A topic as a heading."""
    return TOPICS.get(topic, _plain(topic).capitalize())


def breakdown_title(breakdown: str) -> str:
    """A breakdown as it is named in a sentence: `by age`."""
    return BREAKDOWNS.get(breakdown, _plain(breakdown))


def headline(protected: Protected, measure: Measure | str, targets: dict | None = None, named: bool = True) -> Html:
    """A measure in a few sentences: the value, against target, and what changed where a statistic says so.

    `named=False` leaves out the measure's title, for use below a heading that says it.
    """
    text = summary(protected, measure, targets, named)
    figure = numbers.cell(shown.latest(protected, measure))
    # The figure stands out where the sentence begins with it.
    opening = tag("strong", figure) if text.startswith(figure + " ") else None
    return tag("p", opening, text.removeprefix(figure) if opening else text, class_="headline")


def summary(protected: Protected, measure: Measure | str, targets: dict | None = None, named: bool = True) -> str:
    """The text of `headline`."""
    known = shown.facts(measure)
    found = shown.rows(protected, known)
    if shown.is_mix(known):
        return _name(_mix_value(protected, known), known, named)
    said = (_name(value(found, known), known, named), against_target(found, known, targets), change(found))
    return " ".join(sentence for sentence in said if sentence)


def _name(sentence: str, known: Measure, named: bool) -> str:
    return f"{known.title}: {sentence}" if named else f"{sentence[0].upper()}{sentence[1:]}"


def value(found: pd.DataFrame, measure: Measure) -> str:
    """`74% (475 of 640 children), quarter ending 30 September 2025.`, or why there is no figure."""
    row = found.iloc[-1]
    period = numbers.period_words(row, measure)
    if not numbers.is_shown(row):
        return f"{numbers.why_missing(row)} ({period})."
    return f"{_value(row, measure)}, {period}."


def _mix_value(protected: Protected, known: Measure) -> str:
    """The parts of a mix, largest first; hidden parts are named last."""
    if not shown.has_rows(protected, known, known.parts):
        return value(shown.rows(protected, known), known)
    now = shown.newest(shown.rows(protected, known, known.parts))
    seen = numbers.are_shown(now)
    if not seen.any():
        return f"No part can be shown ({numbers.period_words(now.iloc[0], known)}).{_mix_gaps(now)}"
    largest = now[seen].sort_values("value", ascending=False, kind="stable")
    parts = [f"{row['category']} {numbers.number(row['value'], row['unit'])}" for _, row in largest.iterrows()]
    return f"{'; '.join(parts)} ({numbers.period_words(now.iloc[0], known)}).{_mix_gaps(now[~seen])}"


def _mix_gaps(missing: pd.DataFrame) -> str:
    symbols = missing.apply(numbers.symbol, axis=1) if len(missing) else pd.Series(dtype=object)
    named = symbols.groupby(symbols, sort=False).groups.items()
    return "".join(f" {numbers.SYMBOLS[s].capitalize()}: {', '.join(missing['category'][rows])}." for s, rows in named)


def _value(row: pd.Series, measure: Measure) -> str:
    figure = numbers.amount(row["value"], row["unit"])
    people = population(measure)
    if row["unit"] != "%" or not (part := numbers.n_of_d(row)):
        return figure
    if part.startswith("of "):
        return f"{figure} {part}{people}"
    return f"{figure} ({part}{people})"


def population(measure: Measure) -> str:
    """The people or events counted: the first word we know in the opening of the definition."""
    opening = measure.definition.get("Population", "").lower()[:60]
    places = {opening.find(name): name for name in _POPULATIONS if name in opening}
    return f" {places[min(places)]}" if places else ""


def against_target(found: pd.DataFrame, measure: Measure, targets: dict | None = None) -> str:
    """Where the newest figure stands against its target; empty without a target or a figure."""
    row, target = found.iloc[-1], shown.target_of(found, measure, targets)
    if target is None or not numbers.is_shown(row):
        return ""
    goal = f"the target of {numbers.number(target, row['unit'])}"
    rag = row.get("rag", "none")
    if rag == "green":
        return f"It meets {goal}."
    if rag in ("amber", "red"):
        side = "below" if measure.better == "higher" else "above"
        margin = "but within the agreed margin" if rag == "amber" else "outside the agreed margin"
        return f"It is {side} {goal}, {margin}{_how_long(row)}."
    return f"It is shown beside {goal}."


def _how_long(row: pd.Series) -> str:
    periods = row.get("below_for")
    if pd.isna(periods) or periods < 2:
        return ""
    return f", and has been off target for {int(periods)} {row['grain']}s in a row"


def change(found: pd.DataFrame) -> str:
    """What changed since the previous period and the same time last year, in the words the statistics support."""
    said = [_since(found, name) for name in _SINCE]
    text = "; ".join(words for words in said if words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _since(found: pd.DataFrame, name: str) -> str:
    """One change in words: `improved on the previous quarter (70%)`."""
    word = change_word(found, name)
    if not word:
        return ""
    row = found.iloc[-1]
    before = shown.previous(found) if name == "previous" else shown.year_ago(found)
    since = _SINCE[name].format(grain=row["grain"])
    if word == "not comparable":
        return _not_comparable(row, before, since)
    was = f" ({numbers.cell(before)})" if before is not None and numbers.is_shown(before) else ""
    joint = " than" if word in ("higher", "lower", "worse") else " on" if word == "improved" else " since"
    return f"{word}{joint} {since}{was}"


def _not_comparable(row: pd.Series, before: pd.Series | None, since: str) -> str:
    if before is None or not numbers.is_shown(before):
        return f"no figure for {since} to compare with"
    if before["definition_version"] != row["definition_version"]:
        return f"cannot be compared with {since}, because the definition changed"
    return f"{since} it was {numbers.cell(before)} (no test of chance)"


def change_word(found: pd.DataFrame, name: str) -> str:
    """The word a statistic gave to a change, `previous` or `year_ago`; empty when none was asked or none is shown."""
    column = f"{name}_word"
    row = found.iloc[-1]
    if column not in found or not numbers.is_shown(row) or pd.isna(row[column]):
        return ""
    return str(row[column])


def rag_word(row: pd.Series) -> str:
    """`Green`, `Amber`, `Red`, or empty."""
    return RAG.get(row.get("rag", "none"), "")


def highlights(protected: Protected, catalogue: Catalogue) -> Html:
    """What is on and off target, and what improved or got worse, by rule and never by hand.

    A measure is listed as improved or worse only when `stats.compare.change` found a difference whose 95 % interval
    leaves out zero.
    """
    single = [m for m in catalogue if not shown.is_mix(m)]
    by_target = {
        "Off target": [m for m in single if _rag(protected, m) == "red"],
        "Close to target": [m for m in single if _rag(protected, m) == "amber"],
        "On target": [m for m in single if _rag(protected, m) == "green"],
    }
    by_change = {"Got worse": ("worse",), "Improved": ("improved",), "Clearly higher or lower": ("higher", "lower")}
    boxes = [_listed(name, [_against(m, protected) for m in found]) for name, found in by_target.items()]
    boxes += [_listed(name, _changed(protected, single, words)) for name, words in by_change.items()]
    return tag("div", joined(boxes), class_="highlights")


def is_red(protected: Protected, measure: Measure) -> bool:
    """Whether the newest figure of a measure is red."""
    return _rag(protected, measure) == "red"


def _rag(protected: Protected, measure: Measure) -> str:
    row = shown.latest(protected, measure)
    return row.get("rag", "none") if numbers.is_shown(row) else "none"


def _listed(name: str, items: list[Html]) -> Html:
    heading = tag("h3", name, data_contents="no")
    return tag("section", heading, tag("ul", joined(items)) if items else tag("p", "None.", class_="quiet"))


def _against(measure: Measure, protected: Protected) -> Html:
    found = shown.rows(protected, measure)
    return _item(found, measure, _target_note(found, measure))


def _changed(protected: Protected, measures: list[Measure], words: tuple[str, ...]) -> list[Html]:
    """The measures whose change was given one of the words, each with the comparisons that earned it."""
    items = []
    for measure in measures:
        found = shown.rows(protected, measure)
        earned = [_since(found, name) for name in _SINCE if change_word(found, name) in words]
        items += [_item(found, measure, f", {', and '.join(earned)}")] if earned else []
    return items


def _item(found: pd.DataFrame, measure: Measure, rest: str) -> Html:
    row = found.iloc[-1]
    return tag("li", f"{measure.title}: ", tag("strong", numbers.amount(row["value"], row["unit"])), rest)


def _target_note(found: pd.DataFrame, measure: Measure) -> str:
    target = shown.target_of(found, measure)
    return "" if target is None else f" (target {numbers.number(target, found['unit'].iloc[-1])})"


def forecast(forecasts, backtest: pd.DataFrame, measure: Measure | str) -> Html:
    """What is expected at the end of the forecast, how wide the doubt is, and how wrong the method was in the past.

    `forecasts` is protected, or a frame as `forecast.series` returns it (`ds, mean, lo80, hi80, lo95, hi95`);
    `backtest` is a frame as `forecast.backtest` returns it. The past error stands beside that of repeating the last
    value, whichever is smaller.
    """
    known = shown.facts(measure)
    frame = forecast_frame(forecasts, known)
    last = frame.iloc[-1]
    return tag("p", f"{_expected(last, known)} {_past_error(backtest, len(frame), known)}".strip(), class_="headline")


def forecast_frame(forecasts, measure: Measure) -> pd.DataFrame:
    """The rows of a measure's forecast, oldest first: `ds, mean, lo80, hi80, lo95, hi95`, in the measure's unit.

    Raises `TypeError` for a frame that is not a forecast.
    """
    frame = forecasts.frame if isinstance(forecasts, Protected) else forecasts
    needed = {"ds", "mean", "lo80", "hi80", "lo95", "hi95"}
    if not isinstance(frame, pd.DataFrame) or not needed <= set(frame.columns):
        raise TypeError(
            "A forecast to show has the columns ds, mean, lo80, hi80, lo95 and hi95, as forecast.series returns them; "
            f"what was given is a {type(forecasts).__name__} without them."
        )
    return of_measure(frame, measure).sort_values("ds")


def of_measure(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """The rows of a measure in a frame by `unique_id`; a frame of one series is taken as it is.

    Raises `ValueError` when the frame holds several series and none is called like the measure.
    """
    names = list(frame["unique_id"].unique()) if "unique_id" in frame else []
    if len(names) > 1 and measure.id not in names:
        raise ValueError(f"{len(names)} series were given and none has the unique_id {measure.id}; pick one.")
    return frame[frame["unique_id"] == measure.id] if measure.id in names else frame


def _expected(last: pd.Series, measure: Measure) -> str:
    eight, nineteen = (numbers.limits(last[f"lo{n}"], last[f"hi{n}"], measure.unit) for n in (80, 95))
    return (
        f"{measure.title} at {numbers.long_date(last['ds'])}: {numbers.amount(last['mean'], measure.unit)} expected. "
        f"80% interval {eight} (8 times in 10); 95% interval {nineteen} (19 times in 20)."
    )


def _past_error(backtest: pd.DataFrame, steps: int, measure: Measure) -> str:
    tried = None if backtest is None else of_measure(backtest, measure).dropna(subset="mae")
    if tried is None or tried.empty:
        return "Its past error has not been measured."
    row = tried.iloc[(tried["horizon"] - steps).abs().argsort(kind="stable").iloc[0]]
    ours, naive = (_error(row[column], measure.unit) for column in ("mae", "mae_last_value"))
    return (
        f"Tried on {int(row['origins'])} past dates, {int(row['horizon'])} periods ahead, this method was wrong by "
        f"{ours} on average; repeating the last value was wrong by {naive}."
    )


def _error(size: float, unit: str) -> str:
    return f"{numbers.half_up(size, 1):,}" + (" percentage points" if unit == "%" else "")


def key_figures(protected: Protected, catalogue: Catalogue) -> list[dict]:
    """The figures for the cover page: one dict per measure with `label`, `value`, `note` and `rag`."""
    return [_key_figure(shown.latest(protected, m), m) for m in catalogue if not shown.is_mix(m)]


def _key_figure(row: pd.Series, measure: Measure) -> dict:
    if not numbers.is_shown(row):
        return {"label": measure.title, "value": "–", "note": numbers.why_missing(row), "rag": ""}
    note = ", ".join(text for text in (numbers.n_of_d(row), numbers.period_words(row, measure)) if text)
    return {
        "label": measure.title,
        "value": numbers.number(row["value"], row["unit"]),
        "note": note,
        "rag": rag_word(row),
    }


def comment(text: str | None) -> str:
    """A service comment without the comment marks that word processors leave behind, such as `[Op147]`."""
    cleaned = re.sub(r"\[[A-Za-z]{1,4}\d+\]", "", text or "")
    return re.sub(r"[ \t]+", " ", cleaned).strip()


def _plain(name: str) -> str:
    return str(name).replace("_", " ").strip()
