"""How safe and how useful the policy is on random tables, and how long an audit of seven packs takes.

Run:  python tests/bench/attacks.py

1,000 random team × outcome tables per policy, in two dimensions and in three (an outcome by team and by age), margins
published: cells that an attacker recovers or narrows to fewer than 4 values, the share of cells shown, and the mean
error of those. incare's policy is that of a run: protect, attack, hide what gives way; "rules alone" is its first step.
Then a pack of the invented authority with six earlier ones, each protected and attacked with those before it; of a
few children something is recorded late, so that packs revise those before. Exits 1 if incare's own policy leaks a cell,
if hiding 1 to 5 alone does not leak (the attacker would be blind), or the audit takes 60 seconds.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incare.disclosure.audit import attack, protect_and_attack
from incare.disclosure.released import released
from tests.attacks.policies import EXACT, attacked, release
from tests.disclosure.drawn import mix

TABLES, AT_ONCE, MOST_SECONDS = 1_000, 50, 60.0
POLICIES = {"incare": None, "rules alone": {}, "hide 1 to 5": {"rules": EXACT, "complementary": False}}
QUARTERS = ("2023-24 Q2", "2023-24 Q3", "2023-24 Q4", "2024-25 Q1", "2024-25 Q2", "2024-25 Q3", "2024-25 Q4")
LATE = 100  # of one child in so many something is recorded late, with each quarter for some of them


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
        weaker = POLICIES[policy]
        out = released(protect_and_attack(true)[0], "pack") if weaker is None else release(true, **weaker)
        leaked += len(attacked(out).unsafe)
        cells += len(out)
        told = (out["status"] == "ok").to_numpy()
        shown += told.sum()
        error += np.abs(out["numerator"].to_numpy(float) - true["numerator"].to_numpy(float))[told].sum()
    return leaked, cells, shown / cells, error / max(shown, 1)


def seven_packs() -> tuple[float, bool]:
    """Seconds to audit a pack with six earlier ones, and whether they are safe."""
    from incare.measures import agreed
    from incare.pack.figures import quarters_covered
    from incare.record import read
    from incare.series import calculate

    record, earlier, measures = read("sample", area="Northmere", as_at="2025-03-31"), None, agreed({})
    for number, quarter in enumerate(QUARTERS):
        series = calculate(
            measures, known(record, number), quarters_covered(record, quarter), ("age_band", "sex", "uasc")
        )
        began = time.perf_counter()
        shown, made = protect_and_attack(series, earlier=earlier)
        own = released(shown, quarter)
        hidden = (shown.frame["status"] == "c").mean()
        print(
            f"  {quarter}: {time.perf_counter() - began:.1f} s to protect, {hidden:.1%} hidden, safe: {made.safe}",
            flush=True,
        )
        before = earlier
        earlier = own if earlier is None else pd.concat([earlier, own], ignore_index=True)
    began = time.perf_counter()
    verdict = attack(own, before)
    return time.perf_counter() - began, verdict.safe


def known(record, quarter: int):
    """The record without what was written down only later of some children: plans, visits, checks and outcomes."""
    each = len(QUARTERS) - 1

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        if "CHILD" not in table:
            return table
        late = (table["child"] % LATE == 0) & (table["child"] // LATE % each >= quarter)
        return table[~late].reset_index(drop=True)

    return replace(record, tables={name: kept(table) for name, table in record.tables.items()})


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
