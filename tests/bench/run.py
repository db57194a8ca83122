"""How long `incare run` takes with two workers, against papermill and nbconvert one notebook after the other.

Run:  python tests/bench/run.py

The four notebooks of params/sample.yaml. The plain way runs the papermill command and then nbconvert's on each notebook
with the very parameters that the run gives it; it neither checks nor publishes. Each way is run twice in turn and the
smaller time of each counts. Prints seconds and the ratio, and exits 1 if it is above 0.7.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from incare.measures import catalogue
from incare.pack import params as params_file
from incare.pack import plan

ROOT = Path(__file__).resolve().parents[2]
PARAMS = ROOT / "params" / "sample.yaml"
MOST = 0.7


def seconds(*commands: list[str]) -> float:
    """Wall seconds of commands run one after the other; what they print is kept for a failure only."""
    begun = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - begun


def ours(folder: Path) -> float:
    """Seconds of the run with two workers."""
    return seconds(
        [sys.executable, "-m", "incare", "run", str(PARAMS), "--workers", "2", "--reports", str(folder / "reports")]
    )


def plainly(folder: Path) -> float:
    """Seconds of papermill and nbconvert, one notebook after the other."""
    params = params_file.read(PARAMS, catalogue())
    commands = []
    for job in plan.make(params, ROOT / "notebooks", folder / "data"):
        given = folder / f"{job.name}.yaml"
        given.write_text(yaml.safe_dump(job.parameters))
        executed = folder / f"{job.name}.ipynb"
        commands += [
            [sys.executable, "-m", "papermill", str(job.path), str(executed), "-f", str(given), "--no-progress-bar"],
            [sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(executed)],
        ]
    return seconds(*commands)


def main() -> int:
    """Measure both ways in turn and hold the ratio."""
    times: dict[str, list[float]] = {"ours": [], "plainly": []}
    for _ in range(2):
        for name, way in (("ours", ours), ("plainly", plainly)):
            with tempfile.TemporaryDirectory() as folder:
                times[name].append(way(Path(folder)))
    fast, slow = min(times["ours"]), min(times["plainly"])
    print(f"incare run, two workers:               {fast:.1f} s  (of {', '.join(f'{t:.1f}' for t in times['ours'])})")
    print(
        f"papermill and nbconvert, one by one:   {slow:.1f} s  (of {', '.join(f'{t:.1f}' for t in times['plainly'])})"
    )
    print(f"ratio: {fast / slow:.2f} (at most {MOST})")
    return int(fast / slow > MOST)


if __name__ == "__main__":
    sys.exit(main())
