"""Funnel charts: teams, or areas, against the limits of chance, with words for every point outside them."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd

from incare.disclosure.protect import Protected
from incare.measure import Measure
from incare.published.ees import SYMBOLS
from incare.stats import funnel as stats
from incare.views import house, numbers, shown, words
from incare.views.house import Label
from incare.views.markup import Html, joined, tag

KINDS = {"%": "share", "per 10,000": "rate"}
MOST_NAMED = 6


class FunnelChartError(ValueError):
    """A funnel was asked for that these rows cannot give."""


def groups(
    protected: Protected, measure: Measure | str, by: str = "team", settings: stats.Settings | None = None
) -> Html:
    """The newest period's groups of a breakdown, such as teams, round the whole, sized by how many they count.

    Only protected figures are drawn. Groups whose figures are hidden are counted in words, and stand nowhere in the
    picture. A sentence instead of a picture when fewer than three groups have figures.
    """
    known = shown.facts(measure)
    found = shown.newest(shown.rows(protected, known, by))
    everyone = shown.latest(protected, known)
    settings = settings or stats.Settings(_kind(known.unit))
    rows = found[["category", "numerator", "denominator", "status"]].rename(columns={"category": "group"})
    centre = everyone["value"] if numbers.is_shown(everyone) else None
    what = f"{known.title} by {words.breakdown_title(by)}"
    when = numbers.period_words(everyone, known)
    return _drawn(rows, settings, centre, what, when, known.unit, known.better, "Everyone", people=True)


def areas(
    table: pd.DataFrame,
    line: str,
    area: str | None = None,
    neighbours: pd.DataFrame | None = None,
    year: int | None = None,
    figure: str = "percent",
    settings: stats.Settings | None = None,
) -> Html:
    """All areas' published figures of one line and year, the named area and its neighbours marked.

    `table` is as `published.ees.read` gives it, `area` a code of three digits, `neighbours` as
    `published.neighbours.read`. The centre is England's published figure. Raises `FunnelChartError` where the table
    does not hold the line, or no base for its figures.
    """
    rows = table[(table["line"] == line) & (table["figure"] == figure)]
    if rows.empty:
        raise FunnelChartError(f"The table has no {figure} of “{line}”.")
    year = int(rows["year"].max()) if year is None else year
    rows = rows[(rows["year"] == year) & (rows["area_status"] == "current")]
    england = rows[(rows["level"] == "country") & (rows["status"] == "ok")]["value"]
    here = rows[rows["level"] == "area"]
    unit, better = rows["unit"].iloc[0], rows["better"].iloc[0]
    settings = settings or stats.Settings(_kind(unit))
    codes = [] if neighbours is None else neighbours.loc[neighbours["la_code"] == area, "neighbour_code"]
    marks = np.select([here["la_code"] == area, here["la_code"].isin(codes)], ["own", "neighbour"], "other")
    # Two areas may bear one name; their codes tell them apart.
    name = here["area"].where(~here["area"].duplicated(keep=False), here["area"] + " " + here["la_code"])
    wanted = pd.DataFrame({"group": name, "mark": marks}).join(here[["numerator", "denominator", "status"]])
    centre = float(england.iloc[0]) if len(england) else None
    return _drawn(wanted, settings, centre, line, f"year to 31 March {year}", unit, better, "England", people=False)


def _kind(unit: str) -> str:
    if unit not in KINDS:
        raise FunnelChartError(f"A funnel is drawn of shares and rates; this figure is in {unit or 'another unit'}.")
    return KINDS[unit]


def _drawn(rows, settings, centre, what, when, unit, better, whole, people: bool) -> Html:
    shown_rows = rows["status"].isin(["ok", "low"]) & rows["numerator"].notna() & (rows["denominator"] > 0)
    if shown_rows.sum() < 3:
        return tag("p", "No funnel: fewer than three groups have figures that can be shown.", class_="empty")
    try:
        made = stats.funnel(rows, settings, centre)
    except stats.FunnelError:
        return tag("p", "No funnel: the figures of all groups together are at one end of the scale.", class_="empty")
    points = made.points
    labels = _line_labels(made, unit, whole)
    with house.canvas(height=330, left=48, right=house.room_for(labels), top=16, bottom=46) as (figure, axes):
        scale_note = _set_axes(axes, made, people)
        _draw_lines(axes, made)
        _draw_points(axes, points)
        left_out = _name_points(figure, axes, made)
        house.beside(axes, labels)
        picture = house.image(figure, _alt(made, what, when, unit, better, whole))
    notes = [
        _own(made, unit, better),
        _lines_note(made),
        _marks_note(points),
        _spread_note(made),
        _hidden_note(points),
        scale_note,
    ]
    notes += [_outside(made, unit, better), f"Not named in the picture: {', '.join(left_out)}." if left_out else ""]
    said = joined(tag("span", f" {note}") for note in notes if note)
    caption = tag("figcaption", tag("strong", what), f" ({unit}, {when}).", said)
    return tag("figure", picture, caption, class_="chart")


# The picture


def _set_axes(axes, made: stats.Funnel, people: bool) -> str:
    points = made.points[made.points["value"].notna()]
    n = points["denominator"]
    low, high = 0.8 * n.min(), made.lines["denominator"].iloc[-1]
    if n.max() / n.min() > 12:
        axes.set_xscale("log")
        ticks = [
            t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**4, 10**5, 10**6) if low <= t <= high
        ]
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], minor=False)
        axes.set_xticks([], minor=True)
    else:
        low = 0
        axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:,.0f}")
    axes.set_xlim(low, high)
    # The limits of the smallest sizes run off to the ends of the scale; the points say how high the picture is.
    values = np.r_[points["value"], points[["lower_outer", "upper_outer"]].quantile([0.1, 0.9]).to_numpy().ravel()]
    bottom, top = np.nanmin(values), np.nanmax(values)
    room = 0.08 * (top - bottom) or 1
    top_end = 100 if made.settings.kind == "share" else np.inf
    axes.set_ylim(max(0, bottom - room), min(top_end, top + room))
    axes.set_xlabel("How many each group counts" if people else "How many the figure of each area is of")
    return "The scale does not start at 0." if axes.get_ylim()[0] > 0 else ""


def _draw_lines(axes, made: stats.Funnel) -> None:
    size = made.lines["denominator"]
    axes.axhline(made.centre, color=house.INK, linewidth=1)
    for name, dashes, width in (("inner", (0, (4, 3)), 1.2), ("outer", "solid", 1.2)):
        for side in ("lower", "upper"):
            axes.plot(size, made.lines[f"{side}_{name}"], color=house.QUIET, linewidth=width, linestyle=dashes)


def _draw_points(axes, points: pd.DataFrame) -> None:
    seen = points[points["value"].notna()]
    mark = seen["mark"] if "mark" in seen else pd.Series("group", index=seen.index)
    outside = seen["position"] != stats.WITHIN
    looks = {
        "other": {"marker": "o", "s": 20, "facecolor": house.PAPER, "edgecolor": "#8b979f", "linewidth": 0.9},
        "group": {"marker": "o", "s": 44, "facecolor": house.BAND, "edgecolor": house.MEASURE, "linewidth": 1.2},
        "neighbour": {"marker": "D", "s": 36, "facecolor": "#8fa3b3", "edgecolor": house.INK, "linewidth": 0.9},
        "own": {"marker": "s", "s": 80, "facecolor": house.MEASURE, "edgecolor": house.PAPER, "linewidth": 1.2},
    }
    for order, (name, look) in enumerate(looks.items()):
        rows = seen[(mark == name) & ~(outside & (name == "group"))]
        axes.scatter(rows["denominator"], rows["value"], zorder=3 + order, **look)
    rows = seen[outside & (mark == "group")]
    # A filled shape of another form: seen in grey, and by those who do not see colours.
    axes.scatter(rows["denominator"], rows["value"], marker="^", s=70, color=house.INK, zorder=8)


def _to_name(points: pd.DataFrame) -> pd.DataFrame:
    """The groups that get a name in the picture: the own area; of teams those outside; at most a handful."""
    seen = points[points["value"].notna()]
    if "mark" in seen:
        return seen[seen["mark"] == "own"]
    outside = seen[seen["position"] != stats.WITHIN]
    return outside.head(MOST_NAMED)


# Where a name may stand, in points from its mark: beside it first, further off with a thin line to it last.
_BESIDE = ((9, 0, "left", "center"), (-9, 0, "right", "center"), (0, 9, "center", "bottom"), (0, -9, "center", "top"))
_NEAR, _FURTHER = (
    tuple(
        (side * across, up * away, "left" if side > 0 else "right", "bottom" if up > 0 else "top")
        for across, away in steps
        for side in (1, -1)
        for up in (1, -1)
    )
    for steps in (((10, 14),), ((26, 34), (12, 60), (40, 60), (12, 90)))
)
# In a corner of the picture, as shares of its width and height.
_CORNERS = ((0.99, 0.97, "right", "top"), (0.99, 0.03, "right", "bottom"), (0.01, 0.03, "left", "bottom"))


def _name_points(figure, axes, made: stats.Funnel) -> list[str]:
    """Write the names beside their points where they touch neither a point, a name nor, if it can be, a limit.

    Returns the names for which there was no room.
    """
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    named, seen = _to_name(made.points), made.points[made.points["value"].notna()]
    dots = axes.transData.transform(seen[["denominator", "value"]].to_numpy(float))
    limits = [axes.transData.transform(made.lines[["denominator", name]].to_numpy(float)) for name in _LIMITS]
    lines = np.vstack([*limits, axes.transData.transform([(n, made.centre) for n in made.lines["denominator"]])])
    taken, left_out = [axes.get_window_extent()], []
    for row in named.itertuples():
        own = axes.transData.transform((row.denominator, row.value))
        others = dots[np.abs(dots - own).sum(axis=1) > 1]
        all_marks = np.vstack([others, lines])
        tries = [(spot, all_marks) for spot in (*_BESIDE, *_NEAR)] + [(spot, others) for spot in (*_BESIDE, *_NEAR)]
        tries += [(spot, all_marks) for spot in (*_FURTHER, *_CORNERS)] + [(spot, others) for spot in _FURTHER]
        if not any(_placed(axes, renderer, row, spot, taken, dots) for spot, dots in tries):
            left_out.append(str(row.group))
    return left_out


_LIMITS = ("lower_inner", "upper_inner", "lower_outer", "upper_outer")


def _placed(axes, renderer, row, spot, taken: list, dots: np.ndarray) -> bool:
    """Write a name at a spot, unless it touches something there; `taken` begins with the frame of the picture."""
    dx, dy, across, up = spot
    text = axes.annotate(
        "\n".join(wrap(str(row.group), 20)),
        (row.denominator, row.value),
        (dx, dy),
        textcoords="axes fraction" if spot in _CORNERS else "offset points",
        ha=across,
        va=up,
        size=9.5,
        weight="bold",
        color=house.INK,
        zorder=9,
        bbox={"facecolor": house.PAPER, "edgecolor": "none", "pad": 1, "alpha": 0.8},
        arrowprops={"arrowstyle": "-", "color": house.QUIET, "linewidth": 0.8} if spot not in _BESIDE else None,
    )
    box = _words_of(text, renderer).padded(2)
    frame, *names = taken
    inside = box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1
    if inside and not any(box.overlaps(other) for other in names) and not _holds(box, dots):
        taken.append(box)
        return True
    text.remove()
    return False


def _words_of(text, renderer):
    """The box of an annotation's words alone, without the line that leads to them."""
    from matplotlib.text import Text

    text.update_positions(renderer)
    return Text.get_window_extent(text, renderer)


