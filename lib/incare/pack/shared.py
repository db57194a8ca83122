"""What the processes of one run make once: frames in a restricted folder, by all that they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from incare.disclosure.turns import in_turn

# The folder, and what the run says of its pack there (see `incare.pack.attack`).
PLACE, PACK = "INCARE_FIGURES", "pack.json"


def folder() -> Path | None:
    """The folder that the processes of the run share; None outside a run."""
    place = os.environ.get(PLACE)
    return Path(place) if place else None


def pack() -> dict:
    """What the run says of its pack to all its processes; empty where nobody has said anything."""
    place = folder()
    return json.loads((place / PACK).read_text(encoding="utf-8")) if place else {}


def once(facts: list, make: Callable[[], dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Frames by name, made by the first process that asks for these facts and read by the others.

    `facts` name everything that the frames depend on, apart from the code, which stays the same for a run. Outside a
    run they are made each time. Raises `OSError` where they cannot be written, and what `make` raises.
    """
    place = folder()
    if place is None:
        return make()
    key = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:16]
    with in_turn(place / f"{key}.lock"):
        if not (place / key).exists():
            _write(make(), place / key)
    return {file.stem: _read(file) for file in sorted((place / key).iterdir())}


def _write(frames: dict[str, pd.DataFrame], place: Path) -> None:
    """Frames as Parquet files that are all there or none; types that Parquet lacks are noted in them."""
    part = place.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name, frame in frames.items():
        noted = frame.copy()
        noted.attrs = {"types": {column: str(kind) for column, kind in frame.dtypes.items()}}
        noted.to_parquet(part / f"{name}.parquet")
    os.replace(part, place)


def _read(file: Path) -> pd.DataFrame:
    frame = pd.read_parquet(file)
    types = frame.attrs.pop("types")
    return frame.astype(types)
