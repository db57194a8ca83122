"""Pictures of how long things take: curves over time, with how many are still watched below them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.views import house
from incare.views.house import Label
from incare.views.markup import Html, joined, tag
from incare.views.numbers import half_up

# Groups are told apart by line style, so that grey paper keeps them apart too.
LINES = [("-", house.MEASURE), ((0, (5, 2)), house.TARGET), ((0, (1, 1.5)), house.BENCHMARK), ("-.", house.FORECAST)]
# A public curve stops where fewer are still watched, as no percentage of fewer may be shown.
FEWEST = {"public": 20, "restricted": 1}
_ROUND = 5


def survival(curves: pd.DataFrame, title: str, until: float, unit: str = "days", profile: str = "public") -> Html:
    """The share to whom it has not happened yet over time, by group, with 95 % bands and numbers at risk.

    `curves` is what `incare.stats.durations.survival` gave; time runs to `until`. In the public profile curves are
    read at 25 even times as whole percentages, stop where fewer than 20 are at risk, and numbers at risk are rounded
    to 5: steps of single children are not drawn.

    Raises `ValueError` for an unknown profile, more than four groups, and when nothing may be drawn.
    """
    drawn = {name or "All": part for name, part in curves.groupby("group", sort=False, dropna=False)}
    return _picture(drawn, "survival", title, until, unit, profile, "not yet")


def incidence(curves: pd.DataFrame, title: str, until: float, unit: str = "days", profile: str = "public",
              names: dict | None = None) -> Html:  # fmt: skip
    """The share to whom each cause has happened by each time, with 95 % bands and numbers at risk.

    `curves` is what `incare.stats.competing.incidence` gave, for one group; `names` maps causes to words. The rest is
    as in `survival`; the numbers at risk are the same for all causes.

    Raises as `survival` does, and `ValueError` for more than one group.
    """
    if len(curves["group"].unique()) > 1:
        raise ValueError("One group is drawn at a time; choose its rows first.")
    drawn = {str((names or {}).get(cause, cause)): part for cause, part in curves.groupby("cause", sort=False)}
    return _picture(drawn, "incidence", title, until, unit, profile, "by then")


def _picture(drawn, column: str, title: str, until: float, unit: str, profile: str, what: str) -> Html:
    if profile not in FEWEST:
        raise ValueError(f"A profile is public or restricted; found {profile!r}.")
    if len(drawn) > len(LINES):
        raise ValueError(f"At most {len(LINES)} groups can be told apart in one chart; found {len(drawn)}.")
    read = {name: _read(part, column, until, profile) for name, part in drawn.items()}
    if not any(len(part) > 1 for part in read.values()):
        raise ValueError(f"Nothing may be drawn: fewer than {FEWEST[profile]} children are watched in every group.")
    read = {name: part for name, part in read.items() if len(part) > 1}
    labels = [
        Label(f"{name} {half_up(part['y'].iloc[-1])}%", part["y"].iloc[-1], colour)
        for (name, part), (_, colour) in zip(read.items(), LINES, strict=False)
    ]
    below = list(read.items()) if column == "survival" else [("All", next(iter(read.values())))]
    ticks = np.linspace(0, until, 5)
    left = max(60, 36 + 6.8 * max(len(str(name)) for name, _ in below))
    under = 62 + 17 * len(below)
    with house.canvas(height=200 + under, left=left, right=max(house.room_for(labels), 24), bottom=under) as (
        fig,
        axes,
    ):
        for part, (line, colour) in zip(read.values(), LINES, strict=False):
            step = "post" if profile == "restricted" else None
            axes.fill_between(part["x"], part["low"], part["high"], step=step, color=colour, alpha=0.14, linewidth=0)
            look = {"color": colour, "linestyle": line, "linewidth": 2}
            axes.plot(part["x"], part["y"], drawstyle="steps-post" if step else "default", **look)
        axes.set_xlim(0, until)
        axes.set_ylim(0, 103)
        axes.set_yticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.set_xlabel(unit, labelpad=2)
        _numbers_at_risk(axes, below, ticks, profile)
        house.beside(axes, labels)
        picture = house.image(fig, _alt(title, read, until, unit, what))
    notes = ["Bands: 95%. Below: how many were still watched."]
    if profile == "public":
        notes.append(f"Read at even times; numbers to the nearest {_ROUND}; curves stop under {FEWEST['public']}.")
    said = joined(tag("span", f" {note}") for note in notes)
    return tag("figure", picture, tag("figcaption", tag("strong", title), f" (share {what}).", said), class_="chart")


def _read(part: pd.DataFrame, column: str, until: float, profile: str) -> pd.DataFrame:
    """A curve as it may be drawn: x, y, low, high in percent, and those at risk just before each x."""
    times, n = part["time"].to_numpy(float), part["at_risk"].to_numpy(float)
    start = 100.0 if column == "survival" else 0.0
    x = np.linspace(0, until, 25) if profile == "public" else np.r_[0.0, times[times < until], until]
    place = np.searchsorted(times, x, side="right")
    y = np.r_[start, 100 * part[column].to_numpy(float)][place]
    low, high = (
        np.where(np.isnan(side), y, side)
        for side in (np.r_[start, 100 * part[name].to_numpy(float)][place] for name in ("lower", "upper"))
    )
    watched = np.r_[n, 0.0][np.searchsorted(times, x, side="left")]
    out = pd.DataFrame({"x": x, "y": y, "low": low, "high": high, "at_risk": watched})
    if profile == "public":
        out[["y", "low", "high"]] = np.floor(out[["y", "low", "high"]] + 0.5)
        out["at_risk"] = np.floor(out["at_risk"] / _ROUND + 0.5) * _ROUND
        few = np.flatnonzero(watched < FEWEST["public"])
        return out.iloc[: few[0]] if len(few) else out
    return out[out["at_risk"] > 0]


def _numbers_at_risk(axes, below: list, ticks: np.ndarray, profile: str) -> None:
    for place, (name, part) in enumerate(below):
        look = {"xycoords": ("axes fraction", "axes fraction"), "textcoords": "offset points", "size": 9, "va": "top"}
        down = -36 - 13 * place
        axes.annotate(str(name), (0, 0), xytext=(-20, down), ha="right", color=house.QUIET, **look)
        for tick in ticks:
            known = part[part["x"] >= tick - 1e-9]
            shown = "–" if known.empty else f"{known['at_risk'].iloc[0]:,.0f}"
            axes.annotate(shown, (tick / ticks[-1], 0), xytext=(0, down), ha="center", color=house.INK, **look)


def _alt(title: str, read: dict, until: float, unit: str, what: str) -> str:
    ends = ", ".join(
        f"{name} {half_up(part['y'].iloc[-1])}% {what} at {part['x'].iloc[-1]:,.0f} {unit}"
        for name, part in read.items()
    )
    return f"Curves of {title[:1].lower() + title[1:]}, up to {until:,.0f} {unit}: {ends}."