def _holds(box, dots: np.ndarray) -> bool:
    across = (dots[:, 0] > box.x0 - 4) & (dots[:, 0] < box.x1 + 4)
    return bool((across & (dots[:, 1] > box.y0 - 4) & (dots[:, 1] < box.y1 + 4)).any())


def _line_labels(made: stats.Funnel, unit: str, whole: str) -> list[Label]:
    end = made.lines.iloc[-1]
    inner, outer = (f"{100 * level:g}%" for level in (made.settings.inner, made.settings.outer))
    return [
        Label(f"{whole} {numbers.number(made.centre, unit)}", made.centre, house.INK, "bold"),
        Label(f"{inner} limit", end["upper_inner"], house.QUIET),
        Label(f"{outer} limit", end["upper_outer"], house.QUIET),
    ]


# The words


def _outside(made: stats.Funnel, unit: str, better: str) -> str:
    points = made.points
    out = points[points["position"].notna() & (points["position"] != stats.WITHIN)]
    known = int(points["value"].notna().sum())
    if out.empty:
        return f"None of {known} lies outside the limits."
    wanted = out if "mark" not in out else out[:0]
    named = [_said(row, unit, better) for _, row in wanted.head(2 * MOST_NAMED).iterrows()]
    sum_up = f"{len(out)} of {known} lie outside the {100 * made.settings.inner:g}% limits"
    return f"{sum_up}: {'; '.join(named)}." if named else f"{sum_up}."


