"""A small invented authority, drawn as a series: known figures, one hidden period, one missing table, one mix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from incare.disclosure.protect import Protected, protect
from incare.kinds import Count, Mean, Mix, Share, poisson, wilson
from incare.measure import Catalogue, measure
from incare.periods import Periods, rolling
from incare.stats import compare

ENDS = pd.DatetimeIndex(Periods.quarters("2025-09-30", 12).ends)
STARTS = pd.DatetimeIndex(Periods.quarters("2025-09-30", 12).starts)


@measure(title="Children in care", kind=Count(), better="neither")
def cla_count(in_care):
    """Children looked after on the last day of the period.

    Population: children in care on the last day.
    Counted: every child once.
    Set aside: short breaks (V3, V4).
    Choices: none.
    Source: DfE LAIT, LACnum.
    """


@measure(title="Care plans up to date", kind=Share(), better="higher", needs_history=6)
def care_plan_up_to_date_pct(plans, *, max_months=6):
    """Share of children in care whose care plan was made or renewed in the last six months.

    Population: children in care on the last day whose plan is due.
    Counted: those whose newest plan is at most `max_months` old; a child's own interval comes first.
    Set aside: short breaks (V3, V4); drafts.
    Choices: max_months=6.
    Source: Care Planning, Placement and Case Review Regulations 2010, regulation 4.
    """


@measure(title="Three or more placements in the year", kind=Share(), better="lower", window=rolling(12))
def stability_3plus_pct(in_care):
    """Share of children in care who lived in three or more placements in the year.

    Population: children in care on the last day.
    Source: DfE LAIT, LACStable_2016on.
    """


@measure(title="Where children live", kind=Mix(of="placement_type"), better="neither")
def placement_type_pct(in_care):
    """Share of children in care by type of placement.

    Population: children in care on the last day.
    """


@measure(title="Reviews held on time", kind=Share(), better="higher")
def cla_reviews_in_time_pct(reviews):
    """Share of children all of whose reviews were held on time."""


@measure(title="Children missing from care", kind=Count(), better="lower")
def missing_now_count(missing):
    """Children missing from care on the last day."""


@measure(title="Days from decision to adoption", kind=Mean(), better="lower", window=rolling(12))
def adoption_days(adoptions):
    """Mean days from the decision to the adoption order."""


@measure(title="In education, employment or training", kind=Share(), better="higher")
def cl_eet_pct(care_leavers, *, ages=(19, 20, 21)):
    """Share of care leavers in education, employment or training.

    Population: young people aged 19 to 21 who have left care.
    """


_TOPICS = (
    (cla_count, "in_care"),
    (placement_type_pct, "placements"),
    (stability_3plus_pct, "placements"),
    (care_plan_up_to_date_pct, "plans"),
    (cla_reviews_in_time_pct, "reviews"),
    (missing_now_count, "missing"),
    (adoption_days, "leaving_care"),
    (cl_eet_pct, "care_leavers"),
)
MEASURES = Catalogue(tuple(replace(m, topic=topic) for m, topic in _TOPICS))
TARGETS = {
    "care_plan_up_to_date_pct": {"target": 90, "tolerance": 5},
    "stability_3plus_pct": {"target": 10, "tolerance": 2},
    "cl_eet_pct": {"target": 60, "tolerance": 5},
}
PARTS = {
    "Foster placements with relatives or friends": (80, 112),
    "Other foster placements": (312, 268),
    "Placed for adoption": (22, 24),
    "Placed with parents": (31, 36),
    "Secure homes and children’s homes": (58, 96),
    "Independent, semi-independent or supported accommodation": (76, 82),
    "Residential schools": (12, 3),
    "Other placements": (21, 19),
}
AGES = {"Under 1": (28, 30), "1 to 4": (61, 75), "5 to 9": (97, 121), "10 to 15": (198, 262), "16 and over": (91, 152)}


def cell(known, place, numerator, denominator=np.nan, breakdown="total", category="All", **facts) -> dict:
    """One row of a series at the quarter numbered `place`, with its value and limits worked out."""
    row = {
        "area": "Testshire", "measure": known.id, "period_start": STARTS[place], "period_end": ENDS[place],
        "grain": "quarter", "breakdown": breakdown, "category": category, "numerator": float(numerator),
        "denominator": float(denominator), "value": np.nan, "lower": np.nan, "upper": np.nan, "unit": known.unit,
        "better": known.better, "definition_version": 1, "status": "ok", "reason": "",
    }  # fmt: skip
    return row | _figures(known, numerator, denominator) | facts


def _figures(known, numerator, denominator) -> dict:
    if isinstance(known.kind, Mean) or pd.isna(numerator):
        return {}
    limits = poisson(numerator) if isinstance(known.kind, Count) else wilson(numerator, denominator)
    lower, upper = (float(limit) for limit in limits)
    return {"value": float(known.kind.value(numerator, denominator)), "lower": lower, "upper": upper}


def series() -> pd.DataFrame:
    """The true series of the invented authority."""
    count = [612, 618, 621, 630, 628, 635, 641, 639, 645, 650, 643, 640]
    plans = [430, 441, 450, 447, 455, 452, 449, 455, 446, 452, 447, 475]
    moves = [61, 60, 66, 71, 68, 75, 78, 84, 88, 90, 92, 97]
    eet = [88, 90, 87, 92, 91, 95, 97, 96, 99, 98, 101, 95]
    missing = [0, 9, 3, 11, 0, 10, 12, 9, 2, 10, 11, 0]
    cells = []
    # The seventh quarter of `cl_eet_pct` is a group of 12, too small for a percentage.
    for i in range(12):
        cells += [
            cell(cla_count, i, count[i]),
            cell(care_plan_up_to_date_pct, i, plans[i], count[i]),
            cell(stability_3plus_pct, i, moves[i], count[i], definition_version=1 + (i > 4)),
            cell(cla_reviews_in_time_pct, i, np.nan, status="x", reason="the table reviews is missing"),
            cell(missing_now_count, i, missing[i]),
            cell(adoption_days, i, np.nan, 24, value=401.0 + 7.5 * i),
            cell(cl_eet_pct, i, *((eet[i], 156) if i != 6 else (7, 12))),
            cell(placement_type_pct, i, count[i], count[i]),
        ]
        cells += _parts(i, count[i])
        cells += [cell(care_plan_up_to_date_pct, i, n, d, "age_band", age) for age, (n, d) in AGES.items()]
        cells += [cell(cla_count, i, d, breakdown="age_band", category=age) for age, (_, d) in AGES.items()]
        cells += [
            cell(care_plan_up_to_date_pct, i, 52, 90, "uasc", "UASC"),
            cell(care_plan_up_to_date_pct, i, plans[i] - 52, count[i] - 90, "uasc", "Not UASC"),
        ]
    return pd.DataFrame(cells)


def _parts(i: int, everyone: int) -> list[dict]:
    share = i / 11
    now = {name: round(first + (last - first) * share) for name, (first, last) in PARTS.items()}
    now["Other foster placements"] += everyone - sum(now.values())
    return [cell(placement_type_pct, i, n, everyone, "placement_type", name) for name, n in now.items()]


def protected(profile: str = "public") -> Protected:
    """The series as it may be shown, with targets and changes judged."""
    return protect(series(), profile).pipe(compare.targets, TARGETS).pipe(compare.change)


def benchmark() -> pd.DataFrame:
    """Two other areas' published figures."""
    return pd.DataFrame(
        {
            "MEASURE_ID": "cl_eet_pct",
            "YEAR": [2024, 2025, 2025],
            "AREA": ["England", "England", "Neighbours"],
            "VALUE": [53.0, 54.0, 57.0],
            "SOURCE": "DfE, children looked after in England",
        }
    )


