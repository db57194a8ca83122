"""How fast many series are charted, against the bare arithmetic on arrays in the same run.

Run:  python tests/bench/spc.py

6,000 series of 120 months (150 areas, 40 measures), a long frame in, limits, rules and icons out
(`incare.stats.spc.of_table`; then `of_series` on the same figures as a tidy series). The bare kernel has the same
formulas written for a full matrix, without names, guards, gaps or words: it is what the arithmetic alone costs. Reading
is the frame from CSV. Prints seconds and ratios, best of five, and exits 1 if the library takes more than 1.7 × the
kernel and reading together, or answers otherwise than the kernel.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from held import held, outcome

from incare.stats import spc

SERIES, MONTHS, TARGET = 6_000, 120, 50.0
MOST_RATIO = 1.7


def long_frame() -> pd.DataFrame:
    """Invented figures, one row a month and series."""
    values = np.random.default_rng(7).normal(50, 5, (SERIES, MONTHS)).round(1)
    values[:, 80:] += np.random.default_rng(8).choice([0, 0, 0, 4], (SERIES, 1))
    names = np.repeat([f"area {i // 40} measure {i % 40}" for i in range(SERIES)], MONTHS)
    dates = np.tile(pd.date_range("2015-01-31", periods=MONTHS, freq="ME"), SERIES)
    return pd.DataFrame({"facet": names, "date": dates, "value": values.ravel()})


def kernel(values: np.ndarray) -> dict[str, np.ndarray]:
    """Limits, the four rules of 7/7 and the icons of a matrix of series by month, higher being better."""
    mean = values.mean(1, keepdims=True)
    ranges = np.abs(np.diff(values, axis=1))
    kept = ranges < 3.267 * ranges.mean(1, keepdims=True)
    wide = 2.66 * (ranges * kept).sum(1, keepdims=True) / kept.sum(1, keepdims=True)
    upper, lower = mean + wide, mean - wide
    above, below = values > mean, values < mean
    out = (values > upper).astype(np.int8) - (values < lower)
    shift = _runs(above, 7) | _runs(below, 7)
    steps = np.diff(values, axis=1)
    rising, falling = (_widened(_runs(way, 6)) for way in (steps > 0, steps < 0))
    near_up = (values > mean + wide * 2 / 3) & (out == 0)
    near_down = (values < mean - wide * 2 / 3) & (out == 0)
    two = (near_up & _three(near_up, above)) | (near_down & _three(near_down, below))
    cause = np.select([out != 0, rising | falling, two, shift], [1, 2, 3, 4], 0)
    newest = cause[:, -1]
    way = np.select(
        [newest == 1, newest == 2], [out[:, -1], np.where(rising[:, -1], 1, -1)], np.where(above[:, -1], 1, -1)
    )
    variation = np.where(newest == 0, 0, way)
    assurance = (lower[:, 0] > TARGET).astype(np.int8) - (upper[:, 0] < TARGET)
    return {
        "mean": mean,
        "lower": lower,
        "upper": upper,
        "cause": cause,
        "variation": variation,
        "assurance": assurance,
    }


def _runs(marks: np.ndarray, length: int) -> np.ndarray:
    """Marks that stand in a run of at least a length."""
    whole = marks[:, length - 1 :].copy()
    for back in range(1, length):
        whole &= marks[:, length - 1 - back : marks.shape[1] - back]
    found = np.zeros_like(marks)
    for place in range(length):
        found[:, place : place + whole.shape[1]] |= whole
    return found


def _widened(marks: np.ndarray) -> np.ndarray:
    found = np.zeros((marks.shape[0], marks.shape[1] + 1), bool)
    found[:, :-1] |= marks
    found[:, 1:] |= marks
    return found


def _three(near: np.ndarray, side: np.ndarray) -> np.ndarray:
    count = near[:, 2:].astype(np.int8) + near[:, 1:-1] + near[:, :-2]
    whole = side[:, 2:] & side[:, 1:-1] & side[:, :-2] & (count >= 2)
    found = np.zeros_like(near)
    for place in range(3):
        found[:, place : place + whole.shape[1]] |= whole
    return found


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """The same figures with the columns of a series."""
    return frame.rename(columns={"facet": "measure", "date": "period_end"}).assign(
        area="Testshire", grain="month", breakdown="total", category="All", unit="%", better="higher", status="ok",
        definition_version=1, numerator=np.nan, denominator=np.nan, target=TARGET,
        period_start=lambda rows: rows["period_end"] - pd.offsets.MonthBegin(1),
    )  # fmt: skip


def best(function, *arguments, times: int = 5) -> float:
    """The least seconds of several."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        function(*arguments)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def differences(made: pd.DataFrame, bare: dict[str, np.ndarray]) -> int:
    """How many figures and marks the library answers otherwise than the kernel."""
    lines = {"mean": "mean", "lcl": "lower", "ucl": "upper"}
    found = sum(
        int((~np.isclose(made[ours].to_numpy(), np.repeat(bare[theirs][:, 0], MONTHS))).sum())
        for ours, theirs in lines.items()
    )
    marked = (made["special_cause"] != "").to_numpy().reshape(-1, MONTHS)
    words = {"common cause": 0, "improvement": 1, "concern": -1}
    sure = {"passes": 1, "fails": -1, "hit or miss": 0}
    last = made.iloc[MONTHS - 1 :: MONTHS]
    found += int((marked != (bare["cause"] != 0)).sum())
    found += int((last["variation"].astype(str).map(words).to_numpy() != bare["variation"]).sum())
    return found + int((last["assurance"].astype(str).map(sure).to_numpy() != bare["assurance"]).sum())


def main() -> int:
    """Measure all in this run and hold the figure."""
    frame = long_frame()
    text = frame.to_csv(index=False)
    settings = spc.Settings(better="higher", target=TARGET)
    matrix = frame["value"].to_numpy().reshape(SERIES, MONTHS)
    reading = best(lambda: pd.read_csv(io.StringIO(text), parse_dates=["date"]), times=3)
    bare = best(kernel, matrix)
    library = best(spc.of_table, frame, settings)
    series = best(spc.of_series, tidy(frame), times=3)
    wrong = differences(spc.of_table(frame, settings), kernel(matrix))
    ratio = library / (bare + reading)
    print(f"kernel:    {bare:.2f} s for {SERIES:,} series of {MONTHS} months as a matrix; reading {reading:.2f} s")
    print(f"of_table:  {library:.2f} s from the long frame, {library / bare:.1f} x the kernel alone")
    print(f"of_series: {series:.2f} s from the tidy series")
    held("control charts: share of the bare kernel's and reading's time", ratio, most=MOST_RATIO)
    held("figures and marks that differ from the bare kernel's", wrong, most=0, digits=0)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
