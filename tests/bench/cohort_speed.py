"""How fast the projection of children is, and how much memory it takes.

Run:  python tests/bench/cohort_speed.py

On the embedded sample (about 650 in care, six returns): 24 months ahead with 1,000 simulations and uncertain rates,
then the back-test of eight rolling origins. Reading the extract is not counted. Prints seconds and the peak memory, and
exits 1 above 10 s, 60 s or 1 GB.
"""

from __future__ import annotations

import resource
import sys
import time

from held import held, outcome

from incare.forecast import cohort, cohort_backtest
from incare.forecast.exposure import care_of
from incare.record import read

MOST_PROJECTION, MOST_BACKTEST, MOST_MEMORY = 10, 60, 1024**3


def main() -> int:
    """Measure both in this run and hold the figures."""
    care = care_of(read("sample", area="Northmere"))
    begun = time.perf_counter()
    tested = cohort_backtest.table(care, cohort.Settings(), sims=1000)
    testing = time.perf_counter() - begun
    begun = time.perf_counter()
    cohort.project(care, 24, sims=1000, tested=tested)
    projecting = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    held("projection, 24 months, 1,000 simulations", projecting, unit="s", most=MOST_PROJECTION, digits=1)
    held("back-test, 8 origins, 1,000 simulations", testing, unit="s", most=MOST_BACKTEST, digits=1)
    held("memory", memory / 1024**2, unit="MB", most=MOST_MEMORY / 1024**2, digits=0)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