def _own(made: stats.Funnel, unit: str, better: str) -> str:
    """Where the named area lies, whatever the picture has room for."""
    points = made.points
    own = points[points["mark"] == "own"] if "mark" in points else points[:0]
    if own.empty:
        return ""
    row = own.iloc[0]
    if pd.isna(row["value"]):
        return f"{row['group']} has no figure here."
    return f"{_said(row, unit, better)}."


def _said(row: pd.Series, unit: str, better: str) -> str:
    judged = ""
    if better in ("higher", "lower") and row["position"] != stats.WITHIN:
        judged = ", better" if row["position"].startswith("above") == (better == "higher") else ", worse"
    return f"{row['group']} {numbers.number(row['value'], unit)} ({row['position']}{judged})"


def _lines_note(made: stats.Funnel) -> str:
    inner, outer = (f"{100 * level:g}%" for level in (made.settings.inner, made.settings.outer))
    return (
        f"Dashed: {inner} limits; solid: {outer}. Where nothing but chance differs, about "
        f"{100 * (1 - made.settings.inner):.0f} in 100 groups lie outside the dashed and "
        f"{1000 * (1 - made.settings.outer):.0f} in 1,000 outside the solid lines."
    )


def _marks_note(points: pd.DataFrame) -> str:
    if "mark" not in points:
        outside = (points["position"].notna() & (points["position"] != stats.WITHIN)).any()
        return "Triangles: outside the limits." if outside else ""
    used = set(points.loc[points["value"].notna(), "mark"])
    texts = {
        "own": "Square: this area.",
        "neighbour": "Diamonds: its statistical neighbours.",
        "other": "Rings: others.",
    }
    return " ".join(text for mark, text in texts.items() if mark in used)


