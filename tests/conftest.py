"""What every test may count on: no display, no chance, and the places of things that are not in the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from incare.disclosure.turns import in_turn

# Before anything imports pyplot, here and in the processes that tests start.
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).resolve().parent.parent
# The files whose tests take minutes, longest first: begun first, they leave no process alone with one at the end.
LONG = (
    *("reference/test_against_brute_force.py", "requirements/", "browser/test_pack.py", "faults/test_runs.py"),
    *("attacks/test_d_attacks.py", "pack/test_several.py", "pack/test_execute.py", "laws/", "reference/", "attacks/"),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")

# The same examples on every machine: a failure in CI is a failure at the desk.
settings.register_profile(
    "incare",
    derandomize=True,
    deadline=None,
    max_examples=40,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# For a longer look by hand: HYPOTHESIS_PROFILE=search
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "incare"))


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than ten seconds")
    config.addinivalue_line("markers", "browser: opens a published page in Chromium")
    config.addinivalue_line("markers", "network: needs a package index; never run by default")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: next((n for n, name in enumerate(LONG) if name in item.nodeid), len(LONG)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data for developers: INCARE_SHARED, or `shared` beside the repository."""
    place = Path(os.environ.get("INCARE_SHARED") or ROOT.parent / "shared")
    if not place.is_dir():
        pytest.skip(f"no data for developers: {place} is not there (set INCARE_SHARED)")
    return place


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to open pages with: CHROMIUM, or the first that is installed.

    Without one the test is skipped, but in CI (CI=true) it fails: accessibility must not go unchecked there.
    """
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, (shutil.which(name) for name in ([named] if named else BROWSERS))), None)
    if found is None:
        missing = "no Chromium found (install it, or set CHROMIUM to its path)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


@pytest.fixture(scope="session")
def made_once(request, tmp_path_factory):
    """What makes a folder in the first process that asks for its name, for all processes of the tests."""
    own = tmp_path_factory.getbasetemp()
    root = own.parent if hasattr(request.config, "workerinput") else own

    def folder(name: str, make) -> Path:
        place, done = root / name, root / f"{name}.done"
        with in_turn(root / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                make(place)
                done.touch()
        return place

    return folder


@pytest.fixture(scope="session")
def pack(made_once) -> Path:
    """The pack of params/sample.yaml, made once by the command that the README names."""

    def make(reports: Path) -> None:
        given = str(ROOT / "params" / "sample.yaml")
        command = [sys.executable, "-m", "incare", "run", given, "--reports", str(reports)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]

    return made_once("sample-reports", make) / "northmere" / "2024-25-q4"
