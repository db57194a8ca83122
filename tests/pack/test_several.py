"""Several areas: each a run of its own, on this machine or on Dask's workers, with the same packs to the byte."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import yaml

from house import SAY, House, environment
from incare.pack import several

needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is not installed")
AREAS = ("Ashby", "Birley", "Corve")


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A house with three areas; the notebook of the last one cannot run."""
    house = House(tmp_path_factory.mktemp("several") / "council")
    house.notebook("10_first", SAY.format("<p>first</p>"), "assert area != 'Corve'")
    house.notebook(
        "20_second",
        "from pathlib import Path; Path(output).mkdir(parents=True); (Path(output) / 'a.csv').write_text('n\\n5\\n');",
        SAY.format("<p>second</p>"),
    )
    return house


def params(house: House) -> list[Path]:
    usual = yaml.safe_load(house.params.read_text(encoding="utf-8"))
    files = []
    for area in AREAS:
        files.append(house.folder / "params" / f"{area.lower()}.yaml")
        files[-1].write_text(yaml.safe_dump(usual | {"area": area}, sort_keys=False), encoding="utf-8")
    return files


def run(house: House, reports: str, *options: str) -> subprocess.CompletedProcess:
    command = house.command("run", *params(house), "--reports", house.folder / reports, *options)
    out, err = command.communicate(timeout=300)
    return subprocess.CompletedProcess(command.args, command.returncode, out, err)


def files(place: Path) -> dict[str, bytes]:
    """Every page and data file of all packs below a folder."""
    packs = [p.parent for p in place.glob("*/*/manifest.json")]
    found = [p for pack in packs for p in pack.rglob("*") if p.is_file() and p.name != "manifest.json"]
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in found}


@pytest.fixture(scope="module")
def here(three):
    return run(three, "here")


def test_one_area_that_fails_does_not_stop_the_others(three, here):
    assert here.returncode == 1, here.stderr
    assert sorted(p.parent.parent.name for p in three.folder.glob("here/*/*/manifest.json")) == ["ashby", "birley"]
    assert "corve.yaml failed: 1 of 2 notebooks failed, so nothing was published" in here.stdout


def test_each_end_is_told_with_how_many_are_done(here):
    told = [line.split(":")[0] for line in here.stdout.splitlines() if " of 3: " in line]

    assert told == ["1 of 3", "2 of 3", "3 of 3"]


def test_a_params_file_named_twice_is_refused(three):
    command = three.command("run", three.params, three.params)
    _, err = command.communicate(timeout=60)

    assert (command.returncode, err) == (1, "incare: A params file was named twice; name each once.\n")


@needs_dask
def test_dask_publishes_the_same_packs_to_the_byte_and_tells_the_same_failure(three, here):
    there = run(three, "there", "--engine", "dask", "--json")
    ends = {Path(end["params"]).stem: end for end in json.loads(there.stdout)}

    assert there.returncode == 1, there.stderr
    assert files(three.folder / "there") == files(three.folder / "here")
    assert "1 of 2 notebooks failed" in ends["corve"]["failure"]
    assert ends["ashby"]["failure"] == ""


@needs_dask
def test_a_worker_killed_in_the_middle_loses_nothing(three, tmp_path):
    slow = three.copied(tmp_path / "council")
    slow.notebook("10_first", "import time; time.sleep(4)", SAY.format("<p>first</p>"))
    command = slow.command("run", *params(slow), "--reports", slow.folder / "killed", "--engine", "dask", "--json")

    runs = waited_for(lambda: [p for p in below(command.pid) if "one-run" in p.cmdline()], 60)
    runs[0].parent().kill()
    out, err = command.communicate(timeout=300)
    ends = json.loads(out)

    assert (command.returncode, [end["failure"] for end in ends]) == (0, ["", "", ""]), err
    # Three pages, a data file of a notebook's and that of the cover's figures.
    assert len(files(slow.folder / "killed")) == 3 * 5
    # The run of the killed worker ended with it.
    assert not runs[0].is_running() or runs[0].status() == psutil.STATUS_ZOMBIE


@needs_dask
def test_a_cluster_that_does_not_answer_is_told_in_a_sentence(three):
    command = three.command("run", three.params, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9")
    _, err = command.communicate(timeout=120)

    assert (command.returncode, err) == (1, "incare: No Dask scheduler answers at tcp://127.0.0.1:9 (OSError).\n")


def test_a_scheduler_without_its_engine_is_refused(three):
    command = three.command("run", three.params, "--scheduler", "tcp://127.0.0.1:9")
    _, err = command.communicate(timeout=60)

    assert (command.returncode, err) == (1, "incare: --scheduler goes with --engine dask.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="a killed asker is seen through a closed pipe here as well")
def test_a_run_ends_with_who_asked_for_it(three, tmp_path):
    slow = three.copied(tmp_path / "council")
    slow.notebook("10_first", "import time; time.sleep(60)")
    asked = json.dumps({"params": str(slow.params), "reports": str(tmp_path / "reports")})
    process = subprocess.Popen(
        [sys.executable, "-m", "incare", "one-run"], stdin=subprocess.PIPE, env=environment(), text=True
    )
    process.stdin.write(asked + "\n")
    process.stdin.flush()
    # Two notebooks at least are needed for kernels to be forked, so the second process is a kernel.
    kernels = waited_for(lambda: forked if len(forked := kernels_of(process.pid)) > 1 else [], 60)

    process.stdin.close()

    assert process.wait(20) == 1
    psutil.wait_procs(kernels, 10)
    assert not [kernel for kernel in kernels if kernel.is_running() and kernel.status() != psutil.STATUS_ZOMBIE]


def kernels_of(pid: int) -> list[psutil.Process]:
    return [p for p in below(pid) if {"incare.pack.warm", "ipykernel_launcher"} & set(p.cmdline())]


def below(pid: int) -> list[psutil.Process]:
    try:
        return [p for p in psutil.Process(pid).children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


def waited_for(found, seconds: float):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if now := found():
                return now
        except psutil.Error:
            pass
        time.sleep(0.1)
    raise AssertionError(f"nothing of the kind in {seconds} s; processes here: {os.getpid()}")


@needs_dask
def test_workers_of_our_own_cluster_do_not_watch_themselves_and_leave_a_run_its_environment(monkeypatch):
    """Else their clocks take some percent of the runs' time, and runs would find other settings than here."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def told() -> tuple:
        import os

        import dask

        wanted = ("distributed.worker.profile.enabled", "distributed.admin.system-monitor.gil.enabled")
        set_for_workers = os.environ.keys() & {"OMP_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_"}
        return *map(dask.config.get, wanted), len(set_for_workers)

    with several._client(2, "") as client:
        found = client.run(told)
    assert list(found.values()) == [(False, False, 0)] * 2
