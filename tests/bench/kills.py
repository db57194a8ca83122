"""What becomes of a pack when runs are killed with no warning (kill -9) at 50 points drawn by chance.

Run:  python tests/bench/kills.py [--points N] [--seed N]

After each kill the published pack must be the earlier one or the new one, whole; then `incare run --resume` must finish
the new one. Prints a line for each point and the counts; ends with 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tests.faults import kills  # noqa: E402


def main() -> int:
    """Kill, look, resume, look again."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--points", type=int, default=50)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    random, wrong, new, over = Random(given.seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        house = kills.council(Path(folder) / "council")
        begun = time.monotonic()
        assert house.run("--fresh").returncode == 0
        whole = time.monotonic() - begun
        for number in range(1, given.points + 1):
            kills.says(house, number)
            killed = kills.kill(house, random, whole, number)
            after, taken = kills.finished(house, number)
            problems = [*killed.wrong, *after]
            wrong, new, over = wrong + bool(problems), new + killed.new, over + taken
            stands = "new pack" if killed.new else "old pack"
            print(
                f"{number:>3}: killed after {killed.after:5.2f} s; {stands} whole; {taken} taken over",
                *problems,
                flush=True,
            )
    print(
        f"{given.points} kills: {wrong} with something wrong; the new pack stood already after {new}; "
        f"{over} of {2 * given.points} notebooks were taken over by --resume"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
