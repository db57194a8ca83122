"""A control chart of one protected series: limits, target, special causes, the rules' name and the two icons."""

from __future__ import annotations

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Measure
from incare.stats.spc import SpcError, rule_set
from incare.views import alt, charts, house, numbers, shown, spc_icons
from incare.views.house import Label
from incare.views.markup import Html, tag

NEEDED = ("mean", "lcl", "ucl", "special_cause", "point", "variation", "assurance", "limits", "phase", "rules")
# A shape for each meaning, so that a chart reads the same in grey; and the name of the shape for the caption.
MARKS = {
    "improvement": ("s", house.MEASURE, "square: improvement"),
    "concern": ("^", house.TARGET, "triangle: concern"),
    "higher": ("D", house.BENCHMARK, "diamond: higher"),
    "lower": ("D", house.BENCHMARK, "diamond: lower"),
}
_COLUMN = {"Mean": "mean", "Upper limit": "ucl", "Lower limit": "lcl"}
_STRIP = 46  # CSS pixels above the chart, for the icons and their words


def chart(
    protected: Protected,
    measure: Measure | str,
    breakdown: str = "total",
    category: str | None = None,
    targets: dict | None = None,
) -> Html:
    """The control chart of a measure, or of one category of a breakdown.

    The series must have been through `spc.of_series` (`protected.pipe(spc.of_series)`). Above the chart stand the icons
    of the latest point and of the target, in words too; beside it the latest figure, the mean, the limits and the
    target; below, the rule set. New limits are divided by a dotted line; limits from under 13 points are dotted.
    Raises `ValueError` when the series has no limits, or several categories and none is named.
    """
    known = shown.facts(measure)
    found = _rows(protected, known, breakdown, category)
    if not shown.any_shown(found):
        return charts.empty_chart(known, found)
    if not shown.enough_for_a_line(found):
        return tag("p", "No chart: too few periods can be shown for limits.", class_="empty")
    target = shown.target_of(found, known, targets)
    labels = _labels(found, known, target)
    drawn = found.loc[numbers.are_shown(found), "value"].to_list()
    drawn += [v for v in found[["lcl", "ucl", "mean"]].to_numpy(float).ravel() if v == v]
    with house.canvas(height=320, left=48, right=max(92, house.room_for(labels)), top=_STRIP + 22) as (figure, axes):
        drawn += [] if target is None else [target]
        # A line without height needs the 0 to be seen against.
        note = charts.set_heights(axes, drawn if max(drawn) > min(drawn) else [0.0, *drawn], known.unit)
        charts.set_dates(axes, found)
        _draw_limits(axes, found)
        charts.draw_target(axes, target)
        _draw_points(axes, found)
        charts.draw_gaps(axes, found)
        _draw_phases(axes, found)
        house.beside(axes, labels)
        _draw_icons(figure, found)
        figure.text(
            0.99, 0.02, f"Rules {found['rules'].iloc[-1]}", ha="right", va="bottom", size=8.5, color=house.QUIET
        )
        picture = house.image(figure, _alternative(found, known, target))
    notes = (_rules_note(found), _marks_note(found), _limits_note(found), note, charts.gap_note(found))
    by = "" if breakdown == "total" else f"{breakdown.replace('_', ' ')}: {found['category'].iloc[-1]}"
    return charts.captioned(picture, known, found, *notes, by=by)


def _rows(protected: Protected, known: Measure, breakdown: str, category: str | None) -> pd.DataFrame:
    found = shown.rows(protected, known, breakdown)
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        raise ValueError("The series has no control limits; pass it through `protected.pipe(spc.of_series)` first.")
    if category is not None:
        found = found[found["category"] == category]
    if len(found["category"].unique()) != 1:
        there = ", ".join(map(str, shown.rows(protected, known, breakdown)["category"].unique()))
        raise ValueError(f"A control chart shows one category; name one of: {there}.")
    return found


def _labels(found: pd.DataFrame, known: Measure, target: float | None) -> list[Label]:
    last = found.iloc[-1]
    printed = {
        name: numbers.number(last[column], known.unit) for name, column in _COLUMN.items() if pd.notna(last[column])
    }
    # A limit that prints as the mean does would stand on the same spot.
    named = [
        Label(f"{name} {text}", last[_COLUMN[name]], house.QUIET)
        for name, text in printed.items()
        if name == "Mean" or text != printed["Mean"]
    ]
    return [*charts.last_label(found), *named, *charts.target_label(target, known)]


def _draw_limits(axes, found: pd.DataFrame) -> None:
    half = pd.Timedelta(days=15 if found["grain"].iloc[-1] == "month" else 45)
    for _, rows in found.groupby("phase", sort=False):
        ends = pd.concat([rows["period_end"].iloc[:1] - half, rows["period_end"], rows["period_end"].iloc[-1:] + half])
        mean, lower, upper = (_stretched(rows[name]) for name in ("mean", "lcl", "ucl"))
        axes.fill_between(ends.to_numpy(), lower, upper, color=house.GAP, linewidth=0, zorder=0)
        style = (0, (1, 1.5)) if rows["limits"].iloc[-1] == "trial" else (0, (4, 2.5))
        axes.plot(ends, mean, color=house.QUIET, linewidth=1.3)
        for edge in (lower, upper):
            axes.plot(ends, edge, color=house.QUIET, linewidth=1.2, linestyle=style)


