"""Pictures of protected series: PNG at twice the resolution shown, with alternative text and a caption."""

from __future__ import annotations

from textwrap import wrap

import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Measure
from incare.views import alt, house, numbers, shown, words
from incare.views.house import Label
from incare.views.markup import Html, joined, tag

# A vertical axis may leave out zero only when everything drawn lies this close together, and then the caption says so.
NARROW_PERCENT = 25.0
NARROW_RATIO = 0.3


def trend(
    protected: Protected,
    measure: Measure | str,
    targets: dict | None = None,
    benchmark: pd.DataFrame | None = None,
    actions: list[dict] | None = None,
) -> Html:
    """A measure over time with its 95 % band, its target, other areas and the actions taken.

    `targets` is `{measure: {"target": 80}}`, used when the rows hold no target. `benchmark` is as `shown.benchmark_of`
    takes it; without one, the rows' own `benchmark_value` is drawn. Each of `actions` has `measure`, `date` and
    `text`; those of other measures are left out. Hidden and unavailable periods break the line and are marked; a new
    definition version breaks it too.
    """
    known = shown.facts(measure)
    found = shown.rows(protected, known)
    if not shown.any_shown(found):
        return empty_chart(known, found)
    if not shown.enough_for_a_line(found):
        return tag("p", "No chart: too few periods can be shown for a line.", class_="empty")
    target = shown.target_of(found, known, targets)
    benchmark = shown.benchmark_of(found, benchmark)
    done = _marked(actions, known, found)
    labels = last_label(found) + target_label(target, known) + _benchmark_labels(benchmark, known)
    with house.canvas(height=270, left=48, right=house.room_for(labels)) as (figure, axes):
        note = set_heights(axes, _heights(found, target, benchmark), known.unit)
        set_dates(axes, found)
        _draw_line(axes, found)
        draw_target(axes, target)
        _draw_benchmark(axes, benchmark)
        draw_gaps(axes, found)
        _draw_versions(axes, found)
        _draw_breaks(axes, known, found)
        _draw_actions(axes, done)
        house.beside(axes, labels)
        picture = house.image(figure, alt.trend(found, known, target))
    notes = (note, gap_note(found), _band_note(found), *_break_notes(known, found), *_action_notes(done))
    return captioned(picture, known, found, *notes)


def breakdown(protected: Protected, measure: Measure | str, by: str) -> Html:
    """The newest period by category: dots with 95 % intervals for shares and rates, bars for counts."""
    known = shown.facts(measure)
    found = shown.newest(shown.rows(protected, known, by))
    everyone = shown.latest(protected, known)
    if not (shown.any_shown(found) and found["value"].max() > 0):
        return tag("p", "No chart: no group has a figure above 0 that can be shown.", class_="empty")
    names = ["\n".join(wrap(str(name), 24)) for name in found["category"]]
    height = 46 + sum(26 + 14 * name.count("\n") for name in names)
    left = 16 + 7.4 * max(len(line) for name in names for line in name.split("\n"))
    with house.canvas(height=height, left=left, right=62, top=20, bottom=26) as (figure, axes):
        as_bars = known.unit not in ("%", "per 10,000", "days")
        _draw_categories(axes, found, as_bars)
        _draw_everyone(axes, everyone, as_bars)
        _name_rows(axes, names, known.unit)
        picture = house.image(figure, alt.breakdown(found, known, by))
    notes = (gap_note(found), "" if as_bars else _band_note(found))
    return captioned(picture, known, found, *notes, by=words.breakdown_title(by))


