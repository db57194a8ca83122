"""One figure beside what was asked of it: printed, remembered, and written down where the whole suite collects them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# A file to which every part of the suite adds its figures, one JSON object a line.
PLACE = "INCARE_BENCH"
_missed: list[str] = []


def held(
    name: str, value: float, *, unit: str = "", most: float | None = None, least: float | None = None, digits: int = 2
) -> bool:
    """Print a figure with what was asked of it, to `digits` places; whether it was met."""
    met = (most is None or value <= most) and (least is None or value >= least)
    asked = " and ".join(
        f"at {word} {limit:g}" for word, limit in (("least", least), ("most", most)) if limit is not None
    )
    said = f"{value:,.{digits}f} {unit}".strip()
    print(f"  {name}: {said}" + (f" ({asked})" if asked else "") + ("" if met else "  MISSED"), flush=True)
    if not met:
        _missed.append(name)
    if place := os.environ.get(PLACE):
        row = {"part": Path(sys.argv[0]).stem, "figure": name, "value": said, "asked": asked, "met": bool(met)}
        with open(place, "a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return met


def outcome() -> int:
    """The exit code of a part: 1 when a figure was missed."""
    return int(bool(_missed))
