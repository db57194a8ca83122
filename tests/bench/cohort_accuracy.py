"""How good the projection of children is on invented authorities whose truth is known, beside what others would say.

Run:  python tests/bench/cohort_accuracy.py [--worlds N]    (72 authorities by default; some forty minutes)

Eight regimes in three sizes (tests/bench/cohort_worlds.py), four origins each, 3, 6, 12 and 24 months ahead. Beside the
projection: the last value; statsmodels' automatic ETS on the stock; constant monthly transition rates of the last 12
months by age and placement, the age moving on or fixed at the start of care; and the true rates with the true number
of entries to be expected, which nobody can beat. Errors are divided by the root of the stock, so that sizes weigh
alike. Prints the table after every 24 authorities, three of each regime, and exits 1 if a figure of the last table is
missed. A regime's own figure needs all 72: with three authorities of each it came out anywhere from 0.9 to 1.4.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cohort_worlds import BURN, CHANGED, REGIMES, SIZES, World
from held import held

from incare import periods as p
from incare.forecast import cohort, cohort_backtest
from incare.forecast.exposure import BANDS, GROUPS, band_of, exposure, month_ends, stock, stocks

HORIZONS = np.array([3, 6, 12, 24])
SIMS, EVERY = 200, 8
YEAR = 2


def ets(history: np.ndarray) -> tuple[np.ndarray, dict[int, tuple[np.ndarray, np.ndarray]]]:
    """The best additive ETS by AICc among those with and without trend, damping and season."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    damped = {"trend": "add", "damped_trend": True}
    season = {"seasonal": "add", "seasonal_periods": 12}
    best = None
    for choice in ({}, {"trend": "add"}, damped, season, damped | season):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = ETSModel(pd.Series(history.astype(float)), error="add", **choice).fit(disp=0, maxiter=200)
        if np.isfinite(found.aicc) and (best is None or found.aicc < best.aicc):
            best = found
    ahead = best.get_prediction(start=len(history), end=len(history) + HORIZONS[-1] - 1)
    limits = {level: ahead.pred_int(1 - level / 100).to_numpy()[HORIZONS - 1].T for level in (80, 95)}
    return ahead.predicted_mean.to_numpy()[HORIZONS - 1], limits


def last_value(history: np.ndarray) -> tuple[np.ndarray, dict[int, tuple[np.ndarray, np.ndarray]]]:
    """The last value, with limits from the changes over the same number of months in its own history."""
    spread = np.array([np.sqrt(np.mean((history[h:] - history[:-h]) ** 2)) for h in HORIZONS])
    middle = np.repeat(float(history[-1]), len(HORIZONS))
    return middle, {level: (middle - z * spread, middle + z * spread) for level, z in ((80, 1.2816), (95, 1.96))}


def constant_rates(care, seen, fixed: bool) -> np.ndarray:
    """Children by age band (horizons × bands) under the rates of the last 12 months, constant by age and placement."""
    recent = seen.step >= seen.steps - 12
    who, groups = seen.care[recent], len(GROUPS)
    at_start = band_of(p.age(care.born, care.start))
    closes = seen.ends[seen.step[recent] + 1]
    before = at_start[who] if fixed else band_of(seen.years[recent])
    after = at_start[who] if fixed else band_of(p.age(care.born[who], closes))
    states = len(BANDS) * groups
    begin, later = before * groups + seen.group[recent], after * groups + seen.later[recent]
    stays, enters = seen.later[recent] >= 0, seen.enters[recent]
    moved = np.zeros((states, states))
    np.add.at(moved, (begin[stays & ~enters], later[stays & ~enters]), 1)
    risk = np.bincount(begin[~enters], minlength=states)
    chance = moved / np.maximum(risk, 1)[:, None]
    coming = np.bincount(later[stays & enters], minlength=states) / 12
    here = np.flatnonzero(care.inside(care.origin))
    now_band = at_start[here] if fixed else band_of(p.age(care.born[here], care.origin))
    now_group = care.group_on(here, np.full(len(here), care.origin))
    now = np.bincount(now_band * groups + now_group, minlength=states)
    found = []
    for month in range(1, HORIZONS[-1] + 1):
        now = now @ chance + coming
        if month in HORIZONS:
            found.append(now.reshape(-1, groups).sum(axis=1))
    return np.array(found)


