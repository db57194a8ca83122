"""JupyterLab for deep dives: a desk of one's own with the tutorial on it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parent / "templates" / "tutorial.ipynb"


class LabError(ValueError):
    """A desk that cannot be made, with what to change."""


def prepare(folder: Path) -> Path:
    """Put a copy of the tutorial into a folder and return its path; a copy that is there already stays as it is.

    Raises `LabError` when the folder cannot be written.
    """
    place = Path(folder) / TUTORIAL.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            shutil.copyfile(TUTORIAL, place)
    except OSError as problem:
        raise LabError(f"The tutorial cannot be put into {folder} ({problem.strerror}); name another folder.") from None
    return place


def command(tutorial: Path, browser: bool = True, port: int | None = None) -> list[str]:
    """The command that opens JupyterLab on the tutorial, for this machine alone."""
    asked = [sys.executable, "-m", "jupyterlab", str(tutorial), "--ServerApp.ip=127.0.0.1"]
    if not browser:
        asked.append("--no-browser")
    if port is not None:
        asked.append(f"--port={port}")
    return asked
