"""Fans of a projection: the number in care and its groups, past and to come, readable on grey paper."""

from __future__ import annotations

from textwrap import wrap

import pandas as pd

from incare.disclosure.projections import AHEAD, ALL, TOTAL, ProtectedProjection
from incare.views import charts, house, numbers, outlook
from incare.views.house import Label
from incare.views.markup import Html, joined, tag

FEWEST = 3
# Outer band, inner band and line keep apart by lightness, and the line by its dashes.
OUTER, INNER = "#cfe3e3", "#93c2c2"
DASHES = (0, (4, 2))
WIDE, TALL, GAP = 232, 104, 10


def total(shown: ProtectedProjection) -> Html:
    """The number of children in care: what was, what may come with its two ranges, and the past error beside it.

    Where the last quarter was a shock, the forecast without it is a dotted line. Words stand where nothing can be
    drawn. Raises `TypeError` for a projection that is not protected.
    """
    shown = outlook.checked(shown)
    ahead, past = shown.rows(TOTAL, ALL), shown.history(TOTAL, ALL)
    if shown.refused or len(_seen(ahead)) < FEWEST or _seen(past).empty:
        return outlook.nothing(shown, "A chart")
    without = _seen(shown.rows("without", ALL))
    last = ahead.iloc[-1]
    labels = [
        Label(outlook.people(last["mean"]), last["mean"], house.FORECAST, "bold"),
        Label(f"likely {outlook.between(last)}", last["lo95"], house.QUIET),
    ]
    if len(without):
        labels.append(Label("without last quarter", without["mean"].iloc[-1], house.INK))
    drawn = [*past["value"].dropna(), *ahead[["lo95", "hi95"]].to_numpy(float).ravel()]
    with house.canvas(height=300, left=48, right=house.room_for(labels), top=26) as (figure, axes):
        note = charts.set_heights(axes, drawn, "children")
        charts.set_dates(axes, _dated(past), ahead["target"])
        _draw(axes, past, ahead)
        if len(without):
            axes.plot(without["target"], without["mean"], color=house.INK, linewidth=1.6, linestyle=(0, (1, 1.5)))
        _mark_today(axes, past)
        house.beside(axes, labels)
        picture = house.image(figure, _alt(shown, past, ahead))
    notes = [
        "Solid: what was. Dashed: what we expect.",
        "Darker band: eight times in ten; lighter: nineteen times in twenty.",
        "Dotted: the same without the last quarter, which was unusual." if len(without) else "",
        note,
        outlook.past_error_in_words(shown),
    ]
    return _figure(picture, "Children in care", notes)


