"""How safe and how useful the policy is on random tables, and how long an audit of seven packs takes.

Run:  python tests/bench/attacks.py

1,000 random team × outcome tables per policy, in two dimensions and in three (an outcome by team and by age), margins
published: cells that an attacker recovers or narrows to fewer than 4 values, the share of cells shown, and the mean
error of those. Then a pack of the invented authority with six earlier ones. Exits 1 if incare's own policy leaks a
cell, if hiding 1 to 5 alone does not leak (the attacker would be blind), or the audit takes 60 seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incare.disclosure import protect
from incare.disclosure.released import released
from tests.attacks.policies import EXACT, attacked, release
from tests.disclosure.drawn import mix

TABLES, AT_ONCE, MOST_SECONDS = 1_000, 50, 60.0
POLICIES = {"incare": {}, "hide 1 to 5": {"rules": EXACT, "complementary": False}}


def drawn(draw: np.random.Generator, number: int, dimensions: int) -> pd.DataFrame:
    """One area's tables, all margins with them."""
    size = draw.choice([2, 5, 12, 40])
    cube = draw.poisson(size, (draw.integers(2, 7), draw.integers(2, 5), dimensions - 1))
    by_team = pd.DataFrame(cube.sum(axis=2)).rename(index="team {}".format, columns="outcome {}".format)
    series = mix(by_team, measure="outcomes", of="outcome", by="team")
    if dimensions == 3:
        by_age = pd.DataFrame(cube.sum(axis=0).T).rename(index="age {}".format, columns="outcome {}".format)
        series = pd.concat(
            [series, mix(by_age, measure="outcomes", of="outcome", by="age_band").iloc[1 + len(by_age.T) :]]
        )
    return series.assign(area=f"area {number}")


def tried(policy: str, dimensions: int) -> tuple[int, int, float, float]:
    """Cells that gave way, cells, the share shown, and the mean error of those shown."""
    draw = np.random.default_rng(2024 + dimensions)
    leaked = cells = shown = 0
    error = 0.0
    for start in range(0, TABLES, AT_ONCE):
        true = pd.concat([drawn(draw, start + n, dimensions) for n in range(AT_ONCE)], ignore_index=True)
        out = release(true, **POLICIES[policy])
        leaked += len(attacked(out).unsafe)
        cells += len(out)
        told = (out["status"] == "ok").to_numpy()
        shown += told.sum()
        error += np.abs(out["numerator"].to_numpy(float) - true["numerator"].to_numpy(float))[told].sum()
    return leaked, cells, shown / cells, error / max(shown, 1)


def seven_packs() -> tuple[float, bool]:
    """Seconds to audit a pack with six earlier ones, and whether they are safe."""
    from incare.measures import agreed
    from incare.periods import Periods, Quarter
    from incare.record import read
    from incare.series import calculate

    record = read("sample", area="Northmere", as_at="2025-03-31")
    quarters = Periods.quarters(Quarter.parse("2024-25 Q4").end, 18)
    series = calculate(agreed({}), record, quarters, ("age_band", "sex", "uasc"))
    ends = sorted(series["period_end"].unique())
    packs = [
        released(protect(series[series["period_end"].isin(ends[n : n + 12])]), f"pack {n}")
        for n in range(len(ends) - 11)
    ]
    began = time.perf_counter()
    verdict = attacked(*packs)
    return time.perf_counter() - began, verdict.safe


def main() -> int:
    """Print the table; 1 if a promise is missed."""
    missed = False
    for dimensions in (2, 3):
        for policy in POLICIES:
            leaked, cells, share, error = tried(policy, dimensions)
            print(
                f"{dimensions} dimensions, {policy}: {leaked} of {cells} cells give way; {share:.0%} shown, "
                f"mean error {error:.2f}",
                flush=True,
            )
            missed |= bool(leaked) if policy == "incare" else not leaked
    seconds, safe = seven_packs()
    print(f"A pack with six earlier ones: {seconds:.1f} s, {'safe' if safe else 'NOT SAFE'}")
    return int(missed or not safe or seconds > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
