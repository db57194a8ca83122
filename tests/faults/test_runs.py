"""What goes wrong while a quarter is run: the earlier pack stands, the reason is told, the next run works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil
import pytest

from house import CHILDREN, POSTCODE, SAY, House
from incare.pack.publish import verify
from tests.faults import kills

CHILD = CHILDREN[0]
BEGUN = "from pathlib import Path; Path({!r}).touch(); import time; time.sleep({})"

needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a small disk can only be mounted on Linux by root"
)


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path / "council")
    house.says("10_first", "first pack")
    return house


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A council with its first pack, run once for all tests of this file."""
    house = House(tmp_path_factory.mktemp("faults") / "council")
    house.says("10_first", "first pack")
    return house.published()


@pytest.fixture
def published(council, tmp_path):
    return council.copied(tmp_path / "council")


def stands(house: House) -> bool:
    """Whether the first pack is in its place, whole."""
    return verify(house.pack) == [] and "first pack" in (house.pack / "10_first.html").read_text(encoding="utf-8")


def wait_for(condition, seconds: float = 60) -> None:
    for _ in range(int(seconds * 20)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def slow(house: House, seconds: int = 60) -> Path:
    """Add a notebook that says when it has begun and then takes its time."""
    begun = house.folder / "begun"
    house.notebook("20_slow", BEGUN.format(str(begun), seconds))
    return begun


def forked(process: psutil.Process) -> bool:
    return "incare.pack.warm" in process.cmdline() and "incare.pack.warm" in process.parent().cmdline()


def left(house: House) -> list[Path]:
    """The folders of runs that have not tidied up."""
    return [path for kind in (".staging", ".work") for path in house.folder.glob(f"reports/{kind}/*") if path.is_dir()]


def test_a_run_killed_in_the_middle_leaves_the_old_pack_no_kernels_and_a_place_for_the_next_run(published):
    house, begun = published, slow(published)
    process = house.command("run", house.params)
    wait_for(begun.exists)
    below = psutil.Process(process.pid).children(recursive=True)
    # A kernel started from nothing, or one forked by the process that has the imports done.
    assert any("ipykernel" in " ".join(child.cmdline()) or forked(child) for child in below)

    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.communicate()

    assert stands(house)
    _, alive = psutil.wait_procs(below, timeout=15)
    assert not alive

    (house.folder / "notebooks" / "20_slow.ipynb").unlink()
    house.says("10_first", "second pack")
    ended = house.run()
    assert ended.returncode == 0, ended.stderr
    assert "second pack" in (house.pack / "10_first.html").read_text(encoding="utf-8")
    assert left(house) == []


def test_what_a_killed_run_left_goes_with_the_next_run_even_if_the_pack_stands_as_it_is(published):
    house, begun = published, slow(published)
    process = house.command("run", house.params)
    wait_for(begun.exists)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.communicate()
    assert left(house) != []

    (house.folder / "notebooks" / "20_slow.ipynb").unlink()
    house.write_params()
    ended = house.run()

    assert "Nothing that decides this pack has changed" in ended.stdout
    assert stands(house)
    assert left(house) == []


def test_a_run_killed_at_any_point_leaves_one_whole_pack_and_resume_finishes_the_new_one(tmp_path):
    house = kills.council(tmp_path / "council")
    random, began = Random(7), time.monotonic()
    assert house.run("--fresh").returncode == 0
    whole = time.monotonic() - began

    for number in range(1, 9):
        kills.says(house, number)
        killed = kills.kill(house, random, whole, number)
        assert killed.wrong == (), f"killed after {killed.after:.2f} s: {killed.said}"

    assert kills.finished(house, 8)[0] == []


def test_two_runs_at_once_the_second_is_refused_and_the_first_publishes(published):
    house, begun = published, slow(published, seconds=8)
    first = house.command("run", house.params)
    wait_for(begun.exists)

    second = house.run()

    assert second.returncode == 1
    assert second.stderr.startswith("incare: A run for Testshire 2025-26 Q2 that began at ")
    assert f"(process {first.pid} on " in second.stderr
    _, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    assert (house.pack / "20_slow.html").exists()


def test_failing_notebooks_let_the_others_finish_and_nothing_is_published(published):
    house = published
    house.says("10_first", "second pack")
    house.notebook("20_raises", f"raise ValueError('{CHILD}')")
    house.notebook("30_exit", "import sys; sys.exit(0)", "1")
    house.notebook("40_killed", "import os, signal; os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))")

    ended = house.run()

    assert ended.returncode == 1
    assert "3 of 4 notebooks failed, so nothing was published:" in ended.stderr
    assert "20_raises: cell 3: ValueError." in ended.stderr
    assert "30_exit: cell 3 ended with SystemExit" in ended.stderr
    assert "40_killed: cell 3: its kernel died" in ended.stderr
    told = [line.split()[1] for line in ended.stdout.splitlines() if line.strip().startswith("10_first ")]
    assert told == ["run", "done"]  # in the plan and at the end
    assert CHILD not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert stands(house)
    kept = list((house.folder / "reports" / ".work").glob("*/20_raises.log"))
    assert len(kept) == 1
    assert CHILD in kept[0].read_text(encoding="utf-8")


def test_a_page_that_shows_a_childs_id_is_not_published(published):
    house = published
    house.says("20_leak", f"worst case: {CHILD}")
    house.write_params(commentary={"overall": f"{CHILDREN[1]} was moved."})

    ended = house.run()

    assert ended.returncode == 1
    assert "no child's id or postcode: 20_leak.html holds 1 identifier of children; manifest.json" in ended.stderr
    assert not [child for child in CHILDREN if child in ended.stdout + ended.stderr]
    assert stands(house)


def test_a_mistyped_parameter_stops_the_run_before_a_kernel_starts(published):
    house = published
    house.notebook("20_typo", "1", parameters='quater: str = "2020-21 Q4"')

    ended = house.run()

    assert ended.returncode == 1
    assert "`quater`; did you mean `quarter`?" in ended.stderr
    assert "Notebooks" not in ended.stdout
    assert stands(house)
    assert not list((house.folder / "reports" / ".work").glob("*/"))


def test_a_torn_manifest_does_not_stop_the_next_run(published):
    house = published
    manifest = house.pack / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[: manifest.stat().st_size // 2])
    assert not stands(house)

    ended = house.run()

    assert ended.returncode == 0, ended.stderr
    assert stands(house)


def test_the_same_inputs_give_the_same_files(published):
    house = published
    pages = {path.name: path.read_bytes() for path in house.pack.rglob("*.html")}

    assert house.run("--fresh").returncode == 0

    assert {path.name: path.read_bytes() for path in house.pack.rglob("*.html")} == pages


# Disks


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of so many megabytes at `reports`, or skip where that cannot be done."""
    mounted = []

    def mount(folder: Path, megabytes: int, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        size = ",".join([f"size={megabytes}m", *options])
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_paths_that_would_be_too_long_are_refused_before_anything_starts(house):
    deep = house.folder
    while len(str(deep)) < 3_950:
        deep = deep / ("d" * 100)

    ended = house.run("--reports", str(deep))

    assert ended.returncode == 1
    assert "The paths of this run would be up to 4" in ended.stderr
    assert "more than this system allows. Give a folder nearer to the root of the disk with --reports" in ended.stderr
    assert "Notebooks" not in ended.stdout


@needs_mount
def test_a_disk_with_too_little_room_is_refused_before_anything_starts(house, small_disk):
    small_disk(house.folder / "reports", 5)

    ended = house.run()

    assert ended.returncode == 1
    assert "MB left; about 25 MB are needed. Nothing was started" in ended.stderr


@needs_mount
def test_a_disk_that_fills_up_while_notebooks_run_leaves_the_old_pack(house, small_disk):
    small_disk(house.folder / "reports", 40)
    assert house.run().returncode == 0
    # The kernel works in the run's own folder on that disk.
    house.notebook("10_first", "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(1_000_000))")

    ended = house.run()

    assert ended.returncode == 1
    assert "10_first: " in ended.stderr
    assert "nothing was published" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert stands(house)
    house.says("10_first", "first pack")
    assert house.run().returncode == 0


@needs_mount
def test_a_disk_that_fills_up_while_pages_are_written_leaves_the_old_pack(house, small_disk):
    small_disk(house.folder / "reports", 40)
    assert house.run().returncode == 0
    # The data file fits once in the working folder, but not a second time in the pack.
    fill = "from pathlib import Path; p = Path(output); p.mkdir(parents=True);"
    fill += " (p / 'big.csv').write_text('value\\n' + '1\\n' * 11_000_000);"
    house.notebook("10_first", fill, SAY.format("<p>second pack</p>"))

    ended = house.run()

    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert stands(house)


@needs_mount
def test_a_reports_folder_that_cannot_be_written_is_named(house, small_disk):
    small_disk(house.folder / "reports", 40, "ro")

    ended = house.run()

    assert ended.returncode == 1
    assert "cannot be written: Read-only file system." in ended.stderr
    assert "--reports" in ended.stderr


def test_a_page_that_shows_a_home_s_postcode_is_not_published(published):
    house = published
    house.says("20_leak", f"one child lives at {POSTCODE.replace(' ', '')}")

    ended = house.run()

    assert ended.returncode == 1
    assert "no child's id or postcode: 20_leak.html holds 1 identifier of children" in ended.stderr
    assert POSTCODE.replace(" ", "") not in ended.stdout + ended.stderr
    assert stands(house)