def parts(shown: ProtectedProjection, breakdown: str) -> Html:
    """A small fan for each group of a breakdown, past and to come; words where no group can be shown."""
    shown = outlook.checked(shown)
    title = outlook.TITLES[breakdown]
    groups = [group for group in shown.categories(breakdown) if len(_seen(shown.rows(breakdown, group))) >= FEWEST]
    if shown.refused or not groups:
        return outlook.nothing(shown, title)
    down = -(-len(groups) // 2)
    height = down * (TALL + GAP) + 8
    with house.canvas(height=height, left=0, right=0, top=0, bottom=0) as (figure, blank):
        blank.set_axis_off()
        for place, group in enumerate(groups):
            left = (place % 2) * (WIDE + GAP)
            top = (place // 2) * (TALL + GAP)
            box = (left + 4, height - top - TALL + 8, WIDE - 66, TALL - 36)
            axes = figure.add_axes([box[0] / house.WIDTH, box[1] / height, box[2] / house.WIDTH, box[3] / height])
            _small(axes, shown, breakdown, group)
        picture = house.image(figure, _alt_parts(shown, breakdown, groups))
    first, last = _span(shown, breakdown, groups[0])
    notes = [
        f"Each small chart runs from {first} to {last} and has its own scale, from 0.",
        "First figure: today; last: what we expect. Bands: eight times in ten, and nineteen times in twenty.",
        _part_error(shown, breakdown),
    ]
    return _figure(picture, title, notes)


def group(shown: ProtectedProjection, breakdown: str) -> Html:
    """The small fans of a breakdown beside its table; words once where neither can be shown."""
    table = outlook.by_group(shown, breakdown)
    if not outlook.checked(shown).categories(breakdown):
        return table
    return tag("div", parts(shown, breakdown), tag("div", table), class_="pair")


def _small(axes, shown: ProtectedProjection, breakdown: str, group: str) -> None:
    past, ahead = shown.history(breakdown, group), shown.rows(breakdown, group)
    _draw(axes, past, ahead, small=True)
    drawn = [*past["value"].dropna(), *_seen(ahead)[["lo95", "hi95"]].to_numpy(float).ravel()]
    axes.set_ylim(0, 1.3 * max(drawn))
    axes.set_yticks([])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(True)
    title = "\n".join(wrap(outlook.name(group), 30)[:2])
    axes.set_title(title, loc="left", size=9.5, color=house.INK, pad=5, linespacing=1.0)
    last = _seen(ahead).iloc[-1]
    low, high = axes.get_ylim()
    axes.annotate(
        outlook.people(last["mean"]), (1, (last["mean"] - low) / (high - low)), xycoords="axes fraction",
        xytext=(5, 0), textcoords="offset points", va="center", weight="bold", color=house.FORECAST, size=10,
        annotation_clip=False,
    )  # fmt: skip
    seen = _seen(past)
    if len(seen):
        now = seen.iloc[-1]
        # The label stands on the side that the line does not come from.
        above = seen["value"].iloc[-5:-1].mean() < now["value"] or now["value"] < 0.3 * high
        axes.annotate(
            outlook.people(now["value"]), (pd.Timestamp(now["day"]), now["value"]), xytext=(-3, 10 if above else -12),
            textcoords="offset points", ha="right", va="center", weight="bold", color=house.MEASURE, size=10,
        )  # fmt: skip


def _draw(axes, past: pd.DataFrame, ahead: pd.DataFrame, small: bool = False) -> None:
    """The past as a solid line, the fan, and the link between them; hidden points break the lines."""
    fan = _from_today(past, ahead)
    ends = fan["target"].to_numpy()
    for low, high, colour in (("lo95", "hi95", OUTER), ("lo80", "hi80", INNER)):
        axes.fill_between(ends, fan[low].astype(float), fan[high].astype(float), color=colour, linewidth=0)
    axes.plot(ends, fan["mean"].astype(float), color=house.FORECAST, linestyle=DASHES, linewidth=1.8)
    if past.empty:
        return
    axes.plot(past["day"].to_numpy(), past["value"].astype(float), color=house.MEASURE, linewidth=1.6 if small else 2.2)
    now = past.iloc[-1]
    if now["status"] == "ok":
        axes.plot([now["day"]], [now["value"]], "o", color=house.MEASURE, markersize=3.5 if small else 6)


def _from_today(past: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """The fan, opening from today's number where that is shown."""
    if past.empty or past["status"].iloc[-1] != "ok":
        return ahead
    now = past.iloc[-1]
    first = pd.DataFrame({"target": [now["day"]], **{name: [now["value"]] for name in AHEAD}, "status": ["ok"]})
    return pd.concat([first, ahead[first.columns]], ignore_index=True)


def _mark_today(axes, past: pd.DataFrame) -> None:
    now = past.iloc[-1]
    axes.axvline(now["day"], color=house.QUIET, linewidth=1, linestyle=(0, (2, 2)), zorder=0)
    figure = f"{numbers.short_month(now['day'])}: {outlook.people(now['value'])}" if now["status"] == "ok" else "today"
    axes.annotate(
        figure, (now["day"], 1), xycoords=("data", "axes fraction"), xytext=(0, 4), textcoords="offset points",
        ha="center", va="bottom", size=9.5, weight="bold", color=house.MEASURE,
    )  # fmt: skip


def _seen(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["status"] == "ok"]


def _dated(past: pd.DataFrame) -> pd.DataFrame:
    """The past as charts set their dates by."""
    return past.rename(columns={"day": "period_end"}).assign(grain="quarter")


def _span(shown: ProtectedProjection, breakdown: str, group: str) -> tuple[str, str]:
    past, ahead = shown.history(breakdown, group), shown.rows(breakdown, group)
    first = past["day"].iloc[0] if len(past) else ahead["target"].iloc[0]
    return numbers.short_month(first), numbers.short_month(ahead["target"].iloc[-1])


def _part_error(shown: ProtectedProjection, breakdown: str) -> str:
    tested = shown.tested
    found = tested[(tested["breakdown"] == breakdown) & (tested["horizon"] == 12)] if len(tested) else tested
    if not len(found):
        return ""
    row = found.iloc[0]
    ours, repeated = (outlook.error_words(row[name]) for name in ("mae", "mae_last_value"))
    return (
        f"A year ahead such forecasts missed {outlook.PARTS[breakdown]} by {ours} on average; "
        f"repeating the number of that day by {repeated}."
    )


def _figure(picture: Html, title: str, notes: list[str]) -> Html:
    said = joined(tag("span", f" {note}") for note in notes if note)
    return tag("figure", picture, tag("figcaption", tag("strong", title), ".", said), class_="chart")


def _alt(shown: ProtectedProjection, past: pd.DataFrame, ahead: pd.DataFrame) -> str:
    first = numbers.short_month(past["day"].iloc[0])
    return f"Line chart of children in care from {first}, with a fan of what may come. {outlook.expected(shown)}"


def _alt_parts(shown: ProtectedProjection, breakdown: str, groups: list[str]) -> str:
    said = []
    for group in groups:
        past, last = _seen(shown.history(breakdown, group)), _seen(shown.rows(breakdown, group)).iloc[-1]
        now = f"{outlook.people(past['value'].iloc[-1])} now, " if len(past) else ""
        said.append(f"{outlook.name(group)} {now}{outlook.people(last['mean'])} {outlook.when(shown, last['target'])}")
    title = outlook.TITLES[breakdown]
    return f"Small charts of {title[0].lower()}{title[1:]}, past and to come: {'; '.join(said)}."
