"""How good the series forecasts are on public series kept back at their ends, beside the figures asked for.

Run:  INCARE_SHARED=<folder> python tests/bench/forecast_accuracy.py    (some five minutes, most of them statsmodels')

1. 1,214 short series: OWA against Naive2 (lower is better), the share covered by the 80 and 95 % intervals, the mean
   scaled 95 % interval score beside that of statsmodels' automatic ETS on a sample, and CPU seconds.
2. Annual indicators of local authorities, known to 2021, the years 2022 and 2023 kept back: OWA against the last value.
3. Referrals to children's social care by month and authority, twelve months ahead from eleven origins.
4. Simulated small counts (CRPS beside automatic ETS) and percentages (coverage, never outside 0 to 100).

Exits 1 when a figure is missed.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from held import held

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


HELD: list[bool] = []
ASKED_OWA = {4: 0.87, 12: 0.84}
ETS_SAMPLE = 60
YEARS, KEPT = range(2015, 2022), (2022, 2023)
FEWEST_AREAS, FEWEST_INDICATORS = 60, 25
CRPS_LEVELS = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)


def held_to(name: str, value: float, low: float, high: float) -> None:
    """Print a figure beside what was asked of it, and remember whether it was met."""
    least, most = low if low > 0 else None, high if np.isfinite(high) else None
    HELD.append(held(name, value, least=least, most=most, digits=0 if most is None else 3))


def interval_score(truth, low, high):
    """The 95 % interval score: width, and 40 times what lies outside (Gneiting and Raftery 2007)."""
    return high - low + 40 * (np.maximum(low - truth, 0) + np.maximum(truth - high, 0))


def automatic_ets(history: np.ndarray, horizon: int, period: int):
    """statsmodels' ETS, the form with the lowest AICc: its prediction, an object with limits at any level."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    damped, season = {"trend": "add", "damped_trend": True}, {"seasonal": "add", "seasonal_periods": period}
    forms = [{}, {"trend": "add"}, damped] + ([season, damped | season] if period > 1 else [])
    errors = ("add", "mul") if (history > 0).all() else ("add",)
    best = None
    for error in errors:
        for form in forms:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = ETSModel(pd.Series(history.astype(float)), error=error, **form).fit(disp=0, maxiter=200)
            if np.isfinite(found.aicc) and (best is None or found.aicc < best.aicc):
                best = found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return best.get_prediction(start=len(history), end=len(history) + horizon - 1)


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
    score = interval_score(truth, pick["lo95"], pick["hi95"])
    print(
        f"{NAMES[period]:10} {len(used):4} series  OWA {(ours / theirs).mean():.3f}  "
        f"cover {cover[0]:.1f} / {cover[1]:.1f}  score {(score / scales[:, None]).mean():.2f}  CPU {seconds:.1f} s"
    )
    if period in ASKED_OWA:
        held_to(f"{NAMES[period]}: OWA", (ours / theirs).mean(), 0, ASKED_OWA[period])
        some = np.random.default_rng(period).choice(len(used), min(ETS_SAMPLE, len(used)), replace=False)
        limits = [automatic_ets(train[used[n]], horizon, period).pred_int(0.05).to_numpy().T for n in some]
        theirs = np.array([interval_score(truth[n], *pair) for n, pair in zip(some, limits, strict=True)])
        ratio = (score / scales[:, None])[some].mean() / (theirs / scales[some, None]).mean()
        held_to(f"{NAMES[period]}: 95 % interval score / that of automatic ETS on {len(some)} of them", ratio, 0, 0.95)
    print(ahead.groupby(ahead["method"].str.slice(0, 70))["unique_id"].nunique().to_string(header=False))
    started = time.process_time()
    forecast.backtest(history, horizon, 8)
    print(f"{'':10} back-test of 8 origins: CPU {time.process_time() - started:.1f} s")


def of_areas() -> None:
    """Annual indicators, areas of one indicator pooled, against the last value."""
    rows = pd.read_parquet(SHARED / "data" / "published" / "published_long.parquet")
    rows = rows[(rows["geographic_level"] == "Local authority") & rows["indicator_id"].str.startswith("lait:")]
    table = rows.pivot_table(index=["indicator_id", "la_code_3"], columns="year", values="value")[
        [*YEARS, *KEPT]
    ].dropna()
    table = table[table.groupby(level=0)[KEPT[0]].transform("size") >= FEWEST_AREAS]
    names = table.index.get_level_values(0)
    known = table[list(YEARS)]
    history = known.reset_index().melt(id_vars=["indicator_id", "la_code_3"], var_name="year", value_name="y")
    history = history.sort_values(["indicator_id", "la_code_3", "year"])
    history = pd.DataFrame(
        {
            "unique_id": history["indicator_id"] + "|" + history["la_code_3"].astype(str),
            "ds": [f"{year}-03-31" for year in history["year"]],
            "y": history["y"],
            "measure": history["indicator_id"],
            "kind": "rate",
        }
    )
    ahead = forecast.series(history[history["y"] >= 0], len(KEPT))
    usable = (known >= 0).all(axis=1).to_numpy()
    ahead = ahead[ahead["unique_id"].isin(set((names + "|" + table.index.get_level_values(1).astype(str))[usable]))]
    table, names = table[usable], names[usable]
    pick = {c: ahead[c].to_numpy().reshape(len(table), -1) for c in ("mean", "lo80", "hi80", "lo95", "hi95")}
    truth, past = table[list(KEPT)].to_numpy(), table[list(YEARS)].to_numpy()
    scale = np.abs(np.diff(past, axis=1)).mean(axis=1)
    moved = scale > 0
    last = np.repeat(past[:, -1:], len(KEPT), axis=1)
    each = pd.DataFrame({"indicator": names[moved]})
    for who, said in (("ours", pick["mean"]), ("last", last)):
        error = np.abs(truth - said)
        each[f"smape {who}"] = (200 * error / np.maximum(np.abs(truth) + np.abs(said), 1e-12)).mean(axis=1)[moved]
        each[f"mase {who}"] = (error.mean(axis=1) / np.where(moved, scale, 1))[moved]
    mean = each.groupby("indicator").mean()
    whole = mean.mean()
    owa = (whole["smape ours"] / whole["smape last"] + whole["mase ours"] / whole["mase last"]) / 2
    print(f"annual indicators of areas: {len(mean)} indicators, {len(table)} series, {ahead['method'].unique()}")
    held_to("annual indicators", len(mean), FEWEST_INDICATORS, np.inf)
    held_to("annual: OWA against the last value", owa, 0, 0.93)
    for level, (least, most) in {80: (75, 85), 95: (92, 98)}.items():
        inside = (pick[f"lo{level}"] <= truth) & (truth <= pick[f"hi{level}"])
        held_to(
            f"annual: cover at {level} %",
            100 * pd.Series(inside.mean(axis=1)).groupby(names).mean().mean(),
            least,
            most,
        )