def mix(protected: Protected, measure: Measure | str) -> Html:
    """The parts of a mix over time: one small chart for each part, all on one scale, with first and last figures."""
    known = shown.facts(measure)
    found = shown.rows(protected, known, known.parts)
    names = {part: wrap(str(part), 22) for part in dict.fromkeys(found["category"])}
    heights = [max(34, 16 * len(lines) + 8) for lines in names.values()]
    with house.canvas(height=24 + sum(heights), width=440, left=0, right=0, top=0, bottom=0) as (figure, axes):
        axes.set_axis_off()
        axes.set_xlim(0, 440)
        axes.set_ylim(24 + sum(heights), 0)
        _draw_parts(axes, found, names, heights)
        picture = house.image(figure, alt.mix(found, known))
    note = "Every small chart has the same scale, from 0."
    return captioned(picture, known, found, note, gap_note(found))


def forecast(history_shown: Protected, forecast_frame, measure: Measure | str) -> Html:
    """The history of a measure and the fan of its forecast, with 80 % and 95 % bands.

    `forecast_frame` is protected, or as `forecast.series` returns it: `ds, mean, lo80, hi80, lo95, hi95`.
    """
    known = shown.facts(measure)
    found = shown.rows(history_shown, known)
    coming = words.forecast_frame(forecast_frame, known)
    labels = _fan_labels(coming, known)
    with house.canvas(height=280, left=48, right=house.room_for(labels)) as (figure, axes):
        drawn = [*found["value"].dropna(), *coming[["lo95", "hi95"]].to_numpy(float).ravel()]
        note = set_heights(axes, drawn, known.unit)
        set_dates(axes, found, coming["ds"])
        _draw_line(axes, found, band=False)
        draw_gaps(axes, found)
        _draw_fan(axes, found, coming)
        house.beside(axes, labels)
        picture = house.image(figure, alt.forecast(found, coming, known))
    return captioned(picture, known, found, "Darker band: 80% interval; lighter: 95%.", note, gap_note(found))


def sparkline(protected: Protected, measure: Measure | str, last: int = 13) -> Html:
    """A tiny line for a table cell: the last periods, the newest one dotted; a dash when none has a figure."""
    known = shown.facts(measure)
    found = shown.rows(protected, known).tail(last)
    if not shown.any_shown(found):
        return Html("–")
    with house.canvas(height=26, width=92, left=4, right=6, top=5, bottom=5) as (figure, axes):
        axes.set_axis_off()
        for run in runs(found):
            axes.plot(run["period_end"], run["value"], color=house.MEASURE, linewidth=1.5)
        if numbers.is_shown(found.iloc[-1]):
            newest = found.iloc[-1]
            axes.plot(newest["period_end"], newest["value"], "o", color=house.MEASURE, markersize=4, clip_on=False)
        axes.set_xlim(found["period_end"].min(), found["period_end"].max())
        axes.margins(y=0.15)
        return house.image(figure, alt.sparkline(found, known), class_="spark")


# Lines over time


def _draw_line(axes, found: pd.DataFrame, band: bool = True) -> None:
    for run in runs(found):
        ends = run["period_end"].to_numpy()
        if band and run[["lower", "upper"]].notna().all(axis=None):
            axes.fill_between(ends, run["lower"], run["upper"], color=house.BAND, linewidth=0)
        _line(axes, ends, run["value"], color=house.MEASURE, marker="o" if len(run) == 1 else None, markersize=4)
    if numbers.is_shown(found.iloc[-1]):
        axes.plot(found["period_end"].iloc[-1], found["value"].iloc[-1], "o", color=house.MEASURE, markersize=6.5)


def _line(axes, ends, values, **look) -> None:
    axes.plot(ends, values.to_numpy(float), **look)


def runs(found: pd.DataFrame) -> list[pd.DataFrame]:
    """Stretches of periods that may be joined: shown, next to each other, of one definition version."""
    seen = numbers.are_shown(found)
    version = found["definition_version"]
    number = ((seen != seen.shift()) | (version != version.shift())).cumsum()
    return [run for _, run in found[seen].groupby(number[seen])]


