"""Pictures of trends: a series with its line and its word, and a series before and after a policy."""

from __future__ import annotations

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Measure
from incare.views import charts, house, numbers, shown
from incare.views.house import Label
from incare.views.markup import Html, tag


def trend(protected: Protected, measure: Measure | str, trends: pd.DataFrame) -> Html:
    """A measure over time with Sen's line, the word of its trend, and the rule behind the word.

    `trends` is what `incare.stats.trend.of_series` made of the protected frame; a trend of figures that are not shown
    is refused. Without a word (`status` other than "ok") the points are drawn alone and the caption says why.

    Raises `shown.NoRowsError` when the series holds no rows of the measure, `LookupError` when `trends` holds none,
    and `ValueError` when it was made of other figures than those shown.
    """
    known = shown.facts(measure)
    found = shown.rows(protected, known)
    if not shown.enough_for_a_line(found):
        return tag("p", "No chart: too few periods can be shown for a line.", class_="empty")
    row = _one(trends, known, found)
    seen = found[numbers.are_shown(found)]
    if row["points"] > len(seen) or pd.Timestamp(row["last"]) != seen["period_end"].max():
        raise ValueError(f"The trend of {known.id} was made of other figures than those shown; make it of `.frame`.")
    tested = row["status"] == "ok"
    used = seen[seen["period_end"].between(row["first"], row["last"])]
    ends = _sen_ends(row) if tested else []
    word = [Label(row["word"], ends[-1], house.INK, "bold")] if tested else []
    last = seen.iloc[-1]
    labels = [Label(numbers.number(last["value"], known.unit), last["value"], house.MEASURE), *word]
    with house.canvas(height=250, left=48, right=house.room_for(labels)) as (figure, axes):
        note = charts.set_heights(axes, [*seen["value"].astype(float), *ends], known.unit)
        charts.set_dates(axes, found)
        _draw_points(axes, seen)
        if tested:
            axes.plot(used["period_end"].iloc[[0, -1]], ends, color=house.INK, linewidth=2, linestyle=(0, (6, 2)))
        charts.draw_gaps(axes, found)
        house.beside(axes, labels)
        picture = house.image(figure, _alt(known, found, row))
    return charts.captioned(picture, known, found, note, charts.gap_note(found), said(row, known.unit))


def said(row: pd.Series, unit: str) -> str:
    """The sentence of a trend: its word, its size with limits, and its rule; or why there is none."""
    if row["status"] != "ok":
        return f"Trend not tested: {row['status']}."
    slope, low, high = (_signed(row[name], unit) for name in ("slope", "lower", "upper"))
    share = f"{100 * row['level']:g}%"
    size = f"{slope} a year ({share} interval {low} to {high})"
    return f"Trend: {row['word']}, {size}. Dashed: Sen’s line. Rule: {row['method']}."


def interrupted(
    protected: Protected, measure: Measure | str, answers: pd.DataFrame, lines: pd.DataFrame, date, policy: str
) -> Html:
    """A measure before and after a policy: the fitted line, and how it would have gone on, with its 95 % band.

    `answers` and `lines` are what `incare.stats.interrupted` (`of_series`, `lines`) made of the protected frame; `date`
    is the policy's day and `policy` its name.

    Raises `shown.NoRowsError` or `LookupError` when a table holds no rows of the measure, and `ValueError` when the
    lines were made of other figures than those shown.
    """
    known = shown.facts(measure)
    found = shown.rows(protected, known)
    row, day = _one(answers, known, found), pd.Timestamp(date)
    if row["status"] != "ok":
        return tag("p", f"No chart: the policy’s effect was not tested, {row['status']}.", class_="empty")
    mine = lines[_mine(lines, known, found)].sort_values("period_end")
    seen = found[numbers.are_shown(found)]
    both = mine.merge(seen[["period_end", "value"]], on="period_end", how="left", suffixes=("", "_shown"))
    if mine.empty or not both["value"].eq(both["value_shown"]).all():
        raise ValueError(f"The lines of {known.id} were made of other figures than those shown; make them of `.frame`.")
    after = mine[mine["after"]]
    labels = [
        Label("fitted", mine["fitted"].iloc[-1], house.INK, "bold"),
        Label("without the policy", mine["counterfactual"].iloc[-1], house.QUIET),
    ]
    drawn = mine[["value", "fitted", "counterfactual"]].to_numpy(float).ravel()
    band = after[["lower", "upper"]].to_numpy(float).ravel()
    floor = [max(value, 0.0) if (seen["value"] >= 0).all() else value for value in band]
    with house.canvas(height=270, left=48, right=house.room_for(labels), top=26) as (figure, axes):
        note = charts.set_heights(axes, [*drawn, *floor], known.unit)
        charts.set_dates(axes, found)
        ends = after["period_end"].to_numpy()
        axes.fill_between(ends, after["lower"], after["upper"], color=house.BAND, linewidth=0, zorder=0)
        axes.plot(ends, after["counterfactual"], color=house.QUIET, linestyle=(0, (2, 2)), linewidth=1.8)
        _draw_points(axes, seen)
        for part in (mine[~mine["after"]], after):
            axes.plot(part["period_end"], part["fitted"], color=house.INK, linewidth=2.4)
        _draw_policy(axes, day)
        charts.draw_gaps(axes, found)
        house.beside(axes, labels)
        picture = house.image(figure, _alt_interrupted(known, found, row, day, policy))
    legend = "Solid: fitted. Dotted, with its 95% band: how it would have gone on without the policy."
    return charts.captioned(
        picture, known, found, note, charts.gap_note(found), effect(row, known.unit, policy, day), legend
    )


