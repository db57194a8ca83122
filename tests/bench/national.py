"""How long and how much memory a national record takes: 20 headline measures, 120 months, by area.

Run:  python tests/bench/national.py [FOLDER]

Writes an invented country of 153 areas (about 80,000 in care, ten returns) to FOLDER, or to a temporary one, then asks
1, 10, 50 and 153 of them, reading included, two areas at a time. Prints seconds, episodes and the peak memory of all
processes together, and the exponent of time against episodes. Then all areas stacked as one extract, as a national team
has it: split by `incare partition`, and the areas asked one after another in one process. Exits 1 above 90 s or 8 GB,
when time grows faster than episodes (exponent above 1.1), or when partitions take more than half the memory.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from held import held, outcome

from incare import sample
from incare.areas import Question, areas_of, series_by_area
from incare.partition import partition
from incare.periods import Periods

HEADLINE = (
    *("cla_count", "cla_started_count", "cla_ceased_count", "cla_uasc_count", "cla_reentry_pct"),
    *("placement_type_pct", "placement_kinship_pct", "placement_residential_pct", "foster_or_adoption_10_16_pct"),
    *("stability_3plus_pct", "stability_long_term_pct", "cla_reviews_in_time_pct", "missing_now_count"),
    *("missing_children_pct", "ceased_adopted_pct", "ceased_sgo_pct", "ceased_returned_home_pct"),
    *("cl_count", "cl_eet_pct", "cl_suitable_accommodation_pct"),
)
MONTHS = 120
SIZES = (1, 10, 50, 153)
MOST_SECONDS, MOST_MEMORY, MOST_EXPONENT = 90, 8 * 1024**3, 1.1
MOST_OF_MEMORY = 0.5


def episodes(folder: Path) -> int:
    """Rows of the episodes files below a folder."""
    return sum(sum(1 for _ in path.open("rb")) - 1 for path in folder.rglob("episodes.csv"))


def asked(country: Path, areas: int) -> tuple[float, int, int, int]:
    """Seconds, episodes, rows made and peak bytes for the first areas of the country, in a process of its own."""
    with tempfile.TemporaryDirectory() as part:
        chosen = list(areas_of(country).items())[:areas]
        for name, path in chosen:
            (Path(part) / name).symlink_to(path)
        seconds, rows, most = watched("--answer", part)
        return seconds, sum(episodes(path) for _, path in chosen), rows, most


def watched(*words) -> tuple[float, int, int]:
    """Seconds, rows told and peak bytes of this script in a process of its own."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, text=True)
    most = 0
    while child.poll() is None:
        most = max(most, memory_of(child.pid))
        time.sleep(0.1)
    if child.returncode:
        raise SystemExit(child.returncode)
    return time.perf_counter() - begun, int(child.stdout.read()), most


def stacked(country: Path, folder: Path) -> None:
    """All areas' returns as one extract: a folder for each year, a file for each table, the area in the column LA."""
    for name, area in areas_of(country).items():
        for path in sorted((area / "ssda903").rglob("*.csv")):
            goal = folder / path.parent.name / path.name
            goal.parent.mkdir(parents=True, exist_ok=True)
            heading, *lines = path.read_text(encoding="utf-8").splitlines()
            new = not goal.exists()
            with goal.open("a", encoding="utf-8") as file:
                file.writelines([f"LA,{heading}\n"] * new + [f"{name},{line}\n" for line in lines])


def through_partitions(country: Path) -> int:
    """Peak bytes of splitting one extract of all areas and asking each of them, one at a time."""
    with tempfile.TemporaryDirectory() as folder:
        stacked(country, Path(folder) / "one")
        seconds, rows, split = watched("--split", Path(folder) / "one", Path(folder) / "areas")
        print(f"split: {seconds:6.1f} s, {rows:>9,} rows, {split / 1024**2:,.0f} MB", flush=True)
        first = Path(folder) / "first"
        first.mkdir()
        for name, path in list(areas_of(Path(folder) / "areas").items())[:10]:
            (first / name).symlink_to(path)
        _, _, few = watched("--answer-alone", first)
        seconds, rows, most = watched("--answer-alone", Path(folder) / "areas")
        print(f"asked one by one: {seconds:6.1f} s, {rows:>7,} figures, {most / 1024**2:,.0f} MB", flush=True)
        held("memory of all areas ÷ of the first 10, through partitions", most / few, most=1.15)
        return max(split, most)


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its children."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:
        pass
    return total


def answer(folder: str, workers: int = 2) -> int:
    """Ask every area of a folder and count the rows of the series."""
    question = Question(HEADLINE, Periods.months("2025-03-31", MONTHS))
    return sum(len(series) for series in series_by_area(folder, question, workers))


def main(country: Path) -> int:
    """Measure every size and hold the figures."""
    if not country.exists() or len(areas_of(country)) < SIZES[-1]:
        begun = time.perf_counter()
        sample.write(country, children=523, years=10, areas=SIZES[-1], workers=2)
        print(f"{SIZES[-1]} areas written in {time.perf_counter() - begun:.0f} s", flush=True)
    found = []
    for size in SIZES:
        seconds, read, rows, most = asked(country, size)
        found.append((read, seconds))
        print(
            f"{size:>4} areas: {seconds:6.1f} s, {read:>9,} episode rows, {rows:>7,} figures, {most / 1024**2:,.0f} MB",
            flush=True,
        )
    # The start of two processes is the same for any size, so it is taken off before the line is fitted.
    start = found[0][1]
    x, y = (np.log([pair[side] - (start if side else 0) for pair in found[1:]]) for side in (0, 1))
    exponent = np.polyfit(x, y, 1)[0]
    held(f"{SIZES[-1]} areas", found[-1][1], unit="s", most=MOST_SECONDS, digits=1)
    held("memory", most / 1024**2, unit="MB", most=MOST_MEMORY / 1024**2, digits=0)
    held("time grows as episodes to the power", exponent, most=MOST_EXPONENT)
    part = through_partitions(country)
    held("memory through partitions ÷ two areas at a time", part / most, most=MOST_OF_MEMORY)
    return outcome()


if __name__ == "__main__":
    if "--split" in sys.argv:
        print(partition(*sys.argv[2:])["rows"].sum())
        sys.exit(0)
    if "--answer" in sys.argv or "--answer-alone" in sys.argv:
        print(answer(sys.argv[2], 2 if "--answer" in sys.argv else 1))
        sys.exit(0)
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(Path(folder) / "country"))
