"""Fifty drawn records with dirt, every figure counted twice.

Run:  python -m tests.reference.dirty_count CHANCE
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from incare.measure import Catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.reference import brute_force, drawn_records
from tests.reference.test_against_brute_force import BREAKDOWNS, MEASURES, differing, ours, theirs

RECORDS = 50
# The drawn returns cover four years; a measure that asks for more history is asked all the same.
ALWAYS = Catalogue(tuple(replace(m, needs_history=0) for m in MEASURES if m.id not in brute_force.RATES))


def main(chance: int) -> None:
    """Count the records of one chance; fails with the figures that differ and the record that showed it."""
    compared = []

    @seed(chance)
    @settings(
        max_examples=RECORDS,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=False,
    )
    @given(drawn_records.dirty_records())
    def counted_alike(drawn):
        with tempfile.TemporaryDirectory() as folder:
            drawn_records.write(drawn, folder)
            data = brute_force.clean(brute_force.load(folder))
            record = read(folder, area="A")
        months = Periods.months("2025-03-31", 13)
        by = (BREAKDOWNS[len(drawn) % len(BREAKDOWNS)],)
        mine = ours(calculate(ALWAYS, record, months, by=by))
        wanted = {(measure, end) for measure, _, end, _ in mine}
        different, figures = differing(mine, theirs(data, months, [12, 5], by, wanted))
        compared.append(figures)
        assert different == {}

    counted_alike()
    print(f"{len(compared)} records, {np.sum(compared):,} figures: no difference")


if __name__ == "__main__":
    main(int(sys.argv[1]))