def last_label(found: pd.DataFrame) -> list[Label]:
    """The newest figure that is shown, as the label at the end of its line; none when none is shown."""
    seen = found[numbers.are_shown(found)]
    if seen.empty:
        return []
    row = seen.iloc[-1]
    when = "" if row.name == found.index[-1] else f" in {numbers.short_month(row['period_end'])}"
    return [Label(f"{numbers.number(row['value'], row['unit'])}{when}", row["value"], house.MEASURE, "bold")]


def draw_target(axes, target: float | None) -> None:
    """Draw the target, in the measure’s unit, as a dashed line; nothing without one."""
    if target is not None:
        axes.axhline(target, color=house.TARGET, linewidth=1.6, linestyle=(0, (5, 3)))


def target_label(target: float | None, known: Measure) -> list[Label]:
    """The target as the label at the end of its line; none without one."""
    return [] if target is None else [Label(f"Target {numbers.number(target, known.unit)}", target, house.TARGET)]


def _draw_benchmark(axes, benchmark: pd.DataFrame | None) -> None:
    for _, rows in _areas(benchmark):
        axes.plot(rows["period_end"], rows["value"], color=house.BENCHMARK, linewidth=1.4, linestyle=(0, (1, 1.6)))
        axes.plot(rows["period_end"], rows["value"], "D", color=house.BENCHMARK, markersize=3.5)


def _benchmark_labels(benchmark: pd.DataFrame | None, known: Measure) -> list[Label]:
    newest = [(area, rows["value"].iloc[-1]) for area, rows in _areas(benchmark)]
    return [Label(f"{area} {numbers.number(v, known.unit)}", v, house.BENCHMARK) for area, v in newest]


def _areas(benchmark: pd.DataFrame | None):
    if benchmark is None:
        return []
    return list(benchmark[benchmark["value"].notna()].sort_values("period_end").groupby("area", sort=False))


def draw_gaps(axes, found: pd.DataFrame) -> None:
    """Shade the periods without a figure and write their symbol."""
    low, high = axes.get_ylim()
    half = pd.Timedelta(days=14 if found["grain"].iloc[-1] == "month" else 42)
    for _, row in found[~numbers.are_shown(found)].iterrows():
        middle = row["period_end"]
        axes.axvspan(middle - half, middle + half, color=house.GAP, linewidth=0, zorder=0)
        axes.text(middle, low + (high - low) * 0.03, numbers.symbol(row), ha="center", va="bottom", color=house.QUIET)


