"""How long `incare run` takes with two workers, against papermill and nbconvert, and against plain scripts.

Run:  python tests/bench/run.py

The notebooks of params/sample.yaml. One by one: the papermill command and then nbconvert's on each notebook, with the
very parameters that the run gives it; that neither checks nor publishes, and each notebook protects its figures alone.
Plain scripts: the cells of the same notebooks in two processes, five notebooks each, sharing the protected figures as a
run's notebooks do; no kernel, no page, no PDF, Word file or spreadsheet, no search of the finished pack. Then the run
again with nothing changed. An extract is checked first, unmeasured, so that no way pays for reading libraries from the
disk. Prints wall and CPU seconds, holds the ratios of wall time (what a reader waits for, with two cores at work in one
way and one in another), prints those of CPU time, and exits 1 if one is missed.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from held import held, outcome

from incare.pack import params as params_file
from incare.pack import plan
from incare.pack.attack import FOLDER
from incare.pack.shared import PACK, PLACE

ROOT = Path(__file__).resolve().parents[2]
PARAMS = ROOT / "params" / "sample.yaml"
MOST_OF_PAPERMILL, MOST_OF_SCRIPTS, MOST_UNCHANGED = 0.30, 1.5, 0.05
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def measured(*lines: list[list[str]], environment: dict | None = None) -> tuple[float, float]:
    """Wall and CPU seconds of lines of commands: the lines side by side, the commands of each one after the other."""
    used, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    given = {**os.environ, **(environment or {})}
    waiting, running = [list(line) for line in lines], {}
    while waiting or running:
        for line in [line for line in waiting if id(line) not in running]:
            if not line:
                waiting.remove(line)
                continue
            running[id(line)] = subprocess.Popen(
                line.pop(0), cwd=ROOT, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        for key, process in list(running.items()):
            if process.poll() is not None:
                if process.returncode:
                    raise SystemExit(f"{' '.join(map(str, process.args))[:200]} ended with {process.returncode}.")
                del running[key]
        time.sleep(0.02)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def ours(reports: Path, *more: str) -> tuple[float, float]:
    """The run with two workers."""
    command = [sys.executable, "-m", "incare", "run", str(PARAMS), "--workers", "2", "--reports", str(reports), *more]
    return measured([command])


def one_by_one(folder: Path) -> tuple[float, float]:
    """Papermill and nbconvert, one notebook after the other."""
    commands = []
    for job in jobs(folder):
        given = folder / f"{job.name}.yaml"
        given.write_text(yaml.safe_dump(job.parameters))
        executed = folder / f"{job.name}.ipynb"
        commands += [
            [sys.executable, "-m", "papermill", str(job.path), str(executed), "-f", str(given), "--no-progress-bar"],
            [sys.executable, "-m", "nbconvert", "--to", "html", "--no-input", str(executed)],
        ]
    return measured(commands)


def scripts(folder: Path) -> tuple[float, float]:
    """The cells as scripts, in two processes; what a cell ends with is made into its page's markup too."""
    shared = folder / FOLDER
    shared.mkdir()
    params = params_file.read(PARAMS)
    facts = {"choices": params.choices, "targets": list(params.targets), "breakdowns": list(params.breakdowns)}
    facts |= {"grain": params.grain, "ledger": str(folder / "ledger.jsonl")}
    (shared / PACK).write_text(json.dumps(facts, default=str))
    files = [scripted(job, folder) for job in jobs(folder)]
    halves = []
    for number in (0, 1):
        half = folder / f"half{number}.py"
        lines = [f"exec(compile(open({str(file)!r}).read(), {str(file)!r}, 'exec'), {{}})" for file in files[number::2]]
        half.write_text("\n".join(["import matplotlib", "matplotlib.use('agg')", *lines]))
        halves.append([[sys.executable, str(half)]])
    return measured(*halves, environment={PLACE: str(shared), **ONE_THREAD})


def scripted(job: plan.Job, folder: Path) -> Path:
    """A notebook as a script that does what its cells do, with the run's parameters after the first."""
    parts = []
    for place, source in enumerate(job.sources):
        tree = ast.parse(source)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
            tree.body[-1] = ast.parse(f"_shown = {ast.unparse(last.value)}").body[0]
            parts.append(ast.unparse(tree) + "\ngetattr(_shown, '_repr_html_', str)()")
        else:
            parts.append(source)
        if place == 0:
            parts += [f"{name} = {value!r}" for name, value in job.parameters.items()]
    file = folder / f"{job.name}.py"
    file.write_text("\n".join(parts))
    return file


def jobs(folder: Path) -> tuple[plan.Job, ...]:
    """The jobs of the sample's run."""
    return plan.make(params_file.read(PARAMS), ROOT / "notebooks", folder / "data")


def main() -> int:
    """Measure every way and hold the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ways = {}
        for name in ("run", "alone", "plain"):
            (place / name).mkdir()
        measured([[sys.executable, "-m", "incare", "check", str(PARAMS)]])
        ways["incare run, two workers"] = ours(place / "run")
        ways["the same again, nothing changed"] = ours(place / "run")
        ways["papermill and nbconvert, one by one"] = one_by_one(place / "alone")
        ways["plain scripts in two processes"] = scripts(place / "plain")
    for name, (wall, cpu) in ways.items():
        print(f"  {name + ':':38} {wall:6.1f} s, CPU {cpu:6.1f} s")
    run, again, alone, plain = ways.values()
    held("a run's wall time ÷ papermill and nbconvert one by one", run[0] / alone[0], most=MOST_OF_PAPERMILL)
    held("a run's wall time ÷ plain scripts in two processes", run[0] / plain[0], most=MOST_OF_SCRIPTS)
    print(f"  CPU time ÷ papermill and nbconvert: {run[1] / alone[1]:.2f}; ÷ plain scripts: {run[1] / plain[1]:.2f}")
    held("an unchanged run's CPU time ÷ the first", again[1] / run[1], most=MOST_UNCHANGED, digits=3)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
