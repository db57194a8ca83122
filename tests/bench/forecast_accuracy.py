"""How good the series forecasts are on 1,214 public series, with figures to compare against the evidence.

Run:  INCARE_SHARED=<folder> python tests/bench/forecast_accuracy.py

Prints, for annual, quarterly and monthly series kept back at their ends: OWA against Naive2 (lower is better), the
share covered by the 80 and 95 % intervals, the mean scaled 95 % interval score, CPU seconds; then the same speed for
a rolling back-test of 8 origins; then coverage of simulated percentages and small counts.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from incare import forecast

SHARED = Path(os.environ.get("INCARE_SHARED", Path(__file__).parents[2].parent / "shared"))
NAMES = {1: "annual", 4: "quarterly", 12: "monthly"}


def naive2(train: np.ndarray, horizon: int, period: int) -> np.ndarray:
    """The last value after classical multiplicative adjustment where a 90 % test finds a season (M4 competition)."""
    if period == 1 or len(train) < 3 * period or not seasonal(train, period):
        return np.full(horizon, train[-1])
    weights = np.full(period + 1, 1 / period)
    weights[[0, -1]] /= 2
    ratio = train[period // 2 : len(train) - period // 2] / np.convolve(train, weights, "valid")
    phase = (np.arange(len(train)) % period)[period // 2 : len(train) - period // 2]
    factor = np.array([ratio[phase == place].mean() for place in range(period)])
    factor = factor / factor.mean()
    last = train[-1] / factor[(len(train) - 1) % period]
    return last * factor[(len(train) + np.arange(horizon)) % period]


def seasonal(train: np.ndarray, period: int) -> bool:
    around = train - train.mean()
    total = (around**2).sum()
    if total == 0:
        return False
    acf = np.array([(around[lag:] * around[: len(train) - lag]).sum() / total for lag in range(1, period + 1)])
    return abs(acf[-1]) > 1.645 * np.sqrt((1 + 2 * (acf[:-1] ** 2).sum()) / len(train))


def errors(actual, ahead, scale) -> np.ndarray:
    """Mean sMAPE and mean MASE."""
    smape = 200 * np.abs(actual - ahead) / np.maximum(np.abs(actual) + np.abs(ahead), 1e-12)
    return np.array([smape.mean(), (np.abs(actual - ahead).mean(axis=1) / scale).mean()])


def public_series(period: int) -> None:
    folder = SHARED / "data" / "forecasting"
    facts = pd.read_csv(folder / "meta.csv").query("period == @period").set_index("unique_id")
    rows = pd.read_parquet(folder / "series.parquet").query("unique_id in @facts.index")
    horizon = int(facts["h"].iloc[0])
    train = {name: part["y"].to_numpy() for name, part in rows.query("part == 'train'").groupby("unique_id")}
    actual = {name: part["y"].to_numpy() for name, part in rows.query("part == 'test'").groupby("unique_id")}
    history = rows.query("part == 'train'")[["unique_id", "ds", "y"]]
    started = time.process_time()
    ahead = forecast.series(history, horizon)
    seconds = time.process_time() - started
    scale = {name: np.abs(y[period:] - y[:-period]).mean() for name, y in train.items()}
    used = [name for name in train if scale[name] > 0]
    table = {name: part for name, part in ahead.groupby("unique_id")}
    truth, scales = np.array([actual[name] for name in used]), np.array([scale[name] for name in used])
    pick = {column: np.array([table[name][column].to_numpy() for name in used]) for column in ahead.columns[2:7]}
    ours = errors(truth, pick["mean"], scales)
    theirs = errors(truth, np.array([naive2(train[name], horizon, period) for name in used]), scales)
    cover = [100 * ((pick[f"lo{p}"] <= truth) & (truth <= pick[f"hi{p}"])).mean() for p in (80, 95)]
    low, high = pick["lo95"], pick["hi95"]
    score = high - low + 40 * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))
    print(
        f"{NAMES[period]:10} {len(used):4} series  OWA {(ours / theirs).mean():.3f}  "
        f"cover {cover[0]:.1f} / {cover[1]:.1f}  score {(score / scales[:, None]).mean():.2f}  CPU {seconds:.1f} s"
    )
    print(ahead.groupby(ahead["method"].str.slice(0, 70))["unique_id"].nunique().to_string(header=False))
    started = time.process_time()
    forecast.backtest(history, horizon, 8)
    print(f"{'':10} back-test of 8 origins: CPU {time.process_time() - started:.1f} s")


def simulated(seed: int = 7, series: int = 400, points: int = 40, horizon: int = 8) -> None:
    draw = np.random.default_rng(seed)
    dates = pd.date_range("2010-03-31", periods=points, freq="QE")
    ids = np.repeat(np.arange(series), points)
    for drift in (0.0, 0.1, 0.2):
        level = np.log(draw.uniform(0.5, 25, (series, 1))) + draw.normal(0, drift, (series, points + horizon)).cumsum(1)
        report(f"counts, drift {drift}", draw.poisson(np.exp(level)).astype(float), None, ids, dates, horizon)
        for size in (20, 100, 400):
            odds = draw.normal(1.5, 1.2, (series, 1)) + draw.normal(0, drift, (series, points + horizon)).cumsum(1)
            n = np.maximum(draw.poisson(size, odds.shape), 3)
            percent = 100 * draw.binomial(n, 1 / (1 + np.exp(-odds))) / n
            report(f"percentages of about {size}, drift {drift}", percent, n, ids, dates, horizon)


def report(name, values, sizes, ids, dates, horizon) -> None:
    points = len(dates)
    history = pd.DataFrame({"unique_id": ids, "ds": np.tile(dates, len(values)), "y": values[:, :points].ravel()})
    if sizes is not None:
        history["n"] = sizes[:, :points].ravel()
    ahead = forecast.series(history, horizon)
    truth = values[:, points:]
    pick = {column: ahead[column].to_numpy().reshape(truth.shape) for column in ahead.columns[2:7]}
    cover = [100 * ((pick[f"lo{p}"] <= truth) & (truth <= pick[f"hi{p}"])).mean() for p in (80, 95)]
    gain = np.abs(truth - pick["mean"]).mean() / np.abs(truth - values[:, points - 1 : points]).mean()
    print(f"{name:36} error {gain:.3f} of last value  cover {cover[0]:.1f} / {cover[1]:.1f}")


if __name__ == "__main__":
    for period in NAMES:
        public_series(period)
    simulated()
