"""A run killed with no warning (kill -9) at points drawn by chance, and what must be true after each."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from random import Random

import psutil

from house import House
from incare.pack.publish import verify

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
PAGES = ("10_first", "20_second")


@dataclass(frozen=True)
class Killed:
    """One run that was killed: when, what it had said by then, and what is wrong with the pack afterwards."""

    after: float
    said: str
    wrong: tuple[str, ...]
    new: bool


def council(folder) -> House:
    """A council with a published pack, whose pages all say "pack 0"."""
    house = House(folder)
    says(house, 0)
    ended = house.run()
    assert ended.returncode == 0, ended.stderr
    return house


def says(house: House, number: int) -> None:
    """Have every page of the next pack say its number."""
    for name in PAGES:
        house.notebook(
            name,
            f"from pathlib import Path; Path(output).mkdir(parents=True); "
            f"(Path(output) / '{name}.csv').write_text('pack\\n{number}\\n');",
            f"from incare.views.markup import Html\nHtml('<p>pack {number}</p>')",
        )


def kill(house: House, random: Random, whole: float, number: int) -> Killed:
    """Start a run of pack `number`, kill it after a part of `whole` seconds, and look at what is published.

    Every other run is killed after its notebooks are done, while pages are checked and published.
    """
    late = number % 2 == 0
    process = house.command("run", house.params)
    said: list[str] = []
    if late:
        for line in process.stdout:
            said.append(line)
            if line.startswith("Notebooks:"):
                break
        whole = whole / 4
    after = random.uniform(0, whole)
    ended = time.monotonic() + after
    while time.monotonic() < ended and process.poll() is None:
        time.sleep(0.002)
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    process.send_signal(KILL)
    said.append(process.communicate()[0] or "")
    _, alive = psutil.wait_procs(below, timeout=20)
    wrong = [f"{len(alive)} processes stayed"] if alive else []
    return Killed(after, "".join(said), (*wrong, *problems(house)), packs(house) == {str(number)})


def packs(house: House) -> set[str]:
    """The numbers that the published pages and data files say."""
    pages = {(house.pack / f"{n}.html").read_text(encoding="utf-8").split("<p>pack ")[1].split("<")[0] for n in PAGES}
    return pages | {(house.pack / "data" / f"{n}.csv").read_text(encoding="utf-8").split()[1] for n in PAGES}


def problems(house: House) -> list[str]:
    """What is wrong with the published pack: files that are not those of its manifest, or of two packs."""
    wrong = verify(house.pack)
    if not wrong and len(packs(house)) != 1:
        wrong = [f"files of packs {', '.join(sorted(packs(house)))} stand together"]
    return wrong


def finished(house: House, number: int) -> tuple[list[str], int]:
    """Finish the pack with `--resume`: what is wrong with it then, and how many notebooks were taken over."""
    ended = house.run("--resume")
    wrong = problems(house) if ended.returncode == 0 else [ended.stderr]
    if not wrong and packs(house) != {str(number)}:
        wrong = [f"pack {packs(house)} stands, not {number}"]
    left = [p.name for kind in (".staging", ".work") for p in (house.folder / "reports" / kind).iterdir() if p.is_dir()]
    return [*wrong, *(f"{name} was left" for name in left)], ended.stdout.count("taken over")
