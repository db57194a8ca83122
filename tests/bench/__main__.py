"""The figures of speed and memory that incare promises, printed one after the other.

Run:  python start.py bench    (about half an hour; on a quiet machine)
      python tests/bench/cohort_accuracy.py prints the projection's error on 24 invented authorities (20 minutes more)

Each part prints its seconds and ratios and holds them; the exit code is 1 if one of them is missed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = {
    "measures": "every measure, 60 months, 5 breakdowns",
    "run": "the notebooks of the sample",
    "spc": "6,000 series of 120 months, limits, rules and icons",
    "intervals": "Wilson's limits of 720,000 shares",
    "cohort_speed": "the projection of children, 24 months, 8 origins",
    "attacks": "random tables by policy, and an audit of seven packs",
    "national": "20 measures, 120 months, 153 areas",
}


def main() -> int:
    """Run every part as a process of its own."""
    missed = []
    for name, what in PARTS.items():
        print(f"== {name}: {what}", flush=True)
        done = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=False)
        missed += [name] if done.returncode else []
    print(f"missed: {', '.join(missed)}" if missed else "All figures held.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
