"""Leaving care and permanence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare import periods as p
from incare.kinds import Count, Mean, Median, Rate, Share
from incare.measure import measure
from incare.measures.cohorts import COUNT_WINDOWS, UNKNOWN_BIRTH, UNKNOWN_START, in_care_now
from incare.periods import last_day, rolling
from incare.rows import Spans, one_per_child, set_aside

ADOPTED = ("E11", "E12")
SPECIAL_GUARDIANSHIP = ("E43", "E44", "E45", "E46", "E47", "E48")
CHILD_ARRANGEMENTS = ("E41",)
HOME = {"both": ("E4A", "E4B"), "planned": ("E4A",), "unplanned": ("E4B",)}
INDEPENDENT = {"both": ("E5", "E6"), "supported": ("E5",), "unsupported": ("E6",)}
STAYED = ("E17",)
NOT_PLACED = "not placed for adoption before the order"


def _ends(care_periods: Spans, *, once: bool = True) -> pd.DataFrame:
    """Ends of care in the window with the last legal status and placement; with `once` the last end of each child."""
    rows = care_periods.ending("window")
    rows = one_per_child(rows, keep="last") if once else rows
    return rows.assign(
        legal_status=rows["last_legal_status"].array,
        placement=rows["last_placement"].array,
        known=rows["reason"] != "",
    )


def _left(care_periods: Spans, exclude: tuple[str, ...]) -> pd.DataFrame:
    """Children who left in the window, by their last end; reasons left out by choice are set aside."""
    rows = _ends(care_periods)
    if not exclude:
        return rows
    return set_aside(rows, rows["reason"].isin(exclude), "reason for leaving left out by choice")


def _left_for(care_periods: Spans, reasons: tuple[str, ...], exclude: tuple[str, ...]) -> pd.DataFrame:
    rows = _left(care_periods, exclude)
    return rows.assign(counted=rows["reason"].isin(reasons))


@measure(
    title="Children who ceased to be looked after",
    kind=Count(),
    better="neither",
    allowed={"count": ("children", "ends"), "window": tuple(COUNT_WINDOWS)},
    by_choice={"window": COUNT_WINDOWS},
)
def cla_ceased_count(care_periods, *, count="children", window="period"):
    """Children whose period of care ended in the period.

    Population: children with a period of care that ends in the period.
    Counted: each child once, by the last end in the period; with count="ends" every end.
    Set aside: nobody. Short breaks (V3, V4) are no care, and an episode that ends because the next begins (X1) no end.
    Choices: count="children" counts as DfE does; "ends" counts events. Transfers out (E3) and deaths (E2) are in.
    window="period" looks at the period; "year_to_date" since 1 April; "rolling" at 12 months, as published.
    Source: LAIT LACnum_Cease; DfE.
    """
    return _ends(care_periods, once=count == "children").assign(counted=True)


@measure(
    title="Children who ceased to be looked after per 10,000 children",
    kind=Rate(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def cla_ceased_rate(care_periods, population, *, annualise=False):
    """Children whose care ended in the 12 months, for every 10,000 residents aged 0 to 17.

    Population: residents aged 0 to 17 at the mid-year before the year to 31 March.
    Counted: each child once, by the last end in the 12 months.
    Set aside: nobody. Short breaks (V3, V4) are no care.
    Choices: annualise=False gives the rate of the days looked at; True turns a window shorter than a year into a yearly
    rate, by counting each resident for the part of the year that the window covers.
    Source: LAIT; DfE: the year to March is divided by the estimate of the year before.
    """
    return _ends(care_periods).assign(counted=True)


@measure(
    title="Children leaving care who were adopted", kind=Share(), better="higher", window=rolling(12), needs_history=12
)
def ceased_adopted_pct(care_periods, *, exclude=()):
    """Share of the children who left care in the 12 months who were adopted.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reasons E11 and E12; the end is the day of the adoption order.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
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

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reasons E45 to E48, and E43 and E44 in returns before 2018-19.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, SPECIAL_GUARDIANSHIP, exclude)