def referrals(horizon: int = 12) -> None:
    """Referrals by month and authority, from origins half a year apart."""
    rows = pd.read_csv(SHARED / "data" / "series" / "cin_referrals_monthly.csv.gz").query(
        "geographic_level == 'Local authority'"
    )
    table = rows.pivot_table(index="la_code_ons_published", columns="period", values="value")
    found = []
    for end in range(48, table.shape[1] - horizon + 1, 6):
        part = table.iloc[:, : end + horizon]
        part = part[part.notna().all(axis=1) & (part > 0).any(axis=1)]
        train, truth = part.iloc[:, :end].to_numpy(), part.iloc[:, end:].to_numpy()
        dates = pd.to_datetime(part.columns[:end]) + pd.offsets.MonthEnd()
        ids = np.repeat(part.index.to_numpy(), end)
        history = pd.DataFrame({"unique_id": ids, "ds": np.tile(dates, len(part)), "y": train.ravel()})
        ahead = forecast.series(history.assign(measure="referrals"), horizon)
        pick = {c: ahead[c].to_numpy().reshape(truth.shape) for c in ahead.columns[2:7]}
        scale = np.abs(train[:, 12:] - train[:, :-12]).mean(axis=1)
        theirs = np.array([naive2(row, horizon, 12) for row in train])
        covers = [100 * ((pick[f"lo{p}"] <= truth) & (truth <= pick[f"hi{p}"])).mean() for p in (80, 95)]
        found.append([*errors(truth, pick["mean"], scale), *errors(truth, theirs, scale), *covers, len(part)])
    mean = np.array(found).mean(axis=0)
    print(f"referrals by month: {len(found)} origins, {mean[6]:.0f} authorities")
    held_to("referrals: OWA", (mean[0] / mean[2] + mean[1] / mean[3]) / 2, 0, 0.87)
    held_to("referrals: cover at 80 %", mean[4], 77, 83)
    held_to("referrals: cover at 95 %", mean[5], 93, 97)


def small_counts(seed: int = 11, many: int = 60, points: int = 40, horizon: int = 8) -> None:
    """CRPS of small counts beside automatic ETS, both from their quantiles."""
    draw = np.random.default_rng(seed)
    level = np.log(draw.uniform(0.5, 25, (many, 1))) + draw.normal(0, 0.1, (many, points + horizon)).cumsum(axis=1)
    values = draw.poisson(np.exp(level)).astype(float)
    train, truth = values[:, :points], values[:, points:]
    dates = pd.date_range("2015-03-31", periods=points, freq="QE")
    ids = np.repeat(np.arange(many), points)
    history = pd.DataFrame({"unique_id": ids, "ds": np.tile(dates, many), "y": train.ravel(), "kind": "count"})
    ahead = forecast.series(history, horizon, level=CRPS_LEVELS)
    ours = {p: [ahead[f"{side}{p}"].to_numpy().reshape(truth.shape) for side in ("lo", "hi")] for p in CRPS_LEVELS}
    made = [automatic_ets(row, horizon, 4) for row in train]
    theirs = {p: np.stack([one.pred_int(1 - p / 100).to_numpy().T for one in made], axis=1) for p in CRPS_LEVELS}
    print(f"small counts: {many} series")
    held_to("small counts: CRPS / that of automatic ETS", crps(truth, ours) / crps(truth, theirs), 0, 0.95)


def crps(truth: np.ndarray, limits: dict) -> float:
    """Twice the mean pinball loss over the quantiles that the limits are (Gneiting and Raftery 2007)."""
    losses = []
    for level, (low, high) in limits.items():
        for share, said in ((0.5 - level / 200, low), (0.5 + level / 200, high)):
            losses.append(np.maximum(share * (truth - said), (share - 1) * (truth - said)).mean())
    return 2 * float(np.mean(losses))


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
    if sizes is not None:
        inside = (ahead[["mean", "lo80", "hi80", "lo95", "hi95"]].apply(lambda one: one.between(0, 100))).all(axis=None)
        HELD.append(bool(inside))
    print(f"{name:36} error {gain:.3f} of last value  cover {cover[0]:.1f} / {cover[1]:.1f}")


if __name__ == "__main__":
    for period in NAMES:
        public_series(period)
    of_areas()
    referrals()
    small_counts()
    simulated()
    sys.exit(int(not all(HELD)))