def forecasts(world: World, month: int, whole) -> dict:
    """Everything said at one origin, and what came true, each divided by the root of the stock."""
    day = world.day(month)
    care = whole.known(day)
    seen = exposure(care)
    ends = month_ends(day, np.arange(-(month - BURN), 1))
    history = stock(whole, ends)
    tested = cohort_backtest.table(care, cohort.Settings(), origins=6, sims=60)
    made = cohort.project(care, int(HORIZONS[-1]), sims=SIMS, tested=tested, seed=month)
    at = HORIZONS - 1
    truth = stocks(whole, np.r_[day, made.days[at]])
    unit = np.sqrt(history[-1])
    out = {"regime": world.regime, "size": world.size, "method": made.method}

    def actual(name: str, size: int) -> np.ndarray:
        return truth.loc[truth["breakdown"] == name, "value"].to_numpy(float).reshape(-1, size)

    for name, size, values in (
        ("total", 1, made.total[:, :, None]),
        ("age", len(BANDS) - 1, made.parts["age_band"][:, :, :-1]),
        ("placement", len(GROUPS), made.parts["placement"]),
    ):
        true = actual({"age": "age_band"}.get(name, name), size + (name == "age"))[:, :size]
        held = values[:, at]
        used = (true.max(axis=0) > 0) | (true[0] > 0)
        limits = np.quantile(held, (0.1, 0.9, 0.025, 0.975), axis=0)[:, :, used]
        out[name] = (np.abs(held.mean(axis=0) - true[1:])[:, used] / unit).sum(axis=1)
        out[f"{name} last"] = (np.abs(true[:1] - true[1:])[:, used] / unit).sum(axis=1)
        now = true[1:, used]
        out[f"{name} cover"] = [((now >= low) & (now <= high)).mean(axis=1) for low, high in (limits[:2], limits[2:])]
        out[f"{name} score"] = score(now, limits[2], limits[3]).sum(axis=1) / unit
    true = actual("total", 1)[1:, 0]
    for name, (middle, limits) in (("ETS", ets(history)), ("last", last_value(history))):
        out[f"total {name}"] = np.abs(middle - true) / unit
        out[f"total score {name}"] = score(true, *limits[95]) / unit
    bands = actual("age_band", len(BANDS))[1:, :-1]
    for name, fixed in (("constant", False), ("fixed", True)):
        said = constant_rates(care, seen, fixed)
        out[f"total {name}"] = np.abs(said.sum(axis=1) - true) / unit
        out[f"age {name}"] = (np.abs(said[:, :-1] - bands) / unit).sum(axis=1)
    out["total true rates"] = np.abs(world.ceiling(month)[at] - true) / unit
    grown = whole.end[whole.way == 3]
    year = month_ends(day, np.array([-12, 12]))
    came = ((grown > day) & (grown <= year[1])).sum()
    out["eighteen"] = abs(made.paths.left[:, :12, 3].sum(axis=1).mean() - came)
    out["eighteen last"] = abs(((grown <= day) & (grown > year[0])).sum() - came)
    return out


def score(true, low, high):
    """The 95 % interval score: width, and 40 times what lies outside (Gneiting and Raftery 2007)."""
    return high - low + 40 * (np.maximum(low - true, 0) + np.maximum(true - high, 0))


def ratio(rows: list[dict], name: str, other: str, at: int = YEAR) -> float:
    return np.mean([row[name][at] for row in rows]) / np.mean([row[other][at] for row in rows])


BASELINES = ("total last", "total ETS", "total constant")


def report(rows: list[dict]) -> int:
    """Print the table and hold the figures."""
    print("\nerror of the total ÷ that of the last value, by months ahead (12 months by regime)")
    names = ("total", "total ETS", "total constant", "total fixed", "total true rates")
    for name in names:
        print(f"  {name:18}", *(f"{ratio(rows, name, 'total last', at):6.2f}" for at in range(len(HORIZONS))))
    print(f"  {'':18}", *(f"{name[6:] or 'ours':>10}" for name in names))
    for regime in dict.fromkeys(row["regime"] for row in rows):
        mine = [row for row in rows if row["regime"] == regime]
        print(f"  {regime:18}", *(f"{ratio(mine, name, 'total last'):10.2f}" for name in names))
    all_met = [
        held_to(
            "total ÷ ETS at 12 months where flows changed",
            ratio([r for r in rows if r["regime"] in CHANGED], "total", "total ETS"),
            0.85,
        ),
        held_to("total ÷ best baseline at 12 months", max(ratio(rows, "total", name) for name in BASELINES), 0.97),
        held_to(
            "worst regime ÷ its best baseline",
            max(
                max(ratio([r for r in rows if r["regime"] == regime], "total", n) for n in BASELINES)
                for regime in {r["regime"] for r in rows}
            ),
            1.08,
        ),
        held_to("age bands ÷ last value at 12 months", ratio(rows, "age", "age last"), 0.86),
        held_to("age bands ÷ constant rates, age fixed", ratio(rows, "age", "age fixed"), 0.45),
        held_to("placement groups ÷ last value at 12 months", ratio(rows, "placement", "placement last"), 0.94),
        held_to("95 % interval score ÷ last value", ratio(rows, "total score", "total score last"), 1),
        held_to("95 % interval score ÷ ETS", ratio(rows, "total score", "total score ETS"), 1),
        held_to(
            "turning 18 ÷ repeating last year",
            np.mean([r["eighteen"] for r in rows]) / np.mean([r["eighteen last"] for r in rows]),
            0.45,
        ),
    ]
    for name in ("total", "age", "placement"):
        cover = 100 * np.mean([row[f"{name} cover"] for row in rows], axis=0)
        by_horizon = " ".join(f"{low:.0f}/{high:.0f}" for low, high in cover.T)
        print(f"  cover of {name} by horizon: {by_horizon}")
        all_met += [
            held(f"cover of 80 % limits, {name}", cover[0].mean(), unit="%", least=75, most=85, digits=1),
            held(f"cover of 95 % limits, {name}", cover[1].mean(), unit="%", least=92, most=98, digits=1),
        ]
    used = np.mean([row["method"] == cohort.LAST for row in rows])
    print(f"  the baseline was used in {used:.0%} of {len(rows)} projections")
    return int(not all(all_met))


def held_to(name: str, value: float, most: float) -> bool:
    return held(name, value, most=most, digits=3)


def main() -> int:
    """Invent, forecast, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=72)
    asked = parser.parse_args()
    rows, begun, missed = [], time.perf_counter(), 0
    each = len(SIZES) * len(REGIMES)
    for place, (copy, size, regime) in enumerate(itertools.product(range(10), SIZES, REGIMES)):
        if place >= asked.worlds:
            break
        world = World(regime, size, 1000 + 37 * place + copy)
        whole = world.care()
        rows += [forecasts(world, month, whole) for month in world.origins(EVERY)]
        print(f"{place + 1}: {regime}, {size} ({time.perf_counter() - begun:.0f} s)", flush=True)
        if (place + 1) % each == 0 or place + 1 == asked.worlds:
            missed = report(rows)
    return missed


if __name__ == "__main__":
    sys.exit(main())
