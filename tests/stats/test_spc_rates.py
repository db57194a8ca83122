"""How often each rule set sees a signal where there is none, and how often it sees one that was put there."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from incare.stats import spc
from incare.stats.spc import Settings

RULES = ("7/7", "6", "8/6", "anhoej", "7/7+beyond", "7/7+none")
MONTHS = 60


def frame(values: np.ndarray) -> pd.DataFrame:
    number, length = values.shape
    dates = np.tile(pd.date_range("2015-01-31", periods=length, freq="ME"), number)
    return pd.DataFrame({"facet": np.repeat(np.arange(number), length), "date": dates, "value": values.ravel()})


def latest(values: np.ndarray, rules: str, **settings) -> np.ndarray:
    """Which series have a special cause at their latest point."""
    made = spc.of_table(frame(values), Settings(rules=rules, **settings))
    return (made["variation"] != "common cause").to_numpy()[values.shape[1] - 1 :: values.shape[1]]


def chances(name: str) -> list[float]:
    """The chance of each rule at one point of a stable normal series."""
    rules, outer, inner = spc.rule_set(name), past(3), past(2)
    near = inner - outer
    found = [2 * outer]
    if rules.shift:
        found.append(2 * 0.5**rules.shift)
    if rules.runs:
        found.append(2 * 0.5 ** (round(math.log2(MONTHS)) + 4))
    if rules.trend:
        found.append(2 / math.factorial(rules.trend))
    if rules.two_of_three == "within":
        # Near the limit now, and of the two before, both on this side, at least one as near.
        found.append(2 * near * (0.25 - (0.5 - near) ** 2))
    if rules.two_of_three == "beyond":
        found.append(2 * inner * (1 - (1 - inner) ** 2))
    return found


def past(sigmas: float) -> float:
    """The chance of a point past limits made from 59 screened moving ranges.

    A range of two normal values is |N(0, 2)|; those above 3.267 × 1.128 are screened away, which draws the limits in,
    and the mean range that is left has a relative error of about 0.83 / sqrt(n).
    """
    cut = 3.267 * 1.128
    kept = 2 / math.sqrt(math.pi) * (1 - math.exp(-(cut**2) / 4)) / (1 - 2 * norm.sf(cut / math.sqrt(2)))
    error = norm.ppf((np.arange(1000) + 0.5) / 1000) * 0.83 / math.sqrt(MONTHS - 1)
    return float(norm.sf(sigmas * kept / 1.128 * (1 + error)).mean())


STABLE = np.random.default_rng(4).normal(0, 1, (12_000, MONTHS))


@pytest.mark.parametrize("rules", RULES)
def test_false_signals_at_the_latest_point_lie_in_the_band_of_theory(rules):
    # At least as often as the likeliest rule alone, at most as often as all together, give or take what 12,000 draws
    # leave to chance.
    parts = chances(rules)
    share = latest(STABLE, rules).mean()
    print(f"{rules}: {share:.2%} false signals at the latest point; theory {max(parts):.2%} to {sum(parts):.2%}")
    assert 0.9 * max(parts) <= share <= 1.1 * sum(parts)


def test_false_signals_of_a_whole_chart_by_runs_and_crossings_lie_in_the_band_of_theory():
    #  longest run of n coins above m: 1 - P(no run of m + 1), counted coin by coin
    n, most = MONTHS, round(math.log2(MONTHS)) + 3
    long = 1 - without_a_run(n, most + 1)
    few = binom.cdf(binom.ppf(0.05, n - 1, 0.5) - 1, n - 1, 0.5)
    made = spc.of_table(frame(STABLE), Settings(rules="anhoej"))
    share = made["runs_signal"].to_numpy()[::MONTHS].mean()
    print(f"runs or crossings: {share:.2%} of charts; theory {max(long, few):.2%} to {long + few:.2%}")
    assert 0.9 * max(long, few) <= share <= 1.1 * (long + few)


def without_a_run(coins: int, length: int) -> float:
    """The chance that so many fair coins show no run of a length, of either side."""
    state = np.zeros(length)
    state[1] = 1.0
    for _ in range(coins - 1):
        state = np.concatenate([[0, state[1:].sum() / 2], state[1:-1] / 2])
    return float(state.sum())


def test_a_shift_of_eight_months_is_seen_more_often_the_larger_it_is():
    rng = np.random.default_rng(11)
    seen = {}
    for size in (1, 1.5, 2, 3):
        values = rng.normal(0, 1, (4_000, 36))
        values[:, -8:] += size
        for rules in ("7/7", "6", "8/6", "anhoej"):
            seen[rules, size] = latest(values, rules, baseline=24).mean()
    told = pd.Series(seen).unstack()
    print("share of shifts in the last 8 of 36 months seen, by size in standard deviations; limits from the first 24")
    print(told.to_string(float_format="{:.0%}".format))
    assert (told.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert (told[3].drop("anhoej") > 0.95).all()
    assert (told.loc["6"] >= told.loc["7/7"]).all()
    assert told.loc["7/7", 1] > 0.25


def test_neighbouring_periods_that_are_alike_raise_false_signals_as_the_docstring_warns():
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (4_000, 60))
    for month in range(1, 60):
        values[:, month] = 0.6 * values[:, month - 1] + 0.8 * values[:, month]
    share = latest(values, "7/7").mean()
    print(f"7/7 at autocorrelation 0.6: {share:.0%} false signals at the latest point")
    assert share > 5 * latest(STABLE[:4_000], "7/7").mean()
