"""The figures of speed and memory that incare promises, printed one after the other.

Run:  python start.py bench    (about half an hour; on a quiet machine)
      with names of parts after it only these are run; --json FILE writes the figures as JSON, --write into
      lib/BENCHMARKS.md, where parts that were not run keep their lines
      python tests/bench/cohort_accuracy.py prints the projection's error on 72 invented authorities (40 minutes more)

Each part prints its seconds and ratios and holds them; the exit code is 1 if one of them is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from held import PLACE

PARTS = {
    "measures": "every measure, 60 months, 5 breakdowns",
    "run": "the notebooks of the sample",
    "spc": "6,000 series of 120 months, limits, rules and icons",
    "intervals": "Wilson's limits of 720,000 shares",
    "series_speed": "6,120 short series, eight origins",
    "cohort_speed": "the projection of children, 24 months, 8 origins",
    "attacks": "random tables by policy, and an audit of seven packs",
    "national": "20 measures, 120 months, 153 areas",
}
MORE = {
    "areas": "many areas with two processes and with two Dask workers",
    "cohort_accuracy": "the projection's error on 72 invented authorities",
    "forecast_accuracy": "forecasts of published series",
    "quarters": "six quarters of public packs and questions, audited and searched for traces",
    "fuzz": "readers on damaged and drawn inputs",
    "kills": "runs killed at random points",
}
TABLE = Path(__file__).resolve().parents[2] / "lib" / "BENCHMARKS.md"
MET = {True: "yes", False: "**no**"}
HEAD = """# Benchmarks

Written by `python start.py bench --write` (parts by name: `python start.py bench run --write`). Each line says when and
on which machine it was measured; figures of different machines are not to be compared, ratios are.

| Part | Figure | Measured | Asked | Met | Day | Machine |
|---|---|---|---|---|---|---|
"""


def main() -> int:
    """Run every part as a process of its own."""
    given = asked()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "figures.jsonl"
        for name in given.parts or PARTS:
            print(f"== {name}: {(PARTS | MORE)[name]}", flush=True)
            script = str(Path(__file__).with_name(f"{name}.py"))
            done = subprocess.run([sys.executable, script], check=False, env={**os.environ, PLACE: str(place)})
            missed += [name] if done.returncode else []
        rows = latest(place)
    if given.json:
        facts = {"machine": machine(), "figures": rows}
        Path(given.json).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.write:
        write(rows)
    print(f"missed: {', '.join(missed)}" if missed else "All figures held.")
    return int(bool(missed))


def asked() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, *MORE, []], metavar="part")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def latest(place: Path) -> list[dict]:
    """The figures as the parts wrote them; of one written more than once, the last."""
    lines = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
    return list({(row["part"], row["figure"]): row for row in map(json.loads, lines)}.values())


def machine() -> str:
    """The processor, its cores, the memory and the Python that measured."""
    import psutil

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        found = re.search(r"model name\s*: (.+)", text)
    except OSError:
        found = None
    name = found.group(1).strip() if found else platform.processor() or platform.machine()
    memory = psutil.virtual_memory().total / 1024**3
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


def write(rows: list[dict]) -> None:
    """Put the figures into the table; lines of parts that were not run stay."""
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    old = [line for line in lines if line.startswith("| ") and not line.startswith("| Part")]
    run = {row["part"] for row in rows}
    kept = [line for line in old if line.split("|")[1].strip() not in run]
    day, here = datetime.now(UTC).date().isoformat(), machine()
    new = [
        f"| {r['part']} | {r['figure']} | {r['value']} | {r['asked']} | {MET[r['met']]} | {day} | {here} |"
        for r in rows
    ]
    TABLE.write_text(
        HEAD + "\n".join(sorted([*kept, *new], key=lambda line: line.split("|")[1])) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
