"""Why a figure changed between two periods: who joined, left or changed; and the mix of groups against their rates.

The parts add up exactly to the change. They are made from children's rows: restricted, unless protected.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.kinds import Count, Kind, Mean, Median, Ratio

PARTS = ("joined", "left", "changed")


class ChangeError(ValueError):
    """A change that cannot be put into parts, with the reason."""


def by_children(before: pd.DataFrame, after: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """The change of a figure as the parts of those who joined, those who left and those who stayed and changed.

    `before` and `after` are the rows of a measure in one period each (`incare.series.rows_of`, rows set aside left
    out), with `child` and `counted`, or `amount` and perhaps `weight`. Returns a row per part: `part, children,
    contribution` in the figure's own unit. A share's parts are: those who left, the share of those who stayed less the
    share of all before; those who changed, the new share of those who stayed less their old one; those who joined, the
    share of all after less that of those who stayed. Where nobody stayed, leaving and joining share the change.
    Raises `ChangeError` for a median, which has no parts, and when one of the two periods has no figure.
    Source: the telescoping identity r1 - r0 = (s0 - r0) + (s1 - s0) + (r1 - s1), s being the share of those who stay.
    """
    if isinstance(kind, Median):
        raise ChangeError("A median has no parts that add up; ask for the mean.")
    old, new = _sums(before, kind), _sums(after, kind)
    both = old.index.intersection(new.index)
    joined, left = new.index.difference(both), old.index.difference(both)
    if isinstance(kind, Count):
        stayed = new.loc[both, "top"].sum() - old.loc[both, "top"].sum()
        parts = (new.loc[joined, "top"].sum(), -old.loc[left, "top"].sum(), stayed)
    else:
        parts = _of_ratio(old, new, both, _scale(kind))
    moved = (old.loc[both] != new.loc[both]).any(axis=1).sum()
    return pd.DataFrame(
        {"part": PARTS, "children": [len(joined), len(left), int(moved)], "contribution": np.asarray(parts, float)}
    )


def _of_ratio(old: pd.DataFrame, new: pd.DataFrame, both: pd.Index, scale: float) -> tuple[float, float, float]:
    r0, r1 = _ratio(old), _ratio(new)
    if np.isnan(r0) or np.isnan(r1):
        raise ChangeError("One of the two periods has nobody in the group, so there is no change to explain.")
    s0, s1 = _ratio(old.loc[both]), _ratio(new.loc[both])
    if np.isnan(s0) or np.isnan(s1):
        s0 = s1 = (r0 + r1) / 2
    return scale * (r1 - s1), scale * (s0 - r0), scale * (s1 - s0)


def _ratio(sums: pd.DataFrame) -> float:
    bottom = sums["bottom"].sum()
    return float(sums["top"].sum() / bottom) if bottom > 0 else float("nan")


def _sums(rows: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """What each child adds to the top and to the bottom of the figure."""
    top = rows["amount"] if isinstance(kind, Mean | Ratio) else rows["counted"].astype(float)
    bottom = rows["weight"] if isinstance(kind, Ratio) else pd.Series(1.0, index=rows.index)
    return pd.DataFrame({"child": rows["child"], "top": top, "bottom": bottom}).groupby("child").sum()


def _scale(kind: Kind) -> float:
    return kind.scale if isinstance(kind, Ratio) else 1.0 if isinstance(kind, Mean) else 100.0


def by_groups(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The change of a share as the parts of a changed mix of groups and of changed rates within them.

    `before` and `after` have a row per group: `category, numerator, denominator`. Returns a row per group: `category,
    mix, rate` in percentage points, which add up to the change of the whole. A group that is there in one of the two
    only has its whole part in the mix.
    Raises `ChangeError` when one of the two has nobody.
    Source: Kitagawa (1955), J. Am. Stat. Assoc. 50, with both periods' averages as weights.
    """
    old, new = (table.set_index("category") for table in (before, after))
    both = old.add_suffix("_0").join(new.add_suffix("_1"), how="outer")
    both = both.astype(float).fillna(0.0)
    weights, rates = {}, {}
    for side in "01":
        whole = both[f"denominator_{side}"].sum()
        if not whole > 0:
            raise ChangeError("One of the two periods has nobody in the groups, so there is no change to explain.")
        weights[side] = both[f"denominator_{side}"] / whole
        rates[side] = both[f"numerator_{side}"] / both[f"denominator_{side}"].where(both[f"denominator_{side}"] > 0)
    first, second = rates["0"].fillna(rates["1"]), rates["1"].fillna(rates["0"])
    mix = (weights["1"] - weights["0"]) * (first + second) / 2
    rate = (second - first) * (weights["0"] + weights["1"]) / 2
    out = pd.DataFrame({"mix": 100 * mix.fillna(0.0), "rate": 100 * rate.fillna(0.0)}).rename_axis("category")
    return out.reset_index()