def _stretched(line: pd.Series) -> list[float]:
    """The line with its ends repeated, so that it reaches half a period past the first and the last point."""
    return [line.iloc[0], *line, line.iloc[-1]]


def _draw_points(axes, found: pd.DataFrame) -> None:
    for run in charts.runs(found):
        axes.plot(run["period_end"], run["value"], color=house.INK, linewidth=1.1, zorder=3)
    seen = found[numbers.are_shown(found)]
    common = seen[seen["point"] == ""]
    axes.plot(common["period_end"], common["value"], "o", color=house.INK, markersize=3.8, zorder=4)
    for name, (mark, colour, _) in MARKS.items():
        here = seen[seen["point"] == name]
        axes.plot(here["period_end"], here["value"], mark, color=colour, markersize=7, zorder=5)


def _draw_phases(axes, found: pd.DataFrame) -> None:
    ends, phase = found["period_end"].to_numpy(), found["phase"].to_numpy()
    version = found["definition_version"].to_numpy()
    for i in range(1, len(found)):
        if phase[i] != phase[i - 1]:
            what = "new definition" if version[i] != version[i - 1] else "new limits"
            axes.axvline(ends[i - 1] + (ends[i] - ends[i - 1]) / 2, color=house.QUIET, linewidth=1.2, linestyle=":")
            axes.annotate(
                what, (ends[i], 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                ha="center", va="bottom", color=house.QUIET, size=8.5,
            )  # fmt: skip


def _draw_icons(figure, found: pd.DataFrame) -> None:
    """The two icons and their words, on axes measured in CSS pixels across the top of the picture."""
    wide, tall = (inches * house.PIXELS_PER_INCH for inches in figure.get_size_inches())
    axes = figure.add_axes((0, 1 - _STRIP / tall, 1, _STRIP / tall))
    axes.set_axis_off()
    axes.set_xlim(0, wide)
    axes.set_ylim(0, _STRIP)
    last = found.iloc[-1]
    middle, radius = _STRIP / 2, 15
    spc_icons.draw_variation(axes, (20, middle), radius, last["variation"], _rising(found))
    _write(axes, 42, middle, spc_icons.words_of(last["variation"], spc_icons.VARIATION))
    if last["assurance"]:
        spc_icons.draw_assurance(axes, (wide / 2 + 20, middle), radius, last["assurance"], last["better"])
        _write(axes, wide / 2 + 42, middle, spc_icons.words_of(last["assurance"], spc_icons.ASSURANCE))


def _write(axes, x: float, y: float, said: str) -> None:
    axes.text(x, y, spc_icons.two_lines(said), va="center", ha="left", size=9.5, linespacing=1.1, color=house.INK)


def _rising(found: pd.DataFrame) -> bool | None:
    """Whether the latest signal is upward; None when there is none."""
    cause = str(found["special_cause"].iloc[-1])
    if not cause:
        return None
    return any(word in cause for word in ("above", "upper", "rising"))


def _alternative(found: pd.DataFrame, known: Measure, target: float | None) -> str:
    last = found.iloc[-1]
    lines = [f"Control chart of {alt.lower_first(known.title)}, {alt.span(found)}.", alt.latest(found)]
    if pd.notna(last["mean"]):
        limits = [numbers.number(last[name], known.unit) for name in ("mean", "lcl", "ucl") if pd.notna(last[name])]
        lines.append(f"Mean {limits[0]}" + (f", limits {limits[1]} to {limits[2]}." if len(limits) == 3 else "."))
    lines.append(f"{spc_icons.words_of(last['variation'], spc_icons.VARIATION)}.")
    if target is not None:
        lines.append(f"Target {numbers.number(target, known.unit)}.")
    if last["assurance"]:
        lines.append(f"{spc_icons.words_of(last['assurance'], spc_icons.ASSURANCE)}.")
    marked, seen = int((found["special_cause"] != "").sum()), int(numbers.are_shown(found).sum())
    newest = f"; the latest is one ({last['special_cause']})" if last["special_cause"] else ""
    lines.append(f"Special causes: {marked} of {seen} points{newest}.")
    return " ".join(line for line in (*lines, alt.gaps(found)) if line)


def _rules_note(found: pd.DataFrame) -> str:
    name = str(found["rules"].iloc[-1])
    try:
        return str(rule_set(name))
    except SpcError:
        # A rule set of the caller's own is known here by its name only.
        return f"Rules {name}."


def _marks_note(found: pd.DataFrame) -> str:
    there = {name for name in MARKS if (found["point"] == name).any()}
    if {"higher", "lower"} <= there:
        there, either = there - {"higher", "lower"}, ["diamond: higher or lower, as it stands"]
    else:
        either = []
    used = [said for name, (_, _, said) in MARKS.items() if name in there] + either
    return f"{'; '.join(used).capitalize()}." if used else ""


def _limits_note(found: pd.DataFrame) -> str:
    said = {
        "trial": "Dotted limits are trial limits, from fewer than 13 points: the latest point is not judged by them.",
        "constant": "Every value is the same, so there are no limits to show.",
        "stuck": "Most values are the same, so runs are not counted.",
        "none": "One point alone has no limits.",
    }
    return said.get(str(found["limits"].iloc[-1]), "")