def effect(row: pd.Series, unit: str, policy: str, day) -> str:
    """The sentence of a policy's effect: the word, both sizes with limits, and the rule."""
    jump, low, high = (_signed(row[f"level_{name}"], unit) for name in ("change", "lower", "upper"))
    bend, left, right = (_signed(row[f"slope_{name}"], unit) for name in ("change", "lower", "upper"))
    return (
        f"{policy} ({numbers.long_date(day)}): {row['word']}. Jump {jump} ({low} to {high}); "
        f"change of slope {bend} a year ({left} to {right}). A real change of ordinary size is often missed. "
        f"Rule: {row['method']}."
    )


def _draw_points(axes, seen: pd.DataFrame) -> None:
    axes.plot(seen["period_end"], seen["value"], color=house.MEASURE, linewidth=0.9, marker="o", markersize=4)


def _draw_policy(axes, day: pd.Timestamp) -> None:
    axes.axvline(day, color=house.TARGET, linewidth=1.4)
    axes.annotate(
        "policy", (day, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", va="bottom", size=8.5, color=house.TARGET, weight="bold",
    )  # fmt: skip


def _mine(table: pd.DataFrame, known: Measure, found: pd.DataFrame) -> pd.Series:
    same = table["measure"].eq(known.id)
    for name in ("area", "breakdown", "category", "grain"):
        same &= table[name].eq(found[name].iloc[-1])
    return same


def _one(table: pd.DataFrame, known: Measure, found: pd.DataFrame) -> pd.Series:
    mine = table[_mine(table, known, found)]
    if mine.empty:
        raise LookupError(f"The table holds no answer for {known.id}; make it of the same protected frame.")
    return mine.iloc[0]


def _sen_ends(row: pd.Series) -> list[float]:
    last, first = pd.Timestamp(row["last"]), pd.Timestamp(row["first"])
    years = (last.year - first.year) + (last.month - first.month) / 12
    return [float(row["sen_end"] - row["sen_slope"] * years), float(row["sen_end"])]


def _signed(value: float, unit: str) -> str:
    from incare.views.numbers import half_up

    places = 1 if abs(value) < 10 else 0
    figure = half_up(abs(float(value)), places)
    sign = "" if figure == 0 else "+" if value > 0 else "−"
    words = {"%": " points", "days": " days"}.get(unit, "")
    return f"{sign}{figure}{words}"


def _alt(known: Measure, found: pd.DataFrame, row: pd.Series) -> str:
    from incare.views import alt

    return f"Points of {alt.lower_first(known.title)}, {alt.span(found)}. {alt.latest(found)} {said(row, known.unit)}"


def _alt_interrupted(known: Measure, found: pd.DataFrame, row: pd.Series, day, policy: str) -> str:
    from incare.views import alt

    return (
        f"Points of {alt.lower_first(known.title)}, {alt.span(found)}, with a line before and after the policy, "
        f"and how it would have gone on without it. {effect(row, known.unit, policy, day)}"
    )