ACTIONS = [
    {"measure": "care_plan_up_to_date_pct", "date": "2025-01-15", "text": "Weekly meetings on overdue plans"},
    {"measure": "cl_eet_pct", "date": "2024-06-01", "text": "Care leavers’ apprenticeship scheme"},
]


def forecasts() -> pd.DataFrame:
    """A forecast of children in care over eight quarters."""
    steps = np.arange(1, 9)
    mean = 640 + 2.4 * steps
    wide = 9 * np.sqrt(steps)
    return pd.DataFrame(
        {
            "unique_id": "cla_count",
            "ds": Periods.quarters("2027-09-30", 8).ends.astype("datetime64[ns]"),
            "mean": mean,
            "lo80": mean - 1.28 * wide,
            "hi80": mean + 1.28 * wide,
            "lo95": mean - 1.96 * wide,
            "hi95": mean + 1.96 * wide,
            "method": "damped trend",
        }
    )


def backtest() -> pd.DataFrame:
    """How the forecast did in the past, at one, four and eight quarters."""
    return pd.DataFrame(
        {
            "unique_id": "cla_count",
            "method": "damped trend",
            "horizon": [1, 4, 8],
            "origins": [20, 20, 16],
            "mae": [6.1, 11.8, 19.4],
            "mae_last_value": [6.4, 14.0, 24.2],
            "mae_seasonal_naive": [14.2, 14.0, 24.9],
            "cover80": [80.0, 75.0, 81.25],
            "cover95": [95.0, 95.0, 93.75],
        }
    )
