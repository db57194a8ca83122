"""Many areas on this machine and on Dask: throughput, memory, and a worker killed on the way.

Run:  python tests/bench/areas.py [--areas N] [--beside N]
      (8 areas by default, some five minutes; --areas 153 --beside 16, the whole country through Dask, some 45)

Invented authorities of usual size, one params file each, the scorecard and the performance report. Two areas at a time
by two processes, then by two Dask workers, then by Dask again with one worker killed when a quarter is done; the first
and the last with `--beside` of the areas only. Prints areas an hour and the most memory of one run (with its kernels);
holds the time of an area on Dask against that here, that nothing is lost, that packs of the same area are equal to the
byte, and that memory does not grow from the first areas to the last.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import yaml
from held import held, outcome

from incare.pack import several

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
NOTEBOOKS = ["10_scorecard", "20_performance_report"]
MOST_SLOWER, MOST_GROWTH = 1.15, 1.15


def written(folder: Path, areas: int) -> list[Path]:
    """A params file for each area."""
    usual = {"quarter": "2024-25 Q4", "as_at": "2025-03-31", "periods": 12, "formats": [], "notebooks": NOTEBOOKS}
    files = []
    for number in range(1, areas + 1):
        files.append(folder / "params" / f"area{number:03}.yaml")
        files[-1].parent.mkdir(exist_ok=True)
        given = {"area": f"Area {number:03}", "extract": f"sample:{number}", "breakdowns": ["age_band", "sex"], **usual}
        files[-1].write_text(yaml.safe_dump(given, sort_keys=False), encoding="utf-8")
    return files


class Watch(threading.Thread):
    """The most memory of a run and its kernels, by the number of runs that had ended."""

    def __init__(self):
        super().__init__(daemon=True)
        self.done, self.over, self.most = 0, False, {}

    def run(self) -> None:
        while not self.over:
            for process in psutil.Process().children(recursive=True):
                try:
                    if "one-run" in process.cmdline():
                        parts = [process, *process.children(recursive=True)]
                        self.most[self.done] = max(self.most.get(self.done, 0), sum(unshared(p) for p in parts))
                except psutil.Error:
                    continue
            time.sleep(0.5)


def unshared(process: psutil.Process) -> int:
    """Bytes of a process, those that a fork shares with its parent counted in part."""
    info = process.memory_full_info()
    return getattr(info, "pss", info.rss)


def run(files: list[Path], reports: Path, engine: str, kill: bool = False) -> tuple[float, list[several.Ended], Watch]:
    """Run all areas; with `kill` one worker is killed when a quarter is done."""
    watch = Watch()
    watch.start()
    begun = time.perf_counter()

    def told(ended: several.Ended, done: int, of: int) -> None:
        watch.done = done
        if kill and done == max(of // 4, 1):
            runs = [p for p in psutil.Process().children(recursive=True) if "one-run" in p.cmdline()]
            runs[0].parent().kill()

    options = {"reports": str(reports), "notebooks": str(ROOT / "notebooks"), "reuse": "any"}
    ends = several.run_all(files, options, workers=WORKERS, engine=engine, told=told)
    watch.over = True
    return time.perf_counter() - begun, list(ends), watch


def content(reports: Path) -> dict[str, bytes]:
    """Every page and data file of every pack."""
    packs = [place.parent for place in reports.glob("*/*/manifest.json")]
    files = [p for pack in packs for p in pack.rglob("*") if p.is_file() and p.name != "manifest.json"]
    return {p.relative_to(reports).as_posix(): p.read_bytes() for p in files}


def main() -> int:
    """Measure all in this run and hold the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--areas", type=int, default=8)
    parser.add_argument("--beside", type=int, help="how many of them here, and with a worker killed; all by default")
    given = parser.parse_args()
    areas, beside = given.areas, given.beside or given.areas
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        files = written(place, areas)
        each, packs, lost = {}, {}, 0
        for name, engine, count, kill in (
            ("here", several.LOCAL, beside, False),
            ("dask", several.DASK, areas, False),
            ("killed", several.DASK, beside, True),
        ):
            took, ends, watch = run(files[:count], place / name, engine, kill)
            each[name] = took / count
            failed = [ended for ended in ends if ended.failure]
            lost += len(failed)
            for ended in failed:
                print(f"  {name}: {Path(ended.params).stem} failed: {ended.failure}", flush=True)
            packs[name] = content(place / name)
            most = max(watch.most.values()) / 1024**2
            print(f"  {name}: {count} areas in {took:.0f} s, {3600 / each[name]:.0f}/hour, {most:.0f} MB", flush=True)
            if name == "dask":
                half = areas // 2
                early = max(value for done, value in watch.most.items() if done < half)
                late = max(value for done, value in watch.most.items() if done >= half)
                held("memory of a run, later areas ÷ earlier", late / early, most=MOST_GROWTH)
        held("time of an area on Dask ÷ here", each["dask"] / each["here"], most=MOST_SLOWER)
        held("areas lost", lost, most=0, digits=0)
        # Packs stand in a folder for each area.
        same = {file.split("/")[0] for file in packs["here"]}
        on_dask = {file: data for file, data in packs["dask"].items() if file.split("/")[0] in same}
        differing = sum(packs[name] != on_dask for name in ("here", "killed"))
        held("engines whose packs differ by a byte", differing, most=0, digits=0)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
