"""How fast every measure is answered, against a straightforward loop over the same measures in the same run.

Run:  python tests/bench/measures.py

On the embedded sample (about 650 in care, six returns): 24 measures, 60 months, 5 breakdowns and the total. The loop
filters and groups one month at a time (tests/reference/brute_force.py), picking a measure's rows once a month and
grouping them for each breakdown. Both start from a record already read and cleaned. Prints seconds, their ratio and the
peak memory of the library's part, and exits 1 if the ratio is above 1/20 or the memory above 1 GB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incare import sample
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.reference import brute_force

BREAKDOWNS = ("age_band", "sex", "uasc", "legal_status", "placement")
MONTHS = Periods.months("2025-03-31", 60)
LEAST_RATIO, MOST_MEMORY = 20, 1024**3


def library() -> tuple[float, float, int]:
    """Seconds to read, seconds to answer (the first time asked), rows made."""
    begun = time.perf_counter()
    record = read("sample", area="Northmere")
    read_in = time.perf_counter() - begun
    measures = catalogue().only(brute_force.MEASURES)
    begun = time.perf_counter()
    series = calculate(measures, record, MONTHS, by=BREAKDOWNS)
    return read_in, time.perf_counter() - begun, len(series)


def loop() -> tuple[float, int]:
    """Seconds of the month-by-month loop, answers given."""
    folder = sample.embedded()
    raw = brute_force.load(folder / "ssda903")
    raw["population"] = pd.read_csv(folder / "local" / "population.csv", dtype=str)
    data = brute_force.clean(raw)
    begun, answers = time.perf_counter(), 0
    for measure in brute_force.MEASURES:
        for first, last in zip(MONTHS.starts, MONTHS.ends, strict=True):
            start, end = pd.Timestamp(first), pd.Timestamp(last)
            rows = brute_force.picked(data, measure, start, end)
            for by in (None, *BREAKDOWNS):
                answers += len(brute_force.tally(rows, data, measure, end, by))
    return time.perf_counter() - begun, answers


def main() -> int:
    """Measure both in this run and hold the figures."""
    if "--library" in sys.argv:
        read_in, seconds, rows = library()
        unit = 1 if sys.platform == "darwin" else 1024
        print(read_in, seconds, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
        return 0
    # A process of its own, so that the peak memory is the library's alone.
    told = subprocess.run([sys.executable, __file__, "--library"], check=True, capture_output=True, text=True).stdout
    read_in, ours, rows, memory = (float(part) for part in told.split())
    slow, answers = loop()
    print(f"library: {ours:.2f} s for {rows:,.0f} rows (and {read_in:.2f} s to read and clean the extract)")
    print(f"loop:    {slow:.1f} s for {answers:,} answers")
    print(f"ratio:   1/{slow / ours:.0f} of the loop's time (at most 1/{LEAST_RATIO})")
    print(f"memory:  {memory / 1024**2:.0f} MB at most (under {MOST_MEMORY / 1024**2:.0f} MB)")
    return int(slow / ours < LEAST_RATIO or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