@measure(
    title="Children leaving care to a child arrangements order",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def ceased_cao_pct(care_periods, *, exclude=()):
    """Share of the children who left care in the 12 months under a child arrangements (or residence) order.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reason E41.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, CHILD_ARRANGEMENTS, exclude)


@measure(
    title="Children leaving care who returned home",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
    allowed={"how": tuple(HOME)},
)
def ceased_returned_home_pct(care_periods, *, how="both", exclude=()):
    """Share of the children who left care in the 12 months to live with parents or others with parental responsibility.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reasons E4A (planned) and E4B (unplanned). Relatives without parental responsibility (E13) are not in.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: how="both", "planned" or "unplanned"; exclude=() keeps transfers out (E3) and deaths (E2) in.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, HOME[how], exclude)


@measure(
    title="Children leaving care on or after their 18th birthday",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
)
def ceased_aged_18_pct(care_periods, people, *, exclude=()):
    """Share of the children who left care in the 12 months who left on or after their 18th birthday.

    Population: children whose care ended in the 12 months, by their last end.
    Counted: the last end is on the 18th birthday or later, whatever the reason.
    Set aside: children whose date of birth is not known; those left out by choice. Short breaks (V3, V4) are no care.
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; DfE ages on ceasing.
    """
    rows = _left(care_periods, exclude)
    eighteenth = p.birthday(p.days(people["born"]), 18)[rows["child"]]
    rows = set_aside(rows, np.isnat(eighteenth), UNKNOWN_BIRTH)
    return rows.assign(counted=p.days(rows["end"]) >= eighteenth, known=True)