def _draw_versions(axes, found: pd.DataFrame) -> None:
    changed = found["definition_version"].ne(found["definition_version"].shift()).to_numpy()
    ends = found["period_end"].to_numpy()
    for i in range(1, len(found)):
        if changed[i]:
            axes.axvline(ends[i - 1] + (ends[i] - ends[i - 1]) / 2, color=house.QUIET, linewidth=1.2, linestyle=":")
            axes.annotate(
                "new definition",
                (ends[i], 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=house.QUIET,
                size=8.5,
            )


def breaks_of(known: Measure, found: pd.DataFrame) -> list[tuple[pd.Timestamp, str]]:
    """The days inside the chart from which figures are made otherwise, with the reason."""
    first, last = found["period_end"].min(), found["period_end"].max()
    days = sorted((pd.Timestamp(day), why) for day, why in known.breaks.items())
    return [(day, why) for day, why in days if first < day <= last]


def _draw_breaks(axes, known: Measure, found: pd.DataFrame) -> None:
    for day, _ in breaks_of(known, found):
        axes.axvline(day, color=house.QUIET, linewidth=1.2, linestyle=":")
        axes.annotate(
            "break",
            (day, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=house.QUIET,
            size=8.5,
        )


def _break_notes(known: Measure, found: pd.DataFrame) -> list[str]:
    return [f"Break on {numbers.long_date(day)}: {why}." for day, why in breaks_of(known, found)]


def _marked(actions: list[dict] | None, known: Measure, found: pd.DataFrame) -> list[tuple[str, pd.Timestamp, str]]:
    """A letter, the day and the words of each action on this measure that falls inside the chart."""
    first, last = found["period_start"].min(), found["period_end"].max()
    ours = [a for a in actions or [] if isinstance(a, dict) and a.get("measure") == known.id and a.get("date")]
    dated = [(pd.Timestamp(a["date"]), words.comment(a.get("text"))) for a in ours]
    inside = sorted((day, text) for day, text in dated if first <= day <= last)
    return [(chr(ord("A") + i), day, text) for i, (day, text) in enumerate(inside)]


def _draw_actions(axes, done: list[tuple[str, pd.Timestamp, str]]) -> None:
    for letter, day, _ in done:
        axes.axvline(day, color=house.INK, linewidth=1, linestyle=(0, (2, 2)))
        axes.text(
            day,
            1,
            letter,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            size=8.5,
            weight="bold",
            color=house.PAPER,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": house.INK, "linewidth": 0},
        )


def _draw_fan(axes, found: pd.DataFrame, coming: pd.DataFrame) -> None:
    dates = coming["ds"].to_numpy()
    for low, high, alpha in (("lo95", "hi95", 0.22), ("lo80", "hi80", 0.32)):
        axes.fill_between(dates, coming[low], coming[high], color=house.FORECAST, alpha=alpha, linewidth=0)
    _line(axes, dates, coming["mean"], color=house.FORECAST, linestyle=(0, (4, 2)))
    seen = found[numbers.are_shown(found)]
    if seen.empty:
        return
    row = seen.iloc[-1]
    # The label stands on the side that the line does not come from.
    falling = len(seen) > 1 and seen["value"].iloc[-2] > row["value"]
    link = [row["value"], coming["mean"].iloc[0]]
    axes.plot([row["period_end"], dates[0]], link, color=house.FORECAST, linestyle=":")
    axes.annotate(
        numbers.number(row["value"], row["unit"]),
        (row["period_end"], row["value"]),
        xytext=(-5, -13 if falling else 6),
        textcoords="offset points",
        ha="right",
        weight="bold",
        color=house.MEASURE,
        bbox={"facecolor": house.PAPER, "alpha": 0.8, "linewidth": 0, "pad": 0.5},
    )


def _fan_labels(coming: pd.DataFrame, known: Measure) -> list[Label]:
    last = coming.iloc[-1]
    return [
        Label(numbers.number(last["mean"], known.unit), last["mean"], house.FORECAST, "bold"),
        Label(f"95%: {numbers.limits(last['lo95'], last['hi95'], known.unit)}", last["lo95"], house.QUIET),
    ]


# Axes


def _heights(found: pd.DataFrame, target: float | None, benchmark: pd.DataFrame | None) -> list[float]:
    seen = found[numbers.are_shown(found)]
    drawn = [value for value in seen[["value", "lower", "upper"]].to_numpy(float).ravel() if value == value]
    others = [value for _, rows in _areas(benchmark) for value in rows["value"]]
    return [float(v) for v in [*drawn, *others, *([] if target is None else [target])]]


def set_heights(axes, drawn: list[float], unit: str) -> str:
    """Set the vertical axis, from 0 unless everything drawn lies close together; return what the caption must say."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = (min(drawn), max(drawn)) if drawn else (0.0, 1.0)
    narrow = _is_narrow(low, high, unit)
    bottom = max(0.0, low - (high - low or 1) * 0.1) if narrow else min(0.0, low)
    top = high + (high - bottom or 1) * 0.1
    ticks = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=True).tick_values(bottom, top)
    if narrow:
        half = (ticks[1] - ticks[0]) // 2
        bottom = ticks[0] + half * (bottom - ticks[0] >= half)
    top = max(top, ticks[-1] if ticks[-1] <= top else top)
    if unit == "%" and high <= 100:
        top = min(top, 103.0)
    axes.set_ylim(bottom, top)
    axes.set_yticks([t for t in ticks if bottom <= t <= (100 if unit == "%" else top)])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: numbers.number(v, unit)))
    if unit != "%":
        axes.annotate(
            unit, (0, 1), xycoords=("figure fraction", "axes fraction"), xytext=(6, 6), textcoords="offset points",
            size=8.5, color=house.QUIET, ha="left", va="bottom",
        )  # fmt: skip
    return f"The vertical axis starts at {numbers.number(bottom, unit)}, not at 0." if bottom > 0 else ""


def _is_narrow(low: float, high: float, unit: str) -> bool:
    if unit == "%":
        return low >= 30 and high - low <= NARROW_PERCENT
    return low > 0 and (high - low) / high <= NARROW_RATIO


def set_dates(axes, found: pd.DataFrame, later: pd.Series | None = None) -> None:
    """Ticks a year apart counted from the newest period, or more often when the series is short."""
    ends = found["period_end"] if later is None else pd.concat([found["period_end"], later])
    first, last = ends.min(), ends.max()
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(step for step in (3, 6, 12, 24, 60, 240) if months / step <= 5.5 or step == 240)
    step = 1 if months < 4 and found["grain"].iloc[-1] == "month" else step
    ticks = [last - pd.offsets.MonthEnd(step * i) for i in range(months // step + 1)] if months else [last]
    pad = (last - first) * 0.03 + pd.Timedelta(days=10)
    axes.set_xlim(first - pad, last + pad * 0.6)
    axes.set_xticks(ticks, [numbers.short_month(tick).replace(" ", "\n") for tick in ticks])


# Rows of categories


def _draw_categories(axes, found: pd.DataFrame, as_bars: bool) -> None:
    for i, (_, row) in enumerate(found.iterrows()):
        if not numbers.is_shown(row):
            axes.annotate(
                f"{numbers.symbol(row)}", (0, i), xytext=(4, 0), textcoords="offset points", va="center",
                color=house.QUIET, xycoords=("axes fraction", "data"),
            )  # fmt: skip
            continue
        end = row["value"]
        if as_bars:
            _bar(axes, i, row["value"])
        else:
            if pd.notna(row["lower"]) and pd.notna(row["upper"]):
                axes.plot([row["lower"], row["upper"]], [i, i], color=house.MEASURE, linewidth=5, alpha=0.28)
                end = row["upper"]
            axes.plot(row["value"], i, "o", color=house.MEASURE, markersize=7)
        axes.annotate(
            numbers.number(row["value"], row["unit"]), (end, i), xytext=(7, 0), textcoords="offset points",
            va="center", weight="bold", color=house.INK, annotation_clip=False,
            bbox={"facecolor": house.PAPER, "linewidth": 0, "pad": 1},
        )  # fmt: skip


def _bar(axes, place: int, value: float) -> None:
    axes.barh([place], [value], height=0.56, color=house.MEASURE)


def _draw_everyone(axes, everyone: pd.Series, as_bars: bool) -> None:
    if as_bars or not numbers.is_shown(everyone):
        return
    axes.axvline(everyone["value"], color=house.QUIET, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(
        f"All {numbers.number(everyone['value'], everyone['unit'])}",
        (everyone["value"], 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8.5,
        color=house.QUIET,
    )


def _name_rows(axes, names: list[str], unit: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", colors=house.INK)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_xlim(left=0)
    if unit == "%":
        axes.set_xlim(0, 102)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: numbers.number(v, unit)))
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)


# Parts of a mix


# Where things stand across the picture of a mix, in CSS pixels.
_FIRST, _LINE, _LINE_END, _LAST = 206, 214, 366, 374


def _draw_parts(axes, found: pd.DataFrame, names: dict[str, list[str]], heights: list[int]) -> None:
    """Each part's name, first figure, line and last figure, on axes measured in CSS pixels from the top left."""
    ends = sorted(found["period_end"].unique())
    scale = found["value"].max()
    scale = scale if scale > 0 else 1.0
    _write_ends(axes, 10, *(numbers.short_month(end) for end in (ends[0], ends[-1])), size=8.5, color=house.QUIET)
    width, whole, top = axes.get_xlim()[1], axes.get_ylim()[0], 24
    for (part, lines), height in zip(names.items(), heights, strict=True):
        rows = found[found["category"] == part]
        middle = top + height / 2
        axes.text(0, middle, "\n".join(lines), va="center", ha="left", size=9.5, linespacing=1.1)
        _write_ends(axes, middle, numbers.cell(rows.iloc[0]), "", color=house.QUIET)
        _write_ends(axes, middle, "", numbers.cell(rows.iloc[-1]), weight="bold")
        box = (_LINE / width, 1 - (top + height - 5) / whole, (_LINE_END - _LINE) / width, (height - 12) / whole)
        _draw_part(axes.inset_axes(box), rows, scale, ends)
        top += height


def _write_ends(axes, middle: float, first: str, last: str, **look) -> None:
    axes.text(_FIRST, middle, first, va="center", ha="right", **look)
    axes.text(_LAST, middle, last, va="center", ha="left", **look)


def _draw_part(axes, rows: pd.DataFrame, shared: float, ends: list) -> None:
    if len(ends) > 1:
        axes.set_xlim(ends[0], ends[-1])
    axes.set_ylim(0, shared * 1.08)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for run in runs(rows):
        dot = "." if len(run) == 1 else None
        axes.fill_between(run["period_end"].to_numpy(), 0, run["value"], color=house.BAND, linewidth=0)
        axes.plot(run["period_end"], run["value"], color=house.MEASURE, linewidth=1.6, clip_on=False, marker=dot)
    hidden = rows[~numbers.are_shown(rows)]
    for _, row in hidden.iterrows():
        axes.text(row["period_end"], shared * 0.06, numbers.symbol(row), ha="center", size=7.5, color=house.QUIET)


# Captions


def empty_chart(known: Measure, found: pd.DataFrame) -> Html:
    """Words in the place of a chart that would have nothing in it."""
    why = tag("p", f"No chart: {numbers.why_missing(found.iloc[-1])}.", class_="empty")
    return tag("figure", why, tag("figcaption", tag("strong", known.title), f" ({known.unit})."), class_="chart")


def captioned(picture: Html, known: Measure, found: pd.DataFrame, *notes: str, by: str = "") -> Html:
    """A picture with its caption: the title, unit, period and number of people, then the notes that are not empty."""
    about = ", ".join(text for text in (known.unit, numbers.period_words(found.iloc[-1], known), _n(found)) if text)
    said = joined(tag("span", f" {note}") for note in notes if note)
    title = f"{known.title} by {by}" if by else known.title
    caption = tag("figcaption", tag("strong", title), f" ({about}).", said)
    return tag("figure", picture, caption, class_="chart")


def _n(found: pd.DataFrame) -> str:
    """The newest number of people behind a chart: of the whole, or of a mix, whose parts share it."""
    row = found.iloc[-1]
    if row["breakdown"] == "total":
        return numbers.n_of_d(row)
    people = shown.newest(found)["denominator"].dropna().unique()
    return f"n = {numbers.number(people[0])}" if len(people) == 1 else ""


def gap_note(found: pd.DataFrame) -> str:
    """What the symbols of the periods without a figure mean; empty when all have one."""
    used = dict.fromkeys(numbers.symbol(row) for _, row in found.iterrows() if not numbers.is_shown(row))
    return "".join(f"{symbol}: {numbers.SYMBOLS[symbol]}. " for symbol in used).strip()


def _band_note(found: pd.DataFrame) -> str:
    seen = numbers.are_shown(found) & found["lower"].notna() & found["upper"].notna()
    return "Shaded: 95% interval." if seen.any() else ""


def _action_notes(done: list[tuple[str, pd.Timestamp, str]]) -> list[str]:
    return [f"{letter}: {text} ({numbers.long_date(day)})." for letter, day, text in done]
