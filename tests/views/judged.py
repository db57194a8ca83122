"""A small series of a few measures, drawn by its values, protected and judged as a notebook would."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from incare.disclosure.protect import Protected, protect
from incare.kinds import Count, Share, poisson, wilson
from incare.measure import Catalogue, measure
from incare.periods import Periods, rolling
from incare.stats import compare
from incare.views import signals


@measure(title="Plans up to date", kind=Share(), better="higher")
def plans_pct(plans):
    """Share of children whose plan is up to date.

    Population: children in care on the last day.
    """


@measure(title="Moves in the year", kind=Share(), better="lower")
def moves_pct(in_care):
    """Share of children who moved.

    Population: children in care on the last day.
    """


@measure(title="Young people in work or study", kind=Share(), better="higher", window=rolling(12))
def eet_pct(care_leavers):
    """Share of young people in work or study.

    Population: young people who have left care.
    """


@measure(title="Children in care", kind=Count(), better="neither")
def cla_count(in_care):
    """Children looked after on the last day.

    Population: children in care on the last day.
    """


MEASURES = Catalogue(tuple(replace(m, topic="plans") for m in (plans_pct, moves_pct, eet_pct, cla_count)))
# Sixteen quarters that go up and down by chance, and no more.
CHANCE = (0, 3, -2, 1, -3, 2, 0, -1, 3, -2, 1, -1, 2, -3, 1, 0)


def rows(known, values, whole: int = 400, breakdown: str = "total", category: str = "All") -> pd.DataFrame:
    """One line of a series ending in March 2025: the percent (or number) of each quarter; None is not available."""
    periods = Periods.quarters("2025-03-31", len(values))
    told = np.array([np.nan if v is None else v for v in values], float)
    share = known.unit == "%"
    top = np.round(told * whole / 100) if share else told
    lower, upper = wilson(top, np.full(len(top), float(whole))) if share else poisson(top)
    return pd.DataFrame(
        {
            "area": "Testshire", "measure": known.id, "period_start": pd.DatetimeIndex(periods.starts),
            "period_end": pd.DatetimeIndex(periods.ends), "grain": "quarter", "breakdown": breakdown,
            "category": category, "numerator": top, "denominator": np.where(np.isnan(told), np.nan, whole)
            if share else np.nan, "value": told, "lower": lower, "upper": upper, "unit": known.unit,
            "better": known.better, "definition_version": 1, "status": np.where(np.isnan(told), "x", "ok"),
            "reason": "",
        }
    )  # fmt: skip


def around(level: float, last: float | None = None) -> list[float]:
    """Sixteen quarters of chance around a level, the last one as given."""
    values = [level + step for step in CHANCE]
    return values if last is None else [*values[:-1], last]


def judged(*parts: pd.DataFrame, targets: dict | None = None, profile: str = "public") -> Protected:
    """The parts as one protected and judged series."""
    shown = protect(pd.concat(parts, ignore_index=True), profile)
    return signals.judge(shown.pipe(compare.targets, targets or {}).pipe(compare.change), MEASURES)


def only(*names: str) -> Catalogue:
    """Some of the measures."""
    return MEASURES.only(list(names))