@measure(
    title="Children leaving care who stayed with their carers",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def ceased_stayed_with_carers_pct(care_periods, *, exclude=()):
    """Share of the children who left care in the 12 months to stay, aged 18 or over, with the carers they had.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reason E17, from any kind of placement: wider than Staying Put, which is about foster carers.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: exclude=() keeps transfers out (E3) and deaths (E2) in the population, as published.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, STAYED, exclude)


@measure(
    title="Children leaving care to live independently",
    kind=Share(),
    better="neither",
    window=rolling(12),
    needs_history=12,
    allowed={"support": tuple(INDEPENDENT)},
)
def ceased_independent_pct(care_periods, *, support="both", exclude=()):
    """Share of the children who left care in the 12 months to live independently.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reasons E5 (with formal support) and E6 (without).
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: support="both", "supported" or "unsupported"; exclude=() keeps transfers out (E3) and deaths (E2) in.
    Source: LAIT; SSDA903 reasons for ceasing.
    """
    return _left_for(care_periods, INDEPENDENT[support], exclude)


@measure(
    title="Children leaving care to a permanent home",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
)
def ceased_permanence_pct(care_periods, *, include_home=False, exclude=()):
    """Share of the children who left care in the 12 months by adoption, special guardianship or child arrangements.

    Population: children whose care ended in the 12 months, by their last end, those without a reason too.
    Counted: reasons E11, E12, E41 and E45 to E48, and E43 and E44 in returns before 2018-19.
    Set aside: those left out by choice. Short breaks (V3, V4) are no care.
    Choices: include_home=False; True counts planned returns home (E4A) too. exclude=() keeps transfers out (E3) and
    deaths (E2) in.
    Source: a local measure; no national definition was found.
    """
    reasons = (*ADOPTED, *CHILD_ARRANGEMENTS, *SPECIAL_GUARDIANSHIP, *(HOME["planned"] if include_home else ()))
    return _left_for(care_periods, reasons, exclude)


@measure(
    title="Children adopted by their foster carer",
    kind=Count(),
    better="neither",
    window=rolling(12),
    needs_history=12,
    latest_enough=True,
    allowed={"show": ("count", "share")},
    by_choice={"show": {"share": {"kind": Share()}}},
)
def adopted_by_foster_carer_count(adoptions, *, show="count"):
    """Children adopted in the 12 months by the foster carer they lived with.

    Population: children whose adoption order (E11, E12) was made in the 12 months.
    Counted: FOSTER_CARE is 1 in the adoption module; where it does not say, the last placement was A3 or A5.
    Set aside: nobody.
    Choices: show="count"; "share" gives the percentage of the children adopted.
    Source: SSDA903 AD1; validator rule 335 (A3 and A5 go with 1).
    """
    rows = one_per_child(adoptions.starting("window"), keep="last")
    return rows.assign(counted=rows["by_foster_carer"], known=rows["carer_known"])


# The scorecard looks at three years; a shorter look is a choice.
_YEARS = {
    "window": rolling(36),
    "needs_history": 36,
    "allowed": {"years": (1, 2, 3)},
    "by_choice": {
        "years": {
            1: {"window": rolling(12), "needs_history": 12, "latest_enough": True},
            2: {"window": rolling(24), "needs_history": 24},
        }
    },
}


def _timed(adoptions: Spans) -> pd.DataFrame:
    """Children adopted in the window; an unknown start of care and no placement before the order set them aside."""
    rows = one_per_child(adoptions.starting("window"), keep="last")
    rows = set_aside(rows, rows["left_censored"], UNKNOWN_START)
    return set_aside(rows, rows["placed"].isna(), NOT_PLACED)


def _days(later, earlier) -> np.ndarray:
    """Days from one date to another, as floats; missing where either is."""
    return (p.days(later) - p.days(earlier)) / np.timedelta64(1, "D")


@measure(title="Days from coming into care to placement for adoption (A1)", kind=Mean(), better="lower", **_YEARS)
def adoption_a1_days(adoptions, *, years=3, fostering_for_adoption=False):
    """Mean number of days from coming into care to moving in with the adoptive family, of children adopted.

    Population: children whose adoption order (E11, E12) was made in the 36 months.
    Counted: days from the start of the period of care to the first placement for adoption (A3 to A6) of the unbroken
    run of such placements that lasts to the order.
    Set aside: start of care not known; not placed for adoption before the order.
    Choices: years=3 as the adoption scorecard; 2 or 1. fostering_for_adoption=False runs the clock on through fostering
    with the family to be (U2, U5); True stops it there.
    Source: adoption scorecard A1 (its methodology was not opened: who is left out is general knowledge); threshold
    2013-16: 426 days.
    """
    rows = _timed(adoptions)
    moved_in = rows["fostered_since"] if fostering_for_adoption else rows["placed"]
    return rows.assign(counted=True, amount=_days(moved_in, rows["care_start"]))


@measure(
    title="Days from coming into care to the adoptive family, stopped for foster carers who adopt (A10)",
    kind=Mean(),
    better="lower",
    **_YEARS,
)
def adoption_a10_days(adoptions, *, years=3, fostering_for_adoption=False):
    """Mean number of days from coming into care to moving in with the people who adopted, foster carers included.

    Population: children whose adoption order (E11, E12) was made in the 36 months.
    Counted: as A1; for a child adopted by the foster carer (FOSTER_CARE is 1, or A3 or A5) the days to moving in with
    that carer, which is the start of the spell with the same carer.
    Set aside: start of care not known; not placed for adoption before the order; for a foster carer who adopted, the
    day of coming to them not known.
    Choices: years=3 as the adoption scorecard; 2 or 1. fostering_for_adoption=False runs the clock on through fostering
    with the family to be (U2, U5) before a placement with them (A4, A6); True stops it there.
    Source: adoption scorecard A10, as described by Coram and Wolverhampton 2015 (its methodology was not opened).
    """
    rows = _timed(adoptions)
    with_carer = rows["by_foster_carer"] | rows["last_place"].isin(["A3", "A5"])
    rows = set_aside(rows, with_carer & rows["carer_since"].isna(), "day of coming to the carer not known")
    moved_in = rows["fostered_since"] if fostering_for_adoption else rows["placed"]
    earlier = with_carer & (rows["carer_since"] < moved_in)
    moved_in = moved_in.mask(earlier, rows["carer_since"])
    return rows.assign(counted=True, amount=_days(moved_in, rows["care_start"]))


@measure(title="Days from placement order to match (A2)", kind=Mean(), better="lower", **_YEARS)
def adoption_a2_days(adoptions, *, years=3):
    """Mean number of days from the court's authority to place to the match with the family, of children adopted.

    Population: children whose adoption order (E11, E12) was made in the 36 months.
    Counted: days from the first placement order (E1) or freeing order (D1) of the period of care to the match; 0 for a
    child matched before the order.
    Set aside: start of care not known; not placed for adoption before the order; no placement order; day of the match
    not recorded.
    Choices: years=3 as the adoption scorecard; 2 or 1.
    Source: adoption scorecard A2 (LG Inform metric 912); threshold 2013-16: 121 days.
    """
    rows = _timed(adoptions)
    rows = set_aside(rows, rows["placement_order"].isna(), "no placement order recorded")
    rows = set_aside(rows, rows["matched"].isna(), "day of the match not recorded")
    return rows.assign(counted=True, amount=np.maximum(_days(rows["matched"], rows["placement_order"]), 0))


@measure(
    title="Adopted children placed within 12 months of the decision",
    kind=Share(),
    better="higher",
    window=rolling(12),
    needs_history=12,
    latest_enough=True,
)
def adopted_placed_within_12m_pct(adoptions, *, months=12):
    """Share of the children adopted in the 12 months who were placed within 12 months of the decision to place them.

    Population: children whose adoption order (E11, E12) was made in the 12 months.
    Counted: the move for adoption (the first A3 to A6 of the run that lasts to the order) is 12 months or less after
    the decision that the child should be placed.
    Set aside: decision not recorded; not placed for adoption before the order.
    Choices: months=12.
    Source: DfE national adoption table; SSDA903 AD1 (DATE_INT, else the latest decision not reversed).
    """
    rows = one_per_child(adoptions.starting("window"), keep="last")
    rows = set_aside(rows, rows["decision"].isna(), "decision to place not recorded")
    rows = set_aside(rows, rows["placed"].isna(), NOT_PLACED)
    due = p.add_months(rows["decision"], months)
    return rows.assign(counted=p.days(rows["placed"]) <= due, due=due.astype("datetime64[s]"), done=rows["placed"])


@measure(
    title="Time in care",
    kind=Mean(),
    better="neither",
    window=rolling(12),
    needs_history=12,
    sources=("care_periods",),
    allowed={"statistic": ("mean", "median"), "of": ("leavers", "in_care")},
    by_choice={
        "statistic": {"median": {"kind": Median()}},
        "of": {"in_care": {"sources": ("in_care",), "window": last_day, "needs_history": 0}},
    },
)
def time_in_care_days(care_periods, in_care, *, statistic="mean", of="leavers"):
    """How many days children had been in care when they left, in the 12 months.

    Population: children whose care ended in the 12 months, by their last end.
    Counted: days from the start of that period of care to its end, the day of leaving not included.
    Set aside: start of care not known. Short breaks (V3, V4) are no care.
    Choices: statistic="mean" or "median"; of="leavers", or "in_care" for the children in care at the end of the last
    day, with the days since their care began.
    Source: local.
    """
    if of == "in_care":
        rows = in_care_now(in_care)
        rows = rows.assign(amount=_days(rows["on"], rows["care_start"]))
    else:
        rows = _ends(care_periods)
        rows = rows.assign(amount=_days(rows["end"], rows["start"]), known=True)
    return set_aside(rows, rows["left_censored"], UNKNOWN_START).assign(counted=True)
