"""How fast Wilson's limits are, against statsmodels' own vectorised call in the same run.

Run:  python tests/bench/intervals.py

720,000 shares (150 areas, 40 measures, 120 months), each way seven times in turn, the quickest of each counts. Prints
both, their ratio and the largest difference between them, and exits 1 if the ratio is above 1.5 or they disagree.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from held import held, outcome
from statsmodels.stats.proportion import proportion_confint

from incare.stats.intervals import wilson

ROWS, MOST = 150 * 40 * 120, 1.5


def main() -> int:
    """Measure both in this run and hold the ratio."""
    random = np.random.default_rng(2025)
    n = random.integers(1, 900, ROWS)
    x = random.binomial(n, 0.6)
    ways = {"library": lambda: wilson(x, n), "statsmodels": lambda: proportion_confint(x, n, method="wilson")}
    seconds = {name: [] for name in ways}
    for _ in range(7):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - begun)
    best = {name: min(times) for name, times in seconds.items()}
    ratio = best["library"] / best["statsmodels"]
    gap = max(np.abs(a / 100 - b).max() for a, b in zip(ways["library"](), ways["statsmodels"](), strict=True))
    print(f"library:     {best['library']:.3f} s for {ROWS:,} shares")
    print(f"statsmodels: {best['statsmodels']:.3f} s")
    held("Wilson's limits: share of statsmodels' time", ratio, most=MOST)
    held("largest difference from statsmodels, in 1e-12", gap * 1e12, most=1)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