def _spread_note(made: stats.Funnel) -> str:
    if made.settings.spread == "none":
        return ""
    if made.used == 0:
        return "Too few groups to judge how far they differ beyond chance: the limits are those of chance."
    if made.tau2 == 0:
        return "The groups differ no more than by chance, so the limits are those of chance."
    return (
        f"The limits allow for groups that differ beyond chance (variance {made.phi:.1f} times that of chance, "
        f"from {made.used} groups)."
    )


def _hidden_note(points: pd.DataFrame) -> str:
    counts = points.loc[points["value"].isna(), "status"].value_counts()
    meant = SYMBOLS | {"c": "hidden, a small number", "z": "not applicable", "x": "not available"}
    said = [f"{number} {symbol} ({meant.get(symbol, 'no figure')})" for symbol, number in counts.items()]
    return f"Not drawn: {', '.join(said)}." if said else ""


def _alt(made: stats.Funnel, what: str, when: str, unit: str, better: str, whole: str) -> str:
    known = int(made.points["value"].notna().sum())
    title = what[0].lower() + what[1:] if what[1:2].islower() else what
    parts = [
        f"Funnel chart of {title}, {when}: {known} groups by size,",
        f"{whole} {numbers.number(made.centre, unit)}.",
        _own(made, unit, better),
        _outside(made, unit, better),
    ]
    return " ".join(part for part in parts if part)
