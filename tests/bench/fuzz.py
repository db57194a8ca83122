"""How every reader stands inputs that no one wrote: 100,000 by default, each a sound file with something done to it.

Run:  python tests/bench/fuzz.py [--inputs N] [--seed N] [--minutes M] [--reader WORDS] [--keep DIR]

Every reader gets as many as any other. Prints, for each reader, how many inputs were read and refused, how many ended
otherwise (a crash), how many left rows unaccounted for, and how many a second; ends with 1 if there was a crash or a
row lost. The same seed gives the same inputs; `--keep` writes those that went wrong into a folder. In one process, on
a disk in memory where there is one.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.fuzz import inputs, readers  # noqa: E402

MEMORY = Path("/dev/shm")
LINE = "{:26} {:>7,} inputs: {:>7,} read, {:>7,} refused, {:>4,} crashes, {:>4,} with rows lost; {:>5.0f} a second"


def tried(reader: readers.Reader, seeds: range, folder: Path, until: float, keep: Path | None) -> Counter:
    """What became of one reader's inputs, and the messages of those that went wrong."""
    counts: Counter = Counter()
    for seed in seeds:
        if time.monotonic() > until:
            break
        data = reader.make(inputs.chance(seed))
        try:
            counts[readers.outcome(reader, data, folder)] += 1
        except AssertionError as problem:
            lost = isinstance(problem, readers.LostError)
            counts["lost" if lost else "crash"] += 1
            place = _place(problem)
            if counts[place] < 1:
                print(f"  seed {seed}: {str(problem)[:200]}  [{place}]", flush=True)
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{seed}-{Path(reader.name).name}").write_bytes(data)
            counts[place] += 1
    return counts


def _place(problem: AssertionError) -> str:
    """Where in incare a crash happened."""
    trace, place = (problem.__cause__ or problem).__traceback__, ""
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "incare" in file.parts:
            place = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(problem.__cause__ or problem).__name__} {place}"


def main() -> int:
    """Try every reader and print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--inputs", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=600.0)
    asked.add_argument("--reader", default="")
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    chosen = [reader for reader in readers.readers() if given.reader.lower() in reader.title.lower()]
    until = time.monotonic() + given.minutes * 60
    # Quick ones first: what they leave of the time is for the others.
    chosen.sort(key=lambda reader: reader.title.startswith(readers.RECORDS))
    rows, wrong, whole = [], 0, 0
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch:
        for number, reader in enumerate(chosen):
            each = -(-given.inputs // len(chosen))
            begun = time.monotonic()
            # What is left of the time is shared by the readers that are left.
            share = begun + (until - begun) / (len(chosen) - number)
            seeds = range(given.seed * 10_000_000, given.seed * 10_000_000 + each)
            counts = tried(reader, seeds, readers.prepared(reader, Path(scratch) / "inputs"), share, given.keep)
            gc.collect()
            done = sum(counts[key] for key in ("read", "refused", "crash", "lost"))
            rate = done / max(time.monotonic() - begun, 1e-9)
            rows.append((reader.title, done, *(counts[key] for key in ("read", "refused", "crash", "lost")), rate))
            wrong += counts["crash"] + counts["lost"]
            whole += done
            print(LINE.format(*rows[-1]), flush=True)
    crashes, lost = (sum(row[place] for row in rows) for place in (4, 5))
    print(f"{whole:,} inputs, {crashes:,} crashes, {lost:,} with rows unaccounted for")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
