"""Quarter against quarter: what an earlier pack said of a period, what this one says, shown as a revision."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from incare.disclosure.protect import Protected
from incare.disclosure.released import read_figures
from incare.measure import Catalogue
from incare.views import numbers, shown
from incare.views.markup import Html, tag
from incare.views.tables import laid_out, symbol_cell

KEY = ["measure", "grain", "period_end", "breakdown", "category"]
FIGURES = ("figures.csv",)
NO_EARLIER = (
    "No earlier pack was found beside this one, so nothing can be compared. The next pack will say which of this one's "
    "figures were revised."
)
MEANING = (
    "A revision is a figure of a period that the earlier pack printed too and that is printed otherwise now: records "
    "came in late or were corrected. Only figures printed in both packs are compared."
)
PROVISIONAL = (
    "The newest figures are provisional: {lag}. What is recorded later changes them, and the next pack lists what "
    "changed."
)


@dataclass(frozen=True)
class Earlier:
    """The figures of an earlier pack as it printed them; `why` says why there are none to compare."""

    quarter: str = ""
    figures: pd.DataFrame | None = field(default=None, repr=False)
    why: str = ""


def read(place: str | None, profile: str = "public") -> Earlier:
    """The figures of the pack in a folder, for comparison with a pack of the same profile.

    A pack that is not there, cannot be read, or is of another profile gives none, and says why: a comparison of rounded
    with true figures would show rounding as revision, and tell the true ones.
    """
    if not place:
        return Earlier(why=NO_EARLIER)
    folder = Path(place)
    try:
        facts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        found = [read_figures(folder / "data" / name) for name in FIGURES]
    except (OSError, ValueError):
        return Earlier(why="The earlier pack cannot be read as a published pack, so nothing can be compared.")
    if facts.get("profile") != profile:
        other = facts.get("profile", "unknown")
        return Earlier(why=f"The earlier pack is of the {other} profile, this one of the {profile}: not compared.")
    rows = pd.concat([frame for frame in found if frame is not None], ignore_index=True)
    return Earlier(str(facts.get("quarter", "")), rows.assign(period_end=pd.to_datetime(rows["period_end"])))


def compared(protected: Protected, earlier: Earlier) -> pd.DataFrame:
    """The periods that both packs print and whose figure for everyone differs.

    Both sides are protected figures. Returns the rows of this pack with `status_was, value_was, numerator_was,
    denominator_was, definition_version_was` of the earlier one.
    """
    now = shown.frame_of(protected)
    now = now[now["breakdown"] == "total"]
    columns = [*KEY, "status", "value", "numerator", "denominator", "definition_version"]
    if earlier.figures is None or earlier.figures.empty:
        return pd.DataFrame(columns=[*KEY, "unit", "status_was", "value_was"])
    was = earlier.figures[earlier.figures["breakdown"] == "total"][columns]
    was = was.assign(period_end=was["period_end"].astype(now["period_end"].dtype))
    both = now.merge(was, on=KEY, suffixes=("", "_was"), validate="one_to_one")
    printed = both["status"].isin(["ok", "low"]) & both["status_was"].isin(["ok", "low"])
    otherwise = (
        ((both["value"] - both["value_was"]).abs() > 1e-9) | _differs(both, "numerator") | _differs(both, "denominator")
    )
    return both[printed & otherwise].reset_index(drop=True)


def _differs(both: pd.DataFrame, name: str) -> pd.Series:
    return both[name].notna() & both[f"{name}_was"].notna() & ((both[name] - both[f"{name}_was"]).abs() > 1e-9)


def report(protected: Protected, catalogue: Catalogue, earlier: Earlier) -> Html:
    """A table of the revised figures, newest period first; words when none was revised, or nothing can be compared."""
    if earlier.why:
        return tag("p", earlier.why, class_="quiet")
    found = compared(protected, earlier)
    known = {m.id: m for m in catalogue if not shown.is_mix(m)}
    found = found[found["measure"].isin(known)]
    compared_with = f"Compared with the pack of {earlier.quarter}."
    if found.empty:
        return tag("p", f"{compared_with} No figure of an earlier period was revised.")
    found = found.sort_values(["period_end", "measure"], ascending=[False, True], kind="stable")
    body = [_row(row, known[row["measure"]], earlier) for _, row in found.iterrows()]
    heads = ["Measure", "Period", f"Pack of {earlier.quarter}", "This pack", "Why"]
    right = [n in (heads[2], "This pack") for n in heads]
    periods = found["period_end"].nunique()
    said = f"{compared_with} {len(found)} figures of {periods} earlier period{'s' * (periods != 1)} were revised."
    return tag("p", said, class_="headline") + laid_out("Revised figures", heads, body, [MEANING], figures=right)


def _row(row: pd.Series, measure, earlier: Earlier) -> Html:
    was = row.copy()
    for name in ("status", "value", "numerator", "denominator"):
        was[name] = row[f"{name}_was"]
    changed = int(row["definition_version"]) != int(row["definition_version_was"])
    why = "the definition changed" if changed else "recorded late or corrected"
    return tag(
        "tr",
        tag("th", measure.title, scope="row"),
        tag("td", numbers.period_label(row["period_end"], row["grain"])),
        tag("td", symbol_cell(was), tag("span", numbers.n_of_d(was), class_="quiet"), class_="n"),
        tag("td", tag("strong", symbol_cell(row)), tag("span", numbers.n_of_d(row), class_="quiet"), class_="n"),
        tag("td", why),
    )


def provisional(lag_days: int | None) -> Html:
    """That the newest figures are provisional, with how far the newest record lies before the day of the extract."""
    when = "on the day" if lag_days == 0 else f"{lag_days} days before the day"
    lag = "nothing in the extract is dated" if lag_days is None else f"the newest record was made {when} of the extract"
    return tag("p", PROVISIONAL.format(lag=lag), class_="note")
