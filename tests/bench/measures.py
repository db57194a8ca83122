"""How fast every measure is answered, against a straightforward loop over the same measures in the same run.

Run:  python tests/bench/measures.py

On the embedded sample (about 650 in care, six returns): 24 measures, 60 months, 5 breakdowns and the total. The loop
filters and groups one month at a time (tests/reference/brute_force.py), picking a measure's rows once a month and
grouping them for each breakdown. Both start from a record already read and cleaned. Then the whole catalogue over the
same months and breakdowns, without a loop beside it. Prints seconds, their ratio and the peak memory of the library's
part, and exits 1 if the ratio is above 1/20, or the catalogue takes 5 s or 1.5 GB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from held import held, outcome

from incare import sample
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import read
from incare.series import calculate
from tests.reference import brute_force

BREAKDOWNS = ("age_band", "sex", "uasc", "legal_status", "placement")
MONTHS = Periods.months("2025-03-31", 60)
LEAST_RATIO, MOST_SECONDS, MOST_MEMORY = 20, 5, 3 * 1024**3 // 2
# The measures that both have always answered, so that the ratio means the same from one version to the next.
COMPARED = (
    *("cla_count", "cla_rate", "cla_started_count", "cla_ceased_count", "cla_uasc_count", "placement_type_pct"),
    *("placement_kinship_pct", "placement_residential_pct", "foster_or_adoption_10_16_pct", "stability_3plus_pct"),
    *("stability_long_term_pct", "cla_reentry_pct", "ceased_adopted_pct", "ceased_sgo_pct", "ceased_returned_home_pct"),
    *("cl_count", "cl_eet_pct", "cl_neet_reasons", "cl_suitable_accommodation_pct", "cl_in_touch_pct"),
    *("cl_staying_put_pct", "missing_now_count", "missing_children_pct", "cla_reviews_in_time_pct"),
)


def library(names: tuple[str, ...] = ()) -> tuple[float, float, int]:
    """Seconds to read, seconds to answer (the first time asked), rows made; of all measures unless some are named."""
    begun = time.perf_counter()
    record = read("sample", area="Northmere")
    read_in = time.perf_counter() - begun
    measures = catalogue().only(names) if names else catalogue()
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
    for measure in COMPARED:
        for first, last in zip(MONTHS.starts, MONTHS.ends, strict=True):
            start, end = pd.Timestamp(first), pd.Timestamp(last)
            rows = brute_force.picked(data, measure, start, end)
            for by in (None, *BREAKDOWNS):
                answers += len(brute_force.tally(rows, data, measure, end, by))
    return time.perf_counter() - begun, answers


def apart(what: str) -> list[float]:
    """The library's figures in a process of its own, so that the peak memory is its alone."""
    told = subprocess.run([sys.executable, __file__, what], check=True, capture_output=True, text=True).stdout
    return [float(part) for part in told.split()]


def main() -> int:
    """Measure all in this run and hold the figures."""
    if {"--compared", "--catalogue"} & set(sys.argv):
        read_in, seconds, rows = library(COMPARED if "--compared" in sys.argv else ())
        unit = 1 if sys.platform == "darwin" else 1024
        print(read_in, seconds, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
        return 0
    read_in, ours, rows, _ = apart("--compared")
    slow, answers = loop()
    print(f"library:   {ours:.2f} s for {rows:,.0f} rows (and {read_in:.2f} s to read and clean the extract)")
    print(f"loop:      {slow:.1f} s for {answers:,} answers")
    held("a loop over children and periods takes, times as long", slow / ours, least=LEAST_RATIO, digits=0)
    _, whole, rows, memory = apart("--catalogue")
    print(f"catalogue: {len(catalogue())} measures, {rows:,.0f} rows")
    held("the whole catalogue, 60 months, 5 breakdowns", whole, unit="s", most=MOST_SECONDS)
    held("memory", memory / 1024**2, unit="MB", most=MOST_MEMORY / 1024**2, digits=0)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
