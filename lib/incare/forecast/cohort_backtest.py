"""How far off projections from earlier days of the same record were, beside the last value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.forecast.exposure import BANDS, GROUPS, Care, exposure, month_ends, stocks

COLUMNS = ["breakdown", "horizon", "origins", "mae", "mae_last_value", "cover80", "cover95", "spread", "missed"]
HORIZONS = (3, 6, 12, 24)
SIMS, ORIGINS, STEP = 120, 8, 3
FIRST_MONTHS = 30
# The method must lose by a quarter of its pooled error before the baseline takes over: origins overlap, and eight of
# them tell no smaller difference from chance (at a tenth the switch made forecasts 3 % worse over 35 authorities).
LOSS = 1.25
# How many origins' worth of belief the usual width is, against the record's own errors.
USUAL = 6.0


def table(
    care: Care, settings, *, origins: int = ORIGINS, step: int = STEP, sims: int = SIMS, seed: int = 0
) -> pd.DataFrame:
    """Errors and cover of the projections that would have been made earlier, by breakdown and horizon.

    The last origin lies 3 months back, the others every `step` months before it, each with at least 30 months of record
    before it; the truth of each horizon is used where it is known. Returns `breakdown` (total, age_band, placement),
    `horizon` (months), `origins` (how many had a truth), `mae` and `mae_last_value` (children; for parts the mean over
    groups that hold anyone), `cover80` and `cover95` (percent), and `spread` and `missed`, what was expected of the
    total's squared error and what it was. Empty when no origin has record enough.
    """
    from incare.forecast import cohort

    found = []
    for back in range(STEP, STEP + origins * step, step):
        origin = month_ends(care.origin, np.array([-back]))[0]
        if month_ends(origin, np.array([-FIRST_MONTHS]))[0] < care.first - 1:
            break
        horizons = [h for h in HORIZONS if h <= back]
        known = care.known(origin)
        if not known.inside(origin).any():
            break
        found += _origin(care, known, horizons, cohort, settings, sims, seed + back)
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    every = pd.DataFrame(found)
    grouped = every.groupby(["breakdown", "horizon"], sort=False)
    out = grouped.mean().reset_index()
    out["origins"] = grouped.size().to_numpy()
    return out[COLUMNS].sort_values(["breakdown", "horizon"], key=_order, ignore_index=True)


def _order(column: pd.Series) -> pd.Series:
    return column.map({"total": 0, "age_band": 1, "placement": 2}) if column.name == "breakdown" else column


def _origin(care: Care, known: Care, horizons, cohort, settings, sims: int, seed: int) -> list[dict]:
    """What one earlier projection missed by."""
    seen = exposure(known)
    rates = cohort.estimate(known, seen, max(horizons), settings)
    paths = cohort.simulate(known, rates, max(horizons), sims, np.random.default_rng(seed))
    nothing = pd.DataFrame(columns=COLUMNS)
    made = cohort.Projection(known, paths.days, paths, {}, nothing, cohort.COHORT, (), rates, settings, seed)
    parts = cohort.combined(made, seen)
    at = np.array(horizons) - 1
    truth = stocks(care, np.r_[known.origin, paths.days[at]])
    result = []
    for name, size, values in (
        ("total", 1, parts["age_band"].sum(axis=2, keepdims=True)),
        ("age_band", len(BANDS), parts["age_band"]),
        ("placement", len(GROUPS), parts["placement"]),
    ):
        actual = truth.loc[truth["breakdown"] == name, "value"].to_numpy(float).reshape(-1, size)
        held = values[:, at]
        low80, high80, low95, high95 = np.quantile(held, (0.1, 0.9, 0.025, 0.975), axis=0)
        mean, last, actual = held.mean(axis=0), actual[:1], actual[1:]
        used = (actual.max(axis=0) > 0) | (last[0] > 0)
        for place, horizon in enumerate(horizons):
            now, missed = actual[place, used], actual[place, used] - mean[place, used]
            result.append(
                {
                    "breakdown": name,
                    "horizon": horizon,
                    "mae": np.abs(missed).mean(),
                    "mae_last_value": np.abs(now - last[0, used]).mean(),
                    "cover80": 100 * np.mean((now >= low80[place, used]) & (now <= high80[place, used])),
                    "cover95": 100 * np.mean((now >= low95[place, used]) & (now <= high95[place, used])),
                    "spread": held[:, place, used].var(axis=0).mean(),
                    "missed": (missed**2).mean(),
                }
            )
    return result


def loses(tested: pd.DataFrame) -> bool:
    """Whether the projections of the total were worse than the last value, pooled over horizons and clearly so."""
    return against_last(tested) > LOSS


def against_last(tested: pd.DataFrame) -> float:
    """The error of the projections of the total ÷ that of the last value, pooled over horizons; 0 when untested."""
    total = tested[(tested["breakdown"] == "total") & (tested["origins"] >= 3)]
    if not len(total):
        return 0.0
    usual = np.sqrt(total["horizon"].to_numpy(float))
    ours, theirs = (total[name].to_numpy(float) / usual for name in ("mae", "mae_last_value"))
    if not theirs.sum():
        return np.inf if ours.sum() else 0.0
    return float(ours.sum() / theirs.sum())


def width(tested: pd.DataFrame, breakdown: str = "total") -> float:
    """A factor on the spread from the record's own errors, held towards 1 as few origins that overlap say little."""
    seen = tested[(tested["breakdown"] == breakdown) & (tested["spread"] > 0)] if len(tested) else tested
    if not len(seen):
        return 1.0
    ratio = (seen["missed"] / seen["spread"]).to_numpy(float)
    # Horizons of 12 months from origins 3 months apart share most of what happened.
    apart = (seen["origins"] * STEP / np.maximum(seen["horizon"], STEP)).to_numpy(float)
    pooled = (USUAL + (ratio * apart).sum()) / (USUAL + apart.sum())
    return float(np.clip(np.sqrt(pooled), 0.85, 1.6))
