"""How safe and how useful the policy is on random tables, and how long an audit of seven packs takes.

Run:  python tests/bench/attacks.py [--only tables|packs] [--tables N]

1,000 random team × outcome tables per policy, in two dimensions and in three (an outcome by team and by age), margins
published: cells that an attacker recovers or narrows to fewer than 4 values, the share of cells shown, and the mean
error of those. incare's policy is that of a run: protect, attack, hide what gives way; "rules alone" is its first step.
Then seven packs of the invented authority, each protected and attacked with those before it, published and recorded in
a ledger; of a few children something is recorded late, so that each pack revises those before. The last is audited with
the other six as `incare audit` does it. Exits 1 if incare's own policy leaks a cell, if hiding 1 to 5 alone does not
leak (the attacker would be blind), or the audit takes 60 seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incare.disclosure import ledger
from incare.disclosure.audit import Verdict, audit_pack, protect_and_attack
from incare.disclosure.released import read_pack, released
from tests.attacks.policies import EXACT, attacked, release
from tests.disclosure.drawn import mix

TABLES, AT_ONCE, MOST_SECONDS = 1_000, 50, 60.0
AREA, AT = "Northmere", datetime(2025, 4, 20, 9, 0)
POLICIES = {"incare": None, "rules alone": {}, "hide 1 to 5": {"rules": EXACT, "complementary": False}}
QUARTERS = ("2023-24 Q2", "2023-24 Q3", "2023-24 Q4", "2024-25 Q1", "2024-25 Q2", "2024-25 Q3", "2024-25 Q4")
LATE = 100  # of one child in so many something is recorded late, with each quarter for some of them


def drawn(draw: np.random.Generator, number: int, dimensions: int) -> pd.DataFrame:
    """One area's tables, all margins with them."""
    shape = (draw.integers(2, 7), draw.integers(2, 5), dimensions - 1)
    # Small cells beside large ones: where all are small, little is shown that could give one away.
    cube = draw.poisson(draw.choice([2, 5, 12, 40], shape))
    by_team = pd.DataFrame(cube.sum(axis=2)).rename(index="team {}".format, columns="outcome {}".format)
    series = mix(by_team, measure="outcomes", of="outcome", by="team")
    if dimensions == 3:
        by_age = pd.DataFrame(cube.sum(axis=0).T).rename(index="age {}".format, columns="outcome {}".format)
        series = pd.concat(
            [series, mix(by_age, measure="outcomes", of="outcome", by="age_band").iloc[1 + len(by_age.T) :]]
        )
    return series.assign(area=f"area {number}")


def tried(policy: str, dimensions: int, tables: int = TABLES) -> tuple[int, int, float, float]:
    """Cells that gave way, cells, the share shown, and the mean error of those shown."""
    draw = np.random.default_rng(2024 + dimensions)
    leaked = cells = shown = 0
    error = 0.0
    for start in range(0, tables, AT_ONCE):
        true = pd.concat(
            [drawn(draw, start + n, dimensions) for n in range(min(AT_ONCE, tables - start))], ignore_index=True
        )
        weaker = POLICIES[policy]
        out = released(protect_and_attack(true)[0], "pack") if weaker is None else release(true, **weaker)
        leaked += len(attacked(out).unsafe)
        cells += len(out)
        told = (out["status"] == "ok").to_numpy()
        shown += told.sum()
        error += np.abs(out["numerator"].to_numpy(float) - true["numerator"].to_numpy(float))[told].sum()
    return leaked, cells, shown / cells, error / max(shown, 1)


def seven_packs(folder: Path) -> tuple[float, float, Verdict]:
    """Seconds, and seconds of this process's own time, to audit a pack with six earlier ones; and what was found."""
    from incare.measures import agreed
    from incare.pack.figures import quarters_covered
    from incare.record import read
    from incare.series import calculate

    record, measures, place = read("sample", area=AREA, as_at="2025-03-31"), agreed({}), folder / ledger.NAME
    for number, quarter in enumerate(QUARTERS):
        series = calculate(
            measures, known(record, number), quarters_covered(record, quarter), ("age_band", "sex", "uasc")
        )
        began, own = time.perf_counter(), time.process_time()
        shown, made = protect_and_attack(series, earlier=ledger.cells_of(ledger.read(place), AREA))
        took = f"{time.perf_counter() - began:.1f} s to protect ({time.process_time() - own:.1f} s of its own)"
        hidden = (shown.frame["status"] == "c").mean()
        print(f"  {quarter}: {took}, {hidden:.1%} hidden, safe: {made.safe}", flush=True)
        pack = published(folder / "northmere" / quarter.lower().replace(" ", "-"), shown, quarter)
        ledger.append(place, read_pack(pack), AT)
    began, own = time.perf_counter(), time.process_time()
    verdict = audit_pack(pack, place)
    return time.perf_counter() - began, time.process_time() - own, verdict


def published(pack: Path, shown, quarter: str) -> Path:
    """A pack that holds its figures and an empty page."""
    shown.write(pack / "data", "figures")
    (pack / "index.html").write_text("<h1>Figures</h1>", encoding="utf-8")
    facts = {"area": AREA, "quarter": quarter, "profile": "public", "started": AT.isoformat()}
    facts["params"] = {"signed_by": ["One", "Another"]}
    (pack / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return pack


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
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", choices=("tables", "packs"))
    asked.add_argument("--tables", type=int, default=TABLES)
    given = asked.parse_args()
    missed = False
    for dimensions in (2, 3) if given.only != "packs" else ():
        for policy in POLICIES:
            leaked, cells, share, error = tried(policy, dimensions, given.tables)
            print(
                f"{dimensions} dimensions, {policy}: {leaked} of {cells} cells give way; {share:.0%} shown, "
                f"mean error {error:.2f}",
                flush=True,
            )
            missed |= bool(leaked) if policy == "incare" else policy == "hide 1 to 5" and not leaked
    if given.only != "tables":
        with tempfile.TemporaryDirectory() as folder:
            seconds, own, verdict = seven_packs(Path(folder))
        print("\n".join(f"  {line}" for line in verdict.told()))
        print(f"A pack with six earlier ones: {seconds:.1f} s ({own:.1f} s of its own), safe: {verdict.safe}")
        missed |= not verdict.safe or seconds > MOST_SECONDS
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
