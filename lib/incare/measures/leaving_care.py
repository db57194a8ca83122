"""Leaving care and permanence."""

from __future__ import annotations

import pandas as pd

from incare.kinds import Count, Share
from incare.measure import measure
from incare.periods import rolling
from incare.rows import Spans, one_per_child

ADOPTED = ("E11", "E12")
SPECIAL_GUARDIANSHIP = ("E43", "E44", "E45", "E46", "E47", "E48")
HOME = {"both": ("E4A", "E4B"), "planned": ("E4A",), "unplanned": ("E4B",)}


def _ends(care_periods: Spans, when: str) -> pd.DataFrame:
    """The last end of each child in each period, with the last legal status and placement."""
    rows = one_per_child(care_periods.ending(when), keep="last")
    return rows.assign(legal_status=rows["last_legal_status"].array, placement=rows["last_placement"].array)


def _left_for(care_periods: Spans, reasons: tuple[str, ...], exclude: tuple[str, ...]) -> pd.DataFrame:
    rows = _ends(care_periods, "window")
    rows = rows[~rows["reason"].isin(exclude)]
    return rows.assign(counted=rows["reason"].isin(reasons))


@measure(title="Children who ceased to be looked after", kind=Count(), better="neither")
def cla_ceased_count(care_periods, *, count="children"):
    """Children whose period of care ended in the period.

    Population: children with a period of care that ends in the period.
    Counted: each child once, by the last end in the period; with count="ends" every end.
    Set aside: short breaks (V3, V4); episodes that end because the next begins (X1).
    Choices: count="children" counts as DfE does; "ends" counts events. Transfers out (E3) and deaths (E2) are in.
    Source: LAIT LACnum_Cease; DfE.
    """
    rows = _ends(care_periods, "period") if count == "children" else care_periods.ending("period")
    return rows.assign(counted=True)


@measure(
    title="Children leaving care who were adopted", kind=Share(), better="higher", window=rolling(12), needs_history=12
)
def ceased_adopted_pct(care_periods, *, exclude=()):
    """Share of the children who left care in the 12 months who were adopted.

    Population: children whose care ended in the 12 months, by their last end.
    Counted: reasons E11 and E12; the end is the day of the adoption order.
    Set aside: short breaks (V3, V4).
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, ADOPTED, exclude)


@measure(
    title="Children leaving care to special guardianship",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def ceased_sgo_pct(care_periods, *, exclude=()):
    """Share of the children who left care in the 12 months under a special guardianship order.

    Population: children whose care ended in the 12 months, by their last end.
    Counted: reasons E45 to E48, and E43 and E44 in returns before 2018-19.
    Set aside: short breaks (V3, V4).
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, SPECIAL_GUARDIANSHIP, exclude)


@measure(
    title="Children leaving care who returned home",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def ceased_returned_home_pct(care_periods, *, how="both", exclude=()):
    """Share of the children who left care in the 12 months to live with parents or others with parental responsibility.

    Population: children whose care ended in the 12 months, by their last end.
    Counted: reasons E4A (planned) and E4B (unplanned). Relatives without parental responsibility (E13) are not in.
    Set aside: short breaks (V3, V4).
    Choices: how="both", "planned" or "unplanned"; exclude=() keeps transfers out (E3) and deaths (E2) in.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, HOME[how], exclude)
