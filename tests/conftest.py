"""What every test may count on: no display, no chance, and the places of things that are not in the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports pyplot, here and in the processes that tests start.
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).resolve().parent.parent
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
def pack(tmp_path_factory) -> Path:
    """The pack of params/sample.yaml, made once by the command that the README names."""
    reports = tmp_path_factory.mktemp("reports")
    command = [sys.executable, "-m", "incare", "run", str(ROOT / "params" / "sample.yaml"), "--reports", str(reports)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return reports / "northmere" / "2024-25-q4"
